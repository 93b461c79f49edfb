"""The tables as CSV: the same numbers, and nothing that a spreadsheet would calculate."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from accounts.models import User
from incidents.models import Incident
from ooh.reports.exporting import harmless
from tests.factories import make_customer
from tests.ooh.reports.conftest import LONG_NIGHT

Browse = Callable[[User | None], Client]
Make = Callable[..., Incident]

pytestmark = pytest.mark.usefixtures("night")


def table(client: Client, name: str = "") -> list[dict[str, str]]:
    answer = client.get("/reports/2026-10/", {"format": "csv", **({"table": name} if name else {})})
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_begins_like_a_formula_stays_text(start: str) -> None:
    assert harmless(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_other_cells_stay_as_they_are() -> None:
    assert [harmless(cell) for cell in ("Ward = 3", "", 7, None)] == ["Ward = 3", "", 7, None]


def test_a_name_that_is_a_formula_leaves_as_text(browse: Browse, manager: User, restored: Make) -> None:
    restored(customer=make_customer(name='=HYPERLINK("http://x","Hospital")'))
    rows = table(browse(manager)), table(browse(manager), "customers")
    assert [found[0]["Customer"] for found in rows] == ['\'=HYPERLINK("http://x","Hospital")'] * 2


def test_each_call_of_the_month_is_a_row_with_both_times(
    browse: Browse, manager: User, restored: Make, declined: Make
) -> None:
    incident, other = restored(), declined()
    rows = {row["Reference"]: row for row in table(browse(manager))}
    assert set(rows) == {incident.reference, other.reference}
    row = rows[incident.reference]
    assert row["Reported, UTC"] == "2026-10-25T00:30:00Z"
    assert row["Reported, local"] == "2026-10-25 01:30:00 BST"
    assert row["Restored, local"] == "2026-10-25 01:30:00 GMT"
    assert (row["Seconds to the first update"], row["Seconds to restored"]) == ("240", "3600")
    assert (row["Updates on time"], row["Updates late"]) == ("0", "1")
    assert (row["Outcome"], row["Why out of hours"]) == ("Accepted", "Weekend")
    assert rows[other.reference]["Declined by"] == "Slow, not unavailable"


def test_the_caller_is_not_exported(browse: Browse, manager: User, restored: Make) -> None:
    incident = restored()
    cells = [cell for row in table(browse(manager)) for cell in row.values()]
    assert incident.caller_name not in cells
    assert incident.call_back_number not in cells


@pytest.mark.parametrize(
    ("name", "key"), [("customers", "Customer"), ("services", "Service"), ("days", "Local date")]
)
def test_the_rows_of_a_table_add_up_to_its_last(
    browse: Browse, manager: User, restored: Make, declined: Make, name: str, key: str
) -> None:
    restored()
    declined(customer=make_customer())
    *rows, total = table(browse(manager), name)
    assert total[key] == "All"
    for column in set(total) - {key, "Weekday"}:
        assert sum(int(row[column]) for row in rows) == int(total[column]), column
    assert total["Calls"] == "2"


def test_the_file_is_named_after_month_and_table(browse: Browse, manager: User) -> None:
    answer = browse(manager).get("/reports/2026-10/?format=csv&table=days")
    assert answer["Content-Disposition"] == 'attachment; filename="out-of-hours-2026-10-days.csv"'
    assert len(answer.content.decode().splitlines()) == 1 + 31 + 1


@pytest.mark.parametrize("query", ["format=xml", "format=csv&table=people", "table=x"])
def test_an_unknown_format_or_table_is_refused_with_those_there_are(
    browse: Browse, manager: User, query: str
) -> None:
    answer = browse(manager).get(f"/reports/2026-10/?{query}")
    assert answer.status_code == 400
    assert "incidents, customers, services, days and gaps" in answer.content.decode()


def test_times_before_the_clocks_go_back_are_told_from_those_after(
    browse: Browse, manager: User, declined: Make
) -> None:
    declined(LONG_NIGHT)
    declined(LONG_NIGHT + timedelta(hours=1))
    local = [row["Reported, local"] for row in table(browse(manager))]
    assert local == ["2026-10-25 01:30:00 BST", "2026-10-25 01:30:00 GMT"]
