"""`/api/v1/sync/`: what the other side's synchronisation reads, with a token that can do nothing else."""

from typing import Any, ClassVar

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.roles import Permission
from incidents.api import serializers as shapes
from incidents.api.incidents import person, query_of
from incidents.api.settled import SettledPageSerializer, SettledQuery, page
from incidents.models import Conversation, Incident, Ticket, TimelineEntry
from incidents.models.timeline import SHARED
from incidents.reads import note_many


class SyncTicketSerializer(serializers.ModelSerializer[Ticket]):
    """The ticket as we know it. Statuses are Freshdesk's numbers."""

    status_written = serializers.IntegerField(source="status", help_text="What the desk wrote last.")
    status_seen = serializers.IntegerField(source="seen_status", allow_null=True)
    current_number = serializers.IntegerField(help_text="Where notes go: the ticket that took it in, if any.")

    class Meta:
        model = Ticket
        fields = (
            "number", "current_number", "merged_into", "is_archived", "status_written", "status_seen",
            "seen_updated_at", "read_back_at", "asked_at", "answer", "answered_at", "reopened_at",
        )  # fmt: skip
        read_only_fields = fields


class SyncIncidentSerializer(shapes.IncidentSerializer):
    """An incident as both organisations may read it, with its ticket where it has one."""

    ticket = SyncTicketSerializer(read_only=True, allow_null=True)

    class Meta:
        model = Incident
        fields = (*shapes.IncidentSerializer.Meta.fields, "ticket")
        read_only_fields = fields


class SyncEntrySerializer(shapes.TimelineEntrySerializer):
    """An entry that both organisations, or everybody, may read."""

    incident = serializers.CharField(source="incident.reference", read_only=True)
    ticket = serializers.SerializerMethodField(help_text="Freshdesk's number, where there is a ticket.")
    conversation = serializers.SerializerMethodField(help_text="Its note or reply in Freshdesk, if any.")
    is_from_freshdesk = serializers.SerializerMethodField(help_text="It was read there, not written here.")
    supersedes = serializers.SerializerMethodField(help_text="The entry that it corrects.")

    class Meta:
        model = TimelineEntry
        fields = (
            *shapes.TimelineEntrySerializer.Meta.fields, "incident", "ticket", "conversation",
            "is_from_freshdesk", "supersedes",
        )  # fmt: skip
        read_only_fields = fields

    def get_ticket(self, entry: TimelineEntry) -> int | None:
        ticket: Ticket | None = getattr(entry.incident, "ticket", None)
        return ticket.current_number if ticket else None

    def get_conversation(self, entry: TimelineEntry) -> int | None:
        found = _conversation(entry)
        return found.number if found else None

    def get_is_from_freshdesk(self, entry: TimelineEntry) -> bool:
        found = _conversation(entry)
        return found is not None and not found.is_ours

    def get_supersedes(self, entry: TimelineEntry) -> int | None:
        """A vendor row is not even named."""
        before = entry.supersedes
        return before.pk if before and before.wall in SHARED else None


def _conversation(entry: TimelineEntry) -> Conversation | None:
    return next(iter(entry.conversations.all()), None)


class SyncIncidentsSerializer(SettledPageSerializer):
    results = SyncIncidentSerializer(many=True)


class SyncTimelineSerializer(SettledPageSerializer):
    results = SyncEntrySerializer(many=True)


class SyncTicketIncidentsSerializer(serializers.Serializer[Any]):
    """One incident; more only where several tickets of ours were merged into this one."""

    number = serializers.IntegerField()
    incidents = SyncIncidentSerializer(many=True)


class SyncTimelineQuery(SettledQuery):
    incident = serializers.RegexField(
        r"^[A-Za-z0-9-]{1,20}\Z", required=False, help_text="Of one incident, such as OOH-2026-00042."
    )


class SyncView(APIView):
    """Nobody but the sync reads here, and the sync reads nowhere else."""

    permissions_needed: ClassVar[dict[str, Permission]] = {"get": Permission.SYNC_TICKET}

    def incidents(self) -> Any:
        named = ("customer", "service", "component", "owner", "logged_by", "override_by", "ticket")
        return Incident.objects.for_sync(self.request.user).select_related(*named)


class SyncIncidents(SyncView):
    """Incidents in the order of their changes. One that changes again comes again."""

    @extend_schema(
        tags=["sync"], operation_id="sync_incidents", parameters=[SettledQuery],
        responses=SyncIncidentsSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        found = page(request, self.incidents(), "changed_at", query_of(SettledQuery, request))
        note_many(person(request), found["results"], name="Incidents of the sync")
        return Response(SettledPageSerializer.of(found, SyncIncidentSerializer))


class SyncTimeline(SyncView):
    """Entries of all incidents in the order of writing. None is ever changed: a correction is a new one."""

    @extend_schema(
        tags=["sync"], operation_id="sync_timeline", parameters=[SyncTimelineQuery],
        responses=SyncTimelineSerializer,
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        asked = query_of(SyncTimelineQuery, request)
        rows = TimelineEntry.objects.for_sync(request.user).select_related(
            "by", "incident__ticket", "supersedes"
        )
        rows = rows.prefetch_related("conversations")
        if "incident" in asked:
            rows = rows.filter(incident__reference=asked["incident"])
        found = page(request, rows, "written_at", asked)
        note_many(person(request), found["results"], name="Timeline of the sync")
        return Response(SettledPageSerializer.of(found, SyncEntrySerializer))


class SyncTicket(SyncView):
    """The incident of one ticket, also by the number of the ticket that took it in."""

    @extend_schema(tags=["sync"], operation_id="sync_ticket", responses=SyncTicketIncidentsSerializer)
    def get(self, request: Request, number: int) -> Response:
        tickets = Ticket.objects.visible_to(request.user).known_as([int(number)])
        found = list(self.incidents().filter(ticket__in=tickets).order_by("ticket__number"))
        if not found:
            raise Http404
        return Response({"number": int(number), "incidents": SyncIncidentSerializer(found, many=True).data})
