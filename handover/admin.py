"""Looking things up: read only. Acts are on the pages of handovers, pages and the rota."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.admin import DeskAdmin
from accounts.roles import Permission
from handover.models import Handover, HandoverItem, Page, ShiftPattern


class ItemInline(admin.StackedInline):  # type: ignore[type-arg]
    """The items, as far as this reader may see their incidents."""

    model = HandoverItem
    fields = readonly_fields = (
        "incident", "severity", "situation", "background", "assessment", "next_steps", "not_tried",
        "promises", "state", "read_back", "refuse_reason", "outcome", "answered_by", "answered_at",
    )  # fmt: skip
    extra = 0
    can_delete = False
    see, edit = Permission.VIEW_HANDOVER, None
    has_view_permission = DeskAdmin.has_view_permission
    has_change_permission = DeskAdmin.has_change_permission
    has_add_permission = DeskAdmin.has_add_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return HandoverItem.objects.visible_to(request.user).shown()


@admin.register(Handover)
class HandoverAdmin(DeskAdmin):
    see = Permission.VIEW_HANDOVER
    list_display = ("call_at", "direction", "state", "from_user", "to_user")
    list_filter = ("state", "direction")
    list_select_related = ("from_user", "to_user")
    inlines = (ItemInline,)


@admin.register(Page)
class PageAdmin(DeskAdmin):
    see = Permission.VIEW_HANDOVER
    list_display = ("paged_at", "words", "team", "user", "sent_at", "acknowledged_at", "acknowledged_by")
    list_select_related = ("team", "user", "acknowledged_by")


@admin.register(ShiftPattern)
class ShiftPatternAdmin(DeskAdmin):
    see = Permission.VIEW_HANDOVER
    list_display = ("person", "weekday", "starts", "ends", "valid_from", "valid_until")
    list_filter = ("weekday",)
    list_select_related = ("person",)
