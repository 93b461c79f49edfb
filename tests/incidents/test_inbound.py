"""Stored alerts are worked on once, in order, again if that fails, and shown to people in the end."""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.errors import Conflict
from accounts.models import User
from incidents import proposals
from incidents.alerts import Alert
from incidents.inbound import receiving, tasks
from incidents.models import AlertFeed, Kind, Proposal, ReceivedAlerts
from tests.incidents.test_intake_at_once import AT_ONCE, at_once
from tests.incidents.test_proposals import an_alert, an_end

Browse = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def store(*alerts: Alert, by: User) -> ReceivedAlerts:
    return receiving.store(alerts or (an_alert(),), by=by)


class Broken(Exception):
    """Words that nobody may log."""


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The matching of components fails, as a defect of ours would."""

    def fail(*_: Any) -> Any:
        raise Broken

    monkeypatch.setattr(proposals, "Estate", fail)
    return monkeypatch


# ---------- Once ----------


@pytest.mark.parametrize("alert", [an_alert(), an_end(), an_alert(fired_at=None, labels={"a": "b"})])
def test_what_is_stored_is_read_back_as_it_was(alert: Alert, alert_source: User) -> None:
    (kept,) = store(alert, by=alert_source).alerts
    assert receiving._read(kept) == alert


def test_working_twice_proposes_once(alert_source: User) -> None:
    row = store(by=alert_source)
    for _ in range(2):
        tasks.propose(row.pk)
        tasks.sweep()
    assert Proposal.objects.get().times_seen == 1


def test_the_sweep_works_on_what_was_missed(alert_source: User) -> None:
    for number in range(3):
        store(an_alert(dedup_key=f"k{number}"), by=alert_source)
    tasks.sweep()
    assert Proposal.objects.count() == 3
    assert not ReceivedAlerts.objects.undone().exists()


def test_a_row_of_nobody_is_no_error(db: None) -> None:
    tasks.propose(10**6)


@pytest.mark.django_db(transaction=True)
def test_workers_at_once_propose_once(alert_source: User) -> None:
    row = store(by=alert_source)
    at_once(*[lambda: tasks.propose(row.pk)] * AT_ONCE)
    assert Proposal.objects.get().times_seen == 1


@pytest.mark.django_db(transaction=True)
def test_workers_on_payloads_with_the_same_alerts_do_not_wait_for_each_other(alert_source: User) -> None:
    keys = [f"k{number}" for number in range(6)]
    rows = [
        store(*(an_alert(dedup_key=key) for key in order), by=alert_source)
        for order in (keys, keys[::-1])
    ]  # fmt: skip
    at_once(*(lambda row=row: tasks.propose(row.pk) for row in rows))
    for _ in range(2):
        tasks.sweep()
    assert {proposal.times_seen for proposal in Proposal.objects.all()} == {2}
    assert not ReceivedAlerts.objects.undone().exists()


# ---------- In order ----------


def test_the_end_of_an_alert_never_overtakes_its_firing(alert_source: User) -> None:
    fired, ended = store(an_alert(), by=alert_source), store(an_end(), by=alert_source)
    tasks.propose(ended.pk)
    assert ReceivedAlerts.objects.get(pk=ended.pk).failures == 0
    tasks.propose(fired.pk)
    tasks.propose(ended.pk)
    assert Proposal.objects.get().cleared_at is not None


def test_another_alert_does_not_wait_for_it(alert_source: User, broken: pytest.MonkeyPatch) -> None:
    first = store(an_alert(), by=alert_source)
    tasks.propose(first.pk)
    broken.undo()
    tasks.propose(store(an_alert(dedup_key="k2"), by=alert_source).pk)
    assert Proposal.objects.get().dedup_key == "k2"


def test_a_firing_and_its_end_in_one_payload_keep_their_order(alert_source: User) -> None:
    row = store(an_alert(dedup_key="z"), an_alert(), an_end(), an_end(dedup_key="z"), by=alert_source)
    tasks.propose(row.pk)
    assert all(proposal.cleared_at for proposal in Proposal.objects.all())
    assert Proposal.objects.count() == 2


def test_a_resolved_alert_notes_itself_on_its_incident(
    alert_source: User, engineer: User, customer: Any, service: Any
) -> None:
    tasks.propose(store(by=alert_source).pk)
    facts = {"customer": customer, "service": service, "who_affected": "everyone_all_sites"}
    incident = proposals.take(Proposal.objects.get().pk, facts=facts, by=engineer)
    tasks.propose(store(an_end(), by=alert_source).pk)
    assert incident.timeline.filter(kind=Kind.ALERT).latest("id").title == "Alert cleared"


# ---------- When it fails ----------


def test_a_failing_one_is_tried_five_times_with_growing_rests_then_shown_to_people(
    alert_source: User, broken: pytest.MonkeyPatch, night: Any, caplog: pytest.LogCaptureFixture
) -> None:
    row, tried_after, before = store(by=alert_source), [], 0
    for second in range(200):
        tasks.sweep()
        row.refresh_from_db()
        if row.failures > before:
            tried_after.append(second)
            before = row.failures
        night.shift(1)
    assert tried_after == [0, 10, 30, 70, 150]
    proposal = Proposal.objects.get()
    assert proposal.title == "An alert of Azure Monitor"
    assert proposal.summary == "The desk could not work on what came: Sign-in page does not answer"
    assert (proposal.pages, row.done_at is not None) == (True, True)
    assert "Words that nobody" not in caplog.text


def test_one_that_fails_once_is_done_at_its_next_try(
    alert_source: User, broken: pytest.MonkeyPatch, night: Any
) -> None:
    row = store(by=alert_source)
    tasks.propose(row.pk)
    assert not Proposal.objects.exists()
    broken.undo()
    night.shift(9)
    tasks.sweep()
    assert not Proposal.objects.exists()
    night.shift(1)
    tasks.sweep()
    assert Proposal.objects.get().title == "Sign-in page does not answer"


def test_a_failure_leaves_nothing_half_done(alert_source: User, monkeypatch: pytest.MonkeyPatch) -> None:
    second = proposals.Estate.match
    calls: list[int] = []

    def fail_on_the_second(estate: Any, alert: Alert) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise Broken
        return second(estate, alert)

    monkeypatch.setattr(proposals.Estate, "match", fail_on_the_second)
    tasks.propose(store(an_alert(), an_alert(dedup_key="k2"), by=alert_source).pk)
    assert not Proposal.objects.exists()


def test_workers_that_died_with_it_count_as_tries(alert_source: User, night: Any) -> None:
    row = store(by=alert_source)
    ReceivedAlerts.objects.filter(pk=row.pk).update(failures=receiving.TRIES)  # each claimed it, and died
    night.shift(timedelta(hours=1))
    tasks.sweep()
    assert Proposal.objects.get().title == "An alert of Azure Monitor"


def test_what_cannot_even_be_shown_is_tried_again_for_ever_and_holds_nothing_up(
    alert_source: User, broken: pytest.MonkeyPatch, night: Any
) -> None:
    def fail(*_: Any) -> Any:
        raise Broken

    broken.setattr(proposals, "show_unworked", fail)
    row = store(by=alert_source)
    for _ in range(20):
        tasks.sweep()
        night.shift(60)
    broken.undo()
    later = store(an_end(), by=alert_source)
    tasks.propose(later.pk)
    assert ReceivedAlerts.objects.get(pk=later.pk).done_at is not None
    tasks.sweep()
    assert Proposal.objects.get().dedup_key == f"received:{row.pk}"


def test_a_source_that_was_switched_off_meanwhile_loses_no_alert(alert_source: User, night: Any) -> None:
    store(by=alert_source)
    alert_source.is_active = False
    alert_source.save()
    for _ in range(10):
        tasks.sweep()
        night.shift(60)
    assert "Sign-in page does not answer" in Proposal.objects.get().summary


def test_without_a_broker_the_answer_does_not_wait_and_nothing_is_lost(
    alert_source: User, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any, caplog: Any
) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OSError("Connection refused")

    monkeypatch.setattr("incidents.outbox.writing._broker_is_away_until", 0.0)
    monkeypatch.setattr(tasks.propose, "apply_async", away)
    caplog.set_level(logging.CRITICAL)
    with django_capture_on_commit_callbacks(execute=True):
        store(by=alert_source)
    tasks.sweep()
    assert Proposal.objects.get().times_seen == 1


# ---------- What was not understood ----------


@pytest.fixture
def feed(alert_source: User) -> AlertFeed:
    for _ in range(3):
        receiving.refuse("schemaId is missing: turn it on.", by=alert_source)
    return AlertFeed.objects.get()


def test_the_board_says_what_a_source_sends_wrong_until_somebody_sees_to_it(
    feed: AlertFeed, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    page = browser.get("/").content.decode()
    assert "Azure Monitor sent 3 that the desk could not read" in page
    assert "schemaId is missing: turn it on." in page
    browser.post(f"/alert-feeds/{feed.pk}/seen/", {"seen": "3"})
    assert "could not read, the last" not in browser.get("/").content.decode()
    feed.refresh_from_db()
    assert (feed.refused, feed.seen_by) == (0, engineer)


def test_what_came_after_the_page_was_read_is_not_waved_away(
    feed: AlertFeed, browse: Browse, engineer: User, alert_source: User
) -> None:
    receiving.refuse("Another reason.", by=alert_source)
    answer = browse(engineer).post(f"/alert-feeds/{feed.pk}/seen/", {"seen": "3"})
    assert answer.status_code == 409
    feed.refresh_from_db()
    assert feed.refused == 4


@pytest.mark.parametrize("seen", ["", "x", "²", "-1", "9" * 30])
def test_rubbish_sees_to_nothing(seen: str, feed: AlertFeed, browse: Browse, engineer: User) -> None:
    assert browse(engineer).post(f"/alert-feeds/{feed.pk}/seen/", {"seen": seen}).status_code == 409


def test_seeing_to_it_twice_is_quiet(feed: AlertFeed, engineer: User) -> None:
    for _ in range(2):
        receiving.acknowledge_refusals(feed.pk, seen=3, by=engineer)


def test_an_auditor_reads_it_and_a_specialist_does_not(
    feed: AlertFeed, partner_auditor: User, specialist: User, browse: Browse
) -> None:
    with pytest.raises(PermissionDenied):
        receiving.acknowledge_refusals(feed.pk, seen=3, by=partner_auditor)
    assert "I see to it" not in browse(partner_auditor).get("/").content.decode()
    assert browse(specialist).post(f"/alert-feeds/{feed.pk}/seen/", {"seen": "3"}).status_code == 404


def test_more_than_was_seen_is_a_conflict(feed: AlertFeed, engineer: User) -> None:
    with pytest.raises(Conflict, match="has sent more"):
        receiving.acknowledge_refusals(feed.pk, seen=2, by=engineer)
