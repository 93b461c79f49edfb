"""The access policy on one screen: roles, permissions, and which role holds which. Nothing else grants."""

from enum import StrEnum

from django.db.models import TextChoices


class Side(TextChoices):
    PARTNER = "partner", "Service partner"
    VENDOR = "vendor", "Vendor"


class Role(TextChoices):
    OOH_ENGINEER = "ooh_engineer", "OOH engineer"
    OOH_LEAD = "ooh_lead", "OOH lead"
    DESK_ANALYST = "desk_analyst", "Desk analyst"
    SPECIALIST = "specialist", "Specialist"
    SOP_AUTHOR = "sop_author", "SOP author"
    SOP_APPROVER = "sop_approver", "SOP approver"
    SERVICE_MANAGER = "service_manager", "Service manager"
    AUDITOR = "auditor", "Auditor"
    INTEGRATION = "integration", "Integration"
    ALERT_SOURCE = "alert_source", "Alert source"
    TICKET_SYNC = "ticket_sync", "Ticket sync"


class Permission(StrEnum):
    """`app.verb_noun`; a transition, its service and its address share the verb."""

    VIEW_PEOPLE = "accounts.view_user"
    VIEW_CUSTOMER = "accounts.view_customer"
    MANAGE_CUSTOMERS = "accounts.change_customer"
    MANAGE_PEOPLE = "accounts.change_user"
    USE_ADMIN = "accounts.use_admin"
    LET_IN = "accounts.let_in"
    BREAK_GLASS = "accounts.break_glass"
    REVIEW_ACCESS = "accounts.review_access"
    EXPORT_PERSON = "accounts.export_user"

    VIEW_INCIDENT = "incidents.view_incident"
    LOG_INCIDENT = "incidents.log_incident"
    BEGIN_TRIAGE = "incidents.begin_triage"
    DECLINE_INCIDENT = "incidents.decline_incident"
    START_SOP = "incidents.start_sop"
    RESUME_TRIAGE = "incidents.resume_triage"
    ESCALATE_INCIDENT = "incidents.escalate_incident"
    HAND_OVER_INCIDENT = "incidents.hand_over_incident"
    HAND_BACK_INCIDENT = "incidents.hand_back_incident"
    RESOLVE_INCIDENT = "incidents.resolve_incident"
    REOPEN_INCIDENT = "incidents.reopen_incident"
    OVERRIDE_GATE = "incidents.override_gate"
    ADD_ENTRY = "incidents.add_entry"
    GRANT_INCIDENT = "incidents.grant_incident"
    VIEW_PRODUCT_NOTE = "incidents.view_product_note"
    ADD_PRODUCT_NOTE = "incidents.add_product_note"
    POST_STATUS = "incidents.post_status"
    PROPOSE_INCIDENT = "incidents.propose_incident"
    DECIDE_PROPOSAL = "incidents.decide_proposal"
    MANAGE_CALENDAR = "incidents.change_calendarday"
    PLAN_MAINTENANCE = "incidents.plan_maintenance"
    WRITE_TEMPLATE = "incidents.write_template"
    APPROVE_TEMPLATE = "incidents.approve_template"
    MANAGE_SUBSCRIBERS = "incidents.change_subscriber"
    SYNC_TICKET = "incidents.sync_ticket"
    VIEW_HOLDS = "incidents.view_legalhold"
    MANAGE_HOLDS = "incidents.change_legalhold"
    REPORT_PATIENT_DATA = "incidents.report_patient_data"
    DECIDE_PATIENT_DATA = "incidents.decide_patient_data"
    ADD_ATTACHMENT = "incidents.add_attachment"
    RELEASE_ATTACHMENT = "incidents.release_attachment"
    VIEW_DELIVERY = "incidents.view_delivery"
    RETRY_DELIVERY = "incidents.retry_delivery"

    VIEW_SOP = "sops.view_sop"
    WRITE_SOP = "sops.write_sop"
    APPROVE_SOP = "sops.approve_sop"
    GRANT_SOP = "sops.grant_sop"
    VIEW_RUN = "sops.view_run"
    RUN_SOP = "sops.run_sop"
    STOP_RUN = "sops.stop_run"
    AGREE_ACTION = "sops.agree_action"

    VIEW_HANDOVER = "handover.view_handover"
    OFFER_HANDOVER = "handover.offer_handover"
    ACCEPT_HANDOVER = "handover.accept_handover"
    MANAGE_ROTA = "handover.change_rota"
    ACKNOWLEDGE_PAGE = "handover.acknowledge_page"

    VIEW_REPORT = "ooh.view_report"
    VIEW_AUDIT = "auditlog.view_logentry"


