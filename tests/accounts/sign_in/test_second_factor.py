"""Nobody is signed in before the second factor, on any surface; codes are good once."""

import re
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from accounts.models import AccessEvent, RecoveryCode, SecondFactor, User
from accounts.sign_in import factors, recovery, totp
from tests.accounts.sign_in.journey import code_now, is_signed_in, sign_in, with_app, words_of

SURFACES = [
    "/",
    "/incidents/",
    "/your-sign-in/",
    "/admin/",
    "/api/v1/incidents/",
    "/api/v1/schema/",
    "/reads/",
]


@pytest.fixture
def required(settings: Any) -> None:
    settings.SECOND_FACTOR = "required"


def opened(browser: Client) -> list[str]:
    return [address for address in SURFACES if browser.get(address).status_code == 200]


def test_with_the_password_alone_nothing_opens_where_a_factor_is_set_up(manager: User) -> None:
    """Also where none is demanded: whoever set one up is asked for it."""
    with_app(manager)
    browser = Client()
    assert sign_in(browser, manager)["Location"] == "/sign-in/code/"
    assert SESSION_KEY not in browser.session
    assert opened(browser) == []


@pytest.mark.usefixtures("required")
def test_who_has_no_factor_sets_one_up_before_anything_opens(engineer: User) -> None:
    browser = Client()
    assert sign_in(browser, engineer)["Location"] == "/your-sign-in/set-up/"
    assert opened(browser) == []
    page = browser.get("/your-sign-in/app/").content.decode()
    secret = re.search(r"factor-secret\">([A-Z2-7 ]+)<", page)
    assert secret
    text = secret.group(1).replace(" ", "")
    assert browser.post("/your-sign-in/app/", {"code": "000000"}).status_code == 422
    done = browser.post("/your-sign-in/app/", {"code": code_now(text)})
    codes = re.findall(r"<code>([a-z0-9-]{11})</code>", done.content.decode())
    assert (len(codes), is_signed_in(browser)) == (recovery.COUNT, True)
    kept = SecondFactor.objects.get(person=engineer)
    assert text not in kept.sealed
    assert not RecoveryCode.objects.filter(digest__in=codes).exists()


@pytest.mark.usefixtures("required")
def test_a_session_without_its_factor_has_ended_where_one_is_demanded(browse: Any, manager: User) -> None:
    browser = browse(manager)
    assert opened(browser) == []
    assert SESSION_KEY not in browser.session


def test_a_code_is_taken_once_and_a_wrong_one_never(engineer: User) -> None:
    secret = with_app(engineer)
    first, second = Client(), Client()
    for browser in (first, second):
        sign_in(browser, engineer)
    code = code_now(secret)
    wrong = f"{(int(code) + 1) % 10**6:06}"
    answer = first.post("/sign-in/code/", {"code": wrong})
    assert (answer.status_code, "not the current one" in words_of(answer)) == (422, True)
    assert first.post("/sign-in/code/", {"code": f"{code[:3]} {code[3:]}"}).status_code == 302
    assert second.post("/sign-in/code/", {"code": code}).status_code == 422
    assert (is_signed_in(first), is_signed_in(second)) == (True, False)
    kinds = AccessEvent.objects.filter(person=engineer).values_list("kind", flat=True)
    assert sorted(kinds) == ["refused", "refused", "signed_in"]


def test_a_recovery_code_signs_in_once(engineer: User) -> None:
    with_app(engineer)
    code, other = recovery.make(engineer, by=engineer)[:2]
    for text, wanted in ((code, 302), (code, 422), (other.upper(), 302)):
        browser = Client()
        sign_in(browser, engineer)
        assert browser.post("/sign-in/code/", {"code": text}).status_code == wanted
    assert RecoveryCode.objects.left().filter(person=engineer).count() == recovery.COUNT - 2


def test_another_persons_code_opens_nothing(engineer: User, lead: User) -> None:
    with_app(engineer)
    others = with_app(lead)
    codes = recovery.make(lead, by=lead)
    browser = Client()
    sign_in(browser, engineer)
    for code in (code_now(others), codes[0]):
        assert browser.post("/sign-in/code/", {"code": code}).status_code == 422


@pytest.mark.usefixtures("required")
def test_the_last_factor_stays_and_another_may_go(engineer: User) -> None:
    secret = with_app(engineer)
    browser = Client()
    sign_in(browser, engineer)
    browser.post("/sign-in/code/", {"code": code_now(secret)})
    app = SecondFactor.objects.get(person=engineer)
    answer = browser.post(f"/your-sign-in/factors/{app.pk}/remove/", follow=True)
    assert "Add another one first" in answer.content.decode()
    assert SecondFactor.objects.filter(pk=app.pk).exists()


def test_nobody_removes_the_factor_of_another(browse: Any, engineer: User, lead: User, manager: User) -> None:
    with_app(lead)
    factor = SecondFactor.objects.get(person=lead)
    browser = Client()
    sign_in(browser, engineer)
    assert browser.post(f"/your-sign-in/factors/{factor.pk}/remove/").status_code == 404
    assert list(SecondFactor.objects.visible_to(engineer)) == []
    assert list(SecondFactor.objects.visible_to(manager)) == [factor]


def test_what_guards_the_account_asks_again_who_it_is(browse: Any, engineer: User) -> None:
    """A session of force_login has proved nothing: as one that is older than ten minutes."""
    browser = browse(engineer)
    for address in ("/your-sign-in/app/", "/your-sign-in/key/", "/your-sign-in/password/"):
        assert browser.get(address)["Location"] == f"/lock/?next={address}"
    assert browser.post("/your-sign-in/codes/")["Location"] == "/lock/?next=/your-sign-in/"
    browser.post("/lock/", {"password": "a-long-test-password", "next": "/your-sign-in/app/"})
    assert browser.get("/your-sign-in/app/").status_code == 200


def test_a_code_sealed_with_an_earlier_key_still_counts(engineer: User, settings: Any) -> None:
    secret = with_app(engineer)
    codes = recovery.make(engineer, by=engineer)
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-key" * 6
    request: Any = None
    assert factors.prove(request, engineer, code=code_now(secret)) == "App that shows codes"
    assert factors.prove(request, engineer, code=codes[0]) == factors.RECOVERY


def test_a_code_of_the_period_before_does_not_come_after_a_newer_one(engineer: User) -> None:
    secret = with_app(engineer)
    request: Any = None
    assert factors.prove(request, engineer, code=code_now(secret))
    with pytest.raises(factors.ValidationError):
        factors.prove(request, engineer, code=code_now(secret, later=-1))
    assert totp.TOLERANCE == 1
