"""What an approver decides by, beside the words: the actions, whom they reach, rehearsals, use so far."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q

from accounts.models import Component, Customer, Service, User
from sops.actions.catalogue import ActionSpec, find
from sops.applicability import missing_target, targets_for
from sops.models import Run, SopVersion, Step
from sops.models.run import Outcome, RunState
from sops.models.step_run import Risk
from sops.presenting import risk_of

SHOWN = 5
RISKIEST_FIRST = (Risk.DISRUPTIVE, Risk.CHANGE, Risk.READ)


# ---------- Actions ----------


@dataclass(frozen=True)
class CalledAction:
    """One action of the catalogue, the steps that call it, and whether the version in force calls it too."""

    spec: ActionSpec
    positions: tuple[int, ...]
    is_new: bool

    @property
    def risk_words(self) -> str:
        return Risk(self.spec.risk).label


def actions_of(steps: Sequence[Step], before: Sequence[Step]) -> list[CalledAction]:
    """Each action once, what disrupts first."""
    known = {step.action for step in before}
    specs = {step.action: find(step.action) for step in steps if step.action}
    found = [
        CalledAction(
            spec, tuple(step.position for step in steps if step.action == name),
            bool(before) and name not in known,
        )
        for name, spec in specs.items() if spec
    ]  # fmt: skip
    return sorted(found, key=lambda called: (RISKIEST_FIRST.index(called.spec.risk), called.positions))


# ---------- Reach ----------


@dataclass(frozen=True)
class Reach:
    """A customer, the registered components that a run there may act on or read, and what is missing."""

    customer: Customer
    changed: tuple[Component, ...]
    read: tuple[Component, ...]
    missing: str

    @property
    def components(self) -> tuple[Component, ...]:
        return self.changed + self.read


def reach_of(version: SopVersion, reader: User) -> list[Reach]:
    """By customer: those named by the SOP, or all there are. As many queries for any number of them.

    The caller has read the steps of the version, and the services and customers of its SOP.
    """
    sop, seen = version.sop, Customer.objects.visible_to(reader).active()
    named = [customer.pk for customer in sop.customers.all()]
    customers = list(seen.filter(pk__in=named) if named else seen)
    anywhere = Q(customer__in=customers) | Q(customer=None)
    components = Component.objects.visible_to(reader).filter(anywhere, is_active=True)
    by_customer: dict[int | None, list[Component]] = {}
    for component in components:
        by_customer.setdefault(component.customer_id, []).append(component)
    services, steps = list(sop.services.all()), list(version.steps.all())
    found = []
    for customer in customers:
        shared = [each for each in by_customer.get(None, ()) if each.is_simulated == customer.is_simulated]
        reachable = [*by_customer.get(customer.pk, ()), *shared]
        changed, read = _touched(steps, services, reachable)
        found.append(Reach(customer, changed, read, missing_target(version, customer, reachable)))
    return found


def _touched(
    steps: Iterable[Step], services: Iterable[Service], reachable: Sequence[Component]
) -> tuple[tuple[Component, ...], tuple[Component, ...]]:
    """What a run for any of the services may change, and what it only reads. As `targets_for` chooses."""
    changed: dict[int, Component] = {}
    read: dict[int, Component] = {}
    for step in steps:
        kept = read if risk_of(step) == Risk.READ else changed
        for service in services if step.is_automated else ():
            kept.update({each.pk: each for each in targets_for(step, Run(service=service), reachable)})
    only_read = [each for pk, each in read.items() if pk not in changed]
    return _by_name(changed.values()), _by_name(only_read)


def _by_name(components: Iterable[Component]) -> tuple[Component, ...]:
    return tuple(sorted(components, key=lambda each: each.name))


def counted(reach: Sequence[Reach]) -> str:
    """`5 customers, 12 components`."""
    parts = {component.pk for each in reach for component in each.components}
    return f"{_number(len(reach), 'customer')}, {_number(len(parts), 'component')}"


def _number(count: int, word: str) -> str:
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


# ---------- Rehearsals and use ----------


@dataclass(frozen=True)
class Rehearsal:
    """One rehearsal of the version: how it ended, and whether it proves the words as they are now."""

    run: Run
    is_of_these_words: bool

    @property
    def proves(self) -> bool:
        return self.is_of_these_words and self.run.outcome == Outcome.WORKED

    @property
    def kind(self) -> str:
        if self.proves:
            return "good"
        return "bad" if self.run.outcome == Outcome.DID_NOT_WORK else ""

    @property
    def icon(self) -> str:
        return {"good": "check-circle", "bad": "cross-circle"}.get(self.kind, "ring")

    @property
    def words(self) -> str:
        """`Worked as written, 9 of 9 steps`; `Stopped after 3 of 9 steps`."""
        run = self.run
        steps = f"{len(run.past)} of {run.length} steps"
        if run.state == RunState.STOPPED:
            return f"Stopped after {steps}"
        return f"{run.get_outcome_display()}, {steps}" if run.outcome else f"Goes on, {steps} done"

    @property
    def verdict(self) -> str:
        if not self.is_of_these_words:
            return "Of other words: the version was changed since"
        return "Proves just these words" if self.proves else "Proves nothing"


def rehearsals_of(version: SopVersion, fingerprint: str, reader: User) -> list[Rehearsal]:
    """The last ones, newest first."""
    rows = Run.objects.visible_to(reader).filter(version=version, is_rehearsal=True, incident=None)
    rows = rows.newest_first().prefetch_related("step_runs")
    return [Rehearsal(run, run.content_hash == fingerprint) for run in rows[:SHOWN]]


def last_runs(version: SopVersion, reader: User) -> list[Any]:
    """The last real runs of the version before."""
    return list(Run.objects.visible_to(reader).counted().filter(version=version).newest_first()[:SHOWN])
