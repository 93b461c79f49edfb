"""What each hosted page is told: incidents, maintenance, corrections, states, and all of it once."""

from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from incidents.models import Incident, OutboxRow, RemoteIncident
from incidents.status.services import correct_update
from incidents.status.spreading import spread
from tests.factories import make_incident, make_service
from tests.incidents.driving import deliver_due, let_time_pass
from tests.incidents.status.connectors.conftest import PLACES, Terms
from tests.incidents.status.subscribers.test_emails import post_maintenance
from tests.incidents.status.telling import tell
from tests.standins.hosted import Hosted
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db
TITLE = "Compucare 8: users cannot sign in"


def rows(terms: Terms) -> Any:
    return OutboxRow.objects.filter(destination=terms.name)


def settle(terms: Terms, rounds: int = 14) -> None:
    """Until nothing waits for this place, each row twice."""
    for _ in range(rounds):
        let_time_pass()
        deliver_due()
        if not rows(terms).waiting().exists():
            return
    raise AssertionError(list(rows(terms).waiting().values_list("key", "last_error")))


def said(hosted: Hosted, title: str = TITLE) -> list[tuple[Any, str]]:
    """The status and the first line of each update over there."""
    return [(status, words.partition("\n")[0]) for status, words in hosted.told().get(title, [])]


def story(terms: Terms, *told: tuple[str, str]) -> list[tuple[Any, str]]:
    return [(terms.phases[phase], words) for phase, words in told]


