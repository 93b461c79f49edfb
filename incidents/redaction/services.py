"""Reporting patient data that was found later, and deciding about a report: two people, two acts."""

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from accounts import reads
from accounts.errors import Conflict
from accounts.models import Read, User
from accounts.roles import Permission
from accounts.wall.identity import as_system
from incidents.guard import refuse_patient_data, require
from incidents.local_time import format_time
from incidents.models import Incident, Kind, OutboxRow, PatientReport, TimelineEntry, Wall
from incidents.outbox.writing import announce
from incidents.redaction import escrow, telling
from incidents.redaction.scrubbing import Scrubbed, scrub
from incidents.services import locked_for
from incidents.timeline import record

FEWEST_CHARACTERS = 4
MOST_WORDS = 50
State = PatientReport.State
DONE_WORDS = {State.REMOVED: "taken them out", State.RESTORED: "put them back"}


@transaction.atomic
def report_patient_data(incident_id: int, *, words: str, kind: str, by: User) -> PatientReport:
    """Hide these words, a line each, in every row of the incident at once, and in the audit trail.

    They must stand in a row that the person sees: nobody learns by it what others wrote. Raises
    ValidationError by field, PermissionDenied. Queues that Freshdesk's notes are rewritten.
    """
    require(words=(words, "Copy the words that name the patient"), kind=(kind, "Choose what it is"))
    lines = _lines(words)
    incident = locked_for(incident_id, by, Permission.REPORT_PATIENT_DATA)
    now = timezone.now()
    report = PatientReport(
        incident=incident, kind=kind, reported_by=by, reported_at=now, stood_since=incident.logged_at,
        escrow="-",
    )  # fmt: skip
    report.save()
    meant = {report.marker(number): line for number, line in enumerate(lines, start=1)}
    done = scrub(incident, {line: marker for marker, line in meant.items()}, reason=str(report), by=by)
    _refuse_unseen(done, by)
    report.wall = Wall.VENDOR if _is_vendors_alone(done) else Wall.SERVICE
    report.places, report.hidden_places = done.places, done.hidden
    report.stood_since = done.first_written_at(incident.logged_at)
    report.escrow = escrow.seal(meant)
    report.save()
    _tell(report, f"Patient data reported and hidden: {report.kind_words}", by=by)
    _rewrite_outside(report, done, "hidden")
    telling.announce_report(report)
    return report


@transaction.atomic
def remove_for_good(report_id: int, *, by: User) -> PatientReport:
    """The second person agrees: the words are kept nowhere any more. Queues what Freshdesk has to forget.

    Raises PermissionDenied, Conflict.
    """
    report = _waiting(report_id, State.REMOVED, by)
    if report.state == State.REMOVED:
        return report
    report.state, report.escrow = State.REMOVED, ""
    report.decided_by, report.decided_at = by, timezone.now()
    report.save()
    _tell(report, f"Patient data taken out for good: {report.kind_words}", by=by)
    for number in _conversations_of_others(report):
        announce(
            OutboxRow.Destination.FRESHDESK, "purge", key=f"freshdesk:purge:{report.pk}:{number}",
            incident=report.incident, conversation=number,
        )  # fmt: skip
    return report


@transaction.atomic
def put_back(report_id: int, *, reason: str, by: User) -> PatientReport:
    """The second person finds that it was no patient data: every row says again what it said.

    Raises ValidationError (reason), PermissionDenied, Conflict. Queues that Freshdesk's notes are rewritten.
    """
    require(reason=(reason, "Say why it is no patient data"))
    refuse_patient_data(reason=reason)
    report = _waiting(report_id, State.RESTORED, by)
    if report.state == State.RESTORED:
        return report
    done = scrub(report.incident, escrow.unseal(report.escrow), reason=f"{report}, put back", by=by)
    report.state, report.escrow, report.reason = State.RESTORED, "", reason[:300]
    report.decided_by, report.decided_at = by, timezone.now()
    report.save()
    _tell(report, "Reported words put back: no patient data", reason, by=by)
    _rewrite_outside(report, done, "back")
    return report


