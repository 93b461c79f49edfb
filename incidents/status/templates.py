"""Approved words with blanks: written by one person, approved by another, and filled in from an incident.

The built-in words of each phase (`wording.draft`) are approved with the code; templates stand beside them.
"""

import re
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import SOMEBODY_WAS_FASTER, Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.guard import require
from incidents.models import Incident, Phase, StatusTemplate
from incidents.status import wording
from incidents.status.public_words import refuse_unfit

BLANK = re.compile(r"\{([^{}\n]{1,80})\}")


def fill(words: str, incident: Incident, next_due: datetime | None = None) -> str:
    """The words with each blank that the incident answers. The others stay, for the person to fill in."""
    known = wording.blanks(incident, next_due)
    return BLANK.sub(lambda blank: known.get(blank[1].strip()) or blank[0], words)


def by_hand(words: str) -> list[str]:
    """The blanks that no incident answers, in their order."""
    return [name for name in dict.fromkeys(BLANK.findall(words)) if name.strip() not in wording.BLANKS]


@transaction.atomic
def write_template(
    *, name: str, phase: str, words: str, template: StatusTemplate | None = None, by: User
) -> StatusTemplate:
    """A new template, or other words of one that waits for approval, by its own writer.

    Raises ValidationError by field, PermissionDenied, or Conflict when it was approved meanwhile.
    """
    if not by.has_perm(Permission.WRITE_TEMPLATE):
        raise PermissionDenied
    check_template(name=name, words=words)
    if template is None:
        return StatusTemplate.objects.create(name=name, phase=phase, words=words, written_by=by)
    kept = StatusTemplate.objects.select_for_update().get(pk=template.pk)
    if kept.written_by_id != by.pk:
        raise PermissionDenied
    if kept.approved_at or kept.withdrawn_at:
        raise Conflict("It is no longer waiting for approval", "Write the changed words as a new template.")
    kept.name, kept.phase, kept.words = name, phase, words
    kept.save()
    return kept


def check_template(*, name: str, words: str) -> None:
    """What every template must be, before it is kept. Raises ValidationError by field."""
    require(name=(name, "Name it, as people choose it"), words=(words, "Write the words"))
    refuse_unfit(may_have_blanks=True, name=name, words=words)


@transaction.atomic
def approve_template(template_id: int, *, seen: str, by: User) -> StatusTemplate:
    """In force from now on, in the words that were seen. One of the same name before it is withdrawn.

    Never by its writer. Raises PermissionDenied, or Conflict when it changed, was approved or was withdrawn.
    """
    if not by.has_perm(Permission.APPROVE_TEMPLATE):
        raise PermissionDenied
    template = StatusTemplate.objects.select_for_update().get(pk=template_id)
    if template.written_by_id == by.pk:
        raise PermissionDenied("Somebody else than its writer approves it")
    if template.withdrawn_at or template.words.split() != seen.split():  # browsers change line ends
        raise Conflict("It is not as you saw it", SOMEBODY_WAS_FASTER)
    if template.approved_at:
        if template.approved_by_id == by.pk:
            return template
        raise Conflict(f"{template.approved_by} has already approved it", "There is nothing to do.")
    now = timezone.now()
    for before in StatusTemplate.objects.select_for_update().in_force().filter(name=template.name):
        before.withdrawn_at = now
        before.save()
    template.approved_by, template.approved_at = by, now
    template.save()
    return template


@transaction.atomic
def withdraw_template(template_id: int, *, by: User) -> StatusTemplate:
    """Nobody is offered it any more. By whoever approves templates, or by its writer."""
    template = StatusTemplate.objects.select_for_update().get(pk=template_id)
    is_its_writer = by.has_perm(Permission.WRITE_TEMPLATE) and template.written_by_id == by.pk
    if not (by.has_perm(Permission.APPROVE_TEMPLATE) or is_its_writer):
        raise PermissionDenied
    if template.withdrawn_at is None:
        template.withdrawn_at = timezone.now()
        template.save()
    return template


# ---------- What the composer offers ----------

BUILT_IN = "Standard words"


def choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """For each phase the built-in words and its templates: `identified`, `identified:7`. One query."""
    offered: dict[str, list[tuple[str, str]]] = {phase: [(phase.value, BUILT_IN)] for phase in Phase}
    for template in StatusTemplate.objects.in_force():
        offered[template.phase].append((f"{template.phase}:{template.pk}", template.name))
    return [(str(phase.label), offered[phase]) for phase in Phase]


def words_of(choice: str, incident: Incident, next_due: datetime | None = None) -> tuple[str, str] | None:
    """The phase and the filled-in words of what was chosen; None for what is not offered."""
    phase, _, number = choice.partition(":")
    if phase not in Phase.values:
        return None
    if not number:
        return phase, wording.draft(incident, phase, next_due)
    if not number.isdecimal() or len(number) > 18:
        return None
    found = StatusTemplate.objects.in_force().filter(phase=phase, pk=number).first()
    return (phase, fill(found.words, incident, next_due)) if found else None
