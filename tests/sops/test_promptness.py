"""From pressing start to the first check's result few questions are asked, for an SOP of any length.

How long it takes is measured by `docs/benchmarks/sop_start.py`; here stands what it is made of.
"""

from collections.abc import Callable
from typing import Any

from auditlog.models import LogEntry
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from incidents.models import Incident
from sops import engine
from sops.models import Run
from tests import factories
from tests.sops import making
from tests.sops.making import CHECK, MANUAL, RESTART

SHORT = [CHECK, CHECK, MANUAL]
LONG = [CHECK] * 6 + [RESTART] * 3 + [MANUAL] * 3
# Whoever asks one more is waited for at each start: then count it here, knowingly.
TO_START, TO_ADVANCE, TO_READ = 27, 22, 6


def questions(act: Callable[[], Any]) -> int:
    """How many statements reach the database, without the savepoints between them."""
    with CaptureQueriesContext(connection) as captured:
        act()
    return len([each for each in captured.captured_queries if "SAVEPOINT" not in each["sql"]])


def asked(client: Client, incident: Incident, steps: list[dict[str, Any]], by: User) -> list[int]:
    """Questions of the form that starts it, of the worker's first step, of one read of the page."""
    making.triaging(incident, by)
    version = making.make_approved(steps, services=[incident.service])
    form = {"sop": version.sop.code, "version": "1", "seen": "triaging"}
    begin = questions(lambda: client.post(f"/incidents/{incident.reference}/sop/", form))
    run = Run.objects.latest("pk")
    step = questions(lambda: engine.advance(run.pk, "one"))
    read = questions(lambda: client.get(f"/runs/{run.pk}/", headers={"HX-Request": "true"}))
    assert making.step(run, 1).state == "done"
    return [begin, step, read]


def test_starting_advancing_and_reading_ask_the_same_few_questions_for_any_number_of_steps(
    on_night: Incident, engineer: User, browse: Callable[[User], Client]
) -> None:
    client = browse(engineer)
    other, third = (factories.make_incident(by=engineer, customer=on_night.customer) for _ in range(2))
    asked(client, other, SHORT, engineer)  # what a process asks once: types of content, the desk's own user
    few = asked(client, on_night, SHORT, engineer)
    assert asked(client, third, LONG, engineer) == few
    locks = 2 * connection.features.has_select_for_update  # the run's row, by the claim and by the record
    assert few == [TO_START, TO_ADVANCE + locks, TO_READ]


def test_each_step_that_is_pinned_has_its_audit_row_with_person_and_request(
    on_night: Incident, engineer: User, browse: Callable[[User], Client]
) -> None:
    making.triaging(on_night, engineer)
    version = making.make_approved(LONG, services=[on_night.service])
    form = {"sop": version.sop.code, "version": "1", "seen": "triaging"}
    answer = browse(engineer).post(f"/incidents/{on_night.reference}/sop/", form)
    steps = Run.objects.latest("pk").ordered
    entries = [LogEntry.objects.get_for_object(each).get() for each in steps]
    assert [entry.changes["position"] for entry in entries] == [[None, each.position] for each in steps]
    assert {(entry.action, entry.actor, entry.cid) for entry in entries} == {
        (LogEntry.Action.CREATE, engineer, answer["X-Request-ID"])
    }
    assert [entry.object_repr for entry in entries] == [str(each) for each in steps]
