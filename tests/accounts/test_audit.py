"""Every model leaves a trail, with who did it and in which request."""

from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.apps import apps
from django.test import Client

from accounts.audit import acting_as, request_id
from accounts.models import User
from incidents import services
from incidents.models import Incident

# Not changes that a person or the desk makes: the trail itself, Django's own bookkeeping, sign-in sessions.
NOT_AUDITED = {
    "admin.LogEntry", "auditlog.LogEntry", "auth.Permission", "contenttypes.ContentType", "sessions.Session",
}  # fmt: skip


def test_each_model_is_registered_with_auditlog() -> None:
    models = {model for model in apps.get_models() if model._meta.label not in NOT_AUDITED}
    assert {model._meta.label for model in models if not auditlog.contains(model)} == set()


def test_a_change_in_the_browser_names_person_and_request(
    engineer: User, incident: Incident, browse: Callable[[User], Client]
) -> None:
    answer = browse(engineer).post(f"/incidents/{incident.reference}/begin-triage/")
    entry = LogEntry.objects.get_for_object(incident).latest("id")
    assert (entry.actor, entry.cid) == (engineer, answer["X-Request-ID"])
    assert entry.changes["state"] == ["logged", "triaging"]


def test_a_request_id_sent_by_the_caller_is_not_taken_over(
    engineer: User, browse: Callable[[User], Client]
) -> None:
    answer = browse(engineer).get(
        "/healthz", headers={"X-Request-ID": "forged", "X-Correlation-ID": "forged"}
    )
    assert answer["X-Request-ID"] != "forged"


def test_a_task_writes_as_the_desk_under_a_number_of_its_own(incident: Incident, engineer: User) -> None:
    with acting_as(User.objects.system()):
        number = request_id()
        services.begin_triage(incident.pk, by=engineer)
    entry = LogEntry.objects.get_for_object(incident).latest("id")
    assert (entry.actor, entry.cid) == (User.objects.system(), number)
    assert request_id() is None


def test_a_refused_act_leaves_no_trail(
    incident: Incident, analyst: User, browse: Callable[[User], Client]
) -> None:
    before = LogEntry.objects.get_for_object(incident).count()
    browse(analyst).post(f"/incidents/{incident.reference}/begin-triage/")
    assert LogEntry.objects.get_for_object(incident).count() == before


def test_passwords_are_not_in_the_trail(engineer: User) -> None:
    engineer.set_password("another-long-password")
    engineer.save()
    changes = LogEntry.objects.get_for_object(engineer).latest("id").changes
    assert all(set(str(value)) <= set("*") or "*" in str(value) for value in changes["password"])


@pytest.mark.parametrize("name", ["django_fsm"])
def test_one_distribution_owns_the_state_machine(name: str) -> None:
    from importlib.metadata import packages_distributions

    assert packages_distributions()[name] == ["django-fsm-2"]


def test_an_auditor_finds_and_reads_what_happened(
    incident: Incident, vendor_auditor: User, browse: Callable[[User], Client]
) -> None:
    browser = browse(vendor_auditor)
    found = browser.get("/admin/auditlog/logentry/", {"q": incident.reference})
    assert incident.reference in found.content.decode()
    entry = LogEntry.objects.get_for_object(incident).latest("id")
    assert browser.get(f"/admin/auditlog/logentry/{entry.pk}/change/").status_code == 200
