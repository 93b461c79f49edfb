"""What Azure lets slip, and what the desk must know, is in no word, log line or printed object."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from sops.actions.azure import client, credentials, long_running
from sops.actions.azure.acts import underway
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.sealing import unseal
from tests.standins.azure import GATEWAY, SITE, VM, Azure
from tests.standins.http import Answer, Fault

SECRET = "Pl4nted~S3cret"


def restart() -> client.Answer:
    return client.call(OPERATIONS["vm_restart"], VM)


def view() -> client.Answer:
    return client.call(OPERATIONS["vm_instance_view"], VM)


def follow() -> Any:
    answer = restart()
    assert answer.operation is not None
    return [underway("Restarts", answer), answer, long_running.follow(answer.operation)]


def metrics() -> client.Answer:
    return client.call(OPERATIONS["metrics"], SITE, query={"metricnames": "Requests"})


def health() -> client.Answer:
    return client.call(OPERATIONS["gateway_health"], GATEWAY)


def nothing(azure: Azure) -> None:
    """As it is."""


def with_fault(fault: Fault) -> Callable[[Azure], None]:
    return lambda azure: azure.fail(fault, path="/subscriptions/.*", times=9)


def with_answer(status: int, content: str, **headers: str) -> Callable[[Azure], None]:
    return lambda azure: azure.instead(Answer(status, content.encode(), headers), times=9)


def with_error(status: int, code: str = "Conflict", **headers: str) -> Callable[[Azure], None]:
    return lambda azure: azure.instead(azure.error(status, code, headers=headers), times=9)


def sign_in_refused(azure: Azure) -> None:
    azure.identity_header = "another"
    credentials.forget()


def token_refused(azure: Azure) -> None:
    azure.instead(azure.error(401, "InvalidAuthenticationToken"), times=9)


def ends(ending: str) -> Callable[[Azure], None]:
    def change(azure: Azure) -> None:
        azure.ending, azure.polls = ending, 0

    return change


def goes_elsewhere(azure: Azure) -> None:
    azure.elsewhere = f"https://{SECRET.lower().replace('~', '-')}.example.org/{SECRET}"


def is_forgotten(azure: Azure) -> None:
    azure.is_forgetful = True


TROUBLES: dict[str, Callable[[Azure], None]] = {
    "nothing": nothing, "refused": sign_in_refused, "token": token_refused, "elsewhere": goes_elsewhere,
    "forgotten": is_forgotten, "failed": ends("Failed"), "cancelled": ends("Canceled"),
    **{fault.name: with_fault(fault) for fault in Fault if fault not in (Fault.SLOW, Fault.TIME_OUT_BEFORE)},
    "conflict": with_error(409), "throttled": with_error(429, **{"Retry-After": SECRET}),
    "code": with_error(400, SECRET), "forbidden": with_error(403, "AuthorizationFailed"),
    "redirect": with_answer(302, SECRET, Location=f"https://example.org/{SECRET}"),
    "page": with_answer(200, f"<h1>{SECRET}</h1>"), "bad JSON": with_answer(200, f'{{"a": "{SECRET}"'),
    "status": with_answer(202, "null", **{"Azure-AsyncOperation": f"ftp://{SECRET}@example.org/{SECRET}"}),
    "header": with_answer(200, "{}", **{"Content-Encoding": "gzip", "X": SECRET}),
}  # fmt: skip


@pytest.fixture
def leaky(azure: Azure, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Azure:
    """Secrets in the environment, in the token, and in all that Azure says."""
    azure.planted = azure.token = SECRET
    azure.identity_header = f"header-{SECRET}"
    monkeypatch.setenv("IDENTITY_HEADER", azure.identity_header)
    monkeypatch.setenv("AZURE_CLIENT_SECRET", SECRET)
    settings.AZURE_TIMEOUT = 0.5
    credentials.forget()
    return azure


@pytest.mark.parametrize("trouble", TROUBLES)
@pytest.mark.parametrize("act", [restart, view, follow, metrics, health])
def test_no_secret_is_in_a_word_a_log_line_or_a_printed_object(
    act: Callable[[], Any], trouble: str, leaky: Azure, caplog: pytest.LogCaptureFixture
) -> None:
    TROUBLES[trouble](leaky)
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    try:
        with client.within(0.8):
            told.append(repr(act()))
    except Exception as error:
        told += [str(error), repr(error), repr(vars(error)), *traceback.format_exception(error)]
    told += [record.getMessage() + str(record.exc_info) for record in caplog.records]
    assert told
    assert [text for text in told if SECRET.lower() in text.lower()] == []


@pytest.mark.parametrize("style", ["both", "location"])
@pytest.mark.parametrize("name", ["vm_restart", "gateway_health"])
def test_of_an_operation_only_its_addresses_are_kept_and_sealed(name: str, style: str, leaky: Azure) -> None:
    leaky.style = style
    resource = VM if name == "vm_restart" else GATEWAY
    kept = client.call(OPERATIONS[name], resource).operation
    assert kept is not None
    assert SECRET not in str(kept)
    assert SECRET in unseal(kept["url"])
    assert set(kept) == {"name", "since", "by", "url", "result"}


def test_a_log_at_its_most_talkative_has_no_token(azure: Azure, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    restart()
    assert [
        record.name for record in caplog.records if record.name.startswith(("http", "azure", "msal"))
    ] == []
