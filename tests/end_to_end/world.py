"""Something in every state, made through the services on top of the demo, and where each page of it is."""

from datetime import timedelta
from time import monotonic, sleep
from typing import Any
from uuid import UUID

from django.utils import timezone

import handover.services as handovers
import incidents.services as incidents
import sops.services as sops
from accounts import reviewing
from accounts.audit import acting_as
from accounts.models import Customer, Service, Team, User
from accounts.wall.identity import as_system
from handover import glass
from incidents import drafts, proposals
from incidents.alerts import read
from incidents.attachments import services as attachments
from incidents.calls import log_call
from incidents.intake import log_incident
from incidents.models import Incident, Proposal, Subscriber, Ticket
from incidents.redaction.services import report_patient_data
from incidents.status.maintenance import draft, plan_maintenance, post_maintenance
from incidents.status.services import correct_update, post_update, resolve_with_update
from incidents.status.subscribers import services as subscribers
from incidents.status.templates import write_template
from incidents.timeline import record
from sops import engine
from sops.models import Run, Sop, SopVersion
from tests.end_to_end.alerts import availability_test_fired

ENGINEER, LEAD = "engineer.1@partner.example", "lead@partner.example"
ANALYST, MANAGER = "desk.1@vendor.example", "manager@vendor.example"
SPECIALIST = "specialist@vendor.example"
AUTHOR, APPROVER = "author@vendor.example", "approver@vendor.example"
AUDITOR = "auditor@vendor.example"


def build() -> dict[str, str]:
    """Incidents, runs, handovers, pages, proposals, a draft, versions: name and address of each page."""
    with acting_as(User.objects.system()), as_system("the world has what both sides wrote"):
        addresses = {**_incidents(), **_runs(), **_handovers(), **_proposals(), **_call_begun(), **_planned()}
        return addresses | _versions() | _subscribers() | _access()


def person(email: str) -> User:
    return User.objects.get(email=email)


# ---------- Incidents ----------


def logged(
    short_name: str, service: str = "compucare8", failure: str = "cannot_sign_in", **facts: Any
) -> Incident:
    """A call that the gate accepts; where it fails for the hour alone, the lead overrides it."""
    facts = {
        "caller_name": "IT on-call manager", "call_back_number": "01632 960174",
        "who_affected": "everyone_all_sites", "error_text": "503 Service Unavailable",
        "impact": "Theatre lists are on paper since one in the morning.", "patient_safety": "yes",
        "customer_changes": "The firewall was changed on Friday.", "customer_reference": "WPH-771", **facts,
    }  # fmt: skip
    incident = log_incident(
        customer=Customer.objects.get(short_name=short_name), service=Service.objects.get(code=service),
        failure=failure, by=person(ENGINEER), **facts,
    )  # fmt: skip
    if failure == "cannot_sign_in" and not incident.is_covered:
        reason = "The hospital’s director asked for help in writing."
        incident = incidents.override_gate(incident.pk, reason=reason, by=person(LEAD))
    return incident


def triaged(short_name: str, service: str = "compucare8") -> Incident:
    return incidents.begin_triage(logged(short_name, service).pk, by=person(ENGINEER))


def _incidents() -> dict[str, str]:
    told = _told()
    references = {
        "logged": logged("harbour").reference,
        "not covered": logged("wexcombe", "reports", "slow").reference,
        "declined": _declined().reference,
        "told": told.reference,
        "escalated": _escalated().reference,
        "resolved": _resolved().reference,
        "asks": _asks().reference,
        "opened again": _opened_again().reference,
    }
    found = {f"incident {name}": f"/incidents/{reference}/" for name, reference in references.items()}
    update, promised = told.status_updates.latest("pk"), told.calls.get(next_call_at__isnull=False)
    return (
        found
        | _patient_data(told)
        | {
            "public incident": f"/status/{told.public_id}/",
            "correction": f"/incidents/{told.reference}/update/{update.pk}/correct/",
            "call off": f"/incidents/{told.reference}/calls/{promised.pk}/call-off/",
        }
    )


def _patient_data(incident: Incident) -> dict[str, str]:
    """A report that waits for a second person, and files in each state."""
    report = report_patient_data(
        incident.pk, words="answers 503 from two places", kind="other", by=person(ENGINEER)
    )
    for name in ("waits", "is open", "has to go"):
        text = f"The log that {name}.\n".encode()
        made = attachments.add_attachment(incident.pk, name=f"{name}.log", data=text, by=person(ENGINEER))
        if name == "is open":
            attachments.release_attachment(made.pk, by=person(ANALYST))
    attachments.ask_to_purge(made.pk, reason="It names somebody", by=person(ENGINEER))
    at = f"/incidents/{incident.reference}"
    return {"patient report": f"{at}/patient-data/{report.pk}/", "files": f"{at}/attachments/"}


def _declined() -> Incident:
    incident = logged("wexcombe", failure="printing", who_affected="department")
    told = "The service desk deals with printing from 08:00."
    return incidents.decline(incident.pk, rule="failure", told_caller=told, by=person(ENGINEER))


