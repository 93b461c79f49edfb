"""The Celery side of the engine: one step a task, and the sweep that finds what was missed."""

from celery import shared_task
from django.db.models import Q
from django.utils import timezone

from incidents.tasks import DeskTask
from sops import engine, stepping
from sops.models import Run, StepRun
from sops.models.run import RunState
from sops.models.step_run import StepRunState


@shared_task(base=DeskTask, bind=True)
def advance(self: DeskTask, run_id: int) -> None:
    """Do the run's next step. A redelivery bears the same id as the delivery whose worker died."""
    engine.advance(run_id, token=str(self.request.id))


@shared_task(base=DeskTask)
def recover() -> None:
    """Find claims whose worker died, and runs that nobody was told of: broker away, or a check due again."""
    now = timezone.now()
    lost = StepRun.objects.filter(state=StepRunState.CLAIMED, claim_expires_at__lt=now)
    for step_id in lost.values_list("pk", flat=True):
        engine.recover(step_id)
    held = StepRun.objects.filter(state=StepRunState.CLAIMED).values("run_id")
    later = StepRun.objects.filter(Q(state=StepRunState.PENDING), due_at__gt=now).values("run_id")
    idle = Run.objects.filter(state=RunState.RUNNING).exclude(pk__in=held).exclude(pk__in=later)
    for run_id in idle.values_list("pk", flat=True):
        stepping.hurry(run_id)
