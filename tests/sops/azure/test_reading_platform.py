"""Virtual desktops, networks and what Azure says of itself: how its answers read to people."""

from typing import Any

import pytest

from sops.actions import parameters as typed
from sops.actions.azure import (
    reading_desktops,
    reading_networks,
    reading_platform,
)
from sops.actions.outcomes import Failed
from tests.sops.azure.estate import NOW, event, figures, host, seen

# ---------- Virtual desktops ----------


def test_a_failing_session_host_is_told_by_its_state_and_the_checks_that_failed() -> None:
    """As recorded of a host that lost its domain."""
    failed = [
        {
            "healthCheckName": name, "healthCheckResult": result,
            "additionalFailureDetails": {"message": "host nurse-pc is not joined", "errorCode": -2147467259},
        }
        for name, result in (
            ("DomainJoinedCheck", "HealthCheckFailed"), ("DomainTrustCheck", "HealthCheckFailed"),
            ("SxSStackListenerCheck", "HealthCheckSucceeded"),
            ("MonitoringAgentCheck", "healthchecksucceeded"),
        )
    ]  # fmt: skip
    answer = host(
        "sh-0", "Unavailable", sessions=0, sessionHostHealthCheckResults=failed,
        lastHeartBeat="2023-09-26T16:21:44.89Z",
    )  # fmt: skip
    found = reading_desktops.session_host(answer, NOW)
    words = (
        "Unavailable, failed DomainJoinedCheck, DomainTrustCheck, takes new sessions, 0 sessions, "
        "heard of at Tue 26 Sep 17:21 BST 2023"
    )
    assert seen(found) == (words, True)
    assert "nurse" not in repr(found)


@pytest.mark.parametrize("status", reading_desktops.STATUSES)
def test_each_state_of_a_host_has_words_and_only_available_is_good(status: str) -> None:
    for written in (status, status.upper()):
        found = reading_desktops.session_host(host("sh-0", written), NOW)
        assert found.words.startswith(reading_desktops.STATUSES[status])
        assert found.is_bad == (status != "available")


def test_an_available_host_that_failed_a_check_is_bad() -> None:
    checks = [{"healthCheckName": "FSLogixHealthCheck", "healthCheckResult": "HealthCheckFailed"}]
    found = reading_desktops.session_host(host("sh-0", sessionHostHealthCheckResults=checks), NOW)
    assert found.is_bad


@pytest.mark.parametrize(
    ("name", "words"),
    [("status", "the state of the session host"), ("allowNewSession", "takes new sessions")],
)
def test_a_host_without_its_state_or_its_drain_is_no_answer(name: str, words: str) -> None:
    answer = host("sh-0")
    del answer["properties"][name]
    with pytest.raises(Failed, match=words):
        reading_desktops.session_host(answer, NOW)


@pytest.mark.parametrize(
    ("hosts", "words", "is_bad"),
    [
        ([host("a"), host("b", "Shutdown")], "1 of 2 hosts available, 6 sessions", False),
        (
            [host("a"), host("b", "NoHeartbeat", sessions=0), host("c", allowNewSession=False)],
            "2 of 3 hosts available, 1 of them take no new sessions, 6 sessions. Not well: b (no heartbeat)",
            True,
        ),
        (
            [host("a", allowNewSession=False)],
            "1 of 1 host available, 1 of them take no new sessions, 3 sessions", True,
        ),
        ([host("a", "Shutdown", sessions=0)], "0 of 1 host available, 0 sessions", True),
        ([{"name": "pool/x"}], "0 of 1 host available, 0 sessions. Not well: x (state not told)", True),
        ([], "The pool has no session host", True),
    ],
)  # fmt: skip
def test_a_pool_is_bad_when_a_host_is_ill_or_nobody_can_sign_in(hosts: Any, words: str, is_bad: bool) -> None:
    assert seen(reading_desktops.host_pool(hosts, is_whole=True)) == (words, is_bad)


# ---------- Networks ----------


@pytest.mark.parametrize(
    ("status", "words", "is_bad"),
    [
        ("Connected", "The tunnel is up", False), ("NOTCONNECTED", "The tunnel is down", True),
        ("Connecting", "The tunnel is coming up", True),
        ("Unknown", "Azure does not know the state of the tunnel", True),
        ("New", "The tunnel is in the state new", True),
    ],
)  # fmt: skip
def test_a_tunnel_is_good_only_when_it_is_connected(status: str, words: str, is_bad: bool) -> None:
    answer = {"properties": {"connectionStatus": status, "sharedKey": "planted-secret"}}
    found = reading_networks.tunnel(answer)
    assert seen(found) == (words, is_bad)
    assert "planted" not in repr(found)


def test_a_gateway_without_servers_is_bad_and_without_pools_no_answer() -> None:
    assert seen(reading_networks.backend_health({"backendAddressPools": []})) == (
        "There is no server behind the gateway", True,
    )  # fmt: skip
    with pytest.raises(Failed, match="the servers behind the gateway"):
        reading_networks.backend_health({})


# ---------- Azure itself ----------


