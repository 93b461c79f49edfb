"""The figures of a month, calculated from plain rows. Knows no database: what is asked is what is counted."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from incidents.local_time import local
from ooh.reports.months import Month, month_of
from ooh.reports.rows import Call, Outcome, Run, elapsed
from ooh.reports.times import Promises, Times, promises, times, unavailable

K = TypeVar("K")
V = TypeVar("V")

TREND_MONTHS = 6
ANSWERED = ("accepted", "refused")
# What became of the calls. Each is counted under exactly one.
RESULTS = ("restored_by_partner", "restored_by_vendor", "open", "declined", "undecided")


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a table, and the total beneath it: the same counts for a customer, a service, a day or all."""

    name: str
    calls: int
    accepted: int
    declined: int
    undecided: int
    out_of_hours_seconds: int
    working_seconds: int
    sop_runs: int
    handed_over: int
    passed_to_lead: int
    day: date | None = None


@dataclass(frozen=True, slots=True)
class SopLine:
    """What the runs of one SOP came to."""

    code: str
    title: str
    runs: int
    restored: int
    not_restored: int
    stopped: int
    active: int
    duration: Times


@dataclass(frozen=True, slots=True)
class GapLine:
    """The incidents of one service and failure for which no SOP fitted."""

    service: str
    failure: str
    incidents: list[Call]

    @property
    def count(self) -> int:
        return len(self.incidents)


@dataclass(frozen=True, slots=True)
class TrendLine:
    """One month of the last few, beside the others."""

    month: Month
    calls: int
    accepted: int
    declined: int
    without_sop: int
    refused: int
    answered: int
    late: int
    promised: int
    restored: Times


@dataclass(frozen=True, slots=True)
class Figures:
    """All that the report of a month says."""

    month: Month
    total: Line
    customers: list[Line]
    services: list[Line]
    days: list[Line]
    hours: list[list[int]]  # calls by weekday (Monday first) and local hour
    reasons: Counter[str]  # why it was out of hours
    results: Counter[str]
    declined: list[tuple[str, int]]  # by rule, most first
    first_update: Times
    restored: Times
    promises: Promises
    unpublished: int
    still_unavailable: int
    without_sop: int
    sops: list[SopLine]
    no_sop_fitted: int
    gaps: list[GapLine]
    handovers: Counter[str]  # items by state
    escalated: list[tuple[str, int]]  # incidents by the vendor's team, most first
    overrides: int


def figures(calls: Iterable[Call], month: Month, *, now: datetime, desk_nation: str) -> Figures:
    """Count the calls of this month; others are left out."""
    calls = [call for call in calls if month_of(call.reported_at) == month]
    accepted = [call for call in calls if call.is_accepted]
    runs = [run for call in calls for run in call.runs]

    def line(name: str, some: list[Call], day: date | None = None) -> Line:
        return count(name, some, now=now, desk_nation=desk_nation, day=day)

    by_day = grouped(calls, lambda call: call.day)
    return Figures(
        month=month,
        total=line("All", calls),
        customers=busiest_first(line(*each) for each in grouped(calls, lambda call: call.customer).items()),
        services=busiest_first(line(*each) for each in grouped(calls, lambda call: call.service).items()),
        days=[line(day.isoformat(), by_day.get(day, []), day) for day in month.days],
        hours=hours_of_week(calls),
        reasons=Counter(call.hours for call in calls),
        results=Counter(result(call) for call in calls),
        declined=Counter(call.decline_rule for call in calls if call.state == "declined").most_common(),
        first_update=times(call.seconds_to_update for call in accepted),
        restored=times(call.seconds_to_restored for call in accepted),
        promises=promised(calls, now),
        unpublished=sum(not update.is_published for call in calls for update in call.updates),
        still_unavailable=sum(call.restored_at is None for call in accepted),
        without_sop=sum(not call.runs for call in accepted),
        sops=sop_lines(runs),
        no_sop_fitted=sum(bool(call.sop_gap) for call in calls),
        gaps=gap_lines(calls),
        handovers=Counter(answer for call in calls for answer in call.answers),
        escalated=Counter(call.escalated_to for call in calls if call.escalated_to).most_common(),
        overrides=sum(call.is_overridden for call in calls),
    )


