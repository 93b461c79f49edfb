"""The Celery side of the engine: one step a task, and the sweep that finds what was missed."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from incidents.tasks import DeskTask
from sops import engine, following, reviewing, stepping
from sops.models import Run, StepRun
from sops.models.run import RunState
from sops.models.step_run import StepRunState

OVERDUE = timedelta(seconds=10)  # a look that was asked for has had its own task by then


@shared_task(base=DeskTask, bind=True)
def advance(self: DeskTask, run_id: int) -> None:
    """Do the run's next step. A redelivery bears the same id as the delivery whose worker died."""
    engine.advance(run_id, token=str(self.request.id))


@shared_task(base=DeskTask)
def ask_after(step_id: int) -> None:
    """Ask once whether an operation at the other side has ended."""
    following.ask_after(step_id)


@shared_task(base=DeskTask)
def look(step_id: int) -> None:
    """Do the check that a person asked for, of an action of which it is not known whether it happened."""
    following.look(step_id)


@shared_task(base=DeskTask)
def remind() -> None:
    """Tell owners of reviews that are near or have passed. Twice tells once: each has its own key."""
    reviewing.announce_due(timezone.now())


@shared_task(base=DeskTask)
def recover() -> None:
    """Find claims whose worker died, operations to ask after, and what nobody was told of: broker away."""
    now = timezone.now()
    _ask_on(now)
    lost = StepRun.objects.filter(state=StepRunState.CLAIMED, claim_expires_at__lt=now)
    broken = [error for step_id in lost.values_list("pk", flat=True) if (error := _recover(step_id))]
    busy = (StepRunState.CLAIMED, StepRunState.UNDERWAY)
    held = StepRun.objects.filter(state__in=busy).values("run_id")
    later = StepRun.objects.filter(Q(state=StepRunState.PENDING), due_at__gt=now).values("run_id")
    idle = Run.objects.filter(state=RunState.RUNNING).exclude(pk__in=held).exclude(pk__in=later)
    for run_id in idle.values_list("pk", flat=True):
        stepping.hurry(run_id)
    if broken:
        raise broken[0]


def _recover(step_id: int) -> Exception | None:
    """One that breaks holds up no other; the sweep tells of it at its end."""
    try:
        engine.recover(step_id)
    except Exception as error:
        return error
    return None


def _ask_on(now: datetime) -> None:
    """Each in a task of its own: one that hangs holds up no other."""
    going_on = StepRun.objects.filter(state=StepRunState.UNDERWAY, due_at__lte=now)
    for step_id in going_on.values_list("pk", flat=True):
        ask_after.apply_async((step_id,), expires=30)
    asked = StepRun.objects.filter(
        state=StepRunState.UNKNOWN, look_asked_at__lt=now - OVERDUE, looked_at=None
    )
    for step_id in asked.values_list("pk", flat=True):
        look.apply_async((step_id,), expires=30)
