"""The demo's organisations, customers and people: fictional, named by role. Safe to run again."""

from datetime import date

from django.contrib.auth.hashers import make_password
from django.db import transaction

from accounts.models import Component, ComponentKind, Customer, Nation, Organisation, Service, Team, User
from accounts.roles import Role, Side

DEMO_PASSWORD = "out-of-hours"  # noqa: S105  (of the demo on this machine only; printed at `make run`)

# e-mail, shown as, side, roles, telephone (Ofcom's numbers for drama)
DEMO_PEOPLE: tuple[tuple[str, str, str, tuple[Role, ...], str], ...] = (
    ("engineer.1@partner.example", "OOH engineer 1", Side.PARTNER, (Role.OOH_ENGINEER,), "01632 960112"),
    ("engineer.2@partner.example", "OOH engineer 2", Side.PARTNER, (Role.OOH_ENGINEER,), "01632 960113"),
    ("lead@partner.example", "Night lead", Side.PARTNER, (Role.OOH_LEAD,), "01632 960111"),
    ("auditor@partner.example", "Partner auditor", Side.PARTNER, (Role.AUDITOR,), ""),
    ("desk.1@vendor.example", "Desk analyst 1", Side.VENDOR, (Role.DESK_ANALYST,), "01632 960121"),
    ("desk.2@vendor.example", "Desk analyst 2", Side.VENDOR, (Role.DESK_ANALYST,), "01632 960122"),
    ("specialist@vendor.example", "Database specialist", Side.VENDOR, (Role.SPECIALIST,), "07700 900141"),
    ("author@vendor.example", "SOP author", Side.VENDOR, (Role.SOP_AUTHOR,), ""),
    ("approver@vendor.example", "SOP approver", Side.VENDOR, (Role.SOP_APPROVER,), ""),
    ("manager@vendor.example", "Service manager", Side.VENDOR, (Role.SERVICE_MANAGER,), "01632 960131"),
    ("auditor@vendor.example", "Vendor auditor", Side.VENDOR, (Role.AUDITOR,), ""),
)
# Machines: no password, tokens only.
DEMO_INTEGRATIONS: tuple[tuple[str, str, Role], ...] = (
    ("freshdesk@integration.invalid", "Freshdesk sync", Role.INTEGRATION),
    ("monitoring@integration.invalid", "Azure Monitor", Role.ALERT_SOURCE),
    ("sync@integration.invalid", "Ticket sync", Role.TICKET_SYNC),
)

SERVICES = (
    ("compucare8", "Compucare 8", True), ("ward", "Compucare Ward", True), ("clinician",
    "Compucare Clinician", True),
    ("messagecall", "MessageCall", True), ("reports", "Compucare Reports", True), ("hl7", "HL7 interfaces",
    True),
    ("ers", "e-RS connection", True), ("payments", "PXP payments", True), ("other", "Something else", False),
)  # fmt: skip

TEAMS = (
    ("database", "Database on call", "database@vendor.example", "07700 900141"),
    ("integration", "Integration on call", "integration@vendor.example", "07700 900142"),
    ("platform", "Platform on call", "platform@vendor.example", "07700 900143"),
)

# name, short name, nation, follows own holidays, entitled from, clinical features, switchboard
CUSTOMERS = (
    ("Wexcombe Park Hospital", "wexcombe", Nation.ENGLAND, False, date(2026, 4, 1), True, "01632 960174"),
    ("Harbour Lane Clinic", "harbour", Nation.ENGLAND, False, date(2026, 4, 1), False, "01632 960175"),
    ("Cwm Arian Hospital", "cwm-arian", Nation.WALES, False, date(2026, 6, 1), False, "01632 960176"),
    ("Strathmorven Hospital", "strathmorven", Nation.SCOTLAND, True, date(2026, 4, 1), True, "01632 960177"),
    (
        "Lough Darrin Clinic",
        "lough-darrin",
        Nation.NORTHERN_IRELAND,
        True,
        date(2026, 9, 1),
        True,
        "01632 960178",
    ),
    ("Tanner’s Row Day Surgery", "tanners-row", Nation.ENGLAND, False, None, False, "01632 960179"),
)

