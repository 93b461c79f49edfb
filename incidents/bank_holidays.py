"""The bank holidays of each nation as gov.uk prints them; the `holidays` package has its own words."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from types import MappingProxyType

from holidays.countries.united_kingdom import UnitedKingdom

NATIONS = {"ENG": "England", "WLS": "Wales", "SCT": "Scotland", "NIR": "Northern Ireland"}

# From 1975 the three lists have the same shape as today's. Instants of these years are answered.
FIRST_YEAR, LAST_YEAR = 1975, 2199

_SATURDAY, _SUNDAY = 5, 6
_NEW_YEAR, _SECOND_JANUARY = "New Year’s Day", "2nd January"

_TITLES = {
    "New Year Holiday": _SECOND_JANUARY,
    "Saint Patrick's Day": "St Patrick’s Day",
    "May Day": "Early May bank holiday",
    "Spring Bank Holiday": "Spring bank holiday",
    "Battle of the Boyne": "Battle of the Boyne (Orangemen’s Day)",
    "Summer Bank Holiday": "Summer bank holiday",
    "Late Summer Bank Holiday": "Summer bank holiday",
    "Saint Andrew's Day": "St Andrew’s Day",
    "Silver Jubilee of Elizabeth II": "Queen’s Silver Jubilee",
    "Wedding of Charles and Diana": "Royal wedding bank holiday",
    "Millennium Celebrations": "Millennium bank holiday",
    "Golden Jubilee of Elizabeth II": "Queen’s Golden Jubilee",
    "Wedding of William and Catherine": "Royal wedding bank holiday",
    "Diamond Jubilee of Elizabeth II": "Queen’s Diamond Jubilee",
    "Platinum Jubilee of Elizabeth II": "Platinum Jubilee bank holiday",
    "State Funeral of Queen Elizabeth II": "Bank Holiday for the State Funeral of Queen Elizabeth II",
    "Coronation of Charles III": "Bank holiday for the coronation of King Charles III",
    "Scotland's participation in the FIFA World Cup final": "World Cup bank holiday",
}


class _UnitedKingdom(UnitedKingdom):
    """The package stops at 2100 and then answers with no holidays at all; its rules go on."""

    end_year = LAST_YEAR + 1


@cache
def published(year: int, nation: str) -> Mapping[date, str]:
    """The bank holidays of a nation in a year, in order, with gov.uk's titles.

    Where a holiday falls on a weekend only its substitute day is one, so no day here is at a weekend.
    """
    # Never without subdiv: that is the intersection of the nations, without Easter Monday in England.
    listed = _UnitedKingdom(subdiv=nation, years=year, language="en_GB")  # type: ignore[no-untyped-call]
    weekdays = {day: name for day, name in sorted(listed.items()) if day.weekday() < _SATURDAY}
    return MappingProxyType({day: _title(day, name, nation) for day, name in weekdays.items()})


def _title(day: date, name: str, nation: str) -> str:
    plain = name.removesuffix(" (observed)")
    if nation == "SCT" and day.month == 1 and date(day.year, 1, 1).weekday() == _SUNDAY:
        return _after_a_sunday_new_year(day)
    if plain == "May Day" and day.day == 8:  # The first Monday is never the 8th: it was moved to VE day.
        return "Early May bank holiday (VE day)"
    return _TITLES.get(plain, plain.replace("'", "’"))


def _after_a_sunday_new_year(day: date) -> str:
    """Scotland's Monday 2 and Tuesday 3 January, after 1 January on a Sunday, share two titles.

    Until 2017 gov.uk left 2nd January on its own day and moved New Year's Day behind it; since 2023 the two
    follow each other in order.
    """
    is_new_year = day.day == (2 if day.year >= 2023 else 3)
    return _NEW_YEAR if is_new_year else _SECOND_JANUARY
