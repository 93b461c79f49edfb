"""Answers that Azure itself gave, over a socket: the desk reads them, and our stand-in is of their shape."""

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from accounts.models import Component
from accounts.models import ComponentKind as Kind
from sops.actions import azure as adapter
from sops.actions.azure import client, long_running
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.reading import next_token
from sops.actions.catalogue import CATALOGUE, read_parameters
from sops.actions.outcomes import Finding, Underway
from tests.sops.azure import estate
from tests.sops.azure.estate import seen
from tests.standins.azure import GATEWAY, SITE, VM, Azure, vm_instance_view
from tests.standins.http import Answer

FOLDER = Path(__file__).parent / "recorded"
HEADERS = {"location", "azure-asyncoperation", "retry-after"}


def recorded(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


def body(name: str) -> Any:
    return recorded(name)["body"]


def answer(name: str) -> Answer:
    found = recorded(name)
    return Answer(found["status"], json.dumps(found["body"]).encode())


def perform(name: str, kind: Kind, resource_id: str, **parameters: Any) -> Finding:
    """As a worker does it, until it has ended."""
    spec, target = CATALOGUE[name], Component(kind=kind, name="West US", resource_id=resource_id)
    given = read_parameters(spec, parameters)
    found = adapter.perform(spec, target, given)
    while isinstance(found, Underway):
        found = adapter.poll(spec, target, given, found.operation)
    return found


# ---------- The desk reads them ----------

HOSTS = body("session_hosts")["value"]
POOL = HOSTS[0]["id"].rpartition("/sessionhosts/")[0]
HEALTH = "providers/Microsoft.ResourceHealth"
FAILED = "failed DomainJoinedCheck, DomainTrustCheck, takes new sessions, 0 sessions, heard of at"
READ = [
    (
        "instance_state", Kind.VIRTUAL_MACHINE, VM, f"{VM}/instanceView", body("virtual_machine"),
        "Running, its agent answers", False,
    ),
    (
        "instance_state", Kind.VIRTUAL_MACHINE, VM, f"{VM}/instanceView", body("virtual_machine_example"),
        "Running, its agent answers", False,
    ),
    (
        "host_pool_state", Kind.HOST_POOL, POOL, f"{POOL}/sessionHosts", body("session_hosts"),
        "0 of 2 hosts available, 0 sessions. Not well: cfb-test-0 (unavailable), cfb-test-1 (unavailable)",
        True,
    ),
    (
        "session_host_state", Kind.SESSION_HOST, HOSTS[1]["id"], HOSTS[1]["id"], HOSTS[1],
        f"Unavailable, {FAILED} Tue 26 Sep 17:22 BST 2023", True,
    ),
    (
        "database_state", Kind.SQL_DATABASE, body("database")["id"], body("database")["id"], body("database"),
        "Online in eastus2", False,
    ),
    (
        "database_metric", Kind.SQL_DATABASE, body("database")["id"],
        f"{body('database')['id']}/providers/Microsoft.Insights/metrics", body("metrics"),
        "Processor: 0 % at Thu 2 May 00:59 BST 2019, highest 0 % in the last 30 minutes, limit 90 %", False,
    ),
    (
        "failover_group_state", Kind.FAILOVER_GROUP, body("failover_group_secondary")["id"],
        body("failover_group_secondary")["id"], body("failover_group_secondary"),
        "Primary is 293-sql1-green in East US. The copy, 293-sql2-green in North Europe, is up to date",
        False,
    ),
    (
        "queue_depth", Kind.SERVICE_BUS, body("queue")["id"], body("queue")["id"], body("queue"),
        "0 messages wait, dead letters not told, none was opened", True,
    ),
    (
        "gateway_health", Kind.APPLICATION_GATEWAY, GATEWAY, f"{GATEWAY}/backendhealth",
        body("backend_health"), "3 of 3 servers up", False,
    ),
    (
        "activity_log", Kind.VIRTUAL_MACHINE, VM, estate.LOG, body("activity_log"),
        "1 done in the last 4 hours: change succeeded at Wed 21 Jan 22:14 GMT 2015", False,
    ),
    (
        "resource_health", Kind.VIRTUAL_MACHINE, VM, f"{VM}/{HEALTH}/availabilityStatuses/current",
        body("resource_health"), "Unavailable since Tue 29 Mar 10:12 BST 2016, not planned", True,
    ),
    (
        "service_health", Kind.REGION, estate.IDS[Kind.REGION], f"{estate.IDS[Kind.REGION]}/{HEALTH}/events",
        body("service_events"),
        "1 Azure event in West US: Virtual Machines since Mon 12 May 15:45 BST 2025", True,
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "kind", "resource_id", "path", "given", "words", "is_bad"), READ)
def test_a_check_reads_what_azure_answered(
    name: str, kind: Kind, resource_id: str, path: str, given: Any, words: str, is_bad: bool, azure: Azure
) -> None:
    azure.polls = 0
    azure.put(path, given)
    assert seen(perform(name, kind, resource_id)) == (words, is_bad)


def test_a_site_is_read_as_azure_answered_it(azure: Azure) -> None:
    """Its instances were not recorded."""
    site = body("site")
    azure.put(site["id"], site)
    azure.put(f"{site['id']}/instances", {"value": [{"properties": {"state": "READY"}}]})
    found = perform("instance_state", Kind.APP_SERVICE, site["id"])
    assert seen(found) == ("Running, 1 of 1 instance ready", False)


def test_a_failover_is_planned_by_what_both_servers_answered(azure: Azure) -> None:
    primary, secondary = body("failover_group_primary"), body("failover_group_secondary")
    for each in (primary, secondary):
        azure.put(each["id"], each)
    assert perform("planned_failover", Kind.FAILOVER_GROUP, primary["id"]).words.startswith("Failed over")
    assert [path.lower() for _, path in azure.accepted] == [f"{secondary['id']}/failover".lower()]


def test_the_next_page_is_found_in_the_address_that_azure_gave() -> None:
    assert next_token(body("page_of_vaults")["nextLink"]).startswith("Y2ZiLXR4cXJOcERjLXRlc3Q")


# ---------- Our stand-in is of their shape ----------


def stray(ours: Any, theirs: Any, place: str = "") -> list[str]:
    """What ours has and theirs has not, or has as something else. In a list the first speaks for all."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        missing = [f"{place}.{name}" for name in ours if name not in theirs]
        both = [stray(ours[name], theirs[name], f"{place}.{name}") for name in ours if name in theirs]
        return missing + [each for found in both for each in found]
    if isinstance(ours, list) and isinstance(theirs, list) and ours and theirs:
        return stray(ours[0], theirs[0], f"{place}[]")
    is_number = all(isinstance(each, int | float) and not isinstance(each, bool) for each in (ours, theirs))
    return [] if is_number or type(ours) is type(theirs) else [f"{place} is {type(theirs).__name__}"]


def stood(path: str) -> Any:
    return estate.stand(Azure()).readings[path.lower()]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (vm_instance_view(), body("virtual_machine_example")), (estate.host("a"), HOSTS[0]),
        (stood(estate.IDS[Kind.APP_SERVICE]), body("site")),
        (stood(estate.IDS[Kind.SQL_DATABASE]), body("database")),
        (estate.group("Primary", estate.WEST), body("failover_group_primary")),
        (estate.figures("x")["value"][0]["name"], body("metrics")["value"][0]["name"]),
        (stood(f"{estate.IDS[Kind.APPLICATION_GATEWAY]}/backendhealth"), body("backend_health")),
        (stood(f"{VM}/{HEALTH}/availabilityStatuses/current"), body("resource_health")),
    ],
)  # fmt: skip
def test_what_the_stand_in_says_azure_says_too(ours: Any, theirs: Any) -> None:
    assert stray(ours, theirs) == []


def test_the_comparison_finds_what_was_made_up() -> None:
    made_up = {
        "properties": {"status": 7, "health": "good", "sessionHostHealthCheckResults": [{"name": "x"}]}
    }
    assert stray(made_up, HOSTS[0]) == [
        ".properties.health", ".properties.status is str",
        ".properties.sessionHostHealthCheckResults[].name",
    ]  # fmt: skip


def test_two_fields_that_azure_documents_are_not_in_microsofts_own_examples() -> None:
    """The reader does without either: it then counts nothing as good, and tells of nobody's session."""
    assert stray(stood(estate.IDS[Kind.SERVICE_BUS]), body("queue")) == [".properties.countDetails"]
    assert stray(stood(estate.LOG), body("activity_log")) == [".value[].resourceId"]


@pytest.mark.parametrize(
    ("operation", "resource_id", "name"),
    [("site", f"{SITE}-gone", "not_found"), ("metrics", VM, "metrics_refused")],
)
def test_an_error_of_the_stand_in_is_told_as_the_recorded_one(
    operation: str, resource_id: str, name: str, azure: Azure
) -> None:
    def told() -> tuple[str, int, str]:
        with pytest.raises(client.Declined) as error:
            client.call(OPERATIONS[operation], resource_id)
        return str(error.value), error.value.status, error.value.code

    ours, raw = told(), ask(azure, "GET", OPERATIONS[operation], resource_id)
    assert stray(raw.json(), body(name)) == stray(body(name), raw.json()) == []
    azure.instead(answer(name))
    assert told() == ours


def test_a_long_operation_of_the_stand_in_begins_as_the_recorded_one(azure: Azure) -> None:
    azure.style, theirs = "location", recorded("accepted")
    ours = ask(azure, "POST", OPERATIONS["gateway_health"], GATEWAY)
    assert (ours.status_code, ours.json()) == (theirs["status"], theirs["body"])
    assert HEADERS & {name.lower() for name in ours.headers} == set(theirs["headers"])


def test_the_recorded_long_operation_is_followed_to_its_result(azure: Azure) -> None:
    location = recorded("accepted")["headers"]["location"].removeprefix("https://management.azure.com")
    azure.instead(Answer(202, b"null", {"Location": f"{azure.url}{location}"}), "POST")
    azure.instead(answer("accepted_result"), "GET", ".*/operationResults/.*")
    begun = client.call(OPERATIONS["gateway_health"], GATEWAY)
    assert begun.operation is not None
    assert long_running.follow(begun.operation).body == body("accepted_result")


def ask(azure: Azure, method: str, row: Any, resource_id: str) -> httpx2.Response:
    """The stand-in's bare answer."""
    path = row.path.format(id=resource_id)
    headers = {"Authorization": f"Bearer {azure.token}"}
    return httpx2.request(
        method, f"{azure.url}{path}", params={"api-version": row.api_version}, headers=headers
    )
