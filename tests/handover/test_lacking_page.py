"""The button “No SOP fits”: where it is offered, its page, and the same over the API."""

import pytest

from handover import services
from incidents import services as incidents
from sops.models import SopGap
from tests.sops.making import make_approved, make_estate

WHY = "Renew the certificate of the sign-in"
PATIENT = "NHS number 999 012 3456"
PEOPLE = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip
MAY = {"engineer", "lead"}

pytestmark = pytest.mark.usefixtures("night")


def page(incident) -> str:
    return f"/incidents/{incident.reference}/state-sop-gap/"


def path(incident) -> str:
    return f"/api/v1/incidents/{incident.reference}/state-sop-gap/"


def sent(paged, **changed):
    return {"reason": WHY, "team": paged.pk, "seen": "triaging", **changed}


def words(response) -> str:
    return response.content.decode()


@pytest.mark.parametrize("name", PEOPLE)
def test_who_opens_and_sends_it(triaging, team, browse, api, request, name):
    person = request.getfixturevalue(name)
    body = {"team": team.code, "reason": WHY, "expected_state": "triaging"}
    found = (
        browse(person).get(page(triaging)).status_code,
        api(person).post(path(triaging), body).status_code,
        browse(person).post(page(triaging), sent(team)).status_code,
    )
    assert found == ((200, 201, 302) if name in MAY else (403, 403, 403))
    assert SopGap.objects.count() == (name in MAY)


def test_nobody_signed_in_sends_it(triaging, team, browse, api):
    assert browse(None).post(page(triaging), sent(team)).status_code in (302, 403)
    assert api(None).post(path(triaging), {}).status_code == 401
    assert not SopGap.objects.exists()


def test_it_is_offered_where_an_sop_is_until_it_is_said(incident, engineer, analyst, browse, team):
    at = f"/incidents/{incident.reference}/"

    def offered(reader) -> bool:
        return "state_sop_gap" in [button["name"] for button in browse(reader).get(at).context["buttons"]]

    assert not offered(engineer)  # logged: no SOP can be started yet
    incidents.begin_triage(incident.pk, by=engineer)
    assert (offered(engineer), offered(analyst)) == (True, False)
    assert page(incident) in words(browse(engineer).get(f"{at}sop/"))
    services.state_sop_gap(incident.pk, team=team, reason=WHY, seen="triaging", by=engineer)
    assert not offered(engineer)
    start = words(browse(engineer).get(f"{at}sop/"))
    assert page(incident) not in start
    assert WHY in start


def test_the_page_names_the_sops_that_could_be_started(triaging, engineer, browse, customer, service):
    assert "None serves this incident today." in words(browse(engineer).get(page(triaging)))
    make_estate(customer, service)
    code = make_approved().sop.code
    assert f'href="/sops/{code}/"' in words(browse(engineer).get(page(triaging)))


def test_sending_it_leads_back_and_says_whom_to_ring(triaging, team, engineer, browse):
    answer = browse(engineer).post(page(triaging), sent(team), follow=True)
    assert "Database on call is paged. If nobody answers, ring 07700 900141." in words(answer)
    assert "No SOP fits" in words(answer)
    assert WHY in words(answer)


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"reason": ""}, "Say what an SOP would have had to do"), ({"team": ""}, "Choose the team"),
        ({"reason": PATIENT}, "Remove the patient identifier"), ({"team": "0"}, "Choose one of the teams"),
        ({"reason": "x" * 501}, "at most 500"),
    ],
)  # fmt: skip
def test_a_refused_form_names_the_field_and_keeps_what_was_typed(
    triaging, team, engineer, browse, changed, complaint
):
    answer = browse(engineer).post(page(triaging), sent(team, **changed))
    assert answer.status_code == 422
    assert complaint in words(answer)
    assert sent(team, **changed)["reason"] in words(answer)
    assert not SopGap.objects.exists()


def test_who_comes_second_reads_who_was_faster_and_keeps_their_words(
    triaging, team, engineer, other_engineer, browse
):
    browse(engineer).post(page(triaging), sent(team))
    answer = browse(other_engineer).post(page(triaging), sent(team, reason="Clear the cache of the portal"))
    assert answer.status_code == 409
    assert "OOH engineer 1 has already said that no SOP fits" in words(answer)
    assert "Clear the cache of the portal" in words(answer)
    assert "said so" in words(browse(other_engineer).get(page(triaging)))


def test_the_api_answers_with_the_page_and_again_with_the_same(triaging, team, engineer, api):
    body = {"team": team.code, "reason": WHY, "expected_state": "triaging"}
    first, second = (api(engineer).post(path(triaging), body) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.data["id"] == second.data["id"]
    assert first.data["team"] == team.code


def test_somebody_else_over_the_api_is_409(triaging, team, engineer, other_engineer, api):
    body = {"team": team.code, "reason": WHY}
    api(engineer).post(path(triaging), body)
    assert api(other_engineer).post(path(triaging), body).status_code == 409


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "team"), ({"team": "nobody", "reason": "x"}, "team"), ({"team": "{t}"}, "reason"),
        ({"team": "{t}", "reason": "x" * 501}, "reason"), ({"team": "{t}", "reason": PATIENT}, "reason"),
        ({"team": "{t}", "reason": "x", "expected_state": "no"}, "expected_state"),
        ({"team": "{t}", "reason": "x", "colour": "red"}, "colour"),
    ],
)  # fmt: skip
def test_bad_input_over_the_api_names_its_field(triaging, team, engineer, api, body, field):
    body = {name: value.replace("{t}", team.code) for name, value in body.items()}
    answer = api(engineer).post(path(triaging), body)
    assert answer.status_code == 400
    assert field in answer.data["fields"]


def test_the_schema_has_it(engineer, api):
    schema = api(engineer).get("/api/v1/schema/?format=json").json()
    operation = schema["paths"]["/api/v1/incidents/{reference}/state-sop-gap/"]["post"]
    assert operation["operationId"] == "incidents_state_sop_gap"
