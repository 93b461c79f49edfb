"""Who is told of status updates by e-mail or webhook, after they confirmed it."""

import secrets
from typing import Any, Self

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


class Subscriber(models.Model):
    """One address. No services chosen means all of them. Ended is kept, so that nothing is sent again."""

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
    failures = models.PositiveSmallIntegerField(default=0, help_text="Deliveries refused for good, in a row.")

    objects = SubscriberQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = (
            models.UniqueConstraint(
                Lower("address"), "kind", condition=Q(ended_at=None), name="subscriber_address_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} subscriber {self.pk}"
