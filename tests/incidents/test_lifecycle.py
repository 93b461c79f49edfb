"""The whole table of state, transition and role, from DESIGN 3, against the services."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import SIDES, Role, Side
from incidents import services
from incidents.models import Incident, Kind, OutboxRow, State, TimelineEntry
from tests import factories

PARTNER = {Role.OOH_ENGINEER, Role.OOH_LEAD}
DESK = {Role.DESK_ANALYST}
S = State

# transition: ({state it starts from: roles that may make it}, state it ends in)
TABLE: dict[str, tuple[dict[State, set[Role]], State]] = {
    "begin_triage": ({S.LOGGED: PARTNER}, S.TRIAGING),
    "decline": ({S.LOGGED: PARTNER, S.TRIAGING: PARTNER}, S.DECLINED),
    "start_sop": ({S.TRIAGING: PARTNER, S.ESCALATED: PARTNER}, S.SOP),
    "resume_triage": ({S.SOP: PARTNER, S.ESCALATED: PARTNER}, S.TRIAGING),
    "escalate": ({S.LOGGED: PARTNER, S.TRIAGING: PARTNER, S.SOP: PARTNER}, S.ESCALATED),
    "hand_over": ({S.LOGGED: DESK, S.TRIAGING: DESK, S.SOP: DESK, S.ESCALATED: DESK}, S.HANDED_OVER),
    "hand_back": ({S.HANDED_OVER: PARTNER}, S.TRIAGING),
    "resolve": ({S.TRIAGING: PARTNER, S.SOP: PARTNER, S.ESCALATED: PARTNER, S.HANDED_OVER: DESK}, S.RESOLVED),
    "reopen": ({S.RESOLVED: PARTNER | DESK}, S.TRIAGING),
}
DETAILS: dict[str, dict[str, Any]] = {
    "begin_triage": {}, "decline": {"rule": "slow", "told_caller": "Ring the desk at 08:00"},
    "start_sop": {"sop": "SOP-03 version 4"}, "resume_triage": {"reason": "It did not help"},
    "escalate": {"team": "Database on call", "reason": "The database does not answer"},
    "hand_over": {"read_back": "Queue stuck, ring at 09:00"}, "hand_back": {"read_back": "Go on with SOP-03"},
    "resolve": {"resolution": "The restart held"}, "reopen": {"reason": "It went down again"},
}  # fmt: skip


def act(name: str, incident: Incident, by: User) -> Incident:
    details = DETAILS[name] | ({"restored_at": timezone.now()} if name == "resolve" else {})
    moved: Incident = getattr(services, name)(incident.pk, **details, by=by)
    return moved


def put(incident: Incident, state: State) -> None:
    """Into a state beneath the services, as it would look there."""
    now = timezone.now()
    side = Side.VENDOR if state == S.HANDED_OVER else Side.PARTNER
    extra = {"resolved_at": now, "restored_at": now} if state == S.RESOLVED else {}
    extra |= {"decline_rule": "slow"} if state == S.DECLINED else {}
    Incident.objects.filter(pk=incident.pk).update(state=state, owner_side=side, **extra)


@pytest.mark.usefixtures("night")
@pytest.mark.parametrize("name", TABLE)
def test_each_role_makes_the_moves_of_the_table_and_no_other(name: str, incident: Incident) -> None:
    sources, target = TABLE[name]
    people = [factories.make_user(role, side=side) for role in Role for side in sorted(SIDES[role])]
    for state in State:
        put(incident, state)
        outcomes = {person: outcome_of(name, incident, person) for person in people}
        moved = {role for person, outcome in outcomes.items() if outcome == target for role in person.roles}
        assert (state, moved) == (state, sources.get(state, set()))
        assert set(outcomes.values()) <= {target, PermissionDenied, Conflict}


def outcome_of(name: str, incident: Incident, person: User) -> object:
    """The state that the move ends in, or how it was refused; undone in any case."""
    try:
        with transaction.atomic():
            state = act(name, incident, person).state
            transaction.set_rollback(True)
            return state
    except (PermissionDenied, Conflict) as error:
        return type(error)


def test_nobody_without_a_role_makes_any_move(incident: Incident) -> None:
    for name, (sources, _) in TABLE.items():
        put(incident, next(iter(sources)))
        with pytest.raises(PermissionDenied):
            act(name, incident, factories.make_user())


def test_a_superuser_passes_no_gate_by_being_one(incident: Incident) -> None:
    chief = User.objects.create_superuser("chief@example.org", "a-long-password")
    assert not Incident.objects.visible_to(chief).exists()
    with pytest.raises(PermissionDenied):
        services.begin_triage(incident.pk, by=chief)


@pytest.mark.parametrize(
    ("name", "field"),
    [
        ("decline", "told_caller"), ("decline", "rule"), ("resume_triage", "reason"), ("escalate", "reason"),
        ("escalate", "team"), ("resolve", "resolution"), ("reopen", "reason"),
    ],
)  # fmt: skip
def test_a_transition_without_its_text_is_refused_by_field(name: str, field: str, incident: Incident) -> None:
    lead = factories.make_user(Role.OOH_LEAD)
    put(incident, next(iter(TABLE[name][0])))
    details = DETAILS[name] | ({"restored_at": timezone.now()} if name == "resolve" else {})
    with pytest.raises(ValidationError) as refused:
        getattr(services, name)(incident.pk, **details | {field: "  "}, by=lead)
    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize(
    ("name", "field"), [("escalate", "reason"), ("resolve", "resolution"), ("decline", "told_caller")]
)
def test_patient_data_is_refused_and_never_echoed(
    name: str, field: str, incident: Incident, lead: User
) -> None:
    put(incident, next(iter(TABLE[name][0])))
    text = "The record of NHS number 999 012 3456 does not open"
    details = DETAILS[name] | ({"restored_at": timezone.now()} if name == "resolve" else {}) | {field: text}
    with pytest.raises(ValidationError) as refused:
        getattr(services, name)(incident.pk, **details, by=lead)
    words = refused.value.message_dict[field][0]
    assert words.startswith("Remove the patient identifier")
    assert "999" not in words


def test_a_move_writes_one_timeline_row_and_tells_freshdesk(incident: Incident, engineer: User) -> None:
    before = incident.timeline.count()
    services.begin_triage(incident.pk, by=engineer)
    entry = incident.timeline.latest("id")
    assert (incident.timeline.count(), entry.kind, entry.by) == (before + 1, Kind.STATE, engineer)
    assert entry.title == "Logged to triaging"
    events = set(OutboxRow.objects.filter(incident=incident).values_list("event", flat=True))
    assert events == {"ticket", "note", "state"}


def test_triage_makes_the_person_the_owner(incident: Incident, engineer: User) -> None:
    assert incident.owner is None
    assert services.begin_triage(incident.pk, by=engineer).owner == engineer


def test_doing_it_again_is_quiet_and_writes_nothing(incident: Incident, engineer: User) -> None:
    services.begin_triage(incident.pk, by=engineer)
    rows = incident.timeline.count()
    assert services.begin_triage(incident.pk, by=engineer).state == State.TRIAGING
    assert incident.timeline.count() == rows


def test_the_second_of_two_people_hears_who_was_faster(
    incident: Incident, engineer: User, other_engineer: User
) -> None:
    services.begin_triage(incident.pk, by=other_engineer)
    with pytest.raises(Conflict, match="OOH engineer 2 has already begun triage on this"):
        services.begin_triage(incident.pk, by=engineer)


def test_a_decision_on_a_state_that_has_passed_is_a_conflict(
    incident: Incident, engineer: User, other_engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    services.escalate(incident.pk, team="Database on call", reason="No answer", by=other_engineer)
    with pytest.raises(Conflict, match="OOH engineer 2 has already escalated this"):
        services.resolve(
            incident.pk, resolution="It is back", restored_at=timezone.now(), seen=State.TRIAGING, by=engineer
        )


def test_an_incident_leaves_sop_only_when_the_run_has_ended(incident: Incident, engineer: User) -> None:
    services.begin_triage(incident.pk, by=engineer)
    services.start_sop(incident.pk, sop="SOP-03 version 4", by=engineer)
    with pytest.raises(Conflict, match="an SOP runs on it"):
        services.escalate(incident.pk, team="Database on call", reason="No answer", by=engineer)
    services.end_sop(incident.pk, words="SOP-03 stopped", next_action="Decide what is next", by=engineer)
    assert (
        services.escalate(incident.pk, team="Database on call", reason="No answer", by=engineer).state
        == "escalated"
    )


def test_no_sop_starts_behind_a_closed_gate_until_a_lead_overrides(lead: User) -> None:
    incident = factories.make_incident(by=lead, failure="slow")
    services.begin_triage(incident.pk, by=lead)
    with pytest.raises(Conflict, match="the gate has not let it in"):
        services.start_sop(incident.pk, sop="SOP-03 version 4", by=lead)
    services.override_gate(incident.pk, reason="Theatre waits for it", by=lead)
    assert services.start_sop(incident.pk, sop="SOP-03 version 4", by=lead).state == State.SOP


def test_an_engineer_cannot_override_the_gate(engineer: User) -> None:
    incident = factories.make_incident(by=engineer, failure="slow")
    with pytest.raises(PermissionDenied):
        services.override_gate(incident.pk, reason="I want to", by=engineer)


def test_it_is_not_resolved_before_the_public_has_heard_so(incident: Incident, engineer: User) -> None:
    services.begin_triage(incident.pk, by=engineer)
    Incident.objects.filter(pk=incident.pk).update(public_phase="monitoring")
    with pytest.raises(Conflict, match="last status update"):
        services.resolve(incident.pk, resolution="It is back", restored_at=timezone.now(), by=engineer)


@pytest.mark.parametrize(("name", "field"), [("resolve", "resolution"), ("decline", "told_caller")])
def test_the_same_act_with_other_words_is_not_swallowed(
    name: str, field: str, incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    act(name, incident, engineer)
    again = DETAILS[name] | ({"restored_at": timezone.now()} if name == "resolve" else {})
    with pytest.raises(Conflict, match="You have already"):
        getattr(services, name)(incident.pk, **again | {field: "In other words"}, by=engineer)


def test_pressing_override_twice_is_quiet(engineer: User, lead: User) -> None:
    incident = factories.make_incident(by=engineer, failure="slow")
    for _ in range(2):
        services.override_gate(incident.pk, reason="Theatre waits for it", by=lead)
    assert incident.timeline.filter(title="Gate overridden by a lead").count() == 1


def test_what_the_public_was_told_of_is_not_declined_behind_its_back(
    incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    Incident.objects.filter(pk=incident.pk).update(public_phase="investigating")
    with pytest.raises(Conflict, match="last status update"):
        services.decline(incident.pk, rule="slow", told_caller="Ring the desk at 08:00", by=engineer)


@pytest.mark.usefixtures("night")
def test_a_reopened_incident_owes_the_public_an_update(incident: Incident, engineer: User) -> None:
    put(incident, State.RESOLVED)
    reopened = services.reopen(incident.pk, reason="Down again", by=engineer)
    assert reopened.next_update_due_at == timezone.now() + timedelta(minutes=5)


def test_a_reason_to_take_it_over_meets_the_guard(
    incident: Incident, engineer: User, other_engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    with pytest.raises(ValidationError) as refused:
        services.change_owner(incident.pk, reason="Ask for NHS number 999 012 3456", by=other_engineer)
    assert "999" not in str(refused.value.message_dict["reason"])


@pytest.mark.parametrize(
    ("shift", "words"), [(timedelta(minutes=5), "in the future"), (timedelta(days=-9000), "before it began")]
)
def test_the_service_comes_back_after_it_began_and_not_in_the_future(
    shift: timedelta, words: str, incident: Incident, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    with pytest.raises(ValidationError, match=words):
        services.resolve(incident.pk, resolution="Back", restored_at=timezone.now() + shift, by=engineer)


@pytest.mark.parametrize(
    ("at", "state", "side"),
    [
        (factories.SUNDAY_NIGHT, State.TRIAGING, Side.PARTNER),
        (factories.MONDAY_NOON, State.HANDED_OVER, Side.VENDOR),
    ],
)
def test_a_reopened_incident_goes_to_whoever_works_now(
    at: Any, state: State, side: Side, engineer: User, time_machine: Any
) -> None:
    time_machine.move_to(at, tick=False)
    incident = factories.make_incident(by=engineer, state=State.TRIAGING)
    services.resolve(incident.pk, resolution="Back", restored_at=timezone.now(), by=engineer)
    reopened = services.reopen(incident.pk, reason="Down again", by=engineer)
    assert (reopened.state, reopened.owner_side) == (state, side)
    assert reopened.owner == (engineer if side == Side.PARTNER else None)


def test_after_72_hours_it_is_a_new_incident(incident: Incident, engineer: User) -> None:
    put(incident, State.RESOLVED)
    old = timezone.now() - timedelta(hours=72, seconds=1)
    Incident.objects.filter(pk=incident.pk).update(resolved_at=old, restored_at=old)
    with pytest.raises(Conflict, match="more than 72 hours ago"):
        services.reopen(incident.pk, reason="Down again", by=engineer)


def test_the_state_cannot_be_assigned(incident: Incident) -> None:
    with pytest.raises(AttributeError, match="Direct state modification"):
        incident.state = State.RESOLVED


def test_the_state_stays_protected_after_a_failed_refresh(incident: Incident) -> None:
    ghost = Incident(pk=0)
    with pytest.raises(Incident.DoesNotExist):
        ghost.refresh_from_db()
    with pytest.raises(AttributeError, match="Direct state modification"):
        incident.state = State.RESOLVED


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "resolved", "restored_at": None},
        {"state": "declined", "decline_rule": ""},
        {"next_action": ""},
    ],
)
def test_the_database_refuses_what_no_service_writes(fields: dict[str, Any], incident: Incident) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Incident.objects.filter(pk=incident.pk).update(**fields)


def test_timeline_entries_are_never_changed_or_deleted(incident: Incident) -> None:
    entry = incident.timeline.first()
    assert isinstance(entry, TimelineEntry)
    with pytest.raises(TypeError, match="never changed"):
        entry.save()
    with pytest.raises(TypeError, match="never deleted"):
        entry.delete()


@pytest.fixture
def time_machine() -> Any:
    from time_machine import travel

    class Mover:
        travelling: Callable[[], None] | None = None

        def move_to(self, at: Any, *, tick: bool) -> None:
            self.traveller = travel(at, tick=tick)
            self.traveller.start()

    mover = Mover()
    yield mover
    mover.traveller.stop()


@pytest.mark.parametrize("change", ["update", "bulk_update", "delete"])
def test_the_timeline_is_changed_by_no_set_of_rows_either(change: str, incident: Incident) -> None:
    rows = incident.timeline.all()
    acts: dict[str, Callable[[], object]] = {
        "update": lambda: rows.update(text="Nothing happened"),
        "bulk_update": lambda: TimelineEntry.objects.bulk_update(list(rows), ["text"]),
        "delete": rows.delete,
    }
    before = rows.count()
    with pytest.raises(TypeError, match="never"):
        acts[change]()
    assert rows.count() == before > 0


def test_a_day_of_the_calendar_meets_the_guard(browse: Callable[[User], Any], manager: User) -> None:
    form = {
        "date": "2026-12-28", "nation": "ENG", "kind": "added", "is_current": "on",
        "title": "Boxing Day", "reason": "For NHS number 999 012 3456",
    }  # fmt: skip
    answer = browse(manager).post("/admin/incidents/calendarday/add/", form)
    assert "patient identifier" in str(answer.context["adminform"].form.errors["reason"])
