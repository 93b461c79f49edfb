"""From a proposal to its incident, in pages."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import Client

from accounts.models import Customer, Service, User
from incidents.models import Incident, IntakeDraft, Proposal
from incidents.proposals import dismiss, take
from tests import factories

Browse = Callable[[User | None], Client]


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


@pytest.fixture
def proposal(customer: Customer, service: Service) -> Proposal:
    fired = factories.SUNDAY_NIGHT - timedelta(minutes=6)
    return Proposal.objects.create(
        source="azure", dedup_key="1", title="Sign-in page does not answer", customer=customer,
        service=service,
        fired_at=fired, last_seen_at=fired, targets=["app-1"], labels={"region": "uksouth"},
    )  # fmt: skip


def path(proposal: Proposal, act: str = "") -> str:
    return f"/proposals/{proposal.pk}/{act}"


def test_form_opens_filled_in_and_asks_what_an_alert_does_not_know(
    browse: Browse, engineer: User, proposal: Proposal
) -> None:
    page = browse(engineer)
    opened = page.post(path(proposal, "take/"))
    text = page.get(opened["Location"]).content.decode()
    assert "From an alert: Sign-in page does not answer." in text
    assert 'value="Monitoring alert"' in text
    assert 'value="02:01"' in text
    assert "Ask who cannot use it." in text
    assert page.post(path(proposal, "take/"))["Location"] == opened["Location"], "one draft, however often"
    assert not Incident.objects.exists()


def test_filled_in_form_logs_the_proposed_incident(
    browse: Browse, engineer: User, proposal: Proposal
) -> None:
    page = browse(engineer)
    url = page.post(path(proposal, "take/"))["Location"]
    known = IntakeDraft.objects.get().fields
    typed = {name: str(value) for name, value in known.items() if name != "proposal"}
    page.post(url, {**typed, "call_back_number": "", "who_affected": "everyone_all_sites"})
    incident = Incident.objects.get()
    assert (incident.source, incident.gate_outcome) == ("alert", "accept")
    assert incident.call_back_number == "Not known: from an alert"
    proposal.refresh_from_db()
    assert proposal.incident == incident


def test_one_click_and_who_logs_it_where_hospital_and_service_are_known(
    browse: Browse, engineer: User, proposal: Proposal
) -> None:
    page = browse(engineer)
    missing = page.post(path(proposal, "take/"), {"at_once": "1"})
    assert missing.status_code == 422
    assert "Choose who cannot use it" in missing.content.decode()
    page.post(path(proposal, "take/"), {"at_once": "1", "who_affected": "everyone_one_site"})
    assert Incident.objects.get().gate_outcome == "accept"


def test_second_person_gets_409_with_who_was_faster(
    browse: Browse, engineer: User, other_engineer: User, proposal: Proposal
) -> None:
    late = browse(other_engineer)
    url = late.post(path(proposal, "take/"))["Location"]
    incident = take(proposal.pk, facts={}, by=engineer)
    assert f"OOH engineer 1 has already logged this alert as {incident}" in late.get(url).content.decode()
    answers = [
        late.post(path(proposal, "take/")),
        late.post(path(proposal, "dismiss/"), {"reason": "Planned"}),
        late.post(
            url,
            {"customer": "wexcombe", "service": "compucare8", "failure": "slow", "who_affected": "unknown"},
        ),
    ]
    assert [answer.status_code for answer in answers] == [409, 409, 409]
    assert incident.reference in answers[0].content.decode()
    assert Incident.objects.count() == 1


def test_dismissing_asks_why_and_returns_to_the_board(
    browse: Browse, engineer: User, proposal: Proposal
) -> None:
    page = browse(engineer)
    missing = page.post(path(proposal, "dismiss/"), {"reason": ""})
    assert missing.status_code == 422
    assert "Say why it is no incident" in missing.content.decode()
    secret = page.post(path(proposal, "dismiss/"), {"reason": "NHS number 999 123 4560"})
    assert "Remove the patient identifier" in secret.content.decode()
    assert page.post(path(proposal, "dismiss/"), {"reason": "Planned restart"})["Location"] == "/"
    proposal.refresh_from_db()
    assert proposal.state == Proposal.State.DISMISSED


def test_decided_proposal_says_who_and_why(
    browse: Browse, engineer: User, lead: User, proposal: Proposal
) -> None:
    dismiss(proposal.pk, reason="Planned restart", by=lead)
    text = browse(engineer).get(path(proposal)).content.decode()
    assert "Planned restart" in text
    assert "Dismiss with this reason" not in text


@pytest.mark.parametrize("role", ["analyst", "partner_auditor", "vendor_auditor"])
def test_who_only_reads_decides_nothing(
    browse: Browse, role: str, proposal: Proposal, request: pytest.FixtureRequest
) -> None:
    page = browse(request.getfixturevalue(role))
    assert "Log as incident" not in page.get(path(proposal)).content.decode()
    assert page.post(path(proposal, "take/")).status_code == 403
    assert page.post(path(proposal, "dismiss/"), {"reason": "x"}).status_code == 403


def test_who_sees_no_incidents_finds_no_proposal(
    browse: Browse, specialist: User, proposal: Proposal
) -> None:
    assert browse(specialist).get(path(proposal)).status_code == 404
    assert browse(specialist).post(path(proposal, "take/")).status_code == 404


@pytest.mark.parametrize("pk", ["0", "9" * 20, "9" * 400, "x"])
def test_unknown_proposal_is_not_found(browse: Browse, engineer: User, pk: str) -> None:
    assert browse(engineer).get(f"/proposals/{pk}/").status_code == 404


def test_list_for_the_board_reads_nothing_more(
    proposal: Proposal, rf: Any, django_assert_num_queries: Any
) -> None:
    rows = list(Proposal.objects.select_related("customer", "service"))
    with django_assert_num_queries(0):
        shown = render_to_string(
            "incidents/_proposals.html", {"proposals": rows, "may_decide": True}, rf.get("/")
        )
    assert "Wexcombe Park Hospital: Sign-in page does not answer" in shown
    assert "Log as incident" in shown
