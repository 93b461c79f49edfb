"""Freshstatus: `public-api.freshstatus.io/api/v1`, Basic with the key and the account's name, 1000 an hour.

Contract: `incidents/` and `maintenance/`, lists in pages of `{count, next, previous, results}`, objects
changed by `PATCH`. What it has for single updates is not known to us. So its description is the whole story,
newest first, and an end time ends it: written twice, it is the same. The words for the states of components
besides UM are not verified: `"states"` in the settings corrects them.
"""

from typing import Any

from incidents.local_time import format_day_time
from incidents.models import MaintenanceUpdate, OutboxRow
from incidents.status.api_v2 import stamp
from incidents.status.connectors.base import Place, State, id_in, rows_in
from incidents.status.connectors.client import Client, Way
from incidents.status.connectors.post import Post, plain

PAGES, TOLD = 3, 10  # pages of a list that are looked through; updates in a description


class Freshstatus(Place):
    name = OutboxRow.Destination.FRESHSTATUS
    url = "https://public-api.freshstatus.io/api/v1"
    needs = ("account",)
    seconds_between = 3.6
    states = {
        str(State.OPERATIONAL): "OP", str(State.DEGRADED): "PD", str(State.PARTIAL_OUTAGE): "PO",
        str(State.MAJOR_OUTAGE): "MO", str(State.MAINTENANCE): "UM",
    }  # fmt: skip

    def way(self) -> Way:
        return self.make_way(auth=(self.key, str(self.options["account"])))

    def find(self, client: Client, told: Post) -> str | None:
        for page in range(1, PAGES + 1):
            answer = client.get(self._path(told), page=page)
            for row in rows_in(answer, "results"):
                if row.get("title") == told.marked_title:
                    return id_in(row, "id")
            if not answer.get("next"):
                break
        return None

    def create(self, client: Client, told: Post) -> str:
        start, end = (told.starts_at, told.ends_at) if told.is_maintenance else (told.began_at, None)
        body = self._said(told) | {
            "title": told.marked_title, "start_time": stamp(start), "is_private": False,
            "notification_options": {"send_notification": self.is_notifying, "send_tweet": False},
            **({"end_time": stamp(end)} if end else {}), **self.options.get("fields", {}),
        }  # fmt: skip
        return id_in(client.post(self._path(told), body), "id")

    def has(self, client: Client, remote_id: str, told: Post, repeats: int) -> bool:
        """The whole story reads as ours, and it has ended where this update ends it."""
        its = client.get(f"{self._path(told)}{remote_id}/")
        has_ended = bool(its.get("end_time")) or told.is_maintenance
        is_same = plain(str(its.get("description"))) == plain(story(told))
        return is_same and (has_ended or not told.is_over)

    def update(self, client: Client, remote_id: str, told: Post) -> None:
        client.patch(f"{self._path(told)}{remote_id}/", self._said(told) | self._times(told))

    def _path(self, told: Post) -> str:
        return "/maintenance/" if told.is_maintenance else "/incidents/"

    def _said(self, told: Post) -> dict[str, Any]:
        affected = [{"component": its, "new_status": state} for its, state in self.components(told).items()]
        return {"description": story(told), "affected_components": affected}

    def _times(self, told: Post) -> dict[str, str | None]:
        """An end where it is over; none where it was over and is open again."""
        if told.is_over:
            return {"end_time": stamp(told.posted_at)}
        if told.phase == MaintenanceUpdate.Phase.IN_PROGRESS:
            return {"start_time": stamp(told.posted_at)}
        return {} if told.is_maintenance else {"end_time": None}


def story(told: Post) -> str:
    """`Identified, Sun 22 Nov 02:19 GMT. We have found the cause.`, and what was said before it."""
    lines = [f"{phase}, {format_day_time(at)}. {words}" for at, phase, words in told.story[:TOLD]]
    return "\n\n".join(line.strip() for line in [*([told.due] if told.due else []), *lines])
