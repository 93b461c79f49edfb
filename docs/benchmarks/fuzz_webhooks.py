"""Send 10,000 bodies to every webhook: no server error, and nothing kept that was not understood.

Run it as `python docs/benchmarks/fuzz_webhooks.py [how many] [seed]`, or with DATABASE_URL for PostgreSQL. It
works in a test database of its own and removes it again. Each body bears a word of its own. At the end every
column of every table is read for the words of those that were refused, and what was accepted is worked on.
Ends with 1 when anything is wrong, and names the body by its number.
"""

import logging
import os
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path
from random import Random
from time import perf_counter
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "ooh.settings"
os.environ["OOH_MODE"] = "embedded"

HOW_MANY, SEED, TICKET = 10_000, 20261122, 17
SECRET = "a-secret-of-the-fuzz"  # noqa: S105  (of nobody)
CANARY = re.compile(r"canary(\d{6})z")
STORED = ("ReceivedAlerts", "Proposal", "Incident", "TimelineEntry", "OutboxRow", "Conversation")


def doors(token: str) -> list[tuple[str, dict[str, str]]]:
    """Each address with what opens it, and a few that open nothing."""
    bearer = {"Authorization": f"Token {token}"}
    sources = ("azure", "alertmanager", "pingdom", "uptimerobot")
    named = [(f"/api/v1/alerts/{source}/", bearer) for source in sources]
    by_path = [(f"/api/v1/alerts/{source}/{token}/", {}) for source in sources]
    closed = [("/api/v1/alerts/", {}), ("/api/v1/alerts/nagios/", bearer), ("/api/v1/alerts/azure/x/", {})]
    freshdesk = [("/hooks/freshdesk/", {"X-Desk-Secret": SECRET})] * 3
    return [("/api/v1/alerts/", bearer)] * 12 + named + by_path + closed + freshdesk


def prepare() -> str:
    """A source with a token, and a ticket for Freshdesk to hint at."""
    from datetime import timedelta

    from django.conf import settings
    from knox.models import AuthToken

    from accounts.roles import Role
    from incidents.freshdesk import views
    from incidents.models import Ticket
    from tests.factories import make_component, make_customer, make_incident, make_user

    logging.disable(logging.CRITICAL)
    settings.ALERTS_PER_MINUTE, settings.FRESHDESK_WEBHOOK_SECRET = 10**9, SECRET
    settings.ALLOWED_HOSTS = ["testserver"]
    views.MOST = 10**9
    make_component(make_customer(), name="signin-harbour-prod")
    incident = make_incident(by=make_user(Role.OOH_ENGINEER))
    Ticket.objects.get_or_create(incident=incident, defaults={"number": TICKET})
    source = make_user(Role.ALERT_SOURCE)
    return str(AuthToken.objects.create(source, expiry=timedelta(days=1))[1])


def counts() -> dict[str, int]:
    from django.apps import apps

    return {name: apps.get_model("incidents", name)._base_manager.count() for name in STORED}


def fuzz(how_many: int, seed: int, token: str) -> tuple[Counter[tuple[str, int]], set[str], list[str]]:
    """What was answered, the words of what was refused, and what went wrong."""
    from django.test import Client

    from tests.incidents.alerts.fuzzing import body

    chance, client = Random(seed), Client(raise_request_exception=False)  # noqa: S311
    answers: Counter[tuple[str, int]] = Counter()
    refused: set[str] = set()
    wrong: list[str] = []
    before = counts()
    for number in range(how_many):
        sent = body(chance, number)
        address, headers = chance.choice(doors(token))
        answer = client.generic("POST", address, sent.content, sent.content_type, headers=headers)
        is_alert = "alerts" in address
        answers[("alerts" if is_alert else "freshdesk", answer.status_code)] += 1
        told = f"body {number} ({sent.kind}) to {address[:30]}: {answer.status_code}"
        if answer.status_code >= 500:
            wrong.append(told)
        now = counts()
        is_kept = is_alert and answer.status_code == 202
        if now != before | {"ReceivedAlerts": before["ReceivedAlerts"] + is_kept}:
            wrong.append(f"{told}, and it left {now}")
        if not is_kept:
            refused.add(sent.canary)
        before = now
    return answers, refused, wrong


def misfits() -> list[str]:
    """Stored alerts that have other fields than ours, or longer ones than may be."""
    from dataclasses import fields

    from incidents.alerts import Alert
    from incidents.models import ReceivedAlerts

    ours = {field.name for field in fields(Alert)}
    kept = (alert for row in ReceivedAlerts.objects.iterator() for alert in row.alerts)
    return [f"stored {str(alert)[:80]}" for alert in kept if set(alert) != ours or len(str(alert)) > 40_000]


def work_on_all() -> list[str]:
    """Every row that was accepted is worked on, without a failure."""
    from incidents.inbound.tasks import sweep
    from incidents.models import ReceivedAlerts

    undone = ReceivedAlerts.objects.undone()
    while (left := undone.count()) and left:
        sweep()
        if undone.count() == left:
            break
    failed = ReceivedAlerts.objects.exclude(failures=1).values_list("pk", "failures")
    return [f"row {pk} was tried {failures} times" for pk, failures in failed]


def found_again(refused: set[str]) -> list[str]:
    """Words of refused bodies in any column of any table."""
    from django.db import connection

    wrong = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  (our own tables)
            while rows := cursor.fetchmany(1000):
                for words in {f"canary{number}z" for number in CANARY.findall(str(rows))} & refused:
                    wrong.append(f"{words} was refused, and stands in {table}")
    return wrong


def main(how_many: int, seed: int) -> int:
    import django

    django.setup()
    from django.db import connection

    from incidents.models import Proposal

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        token = prepare()
        began = perf_counter()
        answers, refused, wrong = fuzz(how_many, seed, token)
        seconds = perf_counter() - began
        wrong += misfits() + work_on_all() + found_again(refused)
        print(f"{connection.vendor}: {how_many:,} bodies in {seconds:.0f} s, seed {seed}")
        for (where, status), count in sorted(answers.items()):
            print(f"  {where:<10} {status} {count:>6,}")
        print(f"  {len(refused):,} refused, {Proposal.objects.count():,} proposals of what was accepted")
        print("\n".join(wrong[:20]) or "  no server error, and nothing kept of what was refused")
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
    return int(bool(wrong))


def asked(position: int, otherwise: int) -> Any:
    return int(sys.argv[position]) if len(sys.argv) > position else otherwise


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.environ["OOH_VAR_DIR"] = folder
        sys.exit(main(asked(1, HOW_MANY), asked(2, SEED)))
