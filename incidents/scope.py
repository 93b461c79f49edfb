"""Whether the service covers a call: out of hours, entitled, in scope, with the words to say to the caller.

What the service covers is in DESIGN 4: Compucare 8 completely unavailable; MessageCall fully out, or clinical
messages not processed; Compucare Ward unavailable; Compucare Clinician unavailable where the customer uses
its clinical features. In doubt a call is covered; a fact that is missing is asked for.
"""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Any

from incidents import scope_words as words
from incidents.coverage import NATIONS, Verdict, explain
from incidents.local_time import format_date, format_day_time, local

COMPUCARE_8, MESSAGECALL, WARD, CLINICIAN, OTHER_SERVICE = (
    "compucare8",
    "messagecall",
    "ward",
    "clinician",
    "other",
)
COVERED_SERVICES = (COMPUCARE_8, MESSAGECALL, WARD, CLINICIAN)

CANNOT_SIGN_IN, DOES_NOT_OPEN, MESSAGES_NOT_PROCESSED = (
    "cannot_sign_in",
    "does_not_open",
    "messages_not_processed",
)
SLOW, PARTIAL, PRINTING, DATA, HOW_TO, OTHER_FAILURE = (
    "slow",
    "partial",
    "printing",
    "data",
    "how_to",
    "other",
)
FAILURES = (
    CANNOT_SIGN_IN,
    DOES_NOT_OPEN,
    MESSAGES_NOT_PROCESSED,
    SLOW,
    PARTIAL,
    PRINTING,
    DATA,
    HOW_TO,
    OTHER_FAILURE,
)

EVERYONE_ALL_SITES, EVERYONE_ONE_SITE = "everyone_all_sites", "everyone_one_site"
DEPARTMENT, ONE_PERSON, UNKNOWN = "department", "one_person", "unknown"
WHO = (EVERYONE_ALL_SITES, EVERYONE_ONE_SITE, DEPARTMENT, ONE_PERSON, UNKNOWN)

ACCEPT, DECLINE, PASS_TO_LEAD, ASK = "accept", "decline", "pass_to_lead", "ask"

# Failures that leave the service usable for somebody, and the rule of scope that each fails.
_USABLE = {SLOW: "slow", PARTIAL: "partial", PRINTING: "printing", DATA: "data", HOW_TO: "how-to"}
_TOO_FEW = {ONE_PERSON: "one-person", DEPARTMENT: "department"}


@dataclass(frozen=True, slots=True)
class Call:
    """What is known of a call. Empty means not asked yet; a service that is not covered may have any code."""

    service: str = ""
    failure: str = ""
    who: str = ""
    needs_patient_data: bool = False
    needs_software_change: bool = False
    nation: str = "ENG"
    follows_own_holidays: bool = False
    desk_nation: str = "ENG"
    entitled_from: date | None = None
    entitled_until: date | None = None
    uses_clinical_features: bool = False
    customer_name: str = ""

    def __post_init__(self) -> None:
        for field, value, known in (("failure", self.failure, FAILURES), ("who", self.who, WHO)):
            if value and value not in known:
                raise ValueError(
                    f"{field}: {value!r} is not known. Use one of {', '.join(known)}, or leave it empty."
                )


@dataclass(frozen=True, slots=True)
class Check:
    """One of the three answers of the gate: met, not met, or not known (None)."""

    name: str
    is_met: bool | None
    title: str
    detail: str


@dataclass(frozen=True, slots=True)
class Hours:
    """The desk's verdict, and the customer's where its own holiday decided."""

    desk_nation: str
    desk: Verdict
    customer_nation: str = ""
    customer: Verdict | None = None

    @property
    def is_out_of_hours(self) -> bool:
        return self.desk.out_of_hours or self.customer is not None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says of a call, why, and what to say. Stored as it was at the call."""

    at: datetime
    outcome: str
    rule: str
    headline: str
    question: str
    tell_caller: str
    checks: tuple[Check, Check, Check]
    out_of_hours_verdict: Hours

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON, times in UTC."""
        hours = self.out_of_hours_verdict
        return {
            "at": self.at.astimezone(UTC).isoformat(),
            "outcome": self.outcome,
            "rule": self.rule,
            "headline": self.headline,
            "question": self.question,
            "tell_caller": self.tell_caller,
            "checks": [asdict(check) for check in self.checks],
            "out_of_hours_verdict": {
                "desk": _plain(hours.desk, hours.desk_nation),
                "customer": _plain(hours.customer, hours.customer_nation) if hours.customer else None,
            },
        }


def judge(call: Call, at: datetime) -> Judgement:
    """Whether the service covers a call at an instant, why, and what to say to the caller.

    The first that holds decides. In working hours everything goes to the service desk (decline, rule
    `working-hours`). A customer who is not entitled on the local date goes to the duty lead (pass_to_lead,
    `not-entitled`). A rule of scope that surely fails declines, whatever else is unknown. A missing fact is
    asked for: hospital, service, failure, who. What remains is accepted, with no rule.
    Raises ValueError or TypeError as `coverage.explain` does for the instant and the nations.
    """
    hours = hours_at(call, at)
    checks = (_hours_check(hours), _entitled_check(call, local(at).date()), _scope_check(call))
    outcome, rule, missing = _decide(call, checks)
    told = words.told(
        outcome, rule, missing, service=call.service, customer=call.customer_name, desk=hours.desk
    )
    return Judgement(at, outcome, rule, told.headline, told.question, told.tell_caller, checks, hours)


