"""Rehearsing over HTTP and the API: who may, where, what is refused, and that it counts nowhere."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import Component, ComponentKind, Customer, User
from accounts.roles import Role
from sops import services
from sops.models import Run, SopVersion
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, RESTART, WAIT

Browse = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night", "estate")]
EVERYBODY = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip


def page(version: SopVersion) -> str:
    return f"/sops/{version.sop.code}/versions/{version.number}/rehearse/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.fixture
def draft(author: User) -> SopVersion:
    return making.make_draft(author, [CHECK, RESTART])


@pytest.fixture
def approved() -> SopVersion:
    return making.make_approved([CHECK, RESTART])


def rehearsals(version: SopVersion) -> list[Run]:
    """But for the one that proved it before it was approved."""
    return list(version.runs.filter(is_rehearsal=True).exclude(outcome="worked").order_by("pk"))


def test_an_author_rehearses_a_draft_and_goes_to_its_run(
    draft: SopVersion, author: User, customer: Customer, browse: Browse
) -> None:
    client = browse(author)
    assert f"Rehearse version {draft.number}" in text(client.get(page(draft)))
    answer = client.post(page(draft), {"customer": customer.pk})
    (run,) = rehearsals(draft)
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert (run.customer, run.started_by, run.incident, run.is_rehearsal) == (customer, author, None, True)
    assert "nothing here is real, published or counted" in text(client.get(f"/runs/{run.pk}/"))


@pytest.mark.parametrize("state", ["draft", "sent_back", "submitted", "approved"])
def test_an_author_rehearses_whatever_is_not_over(
    state: str, author: User, approver: User, customer: Customer, browse: Browse
) -> None:
    version = making.make_approved(author=author) if state == "approved" else making.make_draft(author)
    if state in ("submitted", "sent_back"):
        services.submit_version(version.pk, by=author)
    if state == "sent_back":
        services.send_back_version(version.pk, reason="Ring first", by=approver)
    assert browse(author).post(page(version), {"customer": customer.pk}).status_code == 302
    assert len(rehearsals(version)) == 1


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_may_rehearse_what_is_approved(
    role: str, approved: SopVersion, customer: Customer, browse: Browse, request: pytest.FixtureRequest
) -> None:
    may = role in ("engineer", "lead", "author")
    client = browse(request.getfixturevalue(role))
    answers = [client.get(page(approved)), client.post(page(approved), {"customer": customer.pk})]
    sees_none = role in ("integration", "alert_source")
    expected = [200, 302] if may else [404, 404] if sees_none else [403, 403]
    assert [answer.status_code for answer in answers] == expected
    assert len(rehearsals(approved)) == may


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_may_rehearse_a_draft(
    role: str, draft: SopVersion, customer: Customer, browse: Browse, request: pytest.FixtureRequest
) -> None:
    answer = browse(request.getfixturevalue(role)).post(page(draft), {"customer": customer.pk})
    hidden = ("engineer", "lead", "partner_auditor", "integration", "alert_source")
    expected = 302 if role == "author" else 404 if role in hidden else 403
    assert answer.status_code == expected
    assert len(rehearsals(draft)) == (role == "author")


def test_the_button_shows_to_those_who_may(
    approved: SopVersion, draft: SopVersion, author: User, engineer: User, approver: User, browse: Browse
) -> None:
    address = f"/sops/{approved.sop.code}/"
    assert page(approved) in text(browse(engineer).get(address))
    assert page(approved) in text(browse(author).get(address))
    assert page(approved) not in text(browse(approver).get(address))
    assert page(draft) in text(browse(author).get(f"/sops/{draft.sop.code}/"))


def test_the_pages_of_the_author_and_of_the_approval_lead_there_too(
    draft: SopVersion, author: User, browse: Browse
) -> None:
    client, address = browse(author), f"/admin/sops/sopversion/{draft.pk}/change/"
    assert page(draft) in text(client.get(address))
    services.submit_version(draft.pk, by=author)
    assert page(draft) in text(client.get(address))


def test_nothing_is_started_by_looking_or_without_the_token(
    draft: SopVersion, author: User, customer: Customer, browse: Browse
) -> None:
    browse(author).get(page(draft), {"customer": customer.pk})
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(author)
    assert strict.post(page(draft), {"customer": customer.pk}).status_code == 403
    assert browse(None).get(page(draft))["Location"].startswith("/sign-in/")
    assert rehearsals(draft) == []


@pytest.mark.parametrize("sent", [{}, {"customer": ""}, {"customer": "x"}, {"customer": "9" * 40}])
def test_a_wrong_choice_comes_back_with_its_field(
    draft: SopVersion, author: User, browse: Browse, sent: dict[str, str]
) -> None:
    answer = browse(author).post(page(draft), sent)
    assert answer.status_code == 422
    assert "There is a problem" in text(answer)
    assert rehearsals(draft) == []


def test_a_customer_without_a_target_is_no_choice_and_the_page_says_why(
    draft: SopVersion, author: User, customer: Customer, browse: Browse
) -> None:
    bare = factories.make_customer(name="Bare Hospital")
    real = factories.make_customer(name="Real Hospital", is_simulated=False)
    factories.make_component(real, kind=ComponentKind.ENDPOINT, is_simulated=False)
    client = browse(author)
    shown = text(client.get(page(draft)))
    assert "Bare Hospital has no registered web address" in shown
    assert "1 real customer" in shown
    assert "Real Hospital" not in shown
    for other in (bare, real):
        assert client.post(page(draft), {"customer": other.pk}).status_code == 422
    assert rehearsals(draft) == []


def test_a_target_that_is_not_simulated_does_not_count(
    draft: SopVersion, author: User, estate: dict[str, Component], browse: Browse
) -> None:
    Component.objects.filter(pk=estate["app_service"].pk).update(is_simulated=False)
    shown = text(browse(author).get(page(draft)))
    assert "has no registered application service" in shown
    assert "Nowhere to rehearse it" in shown


def test_a_draft_that_is_not_whole_says_what_is_wrong_instead(
    author: User, customer: Customer, browse: Browse
) -> None:
    version = making.make_draft(author, [CHECK | {"parameters": {"tries": 99}}])
    client = browse(author)
    assert "Step 1: tries: " in text(client.get(page(version)))
    answer = client.post(page(version), {"customer": customer.pk})
    assert (answer.status_code, "Step 1: tries: " in text(answer)) == (422, True)


def test_what_is_over_cannot_be_rehearsed(
    approved: SopVersion, approver: User, engineer: User, customer: Customer, browse: Browse
) -> None:
    services.withdraw_version(approved.pk, reason="Wrong slot", by=approver)
    client = browse(engineer)
    assert "is over" in text(client.get(page(approved)))
    assert client.post(page(approved), {"customer": customer.pk}).status_code == 409
    assert rehearsals(approved) == []


def test_pressed_twice_it_starts_once(
    draft: SopVersion, author: User, customer: Customer, browse: Browse
) -> None:
    client = browse(author)
    first, second = (client.post(page(draft), {"customer": customer.pk}) for _ in range(2))
    assert first["Location"] == second["Location"]
    assert len(rehearsals(draft)) == 1
    assert "A rehearsal of this version goes on" in text(client.get(page(draft)))


def test_a_changed_draft_is_rehearsed_anew(draft: SopVersion, author: User, customer: Customer) -> None:
    first = services.rehearse(draft.pk, customer_id=customer.pk, by=author)
    draft.stop_when = "Two hospitals ring"
    draft.save()
    assert services.rehearse(draft.pk, customer_id=customer.pk, by=author) != first


def test_a_rehearsal_is_marked_among_the_runs_of_its_sop_and_counted_nowhere(
    approved: SopVersion, engineer: User, customer: Customer, browse: Browse
) -> None:
    services.rehearse(approved.pk, customer_id=customer.pk, by=engineer)
    shown = text(browse(engineer).get(f"/sops/{approved.sop.code}/"))
    assert shown.count("Rehearsal") >= 2
    assert not Run.objects.counted().exists()


def test_an_address_of_no_version_is_not_found(draft: SopVersion, author: User, browse: Browse) -> None:
    client = browse(author)
    for number in ("0", "2", "9999", "99999", "x"):
        assert client.get(f"/sops/{draft.sop.code}/versions/{number}/rehearse/").status_code == 404


def test_the_page_asks_the_same_for_any_number_of_customers(
    draft: SopVersion, author: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    client = browse(author)
    client.get(page(draft))
    with django_assert_max_num_queries(14) as few:
        client.get(page(draft))
    for _ in range(5):
        making.make_estate(factories.make_customer(), factories.make_service())
    with django_assert_max_num_queries(14) as many:
        client.get(page(draft))
    assert len(few) == len(many)


# ---------- API ----------


def test_an_engineer_rehearses_over_the_api_what_is_in_force(
    approved: SopVersion, engineer: User, customer: Customer, api: Api
) -> None:
    address = f"/api/v1/sops/{approved.sop.code}/rehearsals/"
    answer = api(engineer).post(address, {"customer": customer.short_name})
    assert answer.status_code == 201, answer.json()
    (run,) = rehearsals(approved)
    told = answer.json()
    assert (told["id"], told["incident"], told["is_rehearsal"]) == (run.pk, None, True)


def test_an_author_names_the_draft_over_the_api(
    approved: SopVersion, author: User, customer: Customer, api: Api
) -> None:
    newer = making.make_draft(author, [CHECK, RESTART, WAIT], sop=approved.sop)
    address = f"/api/v1/sops/{approved.sop.code}/rehearsals/"
    answer = api(author).post(address, {"customer": customer.short_name, "version": 2})
    assert (answer.status_code, answer.json()["version"]) == (201, 2)
    assert len(rehearsals(newer)) == 1


@pytest.mark.parametrize("role", EVERYBODY)
def test_who_may_rehearse_over_the_api(
    role: str, approved: SopVersion, customer: Customer, api: Api, request: pytest.FixtureRequest
) -> None:
    address = f"/api/v1/sops/{approved.sop.code}/rehearsals/"
    answer = api(request.getfixturevalue(role)).post(address, {"customer": customer.short_name})
    may = role in ("engineer", "lead", "author")
    assert answer.status_code == (201 if may else 403)
    assert api(None).post(address, {"customer": customer.short_name}).status_code == 401


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({}, "customer"), ({"customer": "nobody"}, "customer"), ({"customer": "x\0y"}, "customer"),
        ({"customer": "hospital", "version": 0}, "version"), ({"customer": "hospital", "place": 1}, "place"),
        ({"customer": "hospital", "version": 77}, "version"),
    ],
)  # fmt: skip
def test_a_wrong_call_names_its_field(
    approved: SopVersion, engineer: User, api: Api, sent: dict[str, Any], field: str
) -> None:
    factories.make_customer(short_name="hospital")
    answer = api(engineer).post(f"/api/v1/sops/{approved.sop.code}/rehearsals/", sent)
    assert answer.status_code == 400
    assert field in str(answer.json())
    assert rehearsals(approved) == []


def test_a_real_customer_is_none_of_the_simulated_estate(
    approved: SopVersion, engineer: User, api: Api
) -> None:
    real = factories.make_customer(is_simulated=False)
    address = f"/api/v1/sops/{approved.sop.code}/rehearsals/"
    answer = api(engineer).post(address, {"customer": real.short_name})
    assert answer.status_code == 400
    assert "simulated estate" in str(answer.json())


def test_an_engineer_does_not_learn_of_a_draft_over_the_api(
    approved: SopVersion, author: User, engineer: User, customer: Customer, api: Api
) -> None:
    making.make_draft(author, sop=approved.sop)
    unapproved = making.make_draft(factories.make_user(Role.SOP_AUTHOR))
    client = api(engineer)
    for code, version in ((approved.sop.code, 2), (unapproved.sop.code, 1)):
        sent = {"customer": customer.short_name, "version": version}
        answer = client.post(f"/api/v1/sops/{code}/rehearsals/", sent)
        assert (answer.status_code, "version" in str(answer.json())) == (400, True)
    address = f"/api/v1/sops/{unapproved.sop.code}/rehearsals/"
    assert client.post(address, {"customer": customer.short_name}).status_code == 409
    assert client.post("/api/v1/sops/SOP-999/rehearsals/", {"customer": "x"}).status_code == 404
