"""The words of a report: names of what is counted, definitions, and what stood out."""

from collections.abc import Iterable

from accounts.templatetags.desk import duration_words
from incidents.models import Incident
from incidents.scope_words import RULE_NAMES
from ooh.reports.figures import Figures, TrendLine

REASONS = {
    "weekday-night": "Weekday night",
    "weekend": "Weekend",
    "holiday": "Bank holiday",
    "own-holiday": "Bank holiday of the customer’s own nation",
    "working-hours": "Working hours: the desk was open",
    "not-known": "Not known",
}
RESULTS = {
    "restored_by_partner": "Resolved by the service partner",
    "restored_by_vendor": "Resolved by the vendor",
    "open": "Accepted and not resolved yet",
    "declined": "Declined",
    "undecided": "Not decided yet",
}
ANSWERS = {
    "accepted": "Accepted",
    "refused": "Refused, with a reason",
    "lapsed": "Closed before an answer",
    "waiting": "Waits for an answer",
}
DEFINITIONS = {
    "calls": "Every call and alert that was logged, by the time when it came.",
    "accepted": "The gate let it in, or a lead said why, or it was resolved all the same.",
    "first_update": "From the call to the first status update that was posted, for accepted incidents.",
    "restored": "From the call until the service was back, for accepted incidents.",
    "promises": "Each update says when the next one comes. On time: posted by then.",
    "no_sop_fitted": "Somebody looked for an SOP, found none that fits, and escalated. Once an incident.",
    "unavailable": "From when it began, or else from the call, until the service was back.",
}


def span(seconds: int | None) -> str:
    """A duration in whole minutes. None is not known, and nothing is nothing."""
    if seconds is None:
        return "–"
    return duration_words(seconds) if seconds else "0 min"


def rule_name(rule: str) -> str:
    """The rule in words; of none, nothing."""
    return RULE_NAMES.get(rule, rule.replace("-", " ").capitalize())


def failure_name(failure: str) -> str:
    """What does not work, as in the call."""
    return str(Incident.Failure(failure).label)


def comparison(lines: list[TrendLine], *, is_over: bool) -> str:
    """This month's calls beside the month before. While a month runs, the two are not compared."""
    this, before = lines[-1], lines[-2]
    name = f"{before.month.first_day:%B}"
    if not is_over:
        return f"so far; {before.calls} in all of {name}"
    if this.calls == before.calls:
        return f"as many as in {name}"
    more = "more" if this.calls > before.calls else "fewer"
    return f"{abs(this.calls - before.calls)} {more} than {name}"


def no_calls(lines: list[TrendLine], *, is_over: bool) -> str:
    """An empty month says so, and when there was a call last."""
    this = lines[-1].month.words
    start = f"No call or alert came in {this}." if is_over else f"No call or alert has come in {this} so far."
    busy = [line for line in lines if line.calls]
    if not busy:
        return f"{start} Nor in the five months before."
    were = "was" if busy[-1].calls == 1 else "were"
    return f"{start} There {were} {busy[-1].calls} in {busy[-1].month.words}."


def exceptions(figures: Figures) -> list[tuple[str, int]]:
    """Calls that the gate did not let in and that were dealt with all the same, or passed on."""
    return [
        ("Let in by a lead, with a reason", figures.overrides),
        ("Not entitled: passed to the duty lead", figures.total.passed_to_lead),
    ]


def stood_out(figures: Figures) -> list[tuple[str, str]]:
    """What a manager would ask about, each as a bold beginning and the rest of the sentence."""
    return [point for point in _points(figures) if point]


def _points(figures: Figures) -> Iterable[tuple[str, str] | None]:
    yield _reason(figures)
    yield _sop(figures)
    yield _gap(figures)
    yield _no_sop_fitted(figures)
    yield _refused(figures)
    yield _overrides(figures)
    yield _passed(figures)


def _reason(figures: Figures) -> tuple[str, str] | None:
    rule, count = figures.declined[0] if figures.declined else ("", 0)
    if count < 2:
        return None
    return f"“{rule_name(rule)}”", f"was the reason for {count} of {figures.total.declined} declined."


def _sop(figures: Figures) -> tuple[str, str] | None:
    restoring = [line for line in figures.sops if line.restored]
    if not restoring:
        return None
    best = max(restoring, key=lambda line: (line.restored, line.code))
    how = f"in {best.restored} of {best.runs} runs. A run took {span(best.duration.median)} at the median."
    return f"{best.code} restored the service", how


def _gap(figures: Figures) -> tuple[str, str] | None:
    if not figures.without_sop:
        return None
    return "No SOP was run", f"on {figures.without_sop} of {figures.total.accepted} accepted incidents."


def _no_sop_fitted(figures: Figures) -> tuple[str, str] | None:
    count = figures.no_sop_fitted
    if not count:
        return None
    noun, verb = ("incident.", "It was") if count == 1 else ("incidents.", "They were")
    return f"No SOP fitted {count} {noun}", f"{verb} escalated. What was missing stands below."


def _refused(figures: Figures) -> tuple[str, str] | None:
    refused = figures.handovers["refused"]
    answered = refused + figures.handovers["accepted"]
    return ("Refused in a handover:", f"{refused} of {answered}, each with a reason.") if refused else None


def _overrides(figures: Figures) -> tuple[str, str] | None:
    if not figures.overrides:
        return None
    noun = "call was" if figures.overrides == 1 else "calls were"
    return f"{figures.overrides} {noun} let in by a lead", "with a reason that the vendor sees."


def _passed(figures: Figures) -> tuple[str, str] | None:
    count = figures.total.passed_to_lead
    if not count:
        return None
    noun = "call" if count == 1 else "calls"
    return f"{count} {noun} from customers without the service", "went to the duty lead. None was dropped."
