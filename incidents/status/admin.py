"""The admin of Service Status: templates are written and approved here, services and groups named.

All of it is public sooner or later, so the guard of public words stands at each text.
"""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts.admin import DeskAdmin, ServiceAdmin
from accounts.models import Service, ServiceGroup
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.models import Maintenance, StatusTemplate
from incidents.status import templates, wording
from incidents.status.public_words import refuse_unfit


class PublicNameForm(ModelForm):  # type: ignore[type-arg]
    """A name that the status page shows."""

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        refuse_unfit(name=given.get("name") or "")
        return given


@admin.register(ServiceGroup)
class ServiceGroupAdmin(DeskAdmin):
    """Services that stand together on the status page."""

    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CUSTOMERS
    list_display = ("name", "code", "position")
    prepopulated_fields = {"code": ("name",)}
    form = PublicNameForm

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return dict(self.prepopulated_fields) if self.has_change_permission(request, obj) else {}


admin.site.unregister(Service)


@admin.register(Service)
class GuardedServiceAdmin(ServiceAdmin):
    """As on the floor below, which knows no guard of public words."""

    form = PublicNameForm


@admin.register(Maintenance)
class MaintenanceAdmin(DeskAdmin):
    """To read. Planning and posting are on the desk's own pages."""

    see = Permission.PLAN_MAINTENANCE
    list_display = ("title", "starts_at", "ends_at", "planned_by")


class TemplateForm(ModelForm):  # type: ignore[type-arg]
    """The words with their blanks. What the incident answers is filled in by the desk, the rest by hand."""

    class Meta:
        model = StatusTemplate
        fields = ("name", "phase", "words")
        help_texts = {
            "name": "As people choose it. Approving another one of this name takes its place.",
            "words": "Blanks: "
            + ", ".join(f"{{{blank}}} ({means})" for blank, means in wording.BLANKS.items())
            + ". Any other blank, such as {workaround}, is filled in by hand, and nothing is posted before.",
        }

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or self.cleaned_data
        if "name" in given and "words" in given:
            templates.check_template(name=given["name"], words=given["words"])
        return given


@admin.register(StatusTemplate)
class StatusTemplateAdmin(DeskAdmin):
    """Written by one person, approved by another. The acts are those of `incidents.status.templates`."""

    see, edit = Permission.WRITE_TEMPLATE, Permission.WRITE_TEMPLATE
    form = TemplateForm
    list_display = ("name", "phase", "state", "written_by", "approved_by", "approved_at")
    list_filter = ("phase",)
    list_select_related = ("written_by", "approved_by")
    change_form_template = "admin/incidents/statustemplate/change_form.html"

    @admin.display(description="state")
    def state(self, template: StatusTemplate) -> str:
        if template.withdrawn_at:
            return "Withdrawn"
        return "In force" if template.approved_at else "Waits for approval"

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _may_write(request) or _may_approve(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_write(request) or _may_approve(request)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_write(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its writer, while it waits for approval."""
        return _may_write(request) and (obj is None or _is_own_draft(request, obj))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        shown = ("written_by", "written_at", "approved_by", "approved_at", "withdrawn_at")
        return shown if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        given = {name: form.cleaned_data[name] for name in ("name", "phase", "words")}
        saved = templates.write_template(**given, template=obj if change else None, by=signed_in(request))
        obj.pk = saved.pk

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        template = self.get_object(request, object_id)
        if template is not None and request.method == "POST" and {"approve", "withdraw"} & set(request.POST):
            return self._decide(request, template)
        can = _decisions(request, template) if template else {}
        return super().change_view(request, object_id, form_url, (extra_context or {}) | can)

    def _decide(self, request: HttpRequest, template: StatusTemplate) -> HttpResponse:
        by = signed_in(request)
        if "approve" in request.POST:
            templates.approve_template(template.pk, seen=request.POST.get("seen", ""), by=by)
            messages.success(request, f"“{template}” is in force. The composer offers it from now on.")
        else:
            templates.withdraw_template(template.pk, by=by)
            messages.success(request, f"“{template}” is withdrawn. Nobody is offered it any more.")
        return redirect("admin:incidents_statustemplate_changelist")


def _decisions(request: HttpRequest, template: StatusTemplate) -> dict[str, Any]:
    """What this person may decide, and what stands beside the words."""
    is_own, may_approve = _is_own(request, template), _may_approve(request)
    return {
        "may_approve": may_approve and _waits(template) and not is_own,
        "may_withdraw": template.withdrawn_at is None and (may_approve or (is_own and _may_write(request))),
        "by_hand": templates.by_hand(template.words),
    }


def _may_write(request: HttpRequest) -> bool:
    return request.user.has_perm(Permission.WRITE_TEMPLATE)


def _may_approve(request: HttpRequest) -> bool:
    return request.user.has_perm(Permission.APPROVE_TEMPLATE)


def _is_own(request: HttpRequest, template: StatusTemplate) -> bool:
    return template.written_by_id == request.user.pk


def _waits(template: StatusTemplate) -> bool:
    return template.approved_at is None and template.withdrawn_at is None


def _is_own_draft(request: HttpRequest, template: StatusTemplate) -> bool:
    return _is_own(request, template) and _waits(template)
