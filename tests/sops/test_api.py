"""The API of SOPs and runs: who may, what it answers, and that bad input names its field."""

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import Component, User
from incidents.models import Incident
from sops import services
from sops.actions import simulated
from sops.models import Run
from tests import factories
from tests.sops import making
from tests.sops.making import (
    CHECK,
    ESCALATE,
    MANUAL,
    POST,
    RESTART,
    TARGET,
    decision,
    make_approved,
    start,
    work,
)

Api = Callable[[User | None], APIClient]
pytestmark = pytest.mark.django_db


def test_sops_are_listed_and_read_with_the_version_in_force(
    night: None, engineer: User, author: User, api: Api
) -> None:
    version = make_approved([CHECK, RESTART])
    making.make_draft(author, sop=version.sop, use_when="Not approved words")
    making.make_draft(author)
    client = api(engineer)
    listed = client.get("/api/v1/sops/").json()["results"]
    assert [each["code"] for each in listed] == sorted(each["code"] for each in listed)
    assert sum(each["is_in_force"] for each in listed) == 1
    one = client.get(f"/api/v1/sops/{version.sop.code}/").json()
    assert (one["version"]["number"], one["services"]) == (1, ["compucare8"])
    assert [step["action"] for step in one["version"]["steps"]] == ["http_probe", "restart_app_service"]
    assert one["version"]["fingerprint"] == version.content_hash
    assert "Not approved words" not in str(one)


@pytest.mark.parametrize("role", ["integration", "alert_source"])
def test_machines_read_no_sops_and_no_runs(role: str, api: Api, request: pytest.FixtureRequest) -> None:
    client = api(request.getfixturevalue(role))
    for address in ("/api/v1/sops/", "/api/v1/sops/SOP-03/", "/api/v1/runs/", "/api/v1/runs/1/"):
        assert client.get(address).status_code == 403
    assert api(None).get("/api/v1/sops/").status_code == 401


def test_the_whole_run_over_the_api(
    on_night: Incident, engineer: User, estate: dict[str, Component], api: Api
) -> None:
    making.triaging(on_night, engineer)
    steps = [CHECK, MANUAL, RESTART, decision(yes=5), POST]
    code = make_approved(steps, services=[on_night.service]).sop.code
    client = api(engineer)
    started = client.post(
        f"/api/v1/incidents/{on_night.reference}/runs/", {"sop": code, "expected_state": "triaging"}
    )
    assert started.status_code == 201, started.json()
    run = Run.objects.counted().get(pk=started.json()["id"])
    address = f"/api/v1/runs/{run.pk}/"
    work(run)
    read = client.get(address).json()
    assert (read["current_step"], read["state"]) == (2, "waiting")
    assert read["steps"][0]["summary"] == "200, 3 of 3"

    def post(name: str, **sent: Any) -> dict[str, Any]:
        answer = client.post(f"{address}{name}/", sent)
        assert answer.status_code == 200, answer.json()
        work(run)
        return dict(client.get(address).json())

    assert post("answer", step=2, evidence="They agree")["current_step"] == 3
    after = post("confirm", step=3, confirm=TARGET)
    assert after["steps"][2]["target"] == estate["app_service"].name
    assert (after["steps"][2]["confirmed_by"], after["current_step"]) == (engineer.name, 4)
    post("answer", step=4, answer="Yes")
    ended = post("post-update", step=5, words="Users can sign in again.", next_in_minutes=30)
    assert (ended["state"], ended["outcome"], ended["current_step"]) == ("finished", "restored", None)
    assert client.get(f"/api/v1/runs/?incident={on_night.reference}&state=finished").json()["results"]
    assert not client.get("/api/v1/runs/?state=running").json()["results"]


def test_two_people_one_gets_409(on_night: Incident, engineer: User, other_engineer: User, api: Api) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    address = f"/api/v1/runs/{run.pk}/confirm/"
    assert api(engineer).post(address, {"step": 1, "confirm": TARGET}).status_code == 200
    assert api(engineer).post(address, {"step": 1, "confirm": TARGET}).status_code == 200
    second = api(other_engineer).post(address, {"step": 1, "confirm": TARGET})
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    assert "has already dealt with step 1" in second.json()["detail"]


