"""`/api/v1/`: handovers, pages, who is on, and escalating."""

import pytest

from handover import services
from handover.models import Handover
from tests import factories
from tests.handover.conftest import MONDAY_CALL, MONDAY_EVENING
from tests.handover.making import make_shift

ROOT = "/api/v1"
PEOPLE = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip
READERS = {"engineer", "lead", "analyst", "manager", "partner_auditor", "vendor_auditor"}
LIMITED = {"specialist"}
PATIENT = "NHS number 999 012 3456"


@pytest.mark.parametrize("name", PEOPLE)
def test_who_reads_what(closed, team, api, request, name):
    client = api(request.getfixturevalue(name))
    paths = ("/handovers/", f"/handovers/{closed.pk}/", "/on-call/", "/pages/", "/teams/")
    found = [client.get(ROOT + path).status_code for path in paths]
    if name in READERS:
        assert found == [200, 200, 200, 200, 200]
    elif name in LIMITED:
        assert found == [200, 404, 200, 200, 200]
    elif name in ("author", "approver"):
        assert found == [403, 403, 403, 200, 200]
    else:
        assert found == [403, 403, 403, 200, 403]


def test_nobody_reads_nothing(closed, api):
    for path in ("/handovers/", "/on-call/", "/pages/", "/teams/"):
        assert api(None).get(ROOT + path).status_code == 401


def test_the_whole_way_of_a_handover(morning, triaging, engineer, analyst, api):
    partner, desk = api(engineer), api(analyst)
    made = partner.post(f"{ROOT}/handovers/", {"direction": "to_vendor"})
    assert made.status_code == 201
    number, item = made.data["id"], made.data["items"][0]["id"]
    base = f"{ROOT}/handovers/{number}"
    kept = partner.post(f"{base}/items/{item}/", {"section": "assessment", "text": "Memory grew"})
    assert kept.data["items"][0]["assessment"] == "Memory grew"
    assert partner.post(f"{base}/offer/", {}).data["state"] == "offered"
    done = desk.post(f"{base}/items/{item}/accept/", {"read_back": "Sign-in fails, I ring by 08:30"})
    assert done.status_code == 200
    assert done.data["state"] == "closed"
    assert done.data["items"][0]["incident"] == triaging.reference
    assert done.data["to_user"] == "Desk analyst 1"
    assert [row["id"] for row in desk.get(f"{ROOT}/handovers/", {"state": "closed"}).data["results"]] == [
        number
    ]


def test_refusing_leaves_it_with_its_owner(item, analyst, incident, engineer, api):
    path = f"{ROOT}/handovers/{item.handover_id}/items/{item.pk}/refuse/"
    assert api(analyst).post(path, {"reason": "Not ours"}).data["items"][0]["state"] == "refused"
    incident.refresh_from_db()
    assert incident.owner == engineer


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/handovers/", {"direction": "up"}, "direction"),
        ("/handovers/", {}, "direction"),
        ("/handovers/", {"direction": "to_vendor", "colour": "red"}, "colour"),
        ("/handovers/{h}/items/{i}/", {"section": "read_back", "text": "x"}, "section"),
        ("/handovers/{h}/items/{i}/", {"section": "assessment", "text": "x" * 3001}, "text"),
        ("/handovers/{h}/items/{i}/", {"section": "assessment", "text": PATIENT}, "assessment"),
        ("/handovers/{h}/items/{i}/", {"section": "severity", "text": "red"}, "severity"),
        ("/handovers/{h}/offer/", {"statement": "Nothing"}, "statement"),
        ("/incidents/{r}/escalate/", {"reason": "x"}, "team"),
        ("/incidents/{r}/escalate/", {"team": "nobody", "reason": "x"}, "team"),
        ("/incidents/{r}/escalate/", {"team": "{t}", "reason": ""}, "reason"),
        ("/incidents/{r}/escalate/", {"team": "{t}", "expected_state": "no"}, "expected_state"),
    ],
)  # fmt: skip
def test_bad_input_names_its_field(draft, engineer, incident, team, api, path, body, field):
    names = {"h": draft.pk, "i": draft.items.get().pk, "r": incident.reference}
    body = {key: value.replace("{t}", team.code) for key, value in body.items()}
    response = api(engineer).post(ROOT + path.format(**names), body)
    assert response.status_code == 400
    assert field in response.data["fields"]


