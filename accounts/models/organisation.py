"""The two organisations that share the desk, and the vendor's teams that answer escalations."""

from typing import TYPE_CHECKING, Self

from django.db import models

from accounts.roles import Permission, Side

if TYPE_CHECKING:
    from accounts.models.user import User


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: "User") -> Self:
        """Both are shown to those who may see people."""
        return self if user.has_perm(Permission.VIEW_PEOPLE) else self.none()


class Organisation(models.Model):
    """The vendor or the service partner. Customers are `Customer`: they have no people here."""

    name = models.CharField(max_length=120, unique=True)
    side = models.CharField(max_length=10, choices=Side.choices)

    objects = OrganisationQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class TeamQuerySet(models.QuerySet["Team"]):
    def visible_to(self, user: "User") -> Self:
        """Teams are shown to those who may see people."""
        return self if user.has_perm(Permission.VIEW_PEOPLE) else self.none()


class Team(models.Model):
    """A team of the vendor that an incident can be escalated to, and how it is reached out of hours."""

    code = models.SlugField(unique=True)
    name = models.CharField(max_length=80)
    email = models.EmailField()
    phone = models.CharField(max_length=30)

    objects = TeamQuerySet.as_manager()

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
