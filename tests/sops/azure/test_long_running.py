"""What goes on at Azure is asked about until Azure says how it ended, by whichever process asks."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from sops.actions.azure import client, long_running
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.sealing import seal, unseal
from sops.actions.outcomes import Failed, Unsure
from tests.standins.azure import GATEWAY, VM, Azure
from tests.standins.http import Answer, Fault

STYLES = pytest.mark.parametrize("style", ["both", "status", "location"])


def kept_of(answer: client.Answer) -> dict[str, Any]:
    """As the database gives it back."""
    assert answer.operation is not None
    kept: dict[str, Any] = json.loads(json.dumps(answer.operation))
    return kept


def begun(azure: Azure) -> dict[str, Any]:
    return kept_of(client.call(OPERATIONS["vm_restart"], VM))


@STYLES
def test_a_change_is_asked_about_until_it_has_ended(style: str, azure: Azure) -> None:
    azure.style, azure.polls = style, 2
    answer = long_running.follow(begun(azure))
    assert answer.operation is not None
    answer = long_running.follow(kept_of(answer))
    assert answer.operation is not None
    assert long_running.follow(kept_of(answer)).operation is None
    assert azure.accepted == [("POST", f"{VM}/restart")]


@pytest.mark.parametrize("style", ["both", "location"])
def test_what_a_read_has_found_is_fetched_from_its_last_address(style: str, azure: Azure) -> None:
    azure.style, found = style, {"backendAddressPools": [{"name": "pool"}]}
    azure.put(f"{GATEWAY}/backendhealth", found)
    answer = client.call(OPERATIONS["gateway_health"], GATEWAY)
    answer = long_running.follow(kept_of(answer))
    assert long_running.follow(kept_of(answer)).body == found


def test_a_last_address_that_is_away_is_asked_later(azure: Azure) -> None:
    azure.polls, found = 0, {"backendAddressPools": [{"name": "pool"}]}
    azure.put(f"{GATEWAY}/backendhealth", found)
    answer = client.call(OPERATIONS["gateway_health"], GATEWAY)
    azure.fail(Fault.ERROR_BEFORE, "GET", ".*/operationResults/.*")
    answer = long_running.follow(kept_of(answer))
    assert long_running.follow(kept_of(answer)).body == found


def test_one_question_is_one_request_while_it_runs(azure: Azure) -> None:
    kept = begun(azure)
    azure.asked.clear()
    long_running.follow(kept)
    assert [request.method for request in azure.asked] == ["GET"]


@pytest.mark.parametrize("status", ["Running", "Updating", "Accepted", "", "Retrying"])
def test_a_status_that_nobody_knows_means_that_it_still_runs(status: str, azure: Azure) -> None:
    azure.polls, azure.ending = 0, status
    assert long_running.follow(begun(azure)).operation is not None


@pytest.mark.parametrize("status", ["succeeded", "SUCCEEDED", "Succeeded"])
def test_the_letter_case_of_a_status_does_not_matter(status: str, azure: Azure) -> None:
    azure.polls, azure.ending = 0, status
    assert long_running.follow(begun(azure)).operation is None


@pytest.mark.parametrize(("ending", "word"), [("Failed", "failed"), ("Canceled", "was cancelled")])
def test_what_failed_or_was_cancelled_says_so_with_its_code(ending: str, word: str, azure: Azure) -> None:
    azure.polls, azure.ending = 0, ending
    with pytest.raises(Failed, match=rf"it {word} \(VMStartTimedOut\)"):
        long_running.follow(begun(azure))


@STYLES
def test_an_operation_that_azure_forgot_is_not_known(style: str, azure: Azure) -> None:
    azure.style = style
    kept = begun(azure)
    azure.is_forgetful = True
    with pytest.raises(Unsure, match="no longer knows how it went"):
        long_running.follow(kept)


@pytest.mark.parametrize("status", [400, 401, 403, 409, 410])
def test_an_answer_that_is_no_status_leaves_it_not_known(status: int, azure: Azure) -> None:
    kept = begun(azure)
    azure.instead(azure.error(status, "Whatever"), "GET", times=2)
    with pytest.raises(Unsure, match=rf"{status} Whatever"):
        long_running.follow(kept)


@pytest.mark.parametrize("fault", [Fault.ERROR_BEFORE, Fault.RESET_BEFORE, Fault.PAGE_BEFORE])
def test_an_azure_that_is_away_is_asked_later(fault: Fault, azure: Azure) -> None:
    kept = begun(azure)
    azure.fail(fault, "GET", ".*/operations/.*")
    answer = long_running.follow(kept)
    assert (answer.operation, bool(answer.trouble)) == (kept, True)
    answer = long_running.follow(kept)
    assert long_running.follow(kept_of(answer)).operation is None


def test_a_busy_azure_says_when_it_may_be_asked(azure: Azure) -> None:
    kept = begun(azure)
    azure.throttle("45", "GET")
    answer = long_running.follow(kept)
    assert (answer.operation, answer.look_again_in) == (kept, 45.0)


@pytest.mark.parametrize(("retry_after", "seconds"), [("", 5.0), ("20", 20.0), ("86400", 60.0)])
def test_azure_says_when_to_look_again(retry_after: str, seconds: float, azure: Azure) -> None:
    azure.retry_after = retry_after
    assert long_running.follow(begun(azure)).look_again_in == seconds


def test_what_never_ends_is_handed_to_a_person(azure: Azure) -> None:
    azure.polls = 9
    kept = begun(azure)
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert long_running.follow(kept).operation is not None
    with (
        time_machine.travel(timezone.now() + timedelta(minutes=61)),
        pytest.raises(Unsure, match="an hour ago"),
    ):
        long_running.follow(kept)


@STYLES
def test_a_long_address_comes_back_letter_by_letter(style: str, azure: Azure) -> None:
    azure.style, azure.padding, azure.polls = style, 6_000, 0
    kept = begun(azure)
    assert len(kept["url"]) > 6_000
    assert long_running.follow(kept).operation is None


def test_a_signature_is_sent_back_as_it_came(azure: Azure) -> None:
    signed = "c=a%2bB%2B/+~(x)!*'$%20%c3%A9&&=&api-version=2026-04-01&s=@:,;%7e"
    azure.instead(Answer(202, b"null", {"Location": f"{azure.url}{VM}?{signed}"}), "POST")
    long_running.follow(begun(azure))
    assert azure.asked[-1].query == signed


def test_an_address_beyond_reason_is_not_kept(azure: Azure) -> None:
    azure.padding = 20_000
    with pytest.raises(Unsure):
        begun(azure)


@pytest.mark.parametrize(
    "url",
    [
        "https://management.example.org/x", "http://127.0.0.1:9/x", "//example.org/x", "{url}@example.org/x",
        "http://user@{host}/x", "https://{host}/x", "file:///etc/passwd", "", "x", "http://[::1",
    ],
)  # fmt: skip
def test_the_token_goes_to_the_configured_host_and_nowhere_else(url: str, azure: Azure) -> None:
    kept = begun(azure)
    azure.asked.clear()
    kept["url"] = seal(url.format(url=azure.url, host=azure.url.removeprefix("http://")))
    with pytest.raises(Unsure, match="not AZURE_MANAGEMENT_URL"):
        long_running.follow(kept)
    assert azure.asked == []


def test_an_address_without_a_host_is_of_the_configured_one(azure: Azure) -> None:
    azure.instead(Answer(202, b"null", {"Location": f"{VM}/instanceView?api-version=2026-04-01"}), "POST")
    kept = begun(azure)
    assert unseal(kept["url"]) == f"{azure.url}{VM}/instanceView?api-version=2026-04-01"
    assert long_running.follow(kept).status == 200


def test_azure_may_move_the_address(azure: Azure) -> None:
    azure.polls = 0
    kept = begun(azure)
    moved = unseal(kept["url"]).replace("?p=1", "?p=1&moved=1")
    azure.instead(Answer(200, b'{"status":"InProgress"}', {"Azure-AsyncOperation": moved}), "GET")
    assert unseal(kept_of(long_running.follow(kept))["url"]) == moved


def test_an_address_that_moves_elsewhere_is_not_followed(azure: Azure) -> None:
    kept = begun(azure)
    moved = {"Azure-AsyncOperation": "https://management.example.org/x"}
    azure.instead(Answer(200, b'{"status":"InProgress"}', moved), "GET")
    with pytest.raises(Unsure, match="not AZURE_MANAGEMENT_URL"):
        long_running.follow(kept)


def test_what_is_kept_can_be_read_with_the_secret_key_alone(azure: Azure, settings: Any) -> None:
    kept = begun(azure)
    assert azure.url not in json.dumps(kept)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    long_running.follow(kept)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(Unsure, match="SECRET_KEY is another now"):
        long_running.follow(kept)


def test_what_is_kept_is_small_and_holds_no_answer(azure: Azure) -> None:
    kept = begun(azure)
    assert set(kept) == {"name", "since", "by", "url", "result"}
    assert (kept["name"], kept["by"], kept["result"]) == ("vm_restart", "status", "")
