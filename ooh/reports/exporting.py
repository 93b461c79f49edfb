"""The report as CSV: the calls of the month one by one, or one of its tables."""

import csv
import io
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from incidents.local_time import local
from incidents.models import Incident
from ooh.reports.figures import Figures, Line, result
from ooh.reports.report import Report
from ooh.reports.rows import Call
from ooh.reports.times import promises, unavailable
from ooh.reports.words import REASONS, RESULTS, failure_name, rule_name

Cell = str | int | None

# A cell that begins so is a formula to a spreadsheet, and may be an attack.
DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
CALL_HEAD = (
    "Reference", "Customer", "Service", "What does not work", "Source", "Reported, UTC", "Reported, local",
    "Why out of hours", "Outcome", "Result", "Declined by", "Let in by a lead", "Passed to the duty lead",
    "Began, UTC", "Began, local", "First status update, UTC", "First status update, local",
    "Seconds to the first update", "Restored, UTC", "Restored, local", "Seconds to restored",
    "Unavailable seconds, out of hours", "Unavailable seconds, working hours",
    "Updates on time", "Updates late", "Escalated to", "SOP runs", "Handed over",
    "No SOP fitted: what one would have had to do",
)  # fmt: skip
GAP_HEAD = (
    "Service", "What does not work", "Reference", "Customer", "Reported, UTC", "Reported, local",
    "What an SOP would have had to do",
)  # fmt: skip
LINE_HEAD = (
    "Calls", "Accepted", "Declined", "Not decided", "Passed to the duty lead",
    "Unavailable seconds, out of hours", "Unavailable seconds, working hours", "SOP runs", "Handed over",
)  # fmt: skip


def harmless(cell: Cell) -> Cell:
    """Text that a spreadsheet would calculate gets an apostrophe in front, and stays text.

    >>> harmless("=1+1"), harmless("Ward 3"), harmless(-1)
    ("'=1+1", 'Ward 3', -1)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(DANGEROUS) else cell


def written(head: Iterable[str], rows: Iterable[Iterable[Cell]]) -> str:
    """CSV with a mark that tells a spreadsheet to read it as UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + out.getvalue()


def incidents_csv(report: Report) -> str:
    return written(CALL_HEAD, (_call(call, report.now, report.desk_nation) for call in report.calls))


def customers_csv(report: Report) -> str:
    return written(("Customer", *LINE_HEAD), _table(report.figures, report.figures.customers))


def services_csv(report: Report) -> str:
    return written(("Service", *LINE_HEAD), _table(report.figures, report.figures.services))


def days_csv(report: Report) -> str:
    days = (
        (line.name, f"{line.day:%A}" if line.day else "", *_counts(line))
        for line in [*report.figures.days, report.figures.total]
    )
    return written(("Local date", "Weekday", *LINE_HEAD), days)


def gaps_csv(report: Report) -> str:
    """The incidents for which no SOP fitted, by service and failure."""
    gaps = ((line, call) for line in report.figures.gaps for call in line.incidents)
    return written(
        GAP_HEAD,
        (
            (line.service, failure_name(line.failure), call.reference, call.customer,
             *_both(call.reported_at), call.sop_gap)
            for line, call in gaps
        ),
    )  # fmt: skip


TABLES: dict[str, Callable[[Report], str]] = {
    "incidents": incidents_csv,
    "customers": customers_csv,
    "services": services_csv,
    "days": days_csv,
    "gaps": gaps_csv,
}


def _table(figures: Figures, lines: list[Line]) -> Iterable[tuple[Cell, ...]]:
    return ((line.name, *_counts(line)) for line in [*lines, figures.total])


def _counts(line: Line) -> tuple[Cell, ...]:
    return (
        line.calls, line.accepted, line.declined, line.undecided, line.passed_to_lead,
        line.out_of_hours_seconds, line.working_seconds, line.sop_runs, line.handed_over,
    )  # fmt: skip


def _call(call: Call, now: datetime, desk_nation: str) -> tuple[Cell, ...]:
    down, kept = unavailable(call, now, desk_nation), promises(call.updates, now)
    first = call.updates[0].posted_at if call.updates else None
    return (
        call.reference, call.customer, call.service, failure_name(call.failure),
        str(Incident.Source(call.source).label), *_both(call.reported_at), REASONS[call.hours],
        call.outcome.value.capitalize(), RESULTS[result(call)], rule_name(call.decline_rule),
        _yes(call.is_overridden), _yes(call.gate == Incident.Gate.PASS_TO_LEAD), *_both(call.began_at),
        *_both(first), call.seconds_to_update, *_both(call.restored_at), call.seconds_to_restored,
        down.out_of_hours, down.working, kept.on_time, kept.late, call.escalated_to, len(call.runs),
        _yes(call.is_handed_over), call.sop_gap,
    )  # fmt: skip


def _both(at: datetime | None) -> tuple[str, str]:
    """UTC for machines, and the local time with its zone, since 01:30 happens twice in October."""
    if at is None:
        return "", ""
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}", f"{local(at):%Y-%m-%d %H:%M:%S %Z}"


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"
