"""The approved words of each phase with their blanks filled in, and the names that the public reads."""

from datetime import datetime

from accounts.models import ComponentKind
from incidents.local_time import format_day_time, format_time, local
from incidents.models import Incident, Phase, State

NEXT_PHASE = {
    "": Phase.INVESTIGATING, Phase.INVESTIGATING: Phase.IDENTIFIED, Phase.IDENTIFIED: Phase.MONITORING,
    Phase.MONITORING: Phase.RESOLVED, Phase.RESOLVED: Phase.INVESTIGATING,
}  # fmt: skip
# What users notice, after "a problem that …".
EFFECTS = {
    Incident.Failure.CANNOT_SIGN_IN: "stops users from signing in to {}",
    Incident.Failure.DOES_NOT_OPEN: "stops {} from opening",
    Incident.Failure.MESSAGES_NOT_PROCESSED: "stops {} from processing clinical messages",
    Incident.Failure.SLOW: "makes {} slow",
    Incident.Failure.PARTIAL: "stops some parts of {}",
    Incident.Failure.PRINTING: "stops printing from {}",
}
# The same as a headline, after the name of the service. What says more than the public needs is left out.
HEADLINES = {
    Incident.Failure.CANNOT_SIGN_IN: "users cannot sign in",
    Incident.Failure.DOES_NOT_OPEN: "does not open",
    Incident.Failure.MESSAGES_NOT_PROCESSED: "clinical messages are not processed",
    Incident.Failure.SLOW: "slow",
    Incident.Failure.PARTIAL: "some parts do not work",
    Incident.Failure.PRINTING: "printing does not work",
}
PLAIN_COMPONENTS = {
    ComponentKind.APP_SERVICE: "the application service", ComponentKind.VIRTUAL_MACHINE: "a server",
    ComponentKind.SCALE_SET: "a group of servers", ComponentKind.SCALE_SET_INSTANCE: "a server",
    ComponentKind.SQL_DATABASE: "the database", ComponentKind.FAILOVER_GROUP: "the database",
    ComponentKind.SERVICE_BUS: "the message queue", ComponentKind.HOST_POOL: "the session servers",
    ComponentKind.SESSION_HOST: "a session server", ComponentKind.VPN_GATEWAY: "the network connection",
    ComponentKind.APPLICATION_GATEWAY: "the network entrance", ComponentKind.ENDPOINT: "the web address",
    ComponentKind.CERTIFICATE: "a certificate", ComponentKind.KEY_VAULT: "a certificate",
    ComponentKind.REGION: "the hosting platform",
}  # fmt: skip
CONTINUITY = "Use your business continuity procedure."
# What an incident answers in a template: `{service}`. Any other blank is filled in by hand.
BLANKS = {
    "service": "its name", "effect": "after “a problem that”: “stops users from signing in to Compucare 8”",
    "part": "“the application service”, when it is known", "began": "when it began",
    "restored": "when it came back, once it has", "next": "when the next update is promised for",
}  # fmt: skip


def next_phase(phase: str) -> Phase:
    """The phase that usually follows; a new incident, and one that came back, begin with investigating."""
    return NEXT_PHASE.get(phase, Phase.INVESTIGATING)


def public_title(incident: Incident) -> str:
    """`Compucare 8: users cannot sign in`: service and failure, never the customer."""
    headline = HEADLINES.get(Incident.Failure(incident.failure), "a problem")
    return f"{public_name(incident)}: {headline}"


def public_name(incident: Incident) -> str:
    """The service's name, where the page lists it."""
    return incident.service.name if incident.service.is_public else "Another service"


def draft(incident: Incident, phase: str, next_due: datetime | None = None) -> str:
    """The phase's words for this incident, to post as they are or to change. Times not known are left out."""
    words = {
        Phase.INVESTIGATING: _investigating, Phase.IDENTIFIED: _identified,
        Phase.MONITORING: _monitoring, Phase.RESOLVED: _resolved,
    }[Phase(phase)](incident)  # fmt: skip
    sentences = [_taken_over(incident, phase), words]
    if next_due and phase != Phase.RESOLVED:
        sentences.append(f"Next update by {format_time(next_due)}.")
    return " ".join(sentence for sentence in sentences if sentence)


def blanks(incident: Incident, next_due: datetime | None = None) -> dict[str, str | None]:
    """What this incident answers to each of `BLANKS`; None while it is not known."""
    kind = incident.component and ComponentKind(incident.component.kind)
    return {
        "service": incident.service.name, "effect": _effect(incident),
        "part": PLAIN_COMPONENTS.get(kind) if kind else None,
        "began": format_time(incident.unavailable_since),
        "restored": format_time(incident.restored_at) if incident.restored_at else None,
        "next": format_time(next_due) if next_due else None,
    }  # fmt: skip


def _effect(incident: Incident) -> str:
    return EFFECTS.get(Incident.Failure(incident.failure), "affects {}").format(incident.service.name)


def _investigating(incident: Incident) -> str:
    return f"We are investigating a problem that {_effect(incident)}. {CONTINUITY}"


def _identified(incident: Incident) -> str:
    part = PLAIN_COMPONENTS.get(ComponentKind(incident.component.kind)) if incident.component else None
    cause = f"the likely cause, a problem with {part}" if part else "the likely cause"
    return f"We have found {cause}. We are following an approved recovery procedure. {CONTINUITY}"


def _monitoring(incident: Incident) -> str:
    name, at = incident.service.name, incident.restored_at
    again = f"{name} became available again at {format_time(at)}" if at else f"{name} is available again"
    return f"{again}. We are watching it. Tell us if you still have problems."


def _resolved(incident: Incident) -> str:
    began, ended = incident.unavailable_since, incident.restored_at
    lasted = ""
    if ended:
        say = format_time if local(began).date() == local(ended).date() else format_day_time
        lasted = f" It lasted from {say(began)} to {say(ended)}."
    return f"The problem with {incident.service.name} is resolved.{lasted} The day team will follow up."


def _taken_over(incident: Incident, phase: str) -> str:
    if incident.state != State.HANDED_OVER or phase == Phase.RESOLVED or incident.handed_over_at is None:
        return ""
    return f"Our day team has taken over from {format_time(incident.handed_over_at)}."
