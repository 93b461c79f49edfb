"""Print how long `seconds_between` takes for a day, a year and twenty years.

Run it as `python docs/benchmarks/coverage.py`. Each call gets instants of its own, drawn before the
clock starts, so that no answer can come from a cache.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from time import perf_counter_ns

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from incidents.coverage import seconds_between
from incidents.local_time import LONDON

CALLS, BATCH = 200_000, 1_000
SPANS = {"a day": timedelta(days=1), "a year": timedelta(days=365), "20 years": timedelta(days=7_305)}
ZONES = {"UTC": UTC, "Europe/London": LONDON}


def draw(span: timedelta, zone: object) -> Iterator[tuple[datetime, datetime, str]]:
    """Fresh instants between 2000 and 2030, of a zone, whose distance is the span give or take a tenth."""
    for _ in range(BATCH):
        start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=random.uniform(0, 300_000_000))  # noqa: S311
        end = start + span * random.uniform(0.9, 1.1)  # noqa: S311
        nation = random.choice(("ENG", "WLS", "SCT", "NIR"))  # noqa: S311
        yield start.astimezone(zone), end.astimezone(zone), nation  # type: ignore[arg-type]


def measure(span: timedelta, zone: object) -> float:
    """The median over batches of the microseconds that one call takes, the loop included."""
    batches = []
    for _ in range(CALLS // BATCH):
        drawn = list(draw(span, zone))
        began = perf_counter_ns()
        for start, end, nation in drawn:
            seconds_between(start, end, nation)
        batches.append((perf_counter_ns() - began) / BATCH / 1_000)
    return median(batches)


def main() -> None:
    for nation in ("ENG", "WLS", "SCT", "NIR"):  # The first question about a decade builds it.
        began = perf_counter_ns()
        seconds_between(datetime(2000, 1, 1, tzinfo=UTC), datetime(2034, 1, 1, tzinfo=UTC), nation)
        print(f"first call, {nation}, 34 years: {(perf_counter_ns() - began) / 1e6:.1f} ms")
    for name, zone in ZONES.items():
        took = {span: measure(length, zone) for span, length in SPANS.items()}
        figures = ", ".join(f"{span} {value:.2f} µs" for span, value in took.items())
        print(f"{name}: {figures}; 20 years / a day = {took['20 years'] / took['a day']:.2f}")


if __name__ == "__main__":
    main()
