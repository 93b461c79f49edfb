"""A Statuspage of our own: incidents with their updates, kept in memory, over a real socket."""

from dataclasses import dataclass
from typing import Any

from tests.standins.hosted import Handler, Hosted, Wrong, want
from tests.standins.http import Request

REAL = ("investigating", "identified", "monitoring", "resolved")
PLANNED = ("scheduled", "in_progress", "verifying", "completed")
STATES = ("operational", "degraded_performance", "partial_outage", "major_outage", "under_maintenance")
WINDOW = {
    "scheduled_for", "scheduled_until", "scheduled_remind_prior", "scheduled_auto_in_progress",
    "scheduled_auto_completed",
}  # fmt: skip


@dataclass
class Statuspage(Hosted):
    page: str = "abc123"

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "page": self.page, "url": f"{self.url}/v1", "seconds_between": 0,
            "components": {"compucare8": "cc8", "ward": "wrd"},
        }  # fmt: skip

    def is_known(self, request: Request) -> bool:
        return request.headers.get("Authorization") == f"OAuth {self.key}"

    def routes(self) -> dict[str, Handler]:
        base = f"/v1/pages/{self.page}/incidents"
        return {
            f"GET {base}": self._list, f"POST {base}": self._create, f"GET {base}/(\\w+)": self._show,
            f"PATCH {base}/(\\w+)": self._update,
        }  # fmt: skip

    def _list(self, query: dict[str, Any]) -> Any:
        size, page = int(query.get("limit", 100)), int(query.get("page", 1))
        newest = list(self.things.values())[::-1]
        return newest[(page - 1) * size : page * size]

    def _show(self, _: dict[str, Any], its: str) -> Any:
        return self.thing(its)

    def _create(self, body: dict[str, Any]) -> Any:
        incident = self._checked(body, {"name", "metadata"}, WINDOW)
        if not all(isinstance(value, dict) for value in incident["metadata"].values()):
            raise Wrong(422)
        thing = {"id": f"sp{self.new_id()}", "incident_updates": [], **incident}
        self.things[thing["id"]] = thing
        return self._say(thing, incident)

    def _update(self, body: dict[str, Any], its: str) -> Any:
        return self._say(self.thing(its), self._checked(body, set(), {"name", "metadata"} | WINDOW))

    def _checked(self, body: dict[str, Any], needed: set[str], may: set[str]) -> dict[str, Any]:
        want(body, {"incident"})
        incident: dict[str, Any] = body["incident"]
        said = {"status", "body", "component_ids", "components", "deliver_notifications"}
        want(incident, said | needed, may)
        if incident["status"] not in REAL + PLANNED or len(incident.get("name", "")) > 255:
            raise Wrong(422)
        if set(incident["component_ids"]) != set(incident["components"]) or not (
            set(incident["component_ids"]) <= {"cc8", "wrd"}
        ):
            raise Wrong(422)
        if not set(incident["components"].values()) <= set(STATES):
            raise Wrong(422)
        return incident

    def _say(self, thing: dict[str, Any], incident: dict[str, Any]) -> Any:
        """The newest update first, as the real one lists them."""
        thing["status"] = incident["status"]
        thing["incident_updates"].insert(0, {"status": incident["status"], "body": incident["body"]})
        self.components |= incident["components"]
        return thing

    def told(self) -> dict[str, list[tuple[Any, str]]]:
        return {
            thing["name"]: [(each["status"], each["body"]) for each in thing["incident_updates"][::-1]]
            for thing in self.things.values()
        }
