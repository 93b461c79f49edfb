"""That no SOP fits is said once of an incident, counted, and escalated in the same act."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from handover import services
from handover.models import Page
from incidents import services as incidents
from incidents.freshdesk import words
from incidents.models import Incident, OutboxRow
from sops.models import SopGap
from tests import factories

WHY = "Renew the certificate of the sign-in; it ran out at midnight"
PATIENT = "NHS number 999 012 3456"
PEOPLE = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip
MAY = {"engineer", "lead"}
# From each state: what saying it does.
STATES = {
    "logged": "escalated", "triaging": "escalated", "sop": "escalated", "escalated": "paged",
    "handed_over": "conflict", "resolved": "conflict", "declined": "conflict",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("night")


@pytest.fixture
def said(triaging, engineer, team) -> Page:
    return services.state_sop_gap(triaging.pk, team=team, reason=WHY, seen="triaging", by=engineer)


def put(incident: Incident, state: str) -> None:
    """Beneath the services, for the table: the state with what it needs."""
    needs = {
        "resolved": {"resolved_at": factories.SUNDAY_NIGHT, "restored_at": factories.SUNDAY_NIGHT},
        "declined": {"decline_rule": "slow"},
    }  # fmt: skip
    Incident.objects.filter(pk=incident.pk).update(state=state, **needs.get(state, {}))


def test_the_gap_the_escalation_and_the_page_are_one_act(said, triaging, engineer, team):
    triaging.refresh_from_db()
    gap = SopGap.objects.get()
    assert (gap.incident, gap.reason, gap.stated_by) == (triaging, WHY, engineer)
    assert (triaging.state, triaging.escalated_to) == ("escalated", "Database on call")
    assert (said.team, said.reason) == (team, f"No SOP fits. What one would have had to do: {WHY}")
    assert OutboxRow.objects.filter(destination="people", payload={"page": said.pk}).exists()


def test_the_timeline_says_so_and_freshdesk_hears_of_it(said, triaging):
    entry = triaging.timeline.get(title="No SOP fits")
    assert (entry.kind, entry.text) == ("sop", WHY)
    assert OutboxRow.objects.filter(destination="freshdesk", payload={"entry": entry.pk}).exists()
    assert "SOP: No SOP fits" in words.note(entry)


@pytest.mark.parametrize("name", PEOPLE)
@pytest.mark.parametrize("state", STATES)
def test_who_may_say_it_in_which_state(incident, team, request, state, name):
    put(incident, state)
    person = request.getfixturevalue(name)
    expected = STATES[state] if name in MAY else "refused"
    try:
        services.state_sop_gap(incident.pk, team=team, reason=WHY, seen=state, by=person)
        incident.refresh_from_db()
        found = "escalated" if incident.timeline.filter(data__transition="escalate").exists() else "paged"
    except PermissionDenied:
        found = "refused"
    except Conflict:
        found = "conflict"
    assert found == expected
    assert SopGap.objects.count() == Page.objects.count() == (found in ("escalated", "paged"))


def test_while_an_sop_runs_nothing_is_said(incident, engineer, team):
    Incident.objects.filter(pk=incident.pk).update(state="sop", has_running_sop=True)
    with pytest.raises(Conflict, match="an SOP runs on it"):
        services.state_sop_gap(incident.pk, team=team, reason=WHY, by=engineer)
    assert not SopGap.objects.exists()
    assert not incident.timeline.filter(title="No SOP fits").exists()


def test_of_a_call_that_the_gate_has_not_let_in_nothing_is_said_until_a_lead_does(lead, engineer, team):
    slow = factories.make_incident(by=engineer, failure="slow", state="triaging")
    with pytest.raises(Conflict, match="The gate has not let it in"):
        services.state_sop_gap(slow.pk, team=team, reason=WHY, by=engineer)
    incidents.override_gate(slow.pk, reason="The director asked", by=lead)
    assert services.state_sop_gap(slow.pk, team=team, reason=WHY, by=engineer)


def test_the_same_person_again_gets_the_same_page(said, triaging, engineer, team):
    for seen in ("triaging", "escalated", None):
        again = services.state_sop_gap(triaging.pk, team=team, reason=WHY, seen=seen, by=engineer)
        assert again == said
    assert (SopGap.objects.count(), Page.objects.count()) == (1, 1)
    assert triaging.timeline.filter(title="No SOP fits").count() == 1


def test_another_person_reads_who_said_it(said, triaging, other_engineer, team):
    with pytest.raises(Conflict, match="OOH engineer 1 has already said that no SOP fits") as refused:
        services.state_sop_gap(triaging.pk, team=team, reason=WHY, seen="escalated", by=other_engineer)
    assert "Sun 22 Nov 02:07 GMT. Yours was not sent." in refused.value.detail


def test_other_words_or_another_team_of_the_same_person_are_never_dropped_quietly(
    said, triaging, engineer, team
):
    platform = factories.make_team(name="Platform on call")
    for changed in ({"reason": "Something else"}, {"team": platform}):
        with pytest.raises(Conflict, match="You have already said that no SOP fits"):
            services.state_sop_gap(triaging.pk, **{"team": team, "reason": WHY, **changed}, by=engineer)


def test_who_escalated_meanwhile_was_faster_and_nothing_is_counted(triaging, engineer, other_engineer, team):
    services.escalate(triaging.pk, team=team, reason="No answer", by=other_engineer)
    with pytest.raises(Conflict, match="OOH engineer 2 has already escalated this"):
        services.state_sop_gap(triaging.pk, team=team, reason=WHY, seen="triaging", by=engineer)
    assert not SopGap.objects.exists()


def test_reason_and_team_are_asked_for_and_patient_data_refused(triaging, engineer, team):
    for given, complaint in (
        ({"reason": " "}, "Say what an SOP would have had to do"), ({"team": None}, "Choose the team"),
        ({"reason": PATIENT}, "patient identifier"),
    ):  # fmt: skip
        with pytest.raises(ValidationError, match=complaint):
            services.state_sop_gap(triaging.pk, **{"team": team, "reason": WHY, **given}, by=engineer)
    assert not SopGap.objects.exists()
    assert not triaging.timeline.filter(title="No SOP fits").exists()


def test_of_a_rehearsal_it_pages_nobody_outside_and_is_not_counted(engineer, team):
    rehearsal = factories.make_incident(by=engineer, is_rehearsal=True, state="triaging")
    services.state_sop_gap(rehearsal.pk, team=team, reason=WHY, by=engineer)
    assert not OutboxRow.objects.exclude(destination="status").exists()
    assert SopGap.objects.count() == 1
    assert not SopGap.objects.counted().exists()
