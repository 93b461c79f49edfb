"""A run in every scene that its page has, made through the services on top of the demo, and where each is."""

from datetime import timedelta

from django.utils import timezone

import sops.services as sops
from accounts.audit import acting_as
from accounts.models import User
from accounts.wall.identity import as_system
from sops import engine, following
from sops.actions import simulated
from sops.models import Run, SopVersion, StepRun
from sops.models.step_run import StepRunState
from tests.end_to_end import world
from tests.end_to_end.world import person, triaged

FAR = timedelta(hours=6)  # the workers of the desk leave it as it is


def build() -> dict[str, str]:
    """Name and address of each, beside those of the world."""
    with acting_as(User.objects.system()), as_system("the world has what both sides wrote"):
        return {f"run {name}": f"/runs/{run.pk}/" for name, run in {**_sent(), **_rehearsed()}.items()}


def _sent() -> dict[str, Run]:
    """A restart that was confirmed, and what became of it."""
    going_on = engine.Result(StepRunState.UNDERWAY, "Azure accepted it", operation={"url": "x"}, again_in=FAR)
    away = engine.Result(StepRunState.PENDING, "Azure is busy", again_in=FAR)
    stopped = _answered("clinician", "harbour", going_on)
    sops.stop(stopped.pk, reason="Several hospitals ring.", by=person(world.ENGINEER))
    unknown = _confirmed("ward", "lough-darrin", "lose")
    failed = _confirmed("clinician", "lough-darrin", "fail")
    seen = _confirmed("clinician", "strathmorven", "lose")
    sops.look(seen.pk, 5, by=person(world.ENGINEER))
    following.look(StepRun.objects.get(run=seen, position=5).pk)
    return {
        "under way": _answered("clinician", "cwm-arian", going_on), "stopped under way": stopped,
        "turned away": _answered("ward", "wexcombe", away), "running": _answered("clinician", "wexcombe"),
        "unknown": unknown, "looked at": seen, "failed": failed, "held": _held(),
    }  # fmt: skip


def _asked(service: str, customer: str) -> Run:
    """Waits for its restart, step 5, to be confirmed."""
    return world._answer(world._run("SOP-03", triaged(customer, service)))


def _confirmed(service: str, customer: str, fault: str = "") -> Run:
    run = _asked(service, customer)
    target = StepRun.objects.get(run=run, position=5).component
    assert target is not None
    if fault:
        simulated.put(target, "fault", {"name": fault})
    sops.confirm(run.pk, 5, typed=target.name, by=person(world.ENGINEER))
    return world._settled(Run.objects.get(pk=run.pk)) if fault else run


def _answered(service: str, customer: str, result: engine.Result | None = None) -> Run:
    """Claimed, and answered with this; with nothing the answer is awaited."""
    run = _confirmed(service, customer)
    step = engine.claim(run.pk, token="scene")
    assert step is not None
    StepRun.objects.filter(pk=step.pk).update(claim_expires_at=timezone.now() + FAR)
    if result is not None:
        engine.record(step, "scene", result)
    return run


def _held() -> Run:
    """A check that was held at eight, and may go on now."""
    run = world._run("SOP-03", triaged("strathmorven"))
    StepRun.objects.filter(run=run, position=4).update(state=StepRunState.PENDING)
    words = "Working hours since 08:00 GMT, and no lead has said why to go on"
    held = StepRun.objects.filter(run=run, position=3)
    held.update(state=StepRunState.WAITING, summary=words, finished_at=None)
    return run


def _rehearsed() -> dict[str, Run]:
    """One that needs a second person, one at a status update, one at its last question."""
    author = person(world.AUTHOR)
    elevated = _rehearsal("SOP-04", author)
    sops.answer(elevated.pk, 4, evidence="They agree.", by=author)
    posting = _rehearsal("SOP-02", author)
    sops.answer(posting.pk, 2, answer="Yes", by=author)
    closing = _rehearsal("SOP-02", author)
    sops.answer(closing.pk, 2, answer="No", by=author)
    return {"elevated": elevated, "rehearsal posting": posting, "rehearsal closing": closing}


def _rehearsal(code: str, author: User) -> Run:
    version = SopVersion.objects.filter(sop__code=code).order_by("number").first()
    assert version is not None
    customer = world.Customer.objects.get(short_name="harbour")
    return world._settled(sops.rehearse(version.pk, customer_id=customer.pk, by=author))
