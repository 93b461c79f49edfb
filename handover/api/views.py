"""`/api/v1/handovers/`, `/pages/`, `/teams/`, `/on-call/`, and escalating an incident."""

from collections.abc import Callable
from typing import Any

from django.db.models import Prefetch
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status, viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.api import IsSignedIn
from accounts.models import Team
from accounts.roles import Permission
from accounts.together import together
from handover import services
from handover.api import serializers as shapes
from handover.models import Handover, HandoverItem, Page
from incidents.api.incidents import body_of, person, query_of
from incidents.api.pages import ByNumber, ByText, PageQuery
from incidents.models import Incident
from incidents.reads import note_incident

NUMBER = "[0-9]{1,9}"
ITEM = OpenApiParameter("item", int, OpenApiParameter.PATH, description="The item's id.")
REFERENCE = OpenApiParameter("reference", str, OpenApiParameter.PATH)
ID = OpenApiParameter("id", int, OpenApiParameter.PATH)
CREATED = status.HTTP_201_CREATED


@extend_schema(tags=["handovers"])
class Handovers(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Handovers: the drafts and offers of both sides, and what was accepted."""

    queryset = Handover.objects.none()
    serializer_class = shapes.HandoverSerializer
    pagination_class = ByNumber
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER
    permissions_needed = {
        "list": Permission.VIEW_HANDOVER,
        "retrieve": Permission.VIEW_HANDOVER,
        "create": Permission.OFFER_HANDOVER,
        "offer": Permission.OFFER_HANDOVER,
        "take_back": Permission.OFFER_HANDOVER,
        "save_item": Permission.OFFER_HANDOVER,
        "accept": Permission.ACCEPT_HANDOVER,
        "refuse": Permission.ACCEPT_HANDOVER,
        "accept_statement": Permission.ACCEPT_HANDOVER,
    }

    def get_queryset(self) -> Any:
        return Handover.objects.visible_to(self.request.user).with_people()

    def found(self, item: str | None = None) -> int:
        """The number of the handover, or of its item, if the token may see it."""
        handover = get_object_or_404(Handover.objects.visible_to(self.request.user), pk=self.kwargs["id"])
        if item is None:
            return int(handover.pk)
        rows = HandoverItem.objects.visible_to(self.request.user).filter(handover=handover)
        return int(get_object_or_404(rows, pk=item).pk)

    def answer(self, handover_id: int, code: int = status.HTTP_200_OK) -> Response:
        """The handover as it is now."""
        items = HandoverItem.objects.visible_to(self.request.user).shown()
        rows = self.get_queryset().prefetch_related(
            Prefetch("items", items, to_attr="shown_items"), "addenda__by"
        )
        return Response(shapes.HandoverDetailSerializer(rows.get(pk=handover_id)).data, status=code)

    @extend_schema(parameters=[shapes.HandoverQuery], summary="List handovers, in the order of drafting")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = query_of(shapes.HandoverQuery, request)
        rows = self.get_queryset()
        rows = rows.filter(state=wanted["state"]) if "state" in wanted else rows
        return self.get_paginated_response(
            shapes.HandoverSerializer(self.paginate_queryset(rows), many=True).data
        )

    @extend_schema(
        parameters=[ID], responses=shapes.HandoverDetailSerializer, summary="Read a handover, whole"
    )
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        number = self.found()
        items = HandoverItem.objects.visible_to(request.user).filter(handover=number)
        for item in items.select_related("incident"):
            note_incident(person(request), item.incident)
        return self.answer(number)

    @extend_schema(
        request=shapes.DraftSerializer, responses={201: shapes.HandoverDetailSerializer},
        summary="Draft a handover from what happened",
    )  # fmt: skip
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Gives the draft of that call, if there is one already."""
        made = services.draft(body_of(shapes.DraftSerializer, request)["direction"], by=person(request))
        return self.answer(made.pk, CREATED)

    @extend_schema(
        parameters=[ID], request=shapes.OfferSerializer, responses=shapes.HandoverDetailSerializer,
        summary="Offer a handover: its words are frozen",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def offer(self, request: Request, id: str) -> Response:
        given = body_of(shapes.OfferSerializer, request)
        return self.answer(services.offer(self.found(), **given, by=person(request)).pk)

    @extend_schema(
        parameters=[ID], request=None, responses=shapes.HandoverDetailSerializer,
        summary="Take an offer back, before the first answer",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="take-back")
    def take_back(self, request: Request, id: str) -> Response:
        return self.answer(services.take_back(self.found(), by=person(request)).pk)

    @extend_schema(
        parameters=[ID, ITEM], request=shapes.SectionSerializer, responses=shapes.HandoverDetailSerializer,
        summary="Write one section of a draft's item",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=f"items/(?P<item>{NUMBER})")
    def save_item(self, request: Request, id: str, item: str) -> Response:
        given = body_of(shapes.SectionSerializer, request)
        services.save_item(self.found(item), **given, by=person(request))
        return self.answer(int(id))

    @extend_schema(
        parameters=[ID, ITEM], request=shapes.AcceptSerializer, responses=shapes.HandoverDetailSerializer,
        summary="Accept an item: say it back, and own the incident",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=f"items/(?P<item>{NUMBER})/accept")
    def accept(self, request: Request, id: str, item: str) -> Response:
        given = body_of(shapes.AcceptSerializer, request)
        services.accept_item(self.found(item), **given, by=person(request))
        return self.answer(int(id))

    @extend_schema(
        parameters=[ID, ITEM], request=shapes.RefuseSerializer, responses=shapes.HandoverDetailSerializer,
        summary="Refuse an item, with a reason: it stays with its owner",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path=f"items/(?P<item>{NUMBER})/refuse")
    def refuse(self, request: Request, id: str, item: str) -> Response:
        given = body_of(shapes.RefuseSerializer, request)
        services.refuse_item(self.found(item), **given, by=person(request))
        return self.answer(int(id))

    @extend_schema(
        parameters=[ID], request=None, responses=shapes.HandoverDetailSerializer,
        summary="Answer the statement that there is nothing to hand over",
    )  # fmt: skip
    @action(detail=True, methods=["post"], url_path="accept-statement")
    def accept_statement(self, request: Request, id: str) -> Response:
        return self.answer(services.accept_statement(self.found(), by=person(request)).pk)


@extend_schema(tags=["pages"])
class Pages(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """Pages to teams and people, as far as the token may see them."""

    queryset = Page.objects.none()
    serializer_class = shapes.PageSerializer
    pagination_class = ByNumber
    permission_classes = (IsSignedIn,)  # whom a page goes to decides, row by row
    lookup_field = "pk"
    lookup_url_kwarg = "id"
    lookup_value_regex = NUMBER

    def get_queryset(self) -> Any:
        return Page.objects.visible_to(self.request.user).shown()

    @extend_schema(parameters=[shapes.PagesQuery], summary="List pages, in the order of paging")
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.get_queryset()
        rows = rows.waiting() if query_of(shapes.PagesQuery, request)["waiting"] else rows
        return self.get_paginated_response(
            shapes.PageSerializer(self.paginate_queryset(rows), many=True).data
        )

    @extend_schema(
        parameters=[ID], request=shapes.AcknowledgeSerializer, responses=shapes.PageSerializer,
        summary="Answer a page",
    )  # fmt: skip
    @action(detail=True, methods=["post"])
    def acknowledge(self, request: Request, id: str) -> Response:
        given = body_of(shapes.AcknowledgeSerializer, request)
        page = get_object_or_404(self.get_queryset(), pk=id)
        services.acknowledge(page.pk, **given, by=person(request))
        return Response(shapes.PageSerializer(self.get_queryset().get(pk=page.pk)).data)


class TeamSerializer(serializers.ModelSerializer[Team]):
    class Meta:
        model = Team
        fields = ("code", "name", "phone")
        read_only_fields = fields


@extend_schema(tags=["pages"], parameters=[PageQuery], summary="List the vendor's teams")
class Teams(mixins.ListModelMixin, viewsets.GenericViewSet[Any]):
    """The teams of the vendor that an incident can be escalated to."""

    queryset = Team.objects.none()
    serializer_class = TeamSerializer
    pagination_class = ByText
    permissions_needed = {"list": Permission.VIEW_PEOPLE}

    def get_queryset(self) -> Any:
        query_of(PageQuery, self.request)
        return Team.objects.visible_to(person(self.request))


class PagesTeam(APIView):
    """What an act on an incident that pages a team has in common."""

    permissions_needed = {"post": Permission.ESCALATE_INCIDENT}

    def act(
        self, shape: type[shapes.EscalateSerializer], service: Callable[..., Page], reference: str
    ) -> Response:
        """Check the shape, call the service with the state that was seen, and answer with the page."""
        given = body_of(shape, self.request)
        incident = get_object_or_404(Incident.objects.visible_to(self.request.user), reference=reference)
        page = service(
            incident.pk, team=given["team"], reason=given["reason"], seen=given["expected_state"],
            by=person(self.request),
        )  # fmt: skip
        shown = Page.objects.visible_to(self.request.user).shown().get(pk=page.pk)
        return Response(shapes.PageSerializer(shown).data, status=CREATED)


class Escalate(PagesTeam):
    """Escalate an incident to a team of the vendor, and page it."""

    @extend_schema(
        tags=["incidents"], operation_id="incidents_escalate", request=shapes.EscalateSerializer,
        responses={201: shapes.PageSerializer}, summary="Escalate to a team, and page it",
        parameters=[REFERENCE],
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        return self.act(shapes.EscalateSerializer, services.escalate, reference)


class StateSopGap(PagesTeam):
    """No SOP fits an incident: counted, and escalated to a team of the vendor."""

    @extend_schema(
        tags=["incidents"], operation_id="incidents_state_sop_gap", request=shapes.SopGapSerializer,
        responses={201: shapes.PageSerializer}, summary="Say that no SOP fits, and page a team",
        parameters=[REFERENCE],
    )  # fmt: skip
    def post(self, request: Request, reference: str) -> Response:
        """Once an incident. The same by the same person again answers with the same page."""
        return self.act(shapes.SopGapSerializer, services.state_sop_gap, reference)


class OnCall(APIView):
    """Who is on now."""

    permissions_needed = {"get": Permission.VIEW_HANDOVER}

    @extend_schema(
        tags=["on-call"], responses=shapes.OnCallSerializer, summary="Who is on, and the next calls"
    )
    def get(self, request: Request) -> Response:
        at = timezone.now()
        facts = services.board_facts(at, together(**services.people_to_ring(person(request))))
        return Response(
            shapes.OnCallSerializer(
                {"at": at, "nobody": facts.nobody, "on_shift": facts.on_shift, "next_calls": facts.next_calls}
            ).data
        )
