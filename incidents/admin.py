"""The admin of incidents: to read, and to change the calendar. Acts are on the incident's own pages."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from accounts.admin import DeskAdmin
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.calendar_change import effect_words
from incidents.guard import refuse_patient_data
from incidents.models import (
    CalendarDay,
    GuardDecision,
    Incident,
    OutboxRow,
    Proposal,
    StatusUpdate,
    TimelineEntry,
)
from incidents.reads import note_incident
from incidents.status import admin as status_admin  # noqa: F401  (registers the screens of Service Status)


class TimelineInline(admin.TabularInline):  # type: ignore[type-arg]
    """An incident's entries, as far as this reader may see them."""

    model = TimelineEntry
    fields = readonly_fields = ("happened_at", "kind", "title", "text", "by", "wall")
    extra = 0
    can_delete = False
    see, edit = Permission.VIEW_INCIDENT, None
    has_view_permission = DeskAdmin.has_view_permission
    has_change_permission = DeskAdmin.has_change_permission
    has_add_permission = DeskAdmin.has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return TimelineEntry.objects.visible_to(request.user).select_related("by")


@admin.register(Incident)
class IncidentAdmin(DeskAdmin):
    see = Permission.VIEW_INCIDENT

    def note_read(self, request: HttpRequest, row: Any) -> None:
        entries = TimelineEntry.objects.filter(incident=row).visible_to(request.user)
        note_incident(signed_in(request), row, entries)

    list_display = ("reference", "customer", "service", "state", "owner", "logged_at")
    list_filter = ("state", "customer", "service")
    search_fields = ("reference",)
    list_select_related = ("customer", "service", "owner")
    inlines = (TimelineInline,)


@admin.register(StatusUpdate)
class StatusUpdateAdmin(DeskAdmin):
    see = Permission.VIEW_INCIDENT
    list_display = ("incident", "phase", "posted_at", "published_at", "next_update_due_at")
    list_select_related = ("incident",)


@admin.register(Proposal)
class ProposalAdmin(DeskAdmin):
    see = Permission.VIEW_INCIDENT
    list_display = ("title", "source", "state", "fired_at", "decided_by", "incident")
    list_filter = ("state", "source")
    list_select_related = ("decided_by", "incident")


@admin.register(OutboxRow)
class OutboxRowAdmin(DeskAdmin):
    see = Permission.VIEW_DELIVERY
    list_display = ("key", "destination", "event", "attempts", "due_at", "done_at", "parked_at", "last_error")
    list_filter = ("destination", "event")


@admin.register(GuardDecision)
class GuardDecisionAdmin(DeskAdmin):
    """What the patient-data guard found and what became of it. There is no text to show."""

    see = Permission.VIEW_REPORT
    list_display = ("at", "decision", "kind", "count", "level", "field", "by", "incident")
    list_filter = ("decision", "kind", "level")
    list_select_related = ("by", "incident")
    date_hierarchy = "at"


class CalendarDayForm(ModelForm):  # type: ignore[type-arg]
    """What a person types here meets the patient-data guard as everywhere."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        refuse_patient_data(title=given.get("title"), reason=given.get("reason"))
        return given


@admin.register(CalendarDay)
class CalendarDayAdmin(DeskAdmin):
    """Days that the calendar gains or loses at once. After saving, the page says what that changed."""

    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CALENDAR
    list_display = ("date", "nation", "title", "kind", "reason", "entered_by", "is_current")
    list_filter = ("nation", "kind", "is_current")
    fields = ("date", "nation", "kind", "title", "reason", "is_current")
    form = CalendarDayForm

    def save_model(self, request: HttpRequest, obj: CalendarDay, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        if not change:
            obj.entered_by = signed_in(request)
        words = effect_words(obj)
        super().save_model(request, obj, form, change)
        messages.info(request, words)
