"""`/api/v1/incidents/<reference>/calls/`: the telephone calls of an incident, and what they promise."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Permission
from incidents import calls
from incidents.api.fields import Moment, Strict
from incidents.api.incidents import REFERENCE, body_of, person, query_of
from incidents.api.pages import ByNumber, PageQuery
from incidents.api.permissions import MayReadIncidents
from incidents.models import Incident, PhoneCall
from incidents.reads import note_incident

NUMBER = OpenApiParameter("id", int, OpenApiParameter.PATH, description="The number of the call.")


class PhoneCallSerializer(serializers.ModelSerializer[PhoneCall]):
    """One call. While `next_call_at` stands and `kept_at` is null, the promised call is due."""

    text = serializers.CharField(source="entry.text", read_only=True)
    by = serializers.StringRelatedField[Any]()

    class Meta:
        model = PhoneCall
        fields = (
            "id", "who", "number", "direction", "purpose", "outcome", "text", "at", "by", "next_call_at",
            "next_call_by_us", "kept_at", "kept_by", "called_off_reason",
        )  # fmt: skip
        read_only_fields = fields


class LogPhoneCallSerializer(Strict):
    """A call that happened."""

    direction = serializers.ChoiceField(choices=PhoneCall.Direction.choices)
    who = serializers.CharField(max_length=120)
    number = serializers.CharField(max_length=40, required=False, allow_blank=True, default="")
    purpose = serializers.ChoiceField(
        choices=PhoneCall.Purpose.choices, required=False, default="", help_text="Default: by the state."
    )
    outcome = serializers.ChoiceField(choices=PhoneCall.Outcome.choices)
    text = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    at = Moment(required=False, allow_null=True, default=None, must_be="past", help_text="Default: now.")
    next_call_at = Moment(required=False, allow_null=True, default=None, must_be="future")
    next_call_by_us = serializers.BooleanField(required=False, allow_null=True, default=None)
    keeps = serializers.IntegerField(
        required=False, allow_null=True, default=None, min_value=1, max_value=2**31,
        help_text="The call whose promise this one keeps, where the name does not tell.",
    )  # fmt: skip


class CallOffSerializer(Strict):
    reason = serializers.CharField(max_length=300)


@extend_schema(tags=["incidents"], parameters=[REFERENCE])
class PhoneCalls(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """The calls of one incident, in the order of writing."""

    queryset = PhoneCall.objects.none()
    serializer_class = PhoneCallSerializer
    pagination_class = ByNumber
    lookup_value_regex = "[0-9]{1,18}"
    permissions_needed = {"create": Permission.ADD_ENTRY, "call_off": Permission.ADD_ENTRY}

    def get_permissions(self) -> Any:
        return [MayReadIncidents()] if self.action == "list" else super().get_permissions()

    def incident(self) -> Incident:
        visible = Incident.objects.visible_to(self.request.user)
        found: Incident = get_object_or_404(visible, reference=self.kwargs["reference"])
        return found

    def get_queryset(self) -> Any:
        rows = PhoneCall.objects.filter(incident=self.incident()).visible_to(self.request.user)
        return rows.select_related("entry", "by")

    @extend_schema(parameters=[PageQuery], summary="List the phone calls of an incident")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        query_of(PageQuery, request)
        note_incident(person(request), self.incident())
        return super().list(request, *args, **kwargs)

    @extend_schema(
        request=LogPhoneCallSerializer, responses={201: PhoneCallSerializer}, summary="Log a phone call"
    )
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = body_of(LogPhoneCallSerializer, request)
        call = calls.log_call(self.incident().pk, **given, by=person(request))
        return Response(PhoneCallSerializer(call).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[NUMBER], request=CallOffSerializer, responses=PhoneCallSerializer,
        summary="Call a promised call off",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="call-off")
    def call_off(self, request: Request, reference: str, pk: str) -> Response:
        """Nobody makes it, and why."""
        found = get_object_or_404(self.get_queryset(), pk=pk)
        reason = body_of(CallOffSerializer, request)["reason"]
        calls.call_off(found.pk, reason=reason, by=person(request))
        return Response(PhoneCallSerializer(self.get_queryset().get(pk=pk)).data)
