"""Hosted pages that ask us to wait, refuse the key, are not there, or refuse what they are told."""

import logging
import threading
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from accounts.models import User
from incidents.models import Incident, OutboxRow, RateBudget
from incidents.outbox import throttle
from incidents.outbox.registry import RetryLater
from incidents.status.connectors.places import PLACES
from incidents.status.connectors.statuspage import Statuspage as Place
from tests.factories import make_incident
from tests.incidents.driving import deliver_due
from tests.incidents.status.connectors.conftest import Terms
from tests.incidents.status.connectors.test_places import rows, said, settle, story
from tests.incidents.status.telling import tell
from tests.standins.hosted import Hosted
from tests.standins.http import Fault
from tests.standins.statuspage import Statuspage

pytestmark = pytest.mark.django_db


def change(settings: Settings, terms: Terms, **options: Any) -> None:
    name = f"{terms.name.upper()}_SETTINGS"
    setattr(settings, name, getattr(settings, name) | options)


def test_being_asked_to_wait_holds_everything_for_this_place_and_nothing_is_lost(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    hosted.too_many, hosted.retry_after = (420 if terms.name == "statuspage" else 429), "120"
    for words in ("We look into it.", "We still do."):
        tell(incident, words=words, by=engineer)
    tell(make_incident(by=engineer), words="Elsewhere.", by=engineer)
    for _ in range(3):
        deliver_due()
    assert len(hosted.calls) == 1
    waits = list(rows(terms).waiting())
    assert {row.last_error for row in waits} == {f"{waits[0].get_destination_display()} asked us to wait"}
    assert all(100 < (row.due_at - row.written_at).total_seconds() < 140 for row in waits)
    hosted.too_many = 0
    settle(terms)
    assert len(hosted.things) == 2


def test_a_refused_key_parks_nothing_and_is_told_nowhere(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, settings: Settings,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    setattr(settings, f"{terms.name.upper()}_KEY", "a-secret-that-is-wrong")
    with caplog.at_level(logging.DEBUG):
        tell(incident, by=engineer)
        deliver_due()
    row = rows(terms).get()
    assert row.parked_at is None
    assert row.last_error.endswith(f"refuses our key (401). Check {terms.name.upper()}_KEY")
    assert "a-secret-that-is-wrong" not in caplog.text
    assert "a-secret-that-is-wrong" not in str(list(OutboxRow.objects.values()))
    assert "a-secret-that-is-wrong" not in repr(
        next(each for each in PLACES if each.name == terms.name).way()
    )


def test_an_address_that_leads_elsewhere_parks_nothing_and_says_so(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, settings: Settings
) -> None:
    change(settings, terms, url=f"{hosted.url}/elsewhere")
    tell(incident, by=engineer)
    deliver_due()
    row = rows(terms).get()
    assert row.parked_at is None
    assert row.last_error.endswith(f"(404). Correct {terms.name.upper()}_SETTINGS")


def test_what_it_refuses_is_parked_with_the_remedy_and_none_of_its_words(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, settings: Settings
) -> None:
    change(settings, terms, components={"compucare8": "unknown" if terms.name != "cachet" else 99})
    if terms.name == "cachet":
        change(settings, terms, components={"compucare8": 11}, states={"major_outage": 77})
    tell(incident, by=engineer)
    deliver_due()
    row = rows(terms).get()
    assert row.parked_at is not None
    assert f"Check {terms.name.upper()}_SETTINGS" in row.last_error
    assert "as you typed it" not in row.last_error


def test_what_was_deleted_over_there_waits_for_a_person(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User
) -> None:
    tell(incident, words="We look into it.", by=engineer)
    settle(terms)
    hosted.things.clear()
    tell(incident, "identified", "It is found.", by=engineer)
    deliver_due()
    row = rows(terms).waiting().get()
    assert row.last_error.endswith("no longer has it. Restore it there, or drop this")
    assert hosted.things == {}


def test_one_place_that_is_down_holds_up_no_other(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, settings: Settings
) -> None:
    if terms.name == "statuspage":
        pytest.skip("is the other one here")
    with Statuspage() as other:
        settings.STATUSPAGE_KEY, settings.STATUSPAGE_SETTINGS = other.key, other.settings
        hosted.down()
        tell(incident, words="We look into it.", by=engineer)
        deliver_due()
        assert len(other.things) == 1
    assert not OutboxRow.objects.waiting().filter(destination="statuspage").exists()
    hosted.up()
    settle(terms)
    assert said(hosted) == story(terms, ("investigating", "We look into it."))


def test_an_answer_that_comes_in_drips_is_asked_about(
    hosted: Hosted, terms: Terms, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    from incidents.status.connectors import client

    monkeypatch.setattr(client, "LONGEST", 0.4)
    hosted.fail(Fault.DRIPS_AFTER, "POST")
    tell(incident, words="We look into it.", by=engineer)
    settle(terms)
    assert len(hosted.things) == 1


# ---------- What is not set up ----------


@pytest.mark.parametrize("place", PLACES, ids=lambda place: str(place.name))
def test_without_a_key_or_without_what_it_needs_nothing_is_queued(
    place: Any, settings: Settings, incident: Incident, engineer: User
) -> None:
    assert not place.is_configured()
    setattr(settings, f"{place.setting}_KEY", "key")
    assert not place.is_configured()
    setattr(settings, f"{place.setting}_SETTINGS", ["no object"])
    assert not place.is_configured()
    setattr(settings, f"{place.setting}_SETTINGS", dict.fromkeys(place.needs, "x"))
    assert place.is_configured()
    setattr(settings, f"{place.setting}_KEY", "")
    assert not place.is_configured()
    tell(incident, by=engineer)
    assert not OutboxRow.objects.filter(destination=place.name).exists()


# ---------- Turns ----------


@pytest.mark.django_db(transaction=True)
def test_all_workers_together_keep_the_distance_between_requests() -> None:
    gap, taken, start = 0.05, [], threading.Barrier(4)
    throttle.take_turn("somewhere", gap)

    def work() -> None:
        from time import monotonic

        try:
            start.wait(10)
            for _ in range(2):
                throttle.take_turn("somewhere", gap)
                taken.append(monotonic())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    taken.sort()
    assert len(taken) == 8
    assert taken[-1] - taken[0] >= 7 * gap * 0.8


def test_whose_turn_is_far_off_waits_in_the_outbox(db: None) -> None:
    throttle.take_turn("somewhere", 60.0)
    with pytest.raises(RetryLater) as raised:
        throttle.take_turn("somewhere", 60.0)
    assert raised.value.for_all
    assert 30 < (raised.value.after or 0) <= 60
    assert RateBudget.objects.get().name == "turn somewhere"


def test_a_place_that_wants_a_second_between_requests_gets_it(settings: Settings) -> None:
    settings.STATUSPAGE_KEY, settings.STATUSPAGE_SETTINGS = "key", {"page": "abc"}
    assert Place().way().seconds_between == 1.0
    settings.STATUSPAGE_SETTINGS = {"page": "abc", "seconds_between": 0.2}
    assert Place().way().seconds_between == 0.2


def test_requests_to_a_place_go_out_in_their_turns(
    settings: Settings, incident: Incident, engineer: User
) -> None:
    with Statuspage() as standin:
        settings.STATUSPAGE_KEY = standin.key
        settings.STATUSPAGE_SETTINGS = standin.settings | {"seconds_between": 0.1}
        for words in ("One.", "Two.", "Three."):
            tell(incident, words=words, by=engineer)
        for _ in range(4):
            deliver_due()
    assert len(standin.asked_at) == 3
    assert standin.shortest_gap >= 0.09
