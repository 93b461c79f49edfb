"""What the gate refuses to answer, in words that say what to do."""

from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import pytest

from incidents.coverage import (
    Seconds,
    explain,
    holidays_between,
    is_out_of_hours,
    seconds_between,
)
from incidents.local_time import LONDON


def london(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=LONDON, fold=fold)


class NoOffset(tzinfo):
    """A zone that says nothing, which makes the datetime as naive as none at all."""

    def utcoffset(self, moment: datetime | None) -> None:
        return None


@pytest.mark.parametrize("at", [datetime(2026, 1, 1), datetime(2026, 1, 1, tzinfo=NoOffset())])  # noqa: DTZ001
def test_a_datetime_without_a_zone_is_refused_with_what_to_do(at: datetime):
    aware = london("2026-01-01T12:00")
    for ask in (explain, is_out_of_hours):
        with pytest.raises(ValueError, match=r"has no time zone\. Attach one"):
            ask(at, "ENG")
    for start, end in ((at, aware), (aware, at)):
        with pytest.raises(ValueError, match="has no time zone"):
            seconds_between(start, end, "ENG")


@pytest.mark.parametrize("at", [None, "2026-01-01T12:00:00Z", 1_767_225_600, date(2026, 1, 1), timedelta(1)])
def test_what_is_no_datetime_is_refused_by_its_type(at: object):
    aware = london("2026-01-01T12:00")
    for ask in (explain, is_out_of_hours):
        with pytest.raises(TypeError, match="Pass a datetime with a time zone"):
            ask(at, "ENG")
    for start, end in ((at, aware), (aware, at)):
        with pytest.raises(TypeError, match="Pass a datetime with a time zone"):
            seconds_between(start, end, "ENG")


@pytest.mark.parametrize("nation", ["", "GB", "UK", "eng", "ENG ", "England", "GB-ENG", "IRL"])
def test_an_unknown_nation_is_refused_with_the_known_ones(nation: str):
    at = london("2026-01-01T12:00")
    for ask in (explain, is_out_of_hours):
        with pytest.raises(ValueError, match=r"not known\. Use one of ENG \(England\)"):
            ask(at, nation)
    with pytest.raises(ValueError, match="Use one of"):
        seconds_between(at, at - timedelta(days=1), nation)
    with pytest.raises(ValueError, match="Use one of"):
        holidays_between(date(2026, 1, 1), date(2026, 1, 2), nation)


@pytest.mark.parametrize("nation", [None, 7, ["ENG"], {"ENG"}, b"ENG"])
def test_a_nation_that_is_no_text_is_refused_by_its_type(nation: object):
    at = london("2026-01-01T12:00")
    with pytest.raises(TypeError, match="nation: pass one of"):
        explain(at, nation)
    with pytest.raises(TypeError, match="nation: pass one of"):
        seconds_between(at, at, nation)


@pytest.mark.parametrize(
    "at",
    [
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-14))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=14))),
        datetime(1974, 12, 31, 23, 59, 59, tzinfo=UTC),
        datetime(2200, 1, 1, tzinfo=UTC),
    ],
)
def test_an_instant_outside_the_years_is_refused_with_the_range(at: datetime):
    for ask in (explain, is_out_of_hours):
        with pytest.raises(ValueError, match="outside the years 1975 to 2199"):
            ask(at, "ENG")
    with pytest.raises(ValueError, match="outside the years 1975 to 2199"):
        seconds_between(london("2026-01-01"), at, "ENG")


@pytest.mark.parametrize("field", ["first", "last"])
@pytest.mark.parametrize("wrong", [None, "2026-01-01", datetime(2026, 1, 1, tzinfo=UTC)])
def test_a_list_of_holidays_wants_dates(field: str, wrong: object):
    span = {"first": date(2026, 1, 1), "last": date(2026, 1, 2)} | {field: wrong}
    with pytest.raises(TypeError, match=f"{field}: pass a date without a time"):
        holidays_between(**span, nation="ENG")


def test_answers_cannot_be_changed():
    verdict = explain(london("2026-01-01T12:00"), "ENG")
    with pytest.raises(FrozenInstanceError):
        verdict.reason = "weekend"
    assert not hasattr(verdict, "__dict__")
    assert not hasattr(Seconds(1, 2), "__dict__")
