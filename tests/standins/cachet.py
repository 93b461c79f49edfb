"""A Cachet 3 of our own: incidents, schedules, updates and components, kept in memory, over a real socket."""

from dataclasses import dataclass
from typing import Any

from tests.standins.hosted import Handler, Hosted, Wrong, unmarked, want
from tests.standins.http import Request

COMPONENTS = ("11", "12")


@dataclass
class Cachet(Hosted):
    @property
    def settings(self) -> dict[str, Any]:
        return {
            "url": f"{self.url}/api", "seconds_between": 0, "components": {"compucare8": 11, "ward": 12}
        }  # fmt: skip

    def is_known(self, request: Request) -> bool:
        return request.method == "GET" or request.headers.get("Authorization") == f"Bearer {self.key}"

    def routes(self) -> dict[str, Handler]:
        found: dict[str, Handler] = {r"PUT /api/components/(\w+)": self._set}
        for kind in ("incidents", "schedules"):
            base = f"/api/{kind}"
            found |= {
                f"GET ({base})": self._list, f"POST ({base})": self._create, f"GET {base}/(\\w+)": self._show,
                f"PUT {base}/(\\w+)": self._change, f"GET {base}/(\\w+)/updates": self._updates,
                f"POST {base}/(\\w+)/updates": self._update,
            }  # fmt: skip
        return found

    def _list(self, query: dict[str, Any], base: str) -> Any:
        if set(query) - {"filter[name]", "per_page", "page"} or int(query.get("per_page", 15)) > 100:
            raise Wrong(400)
        found = [each for each in self.things.values() if each["base"] == base]
        found = [each for each in found if query.get("filter[name]", "").lower() in each["name"].lower()]
        return {"data": [self._resource(each) for each in found[::-1]]}

    def _show(self, _: dict[str, Any], its: str) -> Any:
        return {"data": self._resource(self.thing(its))}

    def _create(self, body: dict[str, Any], base: str) -> Any:
        is_planned = base.endswith("schedules")
        own = {"scheduled_at", "completed_at"} if is_planned else {"status", "visible", "occurred_at"}
        want(body, {"name", "message", "notifications"} | own)
        if not is_planned and body["status"] not in range(5):
            raise Wrong(422)
        thing = {"id": int(self.new_id()), "base": base, "updates": [], **body}
        self.things[str(thing["id"])] = thing
        return {"data": self._resource(thing)}

    def _change(self, body: dict[str, Any], its: str) -> Any:
        want(body, set(), {"scheduled_at", "completed_at"})
        thing = self.thing(its)
        thing.update(body)
        return {"data": self._resource(thing)}

    def _updates(self, query: dict[str, Any], its: str) -> Any:
        return {
            "data": [
                {"id": "1", "type": "updates", "attributes": each} for each in self.thing(its)["updates"]
            ]
        }

    def _update(self, body: dict[str, Any], its: str) -> Any:
        thing = self.thing(its)
        is_planned = thing["base"].endswith("schedules")
        want(
            body,
            {"message"} if is_planned else {"message", "status"},
            {"completed_at"} if is_planned else set(),
        )
        update = {"message": body["message"]}
        if is_planned:
            thing["completed_at"] = body.get("completed_at", thing["completed_at"])
        else:
            update["status"] = {"human": "", "value": body["status"]}
        thing["updates"].append(update)
        return {"data": {"id": "1", "type": "updates", "attributes": update}}

    def _set(self, body: dict[str, Any], its: str) -> Any:
        want(body, {"status"})
        if its not in COMPONENTS:
            raise Wrong(404)
        if body["status"] not in range(1, 7):
            raise Wrong(422)
        self.components[its] = body["status"]
        return {"data": {"id": its, "type": "components", "attributes": {"id": int(its), **body}}}

    def _resource(self, thing: dict[str, Any]) -> dict[str, Any]:
        """The status comes as an object, also where it was sent as a number."""
        its = {key: value for key, value in thing.items() if key not in ("base", "updates", "status")}
        status = {"status": {"human": "", "value": thing["status"]}} if "status" in thing else {}
        return {"id": str(thing["id"]), "type": thing["base"].rpartition("/")[2], "attributes": its | status}

    def told(self) -> dict[str, list[tuple[Any, str]]]:
        return {
            unmarked(thing["name"]): [
                (thing.get("status"), thing["message"]),
                *((each.get("status", {}).get("value"), each["message"]) for each in thing["updates"]),
            ]
            for thing in self.things.values()
        }