@pytest.mark.parametrize(
    ("name", "sent", "field"),
    [
        ("confirm", {"step": 1, "confirm": "harbour"}, "confirm"),
        ("confirm", {}, "step"),
        ("confirm", {"step": 0}, "step"),
        ("confirm", {"step": 99999999999999999999}, "step"),
        ("confirm", {"step": "one"}, "step"),
        ("confirm", {"step": 7}, "step"),
        ("confirm", {"step": 1, "state": "done"}, "state"),
        ("confirm", [], "request"),
        ("stop", {}, "reason"),
        ("stop", {"reason": "NHS number 999 012 3456"}, "reason"),
        ("stop", {"reason": "a\0b"}, "reason"),
        ("choose-target", {"step": 1, "target": ""}, "target"),
        ("settle", {"step": 1, "evidence": "Seen"}, "happened"),
    ],
)
def test_bad_input_names_its_field(
    on_night: Incident, engineer: User, api: Api, name: str, sent: Any, field: str
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    answer = api(engineer).post(f"/api/v1/runs/{run.pk}/{name}/", sent)
    assert answer.status_code == 400
    assert field in answer.json()["fields"]


@pytest.mark.parametrize(
    ("sent", "code", "field"),
    [
        ({}, 400, "sop"),
        ({"sop": "restart"}, 400, "sop"),
        ({"sop": "SOP-999"}, 400, "sop"),
        ({"sop": "SOP-03", "steps": []}, 400, "steps"),
        ({"sop": "SOP-03", "version": 0}, 400, "version"),
    ],
)
def test_a_wrong_start_names_its_field(
    on_night: Incident, engineer: User, api: Api, sent: dict[str, Any], code: int, field: str
) -> None:
    answer = api(engineer).post(f"/api/v1/incidents/{on_night.reference}/runs/", sent)
    assert answer.status_code == code
    assert field in answer.json()["fields"]


def test_a_start_of_what_is_not_in_force_or_was_not_read_is_a_conflict(
    on_night: Incident, engineer: User, author: User, api: Api
) -> None:
    making.triaging(on_night, engineer)
    address, client = f"/api/v1/incidents/{on_night.reference}/runs/", api(engineer)
    draft = making.make_draft(author)
    assert client.post(address, {"sop": draft.sop.code}).status_code == 409
    code = make_approved().sop.code
    assert client.post(address, {"sop": code, "version": 4}).status_code == 409
    assert client.post(address, {"sop": code, "expected_state": "escalated"}).status_code == 409
    assert client.post(address, {"sop": code, "version": 1}).status_code == 201


@pytest.mark.parametrize(
    "address",
    ["/api/v1/runs/0/", "/api/v1/runs/99999999999999999999/", "/api/v1/runs/abc/", "/api/v1/runs/12345/",
     "/api/v1/sops/SOP-99/", "/api/v1/sops/x/"],
)  # fmt: skip
def test_what_there_is_not_is_404(address: str, engineer: User, api: Api) -> None:
    assert api(engineer).get(address).status_code == 404


@pytest.mark.parametrize("query", ["state=paused", "cursor=%00", "page_size=1000", "wanted=1"])
def test_a_wrong_query_is_told(query: str, engineer: User, api: Api) -> None:
    assert api(engineer).get(f"/api/v1/runs/?{query}").status_code in (400, 404)


def test_who_may_only_read_acts_on_nothing(
    on_night: Incident, engineer: User, author: User, api: Api
) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    client = api(author)
    assert client.get(f"/api/v1/runs/{run.pk}/").status_code == 200
    for name in (
        "confirm",
        "answer",
        "stop",
        "close",
        "go-on",
        "try-again",
        "settle",
        "leave-out",
        "escalate",
    ):
        assert client.post(f"/api/v1/runs/{run.pk}/{name}/", {"step": 1}).status_code == 403
    refused = client.post(f"/api/v1/incidents/{on_night.reference}/runs/", {"sop": "SOP-03"})
    assert refused.status_code == 403


def test_the_other_acts_answer_with_the_run(
    on_night: Incident, engineer: User, estate: dict[str, Component], api: Api
) -> None:
    second = factories.make_component(on_night.customer, service=on_night.service, name="app-second")
    run = work(start(on_night, [RESTART, POST, ESCALATE], by=engineer))
    client, address = api(engineer), f"/api/v1/runs/{run.pk}/"
    assert client.post(f"{address}choose-target/", {"step": 1, "target": "app-none"}).status_code == 400
    assert client.post(f"{address}choose-target/", {"step": 1, "target": second.name}).status_code == 200
    simulated.put(second, "fault", {"name": "lose"})
    client.post(f"{address}confirm/", {"step": 1, "confirm": second.name})
    work(run)
    settled = client.post(f"{address}settle/", {"step": 1, "happened": False, "evidence": "Looked"}).json()
    assert settled["steps"][0]["state"] == "failed"
    assert client.post(f"{address}try-again/", {"step": 1}).json()["steps"][0]["state"] == "waiting"
    simulated.put(second, "fault", {"name": "fail"})
    client.post(f"{address}confirm/", {"step": 1, "confirm": second.name})
    work(run)
    assert client.post(f"{address}go-on/", {"step": 1}).json()["current_step"] == 2
    assert client.post(f"{address}leave-out/", {"step": 2, "reason": "Posted"}).json()["current_step"] == 3
    ended = client.post(f"{address}escalate/", {"step": 3, "evidence": "No effect"}).json()
    assert (ended["state"], ended["outcome"]) == ("finished", "not_restored")


def test_a_run_is_stopped_and_closed_over_the_api(on_night: Incident, engineer: User, api: Api) -> None:
    run = work(start(on_night, [CHECK], by=engineer))
    client, address = api(engineer), f"/api/v1/runs/{run.pk}/"
    assert client.post(f"{address}close/", {"outcome": "perhaps"}).status_code == 400
    assert client.post(f"{address}close/", {"outcome": "restored"}).json()["state"] == "finished"
    assert client.post(f"{address}stop/", {"reason": "Too late"}).status_code == 409


def test_the_number_of_queries_does_not_grow_with_the_rows(
    on_night: Incident, engineer: User, api: Api, django_assert_max_num_queries: Any
) -> None:
    work(start(on_night, [CHECK, RESTART], by=engineer))
    client = api(engineer)
    for address, most in (("/api/v1/runs/", 14), ("/api/v1/sops/", 14)):
        client.get(address)
        with django_assert_max_num_queries(most) as few:
            client.get(address)
        again = factories.make_incident(by=engineer, customer=on_night.customer)
        start(again, [CHECK, MANUAL, RESTART], by=engineer)
        with django_assert_max_num_queries(most) as many:
            client.get(address)
        assert len(many) == len(few)


def test_stopping_needs_no_right_to_run(on_night: Incident, engineer: User, approver: User, api: Api) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    stopped = api(approver).post(f"/api/v1/runs/{run.pk}/stop/", {"reason": "Wrong slot"})
    assert (stopped.status_code, stopped.json()["stopped_by"]) == (200, "SOP approver")
    assert services.stop(run.pk, reason="Again", by=approver).state == Run.State.STOPPED