def failing_rule(call: Call) -> str:
    """The code of the first rule of scope that surely fails, else empty."""
    if call.needs_patient_data:
        return "patient-data"
    if call.needs_software_change:
        return "software"
    if call.service and call.service not in COVERED_SERVICES:
        return "not-covered-service"
    return _failing_extent(call)


def _failing_extent(call: Call) -> str:
    """The rule that fails because somebody can still use the service, else empty."""
    is_about_messages = call.failure == MESSAGES_NOT_PROCESSED
    if call.failure in _USABLE:
        return _USABLE[call.failure]
    if is_about_messages and call.service not in ("", MESSAGECALL):
        return "partial"
    # Messages that stand still are covered by themselves, however few people notice, but for a single one.
    if call.who in _TOO_FEW and not (is_about_messages and call.who == DEPARTMENT):
        return _TOO_FEW[call.who]
    if call.service == CLINICIAN and not call.uses_clinical_features and _is_customer_known(call):
        return "no-clinical-features"
    return ""


def can_be_covered(service: str, failure: str) -> bool:
    """Whether a call of this service and failure may be in scope at all: with nobody able to use it."""
    return not failing_rule(Call(service=service, failure=failure, who=EVERYONE_ALL_SITES))


def situations() -> tuple[str, ...]:
    """The failures of a P1: those that may be in scope for at least one service."""
    return tuple(
        failure
        for failure in FAILURES
        if any(can_be_covered(service, failure) for service in COVERED_SERVICES)
    )


def missing_fact(call: Call) -> str:
    """The next fact of scope to ask for: `service`, `failure`, `who` or, asked in vain, `who-unknown`."""
    if not call.service:
        return "service"
    if not call.failure:
        return "failure"
    if call.who == UNKNOWN:
        return "who-unknown"
    return "" if call.who else "who"


def _decide(call: Call, checks: tuple[Check, Check, Check]) -> tuple[str, str, str]:
    """The outcome, the rule that fails, and the fact that is missing."""
    hours, entitled, _ = checks
    if not hours.is_met:
        return DECLINE, "working-hours", ""
    if entitled.is_met is False:
        return PASS_TO_LEAD, "not-entitled", ""
    if rule := failing_rule(call):
        return DECLINE, rule, ""
    missing = "customer" if entitled.is_met is None else missing_fact(call)
    return (ASK, "", missing) if missing else (ACCEPT, "", "")


def hours_at(call: Call, at: datetime) -> Hours:
    """The desk's calendar decides, and where the contract says so the holidays of the customer's nation."""
    desk = explain(at, call.desk_nation)
    if desk.out_of_hours or not call.follows_own_holidays:
        return Hours(call.desk_nation, desk)
    customer = explain(at, call.nation)
    if customer.reason != "holiday":
        return Hours(call.desk_nation, desk)
    return Hours(call.desk_nation, desk, call.nation, customer)


def _hours_check(hours: Hours) -> Check:
    desk_follows = f"The desk follows {NATIONS[hours.desk_nation]}."
    if hours.customer:
        nation = NATIONS[hours.customer_nation]
        detail = (
            f"Bank holiday in {nation} ({hours.customer.title}), which the contract follows. {desk_follows}"
        )
        return Check("out_of_hours", True, "Out of hours", detail)
    until = format_day_time(hours.desk.ends_at)
    if not hours.desk.out_of_hours:
        return Check(
            "out_of_hours", False, "Working hours", f"The desk is open until {until}. {desk_follows}"
        )
    why = {
        "holiday": f"Bank holiday ({hours.desk.title})",
        "weekend": "Weekend",
        "weekday-night": "Weekday night",
    }[hours.desk.reason]
    return Check("out_of_hours", True, "Out of hours", f"{why}, until {until}. {desk_follows}")


def _entitled_check(call: Call, day: date) -> Check:
    """Both ends of the entitlement are included. No first day means that the service was not bought."""
    name = call.customer_name or "The customer"
    first, last = call.entitled_from, call.entitled_until
    if not _is_customer_known(call):
        return Check("entitled", None, "Entitled: not known", "Choose the hospital.")
    if first is None:
        return Check("entitled", False, "Not entitled", f"{name} has not bought the out-of-hours service.")
    if day < first:
        return Check(
            "entitled", False, "Not entitled", f"{name} has the service only from {format_date(first)}."
        )
    if last is not None and day > last:
        return Check("entitled", False, "Not entitled", f"{name} had the service until {format_date(last)}.")
    until = f", until {format_date(last)}" if last else ""
    return Check("entitled", True, "Entitled", f"{name} has the service since {format_date(first)}{until}.")


def _scope_check(call: Call) -> Check:
    if rule := failing_rule(call):
        return Check("in_scope", False, "Not in scope", words.unmet(rule, call.service))
    if missing_fact(call):
        return Check("in_scope", None, "In scope: not known", words.covered_when(call.service))
    return Check("in_scope", True, "In scope", words.met(call.service, call.failure, call.who))


def _is_customer_known(call: Call) -> bool:
    return bool(call.customer_name) or call.entitled_from is not None


def _plain(verdict: Verdict, nation: str) -> dict[str, Any]:
    times = {"starts_at": verdict.starts_at.isoformat(), "ends_at": verdict.ends_at.isoformat()}
    return {"nation": nation, **asdict(verdict), **times}
