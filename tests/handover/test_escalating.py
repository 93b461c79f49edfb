"""Escalating pages a team in the same transaction. A page that was sent is not a page that was answered."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from accounts.errors import Conflict
from handover import services
from handover.models import Page
from incidents.models import OutboxRow
from tests import factories

PATIENT = "NHS number 999 012 3456"
WHY = "The database does not answer; SOP-02 found no Azure event"


@pytest.fixture
def page(night, triaging, engineer, team) -> Page:
    return services.escalate(triaging.pk, team=team, reason=WHY, by=engineer)


@pytest.mark.parametrize("state", ["logged", "triaging", "sop"])
def test_an_open_incident_that_was_not_escalated_is_escalated_and_its_team_paged(
    night, incident, engineer, team, state
):
    type(incident).objects.filter(pk=incident.pk).update(state=state)
    page = services.escalate(incident.pk, team=team, reason=WHY, seen=state, by=engineer)
    incident.refresh_from_db()
    assert (incident.state, incident.escalated_to) == ("escalated", "Database on call")
    assert (page.team, page.reason, page.by) == (team, WHY, engineer)
    assert incident.timeline.filter(kind="escalation").get().title == "Paged Database on call"
    assert OutboxRow.objects.filter(destination="people", payload={"page": page.pk}).exists()


def test_while_an_sop_runs_nobody_is_paged(night, incident, engineer, team):
    type(incident).objects.filter(pk=incident.pk).update(state="sop", has_running_sop=True)
    with pytest.raises(Conflict, match="an SOP runs on it"):
        services.escalate(incident.pk, team=team, reason=WHY, by=engineer)
    assert not Page.objects.exists()
    assert not OutboxRow.objects.filter(destination="people").exists()


def test_team_and_reason_are_asked_for_and_patient_data_refused(night, triaging, engineer, team):
    with pytest.raises(ValidationError, match="Choose the team"):
        services.escalate(triaging.pk, team=None, reason=WHY, by=engineer)
    with pytest.raises(ValidationError, match="Say why"):
        services.escalate(triaging.pk, team=team, reason=" ", by=engineer)
    with pytest.raises(ValidationError, match="patient identifier"):
        services.escalate(triaging.pk, team=team, reason=PATIENT, by=engineer)


@pytest.mark.parametrize("name", ["analyst", "specialist", "manager", "author", "partner_auditor"])
def test_only_the_partner_escalates(night, triaging, team, request, name):
    with pytest.raises(PermissionDenied):
        services.escalate(triaging.pk, team=team, reason=WHY, by=request.getfixturevalue(name))


def test_a_double_click_pages_once(page, triaging, engineer, team):
    assert services.escalate(triaging.pk, team=team, reason=WHY, by=engineer) == page
    assert services.escalate(triaging.pk, team=team, reason=WHY, seen="escalated", by=engineer) == page
    assert Page.objects.count() == 1


def test_the_one_who_comes_second_reads_who_was_faster(page, triaging, other_engineer, team):
    with pytest.raises(Conflict, match="OOH engineer 1 has already escalated this"):
        services.escalate(triaging.pk, team=team, reason="Mine", seen="triaging", by=other_engineer)


def test_who_saw_it_escalated_pages_another_team_besides(page, triaging, other_engineer):
    platform = factories.make_team(name="Platform on call")
    second = services.escalate(
        triaging.pk, team=platform, reason="Database is well", seen="escalated", by=other_engineer
    )
    triaging.refresh_from_db()
    assert (second.team, triaging.next_action) == (platform, "Wait for Platform on call to answer the page")
    assert Page.objects.count() == 2


def test_the_incident_is_with_the_team_that_was_asked_last(page, triaging, engineer):
    platform = factories.make_team(name="Platform on call")
    services.escalate(triaging.pk, team=platform, reason="And you", seen="escalated", by=engineer)
    triaging.refresh_from_db()
    assert triaging.escalated_to == "Platform on call"


def test_the_answer_of_one_team_is_not_that_of_the_team_that_is_waited_for(page, triaging, engineer):
    platform = factories.make_team(name="Platform on call")
    services.escalate(triaging.pk, team=platform, reason="And you", seen="escalated", by=engineer)
    services.acknowledge(page.pk, answer="The database is well", by=engineer)
    triaging.refresh_from_db()
    assert triaging.next_action == "Wait for Platform on call to answer the page"


def test_another_team_from_an_old_form_is_never_dropped_quietly(page, triaging, engineer):
    platform = factories.make_team(name="Platform on call")
    with pytest.raises(Conflict, match=r"You have (already )?escalated this"):
        services.escalate(triaging.pk, team=platform, reason="Also", seen="triaging", by=engineer)


def test_a_rehearsal_pages_nobody_outside(night, engineer, team):
    rehearsal = factories.make_incident(by=engineer, is_rehearsal=True)
    page = services.escalate(rehearsal.pk, team=team, reason=WHY, by=engineer)
    assert page.pk
    assert not OutboxRow.objects.filter(destination="people").exists()


def test_a_specialist_of_the_team_answers_and_the_incident_says_so(page, triaging, specialist, team):
    specialist.team = team
    specialist.save()
    services.acknowledge(page.pk, answer="I look at it", by=specialist)
    page.refresh_from_db()
    triaging.refresh_from_db()
    assert (page.acknowledged_by, page.answer) == (specialist, "I look at it")
    titles = [entry.title for entry in triaging.timeline.filter(kind="escalation")]
    assert "Database on call answered the page" in titles
    assert triaging.next_action == "Database on call answered: agree what is next"


def test_a_specialist_of_another_team_does_not_even_see_the_page(page, specialist):
    specialist.team = factories.make_team(name="Platform on call")
    specialist.save()
    assert page not in Page.objects.visible_to(specialist)
    with pytest.raises(Page.DoesNotExist):
        services.acknowledge(page.pk, by=specialist)


def test_an_integration_that_reads_incidents_reads_no_pages(page, integration):
    assert not Page.objects.visible_to(integration).exists()


@pytest.mark.parametrize("name", ["engineer", "lead", "analyst"])
def test_who_heard_the_answer_on_the_telephone_writes_who_it_was(page, request, name):
    person = request.getfixturevalue(name)
    with pytest.raises(ValidationError, match="Write who answered"):
        services.acknowledge(page.pk, by=person)
    services.acknowledge(page.pk, answer="Database specialist, joins in 10 minutes", by=person)
    page.refresh_from_db()
    assert page.acknowledged_by == person


@pytest.mark.parametrize("name", ["manager", "partner_auditor", "vendor_auditor"])
def test_who_only_reads_answers_no_page(page, request, name):
    with pytest.raises(PermissionDenied):
        services.acknowledge(page.pk, answer="Me", by=request.getfixturevalue(name))


def test_answering_twice_is_quiet_for_the_same_person_and_a_conflict_for_another(
    page, engineer, other_engineer, triaging
):
    services.acknowledge(page.pk, answer="They look", by=engineer)
    services.acknowledge(page.pk, answer="They look", by=engineer)
    with pytest.raises(Conflict, match="OOH engineer 1 has already answered"):
        services.acknowledge(page.pk, answer="They look", by=other_engineer)
    assert triaging.timeline.filter(title="Database on call answered the page").count() == 1


def test_an_answer_holds_no_patient_data(page, engineer):
    with pytest.raises(ValidationError, match="patient identifier"):
        services.acknowledge(page.pk, answer=PATIENT, by=engineer)
