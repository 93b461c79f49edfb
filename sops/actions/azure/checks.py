"""What each check of the catalogue asks Azure, and who reads the answer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial

from django.utils import timezone

from accounts.models import Component, ComponentKind
from sops.actions import parameters as typed
from sops.actions.azure import (
    reading_data,
    reading_desktops,
    reading_machines,
    reading_networks,
    reading_platform,
)
from sops.actions.azure.acts import Act, underway
from sops.actions.azure.answers import Answer
from sops.actions.azure.client import call
from sops.actions.azure.operations import OPERATIONS
from sops.actions.azure.reading import read_list, text_of
from sops.actions.azure.reading_platform import Metric
from sops.actions.azure.resource_ids import ResourceId, parse
from sops.actions.outcomes import Finding, Refused, Underway

NO_ID = "No Azure resource id is registered for the target"


def resource_of(component: Component) -> ResourceId:
    """The registered resource. Raises Refused with what to correct in the register."""
    if not component.resource_id.strip():
        raise Refused(NO_ID)
    return parse(component.resource_id)


# ---------- What Azure itself says ----------


def _service_health(component: Component, parameters: typed.Parameters) -> Finding:
    events, is_whole = read_list(OPERATIONS["service_events"], resource_of(component))
    return reading_platform.service_events(events, is_whole, component.name, timezone.now())


def _resource_health(component: Component, parameters: typed.Parameters) -> Finding:
    resource = resource_of(component)
    judged = resource.parent if component.kind == ComponentKind.SERVICE_BUS else resource
    return reading_platform.resource_health(call(OPERATIONS["resource_health"], judged).body, timezone.now())


def _activity(component: Component, parameters: typed.History) -> Finding:
    resource, now = resource_of(component), timezone.now()
    since = now - timedelta(hours=parameters.hours)
    # What is done to a session is written down there: of the group's log, what is below the host counts.
    has_below = component.kind in (ComponentKind.HOST_POOL, ComponentKind.SESSION_HOST)
    what = f"resourceGroupName eq '{resource.group}'" if has_below else f"resourceUri eq '{resource}'"
    query = {
        "$filter": f"eventTimestamp ge '{_utc(since)}' and eventTimestamp le '{_utc(now)}' and {what}",
        "$select": "correlationId,eventTimestamp,operationName,resourceId,status",
    }
    events, is_whole = read_list(OPERATIONS["activity_log"], resource, query)
    own = [each for each in events if resource.holds(text_of(each, "resourceId"))] if has_below else events
    return reading_platform.activity(own, is_whole, parameters.hours, now)


def _measure(component: Component, parameters: typed.Measured, *, metrics: Mapping[str, Metric]) -> Finding:
    metric, now, minutes = metrics[parameters.metric], timezone.now(), parameters.over_minutes
    query = {
        "metricnames": metric.name, "aggregation": metric.aggregation,
        "timespan": f"{_utc(now - timedelta(minutes=minutes))}/{_utc(now)}",
        "interval": "PT1M" if minutes <= 60 else "PT5M",
    }  # fmt: skip
    body = call(OPERATIONS["metrics"], resource_of(component), query=query).body
    return reading_platform.figure(body, metric, parameters, now)


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# ---------- Machines and application services ----------


def _instances(component: Component, parameters: typed.Parameters) -> Finding:
    resource = resource_of(component)
    match component.kind:
        case ComponentKind.APP_SERVICE:
            body = call(OPERATIONS["site"], resource).body
            instances, _ = read_list(OPERATIONS["site_instances"], resource)
            return reading_machines.site(body, instances)
        case ComponentKind.SCALE_SET:
            query = {"$expand": "instanceView"}
            instances, is_whole = read_list(OPERATIONS["scale_set_instances"], resource, query)
            return reading_machines.scale_set(instances, is_whole)
        case ComponentKind.SCALE_SET_INSTANCE:
            return reading_machines.machine(call(OPERATIONS["scale_set_instance_view"], resource).body)
    return reading_machines.machine(call(OPERATIONS["vm_instance_view"], resource).body)


# ---------- Data ----------


def _database(component: Component, parameters: typed.Parameters) -> Finding:
    return reading_data.database(call(OPERATIONS["database"], resource_of(component)).body)


def _failover_group(component: Component, parameters: typed.Parameters) -> Finding:
    resource = resource_of(component)
    body = call(OPERATIONS["failover_group"], resource).body
    return reading_data.failover_group_state(body, resource.parent.name)


def _queue(component: Component, parameters: typed.Queue) -> Finding:
    return reading_data.queue(call(OPERATIONS["queue"], resource_of(component)).body, parameters)


def _expiry(component: Component, parameters: typed.Expiry) -> Finding:
    resource, now = resource_of(component), timezone.now()
    if component.kind == ComponentKind.KEY_VAULT:
        secrets, is_whole = read_list(OPERATIONS["secrets"], resource)
        return reading_data.vault(secrets, is_whole, parameters, now)
    return reading_data.secret(call(OPERATIONS["secret"], resource).body, parameters, now)


# ---------- Virtual desktops ----------


def _host_pool(component: Component, parameters: typed.Parameters) -> Finding:
    hosts, is_whole = read_list(OPERATIONS["session_hosts"], resource_of(component))
    return reading_desktops.host_pool(hosts, is_whole)


def _session_host(component: Component, parameters: typed.Parameters) -> Finding:
    body = call(OPERATIONS["session_host"], resource_of(component)).body
    return reading_desktops.session_host(body, timezone.now())


def _sessions(component: Component, parameters: typed.Parameters) -> Finding:
    sessions, is_whole = read_list(OPERATIONS["user_sessions"], resource_of(component))
    return reading_desktops.sessions(sessions, is_whole, timezone.now())


# ---------- Networks ----------


def _gateway(component: Component, parameters: typed.Parameters) -> Finding | Underway:
    """Azure asks each server first: the answer may take a minute, and is asked for again."""
    answer = call(OPERATIONS["gateway_health"], resource_of(component))
    if answer.operation is not None:
        return underway("The gateway asks its servers", answer)
    return _gateway_read(component, parameters, answer)


def _gateway_read(component: Component, parameters: typed.Parameters, answer: Answer) -> Finding:
    return reading_networks.backend_health(answer.body)


def _tunnel(component: Component, parameters: typed.Parameters) -> Finding:
    return reading_networks.tunnel(call(OPERATIONS["vpn_connection"], resource_of(component)).body)


CHECKS: Mapping[str, Act] = {
    "service_health": Act(_service_health),
    "resource_health": Act(_resource_health),
    "activity_log": Act(_activity),
    "instance_state": Act(_instances),
    "machine_metric": Act(partial(_measure, metrics=reading_platform.MACHINE)),
    "app_service_metric": Act(partial(_measure, metrics=reading_platform.APP_SERVICE)),
    "database_state": Act(_database),
    "database_metric": Act(partial(_measure, metrics=reading_platform.DATABASE)),
    "failover_group_state": Act(_failover_group),
    "queue_depth": Act(_queue),
    "host_pool_state": Act(_host_pool),
    "session_host_state": Act(_session_host),
    "user_sessions": Act(_sessions),
    "gateway_health": Act(_gateway, _gateway_read),
    "secret_expiry": Act(_expiry),
    "vpn_state": Act(_tunnel),
}
