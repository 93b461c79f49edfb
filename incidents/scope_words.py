"""The words of the gate, for the screen and to read aloud. They never promise a time for the fix."""

from dataclasses import dataclass
from typing import NamedTuple

from incidents.coverage import Verdict
from incidents.local_time import format_day_time, format_time

SERVICE_NAMES = {
    "compucare8": "Compucare 8",
    "messagecall": "MessageCall",
    "ward": "Compucare Ward",
    "clinician": "Compucare Clinician",
}
COVERED_NAMES = "Compucare 8, MessageCall, Compucare Ward and Compucare Clinician"


@dataclass(frozen=True, slots=True)
class Told:
    """The answer in a line, the question to the engineer, and the words for the caller."""

    headline: str
    question: str
    tell_caller: str


class _Refusal(NamedTuple):
    headline: str
    detail: str
    because: str
    meanwhile: str = ""


class _Question(NamedTuple):
    question: str
    aloud: str


_OWN_IT = "Your own IT on-call can look at it now."

_REFUSALS = {
    "patient-data": _Refusal(
        "needs patient data",
        "It needs patient data, which the out-of-hours desk never sees.",
        "This needs somebody who may look at patient data. I may not, so do not tell me any.",
    ),
    "software": _Refusal(
        "needs a change to the software",
        "It needs a change to the software itself, which only the product teams make.",
        "This needs a change to the software itself. Only the product teams make those, in working hours.",
    ),
    "not-covered-service": _Refusal(
        "another service",
        f"Covered are {COVERED_NAMES}.",
        f"Out of hours we cover {COVERED_NAMES} when they are unavailable. This is another service.",
    ),
    "slow": _Refusal(
        "slow, not unavailable",
        "Slow is not unavailable. {covered_when}",
        "I know that slow is hard work on a shift. Out of hours we step in when nobody can use {service}.",
    ),
    "partial": _Refusal(
        "partly available",
        "Part of it still works. {covered_when}",
        "I know that this is in your way. Out of hours we step in when nobody can use {service}, "
        "and part of it still works.",
    ),
    "printing": _Refusal(
        "printing",
        "Printing is not covered. {covered_when}",
        "I know that you need it on paper. Printing is not part of the out-of-hours service.",
        _OWN_IT,
    ),
    "data": _Refusal(
        "wrong or missing data",
        "Data is corrected by the product teams only, never out of hours.",
        "What is recorded can only be looked at by people who may see it, in working hours. I may not.",
        "If a patient could come to harm, follow your hospital’s safety procedure now.",
    ),
    "how-to": _Refusal(
        "a question about use",
        "How to do something is for the service desk.",
        "The service desk knows best how this is done. Out of hours we only bring back what is unavailable.",
    ),
    "one-person": _Refusal(
        "one person or one printer",
        "One person or one printer is not covered. {covered_when}",
        "As others can use it, the cause is most likely with one computer or one account. "
        "Out of hours we step in when nobody can use {service}.",
        _OWN_IT,
    ),
    "department": _Refusal(
        "one department",
        "One ward or department is not covered. {covered_when}",
        "I know what this means for the people there. Out of hours we step in when nobody at a site "
        "can use {service}, and other departments can.",
        _OWN_IT,
    ),
    "no-clinical-features": _Refusal(
        "no clinical features in use",
        "Compucare Clinician is covered only where its clinical features are used. This customer does not.",
        "Out of hours we cover Compucare Clinician for hospitals that use its clinical features, "
        "and yours is not one of them.",
    ),
}

# Each rule that a call can fail, in the words of forms and reports.
RULE_NAMES = {
    "working-hours": "Working hours",
    "not-entitled": "Not entitled",
    **{rule: refusal.headline[0].upper() + refusal.headline[1:] for rule, refusal in _REFUSALS.items()},
}

