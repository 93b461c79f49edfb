"""What is written under a closed handover."""

from typing import Any, Self

from django.db import models

from accounts.models import User
from handover.models.handover import Handover


class HandoverAddendumQuerySet(models.QuerySet["HandoverAddendum"]):
    def visible_to(self, user: Any) -> Self:
        return self.filter(handover__in=Handover.objects.visible_to(user))


class HandoverAddendum(models.Model):
    """A correction or an addition. The closed document stays as it was accepted."""

    handover = models.ForeignKey(Handover, on_delete=models.PROTECT, related_name="addenda")
    text = models.TextField(max_length=2000)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    written_at = models.DateTimeField(auto_now_add=True)

    objects = HandoverAddendumQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "handover addenda"

    def __str__(self) -> str:
        return f"Addendum {self.pk} of handover {self.handover_id}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.pk is not None and not self._state.adding:
            raise TypeError("An addendum is never changed. Write another one.")
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError("An addendum is never deleted.")
