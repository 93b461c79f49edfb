"""The demo's six SOPs, as data: what makes sense for Compucare on Azure. Four are approved, two wait."""

from typing import Any

Fields = dict[str, Any]


def check(title: str, action: str, target_kind: str, **parameters: Any) -> Fields:
    return {
        "kind": "check", "title": title, "action": action, "target_kind": target_kind,
        "parameters": parameters,
    }  # fmt: skip


def act(title: str, action: str, target_kind: str, instructions: str, **parameters: Any) -> Fields:
    return {**check(title, action, target_kind, **parameters), "kind": "action", "instructions": instructions}


def manual(title: str, instructions: str) -> Fields:
    return {"kind": "manual", "title": title, "instructions": instructions}


def escalate(title: str, instructions: str) -> Fields:
    return {"kind": "escalate", "title": title, "instructions": instructions}


def decide(title: str, instructions: str, yes: Fields, no: Fields) -> Fields:
    options = [{"answer": "Yes", "outcome": "", **yes}, {"answer": "No", "outcome": "", **no}]
    return {"kind": "decision", "title": title, "instructions": instructions, "options": options}


def post(phase: str, words: str, service_state: str = "major_outage", minutes: int = 30) -> Fields:
    return {
        "kind": "communicate", "title": f"Post the update “{phase.capitalize()}”", "words": words,
        "parameters": {"phase": phase, "service_state": service_state, "next_in_minutes": minutes},
    }  # fmt: skip


CANNOT_SIGN_IN, DOES_NOT_OPEN, NO_MESSAGES = "cannot_sign_in", "does_not_open", "messages_not_processed"
FAILED = {"then": "end", "outcome": "not_restored"}
WATCHING = "Users can use {service} again. We keep watching it. Next update by {next}."

SERVICE_HEALTH: Fields = {
    "code": "SOP-02", "title": "Azure Service Health check",
    "services": ("compucare8", "ward", "clinician", "messagecall", "reports", "hl7"),
    "situations": (CANNOT_SIGN_IN, DOES_NOT_OPEN, NO_MESSAGES),
    "summary": "First version for the out-of-hours service.",
    "use_when": "A covered service is down and nobody knows yet whether Azure itself is.",
    "stop_when": "Nothing here changes anything: stop whenever another SOP fits better.",
    "way_back": "None needed: it only reads.",
    "preconditions": "The incident is in triage.",
    "steps": (
        check("Azure events in the region", "service_health", "region"),
        decide(
            "Does Azure report an event that explains this?",
            "Compare the service and the time of the event with what the caller sees.",
            {"then": 3}, FAILED,
        ),
        post(
            "identified",
            "{service} is unavailable because of a problem at our hosting provider, which is dealt with "
            "there. Use your business continuity procedure. Next update by {next}.",
        ),
        escalate(
            "Escalate to Platform on call",
            "Give the name and the start of the Azure event, and the customers that rang. They open the case "
            "with the provider.",
        ),
    ),
}  # fmt: skip

RESTART_SERVICE: Fields = {
    "code": "SOP-03", "title": "Restart the application service",
    "services": ("compucare8", "ward", "clinician"),
    "situations": (CANNOT_SIGN_IN, DOES_NOT_OPEN),
    "summary": "First version for the out-of-hours service. Rehearsed on the simulated estate.",
    "use_when": "Nobody can sign in, and the sign-in page answers 5xx or not at all.",
    "stop_when": "Several customers are affected, or Azure reports an event: then it is not this service.",
    "way_back": "None needed: a restart keeps the version and settings",
    "preconditions": "The hospital uses its business continuity procedure.",
    "steps": (
        check("Azure events in the region", "service_health", "region") | {"stop_when_failed": True},
        check("Probe the sign-in page", "http_probe", "app_service", tries=3, timeout_seconds=5),
        check("Read the service’s instances", "instance_state", "app_service"),
        manual(
            "Hospital told, and agrees",
            "Ring the caller. Say that anyone still signed in will be disconnected for about 90 seconds. "
            "Note the role of the person who agreed, and the time.",
        ),
        act(
            "Restart the application service", "restart_app_service", "app_service",
            "Once. If it does not help, a second restart will not either.", soft=True,
        ),
        check("Probe the sign-in page, up to 5 minutes", "wait_until_healthy", "app_service", minutes=5),
        decide(
            "Can the caller sign in?", "Ring the caller back, and let them try while you wait.",
            {"then": 8, "outcome": "restored"}, FAILED,
        ),
        post("monitoring", WATCHING, "operational"),
    ),
}  # fmt: skip

EXPIRED_SECRET: Fields = {
    "code": "SOP-05", "title": "Expired client secret or certificate",
    "services": ("compucare8", "ward", "clinician"),
    "situations": (CANNOT_SIGN_IN,),
    "summary": "First version for the out-of-hours service.",
    "use_when": "Sign-in fails for everybody at one customer, and the service itself is healthy.",
    "stop_when": "The secret is valid for more than a day: it is something else. Go back to triage.",
    "way_back": "None needed: it only reads. Only the vendor renews a secret.",
    "preconditions": "SOP-03 does not fit, or did not help.",
    "steps": (
        check("Read when the sign-in secret expires", "secret_expiry", "certificate", warn_days=1),
        check("Read the service’s instances", "instance_state", "app_service"),
        decide(
            "Has the secret expired, or does it today?", "Go by the first check, not by the caller’s words.",
            {"then": 4}, FAILED,
        ),
        post(
            "identified",
            "Users cannot sign in to {service}. We have found the cause, and our specialists renew what has "
            "expired. Use your business continuity procedure. Next update by {next}.",
        ),
        escalate(
            "Escalate to Platform on call",
            "Give the customer and the date that the first check showed. Renewing it is theirs alone.",
        ),
    ),
}  # fmt: skip

