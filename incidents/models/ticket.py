"""The incident's record in the vendor's Freshdesk."""

from django.db import models

from incidents.models.incident import Incident


class Ticket(models.Model):
    """Which Freshdesk ticket is this incident's, and what we last wrote there."""

    incident = models.OneToOneField(Incident, on_delete=models.PROTECT, related_name="ticket")
    number = models.PositiveBigIntegerField(unique=True)
    status = models.PositiveSmallIntegerField(default=2, help_text="Freshdesk's number, as we last wrote it.")
    opened_at = models.DateTimeField(auto_now_add=True)
    read_back_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return str(self.number)
