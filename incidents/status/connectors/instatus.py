"""Instatus: `api.instatus.com/v1`, a bearer token; how many requests it takes is not told.

Contract: incidents and maintenances of a page, each with updates of its own below it; a list comes as bare
JSON, newest first, 100 at most to a page. It keeps no data of ours, so the title bears our mark.
"""

from typing import Any

from incidents.models import MaintenanceUpdate, OutboxRow, Phase
from incidents.status.api_v2 import stamp
from incidents.status.connectors.base import Place, State, id_in, is_among, rows_in
from incidents.status.connectors.client import Client, Way
from incidents.status.connectors.post import Post

Planned = MaintenanceUpdate.Phase


class Instatus(Place):
    name = OutboxRow.Destination.INSTATUS
    url = "https://api.instatus.com/v1"
    needs = ("page",)
    phases = {phase: phase.upper() for phase in Phase.values} | {
        str(Planned.SCHEDULED): "NOTSTARTEDYET", str(Planned.IN_PROGRESS): "INPROGRESS",
        str(Planned.VERIFYING): "VERIFYING", str(Planned.COMPLETED): "COMPLETED",
        str(Planned.CANCELLED): "COMPLETED",
    }  # fmt: skip
    states = {
        str(State.OPERATIONAL): "OPERATIONAL", str(State.DEGRADED): "DEGRADEDPERFORMANCE",
        str(State.PARTIAL_OUTAGE): "PARTIALOUTAGE", str(State.MAJOR_OUTAGE): "MAJOROUTAGE",
        str(State.MAINTENANCE): "UNDERMAINTENANCE",
    }  # fmt: skip

    def way(self) -> Way:
        return self.make_way(headers={"Authorization": f"Bearer {self.key}"})

    def find(self, client: Client, told: Post) -> str | None:
        rows = rows_in({"rows": client.get(self._path(told), page=1, per_page=100)}, "rows")
        found = (row for row in rows if row.get("name") == told.marked_title)
        return next((id_in(row, "id") for row in found), None)

    def create(self, client: Client, told: Post) -> str:
        body = self._said(told) | {"name": told.marked_title}
        if told.is_maintenance:
            # Nothing moves by their clock: what we post moves it.
            body |= {
                "start": stamp(told.starts_at), "end": stamp(told.ends_at), "autoStart": False,
                "autoEnd": False, "notifyStart": False, "notifyEnd": False, "notifyEarly": False,
            }  # fmt: skip
        return id_in(client.post(self._path(told), body), "id")

    def has(self, client: Client, remote_id: str, told: Post, repeats: int) -> bool:
        rows = rows_in(client.get(f"{self._path(told)}/{remote_id}"), "updates")
        texts = [(self.our_phase(told, row.get("status")), str(row.get("message"))) for row in rows]
        return is_among(texts, told, repeats)

    def update(self, client: Client, remote_id: str, told: Post) -> None:
        kind = "maintenance-updates" if told.is_maintenance else "incident-updates"
        client.post(f"{self._path(told)}/{remote_id}/{kind}", self._said(told))

    def _path(self, told: Post) -> str:
        return f"/{self.options['page']}/{'maintenances' if told.is_maintenance else 'incidents'}"

    def _said(self, told: Post) -> dict[str, Any]:
        components = self.components(told)
        return {
            "message": told.words, "status": self.phase(told), "notify": self.is_notifying,
            "started": stamp(told.posted_at), "components": list(components),
            "statuses": [{"id": its, "status": state} for its, state in components.items()],
        }  # fmt: skip
