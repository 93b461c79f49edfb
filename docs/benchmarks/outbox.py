"""Print how long a sweep takes over 100,000 delivered rows, with nothing due and with ten rows due.

Run it as `python docs/benchmarks/outbox.py`, or with DATABASE_URL for PostgreSQL. It works in a test database
of its own and removes it again. What it prints of the plan shows that the delivered rows are not read.
"""

import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from statistics import median
from time import perf_counter

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
os.environ["OOH_MODE"] = "embedded"

ROWS, ROUNDS, LIMIT_MS = 100_000, 30, 50


def fill() -> None:
    """Delivered rows of 500 incidents, as a few years would leave them."""
    from django.utils import timezone

    from accounts.roles import Role
    from incidents.models import OutboxRow
    from tests.factories import make_customer, make_incident, make_user

    engineer, customer, now = make_user(Role.OOH_ENGINEER), make_customer(), timezone.now()
    incidents = [make_incident(by=engineer, customer=customer) for _ in range(500)]
    OutboxRow.objects.update(done_at=now)
    OutboxRow.objects.bulk_create(
        (
            OutboxRow(
                destination=("freshdesk", "status", "people")[number % 3], event="note", key=f"old-{number}",
                incident=incidents[number % 500], due_at=now - timedelta(days=1), done_at=now,
            )
            for number in range(ROWS)
        ),
        batch_size=5000,
    )  # fmt: skip


def measure(due: int) -> float:
    """The median of a whole sweep, in milliseconds, each time with so many rows due."""
    from django.utils import timezone

    from incidents.models import Incident, OutboxRow
    from incidents.outbox.tasks import sweep

    incidents, taken = list(Incident.objects.all()[:due]), []
    for round_number in range(ROUNDS):
        rows = [
            OutboxRow(
                destination="status", event="publish", key=f"due-{due}-{round_number}-{incident.pk}",
                incident=incident, due_at=timezone.now(),
            )
            for incident in incidents
        ]  # fmt: skip
        OutboxRow.objects.bulk_create(rows)
        began = perf_counter()
        sweep()
        taken.append(perf_counter() - began)
        OutboxRow.objects.filter(done_at=None).update(done_at=timezone.now())
    return median(taken) * 1000


def main() -> int:
    import django

    django.setup()
    from django.db import connection
    from django.utils import timezone

    from incidents.outbox.tasks import _missed

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill()
        if connection.vendor == "postgresql":  # as its autovacuum would; nobody does it on SQLite
            with connection.cursor() as cursor:
                cursor.execute("ANALYZE")
        print(f"{connection.vendor}, {ROWS:,} delivered rows")
        results = {due: measure(due) for due in (0, 10)}
        for due, milliseconds in results.items():
            print(f"  a sweep with {due} rows due: {milliseconds:.1f} ms")
        print(_missed(timezone.now())[:100].explain())
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    return int(max(results.values()) > LIMIT_MS)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OOH_VAR_DIR"] = folder
        sys.exit(main())
