"""Sharing one incident with one person: for a time, with a reason, on record, and of no other incident."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.contrib.auth.models import Permission as DjangoPermission
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from guardian.shortcuts import assign_perm
from rest_framework.test import APIClient

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from incidents import services, sharing
from incidents.models import Incident, IncidentGrant, TimelineEntry
from tests import factories

Browse = Callable[[User], Client]
Api = Callable[[User], APIClient]
SHARED = "incidents.share_incident"


def share(incident: Incident, person: User, by: User, hours: float = 12) -> IncidentGrant:
    until = timezone.now() + timedelta(hours=hours)
    return sharing.share(incident.pk, person=person, reason="Knows this schema", expires_at=until, by=by)


def sees(person: User, incident: Incident) -> bool:
    person = User.objects.get(pk=person.pk)  # as the next request reads them
    return Incident.objects.visible_to(person).filter(pk=incident.pk).exists()


def test_a_grant_shows_one_incident_and_no_other(
    incident: Incident, engineer: User, lead: User, specialist: User, browse: Browse, api: Api
) -> None:
    other = factories.make_incident(by=engineer)
    assert not Incident.objects.visible_to(specialist).exists()
    assert api(factories.make_user(Role.SOP_AUTHOR)).get("/api/v1/incidents/").status_code == 403
    share(incident, specialist, lead)
    assert list(Incident.objects.visible_to(specialist)) == [incident]
    assert specialist.has_perm(SHARED, incident)
    assert not specialist.has_perm(SHARED, other)
    assert not specialist.has_perm(SHARED)
    page = browse(specialist)
    assert page.get(f"/incidents/{incident.reference}/").status_code == 200
    assert page.get(f"/incidents/{other.reference}/").status_code == 404
    assert 'href="/incidents/"' in page.get("/pages/").content.decode()  # the way there, in the menu
    assert [row["reference"] for row in api(specialist).get("/api/v1/incidents/").data["results"]] == [
        incident.reference
    ]


def test_the_timeline_comes_with_it_and_product_notes_only_where_the_role_sees_them(
    incident: Incident, lead: User, specialist: User, author: User, analyst: User
) -> None:
    services.add_product_note(incident.pk, text="Schema 12", by=analyst)
    for person in (specialist, author):
        share(incident, person, lead)
    assert TimelineEntry.objects.visible_to(specialist).filter(wall="vendor").exists()
    assert TimelineEntry.objects.visible_to(author).exists()
    assert not TimelineEntry.objects.visible_to(author).filter(wall="vendor").exists()


def test_an_expired_grant_is_nothing_from_that_second_on(
    incident: Incident, lead: User, specialist: User, night: Any
) -> None:
    share(incident, specialist, lead, hours=1)
    night.shift(3599)
    assert sees(specialist, incident)
    assert specialist.has_perm(SHARED, incident)
    night.shift(1)
    assert not sees(specialist, incident)
    assert not specialist.has_perm(SHARED, incident)
    share(incident, specialist, lead, hours=1)  # and may be given again
    assert sees(specialist, incident)


def test_a_withdrawn_grant_is_nothing_at_once_and_stays_on_record(
    incident: Incident, lead: User, manager: User, specialist: User
) -> None:
    grant = share(incident, specialist, lead)
    for _ in range(2):
        sharing.unshare(grant.pk, by=manager)
    assert not sees(specialist, incident)
    kept = IncidentGrant.objects.get(pk=grant.pk)
    assert (kept.given_by, kept.withdrawn_by, kept.reason) == (lead, manager, "Knows this schema")
    told = list(incident.timeline.filter(title__contains=str(specialist)).values_list("title", "by", "text"))
    assert [(title.partition(" until")[0], by, text) for title, by, text in told] == [
        (f"No longer shared with {specialist}", manager.pk, ""),
        (f"Shared with {specialist}", lead.pk, "Knows this schema"),
    ]
    audited = LogEntry.objects.get_for_object(grant).order_by("id")
    assert [entry.action for entry in audited] == [LogEntry.Action.CREATE, LogEntry.Action.UPDATE]


def test_somebody_who_left_or_a_superuser_has_no_grant(
    incident: Incident, lead: User, specialist: User
) -> None:
    share(incident, specialist, lead)
    specialist.is_active = False
    assert not specialist.has_perm(SHARED, incident)
    specialist.is_active, specialist.is_superuser = True, True
    assert not specialist.has_perm(SHARED, incident)


def test_who_may_not_or_says_not_why_or_for_how_long_gives_nothing(
    incident: Incident, engineer: User, analyst: User, lead: User, specialist: User, integration: User
) -> None:
    until = timezone.now() + timedelta(hours=1)
    given: dict[str, Any] = {"person": specialist, "reason": "x", "expires_at": until, "by": lead}
    for by in (engineer, analyst, specialist):
        with pytest.raises(PermissionDenied):
            sharing.share(incident.pk, **given | {"by": by})
    bad = {
        "reason": " ", "expires_at": timezone.now(), "person": engineer, "lasts": until + timedelta(days=400),
    }  # fmt: skip
    for field, value in bad.items():
        with pytest.raises(ValidationError):
            sharing.share(incident.pk, **given | {field if field != "lasts" else "expires_at": value})
    with pytest.raises(ValidationError):
        sharing.share(incident.pk, **given | {"person": integration})
    with pytest.raises(ValidationError, match="NHS"):
        sharing.share(incident.pk, **given | {"reason": "NHS 999 012 3456"})
    assert not IncidentGrant.objects.exists()
    share(incident, specialist, lead)
    with pytest.raises(Conflict, match="has it already"):
        share(incident, specialist, lead)


def test_nothing_makes_a_grant_without_reason_and_end(
    incident: Incident, lead: User, specialist: User
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        assign_perm("share_incident", specialist, incident)
    grant = share(incident, specialist, lead)
    for wrong in ({"reason": ""}, {"expires_at": grant.given_at}, {"withdrawn_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            IncidentGrant.objects.filter(pk=grant.pk).update(**wrong)


def test_a_lead_shares_and_withdraws_on_a_page(
    incident: Incident, lead: User, specialist: User, engineer: User, browse: Browse
) -> None:
    page, address = browse(lead), f"/incidents/{incident.reference}/share/"
    assert address in page.get(f"/incidents/{incident.reference}/").content.decode()
    assert "Shared with nobody" in page.get(address).content.decode()
    empty = page.post(address, {"person": "", "lasts": "", "reason": ""})
    assert empty.status_code == 422
    assert set(empty.context["form"].errors) == {"person", "lasts", "reason"}
    wrong = page.post(address, {"person": engineer.pk, "lasts": "9999", "reason": "Kept words"})
    assert (wrong.status_code, "Kept words" in wrong.content.decode()) == (422, True)
    answer = page.post(address, {"person": specialist.pk, "lasts": "12", "reason": "Knows it"}, follow=True)
    assert f"{specialist} sees it from now on" in answer.content.decode()
    again = page.post(address, {"person": specialist.pk, "lasts": "12", "reason": "Knows it"})
    assert (again.status_code, "has it already" in again.content.decode()) == (409, True)
    grant = IncidentGrant.objects.get()
    answer = page.post(f"{address}{grant.pk}/withdraw/", follow=True)
    assert f"{specialist} sees it no more" in answer.content.decode()
    assert not sees(specialist, incident)
    other = browse(engineer)
    assert other.get(address).status_code == 403
    assert other.post(f"{address}{grant.pk}/withdraw/").status_code == 403
    assert address not in other.get(f"/incidents/{incident.reference}/").content.decode()


def test_lists_ask_as_much_with_ten_thousand_grants_as_with_one(
    incident: Incident, lead: User, specialist: User, browse: Browse, api: Api,
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    share(incident, specialist, lead)
    page, caller, pages = browse(specialist), api(specialist), ("/pages/", "/incidents/", "/search/?q=in")
    list_of = "/api/v1/incidents/?page_size=100"

    def asked() -> dict[str, int]:
        counts = {}
        for address in (*pages, list_of):
            client = caller if address == list_of else page
            client.get(address)  # what is asked once a process, and what is noted once an hour
            with django_assert_max_num_queries(30) as queries:
                assert client.get(address).status_code == 200
            counts[address] = len(queries)
        return counts

    few = asked()
    _grant_ten_thousand(incident, specialist, lead)
    assert asked() == few
    assert Incident.objects.visible_to(specialist).count() == 101


def _grant_ten_thousand(incident: Incident, specialist: User, lead: User) -> None:
    """A hundred incidents more, each shared with a hundred people."""
    people = User.objects.bulk_create(
        User(email=f"specialist{n}@example.org", name=f"Specialist {n}", organisation=specialist.organisation)
        for n in range(99)
    )
    share_one = DjangoPermission.objects.get(codename="share_incident")
    for number in range(100):
        incident.pk, incident.reference, incident.public_id = None, f"OOH-2026-1{number:04}", uuid4().hex[:8]
        incident._state.adding = True
        Incident.objects.bulk_create([incident])
        IncidentGrant.objects.bulk_create(
            IncidentGrant(user=person, permission=share_one, content_object=incident, reason="x",
                          given_by=lead, expires_at=timezone.now() + timedelta(hours=1))
            for person in (*people, specialist)
        )  # fmt: skip
    assert IncidentGrant.objects.count() == 10_001