P = Permission

_READ = {
    P.VIEW_PEOPLE,
    P.VIEW_CUSTOMER,
    P.VIEW_INCIDENT,
    P.VIEW_DELIVERY,
    P.VIEW_SOP,
    P.VIEW_RUN,
    P.VIEW_HANDOVER,
}
_ENGINEER = _READ | {
    P.LOG_INCIDENT, P.BEGIN_TRIAGE, P.DECLINE_INCIDENT, P.START_SOP, P.RESUME_TRIAGE, P.ESCALATE_INCIDENT,
    P.HAND_BACK_INCIDENT, P.RESOLVE_INCIDENT, P.REOPEN_INCIDENT, P.ADD_ENTRY, P.POST_STATUS,
    P.DECIDE_PROPOSAL,
    P.RUN_SOP, P.STOP_RUN, P.OFFER_HANDOVER, P.ACCEPT_HANDOVER, P.ACKNOWLEDGE_PAGE, P.RETRY_DELIVERY,
    P.BREAK_GLASS,
    P.REPORT_PATIENT_DATA, P.ADD_ATTACHMENT,
}  # fmt: skip

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OOH_ENGINEER: frozenset(_ENGINEER),
    Role.OOH_LEAD: frozenset(_ENGINEER | {
        P.OVERRIDE_GATE, P.GRANT_INCIDENT, P.MANAGE_ROTA, P.LET_IN, P.DECIDE_PATIENT_DATA,
    }),
    Role.DESK_ANALYST: frozenset(_READ | {
        P.LOG_INCIDENT, P.HAND_OVER_INCIDENT, P.RESOLVE_INCIDENT, P.REOPEN_INCIDENT, P.ADD_ENTRY,
        P.POST_STATUS,
        P.VIEW_PRODUCT_NOTE, P.ADD_PRODUCT_NOTE, P.OFFER_HANDOVER, P.ACCEPT_HANDOVER, P.STOP_RUN,
        P.ACKNOWLEDGE_PAGE, P.RETRY_DELIVERY, P.PLAN_MAINTENANCE,
        P.REPORT_PATIENT_DATA, P.DECIDE_PATIENT_DATA, P.ADD_ATTACHMENT, P.RELEASE_ATTACHMENT,
    }),
    Role.SPECIALIST: frozenset({
        P.VIEW_PEOPLE, P.VIEW_CUSTOMER, P.VIEW_SOP, P.VIEW_HANDOVER, P.ADD_ENTRY,
        P.VIEW_PRODUCT_NOTE, P.ADD_PRODUCT_NOTE, P.ACKNOWLEDGE_PAGE, P.BREAK_GLASS, P.REPORT_PATIENT_DATA,
        P.ADD_ATTACHMENT,
    }),
    Role.SOP_AUTHOR: frozenset({P.VIEW_PEOPLE, P.VIEW_CUSTOMER, P.VIEW_SOP, P.VIEW_RUN, P.WRITE_SOP,
    P.USE_ADMIN}),
    Role.SOP_APPROVER: frozenset({
        P.VIEW_PEOPLE, P.VIEW_CUSTOMER, P.VIEW_SOP, P.VIEW_RUN, P.APPROVE_SOP, P.AGREE_ACTION, P.STOP_RUN,
        P.APPROVE_TEMPLATE, P.USE_ADMIN,
    }),
    Role.SERVICE_MANAGER: frozenset(_READ | {
        P.GRANT_INCIDENT, P.GRANT_SOP,
        P.MANAGE_CUSTOMERS, P.MANAGE_PEOPLE, P.MANAGE_CALENDAR, P.VIEW_REPORT, P.VIEW_PRODUCT_NOTE,
        P.USE_ADMIN, P.RETRY_DELIVERY, P.AGREE_ACTION, P.PLAN_MAINTENANCE, P.WRITE_TEMPLATE,
        P.MANAGE_SUBSCRIBERS, P.LET_IN, P.BREAK_GLASS, P.REVIEW_ACCESS, P.VIEW_HOLDS, P.MANAGE_HOLDS,
        P.EXPORT_PERSON,
        P.REPORT_PATIENT_DATA, P.DECIDE_PATIENT_DATA, P.RELEASE_ATTACHMENT,
    }),
    Role.AUDITOR: frozenset(_READ | {P.VIEW_REPORT, P.VIEW_AUDIT, P.USE_ADMIN}),
    Role.INTEGRATION: frozenset({P.VIEW_CUSTOMER, P.VIEW_INCIDENT, P.LOG_INCIDENT}),
    Role.ALERT_SOURCE: frozenset({P.PROPOSE_INCIDENT}),
    Role.TICKET_SYNC: frozenset({P.SYNC_TICKET}),
}  # fmt: skip

