"""Writing drafts: a new one, what its author wrote, and what a file says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.errors import Conflict
from accounts.models import Customer, Service, User
from accounts.roles import Permission, Side
from incidents.guard import refuse_patient_data
from sops.content import SopContent
from sops.models import Sop, SopVersion, Step
from sops.models.sop import may_write
from sops.models.version import TEXTS, VersionState, is_author
from sops.problems import Place, StepProblem, patient_data_in, refuse_unfinished
from sops.writing import canonical, content_of, fingerprint, said_by

REACH = ("services", "customers", "situations")  # what an SOP is for
Steps = Sequence[Mapping[str, Any]]


@transaction.atomic
def start_draft(sop_id: int, *, by: User) -> SopVersion:
    """A new draft of the person's own, with the words and steps of the newest version, if there is one."""
    sop = Sop.objects.select_for_update().get(pk=sop_id)
    if not may_write(sop, by):
        raise PermissionDenied("An author of the vendor, or who was given this SOP, writes it")
    newest = sop.versions.order_by("-number").first()
    said = said_by(newest) if newest else {}
    texts = {name: said[name] for name in TEXTS} if said else {}
    return _new_draft(sop, newest, {**texts, "summary": ""}, said.get("steps", ()), by)


@transaction.atomic
def write_draft(
    version_id: int, *, texts: Mapping[str, str], steps: Steps, seen: str, by: User
) -> SopVersion:  # fmt: skip
    """Its author's words and steps take the place of those before. It need not be whole yet.

    `seen` is the fingerprint of the draft that the author had before them: another one now is a Conflict,
    as is a version that is no draft any more. Raises ValidationError where there is patient data.
    """
    version = _locked_draft(version_id, seen, by)
    refuse_patient_data(**texts)
    built = [Step(**{**fields, "position": position}) for position, fields in enumerate(steps, start=1)]
    _refuse_patient_data_in(built)
    for name in TEXTS:
        setattr(version, name, texts[name])
    version.save()
    _write_steps(version, built)
    return version


def _locked_draft(version_id: int, seen: str, by: User) -> SopVersion:
    version = SopVersion.objects.visible_to(by).get(pk=version_id)
    Sop.objects.select_for_update().get(pk=version.sop_id)
    version = SopVersion.objects.select_for_update(of=("self",)).select_related("sop").get(pk=version_id)
    if not is_author(version, by):
        raise PermissionDenied("Its author alone writes it")
    if not version.is_editable:
        raise Conflict(
            f"{version} is {version.get_state_display().lower()}, and cannot be changed",
            "Start a new version instead.",
        )
    if fingerprint(version) != seen:
        raise Conflict(
            f"{version} was changed since you opened it", "In another window, or on another machine of yours."
        )
    return version


def _refuse_patient_data_in(steps: Sequence[Step]) -> None:
    found = [(step.position, place, words) for step in steps for place, words in patient_data_in(step)]
    if found:
        raise ValidationError({"steps": [str(StepProblem(*problem)) for problem in found]})


def _write_steps(version: SopVersion, steps: Sequence[Step]) -> None:
    """Row by row, so that the audit trail shows what changed, and not that all came anew."""
    rows = {row.position: row for row in version.steps.all()}
    for step in steps:
        row = rows.pop(step.position, None) or Step(version=version, position=step.position)
        if row.pk is None or content_of(row) != content_of(step):
            for name, value in content_of(step).items():
                setattr(row, name, value)
            row.save()
    for row in rows.values():
        row.delete()


def _new_draft(
    sop: Sop, newest: SopVersion | None, texts: Mapping[str, str], steps: Steps, by: User
) -> SopVersion:  # fmt: skip
    number = (newest.number if newest else 0) + 1
    draft = SopVersion.objects.create(sop=sop, number=number, author=by, **texts)
    for step in steps:
        Step.objects.create(version=draft, **step)
    return draft


def _refuse_no_author(by: User) -> None:
    if not (by.has_perm(Permission.WRITE_SOP) and by.side == Side.VENDOR):
        raise PermissionDenied("An author of the vendor writes SOPs")


# ---------- What a file says ----------


