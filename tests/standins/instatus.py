"""An Instatus of our own: incidents, maintenances and their updates, kept in memory, over a real socket."""

from dataclasses import dataclass
from typing import Any

from tests.standins.hosted import Handler, Hosted, Wrong, unmarked, want
from tests.standins.http import Request

REAL = ("INVESTIGATING", "IDENTIFIED", "MONITORING", "RESOLVED")
PLANNED = ("NOTSTARTEDYET", "INPROGRESS", "VERIFYING", "COMPLETED")
STATES = ("OPERATIONAL", "UNDERMAINTENANCE", "DEGRADEDPERFORMANCE", "PARTIALOUTAGE", "MAJOROUTAGE")
SAID = {"message", "status", "notify", "started", "components", "statuses"}
WINDOW = {"start", "end", "autoStart", "autoEnd", "notifyStart", "notifyEnd", "notifyEarly"}


@dataclass
class Instatus(Hosted):
    page: str = "ckpage"

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "page": self.page, "url": f"{self.url}/v1", "seconds_between": 0,
            "components": {"compucare8": "cc8", "ward": "wrd"},
        }  # fmt: skip

    def is_known(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"Bearer {self.key}"

    def routes(self) -> dict[str, Handler]:
        found: dict[str, Handler] = {}
        for kind, update in (("incidents", "incident-updates"), ("maintenances", "maintenance-updates")):
            base = f"/v1/{self.page}/{kind}"
            found |= {
                f"GET ({base})": self._list, f"POST ({base})": self._create,
                f"GET {base}/(\\w+)": self._show, f"POST {base}/(\\w+)/{update}": self._update,
            }  # fmt: skip
        return found

    def _list(self, query: dict[str, Any], base: str) -> Any:
        if int(query.get("per_page", 50)) > 100:
            raise Wrong(400)
        return [each for each in list(self.things.values())[::-1] if each["base"] == base]

    def _show(self, _: dict[str, Any], its: str) -> Any:
        return self.thing(its)

    def _create(self, body: dict[str, Any], base: str) -> Any:
        is_planned = base.endswith("maintenances")
        want(body, SAID | {"name"} | (WINDOW if is_planned else set()))
        self._check(body, PLANNED if is_planned else REAL)
        thing = {"id": f"in{self.new_id()}", "name": body["name"], "base": base, "updates": []}
        thing |= {name: body[name] for name in WINDOW if name in body}
        self.things[thing["id"]] = thing
        self._say(thing, body)
        return thing

    def _update(self, body: dict[str, Any], its: str) -> Any:
        thing = self.thing(its)
        want(body, SAID)
        self._check(body, PLANNED if thing["base"].endswith("maintenances") else REAL)
        return self._say(thing, body)

    def _check(self, body: dict[str, Any], statuses: tuple[str, ...]) -> None:
        named = {each["id"] for each in body["statuses"]}
        states = {each["status"] for each in body["statuses"]}
        is_fit = set(body["components"]) == named and named <= {"cc8", "wrd"} and states <= set(STATES)
        if body["status"] not in statuses or not is_fit:
            raise Wrong(422)

    def _say(self, thing: dict[str, Any], body: dict[str, Any]) -> Any:
        update = {
            "id": f"{thing['id']}u{len(thing['updates'])}",
            "status": body["status"],
            "message": body["message"],
        }
        thing["updates"].append(update)
        self.components |= {each["id"]: each["status"] for each in body["statuses"]}
        return update

    def told(self) -> dict[str, list[tuple[Any, str]]]:
        return {
            unmarked(thing["name"]): [(each["status"], each["message"]) for each in thing["updates"]]
            for thing in self.things.values()
        }
