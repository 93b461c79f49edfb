"""The calendar is process-wide: no module inherits the days that another put in force."""

from collections.abc import Iterator

import pytest

from incidents import coverage


@pytest.fixture(autouse=True, scope="module")
def _published_calendar() -> Iterator[None]:
    before = coverage.current().days
    coverage.set_days([])
    yield
    coverage.set_days(before)
