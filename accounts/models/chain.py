"""The chain over the audit trail and the timeline: see `accounts.chain`."""

from django.db import models
from django.db.models import Q

from accounts.models.user import User


class ChainLink(models.Model):
    """One row's seal, its place in the chain, and the keyed hash over it and the link before."""

    chain = models.CharField(max_length=10)
    position = models.PositiveBigIntegerField()
    row_id = models.PositiveBigIntegerField()
    seal = models.CharField(max_length=90)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("chain", "position")
        constraints = (
            models.UniqueConstraint(fields=["chain", "position"], name="chain_link_position_once"),
            models.UniqueConstraint(fields=["chain", "row_id"], name="chain_link_row_once"),
            models.UniqueConstraint(fields=["chain", "seal"], name="chain_link_seal_once"),
        )

    def __str__(self) -> str:
        return f"{self.chain} {self.position}"


class ChainHead(models.Model):
    """The last link of a chain, with a keyed hash, so that links cut off its end are missed."""

    chain = models.CharField(max_length=10, primary_key=True)
    position = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)
    proof = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return self.chain


class Redaction(models.Model):
    """Words taken out of a sealed row, for good: who, why, and the seal that holds from then on.

    While it is not done, the database lets this one row be written.
    """

    chain = models.CharField(max_length=10)
    row_id = models.PositiveBigIntegerField()
    reason = models.CharField(max_length=300)
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    seal = models.CharField(max_length=90, blank=True)
    proof = models.CharField(max_length=64, blank=True)
    done_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)
        indexes = (
            models.Index(
                fields=["chain", "row_id"], name="redaction_open", condition=Q(done_at__isnull=True)
            ),
        )

    def __str__(self) -> str:
        return f"{self.chain} {self.row_id}"