def test_an_incident_is_told_in_their_words_with_the_states_of_its_components(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    told = [
        ("investigating", "We look into it."),
        ("identified", "It is found."),
        ("resolved", "It is over."),
    ]
    for phase, words in told:
        tell(incident, phase, words, by=engineer)
        settle(terms)
        state = "operational" if phase == "resolved" else "major_outage"
        assert hosted.components[terms.compucare] == terms.states[state]
    assert said(hosted) == story(terms, *told)
    assert RemoteIncident.objects.get(place=terms.name).public_id == incident.public_id
    shown = str(hosted.things)
    assert incident.customer.name not in shown
    assert incident.reference not in shown


def test_the_words_say_when_the_next_update_comes(
    night: Any, hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    tell(incident, words="We look into it.", by=engineer)
    settle(terms)
    assert "Next update by 02:37 GMT." in str(hosted.things)


# All of them at one place; elsewhere those whose answer does not say what was done.
FAULTS = [
    (terms, fault)
    for terms in PLACES
    for fault in Fault
    if fault not in (Fault.SLOW, Fault.DRIPS_AFTER)
    and (terms.name == "statuspage" or fault in (Fault.TIME_OUT_AFTER, Fault.RESET_BEFORE, Fault.PAGE_AFTER))
]


@pytest.mark.parametrize(
    ("terms", "fault"), FAULTS, indirect=["terms"], ids=[f"{terms}-{fault.name}" for terms, fault in FAULTS]
)
def test_whatever_goes_wrong_each_update_is_there_once_and_in_order(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, fault: Fault
) -> None:
    """On opening it, on an update, and on what is asked in between."""
    told = [
        ("investigating", "We look into it."),
        ("identified", "It is found."),
        ("monitoring", "It is back."),
    ]
    hosted.fail(fault, "POST|PUT|PATCH")
    tell(incident, *told[0], by=engineer)
    settle(terms)
    hosted.fail(fault, "POST|PATCH")
    hosted.fail(fault, "GET")
    tell(incident, *told[1], by=engineer)
    settle(terms)
    tell(incident, *told[2], by=engineer)
    settle(terms)
    assert said(hosted) == story(terms, *told)
    assert len(hosted.things) == 1


def test_the_same_words_twice_are_two_updates_also_when_an_answer_was_lost(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, night: Any
) -> None:
    due = {"at": None, "due_in": 30}
    for fault in (None, None, Fault.RESET_BEFORE, Fault.RESET_AFTER):
        if fault:
            hosted.fail(fault, "POST|PATCH")
        tell(incident, "investigating", "We still look into it.", by=engineer, **due)  # type: ignore[arg-type]
        settle(terms)
    assert said(hosted) == story(terms, *[("investigating", "We still look into it.")] * 4)


def test_publishing_or_delivering_again_changes_nothing(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    update = tell(incident, words="We look into it.", by=engineer)
    settle(terms)
    spread(update)
    rows(terms).update(done_at=None, is_unsure=True)
    settle(terms)
    assert said(hosted) == story(terms, ("investigating", "We look into it."))


def test_what_we_forgot_is_found_by_its_mark(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    for _ in range(2):  # others before and after it, in a list of pages
        tell(make_incident(by=engineer), words="Elsewhere.", by=engineer)
    tell(incident, words="We look into it.", by=engineer)
    tell(make_incident(by=engineer), words="Elsewhere.", by=engineer)
    settle(terms)
    RemoteIncident.objects.filter(public_id=incident.public_id).delete()
    tell(incident, "identified", "It is found.", by=engineer)
    settle(terms)
    assert len(hosted.things) == 4
    told = [updates for updates in hosted_stories(hosted) if len(updates) == 2]
    assert [[words.partition("\n")[0] for _, words in each] for each in told] == [
        ["We look into it.", "It is found."]
    ]


def hosted_stories(hosted: Hosted) -> list[list[tuple[Any, str]]]:
    """One for each thing: titles may be the same."""
    found = []
    everything = dict(hosted.things)
    for key, thing in everything.items():
        hosted.things = {key: thing}
        found += list(hosted.told().values())
    hosted.things = everything
    return found


def test_a_place_that_is_set_up_in_the_middle_is_told_from_then_on(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, settings: Settings
) -> None:
    kept = getattr(settings, f"{terms.name.upper()}_SETTINGS")
    setattr(settings, f"{terms.name.upper()}_SETTINGS", {})
    tell(incident, words="We look into it.", by=engineer)
    assert not rows(terms).exists()
    setattr(settings, f"{terms.name.upper()}_SETTINGS", kept)
    tell(incident, "identified", "It is found.", by=engineer)
    settle(terms)
    assert said(hosted)[-1:] == story(terms, ("identified", "It is found."))
    assert len(hosted.things) == 1


def test_a_correction_is_told_as_one(
    night: Any, hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    update = tell(incident, words="All sites are affected.", by=engineer)
    night.shift(timedelta(minutes=4))
    correct_update(update.pk, words="One site is affected.", by=engineer)
    settle(terms)
    last = said(hosted)[-1]
    if terms.name == "freshstatus":  # its description is the whole story, and reads corrected
        assert (len(said(hosted)), last) == (1, ("Investigating", "One site is affected."))
    else:
        words = "Correction of the update of Sun 22 Nov 02:07 GMT: One site is affected."
        assert (len(said(hosted)), last) == (2, (terms.phases["investigating"], words))


def test_the_end_of_one_incident_is_not_the_end_of_another_of_the_same_service(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    other = make_incident(by=engineer)
    tell(incident, words="We look into it.", by=engineer)
    tell(other, words="Elsewhere.", by=engineer, service_state="partial_outage")
    tell(incident, "resolved", "It is over.", by=engineer)
    settle(terms)
    assert hosted.components[terms.compucare] == terms.states["partial_outage"]
    tell(other, "resolved", "It is over too.", by=engineer)
    settle(terms)
    assert hosted.components[terms.compucare] == terms.states["operational"]


def test_a_service_that_has_no_component_there_is_left_out(
    hosted: Hosted, terms: Terms, engineer: User
) -> None:
    incident = make_incident(by=engineer, service=make_service("clinician", "Compucare Clinician"))
    tell(incident, words="We look into it.", by=engineer)
    settle(terms)
    assert (len(hosted.things), hosted.components) == (1, {})


@pytest.mark.parametrize("ending", ["completed", "cancelled"])
def test_planned_maintenance_is_told_from_its_announcement_to_its_end(
    hosted: Hosted, terms: Terms, analyst: User, ending: str
) -> None:
    told = [("scheduled", "Planned."), ("in_progress", "It begins."), (ending, "It has ended.")]
    for phase, words in told:
        post_maintenance(analyst, make_service(), phase=phase, words=words)
        settle(terms)
        state = "under_maintenance" if phase == "in_progress" else "operational"
        assert hosted.components[terms.compucare] == terms.states[state]
    assert said(hosted, "A new version of Compucare 8") == story(terms, *told)


def test_updates_of_one_maintenance_wait_for_each_other(hosted: Hosted, terms: Terms, analyst: User) -> None:
    hosted.down()
    post_maintenance(analyst, make_service())
    post_maintenance(analyst, phase="in_progress", words="It begins.")
    deliver_due()
    assert [row.attempts > 0 for row in rows(terms).order_by("pk")] == [True, False]
    hosted.up()
    settle(terms)
    assert [words for _, words in said(hosted, "A new version of Compucare 8")] == ["Planned.", "It begins."]


def test_a_rehearsal_leaves_no_trace_there(hosted: Hosted, terms: Terms, engineer: User) -> None:
    tell(make_incident(by=engineer, is_rehearsal=True), by=engineer)
    assert (rows(terms).exists(), hosted.calls) == (False, [])


def test_a_reopened_incident_is_open_there_again(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    for phase, words in (("resolved", "It is over."), ("investigating", "It is back.")):
        tell(incident, phase, words, by=engineer)
        settle(terms)
    assert said(hosted)[-1] == (terms.phases["investigating"], "It is back.")
    assert hosted.components[terms.compucare] == terms.states["major_outage"]
    if terms.name == "freshstatus":
        assert next(iter(hosted.things.values()))["end_time"] is None


def test_the_window_of_a_maintenance_is_theirs_too(
    night: Any, hosted: Hosted, terms: Terms, analyst: User
) -> None:
    post_maintenance(analyst, make_service())
    settle(terms)
    (thing,) = hosted.things.values()
    starts = ("scheduled_for", "start", "scheduled_at", "start_time")
    assert [thing[name] for name in starts if name in thing] == ["2026-11-24T02:07:12.000Z"]
