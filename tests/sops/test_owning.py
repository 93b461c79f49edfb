"""One SOP given to somebody who is no author: they write its drafts, for a time, and no other's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.models import Customer, User
from accounts.roles import Role
from sops import services
from sops.models import SopGrant, SopVersion
from sops.models.version import VersionState, is_another_approver
from sops.services.owning import give_sop, take_sop_back
from sops.writing import fingerprint
from tests import factories
from tests.sops import making

Browse = Callable[[User], Client]
OWN = "sops.own_sop"


@pytest.fixture
def version(db: None) -> SopVersion:
    return making.make_approved()


def give(version: SopVersion, person: User, by: User, hours: float = 24) -> SopGrant:
    until = timezone.now() + timedelta(hours=hours)
    return give_sop(version.sop_id, person=person, reason="Knows the gateway", expires_at=until, by=by)


def write(draft: SopVersion, by: User) -> SopVersion:
    texts = {name: "Words" for name in ("summary",)}
    said = {field: getattr(draft, field) for field in services.drafting.TEXTS} | texts
    return services.write_draft(draft.pk, texts=said, steps=[], seen=fingerprint(draft), by=by)


def test_whoever_was_given_an_sop_writes_its_drafts_and_no_other(
    version: SopVersion, approver: User, manager: User
) -> None:
    other = making.make_approved()
    with pytest.raises(PermissionDenied):
        services.start_draft(version.sop_id, by=approver)
    give(version, approver, manager)
    draft = services.start_draft(version.sop_id, by=approver)
    assert write(draft, approver).summary == "Words"
    with pytest.raises(PermissionDenied):
        services.start_draft(other.sop_id, by=approver)
    assert approver.has_perm(OWN, version.sop)
    assert not approver.has_perm(OWN, other.sop)
    draft.refresh_from_db()
    assert draft.state == VersionState.DRAFT
    assert not is_another_approver(draft, approver)  # four eyes: never one's own


def test_whoever_was_given_an_sop_rehearses_its_drafts_to_their_end(
    version: SopVersion, approver: User, manager: User, customer: Customer, night: Any, browse: Browse
) -> None:
    """Without that nobody could approve what they wrote."""
    draft = making.make_draft(version.author, [making.MANUAL], sop=version.sop)
    with pytest.raises(PermissionDenied):
        services.rehearse(draft.pk, customer_id=customer.pk, by=approver)
    grant = give(version, approver, manager)
    run = services.rehearse(draft.pk, customer_id=customer.pk, by=approver)
    shown = browse(approver).get(f"/runs/{run.pk}/").content.decode()
    assert "Record step 1" in shown
    services.answer(run.pk, 1, evidence="They agree", by=approver)
    assert services.close(run.pk, outcome="worked", by=approver).outcome == "worked"
    other = services.rehearse(draft.pk, customer_id=customer.pk, by=approver)
    take_sop_back(grant.pk, by=manager)
    with pytest.raises(PermissionDenied):
        services.answer(other.pk, 1, evidence="They agree", by=User.objects.get(pk=approver.pk))


def test_over_or_taken_back_it_lets_write_nothing_from_then_on(
    version: SopVersion, approver: User, manager: User, night: Any
) -> None:
    grant = give(version, approver, manager, hours=1)
    draft = services.start_draft(version.sop_id, by=approver)
    night.shift(3600)
    with pytest.raises(PermissionDenied):
        write(draft, approver)
    grant = give(version, approver, manager, hours=1)
    draft = write(draft, approver)
    take_sop_back(grant.pk, by=manager)
    with pytest.raises(PermissionDenied):
        write(draft, approver)
    assert [each.action for each in LogEntry.objects.get_for_object(grant).order_by("id")] == [
        LogEntry.Action.CREATE, LogEntry.Action.UPDATE
    ]  # fmt: skip


def test_who_gives_and_who_is_given(
    version: SopVersion, approver: User, manager: User, author: User, engineer: User, vendor_auditor: User
) -> None:
    for by in (author, approver, engineer, vendor_auditor):
        with pytest.raises(PermissionDenied):
            give(version, approver, by)
    for person in (author, engineer, vendor_auditor, factories.make_user(Role.SPECIALIST)):
        with pytest.raises(ValidationError):
            give(version, person, manager)
    assert not SopGrant.objects.exists()


def test_a_manager_gives_and_takes_back_on_a_page(
    version: SopVersion, approver: User, manager: User, author: User, browse: Browse
) -> None:
    page, address = browse(manager), f"/sops/{version.sop.code}/owners/"
    assert address in page.get(f"/sops/{version.sop.code}/").content.decode()
    assert "Given to nobody" in page.get(address).content.decode()
    wrong = page.post(address, {"person": author.pk, "lasts": "", "reason": "Kept words"})
    assert set(wrong.context["form"].errors) == {"person", "lasts"}
    assert (wrong.status_code, "Kept words" in wrong.content.decode()) == (422, True)
    given = {"person": approver.pk, "lasts": "720", "reason": "Knows it"}
    assert "writes SOP" in page.post(address, given, follow=True).content.decode()
    assert page.post(address, given).status_code == 409
    writer = browse(approver)
    assert "Start a new version" in writer.get(f"/sops/{version.sop.code}/").content.decode()
    answer = writer.post(f"/sops/{version.sop.code}/draft/", follow=True)
    assert (answer.status_code, "seen" in answer.content.decode()) == (200, True)  # the page of the draft
    grant = SopGrant.objects.get()
    answer = page.post(f"{address}{grant.pk}/take-back/", follow=True)
    assert "no more" in answer.content.decode()
    assert "Start a new version" not in writer.get(f"/sops/{version.sop.code}/").content.decode()
    for stranger in (author, approver):
        assert browse(stranger).get(address).status_code == 403
        assert browse(stranger).post(f"{address}{grant.pk}/take-back/").status_code == 403
