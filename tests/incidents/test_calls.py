"""A call says who, which number, which way, what for and how it ended; what it promises waits to be kept."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from incidents import services
from incidents.calls import call_off, log_call, purpose_now
from incidents.models import Incident, Kind, OutboxRow, PhoneCall, State
from incidents.models.call import same_person
from tests import factories

MINUTES = timedelta(minutes=1)
IT = "IT on-call manager"


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def rang(incident: Incident, by: User, **changes: Any) -> PhoneCall:
    return log_call(incident.pk, **{"direction": "out", "who": IT, "outcome": "spoke", **changes}, by=by)


def in_minutes(minutes: int) -> datetime:
    return timezone.now() + minutes * MINUTES


def waiting(incident: Incident) -> list[PhoneCall]:
    return list(incident.calls.waiting())


# ---------- What is written ----------


def test_the_call_that_reports_the_outage_is_the_first_of_its_calls(
    incident: Incident, engineer: User
) -> None:
    call = incident.calls.get()
    assert (call.who, call.number, call.direction, call.purpose, call.outcome, call.by) == (
        IT, "01632 960174", "in", "report", "spoke", engineer
    )  # fmt: skip
    assert call.at == incident.reported_at


def test_what_monitoring_tells_is_no_call(engineer: User) -> None:
    assert not factories.make_incident(by=engineer, source="alert").calls.exists()


def test_a_call_is_one_line_of_the_timeline_and_one_note_in_the_ticket(
    incident: Incident, engineer: User
) -> None:
    call = rang(incident, engineer, outcome="voicemail", text="Left a message", next_call_at=in_minutes(30))
    assert (call.entry.kind, call.entry.title) == (Kind.CALL, f"Rang {IT}: voicemail")
    assert call.entry.text == f"Left a message\nWe ring {IT} by Sun 22 Nov 02:37 GMT."
    assert OutboxRow.objects.filter(key=f"freshdesk:note:{call.entry_id}").exists()


@pytest.mark.parametrize(
    ("direction", "outcome", "title"),
    [("in", "spoke", f"Call from {IT}"), ("out", "spoke", f"Rang {IT}"), ("out", "busy", f"Rang {IT}: busy")],
)
def test_the_line_says_who_rang_whom_and_how_it_ended(
    direction: str, outcome: str, title: str, incident: Incident, engineer: User
) -> None:
    assert rang(incident, engineer, direction=direction, outcome=outcome).entry.title == title


def test_the_purpose_follows_from_the_state_unless_it_is_said(incident: Incident, engineer: User) -> None:
    assert rang(incident, engineer).purpose == "question"
    assert rang(incident, engineer, purpose="escalation").purpose == "escalation"
    incident.public_phase = "monitoring"
    assert purpose_now(incident) == "confirm"
    assert {purpose_now(Incident(state=state)) for state in State} <= set(PhoneCall.Purpose)


def test_who_calls_back_has_promised_it_and_otherwise_we_have(incident: Incident, engineer: User) -> None:
    theirs = rang(incident, engineer, outcome="will_call_back", next_call_at=in_minutes(15))
    ours = rang(incident, engineer, who="Ward", next_call_at=in_minutes(15))
    assert (theirs.next_call_by_us, ours.next_call_by_us) == (False, True)
    assert theirs.entry.text == f"{IT} rings us by Sun 22 Nov 02:22 GMT."


def test_a_call_of_a_while_ago_is_told_at_its_time(incident: Incident, engineer: User) -> None:
    call = rang(incident, engineer, at=factories.SUNDAY_NIGHT - 5 * MINUTES)
    assert call.entry.happened_at == call.at == factories.SUNDAY_NIGHT - 5 * MINUTES


# ---------- What is refused ----------


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"who": " "}, "who"), ({"outcome": ""}, "outcome"), ({"outcome": "reached"}, "outcome"),
        ({"direction": "up"}, "direction"), ({"purpose": "fun"}, "purpose"),
        ({"text": "NHS number 999 123 4560"}, "text"), ({"who": "NHS number 999 123 4560"}, "who"),
        ({"number": "NHS number 999 123 4560"}, "number"),
        ({"at": factories.SUNDAY_NIGHT + MINUTES}, "at"),
        ({"next_call_at": factories.SUNDAY_NIGHT}, "next_call_at"),
        ({"outcome": "will_call_back"}, "next_call_at"), ({"keeps": 10**6}, "keeps"),
    ],
)  # fmt: skip
def test_what_is_missing_or_unfit_is_named_and_nothing_is_logged(
    changes: dict[str, Any], field: str, incident: Incident, engineer: User
) -> None:
    with pytest.raises(ValidationError) as refused:
        rang(incident, engineer, **changes)
    assert list(refused.value.message_dict) == [field]
    assert incident.calls.count() == 1


def test_an_auditor_logs_no_call_and_calls_none_off(
    incident: Incident, engineer: User, partner_auditor: User
) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    with pytest.raises(PermissionDenied):
        rang(incident, partner_auditor)
    with pytest.raises(PermissionDenied):
        call_off(promise.pk, reason="No", by=partner_auditor)


def test_a_closed_incident_takes_a_call_and_no_promise(incident: Incident, engineer: User) -> None:
    services.decline(incident.pk, rule="slow", told_caller="Ring at 08:00", by=engineer)
    assert rang(incident, engineer, purpose="").purpose == "other"
    with pytest.raises(ValidationError, match="nobody is reminded"):
        rang(incident, engineer, next_call_at=in_minutes(15))
    assert rang(incident, engineer, outcome="will_call_back").next_call_at is None


# ---------- What keeps a promise ----------


@pytest.mark.parametrize("who", [IT, "it  on-call MANAGER "])
@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_spoken_call_with_the_same_person_keeps_the_promise(
    who: str, direction: str, incident: Incident, engineer: User, night: Any
) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    night.shift(600)
    call = rang(incident, engineer, who=who, direction=direction)
    promise.refresh_from_db()
    assert (promise.kept_at, promise.kept_by, promise.called_off_reason) == (call.at, call, "")
    assert waiting(incident) == []


@pytest.mark.parametrize(
    "changes",
    [{"who": "Ward sister", "number": "01632 960174"}, {"outcome": "no_answer"}, {"outcome": "voicemail"},
     {"outcome": "busy"}, {"outcome": "refused"}],
)  # fmt: skip
def test_another_person_on_the_same_number_and_an_attempt_keep_nothing(
    changes: dict[str, Any], incident: Incident, engineer: User
) -> None:
    promise = rang(incident, engineer, number="01632 960174", next_call_at=in_minutes(15))
    rang(incident, engineer, **changes)
    assert waiting(incident) == [promise]


def test_an_attempt_that_promises_anew_moves_the_promise(incident: Incident, engineer: User) -> None:
    old = rang(incident, engineer, next_call_at=in_minutes(15))
    new = rang(incident, engineer, outcome="no_answer", next_call_at=in_minutes(30))
    old.refresh_from_db()
    assert waiting(incident) == [new]
    assert old.called_off_reason == f"No answer; We ring {IT} by Sun 22 Nov 02:37 GMT."


def test_a_spoken_call_may_promise_the_next_one(incident: Incident, engineer: User) -> None:
    rang(incident, engineer, next_call_at=in_minutes(15))
    following = rang(incident, engineer, next_call_at=in_minutes(45))
    assert waiting(incident) == [following]


def test_a_call_before_the_promise_does_not_keep_it(incident: Incident, engineer: User) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    rang(incident, engineer, at=factories.SUNDAY_NIGHT - 5 * MINUTES)
    assert waiting(incident) == [promise]


def test_the_promise_that_is_named_is_kept_whoever_answered(incident: Incident, engineer: User) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    rang(incident, engineer, who="The switchboard put me through to the deputy", keeps=promise.pk)
    assert waiting(incident) == []


def test_a_promise_that_was_kept_meanwhile_does_not_lose_the_call(incident: Incident, engineer: User) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    rang(incident, engineer)
    assert rang(incident, engineer, who="Deputy", keeps=promise.pk).pk


def test_a_promise_of_another_incident_cannot_be_kept_here(incident: Incident, engineer: User) -> None:
    other = factories.make_incident(by=engineer)
    promise = rang(other, engineer, next_call_at=in_minutes(15))
    with pytest.raises(ValidationError, match="no such promise"):
        rang(incident, engineer, keeps=promise.pk)
    rang(incident, engineer)
    assert waiting(other) == [promise]


def test_a_closed_incident_has_no_due_items_and_a_reopened_one_has_them_again(
    incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    services.resolve(incident.pk, resolution="Back", restored_at=timezone.now(), by=engineer)
    assert waiting(incident) == []
    services.reopen(incident.pk, reason="Down again", by=engineer)
    assert waiting(incident) == [promise]


# ---------- Pressing twice ----------


def test_a_second_press_of_the_same_form_logs_nothing_more(incident: Incident, engineer: User) -> None:
    first = rang(incident, engineer, key="k1", text="Still down", next_call_at=in_minutes(15))
    assert rang(incident, engineer, key="k1", text="Still down", next_call_at=in_minutes(15)) == first
    assert incident.timeline.filter(kind=Kind.CALL).count() == 1


@pytest.mark.parametrize(
    "change", [{"key": "k2"}, {"text": "Up again"}, {"outcome": "busy"}, {"who": "Ward"}]
)
def test_another_form_or_another_word_is_another_call(
    change: dict[str, Any], incident: Incident, engineer: User
) -> None:
    rang(incident, engineer, key="k1", text="Still down")
    rang(incident, engineer, **{"key": "k1", "text": "Still down", **change})
    assert incident.timeline.filter(kind=Kind.CALL).count() == 2


# ---------- Calling off ----------


def test_a_promise_is_called_off_with_a_reason_that_everybody_reads(
    incident: Incident, engineer: User
) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    call_off(promise.pk, reason="They sit in the bridge call", by=engineer)
    assert waiting(incident) == []
    entry = incident.timeline.filter(kind=Kind.CALL).latest("id")
    assert entry.title == f"Called off: the call to {IT}"
    assert entry.text == f"We ring {IT} by Sun 22 Nov 02:22 GMT.\nThey sit in the bridge call"


@pytest.mark.parametrize("reason", ["", "NHS number 999 123 4560"])
def test_calling_off_wants_a_reason_without_patients(reason: str, incident: Incident, engineer: User) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    with pytest.raises(ValidationError, match="reason"):
        call_off(promise.pk, reason=reason, by=engineer)
    assert waiting(incident) == [promise]


def test_calling_off_twice_is_quiet_and_by_another_with_other_words_a_conflict(
    incident: Incident, engineer: User, other_engineer: User
) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    assert call_off(promise.pk, reason="Not needed", by=engineer) == call_off(
        promise.pk, reason="Not needed", by=engineer
    )
    with pytest.raises(Conflict, match="already called this off"):
        call_off(promise.pk, reason="Other words", by=other_engineer)


def test_what_was_rung_or_promised_nothing_cannot_be_called_off(incident: Incident, engineer: User) -> None:
    promise = rang(incident, engineer, next_call_at=in_minutes(15))
    spoken = rang(incident, engineer)
    with pytest.raises(Conflict, match="has already rung"):
        call_off(promise.pk, reason="Not needed", by=engineer)
    with pytest.raises(Conflict, match="promised nothing"):
        call_off(spoken.pk, reason="Not needed", by=engineer)


# ---------- Who sees them, who is meant ----------


def test_who_does_not_see_the_incident_sees_none_of_its_calls(
    incident: Incident, engineer: User, specialist: User, author: User
) -> None:
    assert PhoneCall.objects.visible_to(engineer).count() == 1
    assert not PhoneCall.objects.visible_to(specialist).exists()
    assert not PhoneCall.objects.visible_to(author).exists()


@pytest.mark.parametrize(
    ("one", "other", "are_same"),
    [
        ("IT", "it", True),
        ("IT  manager", " IT manager", True),
        ("IT", "IT 2", False),
        ("STRASSE", "straße", True),
    ],
)
def test_the_same_person_is_the_same_name_however_it_is_typed(one: str, other: str, are_same: bool) -> None:
    assert same_person(one, other) is are_same
