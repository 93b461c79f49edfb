"""A posted update is never changed: its correction takes its place on every page, and both can be read."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from incidents.models import Incident, OutboxRow, StatusUpdate
from incidents.status.services import correct_update
from ooh.reports import reading
from tests.factories import SUNDAY_NIGHT, make_incident, make_service
from tests.incidents.status.telling import publish, tell

pytestmark = pytest.mark.django_db
WRONG, RIGHT = "The cause is the database.", "The cause is the network."


@pytest.fixture
def told(night: Any, incident: Incident, engineer: User) -> StatusUpdate:
    """An update with a mistake in it, and one after it; now it is 02:07:12."""
    wrong = tell(incident, "identified", WRONG, by=engineer, at=SUNDAY_NIGHT - timedelta(minutes=20))
    tell(incident, "monitoring", "It is back.", by=engineer, service_state="operational")
    return wrong


def correct(update: StatusUpdate, words: str = RIGHT, *, by: User, **fields: Any) -> StatusUpdate:
    correction = correct_update(update.pk, words=words, by=by, **fields)
    publish()
    return correction


def read(path: str) -> str:
    return Client().get(path).content.decode()


def test_the_corrected_words_take_the_place_of_the_others_which_stay_folded(
    told: StatusUpdate, engineer: User
) -> None:
    correct(told, by=engineer)
    for path in ("/status/", f"/status/{told.incident.public_id}/"):
        shown = read(path)
        assert shown.count(RIGHT) == 1
        assert '<summary>Corrected <time datetime="2026-11-22T02:07:12Z">02:07 GMT</time></summary>' in shown
        assert f"<del>{WRONG}</del>" in shown
        assert shown.index("It is back.") < shown.index(RIGHT), "it stays where it was"
    told.refresh_from_db()
    assert told.words == WRONG


def test_phase_promise_and_place_in_time_stay(told: StatusUpdate, engineer: User) -> None:
    before = Incident.objects.get(pk=told.incident_id)
    correct(told, by=engineer)
    after = Incident.objects.get(pk=told.incident_id)
    assert (after.public_phase, after.next_update_due_at) == (before.public_phase, before.next_update_due_at)
    assert "<h1>Available again, and watched: Compucare 8</h1>" in read("/status/")


def test_the_machines_are_told_of_the_correction(told: StatusUpdate, engineer: User) -> None:
    correct(told, by=engineer)
    incident = Client().get("/status/api/v2/incidents.json").json()["incidents"][0]
    update = incident["incident_updates"][-1]
    assert (update["body"], update["corrected_at"]) == (RIGHT, "2026-11-22T02:07:12.000Z")
    assert update["updated_at"] == incident["updated_at"] == "2026-11-22T02:07:12.000Z"
    assert update["created_at"] == "2026-11-22T01:47:12.000Z"
    for feed in ("atom", "rss"):
        shown = read(f"/status/history.{feed}")
        assert "Corrected 02:07 GMT" in shown
        assert shown.index(RIGHT) < shown.index(WRONG)


def test_wrong_states_are_corrected_for_the_history_too(
    night: Any, incident: Incident, engineer: User
) -> None:
    ward = make_service("ward", "Compucare Ward")
    at = SUNDAY_NIGHT - timedelta(minutes=60)
    update = tell(incident, words=WRONG, by=engineer, at=at, affected={"ward": "major_outage"})
    assert "Compucare Ward: 99.95% available" in read("/status/")
    correct(update, by=engineer, affected={})
    shown = read("/status/")
    assert f"{ward.name}: 100% available" in shown
    assert "Compucare 8: 99.95% available" in shown


def test_a_correction_is_corrected_in_its_turn_and_all_words_are_kept(
    told: StatusUpdate, engineer: User
) -> None:
    second = correct(told, "The cause is the power.", by=engineer)
    correct(second, by=engineer)
    shown = read(f"/status/{told.incident.public_id}/")
    assert [shown.index(words) for words in (RIGHT, "The cause is the power.", WRONG)] == sorted(
        shown.index(words) for words in (RIGHT, "The cause is the power.", WRONG)
    )
    with pytest.raises(Conflict, match="corrected already"):
        correct_update(told.pk, words="Another one.", by=engineer)


def test_a_double_click_corrects_once(told: StatusUpdate, engineer: User, other_engineer: User) -> None:
    first = correct_update(told.pk, words=RIGHT, by=engineer)
    assert correct_update(told.pk, words=RIGHT, by=engineer) == first
    with pytest.raises(Conflict):
        correct_update(told.pk, words=RIGHT, by=other_engineer)


@pytest.mark.parametrize("words", ["", WRONG, "At Wexcombe Park Hospital.", "See {workaround}."])
def test_words_that_are_missing_the_same_or_unfit_correct_nothing(
    told: StatusUpdate, engineer: User, words: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        correct_update(told.pk, words=words, by=engineer)
    assert list(raised.value.message_dict) == ["words"]
    assert not StatusUpdate.objects.filter(corrects=told).exists()


def test_only_those_who_post_may_correct_and_a_closed_incident_may_be_corrected(
    told: StatusUpdate, engineer: User, partner_auditor: User
) -> None:
    with pytest.raises(PermissionDenied):
        correct_update(told.pk, words=RIGHT, by=partner_auditor)
    Incident.objects.update(state="resolved", restored_at=timezone.now(), resolved_at=timezone.now())
    assert correct_update(told.pk, words=RIGHT, by=engineer).corrects == told


def test_the_timeline_and_the_ticket_hear_of_it_and_the_report_counts_no_update_more(
    told: StatusUpdate, engineer: User, manager: User
) -> None:
    month = (SUNDAY_NIGHT - timedelta(days=2), SUNDAY_NIGHT + timedelta(days=2))
    before = [len(call.updates) for call in reading.read(manager, *month)]
    correction = correct(told, by=engineer)
    entry = told.incident.timeline.order_by("-id").first()
    assert entry is not None
    assert (entry.title, entry.text) == ("Status update corrected: identified", RIGHT)
    assert OutboxRow.objects.filter(event="note", payload={"entry": entry.pk}).exists()
    correction.refresh_from_db()
    assert correction.published_at is not None
    assert [len(call.updates) for call in reading.read(manager, *month)] == before


def test_a_correction_is_posted_from_the_page_of_the_incident(
    told: StatusUpdate, engineer: User, browse: Callable[[User], Client]
) -> None:
    browser, reference = browse(engineer), told.incident.reference
    address = f"/incidents/{reference}/update/{told.pk}/correct/"
    assert address in browser.get(f"/incidents/{reference}/").content.decode()
    assert WRONG in browser.get(address).content.decode()
    refused = browser.post(address, {"words": "At Wexcombe.", "service_state": "major_outage"})
    assert refused.status_code == 422
    assert "At Wexcombe." in refused.content.decode()
    assert browser.post(address, {"words": RIGHT, "service_state": "major_outage"}).status_code == 302
    assert StatusUpdate.objects.get(corrects=told).words == RIGHT
    shown = browser.get(f"/incidents/{reference}/").content.decode()
    assert address not in shown, "the next correction is one of the correction"


def test_nobody_corrects_an_update_at_the_address_of_another_incident(
    told: StatusUpdate, engineer: User, browse: Callable[[User], Client]
) -> None:
    other = make_incident(by=engineer)
    answer = browse(engineer).get(f"/incidents/{other.reference}/update/{told.pk}/correct/")
    assert answer.status_code == 404