def count(name: str, calls: list[Call], *, now: datetime, desk_nation: str, day: date | None = None) -> Line:
    outcomes = Counter(call.outcome for call in calls)
    down = [unavailable(call, now, desk_nation) for call in calls]
    return Line(
        name=name,
        calls=len(calls),
        accepted=outcomes[Outcome.ACCEPTED],
        declined=outcomes[Outcome.DECLINED],
        undecided=outcomes[Outcome.UNDECIDED],
        out_of_hours_seconds=sum(span.out_of_hours for span in down),
        working_seconds=sum(span.working for span in down),
        sop_runs=sum(len(call.runs) for call in calls),
        handed_over=sum(call.is_handed_over for call in calls),
        passed_to_lead=sum(call.gate == "pass_to_lead" for call in calls),
        day=day,
    )


def result(call: Call) -> str:
    """What became of the call, one of RESULTS."""
    if call.outcome != Outcome.ACCEPTED:
        return str(call.outcome)
    if call.state != "resolved":
        return "open"
    return "restored_by_vendor" if call.is_with_vendor else "restored_by_partner"


def hours_of_week(calls: Iterable[Call]) -> list[list[int]]:
    """Seven rows of 24. The hour that happens twice in October falls into the same cell."""
    table = [[0] * 24 for _ in range(7)]
    for call in calls:
        there = local(call.reported_at)
        table[there.weekday()][there.hour] += 1
    return table


def promised(calls: Iterable[Call], now: datetime) -> Promises:
    return sum((promises(call.updates, now) for call in calls), Promises())


def sop_lines(runs: Iterable[Run]) -> list[SopLine]:
    """One row for each SOP, in the order of the codes."""
    by_sop = grouped(runs, lambda run: (run.sop, run.title))
    return [_sop_line(code, title, some) for (code, title), some in sorted(by_sop.items())]


def _sop_line(code: str, title: str, runs: list[Run]) -> SopLine:
    ended = [run for run in runs if run.ended_at]
    return SopLine(
        code=code,
        title=title,
        runs=len(runs),
        restored=sum(run.outcome == "restored" for run in runs),
        not_restored=sum(run.outcome == "not_restored" for run in runs),
        stopped=sum(run.state == "stopped" for run in runs),
        active=len(runs) - len(ended),
        duration=times(_seconds(run) for run in ended),
    )


def gap_lines(calls: Iterable[Call]) -> list[GapLine]:
    """By service and failure, most incidents first."""
    by_pair = grouped((call for call in calls if call.sop_gap), lambda call: (call.service, call.failure))
    lines = [GapLine(service, failure, some) for (service, failure), some in by_pair.items()]
    return sorted(lines, key=lambda line: (-line.count, line.service, line.failure))


def _seconds(run: Run) -> int | None:
    return elapsed(run.started_at, run.ended_at) if run.ended_at else None


def trend(calls: Iterable[Call], until: Month, *, now: datetime) -> list[TrendLine]:
    """The last six months up to this one, oldest first."""
    by_month = grouped(calls, lambda call: month_of(call.reported_at))
    months = [until.after(-back) for back in reversed(range(TREND_MONTHS))]
    return [_trend_line(month, by_month.get(month, []), now) for month in months]


def _trend_line(month: Month, calls: list[Call], now: datetime) -> TrendLine:
    accepted = [call for call in calls if call.is_accepted]
    answers = Counter(answer for call in calls for answer in call.answers)
    kept = promised(calls, now)
    return TrendLine(
        month=month,
        calls=len(calls),
        accepted=len(accepted),
        declined=sum(call.outcome == Outcome.DECLINED for call in calls),
        without_sop=sum(not call.runs for call in accepted),
        refused=answers["refused"],
        answered=sum(answers[each] for each in ANSWERED),
        late=kept.late,
        promised=kept.made,
        restored=times(call.seconds_to_restored for call in accepted),
    )


def busiest_first(lines: Iterable[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.calls, line.name))


def grouped(values: Iterable[V], key: Callable[[V], K]) -> dict[K, list[V]]:
    groups: dict[K, list[V]] = defaultdict(list)
    for value in values:
        groups[key(value)].append(value)
    return dict(groups)
