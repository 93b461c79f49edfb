"""What the database itself refuses, whichever code tries it."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from incidents.models import Incident
from sops import services
from sops.models import Run, SopVersion, Step, StepRun, Suspension
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, RESTART, start, step, work

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]


def refuses(name: str, rows: Any, **fields: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        rows.update(**fields)


def one(version: SopVersion) -> Any:
    return SopVersion.objects.filter(pk=version.pk)


def test_author_and_approver_are_never_the_same_person(author: User) -> None:
    version = making.make_approved(author=author)
    refuses("sop_version_four_eyes", one(version), approver=author)


def test_author_and_approver_are_both_of_the_vendor(author: User) -> None:
    version = making.make_approved(author=author)
    refuses("sop_version_vendor_writes_and_approves", one(version), author_side="partner")
    refuses("sop_version_vendor_writes_and_approves", one(version), approver_side="partner")


@pytest.mark.parametrize("missing", ["approver", "approved_at", "review_on"])
def test_an_approved_version_says_who_when_and_until(missing: str) -> None:
    refuses("sop_version_approved_says_who_when_until", one(making.make_approved()), **{missing: None})


def test_an_approved_version_has_a_fingerprint() -> None:
    refuses("sop_version_approved_says_who_when_until", one(making.make_approved()), content_hash="")


def test_a_draft_cannot_be_written_as_approved(author: User) -> None:
    refuses("sop_version_approved_says_who_when_until", one(making.make_draft(author)), state="approved")


def test_an_sop_has_one_approved_version(author: User) -> None:
    version = making.make_approved(author=author)
    second = making.make_draft(author, sop=version.sop)
    rows = one(second)
    approval = {name: getattr(version, name) for name in ("approver_id", "approver_side", "approved_at")}
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(state="approved", review_on=version.review_on, content_hash="x", **approval)


def test_no_version_touches_product_data(author: User) -> None:
    refuses("sop_version_touches_no_product_data", one(making.make_draft(author)), touches_product_data=True)


def test_a_state_is_one_of_those_that_there_are(author: User) -> None:
    refuses("sop_version_state_known", one(making.make_draft(author)), state="in force")


def test_an_approved_version_never_changes(author: User) -> None:
    version = making.make_approved(author=author)
    version.way_back = "Restore from backup"
    with pytest.raises(Conflict, match="cannot be changed"):
        version.save()
    version.refresh_from_db()
    version.review_on += timedelta(days=365)
    with pytest.raises(Conflict, match="cannot be changed"):
        version.save()


def test_the_steps_of_an_approved_version_never_change(author: User) -> None:
    first = making.make_approved(author=author).steps.get()
    first.title = "Restart everything"
    with pytest.raises(Conflict, match="cannot be changed"):
        first.save()
    with pytest.raises(Conflict, match="cannot be changed"):
        first.delete()
    with pytest.raises(Conflict, match="cannot be changed"):
        Step.objects.create(version=first.version, position=2, **CHECK)


def test_a_version_that_waits_for_approval_does_not_change_either(author: User) -> None:
    version = services.submit_version(making.make_draft(author).pk, by=author)
    version.use_when = "Always"
    with pytest.raises(Conflict, match="cannot be changed"):
        version.save()


def test_versions_are_never_deleted(author: User) -> None:
    with pytest.raises(TypeError):
        making.make_draft(author).delete()


def test_nobody_sets_a_state_directly(author: User) -> None:
    with pytest.raises(AttributeError):
        making.make_draft(author).state = "approved"


def test_a_suspension_names_its_scope_and_says_why_and_who_lifted_it(author: User, approver: User) -> None:
    sop = making.make_draft(author).sop
    held = services.suspend_sop(sop.pk, reason="Wrong slot", by=approver)
    rows = Suspension.objects.filter(pk=held.pk)
    refuses("suspension_says_why", rows, reason="")
    refuses("suspension_names_its_scope", rows, scope="automation")
    refuses("suspension_names_its_scope", rows, action="restart_app_service")
    refuses("suspension_lifted_says_by_whom", rows, lifted_at=timezone.now())


def test_a_thing_is_suspended_once_at_a_time(author: User, approver: User) -> None:
    sop, other = making.make_draft(author).sop, making.make_draft(author).sop
    services.suspend_sop(sop.pk, reason="Wrong slot", by=approver)
    held = services.suspend_sop(other.pk, reason="Wrong slot", by=approver)
    refuses("suspension_one_an_sop|sops_suspension.sop_id", Suspension.objects.filter(pk=held.pk), sop=sop)
    services.suspend_automation(reason="Azure is unwell", by=approver)
    with pytest.raises(Conflict, match="already suspended"):
        services.suspend_automation(reason="Azure is unwell", by=approver)


def test_a_step_names_its_action_and_target_and_a_person_s_step_none(author: User) -> None:
    version = making.make_draft(author)
    refuses("step_names_its_action_and_target", version.steps, action="")
    refuses("step_names_its_action_and_target", version.steps, kind="manual")
    refuses("step_kind_known", version.steps, kind="script", action="", target_kind="")


def test_one_run_is_active_on_an_incident(on_night: Incident, engineer: User) -> None:
    run = start(on_night, [CHECK], by=engineer)
    with pytest.raises(IntegrityError), transaction.atomic():
        Run.objects.create(
            version=run.version, incident=on_night, started_by=engineer, started_at=timezone.now()
        )


def test_a_run_that_ended_says_how(on_night: Incident, engineer: User) -> None:
    rows = Run.objects.counted().filter(pk=start(on_night, [CHECK], by=engineer).pk)
    now = timezone.now()
    refuses("run_ended_says_how", rows, state="finished", ended_at=now)
    refuses("run_ended_says_how", rows, state="stopped", ended_at=now)
    refuses("run_ended_says_how", rows, ended_at=now)
    refuses("run_state_known|run_ended_says_how", rows, state="paused")  # whichever is asked first


def test_one_disruptive_step_acts_on_a_target_even_when_it_is_not_known_whether_it_does(
    on_night: Incident, engineer: User
) -> None:
    first = work(start(on_night, [RESTART], by=engineer))
    again = factories.make_incident(by=engineer, customer=on_night.customer)
    second = work(start(again, [RESTART], by=engineer))
    now = timezone.now()
    claim = {
        "confirmed_by": engineer, "confirmed_at": now, "claimed_at": now, "claim_expires_at": now,
        "claimed_by": "one",
    }  # fmt: skip
    other = StepRun.objects.filter(pk=step(second, 1).pk)
    for held in ("claimed", "unknown"):
        StepRun.objects.filter(pk=step(first, 1).pk).update(state=held, **claim)
        with pytest.raises(IntegrityError), transaction.atomic():
            other.update(state="claimed", **claim)
    StepRun.objects.filter(pk=step(first, 1).pk).update(state="done")
    assert other.update(state="claimed", **claim) == 1


def test_a_disruptive_step_is_never_claimed_without_a_person_who_confirmed(
    on_night: Incident, engineer: User
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    now = timezone.now()
    refuses(
        "step_run_disruptive_was_confirmed", StepRun.objects.filter(run=run),
        state="claimed", claimed_at=now, claim_expires_at=now, claimed_by="one",
    )  # fmt: skip


def test_a_claim_says_by_whom_and_until_when(on_night: Incident, engineer: User) -> None:
    run = start(on_night, [CHECK], by=engineer)
    refuses("step_run_claimed_says_by_whom", StepRun.objects.filter(run=run), state="claimed")
