"""Alerts in: the webhook that monitoring calls; and the proposals that people decide."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api_parsing import DeskJSONParser
from accounts.roles import Permission
from incidents import proposals
from incidents.alerts import SOURCES, NotUnderstood, read
from incidents.api import serializers as shapes
from incidents.api.incidents import body_of, person, query_of
from incidents.api.pages import ByNumber
from incidents.models import Proposal


class AlertParser(DeskJSONParser):
    """Azure sends up to 256 kB."""

    max_bytes = 256 * 1024


class IgnoredSerializer(serializers.Serializer[Any]):
    title = serializers.CharField()
    reason = serializers.CharField()


class ReceivedSerializer(serializers.Serializer[Any]):
    """What was done with each alert."""

    received = serializers.IntegerField()
    proposed = serializers.IntegerField()
    joined = serializers.IntegerField()
    noted = serializers.IntegerField()
    ignored = IgnoredSerializer(many=True)


def receive(request: Request, source: str | None) -> Response:
    """202 with what was done; 400 when it cannot be read, which a person then sees on the board."""
    try:
        alerts = read(request.data, source)
    except NotUnderstood as error:
        proposals.receive_unreadable(error, source=source or "", by=person(request))
        answer = {
            "code": "not_understood",
            "detail": error.reason,
            "fields": {error.field or "request": [error.reason]},
        }
        return Response(answer, status=status.HTTP_400_BAD_REQUEST)
    done = proposals.receive(alerts, by=person(request))
    return Response(ReceivedSerializer(done.as_dict()).data, status=status.HTTP_202_ACCEPTED)


class Alerts(APIView):
    """Alerts of any sender that we know, told apart by their shape. They propose; a person decides."""

    parser_classes = (AlertParser,)
    permissions_needed = {"post": Permission.PROPOSE_INCIDENT}

    @extend_schema(
        tags=["alerts"], operation_id="alerts_receive", request=OpenApiTypes.OBJECT,
        responses={202: ReceivedSerializer},
    )  # fmt: skip
    def post(self, request: Request) -> Response:
        return receive(request, None)


class AlertsOf(APIView):
    """Alerts of one sender: what has not its shape is refused."""

    parser_classes = (AlertParser,)
    permissions_needed = {"post": Permission.PROPOSE_INCIDENT}

    @extend_schema(
        tags=["alerts"], operation_id="alerts_receive_of", request=OpenApiTypes.OBJECT,
        responses={202: ReceivedSerializer},
        parameters=[OpenApiParameter("source", str, OpenApiParameter.PATH, enum=SOURCES)],
    )  # fmt: skip
    def post(self, request: Request, source: str) -> Response:
        return receive(request, source)


@extend_schema(tags=["alerts"])
class Proposals(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """What monitoring proposed, and what people decided."""

    queryset = Proposal.objects.none()
    serializer_class = shapes.ProposalSerializer
    pagination_class = ByNumber
    lookup_value_regex = "[0-9]{1,18}"
    permissions_needed = {
        "list": Permission.VIEW_INCIDENT,
        "retrieve": Permission.VIEW_INCIDENT,
        "take": Permission.DECIDE_PROPOSAL,
        "dismiss": Permission.DECIDE_PROPOSAL,
    }

    def get_queryset(self) -> Any:
        named = ("customer", "service", "component", "incident", "decided_by")
        return Proposal.objects.visible_to(self.request.user).select_related(*named)

    def found(self) -> Proposal:
        found: Proposal = get_object_or_404(self.get_queryset(), pk=self.kwargs["pk"])
        return found

    @extend_schema(parameters=[shapes.ProposalQuery])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = query_of(shapes.ProposalQuery, request)
        rows = self.get_queryset()
        rows = rows.filter(state=wanted["state"]) if "state" in wanted else rows
        page = self.paginate_queryset(rows)
        return self.get_paginated_response(shapes.ProposalSerializer(page, many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(shapes.ProposalSerializer(self.found()).data)

    @extend_schema(request=shapes.TakeSerializer, responses={201: shapes.IncidentSerializer})
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str) -> Response:
        """Log the proposed incident."""
        facts = body_of(shapes.TakeSerializer, request)
        incident = proposals.take(self.found().pk, facts=facts, by=person(request))
        return Response(shapes.IncidentSerializer(incident).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=shapes.DismissSerializer)
    @action(detail=True, methods=["post"])
    def dismiss(self, request: Request, pk: str) -> Response:
        """It is no incident, and why."""
        reason = body_of(shapes.DismissSerializer, request)["reason"]
        proposals.dismiss(self.found().pk, reason=reason, by=person(request))
        return Response(shapes.ProposalSerializer(self.found()).data)
