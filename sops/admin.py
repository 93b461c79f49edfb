"""The admin of SOPs, for the vendor alone: authors write their drafts, and approvers decide on one page."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone

from accounts.admin import DeskAdmin
from accounts.roles import Permission, Side
from accounts.templatetags.desk import span_words
from incidents.models import Incident
from sops.deciding import DecisionForm, WithdrawForm, decision_page
from sops.draft_page import draft_page
from sops.models import Run, Sop, SopVersion
from sops.models.version import EDITABLE, VersionState, is_author
from sops.services.drafting import reach_is_fixed, was_submitted


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


class SopForm(forms.ModelForm):  # type: ignore[type-arg]
    """Its situations are those that a call names."""

    situations = forms.MultipleChoiceField(
        choices=Incident.Failure.choices, required=False, widget=forms.CheckboxSelectMultiple,
        help_text="Which failures it is for. None chosen: any of them.",
    )  # fmt: skip

    class Meta:
        model = Sop
        fields = ("code", "title", "owner", "services", "customers", "situations")


@admin.register(Sop)
class SopAdmin(VendorAdmin):
    """What an SOP serves is fixed by its author until a version is submitted, and then by an approver."""

    see, edit = Permission.VIEW_SOP, Permission.WRITE_SOP
    list_display = ("code", "title", "owner")
    search_fields = ("code", "title")
    form = SopForm

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        may_decide = _is_vendor(request) and request.user.has_perm(Permission.APPROVE_SOP)
        return may_decide or super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _is_vendor(request) and request.user.has_perm(Permission.WRITE_SOP)

    def _is_fixed(self, request: HttpRequest, sop: Any) -> bool:
        return sop is not None and reach_is_fixed(sop, request.user)  # type: ignore[arg-type]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        situations = "situations_in_words" if self._is_fixed(request, obj) else "situations"
        return ("code", "title", "owner", "services", "customers", situations)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        code = ("code",) if obj is not None and was_submitted(obj) else ()
        reach = ("services", "customers", "situations_in_words") if self._is_fixed(request, obj) else ()
        return (*code, *reach)

    @admin.display(description="situations")
    def situations_in_words(self, sop: Sop) -> str:
        chosen = [failure.label for failure in Incident.Failure if failure.value in sop.situations]
        return ", ".join(chosen) or "Any of them"

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "owner":
            people = db_field.related_model.objects.visible_to(request.user)
            kwargs["queryset"] = people.filter(organisation__side=Side.VENDOR)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)


def _may_edit(request: HttpRequest, version: SopVersion | None) -> bool:
    """A draft, or what was sent back, by its own author."""
    return (
        version is not None and version.state in EDITABLE and is_author(version, request.user)  # type: ignore[arg-type]
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
    list_display = ("__str__", "title", "state", "author", "waits", "is_proven", "review_on")
    list_filter = (StateFilter, "sop")
    search_fields = ("sop__code", "sop__title")

    @admin.display(description="title")
    def title(self, version: SopVersion) -> str:
        return version.sop.title

    @admin.display(description="waits")
    def waits(self, version: SopVersion) -> str:
        """`3 days`, of what waits for an approver."""
        if version.state != VersionState.SUBMITTED or version.submitted_at is None:
            return "–"
        return span_words((timezone.now() - version.submitted_at).total_seconds())

    @admin.display(description="proven by a rehearsal", boolean=True)
    def is_proven(self, version: Any) -> bool:
        return bool(version.proven)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("sop", "author")
        proofs = Run.objects.filter(version=OuterRef("pk")).proving(OuterRef("content_hash"))
        found: QuerySet[Any] = rows.annotate(proven=Exists(proofs))
        return found

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """What has waited longest stands first in the queue."""
        shown = request.GET.get(StateFilter.parameter_name, VersionState.SUBMITTED)
        return ("submitted_at", "pk") if shown == VersionState.SUBMITTED else ("sop", "-number")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # a draft is started on the SOP's own page, with the words of the version before

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _may_edit(request, obj)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Its author goes on writing; everybody else reads, and an approver decides.

        What its author wrote while it was submitted elsewhere comes to the page of the draft too, which says
        so and keeps it.
        """
        version = self.get_object(request, object_id)
        if version is None or not self.has_view_permission(request):
            raise Http404 if self.has_view_permission(request) else PermissionDenied
        is_writing = "seen" in request.POST
        if is_writing and version.author_id != request.user.pk:
            raise PermissionDenied("Its author alone writes it")
        if is_writing or (_may_edit(request, version) and "withdraw" not in request.POST):
            return draft_page(request, version)
        return self.decide(request, version)

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
