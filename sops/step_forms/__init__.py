"""The forms of the steps of a draft: each kind has only the fields that it needs.

They check what can be stored. Whether a step is whole is for `sops.problems`, on submission.
"""

from collections.abc import Mapping
from typing import Any

from sops.models.step import StepKind
from sops.step_forms.automated import ActionForm, AutomatedForm, CheckForm, actions_of
from sops.step_forms.base import EMPTY, EscalateForm, ManualForm, Spot, StepForm, Text, UpdateForm
from sops.step_forms.decisions import DecisionForm, JudgedForm

__all__ = [
    "FORMS", "ActionForm", "CheckForm", "Spot", "StepForm", "Text", "actions_of", "form_kind", "new_step",
]  # fmt: skip

JUDGED = "judged"
FORMS: dict[str, type[StepForm]] = {
    "check": CheckForm, "action": ActionForm, "manual": ManualForm, "decision": DecisionForm,
    JUDGED: JudgedForm, "communicate": UpdateForm, "escalate": EscalateForm,
}  # fmt: skip


def form_kind(step: Mapping[str, Any]) -> str:
    """Which form a stored step has: decisions have two."""
    is_judged = isinstance(step["parameters"], dict) and "by_check" in step["parameters"]
    return JUDGED if step["kind"] == StepKind.DECISION and is_judged else str(step["kind"])


def new_step(kind: str, action: str = "") -> dict[str, Any]:
    """An empty step; a check or an action calls what was chosen, if it may."""
    form = FORMS[kind]
    fits = issubclass(form, AutomatedForm) and action in dict(actions_of(form.risks))
    return {**EMPTY, "title": "", "action": action if fits else ""}
