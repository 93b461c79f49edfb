"""Whether the service may act on an incident at this hour, asked again long after the gate let it in."""

from datetime import datetime

from django.conf import settings

from accounts.models import Customer
from incidents import scope
from incidents.local_time import format_time
from incidents.models import Incident


def hours_of(customer: Customer, at: datetime) -> scope.Hours:
    """Whether it is out of hours for this customer at an instant, by its contract, and why."""
    call = scope.Call(
        nation=customer.nation,
        follows_own_holidays=customer.follows_own_holidays,
        desk_nation=settings.DESK_NATION,
    )
    return scope.hours_at(call, at)


def hours_refusal(incident: Incident, at: datetime) -> str:
    """Why nothing is executed on this incident at this instant, in words; empty when it may be.

    It may out of hours, and whenever a lead said why it is dealt with all the same.
    """
    hours = hours_of(incident.customer, at)
    if hours.is_out_of_hours or incident.override_reason:
        return ""
    return f"Working hours since {format_time(hours.desk.starts_at)}, and no lead has said why to go on"


def needs_override(incident: Incident, at: datetime) -> bool:
    """Whether a lead has something to override: the gate's answer at the call, or the hour it is now."""
    return not incident.is_covered or bool(hours_refusal(incident, at))