def _told() -> Incident:
    """Triaged, with an update, calls, notes of both kinds and a promise."""
    incident, engineer = triaged("wexcombe"), person(ENGINEER)
    _post(incident, "investigating", "Users cannot sign in to Compucare. We are looking into it.")
    words = "Users cannot sign in to Compucare 8. We are looking into it."
    correct_update(incident.status_updates.latest("pk").pk, words=words, by=person(ENGINEER))
    incidents.add_note(incident.pk, text="The sign-in page answers 503 from two places.", by=engineer)
    incidents.add_product_note(incident.pk, text="The schema was migrated on Friday.", by=person(ANALYST))
    soon = timezone.now() + timedelta(minutes=20)
    for direction, outcome, due in (("in", "spoke", soon), ("out", "voicemail", None)):
        log_call(
            incident.pk, direction=direction, who="IT on-call manager", number="01632 960174",
            outcome=outcome, text="Still down at both sites.", next_call_at=due, by=engineer,
        )  # fmt: skip
    return incident


def _post(incident: Incident, phase: str, words: str, minutes: int = 30) -> None:
    due = timezone.now() + timedelta(minutes=minutes)
    post_update(incident.pk, phase=phase, words=words, next_update_due_at=due, by=person(ENGINEER))


def _escalated() -> Incident:
    incident = triaged("strathmorven")
    _post(incident, "identified", "Compucare 8 is unavailable. We have found the cause.", minutes=15)
    team, reason = (
        Team.objects.get(code="database"),
        "The database accepts no connections. Nothing was tried.",
    )
    handovers.escalate(incident.pk, team=team, reason=reason, by=person(ENGINEER))
    return incident


def _resolved() -> Incident:
    incident = triaged("lough-darrin")
    _post(incident, "monitoring", "Users can sign in again. We keep watching.")
    return resolve_with_update(
        incident.pk, resolution="The restart helped; the caller signed in.", restored_at=timezone.now(),
        words="Compucare 8 is available again.", by=person(ENGINEER),
    )  # fmt: skip


def _asks() -> Incident:
    """Its ticket was resolved in Freshdesk, where the desk also had something to say."""
    incident, desk = triaged("cwm-arian", "messagecall"), User.objects.vendors_desk()
    now = timezone.now()
    Ticket.objects.create(
        incident=incident, number=48213, merged_into=48100, seen_status=4, asked_at=now, read_back_at=now,
        read_error="Freshdesk does not answer (connect timeout)",
    )  # fmt: skip
    first = record(incident, "note", "Note from Freshdesk", "#ooh We look.", by=desk, announces=False)
    edited = "#ooh We look at the network."
    record(
        incident, "note", "Note from Freshdesk, edited", edited, by=desk, supersedes=first, announces=False
    )
    return incident


def _opened_again() -> Incident:
    """Resolved here, and open in Freshdesk."""
    incident, now = _resolved(), timezone.now()
    Ticket.objects.create(incident=incident, number=48214, status=4, seen_status=2, reopened_at=now)
    return incident


# ---------- Runs ----------


def _runs() -> dict[str, str]:
    """A run at a manual step, one that asks before it restarts, one that failed, one that ended."""
    at_manual = _run("SOP-03", triaged("cwm-arian"))
    confirming = _run("SOP-03", triaged("cwm-arian", "ward"))
    _answer(confirming)
    stopped = _run("SOP-03", triaged("harbour", "ward"))
    sops.stop(stopped.pk, reason="Several hospitals ring.", by=person(ENGINEER))
    deciding = _run("SOP-02", triaged("harbour"))
    runs = {"manual": at_manual, "confirm": confirming, "stopped": stopped, "decision": deciding}
    at_work = triaged("strathmorven", "ward").reference
    return {f"run {name}": f"/runs/{run.pk}/" for name, run in runs.items()} | {
        "start an SOP": f"/incidents/{at_work}/sop/",
        "no SOP fits": f"/incidents/{at_work}/state-sop-gap/",
        "no SOP fitted": f"/incidents/{_lacking().reference}/",
    }


def _lacking() -> Incident:
    """Escalated with the words that no SOP fits."""
    incident, team = triaged("wexcombe", "clinician"), Team.objects.get(code="platform")
    reason = "Renew the certificate of the portal. It ran out at midnight."
    handovers.state_sop_gap(incident.pk, team=team, reason=reason, by=person(ENGINEER))
    return incident


def _run(code: str, incident: Incident) -> Run:
    version = SopVersion.objects.get(sop__code=code, state="approved")
    return _settled(sops.start_run(incident.pk, version.pk, by=person(ENGINEER)))


def _settled(run: Run) -> Run:
    """What a worker does, until the run waits for a person or ends."""
    deadline = monotonic() + 20
    while run.state == Run.State.RUNNING and monotonic() < deadline:
        engine.advance(run.pk, token=f"world-{monotonic()}")
        run = Run.objects.get(pk=run.pk)
        sleep(0.01)
    return run


