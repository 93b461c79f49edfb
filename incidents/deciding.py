"""What becomes of what the patient-data guard found, while one request is answered.

What blocks is refused and counted when the request is over, since its transaction is rolled back. What is
only suspected is asked of the person who sent a form: `Suspected` becomes a page with the text, and a second
press sends it as it is. The press names the text by a keyed hash, so that a changed text is asked about anew.
A machine cannot look twice: what it sends passes, and is counted. Outside a request nobody is asked.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from auditlog.context import auditlog_value
from django.utils.crypto import constant_time_compare, salted_hmac

from accounts.models import User
from incidents.models import GuardDecision, Incident
from incidents.pid import Finding

Found = Mapping[str, tuple[str, list[Finding]]]  # by field: the text and what was found in it
Decision = GuardDecision.Decision


class Suspected(Exception):
    """Texts that may hold patient data, to be asked about. Never logged: it carries what was typed."""

    def __init__(self, found: Found) -> None:
        super().__init__(f"It may hold patient data: {', '.join(sorted(found))}")
        self.found = found


@dataclass
class Attempt:
    """One request that may write. `answers` tells the texts that the person has looked at twice."""

    by: User | None
    is_person: bool
    answers: Callable[[], frozenset[str]] = frozenset
    place: str = ""
    reference: str = ""
    refused: list[GuardDecision] = field(default_factory=list)
    settled: set[str] = field(default_factory=set)

    def incident(self) -> Incident | None:
        """The one of the address, if the person may see it."""
        if not self.reference or self.by is None:
            return None
        return Incident.objects.visible_to(self.by).filter(reference=self.reference).first()


_attempt: ContextVar[Attempt | None] = ContextVar("guard_attempt", default=None)


@contextmanager
def attempt(made: Attempt) -> Iterator[Attempt]:
    """What is found inside belongs to this request; what was refused is counted at its end."""
    token = _attempt.set(made)
    try:
        yield made
    finally:
        _attempt.reset(token)
        _write(made)


def current() -> Attempt | None:
    return _attempt.get()


def note_refused(name: str, findings: Iterable[Finding]) -> None:
    """Count what blocks in this field, once the request is over."""
    if (made := _attempt.get()) is not None:
        blocked = [finding for finding in findings if finding.level == "block"]
        made.refused += _decisions(name, blocked, Decision.REFUSED, made.by, made.place)


def note_masked(name: str, findings: Iterable[Finding], *, by: User, incident: Incident | None) -> None:
    """Count what was masked on its way in, in the caller's transaction."""
    for row in _decisions(name, findings, Decision.MASKED, by, "inbound"):
        _save(row, incident)


def settle(found: Found) -> None:
    """Ask about suspected texts, or record that this person looked twice and sent them as they are."""
    made = _attempt.get()
    if made is None or not found:
        return
    unsettled = {
        name: each for name, each in found.items() if answer_for(made.by, each[0]) not in made.settled
    }
    asked = {name: each for name, each in unsettled.items() if not _is_answered(made, each[0])}
    if made.is_person and asked:
        raise Suspected(asked)
    decision = Decision.SENT if made.is_person else Decision.PASSED
    for name, (text, findings) in unsettled.items():
        made.settled.add(answer_for(made.by, text))
        for row in _decisions(name, findings, decision, made.by, made.place):
            _save(row, made.incident())


def answer_for(by: User | None, text: str) -> str:
    """What the button “Send it as it is” says: this person, this text. A hash; the text is not in it."""
    return salted_hmac(
        "incidents.deciding", f"{by.pk if by else ''}:{_plain(text)}", algorithm="sha256"
    ).hexdigest()


def _caller() -> User | None:
    """Who calls by a token: the audit trail is told so, and nobody before."""
    actor = (auditlog_value.get(None) or {}).get("actor")
    return actor if isinstance(actor, User) else None


def _is_answered(made: Attempt, text: str) -> bool:
    wanted = answer_for(made.by, text)
    return any(constant_time_compare(wanted, given) for given in made.answers())


def _plain(text: str) -> str:
    """A form sends line breaks as it likes."""
    return text.replace("\r\n", "\n").strip()


def _decisions(
    name: str, findings: Iterable[Finding], decision: str, by: User | None, place: str
) -> list[GuardDecision]:
    """One row a kind and level, unsaved."""
    counted = Counter((finding.kind, finding.level) for finding in findings)
    who = by or _caller()
    rows = []
    for (kind, level), count in counted.items():
        row = GuardDecision(
            field=name[:60], place=place[:120], kind=kind, level=level, count=min(count, 32_000),
            decision=decision,
        )  # fmt: skip
        if who is not None:
            row.by = who
        rows.append(row)
    return rows


def _write(made: Attempt) -> None:
    if made.refused:
        incident = made.incident()
        for row in made.refused:
            _save(row, incident)


def _save(row: GuardDecision, incident: Incident | None) -> None:
    """Of nobody known it is the desk's: named only now, for what was rolled back may have made the desk."""
    row.incident = incident
    if not row.by_id:
        row.by = User.objects.system()
    row.save()
