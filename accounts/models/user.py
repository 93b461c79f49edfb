"""A person, or an integration, of one organisation, with roles."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from accounts.roles import Permission, Role, Side

if TYPE_CHECKING:
    from datetime import datetime

    from accounts.models.organisation import Organisation

MACHINES = (Role.INTEGRATION, Role.ALERT_SOURCE, Role.TICKET_SYNC)
SYSTEM_EMAIL, VENDORS_DESK_EMAIL = "system@desk.invalid", "vendors-desk@desk.invalid"


class UserQuerySet(models.QuerySet["User"]):
    def visible_to(self, user: "User") -> Self:
        """Who works here, for those who may see people; integrations and the system stay out of lists."""
        if not user.has_perm(Permission.VIEW_PEOPLE):
            return self.none()
        return self.exclude(organisation=None).exclude(groups__name__in=MACHINES)

    def first_with_roles(self) -> "User | None":
        """One person with organisation and roles, in one query: a row comes back for each of the groups."""
        rows: Any = self.select_related("organisation").annotate(group_name=F("groups__name")).order_by("pk")
        found = list(rows)
        person: User | None = found[0] if found else None
        if person is not None:
            person.remember_roles(row.group_name for row in found if row.pk == person.pk)
        return person

    def with_role(self, *roles: Role) -> Self:
        return self.working().filter(groups__name__in=roles).distinct()

    def working(self) -> Self:
        """Whose access has not ended: neither switched off, nor past the end date at this moment."""
        return self.filter(Q(ends_at=None) | Q(ends_at__gt=timezone.now()), is_active=True)


class UserManager(BaseUserManager["User"].from_queryset(UserQuerySet)):  # type: ignore[misc]
    def create_user(
        self, email: str, password: str | None = None, *, roles: tuple[Role, ...] = (), **rest: Any
    ) -> "User":
        """A person who can sign in with e-mail and password. Roles are given by name."""
        user: User = self.model(email=self.normalize_email(email).lower(), **rest)
        user.set_password(password)
        user.save()
        user.groups.set([Group.objects.get_or_create(name=role)[0] for role in roles])
        return user

    def create_superuser(self, email: str, password: str | None = None, **rest: Any) -> "User":
        """Sets the house up: may manage people and customers, and nothing else (see `accounts.roles`)."""
        return self.create_user(email, password, is_superuser=True, **{"name": "Administrator", **rest})

    def get_by_natural_key(self, username: str | None) -> "User":
        user: User = self.get(email__iexact=username)
        return user

    def system(self) -> "User":
        """Who acts when no person does: deliveries, sweeps, alerts. It cannot sign in."""
        return self._nobody(SYSTEM_EMAIL, "The desk")

    def vendors_desk(self) -> "User":
        """Who wrote what was read in Freshdesk: its agents are many, have no account here, and stay unnamed.

        Not a holder of a sync token: reading needs none, and what a token does is not what an agent wrote.
        """
        return self._nobody(VENDORS_DESK_EMAIL, "Vendor’s desk")

    def _nobody(self, email: str, name: str) -> "User":
        """No person: without organisation, role and password, and in no list."""
        user, is_new = self.get_or_create(email=email, defaults={"name": name})
        if is_new:
            user.set_unusable_password()
            user.save(update_fields=["password"])
        found: User = user
        return found


class User(AbstractBaseUser, PermissionsMixin):
    """Shown by role, never by personal name, outside the admin. Leavers are made inactive, never deleted."""

    class Theme(models.TextChoices):
        SYSTEM = "", "As the device"
        LIGHT = "light", "Light"
        DARK = "dark", "Dark"

    email = models.EmailField("e-mail address", unique=True)
    name = models.CharField(
        "shown as", max_length=80, help_text="A role and a number, such as OOH engineer 1."
    )
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )
    team = models.ForeignKey(
        "accounts.Team", on_delete=models.PROTECT, null=True, blank=True, related_name="people"
    )
    phone = models.CharField(max_length=30, blank=True)
    theme = models.CharField(max_length=5, choices=Theme.choices, default=Theme.SYSTEM, blank=True)
    is_active = models.BooleanField(default=True)
    joined_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(
        default=timezone.now, editable=False
    )
    ends_at: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        "access ends", null=True, blank=True,
        help_text="From that moment no session, token or second factor of this person opens anything.",
    )  # fmt: skip
    sessions_from: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Sessions that began before are ended."
    )
    # The open `BreakGlass` of this person, kept here so that no request asks for it.
    glass_role = models.CharField(max_length=20, choices=Role.choices, blank=True, editable=False)
    glass_until: "models.DateTimeField[datetime | None, datetime | None]" = models.DateTimeField(
        null=True, blank=True, editable=False
    )

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    class Meta:
        ordering = ("name",)
        constraints = (
            models.CheckConstraint(
                condition=Q(glass_role="") | Q(glass_until__isnull=False), name="glass_has_an_end"
            ),
        )

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """One e-mail address is one person, in whatever case it is typed."""
        super().clean()
        self.email = self.email.lower()

    @property
    def roles(self) -> set[Role]:
        """The person's roles: groups that bear a role's name. Read once for each object."""
        if not hasattr(self, "_roles"):
            self.remember_roles(group.name for group in (self.groups.all() if self.pk else ()))
        return self._roles

    def remember_roles(self, groups: Iterable[str | None]) -> None:
        """The roles by the names of all groups of this person, where a query brought them along."""
        self._roles = {Role(name) for name in groups if name in Role.values}

    @property
    def side(self) -> str | None:
        """`partner`, `vendor`, or None for somebody of no organisation (who may do nothing)."""
        organisation: Organisation | None = self.organisation
        return Side(organisation.side) if organisation else None

    @property
    def is_machine(self) -> bool:
        """Whether it is an integration, which has tokens and cannot sign in."""
        return bool(self.roles & set(MACHINES))

    @property
    def is_working(self) -> bool:
        """Whether the access has not ended: asked at each request, by no nightly job."""
        return self.is_active and (self.ends_at is None or self.ends_at > timezone.now())

    @property
    def glass(self) -> set[Role]:
        """The role that break-glass lends at this moment, or none."""
        is_open = self.glass_until is not None and self.glass_until > timezone.now()
        return {Role(self.glass_role)} if self.glass_role and is_open else set()

    @property
    def is_staff(self) -> bool:
        """Whether the admin opens for them at all."""
        return self.has_perm(Permission.USE_ADMIN)

    @property
    def role_words(self) -> str:
        return ", ".join(sorted(role.label for role in self.roles)) or "No role"

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Ask the table; unlike Django's own, a superuser passes no gate by being one."""
        from django.contrib.auth.models import _user_has_perm  # type: ignore[attr-defined]

        return bool(self.is_working and _user_has_perm(self, str(perm), obj))

    def has_module_perms(self, app_label: str) -> bool:
        from django.contrib.auth.models import _user_has_module_perms  # type: ignore[attr-defined]

        return bool(self.is_working and _user_has_module_perms(self, app_label))
