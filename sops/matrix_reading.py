"""Reads what the coverage matrix is made of, in as many queries for any number of SOPs and incidents."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import User
from accounts.roles import Permission
from incidents import scope
from incidents.local_time import local
from incidents.models import Incident
from incidents.scope_words import SERVICE_NAMES
from sops.applicability import suspension_words
from sops.matrix import Approved, Matrix, Named, matrix
from sops.models import SopGap, SopVersion, Suspension

A_YEAR = timedelta(days=365)
SERVICES = tuple(Named(code, SERVICE_NAMES[code]) for code in scope.COVERED_SERVICES)
SITUATIONS = tuple(Named(code, str(Incident.Failure(code).label)) for code in scope.situations())


@dataclass(frozen=True)
class Coverage:
    """The matrix at an instant, and what was missing since, newest first; None for who sees no runs."""

    matrix: Matrix
    at: datetime
    since: datetime
    missing: list[SopGap] | None

    @property
    def elsewhere(self) -> int:
        """How often no SOP fitted a call that is in no cell: of another service, which a lead let in."""
        here = sum(cell.said or 0 for cell in self.matrix.cells)
        return len(self.missing or ()) - here


def coverage_for(reader: User, at: datetime) -> Coverage:
    """The matrix as this person may see it, with the gaps of the twelve months before."""
    since = at - A_YEAR
    missing = None
    if reader.has_perm(Permission.VIEW_RUN):
        rows = SopGap.objects.visible_to(reader).counted().filter(stated_at__gte=since)
        missing = list(rows.select_related("incident__service", "incident__customer", "stated_by"))
    said = None
    if missing is not None:
        said = Counter((gap.incident.service.code, gap.incident.failure) for gap in missing)
    found = matrix(SERVICES, SITUATIONS, _approved(reader), said, local(at).date())
    return Coverage(found, at, since, missing)


def _approved(reader: User) -> list[Approved]:
    """Those with an approved version, in the order of their codes."""
    suspensions = list(Suspension.objects.visible_to(reader).active())
    versions = SopVersion.objects.visible_to(reader).approved().select_related("sop").order_by("sop__code")
    found = []
    for version in versions.prefetch_related("steps", "sop__services", "sop__customers"):
        sop = version.sop
        assert version.review_on is not None  # noqa: S101  (a constraint: approved says until when)
        found.append(
            Approved(
                sop.code, sop.title, version.number, version.review_on,
                frozenset(service.code for service in sop.services.all()), frozenset(sop.situations),
                tuple(customer.name for customer in sop.customers.all()),
                suspension_words(version, suspensions),
            )
        )  # fmt: skip
    return found
