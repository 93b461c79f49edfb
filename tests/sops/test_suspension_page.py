"""Suspensions over HTTP and the API: who suspends and lifts, who reads, and where everybody is told."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from incidents.models import Incident
from sops import services
from sops.models import Sop, Suspension
from tests.sops import making
from tests.sops.making import CHECK, RESTART

Browse = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]
PAGE = "/sops/suspensions/"
READERS = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor",
)  # fmt: skip
MACHINES = ("integration", "alert_source")
EVERYTHING = {"what": "automation", "reason": "A patch went wrong", "everything": "on"}


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def sop() -> Sop:
    return making.make_approved([CHECK, RESTART]).sop


@pytest.fixture
def all_stopped(approver: User) -> Suspension:
    return services.suspend_automation(reason="A patch went wrong", by=approver)


def lift(held: Suspension) -> str:
    return f"{PAGE}{held.pk}/lift/"


@pytest.mark.parametrize("role", READERS + MACHINES)
def test_who_sees_sops_reads_what_is_suspended_since_when_by_whom_and_why(
    role: str, all_stopped: Suspension, browse: Browse, request: pytest.FixtureRequest
) -> None:
    answer = browse(request.getfixturevalue(role)).get(PAGE)
    if role in MACHINES:
        assert answer.status_code == 403
        return
    shown = text(answer)
    for words in ("All automation", "A patch went wrong", "02:07 GMT", "SOP approver"):
        assert words in shown
    assert ("Suspend it now" in shown) == (role == "approver")
    assert ("Lift:" in shown) == (role == "approver")


def test_nobody_signed_in_goes_to_the_sign_in(browse: Browse) -> None:
    assert browse(None).get(PAGE)["Location"].startswith("/sign-in/")


def test_an_approver_suspends_all_automation_an_action_and_an_sop(
    sop: Sop, approver: User, browse: Browse
) -> None:
    client = browse(approver)
    for sent in (
        EVERYTHING,
        {"what": "action:restart_app_service", "reason": "Restarts hang"},
        {"what": f"sop:{sop.pk}", "reason": "Wrong slot"},
    ):
        assert client.post(PAGE, sent).status_code == 302
    held = {(each.scope, each.action, each.sop) for each in Suspension.objects.active()}
    assert held == {("automation", "", None), ("action", "restart_app_service", None), ("sop", "", sop)}


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"reason": "Wrong"}, "Choose what stops"),
        ({"what": "action:rm", "reason": "Wrong"}, "Choose one of the list"),
        ({"what": "sop:999999999999999999999", "reason": "Wrong"}, "Choose one of the list"),
        ({"what": "action:restart_app_service"}, "Say why you suspend it"),
        ({"what": "automation", "reason": "Wrong"}, "Tick this to stop all automation"),
        ({**EVERYTHING, "reason": "NHS number 999 012 3456"}, "Remove the patient identifier"),
    ],
)
def test_a_wrong_suspension_comes_back_with_its_field_and_what_was_typed(
    sent: dict[str, str], words: str, approver: User, browse: Browse
) -> None:
    answer = browse(approver).post(PAGE, sent)
    assert answer.status_code == 422
    assert words in text(answer)
    assert sent.get("reason", "") in text(answer)
    assert not Suspension.objects.exists()


@pytest.mark.parametrize("role", READERS + MACHINES)
def test_only_an_approver_suspends_and_lifts(
    role: str, all_stopped: Suspension, browse: Browse, request: pytest.FixtureRequest
) -> None:
    client = browse(request.getfixturevalue(role))
    expected = 302 if role == "approver" else 403
    sent = {"what": "action:restart_app_service", "reason": "Restarts hang"}
    assert client.post(PAGE, sent).status_code == expected
    assert client.post(lift(all_stopped), {"everything": "on"}).status_code == expected
    all_stopped.refresh_from_db()
    assert (all_stopped.lifted_at is not None) == (role == "approver")


def test_all_automation_is_lifted_only_by_who_ticks_that_they_mean_it(
    all_stopped: Suspension, approver: User, browse: Browse
) -> None:
    client = browse(approver)
    answer = client.post(lift(all_stopped))
    assert answer.status_code == 422
    assert "Tick this to let all automation start again" in text(answer)
    assert Suspension.objects.active().exists()
    assert client.post(lift(all_stopped), {"everything": "on"}).status_code == 302
    assert not Suspension.objects.active().exists()


def test_lifting_is_only_by_post_and_twice_is_once(sop: Sop, approver: User, browse: Browse) -> None:
    held = services.suspend_sop(sop.pk, reason="Wrong slot", by=approver)
    client = browse(approver)
    assert client.get(lift(held)).status_code == 405
    assert [client.post(lift(held)).status_code for _ in range(2)] == [302, 302]
    assert client.post(f"{PAGE}999999999999999999/lift/").status_code == 404
    shown = text(client.get(PAGE))
    assert "Nothing is suspended" in shown
    assert "Wrong slot" in shown


def test_suspending_what_is_suspended_is_a_conflict(
    all_stopped: Suspension, approver: User, browse: Browse
) -> None:
    assert browse(approver).post(PAGE, EVERYTHING).status_code == 409
    assert Suspension.objects.count() == 1


# ---------- The banner ----------


@pytest.fixture
def pages(on_night: Incident, engineer: User) -> list[str]:
    """The board, the list, the start page and a rehearsal's page: where it is in the way."""
    version = making.make_approved([CHECK, RESTART], services=[on_night.service])
    making.triaging(on_night, engineer)
    rehearse = f"/sops/{version.sop.code}/versions/1/rehearse/"
    return ["/", "/sops/", f"/incidents/{on_night.reference}/sop/", rehearse]


