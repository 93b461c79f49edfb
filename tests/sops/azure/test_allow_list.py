"""Nothing but the allow-list can be asked of Azure, whatever the catalogue is given."""

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
import time_machine

from accounts.models import ComponentKind as Kind
from sops.actions import azure as adapter
from sops.actions.azure import client
from sops.actions.azure.doctor import READS
from sops.actions.azure.operations import OPERATIONS, Operation
from sops.actions.catalogue import CATALOGUE, ActionSpec, read_parameters
from sops.actions.outcomes import Failed, Refused, Underway
from tests.sops.azure import estate
from tests.standins.azure import VM, Azure

# Written out again, in small letters, so that one call more is a decision here too.
READS_ALLOWED = r"""
GET /subscriptions/[^/]+/providers/microsoft.resourcehealth/events
GET /subscriptions/[^/]+/providers/microsoft.insights/eventtypes/management/values
GET .+/providers/microsoft.resourcehealth/availabilitystatuses/current
GET .+/providers/microsoft.insights/metrics
GET .+/providers/microsoft.authorization/permissions
GET .+/microsoft.compute/virtualmachines/[^/]+/instanceview
GET .+/microsoft.compute/virtualmachinescalesets/[^/]+/virtualmachines
GET .+/microsoft.compute/virtualmachinescalesets/[^/]+/virtualmachines/[^/]+/instanceview
GET .+/microsoft.web/sites/[^/]+
GET .+/microsoft.web/sites/[^/]+/instances
GET .+/microsoft.sql/servers/[^/]+/databases/[^/]+
GET .+/microsoft.sql/servers/[^/]+/failovergroups/[^/]+
GET .+/microsoft.servicebus/namespaces/[^/]+/queues/[^/]+
GET .+/microsoft.desktopvirtualization/hostpools/[^/]+
GET .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts
GET .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts/[^/]+
GET .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts/[^/]+/usersessions
GET .+/microsoft.network/applicationgateways/[^/]+
POST .+/microsoft.network/applicationgateways/[^/]+/backendhealth
GET .+/microsoft.network/connections/[^/]+
GET .+/microsoft.keyvault/vaults/[^/]+/secrets
GET .+/microsoft.keyvault/vaults/[^/]+/secrets/[^/]+
"""
CHANGES_ALLOWED = r"""
POST .+/microsoft.compute/virtualmachines/[^/]+/(start|restart|redeploy)
POST .+/microsoft.compute/virtualmachinescalesets/[^/]+/virtualmachines/[^/]+/restart
POST .+/microsoft.web/sites/[^/]+/(start|restart|slotsswap)
POST .+/microsoft.sql/servers/[^/]+/failovergroups/[^/]+/failover
PATCH .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts/[^/]+
POST .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts/[^/]+/usersessions/[0-9]+/sendmessage
DELETE .+/microsoft.desktopvirtualization/hostpools/[^/]+/sessionhosts/[^/]+/usersessions/[0-9]+
POST .+/microsoft.network/connections/[^/]+/resetconnection
"""
POLLS = r"GET .+/locations/uksouth/operation(s|results)/[0-9a-f-]+"
ALLOWED = [*READS_ALLOWED.split("\n")[1:-1], *CHANGES_ALLOWED.split("\n")[1:-1]]
FORBIDDEN = (
    "runcommand", "listkeys", "key/", "registrationtoken", "forcefailover", "dataloss", "deallocate",
    "poweroff", "reimage", "write", "delete", "password", "config", "publish", "assign", "extension",
)  # fmt: skip
EXCEPTIONS = {  # what sign-out and drain are called; the body of the second holds one field
    "Microsoft.DesktopVirtualization/hostpools/sessionhosts/usersessions/delete",
    "Microsoft.DesktopVirtualization/hostpools/sessionhosts/write",
}


@pytest.fixture
def azure(azure: Azure) -> Iterator[Azure]:
    with time_machine.travel(estate.NOW, tick=False):
        yield estate.stand(azure)


