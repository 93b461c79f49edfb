"""Where a version can be rehearsed, and where not: the customers of the simulated estate."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from accounts.models import Component, Customer, User
from accounts.roles import Permission
from sops.applicability import missing_target
from sops.models import Sop, SopVersion
from sops.models.sop import may_write
from sops.models.version import VersionState

OVER = (VersionState.SUPERSEDED, VersionState.WITHDRAWN)


@dataclass(frozen=True)
class Place:
    """A customer of the simulated estate, and why it does not fit (empty: it does)."""

    customer: Customer
    reason: str

    @property
    def fits(self) -> bool:
        return not self.reason


def is_rehearser(sop: Sop, person: User) -> bool:
    """An engineer, or who writes this SOP: which version is for `may_rehearse`."""
    return person.has_perm(Permission.RUN_SOP) or may_write(sop, person)


def may_rehearse(version: SopVersion, person: User) -> bool:
    """An engineer what is approved, who writes the SOP what is still written too; nobody what is over."""
    if version.state in OVER:
        return False
    if person.has_perm(Permission.RUN_SOP) and version.state == VersionState.APPROVED:
        return True
    return may_write(version.sop, person)


def simulated_customers(reader: User) -> list[Customer]:
    return list(Customer.objects.visible_to(reader).active().filter(is_simulated=True))


def places_for(version: SopVersion, reader: User) -> list[Place]:
    """Those that fit first. As many queries for any number of customers."""
    customers = simulated_customers(reader)
    anywhere = Q(customer__in=customers) | Q(customer=None)
    components = list(Component.objects.filter(anywhere, is_active=True, is_simulated=True))
    found = [Place(each, unfit(version, each, components)) for each in customers]
    return sorted(found, key=lambda place: (not place.fits, place.customer.name))


def unfit(version: SopVersion, customer: Customer, components: Iterable[Component]) -> str:
    """Which simulated target the customer has none of, in words; its own and the shared platform's count."""
    reachable = [each for each in components if each.is_simulated and each.customer_id in (customer.pk, None)]
    return missing_target(version, customer, reachable)
