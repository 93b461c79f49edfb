"""An Azure Resource Manager of our own: as strict as the real one, kept in memory, over a real socket.

After recorded answers: bearer token, api-version, ids in any letter case, errors as `{"error": {…}}` and bare
ones from the metrics, long operations behind addresses that are only good letter by letter. It signs in too,
as the managed identity of an App Service does.
"""

import json
import re
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs

from tests.standins.http import Answer, Request, Server

SUBSCRIPTION = "11111111-2222-3333-4444-555555555555"
IDENTITY_HEADER = "header-of-nobody"
GROUP = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-wexcombe-prod"
VM = f"{GROUP}/providers/Microsoft.Compute/virtualMachines/vm-rdsh-wexcombe-01"
SITE = f"{GROUP}/providers/Microsoft.Web/sites/app-cc8-wexcombe-prod"
GATEWAY = f"{GROUP}/providers/Microsoft.Network/applicationGateways/agw-wexcombe"

_VERSION = re.compile(r"20\d\d-\d\d-\d\d(-preview)?")
# What is done at once, and what goes on: the type, and the verb that follows the id.
AT_ONCE = {
    ("microsoft.web/sites", "start"), ("microsoft.web/sites", "restart"),
    ("microsoft.desktopvirtualization/hostpools/sessionhosts/usersessions", "sendmessage"),
}  # fmt: skip
GOES_ON = {
    ("microsoft.compute/virtualmachines", "start"), ("microsoft.compute/virtualmachines", "restart"),
    ("microsoft.compute/virtualmachines", "redeploy"),
    ("microsoft.compute/virtualmachinescalesets/virtualmachines", "restart"),
    ("microsoft.web/sites", "slotsswap"), ("microsoft.sql/servers/failovergroups", "failover"),
    ("microsoft.network/connections", "resetconnection"),
}  # fmt: skip
ONLY_READS = {
    ("microsoft.network/applicationgateways", "backendhealth"),
    ("microsoft.network/networkwatchers", "connectivitycheck"),
}


STYLES = {
    "both": ("Azure-AsyncOperation", "Location"), "status": ("Azure-AsyncOperation",),
    "location": ("Location",), "none": (),
}  # fmt: skip


class Wrong(Exception):
    """An answer that is not a success."""

    def __init__(self, status: int, code: str, is_bare: bool = False, **headers: str) -> None:
        self.status, self.code, self.is_bare, self.headers = status, code, is_bare, headers


@dataclass
class LongOne:
    """An operation that goes on: `left` answers until it has ended as `ending`, at the two addresses."""

    status: str
    location: str
    style: str
    left: int
    ending: str
    result: Any


@dataclass
class Instead:
    """What is answered in place of carrying out the next `times` requests that match."""

    method: str
    path: str
    answer: Answer
    times: int


