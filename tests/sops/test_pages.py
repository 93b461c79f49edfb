"""The pages over HTTP: who sees which, what they show and refuse, and how often they ask the database."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import Component, User
from incidents.models import Incident
from sops import services
from sops.actions import simulated
from sops.models import Run, StepRun, Suspension
from tests import factories
from tests.sops import making
from tests.sops.making import (
    CHECK,
    ESCALATE,
    MANUAL,
    POST,
    RESTART,
    TARGET,
    WAIT,
    decision,
    make_approved,
    start,
    step,
    work,
)

pytestmark = pytest.mark.django_db

Browse = Callable[[User | None], Client]
READERS = {
    "engineer",
    "lead",
    "partner_auditor",
    "analyst",
    "author",
    "approver",
    "manager",
    "vendor_auditor",
}


def text(answer: Any) -> str:
    return str(answer.content.decode())


@pytest.mark.parametrize("role", [*sorted(READERS), "specialist", "integration", "alert_source"])
def test_who_may_see_sops_sees_the_list_and_one(
    role: str, night: None, browse: Browse, request: pytest.FixtureRequest
) -> None:
    sop = make_approved().sop
    client = browse(request.getfixturevalue(role))
    allowed = role in READERS | {"specialist"}
    assert client.get("/sops/").status_code == (200 if allowed else 403)
    assert client.get(f"/sops/{sop.code}/").status_code == (200 if allowed else 404)


@pytest.mark.parametrize("address", ["/sops/", "/sops/SOP-03/", "/runs/1/", "/incidents/OOH-2026-00001/sop/"])
def test_nobody_signed_in_goes_to_the_sign_in(address: str, browse: Browse, db: None) -> None:
    assert browse(None).get(address)["Location"].startswith("/sign-in/")


def test_the_list_says_what_is_in_force_expired_suspended_or_waits(
    night: Any, author: User, approver: User, browse: Browse
) -> None:
    from datetime import date, timedelta

    expired = make_approved(review_on=date(2026, 11, 23)).sop
    suspended, in_force = make_approved().sop, make_approved().sop
    waiting = services.submit_version(making.make_draft(author).pk, by=author).sop
    services.suspend_sop(suspended.pk, reason="Wrong slot", by=approver)
    night.shift(timedelta(days=3))
    client = browse(approver)
    shown = {
        name: text(client.get(f"/sops/?show={name}"))
        for name in ("in_force", "expired", "suspended", "waiting")
    }
    for name, sop in (
        ("in_force", in_force),
        ("expired", expired),
        ("suspended", suspended),
        ("waiting", waiting),
    ):
        assert f"/sops/{sop.code}/" in shown[name], name
        assert sum(f"/sops/{sop.code}/" in page for page in shown.values()) == 1, name
    assert "Nothing found" in text(client.get("/sops/?q=zebra"))
    assert in_force.code in text(client.get(f"/sops/?q={in_force.code}+restart&service=compucare8"))


def test_the_partner_does_not_read_what_was_not_approved(
    author: User, engineer: User, approver: User, browse: Browse, night: None
) -> None:
    version = make_approved([CHECK], use_when="In force words")
    newer = making.make_draft(author, [MANUAL | {"title": "Secret new step"}], sop=version.sop)
    services.submit_version(newer.pk, by=author)
    address = f"/sops/{version.sop.code}/?version=2"
    assert "Secret new step" in text(browse(approver).get(address))
    assert "Secret new step" not in text(browse(engineer).get(address))
    assert "waits for approval" not in text(browse(engineer).get("/sops/"))


def test_an_approver_suspends_on_the_page_with_a_reason(night: None, approver: User, browse: Browse) -> None:
    sop = make_approved().sop
    client = browse(approver)
    assert client.post(f"/sops/{sop.code}/suspend/", {"reason": ""}).status_code == 422
    assert client.post(f"/sops/{sop.code}/suspend/", {"reason": "Wrong slot"}).status_code == 302
    assert "Wrong slot" in text(client.get(f"/sops/{sop.code}/"))
    assert client.post(f"/sops/{sop.code}/suspend/", {"lift": "1"}).status_code == 302
    assert not Suspension.objects.active().exists()


@pytest.mark.parametrize("role", ["engineer", "author", "manager"])
def test_others_do_not_suspend(
    role: str, night: None, browse: Browse, request: pytest.FixtureRequest
) -> None:
    sop = make_approved().sop
    answer = browse(request.getfixturevalue(role)).post(f"/sops/{sop.code}/suspend/", {"reason": "No"})
    assert answer.status_code == 403


def test_an_author_starts_a_draft_with_the_words_of_the_version_before(
    night: None, author: User, engineer: User, browse: Browse
) -> None:
    version = make_approved([CHECK, MANUAL])
    address = f"/sops/{version.sop.code}/draft/"
    assert browse(engineer).post(address).status_code == 403
    answer = browse(author).post(address)
    draft = version.sop.versions.get(number=2)
    assert answer["Location"] == f"/admin/sops/sopversion/{draft.pk}/change/"
    assert (draft.state, draft.use_when, draft.steps.count()) == ("draft", version.use_when, 2)


# ---------- Starting ----------


def test_an_engineer_starts_what_fits_and_reads_why_the_rest_does_not(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    making.triaging(on_night, engineer)
    version = make_approved([CHECK, RESTART])
    other = make_approved(services=[factories.make_service("ward", "Compucare Ward")])
    client, address = browse(engineer), f"/incidents/{on_night.reference}/sop/"
    shown = text(client.get(address))
    assert f"Start {version.sop.code}" in shown
    assert f"Start {other.sop.code}" not in shown
    assert "Not for Compucare 8" in shown
    assert f"/incidents/{on_night.reference}/escalate/" in shown
    answer = client.post(address, {"sop": version.sop.code, "version": "1", "seen": "triaging"})
    run = Run.objects.counted().get()
    assert answer["Location"] == f"/runs/{run.pk}/"
    assert (run.version, run.started_by) == (version, engineer)


@pytest.mark.parametrize(
    "sent", [{}, {"sop": "SOP-99", "version": "1"}, {"sop": "SOP-20", "version": "x"},
             {"sop": "x" * 500, "version": "9" * 99}]
)  # fmt: skip
def test_a_start_of_what_there_is_not_is_404(
    on_night: Incident, engineer: User, browse: Browse, sent: dict[str, str]
) -> None:
    assert browse(engineer).post(f"/incidents/{on_night.reference}/sop/", sent).status_code == 404


def test_who_may_not_run_does_not_get_to_start(
    on_night: Incident, analyst: User, author: User, browse: Browse
) -> None:
    assert browse(analyst).get(f"/incidents/{on_night.reference}/sop/").status_code == 403
    assert browse(author).get(f"/incidents/{on_night.reference}/sop/").status_code == 404


# ---------- The run ----------


def press(client: Client, run: Run, name: str, **sent: Any) -> Any:
    return client.post(f"/runs/{run.pk}/{name}/", sent)


def test_the_whole_run_by_hand(
    on_night: Incident, engineer: User, estate: dict[str, Component], browse: Browse, night: Any
) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK, MANUAL, RESTART, WAIT, decision(yes=6), POST], by=engineer))
    client = browse(engineer)
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "503, 3 of 3" in shown
    assert "Step 2 of 6" in shown
    assert press(client, run, "answer", step=2, evidence="They agree").status_code == 302
    shown = text(client.get(f"/runs/{run.pk}/"))
    target = estate["app_service"].name
    for words in ("Disruptive action", target, f"Type {target} to confirm the target",
                  f"Restart {target}",
                  "Nothing else acts on this target", "UK South, rg-wexcombe",
                  "Soft restart, all instances"):  # fmt: skip
        assert words in shown
    assert press(client, run, "confirm", step=3, confirm=TARGET).status_code == 302
    assert 'hx-trigger="load delay:200ms, every 2s"' in text(client.get(f"/runs/{run.pk}/"))
    work(run)
    assert "It looks again by itself" in text(client.get(f"/runs/{run.pk}/"))
    night.shift(6)
    work(run)
    assert press(client, run, "answer", step=5, answer="Yes").status_code == 302
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "Users can sign in to Compucare 8 again. We keep watching. Next update by 02:37 GMT." in shown
    sent = press(client, run, "post", step=6, words="Users can sign in again.", next_in_minutes="30")
    assert sent.status_code == 302
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "Service restored" in shown
    assert "every 2s" not in shown
    assert f"/incidents/{on_night.reference}/resolve/" in shown


@pytest.mark.parametrize(
    ("steps", "name", "sent", "words"),
    [
        ([RESTART], "confirm", {"confirm": "harbour"}, "Type app-compucare8-wexcombe to confirm the target"),
        ([MANUAL], "answer", {"evidence": ""}, "Write what you did and what you saw"),
        ([MANUAL], "answer", {"evidence": "NHS number 999 012 3456"}, "Remove the patient identifier"),
        ([decision()], "answer", {"answer": ""}, "Choose one of the answers"),
        ([decision()], "answer", {"answer": "Perhaps"}, "Choose one of the answers: Yes or No"),
        ([POST], "post", {"words": "", "next_in_minutes": "30"}, "Write what the public is told"),
        ([POST], "post", {"words": "Down", "next_in_minutes": "soon"}, "Enter a whole number"),
        ([POST], "post", {"words": "Wexcombe Park Hospital", "next_in_minutes": "30"}, "names no hospital"),
        ([POST], "leave-out", {"reason": ""}, "Say why you leave this step out"),
        ([ESCALATE], "escalate", {"evidence": ""}, "Say what you saw and what you tried"),
        ([CHECK], "close", {"outcome": "perhaps"}, "Choose whether the service is restored"),
        ([MANUAL], "stop", {"reason": ""}, "Say why you stop"),
        (
            [MANUAL],
            "answer",
            {"step": "99999999999999999999", "evidence": "Done"},
            "less than or equal to 999",
        ),
        ([MANUAL], "answer", {"step": "77", "evidence": "Done"}, "The run has the steps 1 to 1"),
        ([MANUAL], "answer", {"step": "", "evidence": "Done"}, "The step is missing. Open the run again"),
    ],
)
def test_what_is_wrong_comes_back_on_the_page_and_nothing_is_done(
    on_night: Incident, engineer: User, browse: Browse, steps: list[dict[str, Any]], name: str,
    sent: dict[str, str], words: str,
) -> None:  # fmt: skip
    run = work(start(on_night, steps, by=engineer))
    answer = press(browse(engineer), run, name, **({"step": "1"} | sent))
    assert answer.status_code == 422
    assert words in text(answer)
    assert "There is a problem" in text(answer)
    run.refresh_from_db()
    assert run.state == Run.State.WAITING


def test_of_two_people_the_second_gets_409_with_who_was_faster(
    on_night: Incident, engineer: User, other_engineer: User, browse: Browse
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    assert press(browse(engineer), run, "confirm", step=1, confirm=TARGET).status_code == 302
    answer = press(browse(other_engineer), run, "confirm", step=1, confirm=TARGET)
    assert answer.status_code == 409
    assert "OOH engineer 1 has already dealt with step 1" in text(answer)


def test_what_is_not_known_is_asked_and_answered(
    on_night: Incident, engineer: User, estate: dict[str, Component], browse: Browse
) -> None:
    run = work(start(on_night, [RESTART, MANUAL], by=engineer))
    simulated.put(estate["app_service"], "fault", {"name": "lose"})
    client = browse(engineer)
    press(client, run, "confirm", step=1, confirm=TARGET)
    work(run)
    shown = text(client.get(f"/runs/{run.pk}/"))
    assert "Did it happen?" in shown
    assert "It is not sent again by itself" in shown
    assert press(client, run, "happened", step=1, evidence="Looked").status_code == 422
    assert press(client, run, "happened", step=1, evidence="Looked", happened="no").status_code == 302
    assert "it did not happen" in text(client.get(f"/runs/{run.pk}/"))
    assert press(client, run, "go-on", step=1).status_code == 302
    assert step(run, 2).state == StepRun.State.WAITING


def test_an_escalate_step_leads_to_the_page_of_escalating(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    run = work(start(on_night, [ESCALATE], by=engineer))
    answer = press(browse(engineer), run, "escalate", step=1, evidence="No effect")
    assert answer["Location"] == f"/incidents/{on_night.reference}/escalate/"


def test_anybody_with_the_right_stops_a_run(
    on_night: Incident, engineer: User, analyst: User, author: User, browse: Browse
) -> None:
    run = work(start(on_night, [MANUAL], by=engineer))
    assert press(browse(author), run, "stop", reason="No").status_code == 403
    assert press(browse(analyst), run, "stop", reason="The caller can sign in").status_code == 302
    shown = text(browse(analyst).get(f"/runs/{run.pk}/"))
    assert "Desk analyst 1 stopped it" in shown
    assert "The caller can sign in" in shown


def test_who_only_reads_sees_no_button(
    on_night: Incident, engineer: User, author: User, browse: Browse
) -> None:
    run = work(start(on_night, [RESTART], by=engineer))
    shown = text(browse(author).get(f"/runs/{run.pk}/"))
    assert "An engineer on shift does this step" in shown
    assert "is-danger" not in shown
    assert press(browse(author), run, "confirm", step=1, confirm=TARGET).status_code == 403


def test_a_specialist_sees_no_run(
    on_night: Incident, engineer: User, specialist: User, browse: Browse
) -> None:
    run = start(on_night, [CHECK], by=engineer)
    assert browse(specialist).get(f"/runs/{run.pk}/").status_code == 404
    assert press(browse(specialist), run, "stop", reason="No").status_code == 404


@pytest.mark.parametrize(
    "address", ["/runs/0/", "/runs/99999999999999999999/", "/runs/abc/", "/runs/12345/", "/sops/SOP-99/",
                "/sops/sop-03/"]
)  # fmt: skip
def test_what_there_is_not_is_404(address: str, engineer: User, browse: Browse) -> None:
    assert browse(engineer).get(address).status_code == 404


def test_an_act_that_there_is_not_is_404_and_a_get_is_405(
    on_night: Incident, engineer: User, browse: Browse
) -> None:
    run = start(on_night, [CHECK], by=engineer)
    assert press(browse(engineer), run, "explode").status_code == 404
    assert browse(engineer).get(f"/runs/{run.pk}/stop/").status_code == 405


# ---------- How often the database is asked ----------


def queries(client: Client, address: str, counting: Any) -> int:
    client.get(address)
    with counting as asked:
        assert client.get(address).status_code == 200
    return len(asked)


@pytest.mark.parametrize(("address", "most"), [("/sops/", 12), ("start", 18), ("sop", 16)])
def test_the_number_of_queries_does_not_grow_with_the_rows(
    on_night: Incident,
    engineer: User,
    browse: Browse,
    django_assert_max_num_queries: Any,
    address: str,
    most: int,
) -> None:
    making.triaging(on_night, engineer)
    sop = make_approved([CHECK, MANUAL, RESTART]).sop
    client = browse(engineer)
    where = {"start": f"/incidents/{on_night.reference}/sop/", "sop": f"/sops/{sop.code}/"}.get(
        address, address
    )
    few = queries(client, where, django_assert_max_num_queries(most))
    for _ in range(5):
        make_approved([CHECK, MANUAL, RESTART, WAIT], services=[on_night.service])
    assert queries(client, where, django_assert_max_num_queries(most)) == few


def test_the_page_of_a_run_asks_the_same_for_any_number_of_steps(
    on_night: Incident, engineer: User, browse: Browse, django_assert_max_num_queries: Any
) -> None:
    short = work(start(on_night, [CHECK, RESTART], by=engineer))
    client = browse(engineer)
    few = queries(client, f"/runs/{short.pk}/", django_assert_max_num_queries(20))
    other = factories.make_incident(by=engineer, customer=on_night.customer)
    long = work(start(other, [CHECK] * 8 + [RESTART] + [MANUAL] * 5, by=engineer))
    assert queries(client, f"/runs/{long.pk}/", django_assert_max_num_queries(20)) == few


def test_the_panel_of_the_workbench_asks_nothing(
    on_night: Incident, engineer: User, django_assert_num_queries: Any
) -> None:
    from django.template.loader import render_to_string

    work(start(on_night, [CHECK, RESTART, MANUAL], by=engineer))
    rows = on_night.runs.select_related("version__sop", "started_by", "stopped_by")
    run = rows.prefetch_related("step_runs").get()
    with django_assert_num_queries(0):
        shown = render_to_string("sops/_run_panel.html", {"run": run})
    assert "Step 2: Restart the application service" in shown
    assert "It waits for a person" in shown
