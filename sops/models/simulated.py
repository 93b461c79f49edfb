"""The simulated estate: what the `simulated` adapter reads and changes. No real machine is behind it."""

from typing import Any, Self

from django.db import models

from accounts.models import Component
from accounts.roles import Permission


class SimulatedStateQuerySet(models.QuerySet["SimulatedState"]):
    def visible_to(self, user: Any) -> Self:
        """As the components themselves."""
        return self if user.has_perm(Permission.VIEW_CUSTOMER) else self.none()


class SimulatedState(models.Model):
    """One fact of one simulated component, such as its health or how often it was restarted."""

    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="simulated_states")
    key = models.CharField(max_length=30)
    value = models.JSONField()

    objects = SimulatedStateQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["component", "key"], name="simulated_state_once"),)

    def __str__(self) -> str:
        return f"{self.component_id}.{self.key}"
