"""Secrets in the environment, in answers and in errors: a run leaves none in the database, a log or a page.

The address of an operation, which Azure signed, is kept sealed for as long as it is asked after.
"""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
import time_machine
from django.db import connection
from django.test import Client
from rest_framework.test import APIClient

from accounts.models import User
from sops import engine, following, services
from sops.actions import azure as adapter
from sops.actions.azure import transport
from sops.actions.azure.sealing import unseal
from sops.models import Run, StepRun
from tests.factories import SUNDAY_NIGHT
from tests.sops import making
from tests.sops.azure import acting
from tests.sops.azure.acting import RESTART_MACHINE
from tests.sops.azure.estate import stand
from tests.sops.azure.test_secrets import SECRET, TROUBLES
from tests.sops.making import MANUAL, step
from tests.standins.azure import VM, Azure
from tests.standins.http import Answer, Request

SIGNATURE = "Sign3d~By~Azure"
CHECK_MACHINE = {
    "kind": "check", "title": "Read the machine", "action": "instance_state",
    "target_kind": "virtual_machine",
}  # fmt: skip
Search = Callable[[str], list[str]]


class Leaky(Azure):
    """Lets a secret slip in all that it says, and signs the addresses of operations with another."""

    def _begin(self, request: Request, result: Any) -> Answer:
        self.planted = SIGNATURE
        answer = super()._begin(request, result)
        self.planted = SECRET
        return answer


@pytest.fixture
def standin() -> Azure:
    return Leaky(planted=SECRET, token=SECRET, identity_header=f"header-{SECRET}")


@pytest.fixture
def clock(
    azure: Azure, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Iterator[time_machine.Traveller]:
    stand(azure)
    settings.AZURE_TIMEOUT = 0.5
    monkeypatch.setattr(transport, "PAUSES", ())
    for name in ("AZURE_CLIENT_SECRET", "FRESHDESK_API_KEY", "PGPASSWORD"):
        monkeypatch.setenv(name, SECRET)
    caplog.set_level(logging.DEBUG)
    with time_machine.travel(SUNDAY_NIGHT) as clock, making.no_worker():
        yield clock


@pytest.fixture
def run(clock: time_machine.Traveller, engineer: User) -> Run:
    return acting.waiting(engineer, acting.make_hospital(), [RESTART_MACHINE, CHECK_MACHINE, MANUAL])


@pytest.fixture
def search(
    run: Run, engineer: User, caplog: pytest.LogCaptureFixture,
    browse: Callable[[User], Client], api: Callable[[User], APIClient],
) -> Search:  # fmt: skip
    """Where these words are found: in which table, log line, page or answer."""

    def found(words: str) -> list[str]:
        texts = {f"log {each.name}": told(each) for each in caplog.records}
        texts |= {f"table {name}": rows_of(name) for name in connection.introspection.table_names()}
        texts["page"] = browse(engineer).get(f"/runs/{run.pk}/").content.decode()
        texts["incident"] = browse(engineer).get(f"/incidents/{run.incident}/").content.decode()
        texts["answer"] = api(engineer).get(f"/api/v1/runs/{run.pk}/").content.decode()
        return sorted(place for place, text in texts.items() if words.lower() in text.lower())

    return found


def told(record: logging.LogRecord) -> str:
    trace = "".join(traceback.format_exception(*record.exc_info)) if record.exc_info else ""
    return record.getMessage() + trace


def rows_of(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
        return repr(cursor.fetchall())


def act(run: Run, clock: time_machine.Traveller, token: str) -> None:
    """A worker acts on the current step, asks after what goes on, and again; each time when it is due."""
    for number in range(3):
        engine.advance(run.pk, token=f"{token}-{number}")
        clock.shift(timedelta(minutes=2))
        for each in StepRun.objects.filter(state=StepRun.State.UNDERWAY):
            following.ask_after(each.pk)


def say_it_did_not(run: Run, by: User) -> None:
    """What a person does about it, with the check that settles it."""
    if step(run, 1).state == StepRun.State.UNKNOWN:
        services.look(run.pk, 1, by=by)
        following.look(step(run, 1).pk)
        services.settle_unknown(run.pk, 1, happened=False, evidence="Not there", by=by)
    if step(run, 1).state == StepRun.State.FAILED:
        services.go_on(run.pk, 1, by=by)


@pytest.mark.parametrize("trouble", TROUBLES)
def test_no_secret_stays_anywhere_whatever_azure_does(
    trouble: str, run: Run, azure: Azure, engineer: User, clock: time_machine.Traveller, search: Search
) -> None:
    acting.confirm(run, engineer)
    TROUBLES[trouble](azure)
    act(run, clock, "restart")
    say_it_did_not(run, engineer)
    TROUBLES[trouble](azure)
    act(run, clock, "check")
    assert step(run, 1).attempt > 0
    assert search(SECRET) == []
    assert search(SIGNATURE) == []


def test_the_address_of_an_operation_is_kept_sealed_and_for_as_long_as_it_goes_on(
    run: Run, engineer: User, clock: time_machine.Traveller, search: Search
) -> None:
    acting.confirm(run, engineer)
    engine.advance(run.pk, token="one")
    sealed = step(run, 1).operation["url"]
    assert SIGNATURE in unseal(sealed)
    assert search(sealed) == ["table sops_steprun"]
    assert search(SIGNATURE) == []
    act(run, clock, "two")
    assert step(run, 1).state == StepRun.State.DONE
    assert search(sealed) == search(SIGNATURE) == []


@pytest.mark.parametrize("part", ["perform", "poll"])
def test_the_text_of_an_error_on_our_side_stays_nowhere(
    part: str, run: Run, azure: Azure, engineer: User, clock: time_machine.Traveller, search: Search
) -> None:
    acting.confirm(run, engineer)
    error = RuntimeError(f"POST {VM}?sig={SECRET}")
    error.__cause__ = ValueError(SECRET)
    with mock.patch.object(adapter, part, side_effect=error):
        act(run, clock, "restart")
    assert step(run, 1).summary == "Broke off on our side (RuntimeError)"
    assert search(SECRET) == []
