"""At night the engineer on shift is paged with what monitoring proposes, once; Sev3 and Sev4 wake nobody."""

from datetime import UTC, datetime, time
from typing import Any

import pytest

from accounts.models import User
from accounts.roles import Role
from handover.models import Page
from handover.tasks import remind
from incidents import proposals
from incidents.alerts import read
from incidents.models import OutboxRow, Proposal
from incidents.outbox.tasks import deliver
from tests import factories
from tests.handover.making import make_shift
from tests.handover.smtp import mail_server
from tests.handover.test_paging import configure
from tests.incidents.alerts import essentials, payload
from tests.incidents.test_proposals import an_alert, an_end


@pytest.fixture
def on_call(night: Any, engineer: User) -> User:
    make_shift(engineer, 6, time(0), time(9))
    return engineer


def remind_twice() -> None:
    remind()
    remind()


def told() -> list[User]:
    return [page.user for page in Page.objects.order_by("pk") if page.user]


def test_the_engineer_on_shift_hears_of_an_alert_once_however_often_it_fires(
    on_call: User, alert_source: User, night: Any
) -> None:
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    night.shift(3600)
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == [on_call]
    assert Page.objects.get().words == "Alert: Sign-in page does not answer"


@pytest.mark.parametrize("severity", ["Sev3", "Sev4", "", None])
def test_an_azure_alert_that_does_not_page_waits_on_the_board_alone(
    severity: str | None, on_call: User, alert_source: User
) -> None:
    proposals.receive(read(essentials("azure_log_sev1_fired", severity=severity)), by=alert_source)
    remind_twice()
    assert Proposal.objects.waiting().count() == 1
    assert told() == []


@pytest.mark.parametrize("severity", ["Sev0", "Sev1", "Sev2"])
def test_an_azure_alert_that_pages_pages(severity: str, on_call: User, alert_source: User) -> None:
    proposals.receive(read(essentials("azure_log_sev1_fired", severity=severity)), by=alert_source)
    remind_twice()
    assert told() == [on_call]


@pytest.mark.parametrize("importance", ["LOW", "HIGH"])
def test_pingdoms_importance_decides(importance: str, on_call: User, alert_source: User) -> None:
    proposals.receive(read(payload("pingdom_down") | {"importance_level": importance}), by=alert_source)
    remind_twice()
    assert told() == ([on_call] if importance == "HIGH" else [])


def test_an_alert_that_grows_serious_while_it_waits_pages(on_call: User, alert_source: User) -> None:
    proposals.receive([an_alert(pages=False, reason="Quiet")], by=alert_source)
    remind_twice()
    assert told() == []
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == [on_call]


def test_an_alert_that_was_over_at_once_wakes_nobody_until_it_fires_again(
    on_call: User, alert_source: User
) -> None:
    proposals.receive([an_alert(), an_end()], by=alert_source)
    remind_twice()
    assert told() == []
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == [on_call]


def test_a_storm_is_one_page(on_call: User, alert_source: User) -> None:
    proposals.receive([an_alert(dedup_key=f"k{n}") for n in range(12)], by=alert_source)
    remind_twice()
    page = Page.objects.get()
    assert page.words == "Alert: Sign-in page does not answer, and 11 more"
    assert page.reason.count("Sign-in page does not answer") == 10
    assert "2 more stand on the board." in page.reason
    assert page.proposals.count() == 12


def test_in_working_hours_nobody_is_paged_and_at_their_end_what_still_waits_is(
    engineer: User, alert_source: User, time_machine: Any
) -> None:
    make_shift(engineer, 0, time(17), time(23))
    time_machine.move_to(datetime(2026, 11, 23, 17, 59, 59, tzinfo=UTC), tick=False)
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == []
    time_machine.move_to(datetime(2026, 11, 23, 18, 0, tzinfo=UTC), tick=False)
    remind_twice()
    assert told() == [engineer]


def test_of_those_on_shift_the_engineers_are_paged_and_without_one_the_lead(
    night: Any, engineer: User, lead: User, analyst: User, alert_source: User
) -> None:
    for person in (lead, analyst):
        make_shift(person, 6, time(0), time(9))
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == [lead]
    make_shift(engineer, 6, time(0), time(9))
    proposals.receive([an_alert(dedup_key="k2")], by=alert_source)
    remind_twice()
    assert told() == [lead, engineer]


def test_while_nobody_is_known_it_waits_to_be_told(night: Any, alert_source: User) -> None:
    proposals.receive([an_alert()], by=alert_source)
    remind_twice()
    assert told() == []
    lead = factories.make_user(Role.OOH_LEAD)
    remind_twice()
    assert told() == [lead]


@pytest.mark.parametrize("decision", ["take", "dismiss"])
def test_deciding_ends_the_page_and_stops_it_on_its_way(
    decision: str, settings: Any, on_call: User, other_engineer: User, alert_source: User, customer: Any,
    service: Any,
) -> None:  # fmt: skip
    proposals.receive([an_alert()], by=alert_source)
    remind()
    proposal = Proposal.objects.get()
    if decision == "take":
        facts = {"customer": customer, "service": service, "who_affected": "everyone_all_sites"}
        answer = f"Logged as {proposals.take(proposal.pk, facts=facts, by=other_engineer)}"
    else:
        proposals.dismiss(proposal.pk, reason="Planned work", by=other_engineer)
        answer = "Dismissed: Planned work"
    with mail_server() as mail:
        configure(settings, mail.port)
        deliver(OutboxRow.objects.get(event="page").pk)
    assert mail.messages == []
    remind_twice()
    page = Page.objects.get()
    assert (page.answer, page.acknowledged_by) == (answer, other_engineer)


def test_a_page_of_two_alerts_waits_for_both(on_call: User, alert_source: User) -> None:
    proposals.receive([an_alert(), an_alert(dedup_key="k2")], by=alert_source)
    remind()
    first, second = Proposal.objects.order_by("pk")
    proposals.dismiss(first.pk, reason="Planned work", by=on_call)
    remind_twice()
    assert not Page.objects.get().is_answered
    proposals.dismiss(second.pk, reason="Planned work", by=on_call)
    remind_twice()
    assert Page.objects.get().answer == "Dismissed: Planned work"


def test_the_page_reads_as_what_to_decide_and_where(settings: Any, on_call: User, alert_source: User) -> None:
    proposals.receive([an_alert()], by=alert_source)
    remind()
    with mail_server() as mail:
        configure(settings, mail.port)
        deliver(OutboxRow.objects.get(event="page").pk)
    (message,) = mail.messages
    body = message.get_payload(decode=True).decode()
    assert message["Subject"] == "Page: Alert: Sign-in page does not answer"
    assert "Sign-in page does not answer (alertmanager, critical), Sun 22 Nov 02:01 GMT." in body
    assert "The alerts: https://desk.example.org/" in body


def test_pages_of_alerts_and_promises_are_shown_with_the_others(
    on_call: User, alert_source: User, browse: Any
) -> None:
    proposals.receive([an_alert()], by=alert_source)
    remind()
    page = browse(on_call).get("/pages/").content.decode()
    assert "Alert: Sign-in page does not answer" in page
    assert f'href="/proposals/{Proposal.objects.get().pk}/"' in page
