"""Approvals run out: the owner hears of it 30 and 7 days before and after, once each, by e-mail."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from accounts.roles import Role
from incidents.models import OutboxRow
from incidents.outbox import people
from incidents.outbox.tasks import deliver
from incidents.outbox.tasks import sweep as outbox_sweep
from sops import reviewing, services, tasks
from sops.models import SopVersion
from tests import factories
from tests.handover.smtp import MailServer, mail_server
from tests.sops import making

pytestmark = pytest.mark.django_db
REVIEW_ON = making.REVIEW_ON  # Wednesday 26 May 2027


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 11, 0, tzinfo=UTC)


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.PUBLIC_URL = "https://desk.example.org"
        yield server


@pytest.fixture
def version(night: Any, author: User) -> SopVersion:
    return making.make_approved(author=author)


def keys() -> list[str]:
    rows = OutboxRow.objects.filter(event=reviewing.EVENT).order_by("pk")
    return [row.key.rpartition(":")[2] for row in rows]


def send_all() -> None:
    for row_id in OutboxRow.objects.filter(event=reviewing.EVENT).values_list("pk", flat=True):
        deliver(row_id)


def read(mail: MailServer) -> list[tuple[str, str, str]]:
    """To whom, about what, and what it says."""
    found = []
    for message in mail.messages:
        body = message.get_payload(decode=True)
        assert isinstance(body, bytes)
        found.append((str(message["To"]), str(message["Subject"]), body.decode()))
    return found


# ---------- When ----------


@pytest.mark.parametrize(
    ("left", "stage"),
    [(400, None), (31, None), (30, 30), (8, 30), (7, 7), (1, 7), (0, 7), (-1, 0), (-400, 0)],
)
def test_which_reminder_belongs_to_which_day(left: int, stage: int | None) -> None:
    assert reviewing.stage_on(REVIEW_ON, REVIEW_ON - timedelta(days=left)) == stage


@pytest.mark.parametrize(
    ("review_on", "today"),
    [
        (date(2027, 3, 31), date(2027, 3, 1)),
        (date(2028, 3, 30), date(2028, 2, 29)),
        (date(2027, 3, 30), date(2027, 2, 28)),
        (date(2027, 1, 1), date(2026, 12, 2)),
    ],
)
def test_thirty_days_are_thirty_days_over_the_ends_of_months(review_on: date, today: date) -> None:
    assert reviewing.stage_on(review_on, today) == 30
    assert reviewing.stage_on(review_on, today - timedelta(days=1)) is None


@pytest.mark.parametrize(
    ("left", "words"),
    [(31, ""), (30, "in 30 days"), (1, "tomorrow"), (0, "today"), (-1, "yesterday"), (-3, "3 days ago")],
)
def test_a_review_that_is_near_is_said_in_days(left: int, words: str) -> None:
    assert reviewing.soon_words(REVIEW_ON, REVIEW_ON - timedelta(days=left)) == words


def test_each_reminder_is_written_once_however_often_the_task_runs(version: SopVersion, night: Any) -> None:
    for left, expected in ((31, []), (30, ["30"]), (8, ["30"]), (7, ["30", "7"]), (0, ["30", "7"]),
                           (-1, ["30", "7", "0"]), (-40, ["30", "7", "0"])):  # fmt: skip
        night.move_to(noon(REVIEW_ON - timedelta(days=left)))
        tasks.remind()
        tasks.remind()
        assert keys() == expected, left
    assert OutboxRow.objects.get(key=f"sop-review:{version.pk}:7").destination == "people"


def test_a_reminder_that_was_missed_is_not_made_up_for(version: SopVersion, night: Any) -> None:
    night.move_to(noon(REVIEW_ON - timedelta(days=3)))
    tasks.remind()
    assert keys() == ["7"]


@pytest.mark.parametrize(
    ("review_on", "midnight"),
    [
        # The clocks went forward on 28 March: midnight in London is 23:00 UTC from then on.
        (date(2027, 5, 1), datetime(2027, 3, 31, 23, tzinfo=UTC)),
        # They go back on 31 October: midnight is 00:00 UTC again from 1 November on.
        (date(2027, 12, 1), datetime(2027, 11, 1, tzinfo=UTC)),
        (date(2027, 4, 27), datetime(2027, 3, 28, tzinfo=UTC)),
    ],
)
def test_the_day_begins_at_midnight_in_london_on_both_sides_of_a_clock_change(
    review_on: date, midnight: datetime, night: Any
) -> None:
    making.make_approved(review_on=review_on)
    night.move_to(midnight - timedelta(minutes=1))
    tasks.remind()
    assert keys() == []
    night.move_to(midnight)
    tasks.remind()
    assert keys() == ["30"]


def test_nothing_is_written_for_what_is_not_in_force(
    version: SopVersion, author: User, approver: User, night: Any
) -> None:
    making.make_draft(author)
    withdrawn = making.make_approved()
    services.withdraw_version(withdrawn.pk, reason="Wrong slot", by=approver)
    newer = services.submit_version(making.make_draft(author, sop=version.sop).pk, by=author)
    making.rehearsed(newer)
    later = REVIEW_ON + timedelta(days=300)
    services.approve_version(newer.pk, reason="Rehearsed", review_on=later, by=approver)
    night.move_to(noon(REVIEW_ON))
    tasks.remind()
    assert keys() == []


# ---------- What is said, and to whom ----------


def test_the_owner_reads_what_when_and_what_to_do(
    version: SopVersion, author: User, mail: MailServer, night: Any
) -> None:
    night.move_to(noon(REVIEW_ON - timedelta(days=30)))
    tasks.remind()
    send_all()
    ((to, subject, body),) = read(mail)
    code = version.sop.code
    assert (to, subject) == (author.email, f"{code} is to be reviewed by 26 May 2027")
    assert f"{code} Restart the application service." in body
    assert "Version 1 is to be reviewed by 26 May 2027, in 30 days." in body
    assert "After that day it cannot be started" in body
    assert "Rehearse it and submit it" in body
    assert f"https://desk.example.org/sops/{code}/" in body
    assert mail.messages[0]["Message-ID"] == f"<sop-review-{version.pk}-30@desk.example.org>"


def test_delivering_again_tells_once(version: SopVersion, mail: MailServer, night: Any) -> None:
    night.move_to(noon(REVIEW_ON - timedelta(days=7)))
    for _ in range(2):
        tasks.remind()
        send_all()
    assert len(mail.messages) == 1


def test_after_it_has_run_out_the_owner_hears_that_it_cannot_be_started(
    version: SopVersion, mail: MailServer, night: Any
) -> None:
    night.move_to(noon(REVIEW_ON + timedelta(days=1)))
    tasks.remind()
    send_all()
    ((_, subject, body),) = read(mail)
    assert "was to be reviewed by 26 May 2027" in subject
    assert "26 May 2027, yesterday. It cannot be started any more" in body


def test_nothing_is_sent_from_the_task_itself(version: SopVersion, mail: MailServer, night: Any) -> None:
    night.move_to(noon(REVIEW_ON))
    tasks.remind()
    assert mail.messages == []
    assert OutboxRow.objects.due(noon(REVIEW_ON)).filter(event=reviewing.EVENT).count() == 1


def test_without_a_mail_server_it_waits_and_then_says_only_what_is_still_true(
    version: SopVersion, night: Any, request: pytest.FixtureRequest
) -> None:
    for left in (30, 7):
        night.move_to(noon(REVIEW_ON - timedelta(days=left)))
        tasks.remind()
        send_all()
        outbox_sweep()
    assert not people.is_configured()
    assert OutboxRow.objects.waiting().filter(event=reviewing.EVENT).count() == 2
    mail = request.getfixturevalue("mail")
    send_all()
    assert ["in 7 days" in body for _, _, body in read(mail)] == [True]
    assert not OutboxRow.objects.waiting().filter(event=reviewing.EVENT).exists()


def test_what_was_withdrawn_on_the_way_is_not_told(
    version: SopVersion, approver: User, mail: MailServer, night: Any
) -> None:
    night.move_to(noon(REVIEW_ON - timedelta(days=7)))
    tasks.remind()
    services.withdraw_version(version.pk, reason="Wrong slot", by=approver)
    send_all()
    assert mail.messages == []
    assert not OutboxRow.objects.waiting().filter(event=reviewing.EVENT).exists()


def test_another_owner_by_now_is_the_one_who_hears(version: SopVersion, mail: MailServer, night: Any) -> None:
    night.move_to(noon(REVIEW_ON))
    tasks.remind()
    successor = factories.make_user(Role.SOP_AUTHOR)
    version.sop.owner = successor
    version.sop.save()
    send_all()
    assert [to for to, *_ in read(mail)] == [successor.email]


def leave(person: User) -> None:
    person.is_active = False
    person.save()


def test_of_an_owner_who_left_the_service_managers_hear(
    version: SopVersion, author: User, manager: User, mail: MailServer, night: Any
) -> None:
    gone = factories.make_user(Role.SERVICE_MANAGER)
    other = factories.make_user(Role.SERVICE_MANAGER)
    for person in (author, gone):
        leave(person)
    night.move_to(noon(REVIEW_ON))
    tasks.remind()
    send_all()
    ((to, _, body),) = read(mail)
    assert set(to.split(", ")) == {manager.email, other.email}
    assert "Its owner, SOP author, has left. Name another owner." in body


def test_with_nobody_left_to_tell_it_is_parked_and_says_so(
    version: SopVersion, author: User, mail: MailServer, night: Any
) -> None:
    leave(author)
    night.move_to(noon(REVIEW_ON))
    tasks.remind()
    send_all()
    row = OutboxRow.objects.get(event=reviewing.EVENT)
    assert row.parked_at is not None
    assert "has left, and there is no service manager" in row.last_error
    assert mail.messages == []


def test_an_event_that_no_floor_knows_is_parked(db: None, mail: MailServer) -> None:
    row = OutboxRow.objects.create(
        destination="people", event="riddle", key="riddle", due_at=noon(date(2020, 1, 1))
    )
    deliver(row.pk)
    row.refresh_from_db()
    assert row.parked_at is not None
    assert "does not know what to tell" in row.last_error


# ---------- On the pages ----------


@pytest.mark.parametrize(
    ("left", "words"), [(31, ""), (30, "in 30 days"), (7, "in 7 days"), (0, "today"), (-3, "3 days ago")]
)
def test_the_list_and_the_page_say_how_near_a_review_is(
    left: int, words: str, version: SopVersion, engineer: User, browse: Any, night: Any
) -> None:
    night.move_to(noon(REVIEW_ON - timedelta(days=left)))
    client = browse(engineer)
    for address in ("/sops/", f"/sops/{version.sop.code}/"):
        shown = client.get(address).content.decode()
        assert words in shown
        assert ("days" in shown.partition("26 May 2027")[2]) == ("days" in words)
