"""The demo's history: closed, in the past, as the services would have written it, and there once."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.utils import timezone

import accounts.demo
from incidents import coverage, demo
from incidents.intake import judge
from incidents.models import (
    Incident,
    Kind,
    OutboxRow,
    Phase,
    PhoneCall,
    ReferenceCounter,
    State,
    StatusUpdate,
    TimelineEntry,
)
from incidents.status.public_words import refuse_unfit

LATE_IN_NOVEMBER = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def seeded(module_db: None) -> None:
    with time_machine.travel(LATE_IN_NOVEMBER, tick=False):
        accounts.demo.seed()
        demo.seed()


@pytest.fixture
def history(seeded: None, db: None) -> Iterator[Any]:
    with time_machine.travel(LATE_IN_NOVEMBER, tick=False) as clock:
        yield clock


def test_history_has_about_forty_closed_incidents_of_two_months_and_all_six_customers(history: Any) -> None:
    assert 35 <= Incident.objects.count() <= 52
    assert Incident.objects.open().count() == 0
    assert {(at.year, at.month) for at in Incident.objects.values_list("reported_at", flat=True)} >= {
        (2026, 10), (2026, 11),
    }  # fmt: skip
    assert Incident.objects.values("customer").distinct().count() == 6


def test_history_is_marked_as_made_up(history: Any) -> None:
    assert not Incident.objects.exclude(customer__is_simulated=True).exists()
    assert not Incident.objects.exclude(customer_reference__startswith="DEMO-2026-1").exists()


def test_nothing_of_history_lies_ahead(history: Any) -> None:
    now = timezone.now()
    for at in ("reported_at", "logged_at", "restored_at", "resolved_at", "declined_at", "handed_over_at"):
        assert not Incident.objects.filter(**{f"{at}__gt": now}).exists(), at
    assert not TimelineEntry.objects.filter(happened_at__gt=now).exists()
    assert not StatusUpdate.objects.filter(posted_at__gt=now).exists()


def test_nothing_of_history_waits_to_be_sent(history: Any) -> None:
    assert not OutboxRow.objects.exists()
    assert not StatusUpdate.objects.filter(published_at=None).exists()


def test_history_has_calls_and_each_promised_one_was_made(history: Any) -> None:
    assert PhoneCall.objects.filter(purpose="report").count() == Incident.objects.count()
    assert PhoneCall.objects.exclude(next_call_at=None).exists()
    assert not PhoneCall.objects.promised().exists()
    assert not PhoneCall.objects.exclude(kept_at=None).filter(kept_by=None).exists()
    assert {call.outcome for call in PhoneCall.objects.all()} == {"spoke", "voicemail"}


def test_history_has_every_way_in_which_a_call_ends(history: Any) -> None:
    rules = set(Incident.objects.filter(state=State.DECLINED).values_list("decline_rule", flat=True))
    assert rules >= {"slow", "printing", "one-person", "not-entitled", "working-hours", "not-covered-service"}
    assert Incident.objects.exclude(handed_over_at=None).exists()
    assert Incident.objects.exclude(escalated_at=None).exists()
    assert Incident.objects.exclude(override_reason="").exists()


def test_most_promises_of_history_were_kept_and_a_few_were_late(history: Any) -> None:
    kept = late = 0
    for incident in Incident.objects.all():
        told = list(incident.status_updates.order_by("posted_at"))
        for update, following in pairwise(told):
            if following.posted_at <= update.next_update_due_at:
                kept += 1
            else:
                late += 1
    assert 1 <= late < kept / 3


def test_the_gate_of_history_is_the_real_one(history: Any) -> None:
    for incident in Incident.objects.select_related("customer", "service"):
        verdict = demo_verdict(incident)
        assert (incident.gate_outcome, incident.gate_rule) == (verdict.outcome, verdict.rule)
        assert incident.is_covered == (incident.state == State.RESOLVED)


def demo_verdict(incident: Incident) -> Any:
    return judge(
        incident.customer, incident.service, incident.failure, incident.who_affected, incident.reported_at
    )


def test_the_timeline_of_history_tells_the_same_as_the_incident(history: Any) -> None:
    for incident in Incident.objects.all():
        entries = list(incident.timeline.order_by("happened_at", "id"))
        moves = [entry.data for entry in entries if entry.kind == Kind.STATE]
        assert (entries[0].kind, entries[0].happened_at) == (Kind.LOGGED, incident.reported_at)
        assert moves[-1]["to"] == incident.state
        told = [entry.data["update"] for entry in entries if entry.kind == Kind.STATUS]
        updates = incident.status_updates.order_by("posted_at")
        assert told == [update.pk for update in updates]
        if incident.state == State.RESOLVED:
            times = (
                incident.unavailable_since,
                incident.reported_at,
                incident.restored_at,
                incident.resolved_at,
            )
            assert list(times) == sorted(times)
            assert updates.last().phase == incident.public_phase == Phase.RESOLVED


def test_handovers_of_history_were_accepted_when_the_desk_was_open(history: Any) -> None:
    for incident in Incident.objects.exclude(handed_over_at=None):
        assert not coverage.is_out_of_hours(incident.handed_over_at, "ENG")
        assert incident.owner.side == incident.owner_side == "vendor"


def test_the_public_words_of_history_could_have_been_posted(history: Any) -> None:
    for words in set(StatusUpdate.objects.values_list("words", flat=True)):
        refuse_unfit("IT on-call manager", words=words)


def test_references_go_on_from_the_counter_in_the_order_of_the_calls(history: Any) -> None:
    references = list(Incident.objects.order_by("reported_at").values_list("reference", flat=True))
    assert references == sorted(references)
    assert ReferenceCounter.objects.get(year=2026).last == len(references)


def test_seeding_again_changes_nothing(history: Any) -> None:
    before = list(Incident.objects.values_list("reference", "public_id", "reported_at"))
    history.move_to(datetime(2026, 11, 29, 12, 0, tzinfo=UTC))
    demo.seed()
    assert list(Incident.objects.values_list("reference", "public_id", "reported_at")) == before


def test_history_is_the_same_wherever_it_is_seeded(history: Any) -> None:
    kept = list(
        Incident.objects.values_list("reference", "customer__short_name", "reported_at", "restored_at")
    )
    again = [tale for first in ("2026-10-01", "2026-11-01") for tale in _tales(first)]
    ended = sorted(tale.incident.reported_at for tale in again if tale.ended_at < timezone.now())
    assert ended == sorted(row[2] for row in kept)


def _tales(first: str) -> list[Any]:
    day = datetime.fromisoformat(first).date()
    return demo._tales(day, f"DEMO-{day:%Y-%m}-")