_QUESTIONS = {
    "customer": _Question("Ask which hospital this is.", "Which hospital are you ringing from?"),
    "service": _Question(
        "Ask which service does not work.",
        "Which system does not work: Compucare 8, Compucare Ward, Compucare Clinician or MessageCall?",
    ),
    "failure": _Question("Ask what happens.", "What happens when you try to use it?"),
    "who": _Question(
        "Ask who cannot use it.",
        "Who cannot use it: everyone at every site, everyone at one site, one department, or one person?",
    ),
    "who-unknown": _Question(
        "Ask who cannot use it: have a colleague in another department try.",
        "Can you ask a colleague in another department to try it? Then we know whether it is everyone.",
    ),
}


def told(outcome: str, rule: str, missing: str, *, service: str, customer: str, desk: Verdict) -> Told:
    """Headline, question and words to read aloud for an outcome of the gate."""
    if outcome == "accept":
        return Told("Covered", "", _ACCEPTED)
    if outcome == "ask":
        question = _QUESTIONS[missing]
        return Told("Cannot say yet", question.question, _quoted(question.aloud))
    if outcome == "pass_to_lead":
        return Told("Not entitled: pass to the duty lead", "", _not_entitled(customer))
    if rule == "working-hours":
        return Told("Working hours: the service desk takes it", "", _working_hours(desk))
    return Told(f"Not covered: {_REFUSALS[rule].headline}", "", _declined(rule, service, desk))


def unmet(rule: str, service: str) -> str:
    """Why a call is not in scope, for the screen."""
    return _REFUSALS[rule].detail.format(covered_when=covered_when(service))


def met(service: str, failure: str, who: str) -> str:
    """Why a call is in scope, for the screen."""
    if failure == "messages_not_processed":
        return "Clinical messages are not processed."
    where = "At every site" if who == "everyone_all_sites" else "At one site"
    doubt = " In doubt it counts as unavailable." if failure == "other" else ""
    return f"{where} nobody can use {_name(service)}.{doubt}"


def covered_when(service: str) -> str:
    """When a service is covered, for the screen. Of no service in particular where none is chosen."""
    if service == "messagecall":
        return (
            "MessageCall is covered when nobody at a site can use it, or clinical messages are not processed."
        )
    if service == "clinician":
        return "Compucare Clinician is covered when nobody at a site can use the app or the portal."
    if service not in SERVICE_NAMES:
        return f"Covered are {COVERED_NAMES}, when nobody at a site can use them."
    return (
        f"{_name(service)} is covered when nobody at a site can use it. Slow, partial or one person is not."
    )


_ACCEPTED = (
    "“This is covered, and I am starting on it now. Out of hours we work on best endeavours, "
    "so I cannot tell you when it will be back. Use your business continuity procedure, and watch "
    "the Service Status page: what we know stands there. I will ring you back on the number you gave me.”"
)


def _not_entitled(customer: str) -> str:
    whose = f"for {customer}" if customer else "for your hospital"
    return _quoted(
        f"I have logged your call. I do not find the out-of-hours service {whose} today, "
        "so I am passing this to the duty lead now, who will ring you back on the number you gave me. "
        "Until then, use your business continuity procedure."
    )


def _working_hours(desk: Verdict) -> str:
    return _quoted(
        f"The service desk is open now, until {format_time(desk.ends_at)}, and can bring in every team. "
        "Ring the service desk, and say what you told me. I have noted your call."
    )


def _declined(rule: str, service: str, desk: Verdict) -> str:
    refusal = _REFUSALS[rule]
    if desk.out_of_hours:
        route = f"I have logged your call for the service desk, which opens {format_day_time(desk.ends_at)}."
    else:  # the customer's own holiday: the desk is there
        route = (
            f"The service desk is open now, until {format_time(desk.ends_at)}: ring it, and it takes this on."
        )
    worse = ", or clinical messages stop" if service == "messagecall" else ""
    again = f"If nobody at your site can use {_name(service)}{worse}, ring this number again at once."
    is_about_extent = rule not in ("not-covered-service", "no-clinical-features")
    spoken = [refusal.because.format(service=_name(service)), refusal.meanwhile, route]
    return _quoted(" ".join(filter(None, [*spoken, again if is_about_extent else ""])))


def _quoted(spoken: str) -> str:
    return f"“{spoken}”"


def _name(service: str) -> str:
    return SERVICE_NAMES.get(service, "the service")
