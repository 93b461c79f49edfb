"""A decision goes by a check's result where there is one, and by a person where there is none."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Component, User
from incidents.models import Incident
from sops import services
from sops.actions import simulated
from sops.models import Run, StepRun
from sops.problems import step_problems
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, POST, RESTART, WAIT, by_check, decision, start, step, work

State = StepRun.State
END = {"then": "end", "outcome": "restored"}


def states(run: Run) -> list[str]:
    return [each.state for each in run.step_runs.order_by("position")]


def test_a_good_check_answers_it_and_leads_on_without_a_person(on_night: Incident, engineer: User) -> None:
    run = work(start(on_night, [CHECK, by_check(1, good=4, bad=3), MANUAL, POST], by=engineer))
    assert states(run) == [State.DONE, State.DONE, State.SKIPPED, State.WAITING]
    decided = step(run, 2)
    assert (decided.answer, decided.decided_by) == ("Good", None)
    assert decided.summary == "Does it answer? Good, by step 1: 200, 3 of 3"
    line = on_night.timeline.get(title__contains="step 2")
    assert line.title == f"{run.version.sop.code} step 2: {decided.summary}"
    assert line.by == User.objects.system()


def test_a_bad_check_answers_it_too(on_night: Incident, engineer: User, estate: dict[str, Component]) -> None:
    simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK, by_check(1, good=4, bad=3), MANUAL, POST], by=engineer))
    assert states(run) == [State.DONE, State.DONE, State.WAITING, State.PENDING]
    assert step(run, 2).summary == "Does it answer? Bad, by step 1: 503, 3 of 3"


@pytest.mark.parametrize(("is_down", "outcome"), [(False, "restored"), (True, "not_restored")])
def test_its_answer_may_end_the_run(
    on_night: Incident, engineer: User, estate: dict[str, Component], is_down: bool, outcome: str
) -> None:
    if is_down:
        simulated.break_down(estate["app_service"])
    run = work(start(on_night, [CHECK, by_check(1), MANUAL], by=engineer))
    assert (run.state, run.outcome, states(run)[2]) == (Run.State.FINISHED, outcome, State.SKIPPED)


def test_a_check_that_gave_up_counts_as_bad(
    on_night: Incident, engineer: User, estate: dict[str, Component], night: Any
) -> None:
    simulated.break_down(estate["app_service"])
    run = start(on_night, [WAIT, by_check(1, good=3, bad=3), MANUAL], by=engineer)
    for _ in range(62):
        work(run, most=1)
        night.shift(5)
    assert step(run, 2).answer == "Bad"


def test_of_a_check_that_failed_nobody_guesses_and_a_person_answers(
    on_night: Incident, engineer: User, estate: dict[str, Component]
) -> None:
    simulated.put(estate["endpoint"], "fault", {"name": "fail"})
    run = work(start(on_night, [CHECK, by_check(1, good=3, bad=3), MANUAL], by=engineer))
    assert states(run) == [State.FAILED, State.WAITING, State.PENDING]
    with pytest.raises(ValidationError, match="Choose one of the answers: Good or Bad"):
        services.answer(run.pk, 2, answer="Yes", by=engineer)
    services.answer(run.pk, 2, answer="bad", evidence="The caller sees 503", by=engineer)
    assert (step(run, 2).answer, step(run, 2).decided_by) == ("Bad", engineer)
    assert step(run, 3).state == State.WAITING


def test_a_check_that_was_left_out_answers_nothing(on_night: Incident, engineer: User) -> None:
    steps = [decision(yes=3), CHECK, by_check(2, good=4, bad=4), MANUAL]
    run = work(start(on_night, steps, by=engineer))
    services.answer(run.pk, 1, answer="Yes", by=engineer)
    run = work(run)
    assert states(run) == [State.DONE, State.SKIPPED, State.WAITING, State.PENDING]


def test_two_decisions_in_a_row_go_by_the_same_check(on_night: Incident, engineer: User) -> None:
    steps = [CHECK, by_check(1, good=3, bad=4), by_check(1, good=4, bad=4), MANUAL]
    run = work(start(on_night, steps, by=engineer))
    assert states(run) == [State.DONE, State.DONE, State.DONE, State.WAITING]


@pytest.mark.parametrize(
    ("steps", "words"),
    [
        ([MANUAL, by_check(1)], "by_check: step 1 is not an earlier check"),
        ([by_check(2), CHECK], "by_check: step 2 is not an earlier check"),
        ([by_check(1)], "by_check: step 1 is not an earlier check"),
        ([CHECK, by_check(9)], "by_check: step 9 is not an earlier check"),
        ([RESTART, by_check(1)], "by_check: step 1 is not an earlier check"),
        ([CHECK, by_check(0)], "by_check: write 1 or more"),
        ([CHECK, by_check(1) | {"parameters": {"by_check": "1"}}], "by_check: write a whole number"),
        ([CHECK, by_check(1) | {"parameters": {"check": 1}}], "check: remove it, there is no such parameter"),
        ([CHECK, by_check(1) | {"options": decision()["options"]}],
         "a decision by a check has the answers Good and Bad"),
        ([CHECK, by_check(1) | {"options": [{"answer": "Good", **END}]}],
         "a decision by a check has the answers Good and Bad"),
        ([CHECK, by_check(1) | {"options": [*by_check(1)["options"], {"answer": "Bad", **END}]}],
         "each answer of a decision is different"),
        ([CHECK, decision(yes=2)], "“Yes” leads to step 2: choose a later step, up to 2"),
        ([CHECK, decision(yes=3)], "“Yes” leads to step 3: choose a later step, up to 2"),
        ([decision() | {"options": [{"answer": "Yes", **END}]}],
         "a decision has at least two answers, all different"),
        ([decision() | {"options": "Yes"}], "options: write a list of answers"),
        ([decision() | {"options": [{"answer": "Yes", "then": "end"}, {"answer": "No", **END}]}],
         "“Yes” ends the run: say whether the service is restored"),
        ([decision(no=2) | {"options": [{"answer": "Yes", **END},
                                        {"answer": "No", "then": 2, "outcome": "not_restored"}]}, MANUAL],
         "“No” goes on: its outcome can only be restored, or empty"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_decision_is_said_with_its_step(
    author: User, steps: list[dict[str, Any]], words: str
) -> None:
    version = making.make_draft(author, steps)
    problems = step_problems(list(version.steps.all()))
    assert [problem for problem in problems if words in problem], problems
    with pytest.raises(ValidationError):
        services.submit_version(version.pk, by=author)


def test_where_its_answers_lead_is_read_before_it_starts(author: User) -> None:
    from sops.presenting import leads_words

    version = making.make_draft(author, [CHECK, by_check(1, good=3), MANUAL])
    assert leads_words(version.steps.get(position=2)) == [
        "Good: step 3",
        "Bad: the run ends, service not restored",
    ]
