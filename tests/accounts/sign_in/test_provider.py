"""The organisation's provider, over a socket: what is believed of it, and what its claims let somebody do."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client

from accounts.models import AccessEvent, ProviderIdentity, User
from accounts.roles import Role
from tests import factories
from tests.accounts.sign_in.journey import is_signed_in, sign_in, words_of
from tests.factories import PASSWORD
from tests.standins.http import Fault
from tests.standins.openid import CLIENT_ID, CLIENT_SECRET, OTHER_KEY, OpenIdProvider

BEGIN = "/sign-in/with/partner/"
HOUR = 3600


@pytest.fixture
def provider(db: None, settings: Any) -> Iterator[OpenIdProvider]:
    """Of the partner's people."""
    cache.clear()
    house = factories.make_organisation("partner")
    with OpenIdProvider() as standin:
        settings.OIDC_PROVIDERS = {"partner": {
            "name": "Pink Elephant", "organisation": house.name, "issuer": standin.url,
            "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET,
            "roles": {"Engineers": "ooh_engineer", "Leads": "ooh_lead", "Desk": "desk_analyst",
                      "Machines": "integration"},
        }}  # fmt: skip
        yield standin


def go(browser: Client, provider: OpenIdProvider, begin: str = BEGIN) -> Any:
    """To the provider and back."""
    return browser.get(provider.sign_in(browser.get(begin)["Location"]))


def test_somebody_new_joins_with_the_roles_that_are_mapped(provider: OpenIdProvider) -> None:
    provider.claims = {"email": "new@partner.example", "roles": ["Engineers", "Cleaners"]}
    browser = Client()
    assert go(browser, provider, f"{BEGIN}?next=/incidents/")["Location"] == "/incidents/"
    assert is_signed_in(browser)
    person = ProviderIdentity.objects.get(issuer=provider.url, subject="subject-1").person
    assert (person.email, person.roles, person.side) == (
        "new@partner.example",
        {Role.OOH_ENGINEER},
        "partner",
    )
    assert not person.has_usable_password()
    kinds = set(AccessEvent.objects.filter(person=person).values_list("kind", flat=True))
    assert kinds == {"joined", "roles_changed", "signed_in"}


GRANTED: list[tuple[Any, set[Role]]] = [
    (["Leads"], {Role.OOH_LEAD}),
    ("Leads", {Role.OOH_LEAD}),
    (["Cleaners"], set()),
    (["ooh_lead"], set()),  # the name here is not the name there
    (["Desk"], set()),  # a role of the other side
    (["Machines"], set()),
    (None, set()),
    ({"Leads": True}, set()),
    ([["Leads"], 7, "Engineers"], {Role.OOH_ENGINEER}),
]


def test_only_what_the_mapping_names_grants(provider: OpenIdProvider) -> None:
    """At each sign-in anew: who was an engineer is one no more."""
    for roles, wanted in GRANTED:
        provider.claims = {"roles": roles}
        browser = Client()
        go(browser, provider)
        assert (ProviderIdentity.objects.get().person.roles, roles) == (wanted, roles)
        assert (browser.get("/").status_code == 200) is bool(wanted)


SPOILT: dict[str, dict[str, Any]] = {
    "another issuer": {"claims": {"iss": "https://evil.example"}},
    "another audience": {"claims": {"aud": "another"}},
    "for several, made for another": {"claims": {"aud": [CLIENT_ID, "b"], "azp": "b"}},
    "another question": {"claims": {"nonce": "x" * 43}},
    "no nonce": {"claims": {"nonce": None}},
    "out of date": {"claims": {"iat": int(time.time()) - 2 * HOUR, "exp": int(time.time()) - HOUR}},
    "not yet": {"claims": {"nbf": int(time.time()) + HOUR}},
    "no end": {"claims": {"exp": None}},
    "nobody": {"claims": {"sub": ""}},
    "another key": {"key": OTHER_KEY},
    "a key nobody names": {"kid": "key-9"},
    "no signature": {"key": None, "algorithm": "none"},
    "our secret as key": {"key": CLIENT_SECRET * 2, "algorithm": "HS256"},
    "no token": {"without_token": True},
    "another provider's configuration": {"config": {"issuer": "https://evil.example"}},
    "an unsafe address": {"config": {"token_endpoint": "http://evil.example/token"}},
}


