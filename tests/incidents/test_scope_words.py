"""What the gate says aloud, and what is stored of its answer."""

import json
from dataclasses import FrozenInstanceError, replace
from datetime import UTC, date, datetime
from functools import cache
from itertools import product

import pytest

from incidents.local_time import LONDON
from incidents.scope import (
    COVERED_SERVICES,
    FAILURES,
    WHO,
    Call,
    Judgement,
    judge,
)

SUNDAY_NIGHT = datetime(2026, 11, 22, 2, 7, 12, tzinfo=UTC)
FRIDAY_NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORLD_CUP = datetime(2026, 6, 15, 10, tzinfo=LONDON)
SERVICES = (*COVERED_SERVICES, "other")

DOWN = Call(
    service="compucare8",
    failure="cannot_sign_in",
    who="everyone_all_sites",
    nation="ENG",
    entitled_from=date(2026, 4, 1),
    uses_clinical_features=True,
    customer_name="Wexcombe Park Hospital",
)
EVERY_CALL = [
    replace(DOWN, service=service, failure=failure, who=who, uses_clinical_features=clinical)
    for service, failure, who, clinical in product(
        ("", *SERVICES), ("", *FAILURES), ("", *WHO), (True, False)
    )
]


def said(at: datetime = SUNDAY_NIGHT, **facts: object) -> Judgement:
    return judge(replace(DOWN, **facts), at)


@cache
def every_judgement() -> list[Judgement]:
    calls = [*EVERY_CALL, replace(DOWN, needs_patient_data=True), replace(DOWN, needs_software_change=True)]
    moments = (SUNDAY_NIGHT, FRIDAY_NOON)
    not_entitled = [replace(call, entitled_from=None) for call in calls]
    return [judge(call, at) for call in (*calls, *not_entitled) for at in moments]


def test_whatever_the_facts_there_is_an_answer_with_words_to_read_aloud():
    for judgement in every_judgement():
        assert judgement.outcome in {"accept", "decline", "pass_to_lead", "ask"}
        assert bool(judgement.rule) is (judgement.outcome in {"decline", "pass_to_lead"})
        assert judgement.tell_caller.startswith("“")
        assert judgement.tell_caller.endswith("”")
        assert judgement.headline
        assert all(check.title and check.detail for check in judgement.checks)


def test_the_words_keep_to_the_house_style():
    for judgement in every_judgement():
        shown = [judgement.headline, judgement.question, judgement.tell_caller]
        shown += [check.detail for check in judgement.checks]
        for words in shown:
            assert not any(banned in words for banned in ("lease", "orry", "!", "SLA", "{", "'", "  "))


def test_no_time_for_the_fix_is_promised():
    for judgement in every_judgement():
        assert not any(
            word in judgement.tell_caller for word in ("minutes", "hours time", "fixed by", "back by")
        )
    assert "cannot tell you when it will be back" in said().tell_caller


def test_best_endeavours_are_said_only_where_we_begin_to_work():
    for judgement in every_judgement():
        assert ("best endeavours" in judgement.tell_caller) is (judgement.outcome == "accept")


@pytest.mark.parametrize("facts", [{"failure": "slow"}, {"who": "department"}, {"failure": "printing"}])
def test_who_is_declined_hears_when_the_desk_opens_and_when_to_ring_again(facts: dict[str, object]):
    told = said(**facts).tell_caller
    assert "the service desk, which opens Mon 23 Nov 08:00 GMT" in told
    assert "If nobody at your site can use Compucare 8, ring this number again at once." in told


def test_messagecall_says_that_stopped_messages_are_a_reason_to_ring_again():
    assert "or clinical messages stop" in said(service="messagecall", failure="slow").tell_caller


def test_a_judgement_is_stored_as_json_with_times_in_utc():
    at = SUNDAY_NIGHT.astimezone(LONDON)
    stored = json.loads(json.dumps(judge(DOWN, at).as_dict()))
    assert stored["at"] == "2026-11-22T02:07:12+00:00"
    assert (stored["outcome"], stored["rule"], stored["headline"]) == ("accept", "", "Covered")
    assert [check["name"] for check in stored["checks"]] == ["out_of_hours", "entitled", "in_scope"]
    assert stored["out_of_hours_verdict"] == {
        "desk": {
            "nation": "ENG",
            "out_of_hours": True,
            "reason": "weekend",
            "title": "",
            "starts_at": "2026-11-20T18:00:00+00:00",
            "ends_at": "2026-11-23T08:00:00+00:00",
        },
        "customer": None,
    }


def test_the_customers_holiday_is_stored_beside_the_desks_verdict():
    stored = said(WORLD_CUP, nation="SCT", follows_own_holidays=True).as_dict()["out_of_hours_verdict"]
    assert (stored["desk"]["nation"], stored["desk"]["reason"]) == ("ENG", "working-hours")
    assert (stored["customer"]["nation"], stored["customer"]["title"]) == ("SCT", "World Cup bank holiday")


def test_a_judgement_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        said().outcome = "accept"
