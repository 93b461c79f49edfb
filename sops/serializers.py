"""The shapes of SOPs and runs in the API. They check shape; services act."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.api.fields import Moment, Strict
from incidents.api.pages import PageQuery
from sops.models import Run, Sop, SopVersion
from sops.models.run import RunState
from sops.models.suspension import that_holds

CODE = r"^SOP-[0-9]{2,3}$"
STATES = "running, waiting, stopped or finished"
STEP_STATES = "pending, waiting, claimed, underway, done, failed, unknown or skipped"


class StepSerializer(serializers.Serializer[Any]):
    position = serializers.IntegerField()
    kind = serializers.CharField(help_text="check, action, manual, decision, communicate or escalate")
    title = serializers.CharField()
    instructions = serializers.CharField()
    action = serializers.CharField(help_text="Of the catalogue; empty for what a person does")
    target_kind = serializers.CharField()
    parameters = serializers.DictField()
    options = serializers.ListField(child=serializers.DictField())
    words = serializers.CharField()
    stop_when_failed = serializers.BooleanField()


class VersionSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    state = serializers.CharField(help_text="Here only approved")
    use_when = serializers.CharField()
    stop_when = serializers.CharField()
    way_back = serializers.CharField()
    preconditions = serializers.CharField()
    touches_product_data = serializers.BooleanField()
    author = serializers.CharField(source="author.name")
    approver = serializers.CharField(source="approver.name")
    approved_at = Moment()
    review_on = serializers.DateField()
    fingerprint = serializers.CharField(source="content_hash")
    steps = StepSerializer(many=True)


class SopSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    title = serializers.CharField()
    services = serializers.SerializerMethodField()
    customers = serializers.SerializerMethodField(help_text="Empty: all customers")
    situations = serializers.ListField(
        child=serializers.CharField(), help_text="The failures that it is for; empty: any"
    )
    is_suspended = serializers.SerializerMethodField(help_text="It, an action of it, or all automation")
    suspension = serializers.SerializerMethodField(help_text="Who suspended what, when and why; or empty")
    is_in_force = serializers.SerializerMethodField(help_text="Whether it can be started today")
    version = serializers.SerializerMethodField(help_text="The approved version, if there is one")

    def approved(self, sop: Sop) -> SopVersion | None:
        found: dict[int, SopVersion] = self.context["approved"]
        return found.get(sop.pk)

    def get_services(self, sop: Sop) -> list[str]:
        return [service.code for service in sop.services.all()]

    def get_customers(self, sop: Sop) -> list[str]:
        return [customer.short_name for customer in sop.customers.all()]

    def get_is_suspended(self, sop: Sop) -> bool:
        return bool(self.get_suspension(sop))

    def get_suspension(self, sop: Sop) -> str:
        version = self.approved(sop)
        actions = [step.action for step in version.steps.all()] if version else []
        held = that_holds(self.context["suspensions"], sop_id=sop.pk, actions=actions)
        return held.words if held else ""

    def get_is_in_force(self, sop: Sop) -> bool:
        version = self.approved(sop)
        return (
            version is not None
            and not version.is_expired_on(self.context["today"])
            and not self.get_suspension(sop)
        )

    @extend_schema_field(VersionSerializer(allow_null=True))
    def get_version(self, sop: Sop) -> Any:
        version = self.approved(sop)
        return VersionSerializer(version).data if version else None


class StepRunSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField(source="position")
    kind = serializers.CharField(source="step.kind")
    title = serializers.CharField(source="step.title")
    state = serializers.CharField(help_text=STEP_STATES)
    attempt = serializers.IntegerField()
    action = serializers.CharField()
    risk = serializers.CharField(help_text="read, change or disruptive; empty for what a person does")
    target = serializers.CharField(source="component.name", default=None, allow_null=True)
    parameters = serializers.DictField()
    summary = serializers.CharField()
    is_bad = serializers.BooleanField()
    evidence = serializers.CharField()
    answer = serializers.CharField()
    confirmed_by = serializers.CharField(source="confirmed_by.name", default=None, allow_null=True)
    confirmed_at = Moment(allow_null=True)
    agreed_by = serializers.CharField(source="agreed_by.name", default=None, allow_null=True)
    agreed_at = Moment(allow_null=True)
    decided_by = serializers.CharField(source="decided_by.name", default=None, allow_null=True)
    look = serializers.CharField(source="look_words", help_text="Of an unknown action: what a check saw")
    finished_at = Moment(allow_null=True)


class RunSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    incident = serializers.CharField(
        source="incident.reference", default=None, allow_null=True, help_text="null: a rehearsal"
    )
    customer = serializers.CharField(source="customer.short_name")
    sop = serializers.CharField(source="version.sop.code")
    version = serializers.IntegerField(source="version.number")
    state = serializers.CharField(help_text=STATES)
    outcome = serializers.CharField(
        help_text="restored or not_restored; worked or did_not_work of a rehearsal; or empty"
    )
    is_rehearsal = serializers.BooleanField()
    current_step = serializers.SerializerMethodField(help_text="Its number; null when none is left")
    started_by = serializers.CharField(source="started_by.name")
    started_at = Moment()
    ended_at = Moment(allow_null=True)
    is_stop_requested = serializers.BooleanField()
    stopped_by = serializers.CharField(source="stopped_by.name", default=None, allow_null=True)
    stop_reason = serializers.CharField()
    steps = StepRunSerializer(source="ordered", many=True)

    def get_current_step(self, run: Run) -> int | None:
        return run.current.position if run.current else None


# ---------- What comes in ----------


class RunQuery(PageQuery):
    incident = serializers.CharField(required=False, max_length=20, help_text="Reference of the incident")
    state = serializers.RegexField(
        f"^({'|'.join(RunState.values)})$", required=False, help_text=STATES,
        error_messages={"invalid": f"Send {STATES}."},
    )  # fmt: skip


class StartSerializer(Strict):
    sop = serializers.RegexField(CODE, error_messages={"invalid": "Send a code such as SOP-03."})
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=32767, default=None,
        help_text="The version that was read. Another one in force now is a conflict.",
    )  # fmt: skip
    expected_state = serializers.CharField(
        required=False, max_length=20, default=None, help_text="The state of the incident that was seen."
    )


class StepSeen(Strict):
    step = serializers.IntegerField(min_value=1, max_value=999, help_text="The step that was seen.")


class ConfirmSerializer(StepSeen):
    confirm = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=120,
        help_text="Before a disruptive action: the name of the target.",
    )  # fmt: skip


class TargetSerializer(StepSeen):
    target = serializers.CharField(max_length=120, help_text="The name of one of the registered targets.")


class AnswerSerializer(StepSeen):
    answer = serializers.CharField(required=False, default="", allow_blank=True, max_length=120)
    evidence = serializers.CharField(required=False, default="", allow_blank=True, max_length=2000)
    went_wrong = serializers.BooleanField(required=False, default=False)


class WordsSerializer(StepSeen):
    words = serializers.CharField(max_length=2000)
    next_in_minutes = serializers.IntegerField(min_value=5, max_value=240)


class ReasonedSerializer(StepSeen):
    reason = serializers.CharField(max_length=1000)


class EvidenceSerializer(StepSeen):
    evidence = serializers.CharField(max_length=2000)


class SettleSerializer(EvidenceSerializer):
    happened = serializers.BooleanField()


class CloseSerializer(Strict):
    outcome = serializers.CharField(
        max_length=20, help_text="restored or not_restored; of a rehearsal worked or did_not_work"
    )


class StopSerializer(Strict):
    reason = serializers.CharField(max_length=500)
