"""What the vendor knows of a customer's products: for the vendor's people alone."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.utils import timezone

from accounts import typed
from accounts.models.customer import Customer, Service
from accounts.models.user import User
from accounts.roles import Permission

if TYPE_CHECKING:
    from datetime import datetime


class ProductDetailQuerySet(models.QuerySet["ProductDetail"]):
    def visible_to(self, user: Any) -> Self:
        """For those of the vendor's people who may see product data, and nobody else."""
        if not user.is_authenticated or not user.is_working:
            return self.none()
        return self if user.has_perm(Permission.VIEW_PRODUCT_NOTE) else self.none()

    def useful_for(self, customer: Customer, service: Service) -> Self:
        """What still holds of this customer, and of all its products or of this one."""
        about = models.Q(service=None) | models.Q(service=service)
        return self.filter(about, customer=customer, is_current=True)


class ProductDetail(models.Model):
    """One thing to know of a customer's product, such as its version or what is unusual about it."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="product_details")
    service = models.ForeignKey(
        Service, on_delete=models.PROTECT, null=True, blank=True, related_name="+",
        help_text="Empty: all its products.",
    )  # fmt: skip
    text = models.TextField(
        max_length=2000, help_text="Only your organisation sees it. Nothing about patients."
    )
    written_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+", editable=False)
    written_at: "models.DateTimeField[datetime, datetime]" = models.DateTimeField(
        default=timezone.now, editable=False
    )
    is_current = models.BooleanField(
        "still holds", default=True, help_text="Take the tick away when it no longer holds."
    )

    objects = ProductDetailQuerySet.as_manager()

    class Meta:
        ordering = ("service__position", "-written_at", "-id")

    def __str__(self) -> str:
        """Its number: the words would stand in lists and messages."""
        return f"Product detail {self.pk}"

    def clean(self) -> None:
        typed.refuse(text=self.text)
