"""The guard of everything that the public reads: updates, maintenance, templates, names of services."""

from dataclasses import dataclass

from django.core.exceptions import ValidationError

from accounts.models import Component, ComponentKind, Customer
from incidents import pid
from incidents.guard import refuse_patient_data
from incidents.status.fitness import Unfit, find_blanks, find_unfit


@dataclass(frozen=True)
class Finding:
    """What the composer shows beside the words. `block` must go, `warn` asks for a second look."""

    level: str
    start: int
    end: int
    message: str


def preview(words: str, customer: Customer | None = None) -> list[Finding]:
    """What stands in the way of these words, and what deserves a second look, in order. Stores nothing."""
    names = [customer.name] if customer else []
    unfit = [*find_blanks(words), *_unfit(words, *names)]
    found = [Finding("block", one.start, one.end, one.message) for one in unfit]
    found += [Finding(one.level, one.start, one.end, pid.describe(one)) for one in pid.find(words)]
    return sorted(found, key=lambda finding: (finding.start, finding.level))


def refuse_unfit(*names: str, may_have_blanks: bool = False, **texts: str) -> None:
    """Public words hold no patient data, no blank, and name no hospital, person or machine.

    Raises ValidationError by field: `refuse_unfit(incident.caller_name, words=words)`.
    """
    refuse_patient_data(**texts)
    wrong = {}
    for field, words in texts.items():
        unfit = [*([] if may_have_blanks else find_blanks(words)), *_unfit(words, *names)]
        if unfit:
            wrong[field] = list(dict.fromkeys(one.message for one in unfit))
    if wrong:
        raise ValidationError(wrong)


def _unfit(words: str, *names: str) -> list[Unfit]:
    """Every customer counts, not only the incident's: two queries."""
    known = [name for pair in Customer.objects.values_list("name", "short_name") for name in pair]
    machines = Component.objects.exclude(kind=ComponentKind.REGION).values_list("name", flat=True)
    return find_unfit(words, names=[*known, *names], machines=machines)
