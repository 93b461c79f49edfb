"""What an action at Azure refuses, what it does in part, and what it says then."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest
import time_machine

from accounts.models import ComponentKind as Kind
from sops.actions import azure as adapter
from sops.actions.catalogue import CATALOGUE, read_parameters
from sops.actions.outcomes import Failed, Finding, Refused, Throttled, Underway, Unsure
from tests.sops.azure import estate
from tests.sops.azure.estate import SOUTH, WEST, group, session
from tests.standins.azure import Azure
from tests.standins.http import Answer, Fault

GROUP = f"{SOUTH}/failoverGroups/fg-cc8"
COPY = f"{WEST}/failoverGroups/fg-cc8"
HOST = estate.IDS[Kind.SESSION_HOST]
WORDS = "Please save your work: this desktop restarts at 02:30."


@pytest.fixture
def azure(azure: Azure) -> Iterator[Azure]:
    with time_machine.travel(estate.NOW, tick=False):
        yield estate.stand(azure)


def perform(name: str, resource_id: str = "", **parameters: Any) -> Finding | Underway:
    spec = CATALOGUE[name]
    (kind,) = spec.target_kinds
    target = estate.component(kind, resource_id=resource_id or estate.IDS[kind])
    return adapter.perform(spec, target, read_parameters(spec, parameters))


# ---------- Failover ----------


def test_a_failover_is_asked_of_the_server_that_is_the_copy(azure: Azure) -> None:
    found = perform("planned_failover")
    assert isinstance(found, Underway)
    assert found.words == "Failing over fg-cc8 to sql-west"
    assert azure.accepted == [("POST", f"{COPY}/failover")]


def test_a_failover_back_is_asked_of_the_registered_server(azure: Azure) -> None:
    azure.put(GROUP, group("Secondary", WEST))
    azure.put(COPY, group("Primary", SOUTH))
    perform("planned_failover", direction="back")
    assert azure.accepted == [("POST", f"{GROUP}/failover")]


def test_doing_a_failover_twice_does_not_swap_back(azure: Azure) -> None:
    azure.put(GROUP, group("Secondary", WEST))
    azure.put(COPY, group("Primary", SOUTH))
    with pytest.raises(Refused, match=r"sql-south is not the primary now\. Nothing was sent"):
        perform("planned_failover")
    azure.put(GROUP, group("Primary", WEST))
    azure.put(COPY, group("Secondary", SOUTH))
    with pytest.raises(Refused, match=r"sql-south is the primary already\. Nothing was sent"):
        perform("planned_failover", direction="back")
    assert azure.accepted == []


@pytest.mark.parametrize("state", ["SEEDING", "PENDING", "SUSPENDED", "SOMETHING"])
@pytest.mark.parametrize("side", ["here", "there"])
def test_a_copy_that_is_behind_on_either_side_is_not_failed_over_to(
    state: str, side: str, azure: Azure
) -> None:
    azure.put(GROUP, group("Primary", WEST, state if side == "here" else "CATCH_UP"))
    azure.put(COPY, group("Secondary", SOUTH, state if side == "there" else "CATCH_UP"))
    with pytest.raises(Refused, match=r"could lose data\. Nothing was sent"):
        perform("planned_failover")
    assert azure.accepted == []


@pytest.mark.parametrize(
    "copy",
    [group("Primary", SOUTH), group("Secondary", f"{SOUTH}-other")],
    ids=["both primary", "a stranger"],
)
def test_two_servers_that_do_not_agree_are_left_alone(copy: dict[str, Any], azure: Azure) -> None:
    azure.put(COPY, copy)
    with pytest.raises(Refused, match="do not agree"):
        perform("planned_failover")
    assert azure.accepted == []


def test_a_partner_that_is_no_server_is_refused(azure: Azure) -> None:
    azure.put(GROUP, group("Primary", estate.IDS[Kind.APP_SERVICE]))
    with pytest.raises(Refused, match="resource id"):
        perform("planned_failover")
    assert azure.accepted == []


def test_a_failover_whose_reading_fails_was_certainly_not_sent(azure: Azure) -> None:
    azure.fail(Fault.RESET_BEFORE, "GET", ".*/failoverGroups/.*", times=9)
    with pytest.raises(Failed):
        perform("planned_failover")
    assert azure.accepted == []


# ---------- Restarts ----------


@pytest.mark.parametrize(("soft", "told"), [(True, "true"), (False, "false")])
def test_a_restart_of_a_service_is_soft_or_hard_as_approved(soft: bool, told: str, azure: Azure) -> None:
    perform("restart_app_service", soft=soft)
    assert parse_qs(azure.asked[-1].query)["softRestart"] == [told]


def test_a_swap_names_the_slot_that_was_approved(azure: Azure) -> None:
    perform("swap_app_service_slots", slot="green")
    assert json.loads(azure.asked[-1].body) == {"targetSlot": "green", "preserveVnet": True}


def test_a_target_that_is_something_else_is_refused_before_anything_is_sent(azure: Azure) -> None:
    with pytest.raises(Refused, match="Correct its resource id"):
        perform("restart_virtual_machine", estate.IDS[Kind.APP_SERVICE])
    with pytest.raises(Refused, match="Correct it in the register"):
        perform("restart_virtual_machine", "vm-1")
    with pytest.raises(Refused, match="No Azure resource id is registered"):
        perform("restart_virtual_machine", " ")
    assert azure.asked == []


# ---------- Session hosts ----------


@pytest.mark.parametrize(("name", "allowed"), [("drain_session_host", False), ("undrain_session_host", True)])
def test_a_drain_sends_the_one_field_and_nothing_else(name: str, allowed: bool, azure: Azure) -> None:
    perform(name)
    assert json.loads(azure.asked[-1].body) == {"properties": {"allowNewSession": allowed}}


@pytest.mark.parametrize(("body", "is_done"), [
    (b"", True), (b"{}", True), (b'{"properties": {"allowNewSession": false}}', True),
    (b'{"properties": {"allowNewSession": true}}', False), (b'{"properties": []}', True),
])  # fmt: skip
def test_a_drain_that_azure_answers_without_doing_it_failed(body: bytes, is_done: bool, azure: Azure) -> None:
    azure.instead(Answer(200, body), "PATCH")
    if is_done:
        assert isinstance(perform("drain_session_host"), Finding)
    else:
        with pytest.raises(Failed, match="nothing changed"):
            perform("drain_session_host")


def told(number: int) -> tuple[str, str]:
    return "POST", f"{HOST}/userSessions/{number}/sendMessage"


def test_a_message_goes_once_to_each_who_is_at_work(azure: Azure) -> None:
    found = perform("message_users", message=WORDS)
    assert found == Finding("Told 2 of 2 users", data={"told": 2, "not_told": 0})
    assert azure.accepted == [told(2), told(7)]
    assert json.loads(azure.asked[-1].body) == {
        "messageTitle": "Message from your IT support", "messageBody": WORDS,
    }  # fmt: skip


def test_nobody_at_work_is_said_and_nothing_is_sent(azure: Azure) -> None:
    estate.stand_sessions(azure, session(5, "Disconnected"))
    found = perform("message_users", message=WORDS)
    assert found.words == "Nobody is at work on it, so nobody was told"
    assert azure.accepted == []


def test_somebody_who_left_meanwhile_is_counted_as_not_told(azure: Azure) -> None:
    azure.instead(azure.error(404, "ResourceNotFound"), "POST", ".*/2/sendMessage")
    found = perform("message_users", message=WORDS)
    assert isinstance(found, Finding)
    assert (found.words, found.is_bad) == ("Told 1 of 2 users", True)


def test_a_message_that_is_throttled_at_first_may_be_sent_again_and_later_not(azure: Azure) -> None:
    azure.throttle("7", "POST")
    with pytest.raises(Throttled):
        perform("message_users", message=WORDS)
    azure.instead(azure.error(429, "TooManyRequests"), "POST", ".*/7/sendMessage")
    found = perform("message_users", message=WORDS)
    assert isinstance(found, Finding)
    assert found.words.startswith("Told 1 of 2 users, then no more: Azure asked us to wait")
    assert azure.accepted == [told(2)]


def test_without_the_right_nobody_is_told_and_azure_is_asked_once(azure: Azure) -> None:
    azure.instead(azure.error(403, "AuthorizationFailed"), "POST", times=9)
    with pytest.raises(Failed, match="usersessions/sendMessage/action"):
        perform("message_users", message=WORDS)
    assert [request.method for request in azure.asked] == ["GET", "POST"]


def test_a_message_that_nobody_knows_of_ends_the_telling(azure: Azure) -> None:
    azure.fail(Fault.RESET_AFTER, "POST", ".*/7/sendMessage")
    with pytest.raises(Unsure, match="Told 1 of 2 users, then: Sent to Azure"):
        perform("message_users", message=WORDS)
    assert azure.accepted == [told(2), told(7)]


def test_of_the_disconnected_sessions_the_oldest_is_signed_out_and_no_other(azure: Azure) -> None:
    estate.stand_sessions(
        azure, session(3, "Active", "2026-11-20T09:00:00Z"),
        session(4, "Disconnected", "2026-11-21T22:30:00Z"),
        session(6, "disconnected", "2026-11-21T21:30:00Z"),
        session(8, "Pending", "2026-11-19T09:00:00Z"), session(9, "Disconnected", ""),
    )  # fmt: skip
    found = perform("sign_out_session")
    assert isinstance(found, Finding)
    assert found.words.startswith("Signed out session 6 of")
    assert azure.accepted == [("DELETE", f"{HOST}/userSessions/6")]


@pytest.mark.parametrize(
    ("began", "is_old"), [("2026-11-22T01:19:00Z", True), ("2026-11-22T01:19:01Z", False)]
)
def test_a_session_that_is_too_young_is_left_alone(began: str, is_old: bool, azure: Azure) -> None:
    estate.stand_sessions(azure, session(5, "Disconnected", began))
    if not is_old:
        with pytest.raises(Refused, match=r"No disconnected session .* is that old\. Nothing was sent"):
            perform("sign_out_session", at_least_minutes=60)
    else:
        perform("sign_out_session", at_least_minutes=60)
    assert len(azure.accepted) == is_old


def test_a_host_with_more_sessions_than_can_be_read_is_left_alone(azure: Azure) -> None:
    more = {"value": [session(2)], "nextLink": f"{azure.url}{HOST}/userSessions?page=2"}
    azure.put(f"{HOST}/userSessions", more)
    for name, parameters in (("message_users", {"message": WORDS}), ("sign_out_session", {})):
        with pytest.raises(Failed, match="more sessions than this desk reads"):
            perform(name, **parameters)
    assert azure.accepted == []


def test_a_session_whose_name_is_no_number_is_not_touched(azure: Azure) -> None:
    odd = session(5, "Disconnected") | {"name": "hp-ward/host/5%2f..%2f6"}
    azure.put(f"{HOST}/userSessions", {"value": [odd]})
    with pytest.raises(Refused):
        perform("sign_out_session")
    assert azure.accepted == []
