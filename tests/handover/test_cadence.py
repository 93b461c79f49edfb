"""A promised update or call warns its owner five minutes before and tells a lead after: each once."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from accounts.roles import Role
from handover.models import Page
from handover.tasks import remind
from incidents import services as incidents
from incidents.calls import call_off, log_call
from incidents.models import Incident, OutboxRow, PhoneCall
from incidents.outbox.tasks import deliver
from incidents.status.services import post_update
from tests import factories
from tests.handover.making import make_shift
from tests.handover.smtp import mail_server
from tests.handover.test_paging import configure

MINUTES = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
WORDS = "Users cannot sign in. We look into it."


@pytest.fixture
def promised(night: Any, incident: Incident, engineer: User, lead: User) -> Incident:
    """In triage, owned by the engineer, with an update promised in half an hour, 02:37:12 GMT."""
    incidents.begin_triage(incident.pk, by=engineer)
    due = timezone.now() + 30 * MINUTES
    post_update(incident.pk, phase="investigating", words=WORDS, next_update_due_at=due, by=engineer)
    incident.refresh_from_db()
    return incident


@pytest.fixture
def call(night: Any, incident: Incident, engineer: User, lead: User) -> PhoneCall:
    """A call promised in half an hour, on an incident that promises no update."""
    incidents.begin_triage(incident.pk, by=engineer)
    Incident.objects.update(next_update_due_at=None)
    due = timezone.now() + 30 * MINUTES
    return log_call(
        incident.pk, direction="in", who="IT", number="01632 960174", outcome="spoke", next_call_at=due,
        by=engineer,
    )  # fmt: skip


def remind_twice() -> None:
    remind()
    remind()


def warned() -> list[User]:
    rows = OutboxRow.objects.filter(event="warning").order_by("pk")
    return [User.objects.get(pk=row.payload["person"]) for row in rows]


def told() -> list[User]:
    return [page.user for page in Page.objects.order_by("pk") if page.user]


# ---------- When ----------


def test_the_owner_is_warned_of_an_update_five_minutes_before_and_not_earlier(
    promised: Incident, engineer: User, night: Any
) -> None:
    night.shift(25 * 60 - 1)
    remind_twice()
    assert warned() == []
    night.shift(1)
    remind_twice()
    night.shift(120)
    remind_twice()
    assert warned() == [engineer]
    assert told() == []


def test_the_lead_is_told_of_an_update_once_it_is_late_and_not_at_the_very_promise(
    promised: Incident, lead: User, night: Any
) -> None:
    night.shift(30 * 60)
    remind_twice()
    assert told() == []
    night.shift(1)
    remind_twice()
    night.shift(3600)
    remind_twice()
    assert told() == [lead]


def test_the_owner_is_warned_of_a_call_and_the_lead_is_told_after(
    call: PhoneCall, engineer: User, lead: User, night: Any
) -> None:
    night.shift(25 * 60 - 1)
    remind_twice()
    assert warned() == []
    night.shift(1)
    remind_twice()
    assert (warned(), told()) == ([engineer], [])
    night.shift(301)
    remind_twice()
    assert (warned(), told()) == ([engineer], [lead])
    page = Page.objects.get()
    assert page.words == f"{call.incident}: Ring IT, due 02:37 GMT, is late"
    assert page.reason == (
        "Promised for Sun 22 Nov 02:37 GMT. OOH engineer 1 owns it: ring them, "
        "or ring IT on 01632 960174 yourself."
    )


def test_a_worker_that_was_away_catches_up_with_what_is_late_and_warns_of_nothing_past(
    promised: Incident, engineer: User, lead: User, night: Any
) -> None:
    soon = timezone.now() + 20 * MINUTES
    log_call(promised.pk, direction="in", who="IT", outcome="spoke", next_call_at=soon, by=engineer)
    night.shift(3 * 3600)
    remind_twice()
    assert warned() == []
    assert [page.words.partition(": ")[2] for page in Page.objects.order_by("pk")] == [
        "Status update, due 02:37 GMT, is late", "Ring IT, due 02:27 GMT, is late"
    ]  # fmt: skip


# ---------- What moves or ends it ----------


def test_a_time_that_was_moved_is_judged_anew(promised: Incident, engineer: User, night: Any) -> None:
    night.shift(26 * 60)
    remind_twice()
    due = timezone.now() + 30 * MINUTES
    post_update(promised.pk, phase="identified", words=WORDS, next_update_due_at=due, by=engineer)
    night.shift(5 * 60)
    remind_twice()
    assert (len(warned()), told()) == (1, [])
    night.shift(21 * 60)
    remind_twice()
    assert (len(warned()), told()) == (2, [])


@pytest.mark.parametrize("end", ["resolve", "decline", "rehearsal"])
def test_an_incident_that_was_closed_meanwhile_tells_nobody(
    end: str, promised: Incident, engineer: User, night: Any
) -> None:
    log_call(
        promised.pk, direction="in", who="IT", outcome="spoke", next_call_at=timezone.now() + 5 * MINUTES,
        by=engineer,
    )  # fmt: skip
    Incident.objects.update(public_phase="resolved", is_rehearsal=end == "rehearsal")
    if end == "resolve":
        incidents.resolve(promised.pk, resolution="Back", restored_at=timezone.now(), by=engineer)
    if end == "decline":
        incidents.decline(promised.pk, rule="slow", told_caller="Ring at 08:00", by=engineer)
    for _ in range(3):
        night.shift(14 * 60)
        remind_twice()
    assert (warned(), told()) == ([], [])


@pytest.mark.parametrize("end", ["made", "called off"])
def test_a_call_that_was_made_or_called_off_tells_nobody(
    end: str, call: PhoneCall, engineer: User, night: Any
) -> None:
    if end == "made":
        log_call(call.incident_id, direction="out", who="it", outcome="spoke", by=engineer)
    else:
        call_off(call.pk, reason="They sit with us", by=engineer)
    night.shift(27 * 60)
    remind_twice()
    night.shift(3600)
    remind_twice()
    assert (warned(), told()) == ([], [])


# ---------- Whom ----------


def test_a_promise_survives_the_change_of_its_owner(
    call: PhoneCall, other_engineer: User, night: Any
) -> None:
    incidents.change_owner(call.incident_id, reason="", by=other_engineer)
    night.shift(26 * 60)
    remind_twice()
    assert warned() == [other_engineer]


def test_while_nobody_owns_it_who_is_on_shift_is_warned(
    night: Any, incident: Incident, engineer: User, other_engineer: User, analyst: User
) -> None:
    for person in (other_engineer, analyst):
        make_shift(person, 6, time(0), time(9))
    remind_twice()
    assert warned() == [other_engineer]


@pytest.mark.parametrize("leaves", [False, True])
def test_without_a_shift_the_leads_are_warned_in_place_of_nobody(
    leaves: bool, promised: Incident, engineer: User, lead: User, night: Any
) -> None:
    engineer.is_active = not leaves
    engineer.save()
    night.shift(26 * 60)
    remind_twice()
    assert warned() == ([lead] if leaves else [engineer])


def test_of_the_vendors_incidents_its_service_manager_is_told(
    promised: Incident, manager: User, lead: User, night: Any
) -> None:
    Incident.objects.update(owner_side="vendor", state="handed_over")
    night.shift(31 * 60)
    remind_twice()
    assert told() == [manager]


def test_the_lead_on_shift_is_told_rather_than_every_lead(promised: Incident, lead: User, night: Any) -> None:
    other = factories.make_user(Role.OOH_LEAD)
    make_shift(other, 6, time(0), time(9))
    night.shift(31 * 60)
    remind_twice()
    assert told() == [other]


def test_the_incident_says_that_it_was_late_and_who_was_told(promised: Incident, night: Any) -> None:
    night.shift(31 * 60)
    remind_twice()
    entry = promised.timeline.get(kind="escalation")
    assert entry.title == "Status update, due 02:37 GMT, is late: told Night lead"
    assert entry.is_bad


def test_without_any_lead_the_incident_says_that_nobody_was_told(
    promised: Incident, lead: User, night: Any
) -> None:
    lead.is_active = False
    lead.save()
    night.shift(31 * 60)
    remind_twice()
    assert "told nobody: no lead is known" in promised.timeline.get(kind="escalation").title


def test_one_that_fails_does_not_keep_the_others_from_being_told(
    promised: Incident, engineer: User, lead: User, night: Any, monkeypatch: pytest.MonkeyPatch, caplog: Any
) -> None:
    other = factories.make_incident(by=engineer)
    Incident.objects.filter(pk=other.pk).update(next_update_due_at=promised.next_update_due_at)
    title, broken = Incident.title.fget, promised.pk

    def fails(incident: Incident) -> str:
        if incident.pk == broken:
            raise ValueError("Words that nobody may log")
        return str(title(incident))

    monkeypatch.setattr(Incident, "__str__", fails)
    night.shift(31 * 60)
    remind()
    assert [page.incident_id for page in Page.objects.all()] == [other.pk]
    assert "Words that nobody" not in caplog.text
    monkeypatch.undo()
    remind()
    assert Page.objects.count() == 2


# ---------- Clocks ----------


@pytest.mark.parametrize(
    ("now", "said"),
    [
        (datetime(2026, 10, 25, 0, 40, tzinfo=UTC), "01:10 GMT"),  # 01:40 BST; the hour comes again
        (datetime(2026, 10, 25, 0, 15, tzinfo=UTC), "01:45 BST"),  # the first of the two
        (datetime(2027, 3, 28, 0, 40, tzinfo=UTC), "02:10 BST"),  # 00:40 GMT; 01:10 does not exist
    ],
)
def test_half_an_hour_is_half_an_hour_when_the_clocks_change(
    now: datetime, said: str, incident: Incident, engineer: User, lead: User, time_machine: Any
) -> None:
    time_machine.move_to(now, tick=False)
    incidents.begin_triage(incident.pk, by=engineer)
    post_update(
        incident.pk, phase="investigating", words=WORDS, next_update_due_at=now + 30 * MINUTES, by=engineer
    )
    time_machine.move_to(now + 25 * MINUTES - SECOND, tick=False)
    remind_twice()
    assert warned() == []
    time_machine.move_to(now + 25 * MINUTES, tick=False)
    remind_twice()
    assert len(warned()) == 1
    time_machine.move_to(now + 30 * MINUTES + SECOND, tick=False)
    remind_twice()
    assert f"due {said}, is late" in Page.objects.get().words


def test_a_clock_that_jumps_ahead_and_back_tells_once(
    promised: Incident, engineer: User, lead: User, night: Any
) -> None:
    night.shift(26 * 60)
    remind_twice()
    night.shift(24 * 3600)
    remind_twice()
    night.shift(-24 * 3600)
    remind_twice()
    night.shift(5 * 60)
    remind_twice()
    assert (warned(), told()) == ([engineer], [lead])


# ---------- How it reads, and when it is not sent any more ----------


def test_the_warning_says_what_is_due_when_and_where(
    settings: Any, call: PhoneCall, engineer: User, night: Any
) -> None:
    night.shift(26 * 60)
    remind()
    with mail_server() as mail:
        configure(settings, mail.port)
        deliver(OutboxRow.objects.get(event="warning").pk)
    (message,) = mail.messages
    body = message.get_payload(decode=True).decode()
    assert message["To"] == engineer.email
    assert message["Subject"] == f"Ring IT, due 02:37 GMT: {call.incident}"
    assert "Number: 01632 960174" in body
    assert f"https://desk.example.org/incidents/{call.incident}/" in body


@pytest.mark.parametrize("meanwhile", ["made", "late", "left"])
def test_a_warning_that_is_of_no_use_any_more_is_not_sent(
    meanwhile: str, settings: Any, call: PhoneCall, engineer: User, night: Any
) -> None:
    night.shift(26 * 60)
    remind()
    if meanwhile == "made":
        log_call(call.incident_id, direction="out", who="IT", outcome="spoke", by=engineer)
    if meanwhile == "late":
        night.shift(5 * 60)
    if meanwhile == "left":
        User.objects.filter(pk=engineer.pk).update(is_active=False)
    row = OutboxRow.objects.get(event="warning")
    with mail_server() as mail:
        configure(settings, mail.port)
        deliver(row.pk)
    row.refresh_from_db()
    assert (mail.messages, row.done_at is not None) == ([], True)


def test_a_page_about_a_promise_that_was_kept_is_neither_sent_nor_left_to_be_answered(
    settings: Any, promised: Incident, engineer: User, night: Any
) -> None:
    night.shift(31 * 60)
    remind()
    due = timezone.now() + 30 * MINUTES
    post_update(promised.pk, phase="identified", words=WORDS, next_update_due_at=due, by=engineer)
    with mail_server() as mail:
        configure(settings, mail.port)
        deliver(OutboxRow.objects.get(event="page").pk)
    assert mail.messages == []
    remind_twice()
    page = Page.objects.get()
    assert (page.answer, page.acknowledged_by) == (
        "The update was posted, or its time was moved", User.objects.system()
    )  # fmt: skip


@pytest.mark.parametrize(
    ("end", "answer"), [("made", "Rung 02:38 GMT"), ("called off", "Called off 02:38 GMT: They sit with us")]
)
def test_a_page_about_a_call_ends_with_the_call(
    end: str, answer: str, call: PhoneCall, engineer: User, night: Any
) -> None:
    night.shift(31 * 60)
    remind()
    if end == "made":
        log_call(call.incident_id, direction="out", who="IT", outcome="spoke", by=engineer)
    else:
        call_off(call.pk, reason="They sit with us", by=engineer)
    remind_twice()
    assert Page.objects.get().answer == answer


def test_a_page_stays_while_its_promise_is_late(promised: Incident, night: Any) -> None:
    night.shift(31 * 60)
    remind_twice()
    assert list(Page.objects.waiting()) == [Page.objects.get()]
