"""The page on which an approver decides: the difference, the risk, the use so far, and the form."""

from collections import Counter
from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import prefetch_related_objects
from django.utils import timezone

from incidents.local_time import local
from sops import differences, evidence, presenting, services
from sops.models import SopVersion
from sops.models.step_run import Risk
from sops.models.version import EDITABLE, VersionState, is_another_approver, is_approver, is_author
from sops.rehearsal import may_rehearse
from sops.writing import fingerprint

USUAL_REVIEW = timedelta(days=182)
RISK_ROWS = (
    (Risk.READ, "Reads only"), (Risk.CHANGE, "Changes"), (Risk.DISRUPTIVE, "Disruptive"),
    (Risk.NONE, "By a person"),
)  # fmt: skip


class ServiceForm(forms.Form):
    """A form whose act is a service; what the service refuses comes back at its field."""

    done = ""

    def act(self, version: SopVersion, by: Any) -> None:
        raise NotImplementedError

    def record(self, version: SopVersion, *, by: Any) -> bool:
        """Whether it was done. PermissionDenied and Conflict go through: 403 and 409."""
        if not self.is_valid():
            return False
        try:
            self.act(version, by)
        except ValidationError as error:
            for name, words in error.message_dict.items():
                self.add_error(name if name in self.fields else None, words)
            return False
        return True


class DecisionForm(ServiceForm):
    decision = forms.ChoiceField(
        label="What happens to this version?", widget=forms.RadioSelect,
        choices=[("approve", "Approve: in force at once"), ("send-back", "Send back: the author sees why")],
        error_messages={"required": "Choose whether you approve it or send it back"},
    )  # fmt: skip
    reason = forms.CharField(
        max_length=1000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Kept with the version, whichever you choose.",
        error_messages={"required": "Give the reason"},
    )  # fmt: skip
    review_on = forms.DateField(
        label="Review by", required=False, help_text="After this day it cannot be started.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        error_messages={"invalid": "Write the day as 2027-05-26"},
    )  # fmt: skip
    seen_hash = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def act(self, version: SopVersion, by: Any) -> None:
        data = self.cleaned_data
        if data["decision"] == "send-back":
            self.done = "sent back"
            services.send_back_version(version.pk, reason=data["reason"], by=by)
            return
        self.done = "approved"
        services.approve_version(
            version.pk, reason=data["reason"], review_on=data["review_on"],
            seen_hash=data["seen_hash"] or None, by=by,
        )  # fmt: skip


class WithdrawForm(ServiceForm):
    reason = forms.CharField(
        label="Why is it withdrawn?", max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say why you withdraw it"},
    )  # fmt: skip
    done = "withdrawn"

    def act(self, version: SopVersion, by: Any) -> None:
        services.withdraw_version(version.pk, reason=self.cleaned_data["reason"], by=by)


def decision_page(
    version: SopVersion, reader: Any, form: DecisionForm, withdraw: WithdrawForm
) -> dict[str, Any]:
    """All that the page shows."""
    prefetch_related_objects([version], "steps", "sop__services", "sop__customers")
    before, steps = version_before(version, reader), list(version.steps.all())
    old = list(before.steps.all()) if before else []
    lines = differences.step_lines(old, steps)
    facts = _evidence(version, before, reader)
    _offer(form, version, is_proven=facts["is_proven"])
    waiting = SopVersion.objects.visible_to(reader).waiting().select_related("sop", "author")
    waits = version.state == VersionState.SUBMITTED
    return facts | {
        "version": version, "sop": version.sop, "before": before,
        "standing": standing_of(before), "lines": lines,
        "summary": differences.summary(lines) if before else f"{len(steps)} steps",
        "texts": differences.text_lines(before, version), "rows": presenting.step_rows(version),
        "risks": risk_table(old, steps), "is_disruptive": presenting.risks(steps)[Risk.DISRUPTIVE] > 0,
        "actions": evidence.actions_of(steps, old),
        "form": form, "withdraw": withdraw, "problem": withdraw if withdraw.is_bound else form,
        "waiting": list(waiting.order_by("submitted_at", "pk")),
        "may_decide": waits and is_another_approver(version, reader),
        "is_own": waits and version.author_id == reader.pk,
        "may_withdraw": _may_withdraw(version, reader),
    }  # fmt: skip


def _may_withdraw(version: SopVersion, reader: Any) -> bool:
    """An approver what is in force; its author what was never decided on. Others send it back."""
    if version.state == VersionState.APPROVED:
        return is_approver(version, reader)
    return version.state in (VersionState.SUBMITTED, *EDITABLE) and is_author(version, reader)


def version_before(version: SopVersion, reader: Any) -> SopVersion | None:
    """The one in force, which it would replace; where none is, the last before it that was approved.

    What was withdrawn is what an approver has to know of before the same comes back.
    """
    others = version.sop.versions.visible_to(reader).exclude(pk=version.pk)
    rows = others.select_related("decided_by").prefetch_related("steps")
    in_force = rows.approved().first()
    return in_force or rows.filter(approved_at__isnull=False, number__lt=version.number).first()


def standing_of(before: SopVersion | None) -> str:
    """`in force`, `past its review date`, `withdrawn`; empty where there is none."""
    if before is None or before.state != VersionState.APPROVED:
        return before.get_state_display().lower() if before else ""
    is_over = before.is_expired_on(local(timezone.now()).date())
    return "past its review date" if is_over else "in force"


def _evidence(version: SopVersion, before: SopVersion | None, reader: Any) -> dict[str, Any]:
    """Whom it reaches, what rehearsals show, and what became of the version before."""
    now_hash, reach = fingerprint(version), evidence.reach_of(version, reader)
    return {
        "reach": reach, "reached": evidence.counted(reach),
        "rehearsals": evidence.rehearsals_of(version, now_hash, reader),
        "is_proven": version.runs.proving(now_hash).exists(), "may_rehearse": may_rehearse(version, reader),
        "use": presenting.runs_in_use(before) if before else None,
        "runs_before": evidence.last_runs(before, reader) if before else [],
    }  # fmt: skip


def _offer(form: DecisionForm, version: SopVersion, *, is_proven: bool) -> None:
    """Approving is no choice on the page until a rehearsal proves the version; the service refuses it too."""
    if not form.is_bound:
        review_on = local(timezone.now()).date() + USUAL_REVIEW
        form.initial = {"seen_hash": version.content_hash, "review_on": review_on}
    if not is_proven:
        decision: Any = form.fields["decision"]
        decision.choices = [choice for choice in decision.choices if choice[0] != "approve"]


def risk_table(before: list[Any], after: list[Any]) -> list[dict[str, Any]]:
    """How many steps of each risk, in force and now."""
    old, new = presenting.risks(before), presenting.risks(after)
    return [_risk_row(risk, label, old, new) for risk, label in RISK_ROWS]


def _risk_row(risk: str, label: str, old: Counter[str], new: Counter[str]) -> dict[str, Any]:
    return {"label": label, "before": old[risk], "after": new[risk], "is_changed": old[risk] != new[risk]}