@dataclass
class Azure(Server):
    """`readings` are what a GET finds, by path; `accepted` are the changes that were carried out.

    Long operations: `style` is which addresses they name; `polls` is how often they still run; `ending` how
    they end; `elsewhere` another host that they name. `planted` is a secret that each answer lets slip.
    """

    token: str = "token-of-nobody"
    identity_header: str = IDENTITY_HEADER
    readings: dict[str, Any] = field(default_factory=dict)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)
    style: str = "both"
    polls: int = 1
    ending: str = "Succeeded"
    is_forgetful: bool = False
    is_in_odd_case: bool = False
    retry_after: str = ""
    elsewhere: str = ""
    padding: int = 0
    planted: str = ""
    operations: dict[str, LongOne] = field(default_factory=dict)
    sign_ins: int = 0
    audience: str = ""
    _instead: list[Instead] = field(default_factory=list)
    _numbers: Any = field(default_factory=lambda: count(1))

    @property
    def environment(self) -> dict[str, str]:
        """What a process of the desk needs to work on this Azure."""
        return {
            "AZURE_CREDENTIAL": "managed_identity",
            "AZURE_MANAGEMENT_URL": self.url,
            "IDENTITY_ENDPOINT": f"{self.url}/msi/token",
            "IDENTITY_HEADER": self.identity_header,
        }

    def put(self, path: str, body: Any) -> None:
        """Let a GET of this path, in whatever letter case, find this."""
        self.readings[path.lower()] = body

    def instead(self, answer: Answer, method: str = ".*", path: str = ".*", times: int = 1) -> None:
        """Answer so, and do nothing, for the next requests that match. The token is looked at before."""
        self._instead.append(Instead(method, path, answer, times))

    def throttle(self, retry_after: str = "", method: str = ".*", times: int = 1) -> None:
        headers = {"Retry-After": retry_after} if retry_after else {}
        self.instead(self.error(429, "TooManyRequests", headers=headers), method, times=times)

    def error(
        self, status: int, code: str, *, is_bare: bool = False, headers: dict[str, str] | None = None
    ) -> Answer:
        """As Resource Manager tells an error, and the metrics theirs."""
        told = {"code": code, "message": f"It went wrong, they say. {self.planted}"}
        body = told if is_bare else {"error": told}
        return Answer(status, json.dumps(body).encode(), self._headers() | (headers or {}))

    # ---------- Answering ----------

    def answer(self, request: Request) -> Answer:
        if request.path == "/msi/token":
            return self._sign_in(request)
        self.asked.append(request)
        try:
            self._check_caller(request)
            if planned := self._take_instead(request):
                return planned
            self._check_shape(request)
            return self._route(request)
        except Wrong as wrong:
            return self.error(wrong.status, wrong.code, is_bare=wrong.is_bare, headers=wrong.headers)

    def _say(self, status: int, content: Any, headers: dict[str, str] | None = None) -> Answer:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        return Answer(status, body, self._headers() | (headers or {}))

    def _headers(self) -> dict[str, str]:
        headers = {"x-ms-ratelimit-remaining-subscription-writes": "199", "x-ms-request-id": "0"}
        return headers | ({"x-ms-planted": self.planted} if self.planted else {})

    def _sign_in(self, request: Request) -> Answer:
        """As App Service does it, api-version 2019-08-01."""
        self.sign_ins += 1
        asked, audience = parse_qs(request.query), self.audience or self.url
        if request.headers.get("X-IDENTITY-HEADER") != self.identity_header:
            return Answer(401, json.dumps({"statusCode": 401, "message": f"no {self.planted}"}).encode())
        if asked.get("api-version") != ["2019-08-01"] or asked.get("resource") != [audience]:
            return Answer(400, json.dumps({"statusCode": 400, "message": f"no {self.planted}"}).encode())
        told = {"access_token": self.token, "expires_on": "4102444800", "token_type": "Bearer"}
        return Answer(200, json.dumps({**told, "resource": audience}).encode())

    def _check_caller(self, request: Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            raise Wrong(401, "InvalidAuthenticationToken", **{"WWW-Authenticate": 'Bearer error="invalid"'})

    def _take_instead(self, request: Request) -> Answer | None:
        for plan in self._instead:
            fits = re.fullmatch(plan.method, request.method) and re.fullmatch(plan.path, request.path)
            if plan.times and fits:
                plan.times -= 1
                return plan.answer
        return None

    def _check_shape(self, request: Request) -> None:
        versions = parse_qs(request.query).get("api-version", [])
        if len(versions) != 1:
            raise Wrong(400, "MissingApiVersionParameter")
        if not _VERSION.fullmatch(versions[0]):
            raise Wrong(400, "InvalidApiVersionParameter")
        if request.headers.get("Accept", "*/*") not in ("application/json", "*/*"):
            raise Wrong(406, "NotAcceptable")
        if request.method in ("POST", "PUT", "PATCH") and request.headers.get("Content-Length") is None:
            raise Wrong(411, "LengthRequired")
        if request.body:
            self._check_body(request)

    def _check_body(self, request: Request) -> None:
        if request.method == "GET" or request.headers.get("Content-Type") != "application/json":
            raise Wrong(415, "UnsupportedMediaType")
        try:
            json.loads(request.body)
        except ValueError:
            raise Wrong(400, "InvalidRequestContent") from None

    def _route(self, request: Request) -> Answer:
        path = request.path.lower()
        if match := re.fullmatch(r".*/locations/uksouth/operation(s|results)/([0-9a-f-]{36})", path):
            return self._tell(request, match[2], is_result=match[1] == "results")
        if request.method == "GET":
            return self._say(200, self._reading(path))
        resource, verb = self._resource(path, request.method)
        if (resource, verb) in ONLY_READS:
            return self._begin(request, self._reading(path))
        if (resource, verb) in GOES_ON:
            self.accepted.append((request.method, request.path))
            return self._begin(request, None)
        if (resource, verb) in AT_ONCE or request.method in ("PATCH", "DELETE"):
            self.accepted.append((request.method, request.path))
            return self._say(200, b"")
        raise Wrong(404, "InvalidResourceType")

    def _reading(self, path: str) -> Any:
        if path not in self.readings:
            if path.endswith("/providers/microsoft.insights/metrics"):
                raise Wrong(400, "BadRequest", is_bare=True)
            raise Wrong(404, "ResourceNotFound")
        body = self.readings[path]
        if self.planted and isinstance(body, dict):
            body = body | {"planted": self.planted}
        return json.loads(_odd(json.dumps(body))) if self.is_in_odd_case else body

    def _resource(self, path: str, method: str) -> tuple[str, str]:
        """The type of the resource and the verb after its id. It must be one that is there."""
        owner, verb = (path, "") if method in ("PATCH", "DELETE") else path.rsplit("/", 1)
        if owner not in self.readings:
            raise Wrong(404, "ResourceNotFound")
        namespace, *rest = owner.split("/providers/")[-1].split("/")
        return "/".join((namespace, *rest[::2])), verb

    # ---------- What goes on ----------

    def _begin(self, request: Request, result: Any) -> Answer:
        """202, the body `null`, and where to ask."""
        number = f"00000000-0000-0000-0000-{next(self._numbers):012d}"
        namespace = request.path.lower().split("/providers/")[-1].split("/")[0]
        below = f"/subscriptions/{SUBSCRIPTION}/providers/{namespace}/locations/uksouth"
        version = parse_qs(request.query)["api-version"][0]
        # Letters that a careless client would write in another way, and so spoil the signature.
        tail = (
            f"&api-version={version}&c=MIIH%2BXw%3D%3D~{'x' * self.padding}&s=sig-{number[-3:]}{self.planted}"
        )
        status, location = (
            f"{below}/operations/{number}?p=1{tail}",
            f"{below}/operationResults/{number}?p=2{tail}",
        )
        self.operations[number] = LongOne(status, location, self.style, self.polls, self.ending, result)
        host = self.elsewhere or self.url
        named = {"Azure-AsyncOperation": f"{host}{status}", "Location": f"{host}{location}"}
        headers = {name: named[name] for name in STYLES[self.style]}
        return self._say(202, b"null", headers | self._pause())

    def _pause(self) -> dict[str, str]:
        return {"Retry-After": self.retry_after} if self.retry_after else {}

    def _tell(self, request: Request, number: str, *, is_result: bool) -> Answer:
        """How it goes, for the address that was given out, letter by letter."""
        one, asked = self.operations.get(number), f"{request.path}?{request.query}"
        if one is None or self.is_forgetful or request.method != "GET":
            raise Wrong(404, "NotFound")
        if asked != (one.location if is_result else one.status):
            raise Wrong(404, "NotFound")
        is_running = one.left > 0
        if is_result and not (is_running and one.style == "location"):
            return self._say(200, one.result)
        one.left -= is_running
        if is_result:
            return self._say(202, b"", {"Location": f"{self.url}{asked}"} | self._pause())
        status = "InProgress" if is_running else one.ending
        return self._say(200, self._status(number, status), self._pause())

    def _status(self, number: str, status: str) -> dict[str, Any]:
        told: dict[str, Any] = {"name": number, "status": status, "startTime": "2026-11-20T02:10:00Z"}
        if status in ("Failed", "Canceled"):
            told["error"] = {"code": "VMStartTimedOut", "message": f"It took too long. {self.planted}"}
        if self.planted:
            told["properties"] = {"output": self.planted}
        return told


def _odd(text: str) -> str:
    """As real answers mix the case of ids."""
    for name in ("resourceGroups", "providers", "virtualMachines", "Microsoft.Compute"):
        text = text.replace(f"/{name}/", f"/{name.lower()}/")
    return re.sub(r"rg-[a-z-]+", lambda found: found[0].upper(), text)


def vm_instance_view(power: str = "running") -> dict[str, Any]:
    """As a machine's instance view reads."""
    at = "2026-11-20T01:58:11.4033125+00:00"
    return {
        "computerName": "RDSH01",
        "osName": "Windows Server 2022 Datacenter",
        "vmAgent": {
            "vmAgentVersion": "2.7.41491.1172",
            "statuses": [
                {
                    "code": "ProvisioningState/succeeded", "level": "Info", "displayStatus": "Ready",
                    "message": "GuestAgent is running and processing the extensions.", "time": at,
                }
            ],
        },
        "statuses": [
            {
                "code": "ProvisioningState/succeeded", "level": "Info",
                "displayStatus": "Provisioning succeeded", "time": at,
            },
            {"code": f"PowerState/{power}", "level": "Info", "displayStatus": f"VM {power}"},
        ],
    }  # fmt: skip


def standing(azure: Azure) -> Azure:
    """Put one machine, one site and one gateway there."""
    vm = {"id": VM, "name": VM.rsplit("/", 1)[1], "type": "Microsoft.Compute/virtualMachines"}
    azure.put(VM, vm | {"location": "uksouth", "properties": {"provisioningState": "Succeeded"}})
    azure.put(f"{VM}/instanceView", vm_instance_view())
    azure.put(SITE, {"id": SITE, "name": SITE.rsplit("/", 1)[1], "properties": {"state": "Running"}})
    azure.put(GATEWAY, {"id": GATEWAY, "properties": {"operationalState": "Running"}})
    azure.put(f"{GATEWAY}/backendhealth", {"backendAddressPools": []})
    return azure
