from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import product

import pytest

from incidents.local_time import LONDON
from incidents.scope import (
    COVERED_SERVICES,
    FAILURES,
    WHO,
    Call,
    Judgement,
    can_be_covered,
    judge,
    situations,
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


def answer(at: datetime = SUNDAY_NIGHT, **facts: object) -> tuple[str, str]:
    judgement = said(at, **facts)
    return judgement.outcome, judgement.rule


def is_met(judgement: Judgement) -> tuple[bool | None, ...]:
    assert [check.name for check in judgement.checks] == ["out_of_hours", "entitled", "in_scope"]
    return tuple(check.is_met for check in judgement.checks)


# What is covered


@pytest.mark.parametrize("service", COVERED_SERVICES)
@pytest.mark.parametrize("failure", ["cannot_sign_in", "does_not_open"])
@pytest.mark.parametrize("who", ["everyone_all_sites", "everyone_one_site"])
def test_a_covered_service_that_nobody_at_a_site_can_use_is_accepted(service: str, failure: str, who: str):
    assert answer(service=service, failure=failure, who=who) == ("accept", "")
    assert is_met(said(service=service, failure=failure, who=who)) == (True, True, True)


@pytest.mark.parametrize("who", ["everyone_all_sites", "everyone_one_site", "department"])
def test_clinical_messages_that_are_not_processed_are_accepted(who: str):
    judgement = said(service="messagecall", failure="messages_not_processed", who=who)
    assert judgement.outcome == "accept"
    assert judgement.checks[2].detail == "Clinical messages are not processed."


def test_a_failure_that_nobody_can_name_counts_as_unavailable_when_nobody_can_use_the_service():
    judgement = said(failure="other")
    assert judgement.outcome == "accept"
    assert "In doubt it counts as unavailable." in judgement.checks[2].detail


# What is not


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"service": "other"}, "not-covered-service"),
        ({"service": "compucare-reports"}, "not-covered-service"),
        ({"failure": "slow"}, "slow"),
        ({"failure": "partial"}, "partial"),
        ({"failure": "printing"}, "printing"),
        ({"failure": "data"}, "data"),
        ({"failure": "how_to"}, "how-to"),
        ({"who": "one_person"}, "one-person"),
        ({"who": "department"}, "department"),
        ({"failure": "messages_not_processed"}, "partial"),
        ({"service": "ward", "failure": "messages_not_processed"}, "partial"),
        ({"service": "messagecall", "failure": "messages_not_processed", "who": "one_person"}, "one-person"),
        ({"service": "messagecall", "failure": "does_not_open", "who": "department"}, "department"),
        ({"service": "clinician", "uses_clinical_features": False}, "no-clinical-features"),
        ({"needs_patient_data": True}, "patient-data"),
        ({"needs_software_change": True}, "software"),
    ],
)
def test_everything_else_is_declined_by_its_rule(facts: dict[str, object], rule: str):
    judgement = said(**facts)
    assert (judgement.outcome, judgement.rule) == ("decline", rule)
    assert is_met(judgement) == (True, True, False)
    assert judgement.headline.startswith("Not covered: ")


@pytest.mark.parametrize("service", ["compucare8", "messagecall", "ward"])
def test_clinical_features_matter_for_clinician_only(service: str):
    assert answer(service=service, uses_clinical_features=False) == ("accept", "")


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"needs_patient_data": True, "service": "other", "failure": "slow"}, "patient-data"),
        ({"needs_software_change": True, "failure": "slow"}, "software"),
        ({"service": "other", "failure": "slow"}, "not-covered-service"),
        ({"failure": "printing", "who": "one_person"}, "printing"),
        ({"service": "clinician", "uses_clinical_features": False, "who": "one_person"}, "one-person"),
    ],
)
def test_of_several_rules_the_plainest_is_named(facts: dict[str, object], rule: str):
    assert answer(**facts) == ("decline", rule)


@pytest.mark.parametrize(
    "facts",
    [
        {"failure": "slow", "who": ""},
        {"failure": "slow", "service": ""},
        {"failure": "", "who": "one_person"},
    ],
)
def test_what_surely_fails_is_declined_without_asking_more(facts: dict[str, object]):
    assert answer(**facts)[0] == "decline"


# What is asked