@dataclass(frozen=True)
class Imported:
    """What an import made: a draft, or none where the newest version says the same; and what else changed."""

    sop: Sop
    newest: SopVersion
    is_new: bool
    changed: tuple[str, ...] = ()


class Unfit(ValidationError):
    """What the file says does not fit this desk: each problem with its place in the content."""

    def __init__(self, problems: Sequence[tuple[Place, str]]) -> None:
        super().__init__([words for _, words in problems])
        self.problems = problems


@transaction.atomic
def import_sop(content: SopContent, *, by: User) -> Imported:
    """A draft of the person's own that says what the content says. It waits for nobody: submit it next.

    A version that is there stays as it is, a draft too. Where the newest one says just the same, none is
    made. An SOP that is not there yet is made; the title and owner of one that is are brought up to date,
    and what it is for only by whom the admin would let. Raises Unfit, ValidationError, PermissionDenied.
    """
    _refuse_no_author(by)
    sop = Sop.objects.select_for_update().filter(code=content.code).first()
    if problems := [*_unfit(sop, content, by)]:
        raise Unfit(problems)
    owner = _owner_of(content) or (sop.owner if sop else by)
    changed = _changed(sop, content, owner) if sop else ()
    sop = sop or Sop(code=content.code)
    sop.title, sop.owner, sop.situations = content.title, owner, list(content.situations)
    sop.save()
    sop.services.set(Service.objects.filter(code__in=content.services))
    sop.customers.set(Customer.objects.visible_to(by).filter(short_name__in=content.customers))
    newest = sop.versions.order_by("-number").first()
    if newest is not None and canonical(said_by(newest)) == canonical(content.said):
        return Imported(sop, newest, False, changed)
    draft = _new_draft(sop, newest, content.texts, content.steps, by)
    refuse_unfinished(draft)
    return Imported(sop, draft, True, changed)


def _unfit(sop: Sop | None, content: SopContent, by: User) -> list[tuple[Place, str]]:
    found: list[tuple[Place, str]] = []
    services = set(Service.objects.values_list("code", flat=True))
    customers = set(Customer.objects.visible_to(by).values_list("short_name", flat=True))
    for name, known, what in (("services", services, "service"), ("customers", customers, "customer")):
        for at, wanted in enumerate(getattr(content, name)):
            if wanted not in known:
                found.append(((name, at), f"this desk has no {what} “{wanted}”"))
    if content.owner and _owner_of(content) is None:
        found.append((("owner",), "nobody active of the vendor has this e-mail address"))
    if sop is not None and reach_is_fixed(sop, by):
        words = f"{sop.code} was submitted before: an approver who did not write it changes what it is for"
        found += [((name,), words) for name in REACH if _reach(sop)[name] != list(getattr(content, name))]
    return found


def reach_is_fixed(sop: Sop, by: User) -> bool:
    """From the first submission on, which services, customers and situations it is for is an approver's.

    Four eyes here too: not of an approver who wrote what is in force or waits.
    """
    if not was_submitted(sop):
        return False
    own = sop.versions.filter(author=by, state__in=(VersionState.SUBMITTED, VersionState.APPROVED))
    return not by.has_perm(Permission.APPROVE_SOP) or own.exists()


def was_submitted(sop: Sop) -> bool:
    """Its code is fixed from then on: the fingerprint that is approved holds it."""
    return sop.versions.exclude(state=VersionState.DRAFT).exists()


def _reach(sop: Sop) -> dict[str, list[str]]:
    return {
        "services": sorted(sop.services.values_list("code", flat=True)),
        "customers": sorted(sop.customers.values_list("short_name", flat=True)),
        "situations": sorted(sop.situations),
    }


def _owner_of(content: SopContent) -> User | None:
    people = User.objects.working().filter(organisation__side=Side.VENDOR)
    return people.filter(email__iexact=content.owner).first() if content.owner else None


def _changed(sop: Sop, content: SopContent, owner: User) -> tuple[str, ...]:
    """What of the SOP itself becomes another."""
    before = {"title": sop.title, "owner": sop.owner, **_reach(sop)}
    after = {"title": content.title, "owner": owner, **{name: list(getattr(content, name)) for name in REACH}}
    return tuple(name for name in before if before[name] != after[name])