def outage(*regions: str, **properties: Any) -> dict[str, Any]:
    impacted = [{"impactedRegion": each, "status": "Active"} for each in regions]
    impact = [{"impactedService": "Virtual Machines", "impactedRegions": impacted}]
    return {
        "name": "BC_1-FXZ",
        "properties": {
            "eventType": "ServiceIssue", "status": "Active", "title": "planted-secret",
            "summary": "planted-secret",
            "impactStartTime": "2026-11-22T01:40:00.12Z",
            "impact": impact if regions else [],
            **properties,
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("events", "words", "is_bad"),
    [
        ([outage("UK South")], "1 Azure event in UK South: Virtual Machines since 01:40 GMT", True),
        (
            [outage("uksouth", "West Europe")],
            "1 Azure event in UK South: Virtual Machines since 01:40 GMT", True,
        ),
        ([outage("Global")], "1 Azure event in UK South: Virtual Machines since 01:40 GMT", True),
        ([outage()], "1 Azure event in UK South: services not named since 01:40 GMT", True),
        ([outage("West US")], "No Azure event in UK South, 1 elsewhere", False),
        ([outage("UK South", status="Resolved")], "No Azure event in UK South", False),
        ([outage("UK South", eventType="PlannedMaintenance")], "No Azure event in UK South", False),
        (
            [outage("UK South", eventType="serviceissue", status="ACTIVE", impactStartTime=None)],
            "1 Azure event in UK South: Virtual Machines", True,
        ),
        ([{}, {"properties": None}], "No Azure event in UK South", False),
    ],
)  # fmt: skip
def test_an_event_of_azure_counts_while_it_goes_on_and_where_it_is_here(
    events: Any, words: str, is_bad: bool
) -> None:
    found = reading_platform.service_events(events, True, "UK South", NOW)
    assert seen(found) == (words, is_bad)
    assert "planted" not in repr(found)


def test_an_event_that_is_over_in_this_region_is_elsewhere() -> None:
    over = outage("UK South")
    over["properties"]["impact"][0]["impactedRegions"][0]["status"] = "Resolved"
    found = reading_platform.service_events([over], True, "UK South", NOW)
    assert seen(found) == ("No Azure event in UK South, 1 elsewhere", False)


@pytest.mark.parametrize(
    ("properties", "words", "is_bad"),
    [
        ({"availabilityState": "AVAILABLE"}, "Available: Azure knows of no problem of its own", False),
        (
            {
                "availabilityState": "Unavailable", "occuredTime": "2026-11-21T22:12:00Z",
                "reasonType": "Unplanned", "summary": "planted-secret",
            },
            "Unavailable since Sat 21 Nov 22:12 GMT, not planned", True,
        ),
        ({"availabilityState": "Degraded", "occuredTime": "0001-01-01T00:00:00Z"}, "Degraded", True),
        ({"availabilityState": "Unknown"}, "Azure has not heard of it for some minutes", True),
        ({"availabilityState": "Odd one"}, "In the state odd one", True),
    ],
)  # fmt: skip
def test_the_health_of_a_resource_is_told_with_its_beginning(
    properties: Any, words: str, is_bad: bool
) -> None:
    found = reading_platform.resource_health({"properties": properties}, NOW)
    assert seen(found) == (words, is_bad)
    assert "planted" not in repr(found)


RESTART = "Microsoft.Compute/virtualMachines/restart/action"


def test_of_one_operation_only_its_last_word_is_told_and_the_latest_first() -> None:
    events = [
        event(RESTART, "Started", "2026-11-22T01:50:00Z", "a"),
        event(RESTART, "Succeeded", "2026-11-22T01:52:00.1234567Z", "a"),
        event(RESTART, "Accepted", "2026-11-22T01:51:00Z", "a"),
        event("MICROSOFT.COMPUTE/VIRTUALMACHINES/START/ACTION", "Failed", "2026-11-22T00:10:00Z", "b"),
        {"caller": "somebody@hospital.example", "eventTimestamp": "no time"},
    ]
    found = reading_platform.activity(events, True, 4, NOW)
    words = "2 done in the last 4 hours: restart succeeded at 01:52 GMT; start failed at 00:10 GMT"
    assert seen(found) == (words, True)
    assert "somebody" not in repr(found)


def test_an_empty_log_says_that_azure_may_be_late() -> None:
    found = reading_platform.activity([], True, 1, NOW)
    assert seen(found) == ("Nothing written down in the last hour. Azure may be some minutes late", False)


def test_a_figure_is_judged_by_its_last_value_and_a_sum_by_all() -> None:
    points = (("2026-11-22T02:10:00Z", 99.0), ("2026-11-22T02:18:00Z", 20.0), ("2026-11-22T02:15:00Z", 5.0))
    gauge = reading_platform.MACHINE["processor"]
    found = reading_platform.figure(figures("x", *points), gauge, typed.MachineMetric(), NOW)
    words = "Processor: 20 % at 02:18 GMT, highest 99 % in the last 30 minutes, limit 90 %"
    assert seen(found) == (words, False)
    total = reading_platform.APP_SERVICE["server_errors"]
    found = reading_platform.figure(figures("x", *points), total, typed.AppServiceMetric(), NOW)
    assert seen(found) == ("Server errors: 124 in the last 30 minutes, limit 10", True)


@pytest.mark.parametrize("values", [(), (("2026-11-22T02:10:00Z", None),), (("never", 4.0),)])
def test_a_figure_without_values_is_bad_and_says_so(values: Any) -> None:
    gauge = reading_platform.MACHINE["processor"]
    found = reading_platform.figure(figures("x", *values), gauge, typed.MachineMetric(), NOW)
    assert seen(found) == ("Processor: no values in the last 30 minutes", True)


def test_an_answer_without_the_figure_is_no_answer() -> None:
    with pytest.raises(Failed, match="without the figure"):
        reading_platform.figure({}, reading_platform.MACHINE["processor"], typed.MachineMetric(), NOW)