def test_a_token_that_is_not_to_be_believed_signs_nobody_in(provider: OpenIdProvider) -> None:
    right = {name: getattr(provider, name) for spoilt in SPOILT.values() for name in spoilt}
    browser, let_in = Client(), []
    for what, spoilt in SPOILT.items():
        cache.clear()
        for name, value in (right | spoilt).items():
            setattr(provider, name, value)
        answer = browser.get(BEGIN)
        if answer["Location"].startswith(provider.url):
            answer = browser.get(provider.sign_in(answer["Location"]))
        if answer["Location"] != "/sign-in/" or SESSION_KEY in browser.session:
            let_in.append(what)
    assert let_in == []
    assert "did not come to an end" in browser.get("/sign-in/").content.decode()
    assert not ProviderIdentity.objects.exists()
    for name, value in right.items():
        setattr(provider, name, value)
    cache.clear()
    assert go(browser, provider)["Location"] == "/"  # what was refused was refused for what was spoilt


def test_an_answer_belongs_to_its_question_and_counts_once(provider: OpenIdProvider) -> None:
    browser, other = Client(), Client()
    back = provider.sign_in(browser.get(BEGIN)["Location"])
    other.get(BEGIN)
    for stranger in (Client(), other):
        assert stranger.get(back)["Location"] == "/sign-in/"
        assert not is_signed_in(stranger)
    forged = Client()
    forged.get(BEGIN)
    assert forged.get("/sign-in/with/partner/back/?code=code-0&state=’").status_code == 302
    assert browser.get(back)["Location"] == "/"
    browser.post("/sign-out/")
    assert browser.get(back)["Location"] == "/sign-in/"


def test_an_address_is_no_key(provider: OpenIdProvider, manager: User) -> None:
    """Whose claims bear the address of somebody here is somebody else."""
    provider.claims = {"email": manager.email.upper(), "email_verified": True}
    go(Client(), provider)
    person = ProviderIdentity.objects.get().person
    assert person != manager
    assert person.email.endswith("@provider.invalid")


def test_where_a_provider_signs_in_no_password_does(
    provider: OpenIdProvider, engineer: User, manager: User
) -> None:
    """And the answer is that of a wrong password; the other organisation's people have theirs."""
    known, unknown = Client(), Client()
    answers = [sign_in(known, engineer), sign_in(unknown, engineer, "wrong-password")]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert words_of(answers[0]) == words_of(answers[1]) != ""
    other = Client()
    sign_in(other, manager)
    assert is_signed_in(other)
    assert not engineer.check_password("x")


@pytest.mark.parametrize("change", [{"is_active": False}, {"ends_at": "2020-01-01T00:00Z"}])
def test_who_left_here_is_not_let_in_by_the_provider(
    change: dict[str, Any], provider: OpenIdProvider
) -> None:
    go(Client(), provider)
    User.objects.filter(identities__subject="subject-1").update(**change)
    browser = Client()
    assert go(browser, provider)["Location"] == "/sign-in/"
    assert not is_signed_in(browser)


def test_the_lock_is_opened_by_the_provider_which_asked_again(provider: OpenIdProvider) -> None:
    browser = Client()
    go(browser, provider)
    browser.post("/lock/now/", {"lock": "now"})
    assert browser.post("/lock/", {"password": PASSWORD}).status_code == 422
    provider.claims = {"auth_time": int(time.time()) - HOUR}
    go(browser, provider, f"{BEGIN}?again=1&next=/incidents/")
    assert not is_signed_in(browser)
    provider.claims = {}
    assert go(browser, provider, f"{BEGIN}?again=1&next=/incidents/")["Location"] == "/incidents/"
    assert (provider.asked["prompt"], is_signed_in(browser)) == ("login", True)


def test_a_factor_that_the_provider_must_tell_of_is_missed(provider: OpenIdProvider, settings: Any) -> None:
    settings.OIDC_PROVIDERS["partner"]["require"] = {"amr": "mfa"}
    settings.SECOND_FACTOR = "required"
    for told, wanted in (({}, False), ({"amr": ["pwd"]}, False), ({"amr": ["pwd", "mfa"]}, True)):
        provider.claims, browser = told, Client()
        go(browser, provider)
        assert is_signed_in(browser) is wanted


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.RESET_BEFORE, Fault.PAGE_AFTER, Fault.CUT_AFTER])
def test_a_provider_that_is_away_is_said_in_words(fault: Fault, provider: OpenIdProvider) -> None:
    provider.fail(fault)
    answer = Client().get(BEGIN, follow=True)
    assert (answer.status_code, "did not come to an end" in answer.content.decode()) == (200, True)


def test_no_provider_of_that_name_is_no_page(provider: OpenIdProvider) -> None:
    assert Client().get("/sign-in/with/nobody/").status_code == 404
