"""The shapes of handovers, pages and shifts: what comes in, and what goes out."""

from typing import Any

from rest_framework import serializers

from accounts.models import Team
from accounts.roles import Side
from handover.lacking import LONGEST
from handover.models import SECTIONS, Direction, Handover, HandoverItem, Page
from handover.shifts import OnShift
from incidents.api.fields import ByCode, Strict
from incidents.api.pages import PageQuery
from incidents.models import State

HANDOVER_FIELDS = (
    "id", "direction", "call_at", "state", "from_user", "to_user", "drafted_at", "offered_at",
    "leads_paged_at", "closed_at", "is_nothing", "statement", "content_hash", "call_began_at",
    "call_ended_at", "participants",
)  # fmt: skip

# ---------- Out ----------


class HandoverItemSerializer(serializers.ModelSerializer[HandoverItem]):
    incident = serializers.SlugRelatedField[Any](slug_field="reference", read_only=True)
    state = serializers.ChoiceField(choices=HandoverItem.State.choices, read_only=True)
    answered_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = HandoverItem
        fields = (
            "id", "incident", "position", "severity", *SECTIONS, "state", "read_back", "refuse_reason",
            "outcome", "answered_by", "answered_at",
        )  # fmt: skip
        read_only_fields = fields


class HandoverSerializer(serializers.ModelSerializer[Handover]):
    """One handover without its items: the list."""

    state = serializers.ChoiceField(choices=Handover.State.choices, read_only=True)
    from_user = serializers.StringRelatedField[Any]()
    to_user = serializers.StringRelatedField[Any]()

    class Meta:
        model = Handover
        fields: tuple[str, ...] = HANDOVER_FIELDS
        read_only_fields = fields


class AddendumSerializer(serializers.Serializer[Any]):
    text = serializers.CharField()
    by = serializers.StringRelatedField[Any]()
    written_at = serializers.DateTimeField()


class HandoverDetailSerializer(HandoverSerializer):
    """One handover, whole. Of its items those whose incident the token may see."""

    items = HandoverItemSerializer(many=True, read_only=True, source="shown_items")
    addenda = AddendumSerializer(many=True, read_only=True)

    class Meta(HandoverSerializer.Meta):
        fields = (*HANDOVER_FIELDS, "items", "addenda")
        read_only_fields = fields


class PageSerializer(serializers.ModelSerializer[Page]):
    """Sent is not answered: `acknowledged_at` says that somebody has it."""

    incident = serializers.SlugRelatedField[Any](slug_field="reference", read_only=True)
    team = serializers.SlugRelatedField[Any](slug_field="code", read_only=True)
    user = serializers.StringRelatedField[Any]()
    by = serializers.StringRelatedField[Any]()
    acknowledged_by = serializers.StringRelatedField[Any]()

    class Meta:
        model = Page
        fields = (
            "id", "incident", "handover", "team", "user", "words", "reason", "by", "paged_at", "sent_at",
            "acknowledged_at", "acknowledged_by", "answer",
        )  # fmt: skip
        read_only_fields = fields


class OnShiftSerializer(serializers.Serializer[OnShift]):
    name = serializers.CharField(source="person.name")
    side = serializers.ChoiceField(source="person.side", choices=Side.choices)
    role = serializers.CharField()
    phone = serializers.CharField(source="person.phone")
    since = serializers.DateTimeField(source="shift.starts_at")
    until = serializers.DateTimeField(source="shift.ends_at")
    incidents = serializers.IntegerField()


class CallOutSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField()
    direction = serializers.ChoiceField(choices=Direction.choices)


class OnCallSerializer(serializers.Serializer[Any]):
    """Who is on now, and the next calls. `nobody`: out of hours, and nobody of the partner is on."""

    at = serializers.DateTimeField()
    nobody = serializers.BooleanField()
    on_shift = OnShiftSerializer(many=True)
    next_calls = CallOutSerializer(many=True)


# ---------- In ----------


class DraftSerializer(Strict):
    direction = serializers.ChoiceField(choices=Direction.choices)


class OfferSerializer(Strict):
    statement = serializers.CharField(
        max_length=2000,
        required=False,
        default="",
        allow_blank=True,
        help_text="Signed when nothing is open.",
    )


class SectionSerializer(Strict):
    """One section of a draft's item, or its severity."""

    section = serializers.ChoiceField(choices=[(name, name) for name in (*SECTIONS, "severity")])
    text = serializers.CharField(max_length=3000, allow_blank=True, trim_whitespace=False)


class AcceptSerializer(Strict):
    read_back = serializers.CharField(max_length=2000, help_text="What it is, what you do next, by when.")


class RefuseSerializer(Strict):
    reason = serializers.CharField(max_length=2000)


class EscalateSerializer(Strict):
    team = ByCode(slug_field="code", queryset=Team.objects.all(), path="/api/v1/teams/")
    reason = serializers.CharField(max_length=2000)
    expected_state = serializers.ChoiceField(
        choices=State.choices, required=False, allow_null=True, default=None,
        help_text="What you saw. `escalated` pages another team, or the same again.",
    )  # fmt: skip


class SopGapSerializer(EscalateSerializer):
    reason = serializers.CharField(
        max_length=LONGEST, help_text="What an SOP would have had to do. The team is paged with it."
    )


class AcknowledgeSerializer(Strict):
    answer = serializers.CharField(
        max_length=2000, required=False, default="", allow_blank=True,
        help_text="Who answered and what they said; required of whoever is not of the team paged.",
    )  # fmt: skip


class HandoverQuery(PageQuery):
    state = serializers.ChoiceField(choices=Handover.State.choices, required=False)


class PagesQuery(PageQuery):
    waiting = serializers.BooleanField(default=False, help_text="Only those that nobody has answered.")
