"""Joiners, movers and leavers, and letting somebody in again at night."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone
from knox.models import AuthToken

from accounts import people
from accounts.models import AccessEvent, SecondFactor, User
from accounts.roles import Role
from accounts.sign_in import delays, recovery
from tests import factories
from tests.accounts.sign_in.journey import is_signed_in, sign_in, with_app, words_of
from tests.factories import PASSWORD

NEW = "four random words here"


@pytest.fixture
def proved(browse: Any) -> Any:
    """A browser whose person said just now who they are."""

    def client(person: User) -> Client:
        browser: Client = browse(person)
        browser.post("/lock/", {"password": PASSWORD})
        return browser

    return client


def kinds(person: User) -> list[str]:
    return list(AccessEvent.objects.filter(person=person).order_by("pk").values_list("kind", flat=True))


def test_who_joins_chooses_password_and_factor_by_a_link_that_is_good_once(
    proved: Any, manager: User, settings: Any
) -> None:
    new = factories.make_user(Role.DESK_ANALYST, password=None)
    page = proved(manager).post(f"/people/{new.pk}/joining-link/").content.decode()
    settings.SECOND_FACTOR = "required"
    path = re.search(r"http://127\.0\.0\.1:8000(/join/ooh_[0-9a-f]+/)", page)
    assert path
    browser = Client()
    assert browser.get(path[1]).status_code == 200
    short = browser.post(path[1], {"password": "short", "again": "short"})
    assert (short.status_code, "too short" in words_of(short)) == (422, True)
    differ = browser.post(path[1], {"password": NEW, "again": f"{NEW}."})
    assert "not the same" in words_of(differ)
    assert browser.post(path[1], {"password": NEW, "again": NEW})["Location"] == "/your-sign-in/set-up/"
    assert not is_signed_in(browser)
    again = Client()
    assert again.get(path[1])["Location"] == "/sign-in/"
    assert sign_in(again, new, NEW)["Location"] == "/your-sign-in/set-up/"
    assert kinds(new)[:2] == ["link_issued", "password_set"]


@pytest.mark.parametrize(
    "link", ["x", "ooh_", "ooh_zz", f"ooh_{b'1.x'.hex()}", f"ooh_{b'9'.hex() * 90}", "’"]
)
@pytest.mark.django_db
def test_what_is_no_link_leads_to_the_sign_in(link: str) -> None:
    assert Client().get(f"/join/{link}/")["Location"] == "/sign-in/"


def test_who_leaves_loses_everything_at_that_moment(
    proved: Any, browse: Any, manager: User, analyst: User
) -> None:
    with_app(analyst)
    recovery.make(analyst, by=analyst)
    AuthToken.objects.create(analyst)
    theirs, manage = browse(analyst), proved(manager)
    assert is_signed_in(theirs)
    wrong = manage.post(f"/people/{analyst.pk}/end/", {"reason": "", "ends_at": "tomorrow"})
    assert (wrong.status_code, "Enter a date and a time" in words_of(wrong)) == (422, True)
    assert is_signed_in(theirs)
    manage.post(f"/people/{analyst.pk}/end/", {"reason": "Left on Friday"})
    assert not is_signed_in(theirs)
    assert sign_in(Client(), analyst).status_code == 422
    assert not SecondFactor.objects.filter(person=analyst).exists()
    assert not analyst.recovery_codes.exists()  # type: ignore[attr-defined]
    assert not AuthToken.objects.filter(user=analyst).exists()
    assert "Left on Friday" in manage.get(f"/people/{analyst.pk}/").content.decode()
    manage.post(f"/people/{analyst.pk}/give-back/", {"reason": "It was another Friday"})
    assert sign_in(Client(), analyst).status_code == 422  # the password of before is gone
    assert kinds(analyst)[-3:] == ["refused", "reinstated", "refused"]


def test_an_end_to_come_ends_nothing_yet(manager: User, analyst: User) -> None:
    with_app(analyst)
    at = timezone.now() + timedelta(hours=1)
    assert people.end_access(analyst, reason="Moves on", at=at, by=manager).is_working
    assert SecondFactor.objects.filter(person=analyst).exists()


def test_nobody_ends_their_own_access_and_no_lead_anybodys(manager: User, lead: User, engineer: User) -> None:
    for by, person in ((manager, manager), (lead, engineer), (engineer, lead)):
        with pytest.raises(PermissionDenied):
            people.end_access(person, reason="So", by=by)


def test_a_lead_lets_an_engineer_in_at_night_and_not_the_vendors_people(
    proved: Any, lead: User, engineer: User, analyst: User
) -> None:
    for person in (engineer, analyst):
        for number in range(6):
            sign_in(Client(), person, f"guess-{number}")
    browser = proved(lead)
    page = browser.get("/people/").content.decode()
    assert ("Has to wait" in page, analyst.name in page) == (True, False)
    browser.post(f"/people/{engineer.pk}/let-in/")
    assert sign_in(Client(), engineer).status_code == 302
    assert "let_in" in kinds(engineer)
    assert browser.post(f"/people/{analyst.pk}/let-in/").status_code == 404
    assert sign_in(Client(), analyst).status_code == 429
    assert not delays.forgive(engineer)


def test_a_lead_resets_the_factor_of_an_engineer_who_rang(
    proved: Any, browse: Any, lead: User, engineer: User
) -> None:
    with_app(engineer)
    theirs, browser = browse(engineer), proved(lead)
    assert is_signed_in(theirs)
    assert browser.post(f"/people/{engineer.pk}/reset-factors/", {"reason": " "}).status_code == 422
    assert SecondFactor.objects.filter(person=engineer).exists()
    browser.post(f"/people/{engineer.pk}/reset-factors/", {"reason": "Rang from the number on the rota"})
    assert not SecondFactor.objects.filter(person=engineer).exists()
    assert not is_signed_in(theirs)
    assert AccessEvent.objects.get(person=engineer, kind="factors_reset").by == lead
    assert browser.post(f"/people/{lead.pk}/reset-factors/", {"reason": "Mine"}).status_code == 403


def test_the_page_is_for_who_may_help(browse: Any, engineer: User, approver: User, manager: User) -> None:
    for person in (engineer, approver):
        browser = browse(person)
        assert browser.get("/people/").status_code == 403
        assert browser.get(f"/people/{manager.pk}/").status_code == 403


def test_the_list_costs_the_same_for_many(
    browse: Any, manager: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(6):
        with_app(factories.make_user(Role.OOH_ENGINEER, Role.OOH_LEAD))
    browser = browse(manager)
    browser.get("/people/")
    with django_assert_max_num_queries(8):
        assert browser.get("/people/").status_code == 200


def test_the_administration_ends_and_gives_back_as_the_page_does(
    browse: Any, manager: User, engineer: User
) -> None:
    with_app(engineer)
    form = {
        "email": engineer.email, "name": engineer.name, "organisation": engineer.organisation_id,
        "roles_chosen": [Role.OOH_LEAD], "identities-TOTAL_FORMS": 0, "identities-INITIAL_FORMS": 0,
    }  # fmt: skip
    browser, address = browse(manager), f"/admin/accounts/user/{engineer.pk}/change/"
    assert browser.post(address, form).status_code == 302
    assert not SecondFactor.objects.filter(person=engineer).exists()
    assert sorted(kinds(engineer)) == ["ended", "roles_changed"]
    assert (
        browser.get(f"/admin/accounts/user/{engineer.pk}/password/")["Location"] == f"/people/{engineer.pk}/"
    )
