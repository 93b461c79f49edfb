"""Damage rows of the audit trail and the timeline beneath the application, 10,000 times; count what is found.

Run it as `python docs/benchmarks/tampering.py`; it works on a SQLite file of its own, whose triggers it takes
away first. Each try changes one byte of one column, deletes a row, copies one, or swaps two, asks `verify`,
and puts the file back. It ends with 1 when a try was not found, or when another row than the damaged one is
named. In between, the undamaged file is verified too.
"""

import os
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
TRIES = int(os.environ.get("TRIES", "10000"))
TABLES = {"audit": "auditlog_logentry", "timeline": "incidents_timelineentry"}
DICE = random.Random(os.environ.get("SEED", "1"))  # noqa: S311


def prepare() -> None:
    from django.core.management import call_command

    from accounts.chain import guarding, linking
    from accounts.roles import Role
    from incidents import services
    from tests.factories import make_incident, make_user

    call_command("migrate", verbosity=0)
    engineer = make_user(Role.OOH_ENGINEER)
    incident = make_incident(by=engineer)
    services.begin_triage(incident.pk, by=engineer)
    services.add_note(incident.pk, text="Rang the site: “nobody can sign in”, £0 lost", by=engineer)
    guarding.remove()
    linking.link_new()


def damage(cursor: sqlite3.Cursor) -> tuple[str, str, set[int]]:
    """What was done, to which chain, and the rows that may be named."""
    chain = DICE.choice(list(TABLES))
    table = TABLES[chain]
    ids = [row for (row,) in cursor.execute(f"SELECT id FROM {table}")]  # noqa: S608
    act = DICE.choices(["change", "delete", "copy", "swap"], [7, 1, 1, 1])[0]
    row = DICE.choice(ids)
    if act == "delete":
        cursor.execute(f"DELETE FROM {table} WHERE id = ?", [row])  # noqa: S608
        return act, chain, {row}
    if act == "change":
        return _change(cursor, chain, table, row)
    names = [each[1] for each in cursor.execute(f"PRAGMA table_info({table})") if each[1] != "id"]
    listed = ", ".join(f'"{name}"' for name in names)
    if act == "copy":
        made = max(ids) + 1
        cursor.execute(
            f"INSERT INTO {table} (id, {listed}) SELECT {made}, {listed} FROM {table} WHERE id = ?",  # noqa: S608
            [row],
        )
        return act, chain, {made}
    other = DICE.choice([each for each in ids if each != row])
    spare = max(ids) + 1000
    for old, new in ((row, spare), (other, row), (spare, other)):
        cursor.execute(f"UPDATE {table} SET id = ? WHERE id = ?", [new, old])  # noqa: S608
    return act, chain, {row, other}


def _change(cursor: sqlite3.Cursor, chain: str, table: str, row: int) -> tuple[str, str, set[int]]:
    """One byte of one column that holds something, whichever type it has."""
    names = [each[1] for each in cursor.execute(f"PRAGMA table_info({table})") if each[1] != "id"]
    while True:
        name = DICE.choice(names)
        (value,) = cursor.execute(f'SELECT "{name}" FROM {table} WHERE id = ?', [row]).fetchone()  # noqa: S608
        text = "" if value is None else str(value)
        if not text:
            continue
        at = DICE.randrange(len(text))
        new = text[:at] + chr(DICE.randrange(1, 128)) + text[at + 1 :]
        try:
            changed = type(value)(new)
        except ValueError:
            continue
        if changed != value:
            try:
                cursor.execute(f'UPDATE {table} SET "{name}" = ? WHERE id = ?', [changed, row])  # noqa: S608
            except sqlite3.IntegrityError:  # a constraint does not even let it in
                continue
            return f"change of {name}", chain, {row}


def main() -> int:
    import django

    django.setup()
    from django.conf import settings
    from django.db import connection

    from accounts.chain.verifying import verify

    prepare()
    connection.close()
    path = Path(settings.DATABASES["default"]["NAME"])
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode=DELETE")
    sound = path.with_suffix(".sound")
    shutil.copy(path, sound)
    acts: Counter[str] = Counter()
    missed, wrong = [], []
    for number in range(TRIES):
        shutil.copy(sound, path)
        for rest in ("-wal", "-shm"):
            Path(f"{path}{rest}").unlink(missing_ok=True)
        with sqlite3.connect(path) as database:
            act, chain, rows = damage(database.cursor())
        database.close()
        acts[act.split()[0]] += 1
        named = {(each.chain, each.row_id) for each in verify().broken if each.chain in TABLES}
        connection.close()
        if not named & {(chain, row) for row in rows}:
            missed.append((number, act, rows))
        if named - {(chain, row) for row in rows}:
            wrong.append((number, act, rows, sorted(named)))
        if number % 500 == 0:
            shutil.copy(sound, path)
            assert not [each for each in verify().broken if each.chain in TABLES]  # noqa: S101
            connection.close()
    print(f"{TRIES} tries: " + ", ".join(f"{count} x {act}" for act, count in acts.most_common()))
    print(f"  not found: {len(missed)} {missed[:5]}\n  another row named: {len(wrong)} {wrong[:5]}")
    return int(bool(missed or wrong))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "OOH_VAR_DIR": folder, "OOH_MODE": "embedded", "DJANGO_SETTINGS_MODULE": "ooh.settings",
        }  # fmt: skip
        sys.exit(main())
