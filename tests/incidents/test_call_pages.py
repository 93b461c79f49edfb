"""Logging a call on the workbench: what stands in the form already, one tap for another try, no script."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.calls import log_call
from incidents.models import Incident, PhoneCall
from tests import factories
from tests.end_to_end.visitor import Form, forms_in

Browse = Callable[[User | None], Client]
IT = "IT on-call manager"


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


def address(incident: Incident, rest: str = "") -> str:
    return f"/incidents/{incident.reference}/{rest}"


def form_with(page: Any, button: str) -> Form:
    """The form of a page that has this button."""
    forms = forms_in(page.content.decode())
    return next(form for form in forms if any(label.startswith(button) for label, *_ in form.buttons))


def last(incident: Incident) -> PhoneCall:
    call = incident.calls.order_by("-pk").first()
    assert call is not None
    return call


def test_the_form_stands_on_the_workbench_and_wants_nothing_but_how_it_ended(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    form = form_with(browser.get(address(incident)), "Log the call")
    assert form.action == address(incident, "call/")
    answer = browser.post(form.action, form.values | {"outcome": "no_answer"})
    assert answer["Location"] == address(incident)
    call = last(incident)
    assert (call.who, call.number, call.direction, call.purpose, call.outcome) == (
        IT, "01632 960174", "out", "question", "no_answer"
    )  # fmt: skip


def test_nothing_is_said_of_how_it_ended_until_somebody_says_it(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    browser = browse(engineer)
    form = form_with(browser.get(address(incident, "call/")), "Log the call")
    assert not form.values.get("outcome")
    answer = browser.post(form.action or address(incident, "call/"), form.values | {"text": "Still down"})
    assert answer.status_code == 422
    assert "Choose how the call ended" in answer.content.decode()
    assert "Still down" in answer.content.decode()


def test_the_last_person_and_number_are_offered_first(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    log_call(incident.pk, direction="out", who="Ward sister", number="01632 1", outcome="spoke", by=engineer)
    form = browse(engineer).get(address(incident, "call/")).context["form"]
    assert (form["who"].value(), form["number"].value()) == ("Ward sister", "01632 1")
    assert browse(engineer).get(address(incident)).context["people"] == ["Ward sister", IT]


@pytest.mark.parametrize("outcome", ["no_answer", "busy", "voicemail"])
def test_one_tap_logs_no_answer_again(
    outcome: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    log_call(incident.pk, direction="out", who=IT, number="01632 1", outcome=outcome, by=engineer)
    browser = browse(engineer)
    form = form_with(browser.get(address(incident)), "No answer again")
    browser.post(form.action, form.values)
    browser.post(form.action, form.values)  # a double click
    call = last(incident)
    assert incident.calls.count() == 3
    assert (call.who, call.number, call.outcome, call.next_call_at) == (IT, "01632 1", "no_answer", None)


def test_the_same_tap_may_promise_the_next_try(incident: Incident, browse: Browse, engineer: User) -> None:
    log_call(incident.pk, direction="out", who=IT, outcome="no_answer", by=engineer)
    browser = browse(engineer)
    form = form_with(browser.get(address(incident)), "No answer again")
    browser.post(form.action, form.values | {"promise": "15"})
    assert last(incident).next_call_at == timezone.now() + timedelta(minutes=15)


@pytest.mark.parametrize("changes", [{"outcome": "spoke"}, {"direction": "in", "outcome": "voicemail"}])
def test_after_a_call_that_got_through_or_came_in_there_is_nothing_to_try_again(
    changes: dict[str, str], incident: Incident, browse: Browse, engineer: User
) -> None:
    log_call(incident.pk, **{"direction": "out", "who": IT, **changes}, by=engineer)
    assert "No answer again" not in browse(engineer).get(address(incident)).content.decode()


@pytest.mark.parametrize("minutes", [15, 30, 60])
def test_a_quick_choice_counts_from_the_press(
    minutes: int, incident: Incident, browse: Browse, engineer: User, night: Any
) -> None:
    browser = browse(engineer)
    page = browser.get(address(incident, "call/"))
    at = timezone.localtime() + timedelta(minutes=minutes)
    assert f"In {minutes} min, {at:%H:%M} GMT" in page.content.decode()
    form = form_with(page, "Log the call")
    night.shift(60)
    browser.post(address(incident, "call/"), form.values | {"outcome": "spoke", "promise": str(minutes)})
    assert last(incident).next_call_at == timezone.now() + timedelta(minutes=minutes)


def test_a_time_may_be_typed_instead(incident: Incident, browse: Browse, engineer: User) -> None:
    sent = {"direction": "out", "who": IT, "outcome": "spoke", "next_call_at": "03:30"}
    assert browse(engineer).post(address(incident, "call/"), sent).status_code == 302
    assert last(incident).next_call_at == datetime(2026, 11, 22, 3, 30, tzinfo=UTC)


def test_minutes_and_a_time_are_asked_which(incident: Incident, browse: Browse, engineer: User) -> None:
    sent = {
        "direction": "out", "who": IT, "outcome": "spoke", "next_call_at": "03:30", "promise": "15",
        "text": "Typed words",
    }  # fmt: skip
    answer = browse(engineer).post(address(incident, "call/"), sent)
    assert answer.status_code == 422
    words = answer.content.decode()
    assert "You chose minutes as well" in words
    assert "Typed words" in words
    assert incident.calls.count() == 1


def test_a_time_that_happens_twice_is_asked_which(
    incident: Incident, browse: Browse, engineer: User, night: Any
) -> None:
    night.move_to(datetime(2026, 10, 25, 0, 10, tzinfo=UTC))  # 01:10 BST, before the clocks go back
    browser = browse(engineer)
    sent = {
        "direction": "out", "who": IT, "outcome": "spoke", "next_call_at": "01:30",
        "next_call_at_day": "2026-10-25",
    }  # fmt: skip
    asked = browser.post(address(incident, "call/"), sent)
    assert asked.status_code == 422
    assert "01:30 GMT, after the clocks went back" in asked.content.decode()
    browser.post(address(incident, "call/"), sent | {"next_call_at_fold": "1"})
    assert last(incident).next_call_at == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_a_promised_call_stands_on_top_until_it_is_made(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    soon = timezone.now() + timedelta(minutes=12)
    promise = log_call(
        incident.pk, direction="in", who=IT, number="01632 1", outcome="spoke", next_call_at=soon, by=engineer
    )
    browser = browse(engineer)
    page = browser.get(address(incident)).content.decode()
    assert f"Ring {IT}" in page.partition("action-bar")[0]  # among the vitals
    assert "in 12 min" in page
    form = form_with(browser.get(address(incident, f"call/?keeps={promise.pk}")), "Log the call")
    assert form.values["keeps"] == str(promise.pk)
    sent = form.values | {"outcome": "spoke", "who": "The deputy"}
    browser.post(address(incident, "call/"), sent)
    after = browser.get(address(incident)).content.decode()
    assert f"Ring {IT}" not in after.partition("action-bar")[0]
    assert re.search(r"Next call promised for .*made", after)


def test_a_late_promise_is_called_late(
    incident: Incident, browse: Browse, engineer: User, night: Any
) -> None:
    soon = timezone.now() + timedelta(minutes=2)
    log_call(incident.pk, direction="in", who=IT, outcome="spoke", next_call_at=soon, by=engineer)
    night.shift(6 * 60)
    assert "4 min late" in browse(engineer).get(address(incident)).content.decode().partition("action-bar")[0]


@pytest.mark.parametrize("keeps", ["x", "0", "99999999999999999999", "²", "1"])
def test_a_promise_that_is_none_is_as_if_it_were_not_named(
    keeps: str, incident: Incident, browse: Browse, engineer: User
) -> None:
    answer = browse(engineer).get(address(incident, f"call/?keeps={keeps}"))
    assert answer.status_code == 200
    assert answer.context["form"]["keeps"].value() is None


def test_a_promise_is_called_off_on_a_page_of_its_own(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    soon = timezone.now() + timedelta(minutes=12)
    promise = log_call(incident.pk, direction="in", who=IT, outcome="spoke", next_call_at=soon, by=engineer)
    browser, at = browse(engineer), address(incident, f"calls/{promise.pk}/call-off/")
    assert f"We ring {IT} by Sun 22 Nov 02:19 GMT." in browser.get(at).content.decode()
    assert browser.post(at, {"reason": ""}).status_code == 422
    assert browser.post(at, {"reason": "They sit with us"})["Location"] == address(incident)
    assert "They sit with us" in browser.get(address(incident)).content.decode()


def test_a_call_without_a_promise_or_of_another_incident_is_not_there_to_be_called_off(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    other = factories.make_incident(by=engineer)
    soon = timezone.now() + timedelta(minutes=12)
    promise = log_call(other.pk, direction="in", who=IT, outcome="spoke", next_call_at=soon, by=engineer)
    first = incident.calls.get()
    for pk in (promise.pk, first.pk):
        assert browse(engineer).get(address(incident, f"calls/{pk}/call-off/")).status_code == 404


def test_an_auditor_reads_the_calls_and_is_offered_no_form(
    incident: Incident, browse: Browse, partner_auditor: User
) -> None:
    browser = browse(partner_auditor)
    page = browser.get(address(incident)).content.decode()
    assert "Phone calls" in page
    assert "Log the call" not in page
    assert browser.get(address(incident, "call/")).status_code == 403
    assert browser.post(address(incident, "calls/1/call-off/"), {"reason": "x"}).status_code == 403


def test_what_was_promised_is_said_before_resolving(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    soon = timezone.now() + timedelta(minutes=12)
    log_call(incident.pk, direction="in", who=IT, outcome="spoke", next_call_at=soon, by=engineer)
    page = browse(engineer).get(address(incident, "resolve/")).content.decode()
    assert f"Still promised: We ring {IT} by Sun 22 Nov 02:19 GMT." in page
