"""Sessions lock after half an hour without a person, end after twelve hours, and at once when access ends."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth import SESSION_KEY
from django.test import Client
from knox.models import AuthToken
from rest_framework.test import APIClient

from accounts.models import User
from accounts.sign_in.sessions import ACTIVE, BEGAN, FACTOR, LOCKED, State, state_at
from tests.accounts.sign_in.journey import is_signed_in, sign_in
from tests.factories import PASSWORD
from tests.factories import SUNDAY_NIGHT as NIGHT

POLL = {"HX-Request": "true"}


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NIGHT, tick=False) as travelled:
        yield travelled


# ---------- Pure ----------


def marks(began: int, active: int, **more: Any) -> dict[str, Any]:
    """Of a session that began and was last used so many minutes ago."""
    times = {BEGAN: began, ACTIVE: active}
    return {name: (NIGHT - timedelta(minutes=ago)).isoformat() for name, ago in times.items()} | more


def state(
    kept: dict[str, Any], *, sessions_from: datetime | None = None, needs_factor: bool = False
) -> State:
    idle = timedelta(minutes=30)
    return state_at(NIGHT, kept, idle=idle, sessions_from=sessions_from, needs_factor=needs_factor)


@pytest.mark.parametrize(
    ("kept", "wanted"),
    [
        ({}, State.ENDED),
        ({BEGAN: NIGHT.isoformat()}, State.ENDED),
        (marks(29, 29), State.OPEN),
        (marks(30, 30), State.LOCKED),
        (marks(600, 29), State.OPEN),
        (marks(5, 0, **{LOCKED: True}), State.LOCKED),
        (marks(719, 0), State.OPEN),
        (marks(720, 0), State.ENDED),
        (marks(720, 700, **{LOCKED: True}), State.ENDED),
    ],
)
def test_a_session_locks_and_ends_by_its_marks(kept: dict[str, Any], wanted: State) -> None:
    assert state(kept) is wanted


def test_a_session_that_began_before_all_were_ended_has_ended() -> None:
    assert state(marks(10, 0), sessions_from=NIGHT - timedelta(minutes=9)) is State.ENDED
    assert state(marks(10, 0), sessions_from=NIGHT - timedelta(minutes=10)) is State.OPEN


def test_a_session_without_a_factor_has_ended_where_one_is_demanded() -> None:
    assert state(marks(1, 0), needs_factor=True) is State.ENDED
    assert state(marks(1, 0, **{FACTOR: "App that shows codes"}), needs_factor=True) is State.OPEN


# ---------- On the desk ----------


def test_polling_is_not_activity_and_a_person_is(clock: Any, browse: Any, engineer: User) -> None:
    browser = browse(engineer)
    for _ in range(5):
        clock.shift(timedelta(minutes=7))
        browser.get("/?part=board", headers=POLL)
        browser.get("/api/v1/incidents/")
        browser.get("/still-here/")
    assert not is_signed_in(browser)
    browser.post("/lock/", {"password": PASSWORD})
    for act in (
        lambda: browser.get("/"),
        lambda: browser.post("/still-here/"),
        lambda: browser.get("/?part=board", headers=POLL | {"X-Desk-Asked": "1"}),
    ):
        clock.shift(timedelta(minutes=29))
        act()
    clock.shift(timedelta(minutes=29))
    assert is_signed_in(browser)


def test_a_locked_session_opens_nothing_and_says_who_may_unlock_it(
    clock: Any, browse: Any, manager: User
) -> None:
    browser = browse(manager)
    browser.get("/")
    clock.shift(timedelta(minutes=30))
    for address in ("/", "/incidents/", "/admin/", "/people/", "/reads/"):
        assert browser.get(address)["Location"].startswith(("/sign-in/?next=", "/admin/login/?next=")), (
            address
        )
    assert browser.get("/api/v1/incidents/").status_code in (401, 403)
    assert browser.get("/still-here/").json() == {"left": 0, "is_locked": True}
    page = browser.get("/", follow=True)
    assert (page.redirect_chain[-1][0], manager.email in page.content.decode()) == ("/lock/?next=/", True)
    assert "mainnav" not in page.content.decode()
    assert browser.post("/lock/", {"password": "not-the-password"}).status_code == 422
    assert browser.post("/lock/", {"password": PASSWORD, "next": "/incidents/"})["Location"] == "/incidents/"
    assert is_signed_in(browser)


def test_what_was_typed_when_the_lock_fell_comes_back(
    clock: Any, browse: Any, engineer: User, incident: Any
) -> None:
    browser, page = browse(engineer), f"/incidents/{incident.reference}/"
    words = "Theatre lists are on paper; the director rings at 02:30."
    clock.shift(timedelta(minutes=31))
    answer = browser.post(f"{page}note/", {"text": words}, headers={"Referer": f"http://testserver{page}"})
    assert (answer.status_code, "Nothing was sent" in answer.content.decode()) == (403, True)
    kept = answer.context["kept"]
    wrong = browser.post("/lock/", {"password": "no", "kept": kept, "next": page})
    assert (wrong.status_code, wrong.context["kept"]) == (422, kept)
    back = browser.post("/lock/", {"password": PASSWORD, "kept": kept, "next": page}).content.decode()
    assert words in back
    assert f'action="{page}note/"' in back
    assert not incident.timeline.filter(text=words).exists()
    browser.post(f"{page}note/", {"text": words})
    assert incident.timeline.filter(text=words).count() == 1


NO_FORMS = [
    "{", "[]", "null", '{"to": "https://evil.example/", "fields": [], "files": []}',
    '{"to": "/nowhere/x", "fields": []}', '{"to": "/", "fields": [["a"]], "files": []}',
]  # fmt: skip


def test_what_is_no_kept_form_leads_on(browse: Any, engineer: User) -> None:
    browser = browse(engineer)
    for kept in NO_FORMS:
        answer = browser.post("/lock/", {"password": PASSWORD, "kept": kept, "next": "/incidents/"})
        assert (answer.status_code, answer["Location"]) == (302, "/incidents/"), kept


def test_the_script_unlocks_without_a_page(browse: Any, engineer: User) -> None:
    browser, script = browse(engineer), {"Accept": "application/json"}
    browser.post("/lock/now/", {"lock": "now"})
    assert browser.post("/lock/now/").status_code == 400
    wrong = browser.post("/lock/", {"password": "no"}, headers=script)
    assert (wrong.status_code, "not your password" in wrong.json()["error"]) == (422, True)
    assert browser.post("/lock/", {"password": PASSWORD}, headers=script).status_code == 204
    browser.logout()
    gone = browser.post("/lock/", {"password": PASSWORD}, headers=script)
    assert (gone.status_code, "signed out" in gone.json()["error"]) == (401, True)


def test_no_lock_leads_out_of_the_desk(browse: Any, engineer: User) -> None:
    for target in ("https://evil.example/", "//evil.example", "javascript:alert(1)"):
        browser = browse(engineer)
        assert browser.post("/lock/", {"password": PASSWORD, "next": target})["Location"] == "/"
        sent = {"username": engineer.email, "password": PASSWORD, "next": target}
        assert Client().post("/sign-in/", sent)["Location"] == "/"


def test_twelve_hours_are_the_most(clock: Any, browse: Any, engineer: User) -> None:
    browser = browse(engineer)
    for _ in range(24):
        assert is_signed_in(browser)
        clock.shift(timedelta(minutes=29, seconds=59))
    assert is_signed_in(browser)
    clock.shift(timedelta(seconds=24))
    assert not is_signed_in(browser)
    assert SESSION_KEY not in browser.session


def test_an_end_date_ends_session_token_and_sign_in_at_that_moment(
    clock: Any, browse: Any, engineer: User, integration: User
) -> None:
    User.objects.filter(pk__in=(engineer.pk, integration.pk)).update(ends_at=NIGHT + timedelta(minutes=1))
    browser, text = browse(engineer), AuthToken.objects.create(integration)[1]
    machine = APIClient(headers={"Authorization": f"Token {text}"})
    assert (is_signed_in(browser), machine.get("/api/v1/incidents/").status_code) == (True, 200)
    assert list(User.objects.with_role("ooh_engineer")) == [engineer]
    clock.shift(timedelta(minutes=1))
    assert (is_signed_in(browser), machine.get("/api/v1/incidents/").status_code) == (False, 401)
    assert SESSION_KEY not in browser.session
    assert sign_in(Client(), engineer).status_code == 422
    assert list(User.objects.with_role("ooh_engineer")) == []
    assert not User.objects.get(pk=engineer.pk).has_perm("incidents.view_incident")


def test_everywhere_else_is_signed_out_and_here_is_not(clock: Any, browse: Any, engineer: User) -> None:
    here, there = browse(engineer), browse(engineer)
    clock.shift(timedelta(minutes=1))
    here.post("/your-sign-in/end-others/")
    assert (is_signed_in(here), is_signed_in(there)) == (True, False)


def test_the_administration_has_no_way_in_of_its_own(manager: User) -> None:
    assert Client().get("/admin/login/?next=/admin/")["Location"] == "/sign-in/?next=/admin/"
    browser = Client()
    browser.post("/admin/login/", {"username": manager.email, "password": PASSWORD})
    assert SESSION_KEY not in browser.session


def test_reading_itself_again_writes_nothing_to_the_session(
    browse: Any, engineer: User, django_assert_max_num_queries: Any
) -> None:
    browser = browse(engineer)
    browser.get("/still-here/")
    with django_assert_max_num_queries(2):
        browser.get("/still-here/")
