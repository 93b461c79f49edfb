"""A request that changes something reaches Azure once, and what came of it is told as it is."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from sops.actions.azure import client, credentials
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.sealing import unseal
from sops.actions.outcomes import Failed, Refused, Throttled, Unsure
from tests.standins.azure import SITE, VM, Azure
from tests.standins.http import Answer, Fault

RESTART, SITE_RESTART = OPERATIONS["vm_restart"], OPERATIONS["site_restart"]
HTML = {"Content-Type": "text/html"}


def posts(azure: Azure) -> int:
    return sum(request.method == "POST" for request in azure.asked)


def restart() -> client.Answer:
    return client.call(RESTART, VM)


def test_what_is_done_at_once_is_done(azure: Azure) -> None:
    answer = client.call(SITE_RESTART, SITE, query={"softRestart": "true"})
    assert (answer.status, answer.body, answer.operation) == (200, {}, None)
    assert azure.accepted == [("POST", f"{SITE}/restart")]


def test_what_goes_on_says_how_to_ask_for_it(azure: Azure) -> None:
    azure.retry_after = "17"
    answer = restart()
    assert answer.operation is not None
    assert unseal(answer.operation["url"]).startswith(f"{azure.url}/subscriptions/")
    assert (answer.status, answer.look_again_in) == (202, 17.0)
    assert azure.accepted == [("POST", f"{VM}/restart")]


# ---------- Nothing happened ----------


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "BadRequest"), (403, "AuthorizationFailed"), (404, "ResourceNotFound"),
        (409, "AnotherOperationInProgress"), (409, "Conflict"), (412, "PreconditionFailed"),
    ],
)  # fmt: skip
def test_what_azure_declines_did_not_happen(status: int, code: str, azure: Azure) -> None:
    azure.instead(azure.error(status, code), "POST")
    with pytest.raises(client.Declined) as told:
        restart()
    assert (told.value.status, told.value.code) == (status, code)
    assert (posts(azure), azure.accepted) == (1, [])


def test_the_words_say_which_right_the_role_lacks(azure: Azure) -> None:
    azure.instead(azure.error(403, "AuthorizationFailed"), "POST")
    with pytest.raises(Failed, match=r"It needs Microsoft\.Compute/virtualMachines/restart/action"):
        restart()


def test_an_error_as_app_service_writes_it_is_azures_own(azure: Azure) -> None:
    azure.instead(Answer(409, b'{"Code":"Conflict","Message":"Cannot modify this site"}'), "POST")
    with pytest.raises(client.Declined, match=r"409 Conflict"):
        client.call(SITE_RESTART, SITE)


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [
        ("7", 7.0),
        ("", 30.0),
        ("soon", 30.0),
        ("-4", 1.0),
        ("0", 1.0),
        ("1200", 1200.0),
        ("999999", 86_400.0),
        ("nan", 30.0),
    ],
)
def test_a_throttled_change_says_when_to_come_back(retry_after: str, seconds: float, azure: Azure) -> None:
    azure.throttle(retry_after, "POST")
    with pytest.raises(Throttled) as told:
        restart()
    assert told.value.seconds == seconds
    assert (posts(azure), azure.accepted) == (1, [])


def test_a_date_to_come_back_at_is_understood(azure: Azure) -> None:
    azure.throttle(format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True), "POST")
    with pytest.raises(Throttled) as told:
        restart()
    assert 85 < told.value.seconds <= 90


def test_a_connection_that_is_refused_means_that_nothing_happened(azure: Azure) -> None:
    credentials.token()
    azure.down()
    with pytest.raises(Failed, match=r"nothing was sent: the connection is refused"):
        restart()


def test_a_name_that_is_not_found_means_that_nothing_happened(azure: Azure, settings: Any) -> None:
    sign_in_for(azure, settings, "http://azure.invalid")
    with pytest.raises(Failed, match=r"nothing was sent: its name is not found"):
        restart()


def test_encryption_that_fails_means_that_nothing_happened(azure: Azure, settings: Any) -> None:
    sign_in_for(azure, settings, azure.url.replace("http:", "https:"))
    with pytest.raises(Failed, match=r"nothing was sent"):
        restart()
    assert posts(azure) == 0


def test_a_host_that_cannot_prove_who_it_is_gets_nothing(
    azure: Azure, settings: Any, certificate: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listening, ThreadPoolExecutor(1) as pool:
        heard = pool.submit(hear, listening, context)
        sign_in_for(azure, settings, f"https://localhost:{listening.getsockname()[1]}")
        with pytest.raises(Failed, match=r"nothing was sent: its certificate is not valid"):
            restart()
        assert heard.result(5) == b""


def hear(listening: socket.socket, context: ssl.SSLContext) -> bytes:
    """What one caller says after the handshake."""
    connection, _ = listening.accept()
    try:
        with connection, context.wrap_socket(connection, server_side=True) as wrapped:
            return wrapped.recv(1)
    except OSError:
        return b""


@pytest.mark.usefixtures("hasty")
def test_a_connection_that_never_comes_about_means_that_nothing_happened(azure: Azure, settings: Any) -> None:
    """Nobody takes it: the queue of the listening socket is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", port))
        sign_in_for(azure, settings, f"http://127.0.0.1:{port}")
        with pytest.raises(Failed, match=r"nothing was sent: no answer in time"):
            restart()
        for each in waiting:
            each.close()