def test_while_something_is_suspended_the_pages_say_who_what_and_why(
    pages: list[str], engineer: User, approver: User, browse: Browse
) -> None:
    client = browse(engineer)
    for address in pages:
        assert "is suspended" not in text(client.get(address)), address
    held = services.suspend_action("restart_app_service", reason="Restarts hang", by=approver)
    for address in pages:
        shown = text(client.get(address))
        for words in ("Action “Restart", "suspended", "SOP approver", "Restarts hang", PAGE):
            assert words in shown, address
    services.lift_suspension(held.pk, by=approver)
    for address in pages:
        assert "Restarts hang" not in text(client.get(address)), address


def test_the_banner_comes_and_goes_while_the_page_is_open(
    pages: list[str], engineer: User, approver: User, browse: Browse
) -> None:
    client, htmx = browse(engineer), {"HX-Request": "true"}
    shown = text(client.get("/?part=do-now", headers=htmx))
    assert '<div id="suspended" hx-swap-oob="true"></div>' in shown
    services.suspend_automation(reason="A patch went wrong", by=approver)
    assert "A patch went wrong" in text(client.get("/?part=do-now", headers=htmx))
    elsewhere = text(client.get("/deliveries/?part=panel", headers=htmx))
    assert 'id="suspended"' not in elsewhere


def test_a_run_that_it_stops_says_so_itself(
    on_night: Incident, engineer: User, approver: User, browse: Browse
) -> None:
    run = making.work(making.start(on_night, [CHECK, making.MANUAL, RESTART], by=engineer))
    services.suspend_action("restart_app_service", reason="Restarts hang", by=approver)
    shown = text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert "Action restart_app_service suspended by SOP approver" in shown
    assert shown.count("Restarts hang") == 1


def test_all_automation_stands_first_and_a_fourth_is_behind_the_link(
    sop: Sop, approver: User, engineer: User, browse: Browse
) -> None:
    services.suspend_automation(reason="First of all", by=approver)
    for name in ("restart_app_service", "http_probe", "wait_until_healthy"):
        services.suspend_action(name, reason=f"Because of {name}", by=approver)
    shown = text(browse(engineer).get("/sops/"))
    assert shown.index("First of all") < shown.index("Because of wait_until_healthy")
    assert "Because of restart_app_service" not in shown
    assert "All 4 suspensions" in shown


def test_the_banner_costs_one_query_however_much_is_suspended(
    on_night: Incident, engineer: User, approver: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    client = browse(engineer)
    client.get("/")
    with django_assert_max_num_queries(10) as none:
        client.get("/")
    services.suspend_automation(reason="A patch went wrong", by=approver)
    for name in ("restart_app_service", "http_probe"):
        services.suspend_action(name, reason="Restarts hang", by=approver)
    with django_assert_max_num_queries(10) as many:
        client.get("/")
    assert len(none) == len(many)
    assert sum("sops_suspension" in query["sql"] for query in many.captured_queries) == 1


def test_the_page_asks_the_same_for_any_number_of_suspensions(
    sop: Sop, approver: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    client = browse(approver)
    services.suspend_sop(sop.pk, reason="Wrong slot", by=approver)
    client.get(PAGE)
    with django_assert_max_num_queries(9) as few:
        client.get(PAGE)
    for name in ("restart_app_service", "http_probe"):
        held = services.suspend_action(name, reason="Restarts hang", by=approver)
        services.suspend_sop(making.make_approved().sop.pk, reason="Wrong", by=approver)
    services.lift_suspension(held.pk, by=approver)
    with django_assert_max_num_queries(9) as many:
        client.get(PAGE)
    assert len(few) == len(many)


# ---------- API ----------


@pytest.mark.parametrize("role", READERS + MACHINES)
def test_who_sees_sops_lists_suspensions_over_the_api(
    role: str, all_stopped: Suspension, api: Api, request: pytest.FixtureRequest
) -> None:
    answer = api(request.getfixturevalue(role)).get("/api/v1/suspensions/")
    if role in MACHINES:
        assert answer.status_code == 403
        return
    (told,) = answer.json()["results"]
    assert told == {
        "id": all_stopped.pk, "scope": "automation", "sop": None, "action": "",
        "reason": "A patch went wrong", "suspended_by": "SOP approver",
        "suspended_at": "2026-11-22T02:07:12Z", "lifted_by": None, "lifted_at": None,
    }  # fmt: skip


def test_the_api_tells_what_holds_from_what_was_lifted(
    all_stopped: Suspension, sop: Sop, approver: User, engineer: User, api: Api
) -> None:
    services.lift_suspension(all_stopped.pk, by=approver)
    held = services.suspend_sop(sop.pk, reason="Wrong slot", by=approver)
    client = api(engineer)

    def listed(query: str) -> list[int]:
        return [each["id"] for each in client.get(f"/api/v1/suspensions/{query}").json()["results"]]

    assert listed("?is_active=true") == [held.pk]
    assert listed("?is_active=false") == [all_stopped.pk]
    assert listed("") == [all_stopped.pk, held.pk]
    assert client.get("/api/v1/suspensions/?is_active=perhaps").status_code == 400
    assert client.get("/api/v1/suspensions/?active=1").status_code == 400
    assert client.post("/api/v1/suspensions/", {"scope": "automation"}).status_code in (403, 405)
    assert api(None).get("/api/v1/suspensions/").status_code == 401
