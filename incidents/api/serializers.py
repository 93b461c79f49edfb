"""The shapes of incidents, timeline, status updates and proposals: what comes in, and what goes out."""

from typing import Any

from rest_framework import serializers

from accounts.models import Component, Customer, Nation, Service
from accounts.roles import Side
from incidents.api.fields import ByCode, CallBackNumber, Moment, Strict
from incidents.api.pages import PageQuery
from incidents.models import Incident, Phase, Proposal, State, StatusUpdate, TimelineEntry
from incidents.scope_words import RULE_NAMES
from incidents.status.services import SAID_OF_SERVICES

CUSTOMERS, SERVICES, COMPONENTS = "/api/v1/customers/", "/api/v1/services/", "/api/v1/components/"

# ---------- Out ----------


class GateSerializer(serializers.Serializer[Incident]):
    """The gate's verdict as it was at the call, and a lead's override."""

    outcome = serializers.ChoiceField(source="gate_outcome", choices=Incident.Gate.choices)
    rule = serializers.CharField(source="gate_rule")
    verdict = serializers.JSONField(source="gate_verdict")
    override_reason = serializers.CharField()
    override_by = serializers.StringRelatedField[Any]()
    override_at = Moment(allow_null=True)


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """An incident as both organisations may read it. Codes are those of the lists."""

    title = serializers.CharField(read_only=True)
    customer = serializers.SlugRelatedField[Customer](slug_field="short_name", read_only=True)
    customer_name = serializers.CharField(source="customer.name", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)
    service_name = serializers.CharField(source="service.name", read_only=True)
    component = serializers.SlugRelatedField[Component](slug_field="name", read_only=True)
    gate = GateSerializer(source="*", read_only=True)
    owner = serializers.StringRelatedField[Any]()
    logged_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = Incident
        fields = (
            "reference", "title", "state", "source", "is_rehearsal", "customer", "customer_name", "service",
            "service_name", "component", "caller_name", "call_back_number", "is_call_back_read_back",
            "failure", "who_affected", "error_text", "began_at", "is_began_approximate", "impact",
            "patient_safety",
            "continuity", "continuity_since_at", "customer_changes", "customer_reference",
            "gate", "owner", "owner_side", "next_action", "next_update_due_at",
            "public_phase", "reported_at", "logged_at", "logged_by", "triaged_at", "escalated_at",
            "escalated_to", "handed_over_at", "declined_at", "decline_rule", "told_caller", "restored_at",
            "resolved_at", "resolution", "changed_at",
        )  # fmt: skip
        read_only_fields = fields


class TimelineEntrySerializer(serializers.ModelSerializer[TimelineEntry]):
    by = serializers.StringRelatedField[Any]()

    class Meta:
        model = TimelineEntry
        fields = ("id", "kind", "wall", "title", "text", "by", "happened_at", "written_at", "is_bad")
        read_only_fields = fields


class StatusUpdateSerializer(serializers.ModelSerializer[StatusUpdate]):
    posted_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = StatusUpdate
        fields = (
            "id", "phase", "words", "service_state", "next_update_due_at", "posted_by", "posted_at",
            "published_at", "corrects",
        )  # fmt: skip
        read_only_fields = fields


class ProposalSerializer(serializers.ModelSerializer[Proposal]):
    customer = serializers.SlugRelatedField[Customer](slug_field="short_name", read_only=True)
    service = serializers.SlugRelatedField[Service](slug_field="code", read_only=True)
    component = serializers.SlugRelatedField[Component](slug_field="name", read_only=True)
    incident = serializers.SlugRelatedField[Incident](slug_field="reference", read_only=True)
    decided_by = serializers.StringRelatedField[Any]()
    targets = serializers.ListField(child=serializers.CharField(), read_only=True)
    labels = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = Proposal
        fields = (
            "id", "source", "state", "title", "summary", "severity", "monitor", "targets", "labels",
            "customer", "service", "component", "fired_at", "last_seen_at", "times_seen", "cleared_at",
            "incident", "decided_by", "decided_at", "reason",
        )  # fmt: skip
        read_only_fields = fields


# ---------- In ----------