def sign_in_for(azure: Azure, settings: Any, url: str) -> None:
    settings.AZURE_MANAGEMENT_URL = azure.audience = url


# ---------- The sign-in ----------


def test_a_token_that_is_no_longer_good_is_renewed_and_the_change_is_done_once(azure: Azure) -> None:
    credentials.token()
    azure.token = "another-token"
    restart()
    assert (azure.sign_ins, posts(azure), len(azure.accepted)) == (2, 2, 1)


def test_a_sign_in_that_is_not_accepted_twice_is_a_failure(azure: Azure) -> None:
    azure.instead(azure.error(401, "InvalidAuthenticationToken"), times=9)
    with pytest.raises(Failed, match=r"did not accept the desk's sign-in \(401 InvalidAuthenticationToken\)"):
        restart()
    assert (posts(azure), azure.accepted) == (2, [])


def test_without_a_sign_in_nothing_is_sent(azure: Azure) -> None:
    azure.identity_header = "another"
    with pytest.raises(Refused, match=r"The desk cannot sign in to Azure"):
        restart()
    assert azure.asked == []


def test_a_change_is_not_begun_without_the_time_to_hear_of_it(azure: Azure, settings: Any) -> None:
    settings.AZURE_TIMEOUT = 20.0
    with client.within(19.0), pytest.raises(Refused, match=r"nothing was sent"):
        restart()
    assert azure.asked == []


# ---------- Nobody knows ----------


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    ("fault", "done"),
    [
        (Fault.TIME_OUT_BEFORE, 0), (Fault.TIME_OUT_AFTER, 1), (Fault.RESET_BEFORE, 0),
        (Fault.RESET_AFTER, 1), (Fault.ERROR_BEFORE, 0), (Fault.ERROR_AFTER, 1), (Fault.PAGE_BEFORE, 0),
        (Fault.PAGE_AFTER, 1), (Fault.CUT_AFTER, 1), (Fault.DRIPS_AFTER, 1),
    ],
)  # fmt: skip
def test_what_goes_wrong_after_sending_is_not_known_and_not_repeated(
    fault: Fault, done: int, azure: Azure
) -> None:
    azure.fail(fault, "POST", ".*/restart", times=9)
    with pytest.raises(Unsure):
        restart()
    assert [call for call in azure.calls if call[0] == "POST"] == [("POST", f"{VM}/restart")]
    assert len(azure.accepted) == done


# A collection of garbage in the depth of one of them calls back into libraries, which find no room either.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    "answer",
    [
        Answer(400, b"<h1>Bad Request</h1>", HTML),
        Answer(403, b"<h1>Blocked by the proxy</h1>", HTML),
        Answer(404, b""),
        Answer(408, b'{"error":{"code":"RequestTimeout","message":""}}'),
        Answer(503, b'{"error":{"code":"ServerTimeout","message":""}}'),
        Answer(302, b"", {"Location": "https://example.org/"}),
        Answer(307, b"", {"Location": "https://example.org/"}),
        Answer(200, b"<h1>Sign in to this network</h1>", HTML),
        Answer(200, b"[1, 2]"),
        Answer(200, b"[" * 100_000),
        Answer(200, b" " * 5_000_001),
        Answer(202, b"null"),
    ],
)
def test_what_azure_did_not_say_itself_is_not_known(answer: Answer, azure: Azure) -> None:
    azure.instead(answer, "POST")
    with pytest.raises(Unsure):
        restart()
    assert posts(azure) == 1


@pytest.mark.parametrize("elsewhere", ["https://management.example.org", "http://127.0.0.1:1", "ftp://x"])
@pytest.mark.parametrize("style", ["both", "status", "location"])
def test_an_operation_that_would_be_asked_elsewhere_is_not_known(
    style: str, elsewhere: str, azure: Azure
) -> None:
    azure.style, azure.elsewhere = style, elsewhere
    with pytest.raises(Unsure, match=r"not AZURE_MANAGEMENT_URL"):
        restart()
    assert len(azure.accepted) == 1


def test_a_call_outside_the_list_is_refused(azure: Azure) -> None:
    with pytest.raises(Refused):
        client.call(replace(RESTART, path="{id}/runCommand"), VM)
    assert azure.asked == []


def test_proxies_of_the_environment_are_not_used(azure: Azure, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert restart().status == 202