@pytest.mark.parametrize(
    ("facts", "question"),
    [
        ({"customer_name": "", "entitled_from": None, "service": ""}, "Ask which hospital this is."),
        ({"service": "", "failure": "", "who": ""}, "Ask which service does not work."),
        ({"failure": "", "who": ""}, "Ask what happens."),
        ({"who": ""}, "Ask who cannot use it."),
        ({"who": "unknown"}, "Ask who cannot use it: have a colleague in another department try."),
    ],
)
def test_a_missing_fact_is_asked_for_in_the_order_of_the_call(facts: dict[str, object], question: str):
    judgement = said(**facts)
    assert (judgement.outcome, judgement.rule, judgement.question) == ("ask", "", question)
    assert judgement.headline == "Cannot say yet"
    assert judgement.tell_caller.endswith("?”") or "try it?" in judgement.tell_caller
    assert None in is_met(judgement)


def test_only_an_unanswered_call_has_a_question():
    assert all(
        bool(judge(call, SUNDAY_NIGHT).question) is (judge(call, SUNDAY_NIGHT).outcome == "ask")
        for call in EVERY_CALL
    )


def test_an_entitled_customer_without_a_name_is_known():
    assert answer(customer_name="") == ("accept", "")
    assert (
        answer(customer_name="", service="clinician", uses_clinical_features=False)[1]
        == "no-clinical-features"
    )


def test_before_the_hospital_is_known_its_clinical_features_are_not_held_against_it():
    facts = {
        "customer_name": "",
        "entitled_from": None,
        "service": "clinician",
        "uses_clinical_features": False,
    }
    assert answer(**facts) == ("ask", "")


# Entitlement


@pytest.mark.parametrize(
    ("entitled_from", "entitled_until", "detail"),
    [
        (None, None, "Wexcombe Park Hospital has not bought the out-of-hours service."),
        (date(2026, 11, 23), None, "Wexcombe Park Hospital has the service only from 23 Nov 2026."),
        (date(2026, 4, 1), date(2026, 11, 21), "Wexcombe Park Hospital had the service until 21 Nov 2026."),
    ],
)
def test_a_customer_who_is_not_entitled_is_passed_to_the_lead(
    entitled_from: date | None, entitled_until: date | None, detail: str
):
    judgement = said(entitled_from=entitled_from, entitled_until=entitled_until)
    assert (judgement.outcome, judgement.rule) == ("pass_to_lead", "not-entitled")
    assert (judgement.checks[1].is_met, judgement.checks[1].detail) == (False, detail)
    assert "duty lead" in judgement.tell_caller
    assert "ring you back" in judgement.tell_caller


@pytest.mark.parametrize(
    "facts", [{"failure": "slow"}, {"service": "other"}, {"who": ""}, {"needs_patient_data": True}]
)
def test_not_entitled_comes_before_scope_so_that_nobody_is_dropped(facts: dict[str, object]):
    assert answer(entitled_from=None, **facts) == ("pass_to_lead", "not-entitled")


@pytest.mark.parametrize(
    ("entitled_from", "entitled_until"),
    [
        (date(2026, 11, 22), None),
        (date(2026, 4, 1), date(2026, 11, 22)),
        (date(2026, 11, 22), date(2026, 11, 22)),
    ],
)
def test_both_ends_of_the_entitlement_are_included(entitled_from: date, entitled_until: date | None):
    assert answer(entitled_from=entitled_from, entitled_until=entitled_until) == ("accept", "")


def test_entitlement_goes_by_the_local_date():
    just_after_midnight = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)  # 00:30 BST on 1 July
    assert answer(just_after_midnight, entitled_from=date(2026, 7, 1)) == ("accept", "")
    assert answer(just_after_midnight, entitled_until=date(2026, 6, 30))[0] == "pass_to_lead"


def test_the_entitlement_that_ends_is_shown_with_its_end():
    detail = said(entitled_until=date(2027, 3, 31)).checks[1].detail
    assert detail == "Wexcombe Park Hospital has the service since 1 Apr 2026, until 31 Mar 2027."


# Hours


@pytest.mark.parametrize(
    "facts", [{}, {"entitled_from": None}, {"failure": "slow"}, {"who": ""}, {"service": "other"}]
)
def test_in_working_hours_every_call_goes_to_the_service_desk(facts: dict[str, object]):
    judgement = said(FRIDAY_NOON, **facts)
    assert (judgement.outcome, judgement.rule) == ("decline", "working-hours")
    assert "Ring the service desk" in judgement.tell_caller
    assert "until 18:00 GMT" in judgement.tell_caller


def test_in_working_hours_the_other_checks_are_still_answered():
    assert is_met(said(FRIDAY_NOON)) == (False, True, True)
    assert is_met(said(FRIDAY_NOON, failure="slow", entitled_from=None)) == (False, False, False)


