"""Print how many audited rows 20 writers at once add each second, with and without seals, guards and chain.

Run it as `DATABASE_URL=… python docs/benchmarks/audit_writers.py`, on PostgreSQL, in a test database of
its own and removes it again. Each writer saves a row in a transaction of its own, which writes its audit row;
with the chain a linker runs beside them all the time, more often than the desk's. Rounds alternate, and the
ratio is that of the medians. Fails below LIMIT.
"""

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter, perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
os.environ["OOH_MODE"] = "embedded"

WRITERS, ROWS, ROUNDS, LIMIT = 20, 25, 7, 0.5


@contextmanager
def plain() -> Iterator[None]:
    """The table of auditlog as it comes: no seal, no trigger, no linker."""
    from django.db.models.signals import pre_save

    from accounts.chain import guarding, trail

    guarding.remove()
    pre_save.disconnect(sender=trail.CHAIN.model, dispatch_uid="seal")
    try:
        yield
    finally:
        pre_save.connect(trail.stamp_before_saving, sender=trail.CHAIN.model, dispatch_uid="seal")
        guarding.install()


@contextmanager
def chained() -> Iterator[None]:
    from django.db import connection

    from accounts.chain import linking

    is_over = threading.Event()

    def link() -> None:
        while not is_over.wait(0.2):
            linking.link_new()
        connection.close()

    linker = threading.Thread(target=link)
    linker.start()
    try:
        yield
    finally:
        is_over.set()
        linker.join()


def rows_a_second() -> float:
    from django.db import connection

    from accounts.models import Team

    def write(writer: int) -> None:
        for number in range(ROWS):
            Team.objects.create(code=f"t{perf_counter_ns()}-{writer}-{number}", name=f"Team {writer}")
        connection.close()

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(WRITERS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return WRITERS * ROWS / (perf_counter() - began)


def main() -> int:
    import django

    django.setup()
    from django.db import connection
    from django.test.utils import setup_databases, teardown_databases

    # Each thread has a connection of its own; a pool of 8 would be what is measured.
    connection.settings_dict.get("OPTIONS", {}).pop("pool", None)
    made = setup_databases(0, interactive=False)
    try:
        samples: dict[str, list[float]] = {"plain": [], "chained": []}
        for _ in range(ROUNDS):
            for name, mode in (("plain", plain), ("chained", chained)):
                with mode():
                    samples[name].append(rows_a_second())
    finally:
        teardown_databases(made, 0)
    ratio = median(samples["chained"]) / median(samples["plain"])
    print(f"{WRITERS} writers at once on {connection.vendor}, {ROUNDS} rounds of {WRITERS * ROWS} rows")
    for name, each in samples.items():
        print(f"  {name}: median {median(each):.0f} rows a second ({min(each):.0f} to {max(each):.0f})")
    print(f"  ratio {ratio:.2f}")
    return int(ratio < LIMIT)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OOH_VAR_DIR"] = folder
        sys.exit(main())
