"""The admin of people, organisations and customers, and the base that every admin of the desk stands on.

The admin asks the same table as everything else, shows only `visible_to` rows, and deletes nothing.
"""

from typing import Any, ClassVar

import knox.admin  # noqa: F401  (registers its screen before it is taken away below)
from auditlog.admin import LogEntryAdmin
from auditlog.models import LogEntry
from django import forms
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from guardian.models import GroupObjectPermission, UserObjectPermission
from knox.models import AuthToken

from accounts import people, reads
from accounts.models import (
    Component,
    Customer,
    Organisation,
    ProductDetail,
    ProviderIdentity,
    Read,
    Service,
    Team,
    User,
)
from accounts.requests import signed_in
from accounts.roles import SIDES, Permission, Role
from accounts.sign_in import events
from accounts.wall import policies

for model in (Group, AuthToken, UserObjectPermission, GroupObjectPermission):
    if admin.site.is_registered(model):  # roles stand in code, tokens come from `manage.py token`
        admin.site.unregister(model)


class DeskAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """`see` opens it, `edit` lets change and add; without `edit` it only shows. Nothing is deleted."""

    see: ClassVar[Permission]
    edit: ClassVar[Permission | None] = None
    read_as: ClassVar[Read | None] = None  # recorded when one is opened

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            self.note_read(request, found)
        return found

    def note_read(self, request: HttpRequest, row: Model) -> None:
        if self.read_as is not None:
            reads.note(signed_in(request), self.read_as, row)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(self.see)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(self.see)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.edit is not None and request.user.has_perm(self.edit)

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def lookup_allowed(self, lookup: str, value: Any, request: HttpRequest) -> bool:
        """Never by rows that point here: whether such a row exists may be hidden from who asks."""
        pointing = {each.name for each in self.opts.related_objects}
        return lookup.partition("__")[0] not in pointing and super().lookup_allowed(lookup, value, request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        visible: QuerySet[Any] = rows.visible_to(request.user) if hasattr(rows, "visible_to") else rows
        return visible


class RolesMixin(forms.ModelForm):  # type: ignore[type-arg]
    """Roles of the person's own side only; what stands beyond the table is refused."""

    roles_chosen = forms.MultipleChoiceField(
        label="Roles", choices=Role.choices, required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.fields["roles_chosen"].initial = [str(role) for role in self.instance.roles]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean()
        house = self.cleaned_data.get("organisation")
        for role in map(Role, self.cleaned_data.get("roles_chosen") or []):
            if house is None or house.side not in SIDES[role]:
                self.add_error(
                    "roles_chosen", f"{role.label} is not a role of {house or 'nobody'}. Take it away"
                )
        return cleaned

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        chosen = self.cleaned_data.get("roles_chosen") or []
        self.instance.groups.set([Group.objects.get_or_create(name=name)[0] for name in chosen])


class PersonChangeForm(RolesMixin, UserChangeForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name", "organisation", "team", "phone", "is_active", "ends_at")


class PersonAddForm(RolesMixin, AdminUserCreationForm):  # type: ignore[type-arg]
    class Meta:
        model = User
        fields = ("email", "name", "organisation")


class IdentityInline(admin.TabularInline):  # type: ignore[type-arg]
    """Ties somebody who is here already to their organisation's provider."""

    model = ProviderIdentity
    extra = 0
    fields = ("issuer", "subject")
    can_delete = False
    has_view_permission = DeskAdmin.has_view_permission
    has_change_permission = DeskAdmin.has_change_permission
    has_add_permission = DeskAdmin.has_add_permission
    see = edit = Permission.MANAGE_PEOPLE


@admin.register(User)
class PersonAdmin(DeskAdmin, UserAdmin):  # type: ignore[type-arg]
    """Joiners, movers and leavers. Passwords are chosen by their owners, by the link of the page People."""

    see, edit = Permission.MANAGE_PEOPLE, Permission.MANAGE_PEOPLE
    read_as = Read.PERSON
    form, add_form = PersonChangeForm, PersonAddForm
    list_display = ("name", "email", "organisation", "role_words", "is_active")
    list_filter = ("organisation", "is_active")
    search_fields = ("name", "email")
    ordering = ("name",)
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (
            "Person",
            {"fields": ("name", "organisation", "team", "phone", "roles_chosen", "is_active", "ends_at")},
        ),
    )
    inlines = (IdentityInline,)
    add_fieldsets = (
        (None, {"classes": ("wide",), "fields": (
            "email", "name", "organisation", "roles_chosen", "usable_password", "password1", "password2",
        )}),
    )  # fmt: skip

    def get_inlines(self, request: HttpRequest, obj: Model | None) -> Any:
        """Somebody new is tied once they are there."""
        return self.inlines if obj else ()

    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        return redirect("person", id) if id.isdigit() else redirect("people")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """An access that ends here, or comes back, takes all that hung on it along, as on the page People."""
        was_working = change and User.objects.get(pk=obj.pk).is_working
        super().save_model(request, obj, form, change)
        if change and obj.is_working != was_working:
            people.cut(obj)
            kind = events.Kind.REINSTATED if obj.is_working else events.Kind.ENDED
            events.record(kind, obj, by=signed_in(request), detail="In the administration")

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        before = {str(role) for role in form.fields["roles_chosen"].initial or ()}
        after = set(form.cleaned_data.get("roles_chosen") or ())
        if before != after:
            words = ", ".join(sorted(Role(role).label for role in after)) or "No role"
            events.record(events.Kind.ROLES_CHANGED, form.instance, by=signed_in(request), detail=words)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Integrations too: whoever manages people sees everybody, for a role says nothing of a patient."""
        people: QuerySet[User] = User.objects.select_related("organisation").prefetch_related("groups")
        return people if request.user.has_perm(Permission.MANAGE_PEOPLE) else people.none()


@admin.register(Organisation)
class OrganisationAdmin(DeskAdmin):
    see = edit = Permission.MANAGE_PEOPLE
    list_display = ("name", "side")


@admin.register(Team)
class TeamAdmin(DeskAdmin):
    see = edit = Permission.MANAGE_PEOPLE
    list_display = ("name", "phone", "email")


@admin.register(Service)
class ServiceAdmin(DeskAdmin):
    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CUSTOMERS
    list_display = ("name", "code", "group", "position", "is_public")
    list_select_related = ("group",)


class ComponentInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Component
    extra = 0
    fields = ("service", "kind", "name", "location", "is_simulated", "is_active")
    can_delete = False
    has_view_permission = DeskAdmin.has_view_permission
    has_change_permission = DeskAdmin.has_change_permission
    has_add_permission = DeskAdmin.has_add_permission
    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CUSTOMERS


class ProductDetailInline(admin.StackedInline):  # type: ignore[type-arg]
    """Shown to who may see product data; a service manager writes it. To others the page has no such part."""

    model = ProductDetail
    extra = 0
    fields = ("service", "text", "is_current", "written_by", "written_at")
    readonly_fields = ("written_by", "written_at")
    can_delete = False
    see = Permission.VIEW_PRODUCT_NOTE
    has_view_permission = DeskAdmin.has_view_permission

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perms((self.see, Permission.MANAGE_CUSTOMERS))

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.has_change_permission(request)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return ProductDetail.objects.visible_to(request.user).select_related("written_by")


@admin.register(Customer)
class CustomerAdmin(DeskAdmin):
    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CUSTOMERS
    read_as = Read.CUSTOMER
    list_display = (
        "name",
        "nation",
        "entitled_from",
        "entitled_until",
        "uses_clinical_features",
        "is_active",
    )
    list_filter = ("nation", "is_active")
    search_fields = ("name", "short_name")
    filter_horizontal = ("services",)
    inlines = (ComponentInline, ProductDetailInline)

    def note_read(self, request: HttpRequest, row: Any) -> None:
        super().note_read(request, row)
        shown = ProductDetail.objects.filter(customer=row).visible_to(request.user).count()
        if shown:
            reads.note(signed_in(request), Read.PRODUCT_DETAILS, row, rows=shown)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Whoever wrote the words last stands under them."""
        if formset.model is ProductDetail:
            for each in formset.forms:
                if each.has_changed():
                    each.instance.written_by, each.instance.written_at = signed_in(request), timezone.now()
        super().save_formset(request, form, formset, change)

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        """The page History is for both organisations: of product details it says nothing."""
        told = [formset for formset in formsets or () if formset.model is not ProductDetail]
        return super().construct_change_message(request, form, told, add)


@admin.register(Component)
class ComponentAdmin(DeskAdmin):
    see, edit = Permission.VIEW_CUSTOMER, Permission.MANAGE_CUSTOMERS
    list_display = ("name", "customer", "service", "kind", "is_simulated", "is_active")
    list_filter = ("kind", "service", "customer")
    search_fields = ("name", "resource_id")
    list_select_related = ("customer", "service")


admin.site.unregister(LogEntry)


@admin.register(LogEntry)
class AuditAdmin(LogEntryAdmin):
    """The audit trail, for auditors, to read. A partner's auditor meets no entry about a vendor row."""

    search_fields = (
        "object_repr",
        "actor__name",
        "actor__email",
        "cid",
    )  # the library's ask for a first name

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(Permission.VIEW_AUDIT)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.has_perm(Permission.VIEW_AUDIT)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def get_queryset(self, request: HttpRequest) -> QuerySet[LogEntry]:
        """Nothing of a table that has rows of the vendor alone, for who may see none."""
        rows: QuerySet[LogEntry] = super().get_queryset(request)
        if request.user.has_perm(Permission.VIEW_PRODUCT_NOTE):
            return rows
        hidden = ContentType.objects.get_for_models(*policies.without_trail()).values()
        return rows.exclude(content_type__in=hidden)

    def get_object(self, request: HttpRequest, *args: Any, **kwargs: Any) -> LogEntry | None:
        found: LogEntry | None = super().get_object(request, *args, **kwargs)
        if found is not None:
            reads.note(signed_in(request), Read.AUDIT_TRAIL, found, name=f"Entry {found.pk}")
        return found

    def changelist_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.has_view_permission(request):
            reads.note(signed_in(request), Read.AUDIT_TRAIL, name="List", rows=self.list_per_page)
        return super().changelist_view(request, *args, **kwargs)
