"""The admin of SOPs, for the vendor alone: authors write their drafts, and approvers decide on one page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.admin import DeskAdmin
from accounts.roles import Permission, Side
from sops import services
from sops.actions.catalogue import CATALOGUE
from sops.deciding import DecisionForm, WithdrawForm, decision_page
from sops.models import Sop, SopVersion, Step
from sops.models.version import EDITABLE, VersionState

MOST_STEPS = 40
WRITTEN = ("summary", "use_when", "preconditions", "stop_when", "way_back")


class VendorAdmin(DeskAdmin):
    """For the vendor's people only, whatever else a partner's role may do."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return _is_vendor(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_vendor(request) and super().has_view_permission(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_vendor(request) and super().has_change_permission(request, obj)


def _is_vendor(request: HttpRequest) -> bool:
    return getattr(request.user, "side", None) == Side.VENDOR


@admin.register(Sop)
class SopAdmin(VendorAdmin):
    """What an SOP serves is fixed by its author until a version is submitted, and then by an approver."""

    see, edit = Permission.VIEW_SOP, Permission.WRITE_SOP
    list_display = ("code", "title", "owner", "is_suspended")
    search_fields = ("code", "title")
    fields = ("code", "title", "owner", "services", "customers")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_decide = _is_vendor(request) and request.user.has_perm(Permission.APPROVE_SOP)
        return may_decide or super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_vendor(request) and request.user.has_perm(Permission.WRITE_SOP)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        if obj is None or request.user.has_perm(Permission.APPROVE_SOP):
            return ()
        is_fixed = obj.versions.exclude(state=VersionState.DRAFT).exists()
        return ("code", "services", "customers") if is_fixed else ()

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            people = db_field.related_model.objects.visible_to(request.user)
            kwargs["queryset"] = people.filter(organisation__side=Side.VENDOR)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


class StepForm(forms.ModelForm):  # type: ignore[type-arg]
    """A step as its author writes it; it is checked whole when the version is submitted."""

    action = forms.ChoiceField(
        required=False,
        choices=[("", "None"), *((spec.name, f"{spec.words} ({spec.name})") for spec in CATALOGUE.values())],
    )

    class Meta:
        model = Step
        fields = (
            "position", "kind", "title", "instructions", "action", "target_kind", "parameters", "options",
            "words", "stop_when_failed",
        )  # fmt: skip


class StepInline(admin.StackedInline):  # type: ignore[type-arg]
    """The steps of a draft."""

    model, form = Step, StepForm
    extra, max_num = 1, MOST_STEPS

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """No more forms than these are read, whatever number is sent: a thousand would take a minute."""
        return super().get_formset(request, obj, **{"absolute_max": MOST_STEPS, **kwargs})

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm(Permission.VIEW_SOP)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_edit(request, obj)

    has_add_permission = has_delete_permission = has_change_permission

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Step.objects.visible_to(request.user)


def _may_edit(request: HttpRequest, version: SopVersion | None) -> bool:
    """A draft, or what was sent back, by its own author."""
    return (
        version is not None
        and version.state in EDITABLE
        and version.author_id == request.user.pk
        and _is_vendor(request)
        and request.user.has_perm(Permission.WRITE_SOP)
    )


class StateFilter(admin.SimpleListFilter):
    """What waits for approval comes first; the rest on demand."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("all", "All"), *VersionState.choices]

    def choices(self, changelist: Any) -> Any:
        for name, label in self.lookup_choices:
            yield {
                "selected": self.chosen == name, "display": label,
                "query_string": changelist.get_query_string({self.parameter_name: name}),
            }  # fmt: skip

    @property
    def chosen(self) -> str:
        return self.value() or VersionState.SUBMITTED

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset if self.chosen == "all" else queryset.filter(state=self.chosen)


@admin.register(SopVersion)
class SopVersionAdmin(VendorAdmin):
    """Read-only but for the author's own draft. The state moves through `sops.services` alone."""

    see, edit = Permission.VIEW_SOP, None
    list_display = ("__str__", "title", "state", "author", "submitted_at", "review_on")
    list_filter = (StateFilter, "sop")
    search_fields = ("sop__code", "sop__title")
    fields = ("sop", "number", "state", "author", *WRITTEN)
    readonly_fields = ("sop", "number", "state", "author")
    inlines = (StepInline,)
    change_form_template = "admin/sops/sopversion/write.html"

    @admin.display(description="title")
    def title(self, version: SopVersion) -> str:
        return version.sop.title

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("sop", "author")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a draft is started on the SOP's own page, with the words of the version before

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_edit(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Its author goes on writing; everybody else reads, and an approver decides."""
        version = self.get_object(request, object_id)
        if version is None or not self.has_view_permission(request):
            raise Http404 if self.has_view_permission(request) else PermissionDenied
        if _may_edit(request, version):
            return super().change_view(request, object_id, form_url, extra_context)
        return self.decide(request, version)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        """After saving: give it to the approvers, if the author pressed that."""
        if "_submit_version" not in request.POST:
            return super().response_change(request, obj)
        try:
            services.submit_version(obj.pk, by=request.user)  # type: ignore[arg-type]
        except ValidationError as error:
            for words in error.messages:
                messages.error(request, words)
            return redirect(request.path)
        messages.success(request, f"{obj} waits for approval.")
        return redirect("sop", obj.sop.code)

    def decide(self, request: HttpRequest, version: SopVersion) -> HttpResponse:
        """Approve, send back or withdraw, with the reason; or read. Errors come back with what was typed."""
        is_withdrawal = "withdraw" in request.POST
        data = request.POST if request.method == "POST" else None
        form = DecisionForm(None if is_withdrawal else data)
        withdraw = WithdrawForm(data if is_withdrawal else None, auto_id="withdraw_%s")
        if request.method == "POST":
            sent = withdraw if is_withdrawal else form
            if sent.record(version, by=request.user):
                messages.success(request, f"Recorded: {version} is {sent.done}.")
                return redirect("admin:sops_sopversion_changelist")
        context = decision_page(version, request.user, form, withdraw)
        status = 422 if form.errors or withdraw.errors else 200
        return TemplateResponse(request, "admin/sops/sopversion/decide.html", context, status=status)
