"""Local times in forms, at the awkward moments."""

from datetime import UTC, datetime

import pytest
import time_machine
from django import forms

from incidents.time_fields import LocalTimeField


class Form(forms.Form):
    began_at = LocalTimeField(label="When it began", required=False)
    promise = LocalTimeField(label="You will ring back by", required=False, is_future=True)


def form(**data: str) -> Form:
    return Form(data)


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


@pytest.mark.parametrize("typed", ["00:58", "0058", "0:58", "00.58", " 00:58 "])
def test_time_is_read_as_people_type_it(typed: str) -> None:
    filled = form(began_at=typed, began_at_day="2026-11-22")
    assert filled.is_valid()
    assert filled.cleaned_data["began_at"] == datetime(2026, 11, 22, 0, 58, tzinfo=UTC)


def test_time_without_a_day_is_today() -> None:
    filled = form(began_at="00:58")
    assert filled.is_valid()
    assert filled.cleaned_data["began_at"].day == 22


def test_empty_time_is_an_answer_when_not_required() -> None:
    filled = form(began_at="", began_at_day="2026-11-22")
    assert filled.is_valid()
    assert filled.cleaned_data["began_at"] is None


@pytest.mark.parametrize("typed", ["25:00", "12:60", "now", "9", "1234567", "١٢:٣٠"])
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    assert form(began_at=typed).errors["began_at"] == ["Enter the time as hours and minutes, such as 00:58"]


@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "9999-12-31", "0001-01-01"])
def test_what_is_no_day_is_refused(day: str) -> None:
    assert form(began_at="01:00", began_at_day=day).errors["began_at"] == ["Choose the day"]


def test_later_today_is_refused_for_what_began() -> None:
    (words,) = form(began_at="23:50", began_at_day="2026-11-22").errors["began_at"]
    assert words == "That is in the future: it is 02:07 GMT now. Correct the time, or choose the day before"


def test_earlier_today_is_refused_for_a_promise() -> None:
    (words,) = form(promise="01:00", promise_day="2026-11-22").errors["promise"]
    assert "That has passed" in words


def test_tomorrow_is_offered_for_a_promise_and_yesterday_for_what_began() -> None:
    page = str(form())
    assert "yesterday, Sat 21 Nov (GMT)" in page
    assert "tomorrow, Mon 23 Nov (GMT)" in page


class TestClocksGoBack:
    @pytest.fixture(autouse=True)
    def _later(self) -> object:
        with time_machine.travel(datetime(2026, 10, 25, 9, 0, tzinfo=UTC), tick=False):
            yield

    def test_half_past_one_asks_which(self) -> None:
        asked = form(began_at="01:30", began_at_day="2026-10-25")
        assert "happens twice" in asked.errors["began_at"][0]
        assert 'name="began_at_fold" value="0"' in str(asked)
        assert "01:30 BST, the first" in str(asked)
        assert "01:30 GMT, after the clocks went back" in str(asked)

    @pytest.mark.parametrize(("fold", "hour"), [("0", 0), ("1", 1)])
    def test_the_answer_decides(self, fold: str, hour: int) -> None:
        filled = form(began_at="01:30", began_at_day="2026-10-25", began_at_fold=fold)
        assert filled.is_valid()
        assert filled.cleaned_data["began_at"] == datetime(2026, 10, 25, hour, 30, tzinfo=UTC)

    def test_the_day_names_both_zones(self) -> None:
        assert "today, Sun 25 Oct (BST then GMT)" in str(form())

    def test_a_stored_instant_comes_back_with_its_answer(self) -> None:
        page = str(Form(initial={"began_at": datetime(2026, 10, 25, 1, 30, tzinfo=UTC)}))
        assert 'name="began_at_fold" value="1" checked' in page


def test_the_hour_that_the_clocks_skip_is_refused_in_words() -> None:
    with time_machine.travel(datetime(2027, 3, 28, 9, 0, tzinfo=UTC), tick=False):
        (words,) = form(began_at="01:30", began_at_day="2027-03-28").errors["began_at"]
    assert "does not exist: the clocks went forward from 01:00 to 02:00" in words


def test_what_was_typed_stands_in_the_field_again_without_markup() -> None:
    page = str(form(began_at='"><b>1', began_at_day='"><i>'))
    assert "<b>" not in page
    assert "&quot;&gt;&lt;b&gt;1" in page
