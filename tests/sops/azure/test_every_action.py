"""Each entry of the catalogue against the stand-in: what it asks, what it sends, and what people read."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from accounts.models import ComponentKind as Kind
from sops.actions import azure as adapter
from sops.actions.catalogue import CATALOGUE, read_parameters
from sops.actions.outcomes import Finding, Underway
from sops.models.step_run import Risk
from tests.sops.azure import estate
from tests.standins.azure import Azure


@pytest.fixture
def azure(azure: Azure) -> Iterator[Azure]:
    with time_machine.travel(estate.NOW, tick=False):
        yield estate.stand(azure)


def perform(name: str, kind: Kind, **parameters: Any) -> Finding:
    """To its end, asking after it as the engine does."""
    spec = CATALOGUE[name]
    given, target = read_parameters(spec, parameters), estate.component(kind)
    found = adapter.perform(spec, target, given)
    while isinstance(found, Underway):
        found = adapter.poll(spec, target, given, found.operation)
    return found


CHECKS: list[tuple[str, Kind, dict[str, Any], str, bool]] = [
    ("service_health", Kind.REGION, {}, "No Azure event in UK South", False),
    *(
        ("resource_health", kind, {}, "Available: Azure knows of no problem of its own", False)
        for kind in sorted(CATALOGUE["resource_health"].target_kinds)
    ),
    *(
        ("activity_log", kind, {}, "1 done in the last 4 hours: restart succeeded at 01:52 GMT", False)
        for kind in sorted(CATALOGUE["activity_log"].target_kinds)
    ),
    ("instance_state", Kind.VIRTUAL_MACHINE, {}, "Running, its agent answers", False),
    ("instance_state", Kind.SCALE_SET_INSTANCE, {}, "Running, its agent answers", False),
    ("instance_state", Kind.SCALE_SET, {}, "1 of 2 instances running. Not running: 3", True),
    ("instance_state", Kind.APP_SERVICE, {}, "Running, 2 of 2 instances ready", False),
    (
        "machine_metric", Kind.VIRTUAL_MACHINE, {},
        "Processor: 41.5 % at 02:17 GMT, highest 41.5 % in the last 30 minutes, limit 90 %", False,
    ),
    (
        "machine_metric", Kind.SCALE_SET, {"metric": "disk_queue", "limit": 40},
        "Disk queue: 41.5 at 02:17 GMT, highest 41.5 in the last 30 minutes, limit 40", True,
    ),
    (
        "app_service_metric", Kind.APP_SERVICE, {"over_minutes": 120},
        "Server errors: 41.5 in the last 120 minutes, limit 10", True,
    ),
    ("database_state", Kind.SQL_DATABASE, {}, "Online in uksouth", False),
    (
        "database_metric", Kind.SQL_DATABASE, {"metric": "storage"},
        "Storage: 41.5 % at 02:17 GMT, highest 41.5 % in the last 30 minutes, limit 90 %", False,
    ),
    (
        "failover_group_state", Kind.FAILOVER_GROUP, {},
        "Primary is sql-south in UK South. The copy, sql-west in UK West, is up to date", False,
    ),
    ("queue_depth", Kind.SERVICE_BUS, {}, "12 messages wait, 3 dead letters, none was opened", True),
    (
        "queue_depth", Kind.SERVICE_BUS, {"most_dead_letters": 3},
        "12 messages wait, 3 dead letters, none was opened", False,
    ),
    ("host_pool_state", Kind.HOST_POOL, {}, "2 of 2 hosts available, 6 sessions", False),
    (
        "session_host_state", Kind.SESSION_HOST, {},
        "Available, takes new sessions, 3 sessions, heard of at 02:17 GMT", False,
    ),
    (
        "user_sessions", Kind.SESSION_HOST, {},
        "3 sessions: 2 active, 1 disconnected. The oldest disconnected one began at Sat 21 Nov 23:04 GMT",
        False,
    ),
    ("gateway_health", Kind.APPLICATION_GATEWAY, {}, "1 of 2 servers up. Not all up: web 1 of 2", True),
    ("secret_expiry", Kind.CERTIFICATE, {}, "Expires on 3 Dec 2026, 09:00 GMT, in 11 days", True),
    (
        "secret_expiry", Kind.CERTIFICATE, {"warn_days": 11}, "Expires on 3 Dec 2026, 09:00 GMT, in 11 days",
        False,
    ),
    ("secret_expiry", Kind.KEY_VAULT, {}, "signin: Expires on 3 Dec 2026, 09:00 GMT, in 11 days", True),
    ("vpn_state", Kind.VPN_GATEWAY, {}, "The tunnel is up", False),
]  # fmt: skip

HOST = estate.IDS[Kind.SESSION_HOST]
ALL_WELL = {"message": "Please save your work: this desktop restarts at 02:30."}
CHANGES: list[tuple[str, dict[str, Any], str, list[tuple[str, str]]]] = [
    ("start_virtual_machine", {}, "Started vm-wexcombe", [("POST", f"{estate.VM}/start")]),
    ("restart_virtual_machine", {}, "Restarted vm-wexcombe", [("POST", f"{estate.VM}/restart")]),
    ("redeploy_virtual_machine", {}, "Redeployed vm-wexcombe", [("POST", f"{estate.VM}/redeploy")]),
    (
        "restart_scale_set_instance", {}, "Restarted 3",
        [("POST", f"{estate.IDS[Kind.SCALE_SET_INSTANCE]}/restart")],
    ),
    (
        "start_app_service", {}, "Started app-cc8-wexcombe-prod",
        [("POST", f"{estate.IDS[Kind.APP_SERVICE]}/start")],
    ),
    (
        "restart_app_service", {}, "Azure restarts app-cc8-wexcombe-prod",
        [("POST", f"{estate.IDS[Kind.APP_SERVICE]}/restart")],
    ),
    (
        "swap_app_service_slots", {}, "Swapped the slots of app-cc8-wexcombe-prod",
        [("POST", f"{estate.IDS[Kind.APP_SERVICE]}/slotsswap")],
    ),
    (
        "drain_session_host", {}, "sh-ward-0.wexcombe.example takes no new sessions", [("PATCH", HOST)],
    ),
    (
        "undrain_session_host", {}, "sh-ward-0.wexcombe.example takes new sessions again", [("PATCH", HOST)],
    ),
    (
        "message_users", ALL_WELL, "Told 2 of 2 users",
        [("POST", f"{HOST}/userSessions/{number}/sendMessage") for number in (2, 7)],
    ),
    (
        "sign_out_session", {},
        "Signed out session 5 of sh-ward-0.wexcombe.example, begun at Sat 21 Nov 23:04 GMT",
        [("DELETE", f"{HOST}/userSessions/5")],
    ),
    (
        "planned_failover", {}, "Failed over fg-cc8. Read which copy is the primary now",
        [("POST", f"{estate.WEST}/failoverGroups/fg-cc8/failover")],
    ),
    (
        "reset_vpn_tunnel", {}, "Reset vpn-wexcombe",
        [("POST", f"{estate.IDS[Kind.VPN_GATEWAY]}/resetconnection")],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "parameters", "words", "is_bad"), CHECKS)
def test_a_check_reads_and_tells_in_words(
    name: str, kind: Kind, parameters: dict[str, Any], words: str, is_bad: bool, azure: Azure
) -> None:
    found = perform(name, kind, **parameters)
    assert (found.words, found.is_bad) == (words, is_bad)
    assert azure.accepted == []


@pytest.mark.parametrize(("name", "parameters", "words", "sent"), CHANGES)
def test_an_action_sends_its_request_once_and_tells_what_it_did(
    name: str, parameters: dict[str, Any], words: str, sent: list[tuple[str, str]], azure: Azure
) -> None:
    (kind,) = CATALOGUE[name].target_kinds
    found = perform(name, kind, **parameters)
    assert (found.words, found.is_bad) == (words, False)
    assert azure.accepted == sent


def test_each_entry_of_the_catalogue_is_tried_here_on_each_kind_of_target() -> None:
    at_azure = {
        (spec.name, kind) for spec in CATALOGUE.values() if not spec.is_probe for kind in spec.target_kinds
    }
    tried = {(name, kind) for name, kind, *_ in CHECKS}
    tried |= {(name, kind) for name, *_ in CHANGES for kind in CATALOGUE[name].target_kinds}
    assert tried == at_azure


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_each_entry_is_done_by_the_probe_or_at_azure(name: str) -> None:
    assert CATALOGUE[name].is_probe != (name in adapter.ACTS)


def test_ids_in_any_letter_case_are_understood(azure: Azure) -> None:
    azure.is_in_odd_case = True
    spec = CATALOGUE["planned_failover"]
    shouted = estate.component(Kind.FAILOVER_GROUP, resource_id=estate.IDS[Kind.FAILOVER_GROUP].upper())
    found = adapter.perform(spec, shouted, read_parameters(spec, {}))
    assert isinstance(found, Underway)
    assert [path.lower() for _, path in azure.accepted] == [
        f"{estate.WEST}/failoverGroups/fg-cc8/failover".lower()
    ]


def test_a_gateway_is_asked_once_and_looked_after_until_it_has_answered(azure: Azure) -> None:
    spec, target = CATALOGUE["gateway_health"], estate.component(Kind.APPLICATION_GATEWAY)
    azure.polls = 2
    found = adapter.perform(spec, target, read_parameters(spec, {}))
    assert isinstance(found, Underway)
    assert found.words == "The gateway asks its servers"
    assert [request.method for request in azure.asked] == ["POST"]
    assert spec.risk == Risk.READ


def test_of_a_session_host_the_log_tells_what_was_done_to_its_sessions_and_nothing_of_others(
    azure: Azure,
) -> None:
    tell = "Microsoft.DesktopVirtualization/hostpools/sessionhosts/usersessions/sendMessage/action"
    events = [
        estate.event(tell, "Succeeded", "2026-11-22T02:10:00Z", "a", f"{HOST.lower()}/usersessions/2"),
        estate.event(tell, "Succeeded", "2026-11-22T02:11:00Z", "b", f"{HOST}-other/userSessions/2"),
        estate.event(
            "Microsoft.Compute/virtualMachines/restart/action", "Succeeded", "2026-11-22T02:12:00Z", "c"
        ),
        {"operationName": {"value": "x"}, "eventTimestamp": "2026-11-22T02:13:00Z"},
    ]
    azure.put(estate.LOG, {"value": events})
    found = perform("activity_log", Kind.SESSION_HOST)
    assert found.words == "1 done in the last 4 hours: message to a user succeeded at 02:10 GMT"
    (asked,) = azure.asked
    assert "resourceGroupName+eq+%27rg-wexcombe-prod%27" in asked.query


def test_what_an_answer_says_beside_the_facts_is_neither_told_nor_kept(azure: Azure) -> None:
    azure.planted = "planted-secret"
    for name, kind, parameters, *_ in CHECKS:
        assert "planted-secret" not in repr(perform(name, kind, **parameters))
    for name, parameters, *_ in CHANGES:
        (kind,) = CATALOGUE[name].target_kinds
        assert "planted-secret" not in repr(perform(name, kind, **parameters))


def test_no_user_of_a_desktop_is_named(azure: Azure) -> None:
    for name in ("user_sessions", "session_host_state", "sign_out_session"):
        assert "nurse" not in repr(perform(name, Kind.SESSION_HOST))
