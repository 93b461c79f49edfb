"""A Standard Operating Procedure: its code, whose it is, what it serves. What it says is in its versions."""

from typing import Any, Self

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from accounts.models import Customer, Service, User
from accounts.roles import Permission, Side
from incidents.models import Incident

CODE = RegexValidator(r"^SOP-[0-9]{2,3}$", "Write it as SOP-03: the letters, a hyphen, two or three digits.")


def may_write(sop: "Sop", person: User) -> bool:
    """An author of the vendor, or somebody of the vendor to whom just this SOP was given."""
    if person.side != Side.VENDOR:
        return False
    return person.has_perm(Permission.WRITE_SOP) or person.has_perm("sops.own_sop", sop)


class SopQuerySet(models.QuerySet["Sop"]):
    def visible_to(self, user: Any) -> Self:
        """Both organisations see which SOPs there are; what a version says is for its own `visible_to`."""
        return self if user.has_perm(Permission.VIEW_SOP) else self.none()

    def serving(self, service: Service, customer: Customer) -> Self:
        """Those written for this service and customer. No customer named means all of them."""
        anybody = Q(customers=None) | Q(customers=customer)
        return self.filter(anybody, services=service).distinct()

    def found_by(self, words: str) -> Self:
        """Those whose code or title holds each of the words."""
        rows = self
        for word in words.split():
            rows = rows.filter(Q(code__icontains=word) | Q(title__icontains=word))
        return rows


class Sop(models.Model):
    """One procedure. Its versions are never changed, only followed by others."""

    code = models.CharField(max_length=10, unique=True, validators=[CODE], help_text="Such as SOP-03.")
    title = models.CharField(max_length=120)
    owner = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        related_name="owned_sops",
        help_text="Of the vendor. Hears of its review.",
    )
    services = models.ManyToManyField(Service, related_name="sops")
    customers = models.ManyToManyField(
        Customer, blank=True, related_name="sops", help_text="None chosen: all customers."
    )
    situations = models.JSONField(
        default=list, blank=True, help_text="Which failures it is for, as in the call; none: any of them."
    )

    objects = SopQuerySet.as_manager()

    class Meta:
        verbose_name = "SOP"
        ordering = ("code",)
        permissions = [("own_sop", "Can write drafts of one SOP")]

    def __str__(self) -> str:
        return f"{self.code} {self.title}"

    @property
    def situation_words(self) -> list[str]:
        """The failures that it is for, as a call names them; none: any."""
        words = dict(Incident.Failure.choices)
        return [str(words.get(code, code)) for code in self.situations]