def test_accepting_asks_for_the_read_back(item, analyst, api):
    path = f"{ROOT}/handovers/{item.handover_id}/items/{item.pk}/accept/"
    for body in ({}, {"read_back": ""}, {"read_back": "   "}):
        response = api(analyst).post(path, body)
        assert response.status_code == 400
        assert "read_back" in response.data["fields"]


def test_somebody_faster_is_409_and_the_wrong_side_403(item, engineer, analyst, api):
    path = f"{ROOT}/handovers/{item.handover_id}/items/{item.pk}/accept/"
    assert api(engineer).post(path, {"read_back": "Mine"}).status_code == 403
    services.accept_item(item.pk, read_back="I have it", by=analyst)
    response = api(factories.make_user(*analyst.roles)).post(path, {"read_back": "Me too"})
    assert response.status_code == 409
    assert response.data["detail"].startswith("Desk analyst 1 has already accepted this. At 08:00 GMT")


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999", "x", "-1"])
def test_what_is_not_there_is_404(offered, analyst, api, number):
    client = api(analyst)
    for path in (f"/handovers/{number}/", f"/handovers/{offered.pk}/items/{number}/accept/"):
        method = client.post if "items" in path else client.get
        assert method(ROOT + path, {"read_back": "x"}).status_code == 404
    assert client.post(f"{ROOT}/pages/{number}/acknowledge/", {"answer": "x"}).status_code == 404


def test_an_item_of_another_handover_is_404(item, engineer, analyst, api):
    other = Handover.objects.create(
        direction="to_vendor", call_at=MONDAY_EVENING, from_user=engineer, drafted_at=MONDAY_CALL
    )
    path = f"{ROOT}/handovers/{other.pk}/items/{item.pk}/accept/"
    assert api(analyst).post(path, {"read_back": "x"}).status_code == 404


def test_escalating_pages_the_team_and_answering_is_noted(night, triaging, team, engineer, specialist, api):
    path = f"{ROOT}/incidents/{triaging.reference}/escalate/"
    body = {"team": team.code, "reason": "The database does not answer", "expected_state": "triaging"}
    response = api(engineer).post(path, body)
    assert response.status_code == 201
    assert (response.data["team"], response.data["acknowledged_at"]) == (team.code, None)
    triaging.refresh_from_db()
    assert triaging.state == "escalated"
    specialist.team = team
    specialist.save()
    waiting = api(specialist).get(f"{ROOT}/pages/", {"waiting": "true"}).data["results"]
    answered = api(specialist).post(f"{ROOT}/pages/{waiting[0]['id']}/acknowledge/", {})
    assert answered.data["acknowledged_by"] == "Database specialist"


def test_who_is_on_now(morning, lead, analyst, api):
    make_shift(lead, 0)
    make_shift(analyst, 0)
    found = api(lead).get(f"{ROOT}/on-call/").data
    assert [(row["name"], row["side"], row["role"]) for row in found["on_shift"]] == [
        ("Night lead", "partner", "Lead"), ("Desk analyst 1", "vendor", "Service desk")
    ]  # fmt: skip
    assert [call["direction"] for call in found["next_calls"]] == ["to_vendor", "to_partner"]
    assert not found["nobody"]


def test_a_specialist_reads_of_a_handover_only_escalated_incidents(
    morning, triaging, engineer, specialist, team, api
):
    other = factories.make_incident(by=engineer)
    services.escalate(triaging.pk, team=team, reason="No answer", by=engineer)
    handover = services.draft("to_vendor", by=engineer)
    found = api(specialist).get(f"{ROOT}/handovers/{handover.pk}/").data
    assert [item["incident"] for item in found["items"]] == [triaging.reference]
    assert other.reference not in str(found)
