"""The pages of escalating to a team, and of answering for it."""

from handover import services
from handover.models import Page


def words(response) -> str:
    return response.content.decode()


def test_escalating_from_the_page(night, triaging, team, engineer, analyst, browse):
    path = f"/incidents/{triaging.reference}/escalate/"
    assert "Database on call, 07700 900141" in words(browse(engineer).get(path))
    refused = browse(engineer).post(path, {"reason": "It is down", "seen": "triaging"})
    assert refused.status_code == 422
    assert "Choose the team" in words(refused)
    assert "It is down" in words(refused)
    done = browse(engineer).post(path, {"team": team.pk, "reason": "It is down", "seen": "triaging"})
    assert done["Location"] == f"/incidents/{triaging.reference}/"
    assert Page.objects.get().team == team
    assert browse(analyst).get(path).status_code == 403


def test_a_form_of_escalating_that_came_empty_is_sent_back_with_what_it_needs(
    night, triaging, engineer, browse
):
    response = browse(engineer).post(f"/incidents/{triaging.reference}/escalate/", {})
    assert response.status_code == 422
    assert "Choose the team" in words(response)


def test_a_team_reads_its_pages_and_answers(night, triaging, team, engineer, specialist, browse):
    specialist.team = team
    specialist.save()
    page = services.escalate(triaging.pk, team=team, reason="It is down", by=engineer)
    assert "Pages for Database on call" in words(browse(specialist).get("/pages/"))
    browse(specialist).post(f"/pages/{page.pk}/", {"answer": ""})
    page.refresh_from_db()
    assert page.acknowledged_by == specialist


def test_who_speaks_for_the_team_is_asked_who_answered(night, triaging, team, engineer, browse):
    page = services.escalate(triaging.pk, team=team, reason="It is down", by=engineer)
    assert "E-mail is not set up: pages wait here" in words(browse(engineer).get("/pages/"))
    response = browse(engineer).post(f"/pages/{page.pk}/", {"answer": ""})
    assert response.status_code == 422
    assert "Write who answered, and what they said" in words(response)