def bounds(schema: dict[str, Any]) -> list[Any]:
    """The ends of what a parameter may be."""
    if "enum" in schema:
        return list(schema["enum"])
    match schema["type"]:
        case "boolean":
            return [True, False]
        case "integer" | "number":
            return [schema["minimum"], schema["maximum"]]
    if "pattern" in schema:
        return ["a", "A-0" * 19]
    return ["x" * schema["minLength"], "x" * schema["maxLength"]]


def every_parameter(spec: ActionSpec) -> list[dict[str, Any]]:
    schema = spec.parameters.model_json_schema().get("properties", {})
    values = [bounds(each) for each in schema.values()]
    return [dict(zip(schema, each, strict=True)) for each in itertools.product(*values)]


def perform(spec: ActionSpec, kind: Kind, parameters: dict[str, Any]) -> None:
    target, given = estate.component(kind), read_parameters(spec, parameters)
    try:
        found = adapter.perform(spec, target, given)
        while isinstance(found, Underway):
            found = adapter.poll(spec, target, given, found.operation)
    except (Refused, Failed):
        return


def told(request: Any) -> str:
    return f"{request.method} {request.path.lower()}"


ENTRIES = [
    (spec, kind) for spec in CATALOGUE.values() if not spec.is_probe for kind in sorted(spec.target_kinds)
]


@pytest.mark.parametrize(("spec", "kind"), ENTRIES, ids=lambda each: getattr(each, "name", str(each)))
def test_no_parameter_leads_outside_the_allow_list(spec: ActionSpec, kind: Kind, azure: Azure) -> None:
    given = every_parameter(spec)
    for parameters in given:
        perform(spec, kind, parameters)
    for request in azure.asked:
        fits = [pattern for pattern in [*ALLOWED, POLLS] if re.fullmatch(pattern, told(request))]
        assert fits, told(request)
    assert len(azure.asked) >= len(given)
    if spec.risk == "read":
        assert azure.accepted == []


def test_each_row_is_of_use_and_each_allowed_call_is_a_row() -> None:
    ours = {f"{row.method} {_example(row).lower()}" for row in OPERATIONS.values()}
    assert all(any(re.fullmatch(pattern, each) for pattern in ALLOWED) for each in ours)
    assert all(any(re.fullmatch(pattern, each) for each in ours) for pattern in ALLOWED)


def _example(row: Operation) -> str:
    kind = row.types[0] if row.types else "microsoft.web/sites"
    names = kind.split("/")
    path = f"{estate.RG}/{names[0]}" + "".join(f"/{name}/a" for name in names[1:])
    return row.path.format(id=path, subscription="/subscriptions/1", session=7)


def test_every_row_is_asked_by_an_entry_of_the_catalogue_or_the_doctor(azure: Azure) -> None:
    for spec, kind in ENTRIES:
        for parameters in every_parameter(spec):
            perform(spec, kind, parameters)
    doctors = {*READS.values(), "permissions"}
    for name, row in OPERATIONS.items():
        assert name in doctors or any(_is(row, request) for request in azure.asked), name


@pytest.mark.parametrize("row", OPERATIONS.values(), ids=lambda row: row.name)
def test_no_row_has_a_forbidden_word(row: Operation) -> None:
    for text in (row.path, *row.rbac):
        plain = text.lower().replace("keyvault", "")
        assert text in EXCEPTIONS or not any(word in plain for word in FORBIDDEN), text
        assert "*" not in text


def test_what_changes_is_marked_and_what_reads_is_not() -> None:
    for row in OPERATIONS.values():
        only_reads = row.method == "GET" or row.name == "gateway_health"
        assert row.is_mutating != only_reads, row.name
        assert row.is_mutating == (row.tier != "checks"), row.name
        assert row.name in OPERATIONS
        assert row.types or not row.is_mutating, row.name


def test_only_the_sign_out_of_a_session_is_a_delete() -> None:
    assert [row.name for row in OPERATIONS.values() if row.method == "DELETE"] == ["session_sign_out"]
    assert [row.name for row in OPERATIONS.values() if row.method == "PATCH"] == ["session_host_drain"]


