"""Prove that whatever breaks, the desk over there has one ticket for each incident, and each note once.

Run it as `python docs/benchmarks/freshdesk_storm.py`: 200 incidents with ten events each; real Celery
workers, of which one is killed every few seconds, thirty in all; a Redis of its own that is restarted three
times and loses all that it held; and a Freshdesk of ours that answers every fifth request wrongly: errors
before and after the commit, time-outs, resets, pages of HTML, half answers, 429. It needs `redis-server`. It
works on SQLite in a folder of its own, or with DATABASE_URL in a database of its own on that PostgreSQL, in
about a quarter of an hour. It prints what there is in the end, and ends with 1 when that is wrong.

The 3000 requests a minute of this account never bind. With `--incidents 12 --kills 4 --restarts 1
--per-minute 120` they do: `most_in_a_minute` then comes up to `our_share`, and the agents keep theirs.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from tests.incidents.freshdesk.programs.storm import Plan, run  # noqa: E402

# What each figure has to be, of those that can be wrong; the others are for reading.
WANTED = {
    "wrong": [],
    "parked": 0,
    "waiting": 0,
    "limit_passed": 0,
    "taken_from_the_agents": 0,
    "notes_taken_for_news": 0,
    "in_time": True,
}


@contextmanager
def own_database(url: str) -> Iterator[None]:
    """On PostgreSQL a database that is made for this and dropped afterwards; else the file in the folder."""
    if not url:
        yield
        return
    import psycopg
    from psycopg import sql

    name = f"storm_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        os.environ["DATABASE_URL"] = f"{url.rpartition('/')[0]}/{name}"
        try:
            yield
        finally:
            from django.db import connections

            connections.close_all()
            connections["default"].close_pool()
            owner.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def make_tables() -> None:
    subprocess.run([sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity=0"], check=True)  # noqa: S603


def mistakes(found: dict[str, object], plan: Plan) -> list[str]:
    wanted = WANTED | dict.fromkeys(("incidents", "tickets", "tickets_known"), plan.incidents)
    wanted |= {"killed": plan.kills, "restarted": plan.restarts, "notes_known": found["notes"]}
    return [f"{name} is {found[name]}, not {value}" for name, value in wanted.items() if found[name] != value]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    for name in ("incidents", "kills", "restarts", "workers", "seconds", "per-minute"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Plan, name.replace("-", "_")))
    plan = Plan(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory() as folder, own_database(os.environ.get("DATABASE_URL", "")):
        found = run(plan, Path(folder), make_tables)
    print(f"{'PostgreSQL' if os.environ.get('DATABASE_URL') else 'SQLite'}, {plan}")
    print(json.dumps(found, indent=2))
    wrong = mistakes(found, plan)
    print("\n".join(wrong) or "All as it should be")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
