"""What the pages show of SOPs: facts worked out here, so that no template asks the database."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from sops.actions.catalogue import find, read_parameters
from sops.actions.parameters import NO_PARAMETERS
from sops.applicability import suspension_words
from sops.models import Sop, SopVersion, Step, Suspension
from sops.models.run import ACTIVE
from sops.models.step_run import Risk
from sops.reviewing import soon_words
from sops.writing import Option, options_of

ICONS = {
    "check": "search", "action": "play", "manual": "person", "decision": "unknown", "communicate": "public",
    "escalate": "escalate",
}  # fmt: skip


@dataclass(frozen=True)
class Card:
    """One SOP in the list: what is in force, what waits, and whether it can be started today."""

    sop: Sop
    version: SopVersion | None
    waiting: SopVersion | None
    status: str
    steps: int = 0
    is_disruptive: bool = False
    review_soon: str = ""


STATUSES = {
    "in_force": "In force", "waiting": "Waiting for approval", "expired": "Past its review date",
    "suspended": "Suspended", "none": "Nothing approved",
}  # fmt: skip


def cards(
    sops: Iterable[Sop], versions: Iterable[SopVersion], today: date, suspensions: Sequence[Suspension]
) -> list[Card]:
    """One card an SOP. `versions` are those that the reader may see, with their steps."""
    in_force = {each.sop_id: each for each in versions if each.state == SopVersion.State.APPROVED}
    waiting = {each.sop_id: each for each in versions if each.state == SopVersion.State.SUBMITTED}
    found = []
    for sop in sops:
        version = in_force.get(sop.pk)
        counts = risks(version.steps.all()) if version else Counter()
        found.append(
            Card(
                sop, version, waiting.get(sop.pk), status_of(version, today, suspensions),
                sum(counts.values()), counts[Risk.DISRUPTIVE] > 0, review_soon(version, today),
            )
        )  # fmt: skip
    return found


def review_soon(version: SopVersion | None, today: date) -> str:
    """`in 7 days`, of what is in force and near its review or past it."""
    if version is None or version.review_on is None or version.state != SopVersion.State.APPROVED:
        return ""
    return soon_words(version.review_on, today)


def status_of(version: SopVersion | None, today: date, suspensions: Sequence[Suspension]) -> str:
    if version is None:
        return "none"
    if suspension_words(version, suspensions):
        return "suspended"
    return "expired" if version.is_expired_on(today) else "in_force"


def risks(steps: Iterable[Step]) -> Counter[str]:
    """How many of the steps only read, change, disrupt, or are a person's."""
    return Counter(risk_of(step) for step in steps)


def risk_of(step: Step) -> str:
    spec = find(step.action)
    return spec.risk if spec else Risk.NONE


@dataclass(frozen=True)
class StepRow:
    """One step of a version for reading: what it is, what it acts on, where it leads."""

    step: Step
    icon: str
    risk: str
    acts: str = ""
    leads: tuple[str, ...] = ()

    @property
    def is_disruptive(self) -> bool:
        return self.risk == Risk.DISRUPTIVE


def step_rows(version: SopVersion) -> list[StepRow]:
    return [_row(step) for step in version.steps.all()]


def _row(step: Step) -> StepRow:
    return StepRow(step, ICONS[step.kind], risk_of(step), acts_words(step), tuple(leads_words(step)))


def acts_words(step: Step) -> str:
    """`Restart the application service. Soft restart, all instances`; also of a draft that is still wrong."""
    spec = find(step.action)
    if spec is None:
        return step.action
    try:
        words = read_parameters(spec, step.parameters).in_words()
    except ValueError as error:
        return f"{spec.words}: {error}"
    return spec.words if words == NO_PARAMETERS else f"{spec.words}: {words}"


def leads_words(step: Step) -> list[str]:
    """Where each answer of a decision leads."""
    if step.kind != Step.Kind.DECISION:
        return []
    try:
        options = options_of(step)
    except ValueError as error:
        return [str(error)]
    return [f"{option.answer}: {_leads(option)}" for option in options]


def _leads(option: Option) -> str:
    if option.then != "end":
        return f"step {option.then}"
    return f"the run ends, service {'restored' if option.outcome == 'restored' else 'not restored'}"


def runs_in_use(version: SopVersion) -> dict[str, int]:
    """How the real runs of a version ended: restored, not restored, stopped; and how many are under way."""
    counted = Counter(version.runs.counted().values_list("state", "outcome"))
    ended = Counter({outcome or state: number for (state, outcome), number in counted.items()})
    active = sum(ended[state] for state in ACTIVE)
    return {
        "total": sum(counted.values()), "restored": ended["restored"], "not_restored": ended["not_restored"],
        "stopped": ended["stopped"], "active": active,
    }  # fmt: skip
