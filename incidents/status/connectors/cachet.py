"""Cachet 3: an installation of one's own, `…/api`, a bearer token, 300 requests a minute.

Contract: JSON:API; incidents with updates, schedules with updates whose state follows from their times, and
components whose state is set by itself. The title bears our mark; a list can be filtered by a part of it.
"""

from collections.abc import Mapping
from typing import Any

from incidents.models import MaintenanceUpdate, OutboxRow, Phase
from incidents.status.api_v2 import stamp
from incidents.status.connectors.base import Place, State, id_in, is_among, rows_in
from incidents.status.connectors.client import Client, Way
from incidents.status.connectors.post import Post


class Cachet(Place):
    name = OutboxRow.Destination.CACHET
    needs = ("url",)
    seconds_between = 0.25
    phases = {
        str(Phase.INVESTIGATING): 1, str(Phase.IDENTIFIED): 2, str(Phase.MONITORING): 3,
        str(Phase.RESOLVED): 4,
    }  # fmt: skip
    states = {
        str(State.OPERATIONAL): 1, str(State.DEGRADED): 2, str(State.PARTIAL_OUTAGE): 3,
        str(State.MAJOR_OUTAGE): 4, str(State.MAINTENANCE): 6,
    }  # fmt: skip

    def way(self) -> Way:
        return self.make_way(headers={"Authorization": f"Bearer {self.key}"})

    def find(self, client: Client, told: Post) -> str | None:
        wanted: dict[str, str | int] = {"filter[name]": f"({told.public_id})", "per_page": 100}
        found = _attributes(rows_in(client.get(self._path(told), **wanted), "data"))
        return next((id_in(its, "id") for its in found if its.get("name") == told.marked_title), None)

    def create(self, client: Client, told: Post) -> str:
        self._set_components(client, told)
        body: dict[str, Any] = {
            "name": told.marked_title, "message": told.words, "notifications": self.is_notifying,
        }  # fmt: skip
        if told.is_maintenance:
            body |= {"scheduled_at": stamp(told.starts_at), "completed_at": stamp(told.ends_at)}
        else:
            body |= {"status": self.phase(told), "visible": True, "occurred_at": stamp(told.began_at)}
        return id_in(client.post(self._path(told), body), "data", "id")

    def has(self, client: Client, remote_id: str, told: Post, repeats: int) -> bool:
        """The words that it was opened with are no update; a schedule's updates have no phase."""
        path = f"{self._path(told)}/{remote_id}"
        opened_with = _attributes(rows_in({"rows": [client.get(path).get("data")]}, "rows"))
        texts = [("", str(its.get("message"))) for its in opened_with]
        for its in _attributes(rows_in(client.get(f"{path}/updates", per_page=100), "data")):
            status = (its.get("status") or {}).get("value")
            phase = "" if told.is_maintenance else self.our_phase(told, status)
            texts.append((phase, str(its.get("message"))))
        return is_among(texts, told, repeats)

    def update(self, client: Client, remote_id: str, told: Post) -> None:
        self._set_components(client, told)
        path = f"{self._path(told)}/{remote_id}"
        if not told.is_maintenance:
            client.post(f"{path}/updates", {"status": self.phase(told), "message": told.words})
            return
        if told.phase == MaintenanceUpdate.Phase.IN_PROGRESS:
            client.put(path, {"scheduled_at": stamp(told.posted_at)})
        times = {"completed_at": stamp(told.posted_at)} if told.is_over else {}
        client.post(f"{path}/updates", {"message": told.words, **times})

    def _path(self, told: Post) -> str:
        return "/schedules" if told.is_maintenance else "/incidents"

    def _set_components(self, client: Client, told: Post) -> None:
        """Before the words: set twice they are the same, and words must come once."""
        for component, state in self.components(told).items():
            client.put(f"/components/{component}", {"status": state})


def _attributes(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Of each row what JSON:API has below `attributes`; its id is there too."""
    return [row["attributes"] for row in rows if isinstance(row.get("attributes"), Mapping)]
