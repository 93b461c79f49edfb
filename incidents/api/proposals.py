"""`/api/v1/proposals/`: what monitoring proposed, and what people decide of it."""

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.roles import Permission
from incidents import proposals
from incidents.api import serializers as shapes
from incidents.api.incidents import body_of, person, query_of
from incidents.api.pages import ByNumber
from incidents.models import Proposal


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