# A role belongs to one side; an auditor sits on either, and sees what that side may see.
SIDES: dict[Role, frozenset[Side]] = {
    Role.OOH_ENGINEER: frozenset({Side.PARTNER}),
    Role.OOH_LEAD: frozenset({Side.PARTNER}),
    Role.AUDITOR: frozenset(Side),
    **{
        role: frozenset({Side.VENDOR})
        for role in (
            Role.DESK_ANALYST, Role.SPECIALIST, Role.SOP_AUTHOR, Role.SOP_APPROVER, Role.SERVICE_MANAGER,
            Role.INTEGRATION, Role.ALERT_SOURCE, Role.TICKET_SYNC,
        )
    },
}  # fmt: skip

# What only the vendor may hold, whatever role a person is given: product data, and what a dispute is about.
VENDOR_ONLY = frozenset({
    P.VIEW_PRODUCT_NOTE, P.ADD_PRODUCT_NOTE, P.VIEW_HOLDS, P.MANAGE_HOLDS, P.RELEASE_ATTACHMENT,
})  # fmt: skip
# A vendor's auditor reads what its organisation may read.
VENDOR_AUDITOR = frozenset({P.VIEW_PRODUCT_NOTE, P.VIEW_HOLDS})
# What break-glass lends, and to whom: one role of one's own side, for a while, with a reason and an alarm.
# No role that approves, agrees or manages people can be taken: two people stay two.
BREAK_GLASS: dict[Role, frozenset[Role]] = {
    Role.OOH_LEAD: frozenset({Role.OOH_ENGINEER}),
    Role.DESK_ANALYST: frozenset({Role.SPECIALIST, Role.SERVICE_MANAGER}),
}
# A superuser sets the house up, and no more: it passes no gate, sees no incident, approves nothing.
SUPERUSER = frozenset({
    P.USE_ADMIN, P.MANAGE_PEOPLE, P.LET_IN, P.VIEW_PEOPLE, P.VIEW_CUSTOMER, P.MANAGE_CUSTOMERS,
})  # fmt: skip


def glass_for(roles: set[Role], side: str | None) -> list[Role]:
    """The roles that somebody with these roles may take by break-glass."""
    return [
        role
        for role, takers in BREAK_GLASS.items()
        if side in SIDES[role] and takers & roles and role not in roles
    ]


def permissions_of(
    roles: set[Role], side: str | None, *, is_superuser: bool = False
) -> frozenset[Permission]:
    """All that these roles allow on this side. A role on the wrong side grants nothing.

    >>> permissions_of({Role.DESK_ANALYST}, Side.PARTNER)
    frozenset()
    """
    granted: set[Permission] = set(SUPERUSER) if is_superuser else set()
    for role in roles:
        if side in SIDES[role]:
            granted |= PERMISSIONS[role]
    if Role.AUDITOR in roles and side == Side.VENDOR:
        granted |= VENDOR_AUDITOR
    return frozenset(granted if side == Side.VENDOR else granted - VENDOR_ONLY)
