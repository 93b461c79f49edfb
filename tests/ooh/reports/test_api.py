"""The report for machines: the same numbers as the page, for the same people."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from incidents.models import Incident

Make = Callable[..., Incident]

pytestmark = pytest.mark.usefixtures("night")


def test_the_numbers_are_those_of_the_page(
    api: Any, browse: Any, manager: User, restored: Make, declined: Make
) -> None:
    restored()
    declined()
    found = api(manager).get("/api/v1/reports/2026-10/").json()
    page = browse(manager).get("/reports/2026-10/").context
    for name in ("calls", "accepted", "declined", "out_of_hours_seconds"):
        assert found["total"][name] == getattr(page["total"], name)
    assert found["restored"] == {"count": 1, "median": 3600, "p90": 3600, "longest": 3600}
    assert found["promises"] == {"made": 1, "on_time": 0, "late": 1, "latest": 36 * 60}
    assert found["declined"] == [{"code": "slow", "name": "Slow, not unavailable", "count": 1}]
    assert (found["month"], found["is_over"]) == ("2026-10", True)
    assert found["days"][24] | {"calls": 2} == found["days"][24]
    assert [line["calls"] for line in found["trend"]] == [0, 0, 0, 0, 0, 2]


def test_an_empty_month_has_no_times(api: Any, manager: User) -> None:
    found = api(manager).get("/api/v1/reports/2026-03/").json()
    assert found["first_update"] == {"count": 0, "median": None, "p90": None, "longest": None}
    assert found["customers"] == []


def test_only_managers_and_auditors_read_it(
    api: Any, manager: User, partner_auditor: User, engineer: User, analyst: User, integration: User
) -> None:
    for user in (manager, partner_auditor):
        assert api(user).get("/api/v1/reports/2026-10/").status_code == 200
    for user in (engineer, analyst, integration):
        assert api(user).get("/api/v1/reports/2026-10/").status_code == 403
    assert api(None).get("/api/v1/reports/2026-10/").status_code == 401


@pytest.mark.parametrize(
    ("month", "words"), [("2026-13", "as in 2026-10"), ("2026-12", "has not begun"), ("x", "as in")]
)
def test_a_wrong_month_is_404_in_words(api: Any, manager: User, month: str, words: str) -> None:
    answer = api(manager).get(f"/api/v1/reports/{month}/")
    assert answer.status_code == 404
    assert words in answer.json()["detail"]


def test_the_schema_names_the_report(api: Any, manager: User) -> None:
    schema = api(manager).get("/api/v1/schema/?format=json").json()
    assert "/api/v1/reports/{month}/" in schema["paths"]
    assert "MonthReport" in schema["components"]["schemas"]
