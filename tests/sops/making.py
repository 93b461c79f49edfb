"""Makes SOPs, approved ones too, through the real services; and plays the part of the worker."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import Any
from unittest import mock

from django.utils import timezone

from accounts.models import Component, ComponentKind, Customer, Service, User
from accounts.roles import Role
from incidents import services as incidents
from incidents.models import Incident
from sops import engine, services
from sops.models import Run, Sop, SopVersion, Step, StepRun
from sops.writing import fingerprint
from tests import factories

_numbers = count(20)
TARGET = "app-compucare8-wexcombe"  # what `make_estate` names the application service of the usual incident
REVIEW_ON = date(2027, 5, 26)

CHECK = {
    "kind": "check",
    "title": "Probe the sign-in page",
    "action": "http_probe",
    "target_kind": "endpoint",
}
INSTANCES = {
    "kind": "check", "title": "Read the instances", "action": "instance_state", "target_kind": "app_service",
}  # fmt: skip
MANUAL = {"kind": "manual", "title": "Tell the hospital", "instructions": "Ring them. Note who agreed."}
RESTART = {
    "kind": "action", "title": "Restart the application service", "action": "restart_app_service",
    "target_kind": "app_service", "parameters": {"soft": True},
}  # fmt: skip
SWAP = {  # elevated: a second person, of the vendor, agrees to it
    "kind": "action", "title": "Swap the slots", "action": "swap_app_service_slots",
    "target_kind": "app_service", "parameters": {"slot": "staging"},
}  # fmt: skip
WAIT = {
    "kind": "check", "title": "Wait for the sign-in page", "action": "wait_until_healthy",
    "target_kind": "endpoint", "parameters": {"minutes": 5},
}  # fmt: skip
POST = {
    "kind": "communicate", "title": "Post the update “Monitoring”",
    "words": "Users can sign in to {service} again. We keep watching. Next update by {next}.",
    "parameters": {"phase": "monitoring", "service_state": "operational", "next_in_minutes": 30},
}  # fmt: skip
ESCALATE = {"kind": "escalate", "title": "Escalate to the platform team", "instructions": "Say what you saw."}


def decision(yes: int | str = "end", no: int | str = "end") -> dict[str, Any]:
    """Can the caller sign in? A step, or the end."""
    return {
        "kind": "decision", "title": "Can the caller sign in?",
        "options": [
            {"answer": "Yes", "then": yes, "outcome": "restored"},
            {"answer": "No", "then": no, "outcome": "not_restored" if no == "end" else ""},
        ],
    }  # fmt: skip


def by_check(position: int, *, good: int | str = "end", bad: int | str = "end") -> dict[str, Any]:
    """Answered by the result of the check at this position, without a person."""
    ends = {"Good": "restored", "Bad": "not_restored"}
    leads = {"Good": good, "Bad": bad}
    return {
        "kind": "decision", "title": "Does it answer?", "parameters": {"by_check": position},
        "options": [
            {"answer": answer, "then": then, "outcome": ends[answer] if then == "end" else ""}
            for answer, then in leads.items()
        ],
    }  # fmt: skip


def make_draft(
    author: User, steps: Sequence[dict[str, Any]] = (CHECK,), *, sop: Sop | None = None,
    services: Sequence[Service] = (), customers: Sequence[Customer] = (), **texts: Any,
) -> SopVersion:  # fmt: skip
    """A draft that could be submitted as it is."""
    if sop is None:
        number = next(_numbers)
        sop = Sop.objects.create(code=f"SOP-{number}", title="Restart the application service", owner=author)
        sop.services.set(services or [factories.make_service()])
        sop.customers.set(customers)
    texts = {
        "summary": "First version", "use_when": "Nobody can sign in",
        "stop_when": "Several customers are down", "way_back": "None needed", **texts,
    }  # fmt: skip
    number = sop.versions.count() + 1
    version = SopVersion.objects.create(sop=sop, number=number, author=author, **texts)
    for position, fields in enumerate(steps, start=1):
        Step.objects.create(version=version, position=position, **fields)
    return version


def make_approved(steps: Sequence[dict[str, Any]] = (CHECK,), **rest: Any) -> SopVersion:
    """A version in force, written and approved by two people of the vendor."""
    author = rest.pop("author", None) or factories.make_user(Role.SOP_AUTHOR)
    approver = rest.pop("approver", None) or factories.make_user(Role.SOP_APPROVER)
    review_on = rest.pop("review_on", REVIEW_ON)
    version = services.submit_version(make_draft(author, steps, **rest).pk, by=author)
    rehearsed(version)
    return services.approve_version(version.pk, reason="Rehearsed", review_on=review_on, by=approver)


def rehearsed(version: SopVersion, **changed: Any) -> Run:
    """A rehearsal of the version as it is now, that came to its end and worked."""
    at = timezone.now()
    fields = {
        "version": version, "customer": factories.make_customer(), "service": version.sop.services.first(),
        "is_rehearsal": True, "content_hash": fingerprint(version), "started_by": version.author,
        "started_at": at, "ended_at": at, "state": "finished", "outcome": "worked",
    }  # fmt: skip
    return Run.objects.create(**fields | changed)


def make_estate(customer: Customer, service: Service) -> dict[str, Component]:
    """The simulated components that the steps above act on."""
    kinds = {"app": ComponentKind.APP_SERVICE, "web": ComponentKind.ENDPOINT}
    return {
        kind.value: factories.make_component(
            customer, service=service, kind=kind, name=f"{prefix}-{service.code}-{customer.short_name}",
            location="UK South, rg-wexcombe",
        )
        for prefix, kind in kinds.items()
    }  # fmt: skip


def triaging(incident: Incident, by: User) -> Incident:
    return incidents.begin_triage(incident.pk, by=by)


def start(incident: Incident, steps: Sequence[dict[str, Any]], *, by: User) -> Run:
    """A run of a version with these steps, on the incident, which goes to triage first."""
    triaging(incident, by)
    version = make_approved(steps, services=[incident.service])
    return services.start_run(incident.pk, version.pk, by=by)


def work(run: Run, most: int = 20) -> Run:
    """What Celery would do: advance until nothing changes any more without a person."""
    for number in range(most):
        before = list(run.step_runs.values_list("state", "attempt"))
        engine.advance(run.pk, token=f"task-{run.pk}-{number}")
        if list(run.step_runs.values_list("state", "attempt")) == before:
            break
    return Run.objects.get(pk=run.pk)


def step(run: Run, position: int) -> StepRun:
    return StepRun.objects.select_related("component").get(run=run, position=position)


def no_worker() -> Any:
    """Nobody takes the tasks that are queued on commit."""
    return mock.patch("sops.tasks.advance.apply_async")
