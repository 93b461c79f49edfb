"""Who is told of status updates by e-mail or webhook, after they confirmed it."""

import secrets
from typing import Any, Self
from urllib.parse import urlsplit

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from accounts.models import Service
from accounts.roles import Permission


def new_token() -> str:
    return secrets.token_urlsafe(32)


class SubscriberQuerySet(models.QuerySet["Subscriber"]):
    def visible_to(self, user: Any) -> Self:
        may = user.is_authenticated and user.has_perm(Permission.MANAGE_SUBSCRIBERS)
        return self if may else self.none()

    def confirmed(self) -> Self:
        return self.filter(confirmed_at__isnull=False, ended_at=None)

    def unconfirmed(self) -> Self:
        return self.filter(confirmed_at=None, ended_at=None)

    def of_address(self, kind: str, address: str) -> Self:
        """Those with this address, in whatever letter case."""
        return self.filter(kind=kind).alias(folded=Lower("address")).filter(folded=address.lower())


class Subscriber(models.Model):
    """One address, asked for and confirmed. No services chosen means all of them.

    Each time somebody asks makes a row of its own, whether or not the address is subscribed: so asking
    reveals nothing. What nobody confirms is deleted; what was confirmed and ended is kept.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"

    kind = models.CharField(max_length=8, choices=Kind.choices)
    address = models.CharField(max_length=300)
    services = models.ManyToManyField(Service, blank=True, related_name="+")
    token = models.CharField(max_length=60, unique=True, default=new_token, editable=False)
    asked_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_reason = models.CharField(max_length=300, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text="Deliveries refused for good, in a row.")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = (models.Index(Lower("address"), "kind", "asked_at", name="subscriber_asked"),)
        constraints = (
            models.UniqueConstraint(
                Lower("address"), "kind", condition=Q(confirmed_at__isnull=False, ended_at=None),
                name="subscriber_address_once",
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | ~Q(ended_reason=""), name="subscriber_ended_says_why"
            ),
        )  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} subscriber {self.pk}"

    @property
    def masked_address(self) -> str:
        """`n•••@example.org`, `https://hooks.example.org/•••`: enough to know it again, not to use it."""
        if self.kind == self.Kind.WEBHOOK:
            parts = urlsplit(self.address)
            return f"{parts.scheme}://{parts.hostname}/•••"
        name, _, domain = self.address.rpartition("@")
        return f"{name[:1]}•••@{domain}"
