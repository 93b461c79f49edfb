"""What Azure accepted and goes on with: what is kept of it, and how it is asked about. Asking is reading.

Contract: `Azure-AsyncOperation` is an address whose body has a `status`; where there is only `Location`, that
answers 202 until it is done. Addresses may be longer than 4 KB. What is kept is small JSON in the database,
the addresses in it sealed.
"""

from collections.abc import Mapping
from typing import Any

import httpx2
from django.conf import settings
from django.utils import timezone

from sops.actions.azure.answers import Answer, Raw, error_code
from sops.actions.azure.operations import Operation
from sops.actions.azure.sealing import seal, unseal
from sops.actions.azure.transport import Away, Request, ask, is_ours
from sops.actions.outcomes import Failed, Refused, Throttled, Unsure

LONGEST = 3600  # seconds, before a person is asked instead of Azure
LONGEST_ADDRESS = 16_000  # characters
AGAIN, MOST = 5.0, 60.0  # seconds until the next question: where Azure does not say, and at the most
BY_STATUS, BY_LOCATION = "status", "location"
NOT_OURS = "Azure accepted it, and says how it goes at an address that is not AZURE_MANAGEMENT_URL: not asked"
FORGOTTEN = "Azure accepted it, and no longer knows how it went"


def begun(operation: Operation, raw: Raw) -> dict[str, Any] | None:
    """What is to be kept of an operation that goes on; None for one that has ended.

    Raises Unsure when Azure does not say where to ask, or names an address that the token must not go to.
    """
    status_url, location = raw.headers.get("azure-asyncoperation"), raw.headers.get("location")
    kept = {"name": operation.name, "since": int(timezone.now().timestamp())}
    if status_url:
        # A change is over when its status says so; what a read has found lies at the other address.
        result = "" if operation.is_mutating or not location else seal(_checked(location))
        return kept | {"by": BY_STATUS, "url": seal(_checked(status_url)), "result": result}
    if raw.status in (201, 202) and location:
        return kept | {"by": BY_LOCATION, "url": seal(_checked(location)), "result": ""}
    if raw.status == 202:
        raise Unsure("Azure accepted it, and did not say where to ask how it goes")
    return None


def follow(kept: Mapping[str, Any]) -> Answer:
    """Ask once how it goes. The answer has an operation as long as it goes on, and a body when it has ended.

    Raises Failed when Azure says that it failed or was cancelled, Unsure when nobody can say any more.
    """
    url = _checked(unseal(str(kept.get("url", ""))))
    try:
        raw = ask(Request("GET", url))
    except Throttled as busy:
        return _going_on(kept, min(busy.seconds, MOST), str(busy))
    except (Away, Refused) as trouble:
        return _going_on(kept, AGAIN, str(trouble))
    if not raw.is_success:
        words = FORGOTTEN if raw.status in (404, 410) else "Azure accepted it, and does not say how it goes"
        raise Unsure(f"{words} ({raw.says()})")
    return _by_location(kept, raw) if kept.get("by") == BY_LOCATION else _by_status(kept, raw)


def _by_status(kept: Mapping[str, Any], raw: Raw) -> Answer:
    """Any status but the three that are final, and none at all, means that it still runs."""
    match str(raw.body.get("status", "")).lower():
        case "succeeded":
            if result := kept.get("result"):
                return follow({**kept, "by": BY_LOCATION, "url": result, "result": ""})
            return Answer(raw.status, raw.body)
        case "failed":
            raise Failed(f"Azure began it, and it failed ({error_code(raw.body) or 'no code'})")
        case "canceled" | "cancelled":
            raise Failed(f"Azure began it, and it was cancelled ({error_code(raw.body) or 'no code'})")
    return _going_on(_moved(kept, raw, "azure-asyncoperation"), raw.retry_after(AGAIN, MOST))


def _by_location(kept: Mapping[str, Any], raw: Raw) -> Answer:
    if raw.status == 202:
        return _going_on(_moved(kept, raw, "location"), raw.retry_after(AGAIN, MOST))
    return Answer(raw.status, raw.body)


def _moved(kept: Mapping[str, Any], raw: Raw, header: str) -> Mapping[str, Any]:
    """Azure may name a new address with each answer."""
    url = raw.headers.get(header)
    return {**kept, "url": seal(_checked(url))} if url else kept


def _going_on(kept: Mapping[str, Any], look_again_in: float, trouble: str = "") -> Answer:
    """Still running, as far as anybody knows, unless that has lasted too long."""
    if timezone.now().timestamp() - float(kept.get("since", 0)) > LONGEST:
        raise Unsure(f"Azure accepted it an hour ago, and has not said that it ended. {trouble}".strip())
    return Answer(202, operation=dict(kept), look_again_in=look_again_in, trouble=trouble)


def _checked(url: str) -> str:
    """The address in full, if the token may go there: it is sent nowhere else."""
    try:
        whole = str(httpx2.URL(settings.AZURE_MANAGEMENT_URL).join(url)) if url.startswith("/") else url
    except httpx2.InvalidURL:
        raise Unsure(NOT_OURS) from None
    if len(whole) > LONGEST_ADDRESS or not is_ours(whole):
        raise Unsure(NOT_OURS)
    return whole
