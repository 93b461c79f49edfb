"""The one door to Azure Resource Manager: a row of the allow-list, and what Azure says to it."""

from collections.abc import Mapping
from typing import Any

import httpx2
from django.conf import settings

from sops.actions.azure.answers import Answer, Declined, Raw, declined
from sops.actions.azure.long_running import begun
from sops.actions.azure.operations import OPERATIONS, Operation
from sops.actions.azure.resource_ids import ResourceId, parse
from sops.actions.azure.transport import Request, change, read
from sops.actions.deadline import seconds_left, within
from sops.actions.outcomes import Refused

__all__ = ["Answer", "Declined", "call", "within"]


def call(
    operation: Operation,
    resource: ResourceId | str,
    *,
    query: Mapping[str, str] | None = None,
    body: Mapping[str, Any] | None = None,
    tail: Mapping[str, str] | None = None,
) -> Answer:
    """Do one operation of the allow-list on one resource. A change is sent once, a read up to three times.

    Raises Refused (nothing was sent), Failed or its Declined (nothing happened), Throttled (nor did then, and
    it may be sent again), and for a change Unsure (nobody knows).
    """
    request = _request(operation, resource, query, body, tail)
    with within(seconds_left()):
        raw = change(request, operation.rbac) if operation.is_mutating else read(request)
    if not raw.is_success:
        raise declined(raw, operation.rbac)
    return _answer(operation, raw)


def _request(
    operation: Operation,
    resource: ResourceId | str,
    query: Mapping[str, str] | None,
    body: Mapping[str, Any] | None,
    tail: Mapping[str, str] | None,
) -> Request:
    if OPERATIONS.get(operation.name) is not operation:
        raise Refused("This is not among the calls that the desk may make")
    path = operation.path_for(parse(str(resource)), tail)
    url = httpx2.URL(settings.AZURE_MANAGEMENT_URL + path, params=operation.query_for(query))
    return Request(operation.method, str(url), operation.body_for(body))


def _answer(operation: Operation, raw: Raw) -> Answer:
    kept = begun(operation, raw)
    if kept is None:
        return Answer(raw.status, raw.body)
    return Answer(raw.status, raw.body, kept, raw.retry_after(5.0, 60.0))
