"""One SOP, owned for a time by somebody who is no author: they write its drafts, and no other's."""

from typing import ClassVar

from django.db import models

from accounts.models.grant import Grant
from accounts.roles import Permission
from sops.models.sop import Sop


class SopGrant(Grant):
    given_with: ClassVar[Permission] = Permission.GRANT_SOP

    content_object = models.ForeignKey(Sop, on_delete=models.PROTECT, related_name="grants")

    class Meta(Grant.Meta):
        abstract = False
        verbose_name = "ownership of an SOP"
        verbose_name_plural = "ownerships of SOPs"
