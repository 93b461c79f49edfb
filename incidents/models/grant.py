"""One incident, shared with one person who does not see incidents."""

from typing import ClassVar

from django.db import models

from accounts.models.grant import Grant
from accounts.roles import Permission
from incidents.models.incident import Incident


class IncidentGrant(Grant):
    given_with: ClassVar[Permission] = Permission.GRANT_INCIDENT

    content_object = models.ForeignKey(Incident, on_delete=models.PROTECT, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
