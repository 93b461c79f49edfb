"""Tells one story of the demo as the rows that the services would have written that night."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any

from django.conf import settings

from accounts.models import Customer, Service, User
from accounts.roles import Side
from incidents import coverage, scope
from incidents.calls import first_call, title_of, told_of
from incidents.demo_stories import Story
from incidents.intake import judge
from incidents.local_time import LONDON
from incidents.models import (
    Incident,
    Kind,
    Phase,
    PhoneCall,
    State,
    StatusUpdate,
    TimelineEntry,
    Wall,
)
from incidents.status import wording

CALL_BACK_NUMBER = "01632 960174"
UPDATE_EVERY = timedelta(minutes=30)
ONE_LATE_IN = 8  # of the updates that were promised
MISSED_ONE_IN = 2  # of the longer incidents: the caller is not reached at the first try
SWEEP = timedelta(seconds=3)  # from the posting of an update to the public page
Purpose = PhoneCall.Purpose
BEFORE_DESK = timedelta(hours=4)
CLOCK = {"night": (0, 1440), "morning": (300, 450), "working": (1066, 1078)}  # minutes of the local day


@dataclass(frozen=True)
class People:
    engineers: tuple[User, ...]
    lead: User
    analysts: tuple[User, ...]
    teams: dict[str, str]


@dataclass
class Tale:
    """An incident that is over, its timeline and its status updates: not saved yet."""

    incident: Incident
    ended_at: datetime
    entries: list[TimelineEntry] = field(default_factory=list)
    calls: list[PhoneCall] = field(default_factory=list)
    updates: list[StatusUpdate] = field(default_factory=list)

    def record(
        self, kind: str, title: str, text: str = "", *, by: User, at: datetime, **data: Any
    ) -> TimelineEntry:
        wall = Wall.PUBLIC if kind == Kind.STATUS else Wall.SERVICE
        entry = TimelineEntry(
            incident=self.incident, kind=kind, title=title, text=text, by=by, happened_at=at, wall=wall,
            data=data,
        )  # fmt: skip
        self.entries.append(entry)
        self.ended_at = max(self.ended_at, at)
        return entry

    def ring(
        self, who: str, text: str = "", *, is_out: bool = True, purpose: str, by: User, at: datetime,
        outcome: str = PhoneCall.Outcome.SPOKE, next_call_at: datetime | None = None,
    ) -> PhoneCall:  # fmt: skip
        """A call in the words of `incidents.calls.log_call`. In a story each promise is kept by the next."""
        direction = PhoneCall.Direction.OUT if is_out else PhoneCall.Direction.IN
        call = PhoneCall(
            incident=self.incident, who=who, direction=direction, purpose=purpose, outcome=outcome, at=at,
            by=by, number=CALL_BACK_NUMBER if who == self.incident.caller_name else "",
            next_call_at=next_call_at,
        )  # fmt: skip
        data = {"direction": str(direction), "outcome": str(outcome)}
        call.entry = self.record(Kind.CALL, title_of(call), told_of(call, text), by=by, at=at, **data)
        for promise in self.calls:
            if promise.next_call_at and promise.kept_at is None and outcome == PhoneCall.Outcome.SPOKE:
                promise.kept_at, promise.kept_by = at, call
        self.calls.append(call)
        return call

    def move(self, name: str, before: State, after: State, text: str, *, by: User, at: datetime) -> None:
        """In the words of `incidents.services._move`."""
        title = f"{before.label} to {after.label.lower()}"
        self.record(Kind.STATE, title, text, by=by, at=at, transition=name, to=after.value)

    def post(self, phase: Phase, *, by: User, at: datetime) -> None:
        due_at = None if phase == Phase.RESOLVED else at + UPDATE_EVERY
        words, states = wording.draft(self.incident, phase, due_at), StatusUpdate.ServiceState
        update = StatusUpdate(
            incident=self.incident, phase=phase, words=words, next_update_due_at=due_at, posted_by=by,
            service_state=states.MAJOR_OUTAGE if due_at else states.OPERATIONAL, posted_at=at,
            published_at=at + SWEEP,
        )  # fmt: skip
        self.updates.append(update)
        self.record(Kind.STATUS, f"Status update: {phase.label.lower()}", words, by=by, at=at)

    def tie_updates(self) -> None:
        """Once the updates are saved, their entries name them."""
        told = [entry for entry in self.entries if entry.kind == Kind.STATUS]
        for entry, update in zip(told, self.updates, strict=True):
            entry.data["update"] = update.pk


def tell(
    story: Story, customer: Customer, service: Service, first: date, people: People, chance: Random
) -> Tale:  # fmt: skip
    """The call, what the gate says of it, and how it ended."""
    reported_at = _when(story.when, first, chance)
    verdict = judge(customer, service, story.failure, story.who, reported_at)
    is_overridden = bool(story.override) and verdict.outcome == scope.PASS_TO_LEAD
    is_covered = is_overridden or verdict.outcome == scope.ACCEPT
    state = State.RESOLVED if is_covered else State.DECLINED
    incident = Incident(customer=customer, service=service, reported_at=reported_at, state=state)
    tale = _log(incident, story, verdict, people, chance)
    if is_overridden:
        _override(tale, story, people, chance)
    if is_covered:
        _restore(tale, story, people, chance)
    else:
        _decline(tale, verdict, people, chance)
    return tale


def _minutes(chance: Random, least: int, most: int) -> timedelta:
    """A time between, in whole seconds: nothing at a desk happens on the minute."""
    return timedelta(seconds=chance.randint(least * 60, most * 60))


def _when(kind: str, first: date, chance: Random) -> datetime:
    """A time of this kind in the month. Tries until one fits: most do."""
    while True:
        day = first + timedelta(days=chance.randrange(31))
        minute = chance.randrange(*CLOCK[kind])
        there = datetime.combine(day, time(minute // 60, minute % 60, chance.randrange(60)), LONDON)
        at = there.astimezone(UTC)
        verdict = coverage.explain(at, settings.DESK_NATION)
        is_near = verdict.ends_at - at < BEFORE_DESK
        fits = verdict.out_of_hours == (kind != "working") and (is_near or kind != "morning")
        if fits and day.month == first.month:
            return at


def _log(incident: Incident, story: Story, verdict: scope.Judgement, people: People, chance: Random) -> Tale:
    by, reported_at = chance.choice(people.engineers), incident.reported_at
    incident.logged_at = logged_at = reported_at + _minutes(chance, 2, 4)
    facts = {
        "caller_name": story.caller, "call_back_number": CALL_BACK_NUMBER, "is_call_back_read_back": True,
        "failure": story.failure, "who_affected": story.who, "error_text": story.error,
        "began_at": reported_at - _minutes(chance, 3, 25), "patient_safety": Incident.Answer.NO,
        "continuity": Incident.Continuity.IN_USE, "logged_by": by, "gate_outcome": verdict.outcome,
        "gate_rule": verdict.rule, "gate_verdict": verdict.as_dict(),
    }  # fmt: skip
    for name, fact in facts.items():
        setattr(incident, name, fact)
    tale = Tale(incident, logged_at)
    heard = f"{incident.get_failure_display()}. {incident.get_who_affected_display()}."
    heard += f" “{story.error}”" if story.error else ""
    entry = tale.record(Kind.LOGGED, "Logged from a call", heard, by=by, at=reported_at, caller=story.caller)
    tale.calls.append(first_call(incident, entry, next_call_at=None, by=by))
    said = {"outcome": verdict.outcome, "rule": verdict.rule}
    tale.record(Kind.GATE, f"Gate: {verdict.headline}", by=by, at=logged_at, **said)
    return tale


def _decline(tale: Tale, verdict: scope.Judgement, people: People, chance: Random) -> None:
    """By who took the call; a customer without the service is rung back by the lead, who declines."""
    incident, told = tale.incident, verdict.tell_caller
    by = incident.logged_by
    at = tale.ended_at + _minutes(chance, 1, 4)
    if verdict.outcome == scope.PASS_TO_LEAD:
        by, at = people.lead, at + _minutes(chance, 5, 15)
        told = "The out-of-hours service is not part of your contract. The service desk opens at 08:00."
        tale.ring(incident.caller_name, purpose=Purpose.UPDATE, by=by, at=at)
    incident.declined_at, incident.decline_rule, incident.told_caller = at, verdict.rule, told
    incident.next_action = "None: declined"
    tale.move("decline", State.LOGGED, State.DECLINED, told, by=by, at=at)


def _override(tale: Tale, story: Story, people: People, chance: Random) -> None:
    incident, at = tale.incident, tale.ended_at + _minutes(chance, 4, 9)
    incident.override_reason, incident.override_by, incident.override_at = story.override, people.lead, at
    tale.record(Kind.GATE, "Gate overridden by a lead", story.override, by=people.lead, at=at)


def _restore(tale: Tale, story: Story, people: People, chance: Random) -> None:
    """Triage, what was found, whom it went to, the updates in between, and the end."""
    incident, by = tale.incident, tale.incident.logged_by
    incident.triaged_at = triaged_at = tale.ended_at + _minutes(chance, 1, 3)
    tale.move("begin_triage", State.LOGGED, State.TRIAGING, "", by=by, at=triaged_at)
    found_at = triaged_at + _minutes(chance, 6, 14)
    tale.record(Kind.NOTE, "Note", story.found, by=by, at=found_at)
    if story.ending == "escalated" and chance.randrange(MISSED_ONE_IN) == 0:
        _miss(tale, found_at + _minutes(chance, 1, 2), by)
    state, side = State.TRIAGING, Side.PARTNER
    if story.ending == "escalated":
        incident.restored_at = _escalate(tale, people.teams[story.team], found_at, by, chance)
    elif story.ending == "handed_over":
        by, state, side = chance.choice(people.analysts), State.HANDED_OVER, Side.VENDOR
        incident.restored_at = _hand_over(tale, found_at, by, chance)
    else:
        incident.restored_at = found_at + _minutes(chance, 2, 60)
    incident.owner, incident.owner_side = by, side
    told_at = _tell_public(tale, triaged_at, by, chance)
    _resolve(tale, story, state, by, told_at + _minutes(chance, 1, 3))


def _miss(tale: Tale, at: datetime, by: User) -> None:
    """The caller was not reached, then was rung at the time that the voicemail named."""
    who, again_at = tale.incident.caller_name, at + timedelta(minutes=15)
    tale.ring(
        who,
        purpose=Purpose.QUESTION,
        outcome=PhoneCall.Outcome.VOICEMAIL,
        next_call_at=again_at,
        by=by,
        at=at,
    )
    tale.ring(who, "Nothing changed on their side.", purpose=Purpose.UPDATE, by=by, at=again_at)


def _escalate(tale: Tale, team: str, at: datetime, by: User, chance: Random) -> datetime:
    """To the vendor's team, which answers and restores. Says when the service was back."""
    incident, at = tale.incident, at + _minutes(chance, 1, 6)
    incident.escalated_at, incident.escalated_to = at, team
    tale.move("escalate", State.TRIAGING, State.ESCALATED, f"{team} is needed for it.", by=by, at=at)
    at += _minutes(chance, 3, 18)
    tale.ring(team, "They work on it.", is_out=False, purpose=Purpose.ESCALATION, by=by, at=at)
    tale.move("resume_triage", State.ESCALATED, State.TRIAGING, f"{team} answered.", by=by, at=at)
    return at + _minutes(chance, 15, 200)