# service, kind, name pattern; one of each for each customer
ESTATE = (
    ("compucare8", ComponentKind.APP_SERVICE, "app-cc8-{}-prod"),
    ("compucare8", ComponentKind.SQL_DATABASE, "sql-cc8-{}-prod"),
    ("compucare8", ComponentKind.FAILOVER_GROUP, "fg-cc8-{}-prod"),
    ("compucare8", ComponentKind.ENDPOINT, "signin-{}-prod"),
    ("compucare8", ComponentKind.CERTIFICATE, "entra-secret-{}-prod"),
    ("compucare8", ComponentKind.VPN_GATEWAY, "vpn-{}-prod"),
    ("ward", ComponentKind.APP_SERVICE, "app-ward-{}-prod"),
    ("clinician", ComponentKind.APP_SERVICE, "app-clinician-{}-prod"),
    ("messagecall", ComponentKind.VIRTUAL_MACHINE, "vm-messagecall-{}-prod"),
    ("messagecall", ComponentKind.SERVICE_BUS, "sb-messagecall-{}-prod"),
)


@transaction.atomic
def seed() -> None:
    """Organisations, services, teams, customers with their simulated components, and people."""
    vendor, _ = Organisation.objects.get_or_create(name="Streets Heaver", defaults={"side": Side.VENDOR})
    partner, _ = Organisation.objects.get_or_create(name="Pink Elephant", defaults={"side": Side.PARTNER})
    for position, (code, name, is_public) in enumerate(SERVICES):
        Service.objects.get_or_create(
            code=code, defaults={"name": name, "position": position, "is_public": is_public}
        )
    for code, name, email, phone in TEAMS:
        Team.objects.get_or_create(code=code, defaults={"name": name, "email": email, "phone": phone})
    _seed_customers()
    houses = {Side.VENDOR: vendor, Side.PARTNER: partner}
    hashed = make_password(DEMO_PASSWORD)  # once: a good hash takes half a second
    for email, name, side, roles, phone in DEMO_PEOPLE:
        _seed_person(email, name, houses[Side(side)], roles, phone, hashed)
    for email, name, role in DEMO_INTEGRATIONS:
        _seed_person(email, name, vendor, (role,), "", make_password(None))
    User.objects.system()


def _seed_customers() -> None:
    services = {service.code: service for service in Service.objects.all()}
    for name, short_name, nation, own_holidays, entitled_from, clinical, phone in CUSTOMERS:
        customer, is_new = Customer.objects.get_or_create(
            short_name=short_name,
            defaults={
                "name": name, "nation": nation, "follows_own_holidays": own_holidays,
                "entitled_from": entitled_from,
                "uses_clinical_features": clinical, "contact_phone": phone, "is_simulated": True,
            },
        )  # fmt: skip
        if is_new:
            customer.services.set(service for service in services.values() if service.is_public)
        for code, kind, pattern in ESTATE:
            _seed_component(customer, services[code], kind, pattern.format(short_name))
    _seed_component(None, services["compucare8"], ComponentKind.REGION, "UK South")


def _seed_component(customer: Customer | None, service: Service, kind: ComponentKind, name: str) -> None:
    group = f"rg-{customer.short_name}-prod" if customer else "shared platform"
    Component.objects.get_or_create(
        name=name,
        defaults={
            "customer": customer, "service": service, "kind": kind, "is_simulated": True,
            "location": f"UK South, {group}",
        },
    )  # fmt: skip


def _seed_person(
    email: str, name: str, house: Organisation, roles: tuple[Role, ...], phone: str, hashed: str
) -> None:
    if User.objects.filter(email=email).exists():
        return
    team = Team.objects.get(code="database") if Role.SPECIALIST in roles else None
    person = User.objects.create_user(
        email, roles=roles, name=name, organisation=house, phone=phone, team=team
    )
    person.password = hashed
    person.save(update_fields=["password"])
