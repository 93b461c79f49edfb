"""What may be started on an incident, and why the rest may not."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.exceptions import PermissionDenied
from django.test import Client

from accounts.errors import Conflict
from accounts.models import Component, User
from incidents import services as incidents
from incidents.models import Incident
from sops import services
from sops.applicability import choices_for
from sops.models import Run, Sop
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, make_approved, start, work


@pytest.fixture
def triaged(on_night: Incident, engineer: User) -> Incident:
    return making.triaging(on_night, engineer)


def test_an_sop_in_force_starts_and_the_same_start_again_is_the_same_run(
    triaged: Incident, engineer: User
) -> None:
    version = make_approved()
    run = services.start_run(triaged.pk, version.pk, by=engineer, seen="triaging")
    assert services.start_run(triaged.pk, version.pk, by=engineer, seen="triaging") == run
    assert Run.objects.counted().count() == 1
    entry = triaged.timeline.get(data__transition="start_sop")
    assert entry.text == f"Started {version.sop.code} version 1."


def test_of_two_people_the_second_reads_who_was_faster(
    triaged: Incident, engineer: User, other_engineer: User
) -> None:
    version = make_approved()
    services.start_run(triaged.pk, version.pk, by=engineer)
    with pytest.raises(Conflict, match=f"OOH engineer 1 has already started {version.sop.code} on this"):
        services.start_run(triaged.pk, version.pk, by=other_engineer)
    with pytest.raises(Conflict, match="has already started"):
        services.start_run(triaged.pk, make_approved().pk, by=engineer)


def test_an_incident_that_the_person_saw_otherwise_is_a_conflict(triaged: Incident, engineer: User) -> None:
    with pytest.raises(Conflict):
        services.start_run(triaged.pk, make_approved().pk, by=engineer, seen="escalated")


def test_a_logged_incident_has_to_be_triaged_first(on_night: Incident, engineer: User) -> None:
    with pytest.raises(Conflict, match="You cannot start sop it while it is logged"):
        services.start_run(on_night.pk, make_approved().pk, by=engineer)


def test_a_call_that_the_gate_did_not_accept_runs_nothing(triaged: Incident, engineer: User) -> None:
    Incident.objects.filter(pk=triaged.pk).update(gate_outcome="decline")
    with pytest.raises(Conflict, match="the gate has not let it in"):
        services.start_run(triaged.pk, make_approved().pk, by=engineer)


def test_after_a_run_the_incident_goes_back_to_triage_before_the_next(
    on_night: Incident, engineer: User
) -> None:
    run = work(start(on_night, [CHECK], by=engineer))
    services.close(run.pk, outcome="not_restored", by=engineer)
    version = make_approved()
    with pytest.raises(Conflict, match="An SOP has ended on it"):
        services.start_run(on_night.pk, version.pk, by=engineer)
    incidents.resume_triage(on_night.pk, reason="It did not help", by=engineer)
    assert services.start_run(on_night.pk, version.pk, by=engineer).is_active


def _refused(triaged: Incident, version_id: int, engineer: User, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        services.start_run(triaged.pk, version_id, by=engineer)
    triaged.refresh_from_db()
    assert (triaged.state, triaged.has_running_sop) == ("triaging", False)
    assert not Run.objects.counted().exists()


def test_a_version_past_its_review_date_cannot_start(
    triaged: Incident, engineer: User, night: time_machine.Traveller
) -> None:
    version = make_approved(review_on=date(2026, 11, 24))
    night.shift(timedelta(days=2))
    assert services.start_run(triaged.pk, version.pk, by=engineer).is_active


def test_a_version_on_the_day_after_its_review_date_cannot_start(
    triaged: Incident, engineer: User, night: time_machine.Traveller
) -> None:
    version = make_approved(review_on=date(2026, 11, 24))
    night.shift(timedelta(days=3))
    _refused(triaged, version.pk, engineer, "was to be reviewed by 24 November 2026, and was not")


def test_a_suspended_sop_cannot_start_and_says_who_and_why(
    triaged: Incident, engineer: User, approver: User
) -> None:
    version = make_approved()
    services.suspend_sop(version.sop_id, reason="Wrong slot", by=approver)
    _refused(triaged, version.pk, engineer, r"Suspended by SOP approver, Sun 22 Nov 02:07 GMT: Wrong slot")


def test_an_sop_of_another_service_or_customer_cannot_start(triaged: Incident, engineer: User) -> None:
    ward = factories.make_service("ward", "Compucare Ward")
    _refused(triaged, make_approved(services=[ward]).pk, engineer, "Not for Compucare 8")
    other = factories.make_customer()
    _refused(triaged, make_approved(customers=[other]).pk, engineer, "Not for Wexcombe Park Hospital")


def test_an_sop_of_other_situations_cannot_start_and_one_of_this_one_can(
    triaged: Incident, engineer: User
) -> None:
    version = make_approved()
    Sop.objects.filter(pk=version.sop_id).update(situations=["does_not_open", "messages_not_processed"])
    _refused(triaged, version.pk, engineer, "Not for this failure: nobody can sign in")
    Sop.objects.filter(pk=version.sop_id).update(situations=["does_not_open", "cannot_sign_in"])
    assert services.start_run(triaged.pk, version.pk, by=engineer).is_active


def test_the_page_of_the_choice_says_for_which_failure_an_sop_is_not(
    triaged: Incident, engineer: User, browse: Callable[[User | None], Client]
) -> None:
    version = make_approved()
    Sop.objects.filter(pk=version.sop_id).update(situations=["does_not_open"])
    page = browse(engineer).get(f"/incidents/{triaged.reference}/sop/").content.decode()
    assert "Not for this failure: nobody can sign in" in page
    assert f"Start {version.sop.code}" not in page


def test_an_sop_whose_target_is_not_registered_cannot_start(triaged: Incident, engineer: User) -> None:
    vpn = CHECK | {"action": "vpn_state", "target_kind": "vpn_gateway"}
    _refused(triaged, make_approved([vpn]).pk, engineer, "has no registered VPN gateway")


@pytest.mark.parametrize(
    "change", [{"action": "scale_out"}, {"target_kind": "endpoint"}, {"parameters": {"instances": 4}}]
)
def test_a_version_that_the_catalogue_has_left_behind_does_not_apply(
    triaged: Incident, engineer: User, change: dict[str, Any]
) -> None:
    version = make_approved([RESTART])
    version.steps.update(**change)
    (choice,) = choices_for(triaged, engineer)
    assert "in a way that this desk no longer offers" in choice.reason


def test_a_version_whose_steps_were_changed_beneath_us_cannot_start(
    triaged: Incident, engineer: User
) -> None:
    version = make_approved([RESTART])
    version.steps.update(parameters={"soft": False})
    _refused(triaged, version.pk, engineer, "is not as it was approved")


def test_a_version_that_is_superseded_cannot_start(
    triaged: Incident, engineer: User, author: User, approver: User
) -> None:
    old = make_approved()
    newer = making.make_draft(author, sop=old.sop)
    making.rehearsed(services.submit_version(newer.pk, by=author))
    services.approve_version(newer.pk, reason="Better", review_on=making.REVIEW_ON, by=approver)
    _refused(triaged, old.pk, engineer, "No approved version")


@pytest.mark.parametrize("role", ["analyst", "author", "approver", "manager", "partner_auditor"])
def test_only_engineers_and_leads_start(role: str, triaged: Incident, request: pytest.FixtureRequest) -> None:
    with pytest.raises(PermissionDenied):
        services.start_run(triaged.pk, make_approved().pk, by=request.getfixturevalue(role))


def test_the_choice_shows_what_applies_first_and_why_the_others_do_not(
    triaged: Incident, engineer: User, author: User
) -> None:
    ward = factories.make_service("ward", "Compucare Ward")
    other = make_approved(services=[ward])
    making.make_draft(author)
    fits = make_approved([CHECK, MANUAL])
    choices = choices_for(triaged, engineer)
    assert [(each.version, each.reason) for each in choices] == [
        (fits, ""),
        (other, "Not for Compucare 8"),
        (None, "No approved version"),
    ]


def test_a_target_is_of_the_incident_s_service_or_the_customer_s_or_shared_never_another_s(
    triaged: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    factories.make_component(triaged.customer, service=factories.make_service("ward", "Ward"))
    factories.make_component(factories.make_customer(), service=triaged.service)
    run = services.start_run(triaged.pk, make_approved([RESTART]).pk, by=engineer)
    assert run.step_runs.get().component == estate["app_service"]