def words_to_judge(report: PatientReport, *, by: User) -> list[str]:
    """The hidden words, for a person who may decide about them, and on record as read. Raises Conflict."""
    if not report.may_decide(by):
        raise PermissionDenied
    reads.note(by, Read.REDACTED, report.incident, name=str(report))
    return list(escrow.unseal(report.escrow).values())


def deliveries_of(report: PatientReport) -> list[OutboxRow]:
    """What Freshdesk has to forget of it, oldest first."""
    ours = Q(key__startswith=f"freshdesk:rewrite:{report.pk}:") | Q(
        key__startswith=f"freshdesk:purge:{report.pk}:"
    )
    return list(report.incident.deliveries.filter(ours).select_related("decided_by").order_by("pk"))


def _lines(words: str) -> list[str]:
    lines = list(dict.fromkeys(line.strip() for line in words.splitlines() if line.strip()))
    if any(len(line) < FEWEST_CHARACTERS for line in lines):
        raise ValidationError(
            {
                "words": [
                    f"Each line needs {FEWEST_CHARACTERS} characters or more. Copy the words around it too"
                ]
            }
        )
    if len(lines) > MOST_WORDS:
        raise ValidationError({"words": [f"Copy {MOST_WORDS} lines or fewer at once"]})
    return lines


def _refuse_unseen(done: Scrubbed, by: User) -> None:
    """As if they were not there: the transaction is rolled back, and nothing was hidden."""
    seen = len(done.rows) - (0 if by.has_perm(Permission.VIEW_PRODUCT_NOTE) else done.hidden)
    if not seen:
        raise ValidationError(
            {"words": ["These words stand nowhere in this incident. Copy them letter by letter"]}
        )


def _is_vendors_alone(done: Scrubbed) -> bool:
    return bool(done.hidden) and done.hidden == len(done.rows)


def _waiting(report_id: int, wanted: str, by: User) -> PatientReport:
    """The report, locked, if this person may decide about it now; or as it is, if they did so already."""
    if not by.has_perm(Permission.DECIDE_PATIENT_DATA):
        raise PermissionDenied
    report = (
        PatientReport.objects.visible_to(by).select_for_update(of=("self",))
        .select_related("incident", "decided_by").get(pk=report_id)
    )  # fmt: skip
    if report.reported_by_id == by.pk:
        raise Conflict("You reported it yourself", "A second person decides. Until then it is hidden.")
    if not report.is_waiting and not (report.state == wanted and report.decided_by_id == by.pk):
        at = format_time(report.decided_at) if report.decided_at else ""
        raise Conflict(
            f"{report.decided_by} has already {DONE_WORDS[State(report.state)]}",
            f"At {at}. Yours was not sent.",
        )
    return report


def _tell(report: PatientReport, title: str, text: str = "", *, by: User) -> TimelineEntry:
    return record(report.incident, Kind.NOTE, title, text, by=by, wall=report.wall, report=report.pk)


def _rewrite_outside(report: PatientReport, done: Scrubbed, phase: str) -> None:
    """Freshdesk's copies follow ours: our notes of these entries, the closing summary, the ticket's facts."""
    entries = [entry.pk for entry in done.entries if entry.wall != Wall.VENDOR]
    has_facts = any(isinstance(row, Incident) for row in done.rows)
    if entries or has_facts:
        announce(
            OutboxRow.Destination.FRESHDESK, "rewrite", key=f"freshdesk:rewrite:{report.pk}:{phase}",
            incident=report.incident, entries=entries, facts=has_facts,
        )  # fmt: skip


@as_system("a private note over there is deleted too, unread")
def _conversations_of_others(report: PatientReport) -> list[int]:
    """Notes that agents wrote over there, and whose rows here held the words."""
    held = report.incident.timeline.filter(text__contains=f"report {report.pk}.")
    theirs = held.filter(conversations__is_ours=False)
    return list(theirs.values_list("conversations__number", flat=True).distinct())
