"""`/api/v1/incidents/`: log, list, read, the timeline, each transition, status updates."""

import hashlib
import json
import re
from collections.abc import Callable
from typing import Any, cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.roles import Permission
from incidents import services
from incidents.api import serializers as shapes
from incidents.api.pages import ByChange, ByNumber, PageQuery
from incidents.api.permissions import MayReadIncidents
from incidents.intake import answer_gate, log_once
from incidents.models import Incident, StatusUpdate, TimelineEntry
from incidents.reads import note_incident, note_many
from incidents.status.services import correct_update, post_update

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="The same key and body log once (200 again); with another body it is refused (409).",
)  # fmt: skip
REFERENCE = OpenApiParameter("reference", str, OpenApiParameter.PATH, description="Such as OOH-2026-00042.")
NUMBER = OpenApiParameter("number", int, OpenApiParameter.PATH, description="The number of the update.")
READS = ("list", "retrieve", "timeline", "status_updates")


def body_of(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """What came in, checked for its shape."""
    serializer = shape(data=request.data, context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def query_of(shape: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    """The parameters of the address, checked as strictly as a body."""
    serializer = shape(data=request.query_params.dict(), context={"request": request})
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def person(request: Request) -> User:
    return cast(User, request.user)


@extend_schema(tags=["incidents"])
class Incidents(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Incidents, as far as the token may see them."""

    queryset = Incident.objects.none()
    serializer_class = shapes.IncidentSerializer
    pagination_class = ByChange
    lookup_field = "reference"
    lookup_value_regex = "[A-Za-z0-9-]{1,20}"
    permissions_needed = {
        "create": Permission.LOG_INCIDENT,
        "add_note": Permission.ADD_ENTRY,
        "post_status_update": Permission.POST_STATUS,
        "correct_status_update": Permission.POST_STATUS,
        "begin_triage": Permission.BEGIN_TRIAGE,
        "decline": Permission.DECLINE_INCIDENT,
        "resume_triage": Permission.RESUME_TRIAGE,
        "resolve": Permission.RESOLVE_INCIDENT,
        "reopen": Permission.REOPEN_INCIDENT,
        "override_gate": Permission.OVERRIDE_GATE,
        "answer_gate": Permission.LOG_INCIDENT,
    }

    def get_permissions(self) -> Any:
        return [MayReadIncidents()] if self.action in READS else super().get_permissions()

    def get_queryset(self) -> Any:
        named = ("customer", "service", "component", "owner", "logged_by", "override_by")
        return Incident.objects.visible_to(self.request.user).select_related(*named)

    def found(self) -> Incident:
        found: Incident = get_object_or_404(self.get_queryset(), reference=self.kwargs["reference"])
        return found

    def answer(self, code: int = status.HTTP_200_OK, incident: Incident | None = None) -> Response:
        """The incident as it is now."""
        fresh = self.get_queryset().get(pk=(incident or self.found()).pk)
        return Response(shapes.IncidentSerializer(fresh).data, status=code)

    def pages(self, shown: Any, shape: Any) -> Response:
        return self.get_paginated_response(shape(shown, many=True).data)

    # ---------- Read and log ----------

    @extend_schema(parameters=[shapes.IncidentQuery], summary="List incidents, oldest change first")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = query_of(shapes.IncidentQuery, request)
        rows = self.get_queryset()
        if not wanted.pop("rehearsals"):
            rows = rows.counted()
        names = {
            "updated_since": "changed_at__gte",
            "state": "state",
            "customer": "customer",
            "owner_side": "owner_side",
        }
        rows = rows.filter(**{field: wanted[name] for name, field in names.items() if name in wanted})
        shown = self.paginate_queryset(rows) or []
        note_many(person(request), shown, name="List of the API")
        return self.pages(shown, shapes.IncidentSerializer)

    @extend_schema(parameters=[REFERENCE], summary="Read an incident")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = self.found()
        note_incident(person(request), found)
        return Response(shapes.IncidentSerializer(found).data)

    @extend_schema(
        parameters=[KEY], request=shapes.CallSerializer, summary="Log a call",
        responses={200: shapes.IncidentSerializer, 201: shapes.IncidentSerializer},
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        call = body_of(shapes.CallSerializer, request)
        call |= {"source": Incident.Source.API, "by": person(request)}
        incident, is_new = log_once(key=_key(request), fingerprint=_fingerprint(request.data), **call)
        return self.answer(status.HTTP_201_CREATED if is_new else status.HTTP_200_OK, incident)

    # ---------- Timeline and status updates ----------

    @extend_schema(
        parameters=[REFERENCE, PageQuery], responses=shapes.TimelineEntrySerializer(many=True),
        summary="Read the timeline, in the order of writing",
    )  # fmt: skip
    @action(detail=True, pagination_class=ByNumber)
    def timeline(self, request: Request, reference: str) -> Response:
        query_of(PageQuery, request)
        found = self.found()
        rows = TimelineEntry.objects.filter(incident=found).visible_to(request.user)
        shown = self.paginate_queryset(rows.select_related("by")) or []
        note_incident(person(request), found, shown)
        return self.pages(shown, shapes.TimelineEntrySerializer)

    @extend_schema(
        parameters=[REFERENCE], request=shapes.NoteSerializer,
        responses={201: shapes.TimelineEntrySerializer},
        summary="Add a note for both organisations",
    )  # fmt: skip
    @timeline.mapping.post
    def add_note(self, request: Request, reference: str) -> Response:
        note = body_of(shapes.NoteSerializer, request)
        entry = services.add_note(
            self.found().pk, text=note["text"], at=note["happened_at"], by=person(request)
        )
        return Response(shapes.TimelineEntrySerializer(entry).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[REFERENCE, PageQuery], responses=shapes.StatusUpdateSerializer(many=True),
        summary="Read the public updates, in the order of posting",
    )  # fmt: skip
    @action(detail=True, url_path="status-updates", pagination_class=ByNumber)
    def status_updates(self, request: Request, reference: str) -> Response:
        query_of(PageQuery, request)
        rows = StatusUpdate.objects.filter(incident=self.found()).visible_to(request.user)
        shown = self.paginate_queryset(rows.select_related("posted_by"))
        return self.pages(shown, shapes.StatusUpdateSerializer)

    @extend_schema(
        parameters=[REFERENCE], request=shapes.PostUpdateSerializer,
        responses={201: shapes.StatusUpdateSerializer}, summary="Post a public update",
    )  # fmt: skip
    @status_updates.mapping.post
    def post_status_update(self, request: Request, reference: str) -> Response:
        given = body_of(shapes.PostUpdateSerializer, request)
        update = post_update(self.found().pk, **given, by=person(request))
        return Response(shapes.StatusUpdateSerializer(update).data, status=status.HTTP_201_CREATED)

    @extend_schema(
        parameters=[REFERENCE, NUMBER], request=shapes.CorrectUpdateSerializer,
        responses={201: shapes.StatusUpdateSerializer},
        summary="Correct a public update: both stay to be read",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=r"status-updates/(?P<number>[0-9]{1,18})/correct")
    def correct_status_update(self, request: Request, reference: str, number: str) -> Response:
        given = body_of(shapes.CorrectUpdateSerializer, request)
        rows = StatusUpdate.objects.visible_to(request.user).filter(incident=self.found())
        correction = correct_update(get_object_or_404(rows, pk=number).pk, **given, by=person(request))
        return Response(shapes.StatusUpdateSerializer(correction).data, status=status.HTTP_201_CREATED)

    # ---------- Transitions ----------

    def move(
        self, request: Request, act: Callable[..., Any], shape: type[serializers.Serializer[Any]]
    ) -> Response:
        given = body_of(shape, request)
        incident = self.found()
        act(incident.pk, seen=given.pop("expected_state"), **given, by=person(request))
        return self.answer(incident=incident)

    @extend_schema(parameters=[REFERENCE], request=shapes.ActSerializer)
    @action(detail=True, methods=["post"], url_path="begin-triage")
    def begin_triage(self, request: Request, reference: str) -> Response:
        """The person takes the incident and owns it."""
        return self.move(request, services.begin_triage, shapes.ActSerializer)

    @extend_schema(parameters=[REFERENCE], request=shapes.DeclineSerializer)
    @action(detail=True, methods=["post"])
    def decline(self, request: Request, reference: str) -> Response:
        """Not for this service: which rule it fails, and what the caller was told."""
        return self.move(request, services.decline, shapes.DeclineSerializer)

    @extend_schema(parameters=[REFERENCE], request=shapes.ReasonActSerializer)
    @action(detail=True, methods=["post"], url_path="resume-triage")
    def resume_triage(self, request: Request, reference: str) -> Response:
        """Back to triage: the run did not restore the service, or the vendor's team answered."""
        return self.move(request, services.resume_triage, shapes.ReasonActSerializer)

    @extend_schema(parameters=[REFERENCE], request=shapes.ResolveSerializer)
    @action(detail=True, methods=["post"])
    def resolve(self, request: Request, reference: str) -> Response:
        """The service is back: what restored it, and when. The last status update must say so."""
        return self.move(request, services.resolve, shapes.ResolveSerializer)

    @extend_schema(parameters=[REFERENCE], request=shapes.ReasonActSerializer)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, reference: str) -> Response:
        """It came back within 72 hours."""
        return self.move(request, services.reopen, shapes.ReasonActSerializer)

    @extend_schema(parameters=[REFERENCE], request=shapes.ReasonSerializer)
    @action(detail=True, methods=["post"], url_path="override-gate")
    def override_gate(self, request: Request, reference: str) -> Response:
        """A lead deals with a call that the gate did not accept. The vendor sees who and why."""
        reason = body_of(shapes.ReasonSerializer, request)["reason"]
        services.override_gate(self.found().pk, reason=reason, by=person(request))
        return self.answer()

    @extend_schema(parameters=[REFERENCE], request=shapes.AnswerGateSerializer)
    @action(detail=True, methods=["post"], url_path="answer-gate")
    def answer_gate(self, request: Request, reference: str) -> Response:
        """What the gate asked is known now: it judges again, as of the call."""
        answer_gate(self.found().pk, **body_of(shapes.AnswerGateSerializer, request), by=person(request))
        return self.answer()


def _key(request: Request) -> str:
    key = str(request.headers.get("Idempotency-Key", "")).strip()
    if key and not re.fullmatch(r"[\x21-\x7e]{1,100}", key):
        raise ValidationError(
            {"Idempotency-Key": ["Send 1 to 100 visible ASCII characters, such as a UUID."]}
        )
    return key


def _fingerprint(body: Any) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
