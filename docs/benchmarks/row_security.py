"""What the wall in the database costs: a statement as the same side, as another side, and a long timeline.

Run as `DATABASE_URL=postgresql://… python docs/benchmarks/row_security.py` on an empty database of its own.
Rounds alternate with the wall up and down, and each figure is a median.
"""

import os
import statistics
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ooh.settings")
os.environ.setdefault("OOH_MODE", "embedded")

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from accounts.models import User  # noqa: E402
from accounts.wall import connecting, policies  # noqa: E402
from accounts.wall.identity import Standing, as_system, standing  # noqa: E402
from incidents.models import Incident, Kind, TimelineEntry, Wall  # noqa: E402

ROUNDS, STATEMENTS, ENTRIES = 15, 300, 50_000


def main() -> None:
    if connection.vendor != "postgresql":
        raise SystemExit("Row-level security is PostgreSQL's: set DATABASE_URL.")
    call_command("migrate", verbosity=0)
    call_command("seed_demo", verbosity=0)
    incident = _filled()
    print(f"Median of {ROUNDS} rounds, in microseconds")
    acts: dict[str, Callable[[], object]] = {
        "SELECT 1, always the same side": lambda: _ask("SELECT 1"),
        "two of it, another side each time": _in_turns,
        f"newest 50 of {ENTRIES} entries": lambda: list(incident.timeline.newest_first()[:50]),
        f"count of {ENTRIES} entries": lambda: incident.timeline.count(),
    }
    for name, act in acts.items():
        many = STATEMENTS if "entries" not in name else 20
        up, down = [], []
        for _ in range(ROUNDS):
            down.append(_without(act, many))
            with standing(Standing.PARTNER):
                up.append(_seconds(act, many))
        without, with_wall = (statistics.median(each) / many * 1e6 for each in (down, up))
        print(f"{name:36} without {without:9.0f}   with {with_wall:9.0f}   {with_wall / without:5.2f}x")


def _filled() -> Incident:
    """One incident with many entries, every tenth of them the vendor's."""
    incident, by, now = Incident.objects.earliest("pk"), User.objects.system(), timezone.now()
    walls = [Wall.VENDOR] + [Wall.SERVICE] * 9

    def entry(number: int) -> TimelineEntry:
        return TimelineEntry(
            incident=incident, kind=Kind.NOTE, title="x", by=by, wall=walls[number % 10],
            happened_at=now - timedelta(minutes=number),
        )  # fmt: skip

    with as_system("the benchmark's own rows"):
        TimelineEntry.objects.bulk_create(map(entry, range(ENTRIES)), batch_size=5000)
    _ask("ANALYZE incidents_timelineentry")
    return incident


def _ask(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _in_turns() -> None:
    for stands in (Standing.VENDOR, Standing.PARTNER):
        with standing(stands):
            _ask("SELECT 1")


def _without(act: Callable[[], object], many: int) -> float:
    """Neither told nor policed, as if it had never been built."""
    tables = list(policies._wanted())
    connection.execute_wrappers.remove(connecting.tell)
    for table in tables:
        _ask(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    try:
        return _seconds(act, many)
    finally:
        for table in tables:
            _ask(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        connection.execute_wrappers.insert(0, connecting.tell)


def _seconds(act: Callable[[], object], many: int) -> float:
    begun = perf_counter()
    for _ in range(many):
        act()
    return perf_counter() - begun


if __name__ == "__main__":
    main()
