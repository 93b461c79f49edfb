"""The page of one run: what it shows in each scene, and how it keeps itself true without a press."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest import mock

import pytest
from django.test import Client

from accounts.models import Component, User
from incidents import services as incidents
from incidents.models import Incident
from sops import engine, following, services
from sops.actions import simulated
from sops.actions.outcomes import Throttled, Underway
from sops.models import Run, StepRun
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART, TARGET, WAIT, start, step, work

pytestmark = pytest.mark.django_db

Browse = Callable[[User | None], Client]


def text(answer: Any) -> str:
    return str(answer.content.decode())


def press(client: Client, run: Run, name: str, **sent: Any) -> Any:
    return client.post(f"/runs/{run.pk}/{name}/", sent)


def poll(client: Client, run: Run, **seen: str) -> Any:
    return client.get(f"/runs/{run.pk}/", seen, headers={"HX-Request": "true"})


def seen_on(shown: str) -> dict[str, str]:
    """What the page sends with its next read."""
    found = re.search(r"hx-vals='([^']+)'", shown)
    assert found
    return dict(json.loads(found[1]))


def test_htmx_gets_only_the_part_that_changes_and_the_title(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    run = start(on_night, [CHECK], by=engineer)
    shown = text(poll(browse(engineer), run))
    title = "Step 1 of 1, about to begin: Probe the sign-in page · OOH-2026-00001 · Out-of-hours desk"
    assert shown.lstrip().startswith(f"<title>{title}</title>")
    assert f"<title>{title}</title>" in text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert 'id="live"' in shown
    assert 'id="as-of"' in shown
    assert "<html" not in shown


def test_a_read_that_finds_nothing_new_redraws_nothing_and_says_nothing(
    on_night: Incident, engineer: User, browse: Browse, night: Any
) -> None:
    run = work(start(on_night, [MANUAL, CHECK], by=engineer))
    client = browse(engineer)
    seen = seen_on(text(client.get(f"/runs/{run.pk}/")))
    night.shift(10)
    same = poll(client, run, **seen)
    assert same["HX-Reswap"] == "none"
    assert "Live, 02:07:22 GMT" in text(same)
    assert "run-said" not in text(same)
    services.answer(run.pk, 1, evidence="They agree", by=engineer)
    changed = poll(client, run, **seen)
    assert "HX-Reswap" not in changed
    assert (
        '<p hx-swap-oob="innerHTML:#run-said">Step 2 of 2, about to begin: Probe the sign-in page</p>'
        in text(changed)
    )


def test_what_is_new_in_the_same_step_is_drawn_and_not_said_again(
    on_night: Incident, engineer: User, browse: Browse, estate: dict[str, Component], night: Any
) -> None:
    simulated.break_down(estate["app_service"])
    run = start(on_night, [WAIT, MANUAL], by=engineer)
    work(run, most=1)
    client = browse(engineer)
    seen = seen_on(text(client.get(f"/runs/{run.pk}/")))
    night.shift(5)
    work(run, most=1)
    again = poll(client, run, **seen)
    assert "02:07:17 GMT" in text(again)
    assert "HX-Reswap" not in again
    assert "run-said" not in text(again)


def test_who_waits_sees_by_itself_what_others_do(
    on_night: Incident, engineer: User, approver: User, browse: Browse
) -> None:
    run = work(start(on_night, [making.SWAP, MANUAL], by=engineer))
    client = browse(engineer)
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "A second person, of the vendor, has to agree to it first" in shown
    assert "is-danger" not in shown
    assert 'hx-trigger="every 10s"' in shown
    agreeing = text(browse(approver).get(f"/runs/{run.pk}/"))
    assert f"Agree: Swap the slots of {TARGET}" in agreeing
    assert press(browse(approver), run, "agree", step=1).status_code == 302
    assert "It holds until 02:22 GMT" in text(browse(approver).get(f"/runs/{run.pk}/"))
    changed = text(poll(client, run, **seen_on(shown)))
    assert f"Swap the slots of {TARGET}</button>" in changed
    assert "is-danger" in changed


def test_the_run_says_who_suspended_what_it_needs_and_why(
    on_night: Incident, engineer: User, approver: User, browse: Browse
) -> None:
    run = work(start(on_night, [MANUAL, RESTART], by=engineer))
    other = factories.make_incident(by=engineer, customer=on_night.customer)
    asking = work(start(other, [RESTART], by=engineer))
    services.suspend_action("restart_app_service", reason="It restarts the wrong slot", by=approver)
    words = "suspended by SOP approver, Sun 22 Nov 02:07 GMT: It restarts the wrong slot"
    shown = text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert "This run stops at its next step" in shown
    assert words in shown
    shown = text(browse(engineer).get(f"/runs/{asking.pk}/"))
    assert "It cannot be sent now" in shown
    assert words in shown
    answer = press(browse(engineer), asking, "confirm", step=1, confirm=TARGET)
    assert answer.status_code == 409
    assert words in text(answer)


def test_from_eight_on_the_run_says_what_waits_and_the_lead_is_led_to_the_gate(
    on_night: Incident, engineer: User, lead: User, browse: Browse, night: Any
) -> None:
    run = work(start(on_night, [MANUAL, CHECK], by=engineer))
    night.move_to(datetime(2026, 11, 23, 8, 5, tzinfo=UTC))
    gate = f"/incidents/{on_night.reference}/override-gate/"
    shown = text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert "Checks and changes wait; what you do yourself can be written down" in shown
    assert gate not in shown
    assert gate in text(browse(lead).get(f"/runs/{run.pk}/"))
    press(browse(engineer), run, "answer", step=1, evidence="They agree")
    work(run)
    shown = text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert "Working hours since 08:00 GMT, and no lead has said why to go on" in shown
    assert "Go on with step 2" not in shown
    incidents.override_gate(on_night.pk, reason="The director asked us to finish", by=lead)
    assert "Go on with step 2" in text(browse(engineer).get(f"/runs/{run.pk}/"))
    assert press(browse(engineer), run, "resume", step=2).status_code == 302


def test_what_goes_on_at_azure_is_shown_and_followed_also_after_a_stop(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    with mock.patch.object(simulated, "perform", return_value=Underway("Azure accepted it", {"url": "x"})):
        work(run)
    client = browse(engineer)
    shown = text(client.get(f"/runs/{run.pk}/"))
    for words in ("Under way at Azure", "Azure accepted it", "02:07:17 GMT", "what Azure has begun goes on"):
        assert words in shown
    services.stop(run.pk, reason="Called away", by=engineer)
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "Step 1 goes on at Azure" in shown
    assert 'hx-trigger="load delay:200ms, every 2s"' in shown
    step_run = step(run, 1)
    following.record(step_run.pk, engine.Result(StepRun.State.DONE, "Restarted"))
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "goes on at Azure" not in shown
    assert "1 Restarted" in shown
    assert "every 2s" not in shown


def test_what_was_turned_away_says_when_it_is_sent_again(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    services.confirm(run.pk, 1, typed=TARGET, by=engineer)
    with mock.patch.object(simulated, "perform", side_effect=Throttled("Azure is busy", 30)):
        work(run)
    shown = text(browse(engineer).get(f"/runs/{run.pk}/"))
    for words in ("Turned away, sent again later", "Azure is busy", "02:07:42 GMT", "1 time<"):
        assert words in shown