@pytest.mark.parametrize(
    ("time", "outcome"),
    [("07:59:59.999999", "accept"), ("08:00:00", "decline"), ("17:50:00", "decline"), ("18:00:00", "accept")],
)
def test_the_gate_opens_and_shuts_on_the_edge(time: str, outcome: str):
    at = datetime.fromisoformat(f"2026-11-20T{time}").replace(tzinfo=LONDON)
    assert answer(at)[0] == outcome


@pytest.mark.parametrize(
    ("at", "detail"),
    [
        (SUNDAY_NIGHT, "Weekend, until Mon 23 Nov 08:00 GMT. The desk follows England."),
        (
            datetime(2026, 7, 1, 20, tzinfo=UTC),
            "Weekday night, until Thu 2 Jul 08:00 BST. The desk follows England.",
        ),
        (
            datetime(2027, 3, 29, 9, tzinfo=UTC),
            "Bank holiday (Easter Monday), until Tue 30 Mar 08:00 BST. The desk follows England.",
        ),
    ],
)
def test_the_screen_says_why_and_until_when(at: datetime, detail: str):
    check = said(at).checks[0]
    assert (check.is_met, check.title, check.detail) == (True, "Out of hours", detail)


def test_working_hours_are_said_with_their_end():
    check = said(FRIDAY_NOON).checks[0]
    assert (check.is_met, check.title) == (False, "Working hours")
    assert check.detail == "The desk is open until Fri 20 Nov 18:00 GMT. The desk follows England."


def test_a_scottish_customer_is_covered_on_easter_monday_because_the_desk_is_closed():
    at = datetime(2027, 3, 29, 10, tzinfo=LONDON)
    for follows in (True, False):
        judgement = said(at, nation="SCT", follows_own_holidays=follows)
        assert judgement.outcome == "accept"
        assert judgement.out_of_hours_verdict.customer is None


def test_its_own_holiday_covers_a_customer_only_where_the_contract_follows_it():
    assert answer(WORLD_CUP, nation="SCT", follows_own_holidays=True) == ("accept", "")
    assert answer(WORLD_CUP, nation="SCT", follows_own_holidays=False) == ("decline", "working-hours")
    assert answer(WORLD_CUP, nation="ENG", follows_own_holidays=True) == ("decline", "working-hours")


def test_the_customers_verdict_is_kept_where_it_decided():
    hours = said(WORLD_CUP, nation="SCT", follows_own_holidays=True).out_of_hours_verdict
    assert hours.is_out_of_hours
    assert not hours.desk.out_of_hours
    assert hours.customer.title == "World Cup bank holiday"
    assert (hours.desk_nation, hours.customer_nation) == ("ENG", "SCT")


def test_the_screen_names_the_holiday_of_the_customer():
    detail = said(WORLD_CUP, nation="SCT", follows_own_holidays=True).checks[0].detail
    assert detail.startswith("Bank holiday in Scotland (World Cup bank holiday), which the contract follows.")
    assert detail.endswith(" The desk follows England.")


def test_who_is_declined_on_their_own_holiday_is_told_that_the_desk_is_open():
    told = said(WORLD_CUP, nation="SCT", follows_own_holidays=True, failure="slow").tell_caller
    assert "The service desk is open now, until 18:00 BST: ring it" in told


def test_the_desk_may_follow_another_nation():
    assert answer(WORLD_CUP, desk_nation="SCT") == ("accept", "")
    assert said(WORLD_CUP, desk_nation="SCT").checks[0].detail.endswith("The desk follows Scotland.")


# Refusals


@pytest.mark.parametrize(("field", "value"), [("failure", "broken"), ("who", "everyone")])
def test_an_unknown_answer_is_refused_by_field_with_the_known_ones(field: str, value: str):
    with pytest.raises(ValueError, match=rf"{field}: '{value}' is not known\. Use one of"):
        replace(DOWN, **{field: value})


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="has no time zone"):
        judge(DOWN, datetime(2026, 11, 22, 2))  # noqa: DTZ001


def test_an_unknown_nation_of_the_desk_is_refused():
    with pytest.raises(ValueError, match="nation: 'GB' is not known"):
        said(desk_nation="GB")


def test_a_service_and_a_failure_can_be_covered_just_when_the_gate_accepts_some_call_of_them():
    accepted = {
        (call.service, call.failure) for call in EVERY_CALL if judge(call, SUNDAY_NIGHT).outcome == "accept"
    }
    pairs = product(SERVICES, FAILURES)
    assert {(service, failure) for service, failure in pairs if can_be_covered(service, failure)} == accepted
    assert set(situations()) == {failure for _, failure in accepted}
