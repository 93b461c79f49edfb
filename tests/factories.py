"""Makes the rows that tests need. Incidents are logged through the real intake, never put into the table."""

from datetime import UTC, date, datetime
from itertools import count
from typing import Any

from accounts.models import Component, ComponentKind, Customer, Nation, Organisation, Service, Team, User
from accounts.roles import SIDES, Role, Side
from incidents.intake import log_incident
from incidents.models import Incident

SUNDAY_NIGHT = datetime(2026, 11, 22, 2, 7, 12, tzinfo=UTC)  # a weekend, out of hours everywhere
MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)  # working hours everywhere
PASSWORD = "a-long-test-password"
_numbers = count(1)


def make_organisation(side: str) -> Organisation:
    return Organisation.objects.get_or_create(name=f"The {side}", defaults={"side": side})[0]


def make_user(*roles: Role, side: str | None = None, **fields: Any) -> User:
    """A person with these roles, on the only side the first role allows, or on `side`."""
    number = next(_numbers)
    side = side or (sorted(SIDES[roles[0]])[0] if roles else Side.PARTNER)
    fields.setdefault("name", f"{roles[0].label if roles else 'Nobody'} {number}")
    fields.setdefault("organisation", make_organisation(side))
    email = fields.pop("email", f"person{number}@example.org")
    return User.objects.create_user(email, fields.pop("password", PASSWORD), roles=roles, **fields)


def make_service(code: str = "compucare8", name: str = "Compucare 8") -> Service:
    return Service.objects.get_or_create(code=code, defaults={"name": name})[0]


def make_customer(**fields: Any) -> Customer:
    number = next(_numbers)
    fields = {
        "name": f"Hospital {number}", "short_name": f"hospital-{number}", "nation": Nation.ENGLAND,
        "entitled_from": date(2026, 1, 1), "is_simulated": True, **fields,
    }  # fmt: skip
    return Customer.objects.create(**fields)


def make_component(customer: Customer | None = None, **fields: Any) -> Component:
    number = next(_numbers)
    fields = {
        "customer": customer, "service": fields.pop("service", None) or make_service(),
        "kind": ComponentKind.APP_SERVICE, "name": f"app-{number}", "is_simulated": True, **fields,
    }  # fmt: skip
    return Component.objects.create(**fields)


def make_team(**fields: Any) -> Team:
    number = next(_numbers)
    fields = {
        "code": f"team-{number}", "name": f"Team {number}", "email": f"team{number}@example.org",
        "phone": "07700 900141", **fields,
    }  # fmt: skip
    return Team.objects.create(**fields)


def make_incident(*, by: User, state: str | None = None, **fields: Any) -> Incident:
    """A logged incident that the gate accepted; `state` puts it elsewhere, beneath the services."""
    fields = {
        "customer": fields.pop("customer", None) or make_customer(), "service": fields.pop("service",
        None) or make_service(),
        "caller_name": "IT on-call manager", "call_back_number": "01632 960174", "failure": "cannot_sign_in",
        "who_affected": "everyone_all_sites", "reported_at": SUNDAY_NIGHT, **fields,
    }  # fmt: skip
    incident = log_incident(by=by, **fields)
    if state:
        Incident.objects.filter(pk=incident.pk).update(state=state)
        incident.refresh_from_db()
    return incident
