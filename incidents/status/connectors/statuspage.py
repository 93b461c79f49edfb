"""Statuspage: `api.statuspage.io/v1`, one request a second for each key, 420 or 429 when there are more.

Contract: `POST` and `PATCH /pages/{page}/incidents` with `{"incident": {…}}`; a body makes an update. It
keeps `metadata` of ours, whose values must be objects; a maintenance is an incident with `scheduled_for`.
"""

from typing import Any

from incidents.models import MaintenanceUpdate, OutboxRow, Phase
from incidents.status.api_v2 import stamp
from incidents.status.connectors.base import Place, State, id_in, is_among, rows_in
from incidents.status.connectors.client import Client, Way
from incidents.status.connectors.post import Post

MARK = "out_of_hours_desk"
PAGES, PER_PAGE = 3, 100  # how far back it is looked for: what is unsure is new


class Statuspage(Place):
    name = OutboxRow.Destination.STATUSPAGE
    url = "https://api.statuspage.io/v1"
    needs = ("page",)
    phases = {phase: str(phase) for phase in [*Phase.values, *MaintenanceUpdate.Phase.values]} | {
        str(MaintenanceUpdate.Phase.CANCELLED): "completed"
    }
    states = {str(state): str(state) for state in State.values}

    def way(self) -> Way:
        return self.make_way(headers={"Authorization": f"OAuth {self.key}"})

    def find(self, client: Client, told: Post) -> str | None:
        for page in range(1, PAGES + 1):
            rows = rows_in({"rows": client.get(self._path(), limit=PER_PAGE, page=page)}, "rows")
            for row in rows:
                mark = (row.get("metadata") or {}).get(MARK) or {}
                if mark.get("public_id") == told.public_id:
                    return id_in(row, "id")
            if len(rows) < PER_PAGE:
                break
        return None

    def create(self, client: Client, told: Post) -> str:
        incident = self._said(told) | self._window(told)
        incident |= {"name": told.title[:255], "metadata": {MARK: {"public_id": told.public_id}}}
        return id_in(client.post(self._path(), {"incident": incident}), "id")

    def has(self, client: Client, remote_id: str, told: Post, repeats: int) -> bool:
        rows = rows_in(client.get(f"{self._path()}/{remote_id}"), "incident_updates")
        texts = [(self.our_phase(told, row.get("status")), str(row.get("body"))) for row in rows]
        return is_among(texts, told, repeats)

    def update(self, client: Client, remote_id: str, told: Post) -> None:
        client.patch(f"{self._path()}/{remote_id}", {"incident": self._said(told)})

    def _path(self) -> str:
        return f"/pages/{self.options['page']}/incidents"

    def _said(self, told: Post) -> dict[str, Any]:
        components = self.components(told)
        return {
            "status": self.phase(told), "body": told.words[:25_000], "component_ids": list(components),
            "components": components, "deliver_notifications": self.is_notifying,
        }  # fmt: skip

    def _window(self, told: Post) -> dict[str, Any]:
        """Nothing moves by their clock: what we post moves it."""
        if not told.is_maintenance:
            return {}
        return {
            "scheduled_for": stamp(told.starts_at), "scheduled_until": stamp(told.ends_at),
            "scheduled_remind_prior": False, "scheduled_auto_in_progress": False,
            "scheduled_auto_completed": False,
        }  # fmt: skip
