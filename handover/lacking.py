"""No SOP fits: said once of an incident, kept for the vendor's authors, and escalated in the same act."""

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import Team, User
from accounts.roles import Permission
from handover.escalating import escalate
from handover.models import Page
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_day_time
from incidents.models import Incident, Kind
from incidents.models.incident import gate_is_open
from incidents.timeline import record
from sops.models import SopGap

LONGEST = 500  # of the reason, as the row holds it


@transaction.atomic
def state_sop_gap(
    incident_id: int, *, team: Team | None, reason: str, seen: str | None = None, by: User
) -> Page:
    """No SOP fits this incident: count it, with what one would have had to do, and page a team with that.

    Once an incident, and only where the gate is open. The same person with the same words gets the same page;
    other words, or somebody else's, are a Conflict. Raises besides as `handover.services.escalate` does.
    """
    if not may_state(by):
        raise PermissionDenied
    require(reason=(reason, "Say what an SOP would have had to do"))
    refuse_patient_data(reason=reason)
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=incident_id)
    if gap := SopGap.objects.select_related("stated_by").filter(incident=incident).first():
        return _same_page(gap, incident, team, reason, by)
    if not gate_is_open(incident):
        raise Conflict("The gate has not let it in", "SOPs are for what is covered. Escalate it without one.")
    SopGap.objects.create(incident=incident, reason=reason, stated_by=by, stated_at=timezone.now())
    record(incident, Kind.SOP, "No SOP fits", reason, by=by)
    return escalate(incident_id, team=team, reason=told(reason), seen=seen, by=by)


def may_state(user: User) -> bool:
    """Who may do both: look for an SOP to run, and escalate."""
    return user.has_perm(Permission.RUN_SOP) and user.has_perm(Permission.ESCALATE_INCIDENT)


def told(reason: str) -> str:
    """What the team reads first."""
    return f"No SOP fits. What one would have had to do: {reason}"


def _same_page(gap: SopGap, incident: Incident, team: Team | None, reason: str, by: User) -> Page:
    """What they sent again. Anything else is refused, for neither page nor words may be lost quietly."""
    if gap.stated_by_id == by.pk:
        page = incident.pages.filter(by=by, team=team, reason=told(reason)).first()
        if page is not None:
            return page
    who = "You have" if gap.stated_by_id == by.pk else f"{gap.stated_by} has"
    when = format_day_time(gap.stated_at)
    raise Conflict(
        f"{who} already said that no SOP fits", f"{when}. Yours was not sent. To page a team again, escalate."
    )
