"""The coverage matrix: the rules of the gate make its cells, and an SOP fills one only while it can start."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from incidents import scope
from sops.matrix import Answer, Approved, Cell, Matrix, Named, Standing, matrix
from sops.matrix_reading import SERVICES, SITUATIONS

TODAY = date(2026, 11, 22)
WARD = Named("ward", "Compucare Ward")
SIGN_IN = Named("cannot_sign_in", "Nobody can sign in")
FAR = TODAY + timedelta(days=180)


def sop(code: str = "SOP-03", **facts: object) -> Approved:
    given = {"title": "Restart", "number": 1, "review_on": FAR, "services": frozenset({"ward"}), **facts}
    return Approved(code, **given)  # type: ignore[arg-type]


def cell(*sops: Approved, service: Named = WARD, situation: Named = SIGN_IN) -> Cell:
    return matrix([service], [situation], sops, {}, TODAY).cells[0]


def whole(*sops: Approved) -> Matrix:
    return matrix(SERVICES, SITUATIONS, sops, {}, TODAY)


def test_the_rows_are_the_failures_that_the_gate_may_accept_and_the_columns_the_covered_services() -> None:
    assert [each.code for each in SITUATIONS] == [
        "cannot_sign_in", "does_not_open", "messages_not_processed", "other",
    ]  # fmt: skip
    assert [each.words for each in SERVICES] == [
        "Compucare 8", "MessageCall", "Compucare Ward", "Compucare Clinician",
    ]  # fmt: skip


def test_without_sops_each_covered_pair_is_a_gap_and_the_rest_is_not_in_the_contract() -> None:
    found = whole()
    assert len(found.in_contract) == len(found.gaps) == 13
    declined = {(each.service.code, each.situation.code) for each in found.cells if not each.is_in_contract}
    assert declined == {(code, "messages_not_processed") for code in ("compucare8", "ward", "clinician")}


def test_what_the_gate_declines_stays_outside_the_contract_whatever_sops_there_are() -> None:
    any_failure = sop(services=frozenset(scope.COVERED_SERVICES))
    found = whole(any_failure)
    assert [each.entries for each in found.cells if not each.is_in_contract] == [()] * 3
    assert found.gaps == []


def test_an_sop_fills_the_cells_of_its_services_and_situations_alone() -> None:
    found = whole(sop(situations=frozenset({"cannot_sign_in"})))
    filled = [(each.service.code, each.situation.code) for each in found.cells if each.entries]
    assert filled == [("ward", "cannot_sign_in")]


def test_an_sop_without_situations_serves_any_of_them() -> None:
    assert [each.situation.code for each in whole(sop()).cells if each.entries] == [
        "cannot_sign_in", "does_not_open", "other",
    ]  # fmt: skip


def test_on_its_review_date_an_sop_serves_and_on_the_day_after_it_does_not() -> None:
    last = cell(sop(review_on=TODAY))
    assert (last.answer, last.entries[0].standing) == (Answer.COVERED, Standing.REVIEW_SOON)
    over = cell(sop(review_on=TODAY - timedelta(days=1)))
    assert (over.answer, over.entries[0].standing) == (Answer.NO_SOP, Standing.EXPIRED)


def test_thirty_days_before_its_review_date_an_sop_is_marked() -> None:
    days = {days: cell(sop(review_on=TODAY + timedelta(days=days))).entries[0].standing for days in (30, 31)}
    assert days == {30: Standing.REVIEW_SOON, 31: Standing.IN_FORCE}


def test_a_suspended_sop_is_shown_and_leaves_a_gap() -> None:
    found = cell(sop(held="Suspended by SOP approver"))
    assert (found.answer, found.is_gap, found.entries[0].standing) == (
        Answer.NO_SOP, True, Standing.SUSPENDED,
    )  # fmt: skip
    assert cell(sop(held="Suspended"), sop("SOP-04")).answer == Answer.COVERED


def test_an_sop_for_some_customers_leaves_the_others_without() -> None:
    limited = sop(customers=("Wexcombe Park Hospital",))
    assert cell(limited).answer == Answer.SOME_CUSTOMERS
    assert cell(limited, sop("SOP-04")).answer == Answer.COVERED
    assert cell(limited, sop("SOP-04", held="Suspended")).answer == Answer.SOME_CUSTOMERS


def test_what_was_said_is_counted_in_its_cell_and_not_at_all_for_who_may_not_see_it() -> None:
    said = {("ward", "cannot_sign_in"): 2, ("reports", "other"): 1}
    assert [each.said for each in matrix([WARD], [SIGN_IN], [], said, TODAY).cells] == [2]
    assert [each.said for each in matrix([WARD], [SIGN_IN], [], None, TODAY).cells] == [None]


SOPS = st.builds(
    sop,
    services=st.frozensets(st.sampled_from([*scope.COVERED_SERVICES, "reports"])),
    situations=st.frozensets(st.sampled_from(scope.FAILURES)),
    customers=st.lists(st.just("Wexcombe"), max_size=1).map(tuple),
    held=st.sampled_from(["", "Suspended"]),
    review_on=st.dates(TODAY - timedelta(days=2), TODAY + timedelta(days=40)),
)


@given(st.lists(SOPS, max_size=6))
def test_whatever_the_sops_a_cell_is_a_gap_just_when_none_of_its_own_can_start(sops: list[Approved]) -> None:
    for each in whole(*sops).in_contract:
        fitting = [
            one for one in sops
            if each.service.code in one.services and each.situation.code in (one.situations or scope.FAILURES)
            and not one.held and one.review_on >= TODAY
        ]  # fmt: skip
        assert each.is_gap == (not fitting)


def test_the_two_ways_to_read_it_hold_the_same_cells() -> None:
    found = whole(sop())
    by_row = {id(each) for _, cells in found.rows for each in cells}
    by_column = {id(each) for _, cells in found.columns for each in cells}
    assert by_row == by_column == {id(each) for each in found.cells}
