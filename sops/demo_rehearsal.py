"""Rehearses the demo's versions as their author would: every step is done, on the simulated estate."""

from typing import Any

from django.utils import timezone

from accounts.models import Component, Customer, User
from sops import engine, scenes, services
from sops.actions import simulated
from sops.applicability import missing_target
from sops.models import Run, SopVersion, Step, StepRun
from sops.models.run import Outcome, RunState
from sops.models.step_run import StepRunState
from sops.services.confirming import choices_of_target
from sops.services.starting import reachable_by
from sops.writing import options_of, update_of

EVIDENCE = "Rehearsed: done as it is written."
MOST_ACTS = 60


def rehearse(version: SopVersion, *, by: User, second: User, spare: tuple[str, ...]) -> Run:
    """To its end, where there is everything that it acts on. `second` agrees to what needs two people.

    `spare` names targets to leave alone.
    """
    run = services.rehearse(version.pk, customer_id=_where(version, spare).pk, by=by)
    for number in range(MOST_ACTS):
        engine.advance(run.pk, token=f"demo-{number}")
        run = Run.objects.prefetch_related("step_runs__component").get(pk=run.pk)
        if run.state == RunState.FINISHED:
            return run
        if run.state == RunState.WAITING:
            _act(run, run.current, by, second)
    raise RuntimeError(f"The rehearsal of {version} came to no end")


def _where(version: SopVersion, spare: tuple[str, ...]) -> Customer:
    customers = Customer.objects.filter(is_simulated=True, is_active=True)
    for customer in customers.exclude(components__name__in=spare):
        if not missing_target(version, customer, reachable_by(customer)):
            return customer
    raise LookupError(f"No customer of the demo has all that {version} acts on")


def _act(run: Run, step: StepRun | None, by: User, second: User) -> None:
    """What the page would ask for now."""
    given: dict[str, Any] = {"by": by}
    if step is None:
        services.close(run.pk, outcome=Outcome.WORKED, **given)
    elif step.component_id is None and step.step.is_automated:
        target = choices_of_target(run, step)[0]
        services.choose_target(run.pk, step.position, component_id=target.pk, **given)
    elif step.state == StepRunState.FAILED:
        services.go_on(run.pk, step.position, **given)
    elif step.step.is_automated:
        if step.is_elevated:
            services.agree(run.pk, step.position, by=second)
        services.confirm(run.pk, step.position, typed=str(step.component), **given)
        _recovered(run, step)
    elif step.step.kind == Step.Kind.DECISION:
        services.answer(run.pk, step.position, answer=options_of(step.step)[0].answer, **given)
    elif step.step.kind == Step.Kind.MANUAL:
        services.answer(run.pk, step.position, evidence=EVIDENCE, **given)
    elif step.step.kind == Step.Kind.ESCALATE:
        services.escalate_now(run.pk, step.position, evidence=EVIDENCE, **given)
    else:
        words = scenes.drafted_words(run, step.step)
        minutes = update_of(step.step).next_in_minutes
        services.post_words(run.pk, step.position, words=words, next_in_minutes=minutes, **given)


def _recovered(run: Run, step: StepRun) -> None:
    """The estate takes some seconds to recover, and nobody watches this rehearsal."""
    engine.advance(run.pk, token=f"demo-act-{step.position}")
    recovering = Component.objects.filter(simulated_states__key="healthy_at", step_runs=step)
    for component in recovering:
        simulated.put(component, "healthy_at", timezone.now().isoformat())