class CallSerializer(Strict):
    """A call to log, in the order in which it is asked for."""

    customer = ByCode(
        slug_field="short_name", queryset=Customer.objects.filter(is_active=True), path=CUSTOMERS,
        required=False, allow_null=True, default=None, help_text="Without its code send `customer_words`.",
    )  # fmt: skip
    customer_words = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=120,
        help_text="A hospital that is not listed, in the caller's words. Its call passes to the duty lead.",
    )  # fmt: skip
    service = ByCode(slug_field="code", queryset=Service.objects.all(), path=SERVICES)
    component = ByCode(
        slug_field="name", queryset=Component.objects.filter(is_active=True), path=COMPONENTS,
        required=False, allow_null=True, default=None,
    )  # fmt: skip
    caller_name = serializers.CharField(max_length=120)
    call_back_number = CallBackNumber(max_length=40)
    is_call_back_read_back = serializers.BooleanField(default=False)
    failure = serializers.ChoiceField(choices=Incident.Failure.choices)
    who_affected = serializers.ChoiceField(choices=Incident.Who.choices)
    error_text = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    began_at = Moment(required=False, allow_null=True, default=None, must_be="past")
    is_began_approximate = serializers.BooleanField(default=True)
    impact = serializers.CharField(required=False, allow_blank=True, default="", max_length=2000)
    patient_safety = serializers.ChoiceField(choices=Incident.Answer.choices, default=Incident.Answer.UNKNOWN)
    continuity = serializers.ChoiceField(
        choices=Incident.Continuity.choices, default=Incident.Continuity.UNKNOWN
    )
    continuity_since_at = Moment(required=False, allow_null=True, default=None, must_be="past")
    customer_changes = serializers.CharField(required=False, allow_blank=True, default="", max_length=500)
    customer_reference = serializers.CharField(required=False, allow_blank=True, default="", max_length=60)
    call_back_due_at = Moment(
        required=False, allow_null=True, default=None, help_text="When the caller was promised to be rung."
    )
    reported_at = Moment(
        required=False,
        allow_null=True,
        default=None,
        must_be="past",
        help_text="When the call began. Default: now.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        customer, component = attrs["customer"], attrs["component"]
        if customer is None and not attrs["customer_words"].strip():
            words = "Send the hospital's code, or customer_words where it is not listed."
            raise serializers.ValidationError({"customer": [words]})
        if customer is not None:
            attrs["customer_words"] = ""
        if component and (
            customer is None
            or not Component.objects.visible_to(self.context["request"].user)
            .reachable_from(customer)
            .filter(pk=component.pk)
            .exists()
        ):
            raise serializers.ValidationError({"component": ["It is not a component of this hospital."]})
        return attrs


class ActSerializer(Strict):
    """What each transition takes: the state that the caller saw, so that somebody faster is noticed (409)."""

    expected_state = serializers.ChoiceField(
        choices=State.choices, required=False, allow_null=True, default=None
    )


class DeclineSerializer(ActSerializer):
    rule = serializers.ChoiceField(
        choices=list(RULE_NAMES.items()), help_text="The rule that the call fails."
    )
    told_caller = serializers.CharField(max_length=1000)


class ReasonActSerializer(ActSerializer):
    reason = serializers.CharField(max_length=1000)


class ResolveSerializer(ActSerializer):
    resolution = serializers.CharField(max_length=2000, help_text="What restored the service.")
    restored_at = Moment(must_be="past", help_text="When it came back.")


class ReasonSerializer(Strict):
    reason = serializers.CharField(max_length=1000)


class DismissSerializer(Strict):
    reason = serializers.CharField(max_length=500)


class AnswerGateSerializer(Strict):
    failure = serializers.ChoiceField(choices=Incident.Failure.choices)
    who_affected = serializers.ChoiceField(choices=Incident.Who.choices)


class NoteSerializer(Strict):
    text = serializers.CharField(max_length=5000)
    happened_at = Moment(required=False, allow_null=True, default=None, must_be="past")


class PostUpdateSerializer(Strict):
    phase = serializers.ChoiceField(choices=Phase.choices)
    words = serializers.CharField(max_length=2000)
    service_state = serializers.ChoiceField(
        choices=SAID_OF_SERVICES, default=StatusUpdate.ServiceState.MAJOR_OUTAGE
    )
    affected = serializers.DictField(
        child=serializers.ChoiceField(choices=SAID_OF_SERVICES), default=dict,
        help_text="Other services of the status page: state by code, from now on. "
        "One that is not named stays as it was.",
    )  # fmt: skip
    next_update_due_at = Moment(
        required=False, allow_null=True, default=None, must_be="future", help_text="Required unless resolved."
    )


class CorrectUpdateSerializer(Strict):
    """What is left out stays as it was posted."""

    words = serializers.CharField(max_length=2000)
    service_state = serializers.ChoiceField(choices=SAID_OF_SERVICES, required=False)
    affected = serializers.DictField(
        child=serializers.ChoiceField(choices=SAID_OF_SERVICES), required=False,
        help_text="All other services that it speaks of: state by code.",
    )  # fmt: skip


class TakeSerializer(Strict):
    """What a person found out beyond the alert; all of it may be left out where the alert says it."""

    customer = ByCode(
        slug_field="short_name", queryset=Customer.objects.filter(is_active=True), path=CUSTOMERS,
        required=False,
    )  # fmt: skip
    service = ByCode(slug_field="code", queryset=Service.objects.all(), path=SERVICES, required=False)
    caller_name = serializers.CharField(max_length=120, required=False)
    call_back_number = CallBackNumber(max_length=40, required=False)
    failure = serializers.ChoiceField(choices=Incident.Failure.choices, required=False)
    who_affected = serializers.ChoiceField(choices=Incident.Who.choices, required=False)
    impact = serializers.CharField(max_length=2000, required=False, allow_blank=True)


# ---------- Queries ----------


class IncidentQuery(PageQuery):
    updated_since = Moment(required=False, help_text="Changed at this instant or later.")
    state = serializers.ChoiceField(choices=State.choices, required=False)
    customer = ByCode(
        slug_field="short_name", queryset=Customer.objects.all(), path=CUSTOMERS, required=False
    )
    owner_side = serializers.ChoiceField(choices=Side.choices, required=False)
    rehearsals = serializers.BooleanField(
        default=False, help_text="Rehearsals too. They are no real incidents."
    )


class ProposalQuery(PageQuery):
    state = serializers.ChoiceField(choices=Proposal.State.choices, required=False)


class CoverageQuery(Strict):
    at = Moment(required=False, help_text="Default: now.")
    nation = serializers.ChoiceField(choices=Nation.choices, required=False, help_text="Default: the desk's.")


class SecondsQuery(Strict):
    start = Moment()
    end = Moment()
    nation = serializers.ChoiceField(choices=Nation.choices, required=False, help_text="Default: the desk's.")


class ComponentQuery(PageQuery):
    customer = ByCode(
        slug_field="short_name", queryset=Customer.objects.all(), path=CUSTOMERS, required=False
    )
