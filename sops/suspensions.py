"""Suspensions as people read them: what each stops, in words, the widest first."""

from dataclasses import dataclass
from typing import Any

from sops.actions.catalogue import find
from sops.models import Suspension
from sops.models.suspension import Scope

WIDEST_FIRST = {Scope.AUTOMATION: 0, Scope.ACTION: 1, Scope.SOP: 2}


@dataclass(frozen=True)
class Held:
    """One suspension; `what` names what it stops, `short` the same inside a button."""

    suspension: Suspension
    what: str
    short: str

    @property
    def name(self) -> str:
        """`SOP-07`, where the whole title would be long."""
        return self.suspension.sop.code if self.suspension.sop else self.what

    @property
    def is_everything(self) -> bool:
        return self.suspension.scope == Scope.AUTOMATION


def held_now(reader: Any) -> list[Held]:
    """All that is suspended, for those who may see SOPs. One query; none for others."""
    rows = Suspension.objects.visible_to(reader).active().order_by("-id")
    found = sorted(rows, key=lambda each: WIDEST_FIRST[Scope(each.scope)])
    return [described(each) for each in found]


def described(suspension: Suspension) -> Held:
    """With its `sop`, which the caller has read."""
    if suspension.sop is not None:
        return Held(suspension, str(suspension.sop), suspension.sop.code)
    if suspension.scope == Scope.AUTOMATION:
        return Held(suspension, "All automation", "all automation")
    spec = find(suspension.action)
    words = spec.words if spec else suspension.action
    return Held(suspension, f"Action “{words}”", f"“{words}”")