def test_what_needs_a_second_person_is_what_only_the_third_role_may(azure: Azure) -> None:
    elevated = {row.name for row in OPERATIONS.values() if row.tier == "elevated"}
    for spec, kind in ENTRIES:
        azure.asked.clear()
        for parameters in every_parameter(spec):
            perform(spec, kind, parameters)
        used = {name for name in elevated for request in azure.asked if _is(OPERATIONS[name], request)}
        assert bool(used) == spec.is_elevated, spec.name


def _is(row: Operation, request: Any) -> bool:
    path = row.path.format(id=".+", subscription=".+", **dict.fromkeys(row.tail, "[0-9]+"))
    return bool(re.fullmatch(f"{row.method} {path.lower()}", told(request)))


# ---------- A row itself ----------


def test_a_drain_can_say_nothing_but_whether_new_sessions_are_let_in(azure: Azure) -> None:
    row, host = OPERATIONS["session_host_drain"], estate.IDS[Kind.SESSION_HOST]
    for body in (
        {"properties": {"allowNewSession": False, "assignedUser": "somebody@hospital.example"}},
        {"properties": {"assignedUser": "somebody@hospital.example"}},
        {"properties": {"allowNewSession": "false"}},
        {"properties": {"allowNewSession": False}, "location": "uksouth"},
        {"properties": {}}, {}, None,
    ):  # fmt: skip
        with pytest.raises(Refused, match="not let through"):
            client.call(row, host, body=body)
    assert azure.asked == []
    client.call(row, host, body={"properties": {"allowNewSession": False}})
    assert json.loads(azure.asked[0].body) == {"properties": {"allowNewSession": False}}


@pytest.mark.parametrize(
    ("name", "kind", "given"),
    [
        ("vm_restart", Kind.APP_SERVICE, {}),
        ("vm_restart", Kind.VIRTUAL_MACHINE, {"query": {"forceFailover": "true"}}),
        ("vm_restart", Kind.VIRTUAL_MACHINE, {"body": {"script": "whoami"}}),
        ("vm_restart", Kind.VIRTUAL_MACHINE, {"tail": {"session": "1"}}),
        ("site_restart", Kind.APP_SERVICE, {"query": {"softRestart": "true&x=1"}}),
        ("site_swap", Kind.APP_SERVICE, {"body": {"targetSlot": "staging"}}),
        ("site_swap", Kind.APP_SERVICE, {"body": {"targetSlot": "../x", "preserveVnet": True}}),
        ("session_message", Kind.SESSION_HOST, {"tail": {"session": "1/../2"}}),
        ("session_message", Kind.SESSION_HOST, {"tail": {"session": "5"}, "body": {"messageBody": "x"}}),
        ("session_sign_out", Kind.SESSION_HOST, {}),
        ("session_sign_out", Kind.SESSION_HOST, {"tail": {"session": "5\n"}}),
        ("session_sign_out", Kind.SESSION_HOST, {"tail": {"session": ""}}),
        ("service_events", Kind.VIRTUAL_MACHINE, {}),
        ("activity_log", Kind.VIRTUAL_MACHINE, {"query": {"$filter": "eventTimestamp ge '2026'"}}),
        ("metrics", Kind.VIRTUAL_MACHINE, {"query": {"metricnames": "a&b"}}),
    ],
)
def test_what_a_row_does_not_name_is_refused_before_anything_is_sent(
    name: str, kind: Kind, given: dict[str, Any], azure: Azure
) -> None:
    with pytest.raises(Refused):
        client.call(OPERATIONS[name], estate.IDS[kind], **given)
    assert azure.asked == []


def test_a_call_that_is_no_row_is_refused(azure: Azure) -> None:
    own = Operation("vm_run", "POST", "{id}/runCommand", "2026-04-01", ())
    with pytest.raises(Refused, match="not among the calls"):
        client.call(own, VM)
    assert azure.asked == []


def test_the_api_version_is_the_rows_own(azure: Azure) -> None:
    client.call(OPERATIONS["vm_instance_view"], VM)
    assert parse_qsl(azure.asked[0].query) == [("api-version", "2026-04-01")]