def _answer(run: Run) -> Run:
    position = next(step.position for step in run.ordered if step.state == "waiting")
    words = "The caller agreed at once."
    return _settled(sops.answer(run.pk, position, evidence=words, by=person(ENGINEER)))


# ---------- Handovers, proposals, drafts, versions ----------


def _handovers() -> dict[str, str]:
    """One offered to the desk, one closed, one that is still a draft."""
    closed = handovers.draft("to_partner", by=person(ANALYST))
    statement = "Nothing is open and nothing was promised."
    handovers.offer(closed.pk, statement=statement, by=person(ANALYST))
    handovers.accept_statement(closed.pk, by=person(LEAD))
    offered = handovers.draft("to_vendor", by=person(ENGINEER))
    handovers.offer(offered.pk, by=person(ENGINEER))
    drafted = handovers.draft("shift", by=person(ENGINEER))
    found = {"closed": closed, "offered": offered, "draft": drafted}
    return {f"handover {name}": f"/handovers/{each.pk}/" for name, each in found.items()}


def _proposals() -> dict[str, str]:
    monitoring = person("monitoring@integration.invalid")
    for name in ("app-cc8-wexcombe-prod", "app-unknown"):
        proposals.receive(read(availability_test_fired(name), None), by=monitoring)
    known, unknown = Proposal.objects.order_by("pk")
    return {"proposal": f"/proposals/{known.pk}/", "proposal of nobody": f"/proposals/{unknown.pk}/"}


def _call_begun() -> dict[str, str]:
    key = UUID("6f1d9b52-7f3e-4b11-8b43-0a6f1d9b527f")
    given = {
        "caller_name": "Night sister",
        "customer": "wexcombe",
        "service": "ward",
        "impact": "Handwritten.",
    }
    drafts.keep(key, given, call_began_at=timezone.now(), by=person(ENGINEER))
    return {"call begun": f"/calls/{key}/"}


def _planned() -> dict[str, str]:
    """Maintenance that goes on, one that nobody was told of, and a template that waits for approval."""
    made = {}
    for name, begins in (("announced", timedelta(minutes=5)), ("planned", timedelta(days=2))):
        starts_at = timezone.now() + begins
        made[name] = plan_maintenance(
            title="Move to new servers", services=Service.objects.filter(code="ers"), starts_at=starts_at,
            ends_at=starts_at + timedelta(hours=1), by=person(MANAGER),
        )  # fmt: skip
    for phase in ("scheduled", "in_progress"):
        words = draft(made["announced"], phase)
        post_maintenance(made["announced"].pk, phase=phase, words=words, by=person(MANAGER))
    words = "{service} is slow. Use {workaround}."
    template = write_template(name="Slow", phase="identified", words=words, by=person(MANAGER))
    return {
        **{f"maintenance {name}": f"/maintenance/{each.public_id}/" for name, each in made.items()},
        "public maintenance": f"/status/maintenance/{made['announced'].public_id}/",
        "template": f"/admin/incidents/statustemplate/{template.pk}/change/",
    }


def _versions() -> dict[str, str]:
    """A suspended SOP, and in the admin versions that wait, rehearsed and not, and one that is a draft."""
    sops.suspend_sop(
        Sop.objects.get(code="SOP-07").pk, reason="The vendor looks into it.", by=person(APPROVER)
    )
    waiting = SopVersion.objects.get(sop__code="SOP-05", state="submitted")
    draft = sops.start_draft(Sop.objects.get(code="SOP-02").pk, by=person(AUTHOR))
    unproven = sops.start_draft(Sop.objects.get(code="SOP-03").pk, by=person(AUTHOR))
    unproven.summary = "The hospital is told before the service is restarted."
    unproven.save()
    sops.submit_version(unproven.pk, by=person(AUTHOR))
    change = "/admin/sops/sopversion/{}/change/"
    return {
        "version that waits": change.format(waiting.pk), "version drafted": change.format(draft.pk),
        "version not rehearsed": change.format(unproven.pk),
        "rehearse": f"/sops/SOP-03/versions/{unproven.number}/rehearse/",
    }  # fmt: skip


def _subscribers() -> dict[str, str]:
    """A webhook that is told of one service, and one that was asked and has not answered yet."""
    for name in ("told", "asked"):
        subscribers.ask("webhook", f"https://{name}.hospital.example/", Service.objects.filter(code="ward"))
    told, asked = list(Subscriber.objects.order_by("pk"))[-2:]
    subscribers.confirm(told.token)
    return {
        "subscription": f"/status/subscription/{told.token}/",
        "not confirmed": f"/status/subscription/{asked.token}/confirm/",
    }


def _access() -> dict[str, str]:
    """Somebody with a role by break-glass, and the review of the quarter, begun."""
    glass.take(
        role="ooh_lead",
        reason="The lead does not answer since 01:40",
        by=person("engineer.2@partner.example"),
    )
    review = reviewing.begin(timezone.now(), by=person(MANAGER))
    return {
        "person": f"/people/{person(ENGINEER).pk}/",
        "access review": f"/access-reviews/{review.quarter}/",
    }