EXPIRED_SECRET_AGAIN: Fields = {
    **EXPIRED_SECRET, "number": 2,
    "summary": "The hospital is told before the team is paged, and the secret counts from three days on.",
    "steps": (
        check("Read when the sign-in secret expires", "secret_expiry", "certificate", warn_days=3),
        *EXPIRED_SECRET["steps"][1:2],
        decide(
            "Has the secret expired, or does it today?", "Go by the first check, not by the caller’s words.",
            {"then": 4}, FAILED,
        ),
        EXPIRED_SECRET["steps"][3],
        manual(
            "Hospital told",
            "Ring the caller. Say that the cause is known, and promise a call when it is renewed.",
        ),
        EXPIRED_SECRET["steps"][4],
    ),
}  # fmt: skip

INTEGRATION_RESTART: Fields = {
    "code": "SOP-07", "title": "Integration VM: restart it, check the queue",
    "services": ("messagecall",),
    "situations": (NO_MESSAGES, DOES_NOT_OPEN),
    "summary": "First version for the out-of-hours service. Messages are counted and never opened.",
    "use_when": "MessageCall sends nothing, or clinical messages wait.",
    "stop_when": "Messages would have to be opened or moved: that is product data. Escalate.",
    "way_back": "None needed: the machine comes back with the settings it had, and messages wait meanwhile.",
    "preconditions": "The hospital knows that messages are late, and uses its fallback.",
    "steps": (
        check("Count the messages that wait", "queue_depth", "service_bus", most_messages=100),
        check("Read the state of the machine and its service", "instance_state", "virtual_machine"),
        manual(
            "Hospital uses its fallback",
            "Ring the caller. Ask whether the wards use their fallback for clinical messages. Note the role "
            "of the person, and the time.",
        ),
        act(
            "Restart the integration machine", "restart_virtual_machine", "virtual_machine",
            "Once. Its service begins with it, and no message is lost.",
        ),
        manual(
            "Wait four minutes",
            "Wait four minutes, so that the machine and its service can begin. Note the time.",
        ),
        check("Read the state again", "instance_state", "virtual_machine"),
        check("Count the messages again", "queue_depth", "service_bus", most_messages=100),
        decide(
            "Has the number of messages fallen?", "Compare the two counts.",
            {"then": 9, "outcome": "restored"}, FAILED,
        ),
        post("monitoring", WATCHING, "operational"),
    ),
}  # fmt: skip

VPN_RESET: Fields = {
    "code": "SOP-06", "title": "VPN gateway tunnel reset", "services": ("compucare8", "hl7"),
    "situations": (DOES_NOT_OPEN,),
    "summary": "First version. Three nights in October ended with an escalation that a reset spares.",
    "use_when": "One site cannot reach the service, and its tunnel is down.",
    "stop_when": "The hospital has changed its firewall or its line today: it is theirs to undo.",
    "way_back": "None needed: the tunnel keeps its settings and keys.",
    "preconditions": "Other customers can use the service.",
    "steps": (
        check("Read the state of the tunnel", "vpn_state", "vpn_gateway"),
        manual(
            "The hospital changed nothing",
            "Ring the hospital’s network team. Ask what changed today on the firewall or the line. Note the "
            "answer, and the role of the person.",
        ),
        act(
            "Reset the tunnel", "reset_vpn_tunnel", "vpn_gateway", "The tunnel of this customer alone.",
        ),
        manual("Wait two minutes", "Wait two minutes for the tunnel to come back. Note the time."),
        check("Read the state again", "vpn_state", "vpn_gateway"),
        decide(
            "Can the site use the service?", "Ring the caller back, and let them try while you wait.",
            {"then": 7, "outcome": "restored"}, FAILED,
        ),
        post("monitoring", WATCHING, "operational"),
    ),
}  # fmt: skip

SQL_FAILOVER: Fields = {
    "code": "SOP-04", "title": "SQL failover group: check and planned failover",
    "services": ("compucare8",),
    "situations": (CANNOT_SIGN_IN, DOES_NOT_OPEN),
    "summary": "First version. A planned failover alone: it loses no data, and needs the vendor’s word.",
    "use_when": "The database in UK South does not answer, and its copy in UK West is up to date.",
    "stop_when": "The copy is behind, or Database on call does not answer: never fail over without them.",
    "way_back": "A planned failover back to UK South, by the vendor in working hours.",
    "preconditions": "Database on call is on the telephone.",
    "steps": (
        check("Azure events in the region", "service_health", "region"),
        check("Read the state of the database", "database_state", "sql_database"),
        check("Read which copy is the primary", "failover_group_state", "failover_group"),
        manual(
            "Database on call agrees",
            "Ring Database on call. Read out all three results. Note who agreed, by role, and the time.",
        ),
        act(
            "Fail over to the copy", "planned_failover", "failover_group",
            "Everybody is disconnected for up to a minute. Stay on the telephone with Database on call.",
        ),
        manual("Wait two minutes", "Wait two minutes for the database to answer. Note the time."),
        check("Read which copy is the primary now", "failover_group_state", "failover_group"),
        decide(
            "Can the caller sign in?", "Ring the caller back, and let them try while you wait.",
            {"then": 9, "outcome": "restored"}, FAILED,
        ),
        post("monitoring", WATCHING, "operational"),
    ),
}  # fmt: skip

APPROVED = (SERVICE_HEALTH, RESTART_SERVICE, EXPIRED_SECRET, INTEGRATION_RESTART)
WAITING = (SQL_FAILOVER, VPN_RESET, EXPIRED_SECRET_AGAIN)
