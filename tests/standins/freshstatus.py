"""A Freshstatus of our own: incidents and maintenance, kept in memory, over a real socket."""

import base64
from dataclasses import dataclass
from typing import Any

from tests.standins.hosted import Handler, Hosted, Wrong, unmarked, want
from tests.standins.http import Request

STATES = ("OP", "PD", "PO", "MO", "UM")
SAID = {"description", "affected_components"}


@dataclass
class Freshstatus(Hosted):
    account: str = "hospitals"
    page_size: int = 2

    @property
    def settings(self) -> dict[str, Any]:
        return {
            "account": self.account, "url": f"{self.url}/api/v1", "seconds_between": 0,
            "components": {"compucare8": 157, "ward": 158}, "fields": {"source": 1},
        }  # fmt: skip

    def is_known(self, request: Request) -> bool:
        wanted = base64.b64encode(f"{self.key}:{self.account}".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {wanted}"

    def routes(self) -> dict[str, Handler]:
        found: dict[str, Handler] = {}
        for kind in ("incidents", "maintenance"):
            base = f"/api/v1/{kind}/"
            found |= {
                f"GET ({base})": self._list, f"POST ({base})": self._create,
                f"GET {base}(\\w+)/": self._show, f"PATCH {base}(\\w+)/": self._change,
            }  # fmt: skip
        return found

    def _list(self, query: dict[str, Any], base: str) -> Any:
        page = int(query.get("page", 1))
        found = [each for each in list(self.things.values())[::-1] if each["base"] == base]
        shown = found[(page - 1) * self.page_size : page * self.page_size]
        following = f"{self.url}{base}?page={page + 1}" if len(found) > page * self.page_size else None
        return {"count": len(found), "next": following, "previous": None, "results": shown}

    def _show(self, _: dict[str, Any], its: str) -> Any:
        return self.thing(its)

    def _create(self, body: dict[str, Any], base: str) -> Any:
        want(
            body, SAID | {"title", "start_time", "is_private", "notification_options"}, {"end_time", "source"}
        )  # fmt: skip
        thing = {"id": int(self.new_id()), "base": base, "end_time": None, "stories": [], **body}
        self.things[str(thing["id"])] = thing
        return self._say(thing, body)

    def _change(self, body: dict[str, Any], its: str) -> Any:
        want(body, SAID, {"start_time", "end_time"})
        thing = self.thing(its)
        thing.update(body)
        return self._say(thing, body)

    def _say(self, thing: dict[str, Any], body: dict[str, Any]) -> Any:
        for each in body["affected_components"]:
            if each["new_status"] not in STATES or each["component"] not in ("157", "158"):
                raise Wrong(400)
            self.components[each["component"]] = each["new_status"]
        return thing

    def told(self) -> dict[str, list[tuple[Any, str]]]:
        """Each paragraph of a description as one update, the oldest first; its first word is the phase."""
        return {
            unmarked(thing["title"]): [
                (part.partition(",")[0], part.partition(". ")[2])
                for part in thing["description"].split("\n\n")[::-1]
                if not part.startswith("Next update")
            ]
            for thing in self.things.values()
        }