def _hand_over(tale: Tale, found_at: datetime, by: User, chance: Random) -> datetime:
    """In the call at the desk's opening. Says when the service was back."""
    incident = tale.incident
    opens_at = coverage.explain(incident.reported_at, settings.DESK_NATION).ends_at
    at = max(opens_at, found_at) + _minutes(chance, 4, 11)
    incident.handed_over_at = at
    text = "Said back: “Not restored. The next update is promised, and the caller waits for a call.”"
    tale.move("hand_over", State.TRIAGING, State.HANDED_OVER, text, by=by, at=at)
    return at + _minutes(chance, 20, 110)


def _tell_public(tale: Tale, triaged_at: datetime, last_by: User, chance: Random) -> datetime:
    """Updates on the half hour that each promises, a few of them late, until the one that says resolved."""
    incident = tale.incident
    assert incident.restored_at is not None  # noqa: S101  (set just before)
    at, phase = triaged_at + _minutes(chance, 1, 7), Phase.INVESTIGATING
    while True:
        is_handed_over = incident.handed_over_at is not None and at > incident.handed_over_at
        tale.post(phase, by=last_by if is_handed_over else incident.logged_by, at=at)
        ends_at = max(incident.restored_at + _minutes(chance, 2, 5), at + timedelta(minutes=1))
        is_late = chance.randrange(ONE_LATE_IN) == 0
        next_at = at + UPDATE_EVERY + (_minutes(chance, 1, 9) if is_late else -_minutes(chance, 1, 6))
        if ends_at <= next_at:
            tale.post(Phase.RESOLVED, by=last_by, at=ends_at)
            return ends_at
        at, phase = next_at, Phase.IDENTIFIED


def _resolve(tale: Tale, story: Story, state: State, by: User, at: datetime) -> None:
    incident = tale.incident
    incident.public_phase, incident.next_action = Phase.RESOLVED, "None: resolved"
    incident.resolved_at, incident.resolution = at, story.resolution
    tale.move("resolve", state, State.RESOLVED, story.resolution, by=by, at=at)
    tale.ring(incident.caller_name, "Told that it is back.", purpose=Purpose.CONFIRM, by=by, at=at)
