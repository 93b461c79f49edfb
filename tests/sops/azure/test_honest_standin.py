"""Microsoft's own client works on our stand-in as on Azure: what passes there is no invention of ours."""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline import PipelineRequest
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.identity import ManagedIdentityCredential
from azure.mgmt.compute import ComputeManagementClient

from sops.actions.azure import client, long_running
from sops.actions.azure.operations import OPERATIONS
from tests.standins.azure import GROUP, SUBSCRIPTION, VM, Azure
from tests.standins.http import Fault, Request

GROUP_NAME, VM_NAME = GROUP.rsplit("/", 1)[1], VM.rsplit("/", 1)[1]


class Bearer(SansIOHTTPPolicy[Any, Any]):
    """The token without its policy, which refuses plain HTTP."""

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token

    def on_request(self, request: PipelineRequest[Any]) -> None:
        request.http_request.headers["Authorization"] = f"Bearer {self.token}"


@pytest.fixture
def official(azure: Azure) -> Iterator[Any]:
    client = ComputeManagementClient(
        ManagedIdentityCredential(), SUBSCRIPTION, base_url=azure.url,
        credential_scopes=[f"{azure.url}/.default"], authentication_policy=Bearer(azure.token),
        polling_interval=0, retry_total=0,
    )  # fmt: skip
    with client:
        yield client.virtual_machines


def asked(request: Request) -> tuple[str, str, list[str], bytes, str | None]:
    """What Azure goes by: the method, the path, the names in the query, the body and its length."""
    names = sorted(parse_qs(request.query))
    return request.method, request.path, names, request.body, request.headers.get("Content-Length")


@pytest.mark.parametrize("style", ["both", "status", "location"])
def test_it_restarts_a_machine_and_waits_until_that_is_done(style: str, azure: Azure, official: Any) -> None:
    azure.style, azure.polls = style, 2
    poller = official.begin_restart(GROUP_NAME, VM_NAME)
    poller.wait()
    assert poller.status() == "Succeeded"
    assert azure.accepted == [("POST", f"{VM}/restart")]


@pytest.mark.parametrize("verb", ["start", "restart", "redeploy"])
def test_it_asks_for_a_change_as_we_do(verb: str, azure: Azure, official: Any) -> None:
    getattr(official, f"begin_{verb}")(GROUP_NAME, VM_NAME).wait()
    theirs = azure.asked[0]
    azure.asked.clear()
    client.call(OPERATIONS[f"vm_{verb}"], VM)
    assert asked(azure.asked[0]) == asked(theirs)


def test_it_asks_how_a_change_goes_as_we_do(azure: Azure, official: Any) -> None:
    azure.polls = 0
    official.begin_restart(GROUP_NAME, VM_NAME).wait()
    theirs = azure.asked[1]
    azure.asked.clear()
    answer = client.call(OPERATIONS["vm_restart"], VM)
    assert answer.operation is not None
    long_running.follow(answer.operation)
    assert number_less(azure.asked[1]) == number_less(theirs)


def number_less(request: Request) -> tuple[str, str]:
    return request.method, re.sub(r"\d{12}|sig-\d{3}", "", f"{request.path}?{request.query}")


def test_it_reads_an_instance_view_and_asks_for_it_as_we_do(azure: Azure, official: Any) -> None:
    view = official.instance_view(GROUP_NAME, VM_NAME)
    assert [status.code for status in view.statuses] == ["ProvisioningState/succeeded", "PowerState/running"]
    assert view.vm_agent.statuses[0].display_status == "Ready"
    client.call(OPERATIONS["vm_instance_view"], VM)
    theirs, ours = azure.asked
    assert asked(ours) == asked(theirs)


def test_it_and_we_ask_for_the_same_version(azure: Azure, official: Any) -> None:
    official.instance_view(GROUP_NAME, VM_NAME)
    client.call(OPERATIONS["vm_instance_view"], VM)
    theirs, ours = azure.asked
    assert parse_qs(ours.query)["api-version"] == parse_qs(theirs.query)["api-version"]


def test_it_takes_a_throttled_restart_as_not_done(azure: Azure, official: Any) -> None:
    azure.throttle("3", "POST")
    with pytest.raises(HttpResponseError) as told:
        official.begin_restart(GROUP_NAME, VM_NAME)
    assert (told.value.status_code, told.value.error.code) == (429, "TooManyRequests")
    assert azure.accepted == []


def test_it_would_have_sent_a_throttled_restart_again(azure: Azure, official: Any) -> None:
    """Why this desk does not use it: each of these is a POST of its own."""
    azure.throttle("0", "POST", times=2)
    official.begin_restart(GROUP_NAME, VM_NAME, retry_total=3).wait()
    assert sum(request.method == "POST" for request in azure.asked) == 3


@pytest.mark.parametrize("ending", ["Failed", "Canceled"])
def test_it_hears_that_a_restart_failed(ending: str, azure: Azure, official: Any) -> None:
    azure.ending = ending
    with pytest.raises(HttpResponseError) as told:
        official.begin_restart(GROUP_NAME, VM_NAME).wait()
    assert told.value.error.code == "VMStartTimedOut"


def test_it_hears_that_an_operation_is_forgotten(azure: Azure, official: Any) -> None:
    azure.is_forgetful = True
    with pytest.raises(HttpResponseError) as told:
        official.begin_restart(GROUP_NAME, VM_NAME).wait()
    assert told.value.status_code == 404


def test_it_hears_of_a_machine_that_is_not_there(azure: Azure, official: Any) -> None:
    with pytest.raises(ResourceNotFoundError) as told:
        official.instance_view(GROUP_NAME, "vm-99")
    assert told.value.error.code == "ResourceNotFound"


def test_it_hears_that_its_token_is_not_good(azure: Azure, official: Any) -> None:
    azure.token = "another"
    with pytest.raises(HttpResponseError) as told:
        official.instance_view(GROUP_NAME, VM_NAME)
    assert told.value.status_code == 401


def test_it_cannot_know_either_what_became_of_a_restart_that_broke_off(azure: Azure, official: Any) -> None:
    azure.fail(Fault.RESET_AFTER, "POST")
    with pytest.raises(Exception, match=r"reset|aborted"):
        official.begin_restart(GROUP_NAME, VM_NAME)
    assert len(azure.accepted) == 1
