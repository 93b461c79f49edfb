"""Who somebody is to their organisation's provider: its issuer and its subject, never an e-mail address."""

from typing import Self

from django.db import models

from accounts.models.user import User
from accounts.roles import Permission


class ProviderIdentityQuerySet(models.QuerySet["ProviderIdentity"]):
    def visible_to(self, user: User) -> Self:
        return self if user.has_perm(Permission.MANAGE_PEOPLE) else self.filter(person=user.pk)


class ProviderIdentity(models.Model):
    """An address can be given to somebody else; the pair of issuer and subject never is."""

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identities")
    issuer = models.CharField(max_length=300, help_text="As its tokens name it, letter by letter.")
    subject = models.CharField(max_length=255)
    added_at = models.DateTimeField(auto_now_add=True)

    objects = ProviderIdentityQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "provider identities"
        constraints = (models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_a_subject"),)

    def __str__(self) -> str:
        return f"{self.person} at {self.issuer}"
