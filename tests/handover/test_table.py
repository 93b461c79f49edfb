"""Who may do what with a handover in which state: every cell of state, act and role, from one table."""

from collections.abc import Callable

import pytest
from django.core.exceptions import PermissionDenied

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Role
from handover import services
from handover.models import Handover, HandoverItem
from tests import factories

STATES = ("draft", "offered", "closed", "lapsed")
GIVERS = {"to_vendor": {"engineer", "lead"}, "to_partner": {"analyst"}, "shift": {"giver"}}
TAKERS = {"to_vendor": {"analyst"}, "to_partner": {"engineer", "lead"}, "shift": {"engineer", "lead"}}
WRITERS = {"engineer", "lead", "analyst", "giver"}
PEOPLE = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor", "integration", "alert_source",
)  # fmt: skip

# act: who may, by direction; in which state it works
ACTS: dict[str, tuple[Callable[[str], set[str]], str]] = {
    "save_item": (lambda direction: GIVERS[direction], "draft"),
    "refresh_draft": (lambda direction: GIVERS[direction], "draft"),
    "offer": (lambda direction: GIVERS[direction], "draft"),
    "accept_item": (lambda direction: TAKERS[direction], "offered"),
    "refuse_item": (lambda direction: TAKERS[direction], "offered"),
    "accept_statement": (lambda direction: TAKERS[direction], ""),  # there are items: never
    "add_addendum": (lambda direction: WRITERS, "closed"),
}


@pytest.fixture
def giver(db: None) -> User:
    return factories.make_user(Role.OOH_ENGINEER, name="Giver")


def act_on(name: str, item: HandoverItem, by: User) -> None:
    texts = {
        "save_item": {"section": "assessment", "text": "Written"}, "accept_item": {"read_back": "I have it"},
        "refuse_item": {"reason": "Not ours"}, "add_addendum": {"text": "Added"},
    }  # fmt: skip
    target = item.pk if name.endswith("item") else item.handover_id
    getattr(services, name)(target, **texts.get(name, {}), by=by)


def put(item: HandoverItem, state: str, giver: User) -> None:
    """Beneath the services, for the table: the state alone."""
    from django.utils import timezone

    at = timezone.now()
    answered = {
        "state": "refused", "refuse_reason": "No", "answered_by": factories.make_user(), "answered_at": at
    }  # fmt: skip
    times = {"offered_at": at if state in ("offered", "closed") else None}
    if state == "closed":
        HandoverItem.objects.filter(pk=item.pk).update(**answered)
        times |= {"closed_at": at, "content_hash": "0" * 64}
    Handover.objects.filter(pk=item.handover_id).update(state=state, **times)


def make(direction: str, giver: User, analyst: User) -> HandoverItem:
    incident = factories.make_incident(by=giver, state="triaging")
    changed = {"owner": giver}
    if direction == "to_partner":
        changed = {"owner": analyst, "owner_side": "vendor", "state": "handed_over"}
    type(incident).objects.filter(pk=incident.pk).update(**changed)
    handover = services.draft(direction, by=analyst if direction == "to_partner" else giver)
    return handover.items.get()


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("direction", ["to_vendor", "to_partner", "shift"])
def test_every_role_may_do_in_each_state_what_the_table_says_and_nothing_else(
    morning, giver, analyst, request, direction, state
):
    item = make(direction, giver, analyst)
    put(item, state, giver)
    people = {name: request.getfixturevalue(name) for name in PEOPLE} | {"giver": giver}
    found = {(act, name): outcome(act, item, person) for act in ACTS for name, person in people.items()}
    assert found == {(act, name): expected(direction, state, act, name) for act, name in found}


def expected(direction: str, state: str, act: str, name: str) -> str:
    may, works_in = ACTS[act]
    is_engineer = name == "giver" and direction != "shift" and "engineer" in may(direction)
    if name not in may(direction) and not is_engineer:
        return "refused"
    if (direction, state, act, name) == ("shift", "offered", "offer", "giver"):
        return "done"  # the same person offers again: quiet
    return "done" if state == works_in else "conflict"


def outcome(act: str, item: HandoverItem, person: User) -> str:
    """Tried in a transaction of its own that is undone, so that each cell begins alike."""
    from django.db import transaction

    try:
        with transaction.atomic():
            act_on(act, item, person)
            transaction.set_rollback(True)
    except PermissionDenied:
        return "refused"
    except (Handover.DoesNotExist, HandoverItem.DoesNotExist):
        return "refused"  # not visible: pages and API say 404 before they ask
    except Conflict:
        return "conflict"
    return "done"
