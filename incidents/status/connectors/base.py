"""The one interface of hosted pages, and the delivery that is the same for all: find, create, update."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from django.conf import settings
from django.db import transaction

from incidents.models import OutboxRow, RemoteIncident, StatusUpdate
from incidents.outbox.registry import CannotDeliver, RetryLater, Unsure
from incidents.outbox.writing import announce
from incidents.status import notice
from incidents.status.connectors import post
from incidents.status.connectors.client import Client, NotThere, Way, connect
from incidents.status.connectors.post import Post, Text

State = StatusUpdate.ServiceState


class Place(ABC):
    """A hosted page. The settings `<NAME>_KEY` and `<NAME>_SETTINGS` (JSON) say which, and which component
    over there is which service of ours: `{"page": "…", "components": {"compucare8": "…"}}`.
    """

    name: ClassVar[OutboxRow.Destination]
    url: ClassVar[str] = ""
    needs: ClassVar[tuple[str, ...]] = ()
    seconds_between: ClassVar[float] = 1.0
    phases: ClassVar[Mapping[str, Any]] = {}
    states: ClassVar[Mapping[str, Any]] = {}

    # ---------- What each place does in its own way ----------

    @abstractmethod
    def way(self) -> Way:
        """How to get there, with the key."""

    @abstractmethod
    def find(self, client: Client, told: Post) -> str | None:
        """Its own id of our incident or maintenance, by our mark; None where it has none."""

    @abstractmethod
    def create(self, client: Client, told: Post) -> str:
        """Open it with this update, and set the states of its components. Its own id."""

    @abstractmethod
    def has(self, client: Client, remote_id: str, told: Post, repeats: int) -> bool:
        """Whether it has this update, besides the `repeats` earlier ones that read the same."""

    @abstractmethod
    def update(self, client: Client, remote_id: str, told: Post) -> None:
        """Add this update, and set the states. What must not happen twice comes last."""

    # ---------- What the settings say ----------

    @property
    def setting(self) -> str:
        return self.name.upper()

    @property
    def options(self) -> Mapping[str, Any]:
        given = getattr(settings, f"{self.setting}_SETTINGS")
        return given if isinstance(given, dict) else {}

    @property
    def key(self) -> str:
        return str(getattr(settings, f"{self.setting}_KEY"))

    def is_configured(self) -> bool:
        return bool(self.key) and all(self.options.get(name) for name in self.needs)

    def connect(self) -> AbstractContextManager[Client]:
        return connect(self.way())

    def make_way(self, **given: Any) -> Way:
        """With what the settings say otherwise."""
        url = str(self.options.get("url", self.url)).rstrip("/")
        between = float(self.options.get("seconds_between", self.seconds_between))
        return Way(self.name, str(self.name.label), url, self.setting, between, **given)

    def components(self, told: Post) -> dict[str, Any]:
        """Their component and their word for its state, for each service that has one over there."""
        known = self.options.get("components", {})
        states = {**self.states, **self.options.get("states", {})}
        return {str(known[code]): states[state] for code, state in told.states.items() if known.get(code)}

    @property
    def is_notifying(self) -> bool:
        """Whether their subscribers hear of it; ours do anyway."""
        return bool(self.options.get("notify", True))

    def phase(self, told: Post) -> Any:
        return self.phases[told.phase]

    def our_phase(self, told: Post, theirs: Any) -> str:
        """Of an update over there: this one's phase, where theirs is what this one's is called there."""
        return told.phase if theirs == self.phase(told) else f"their {theirs}"

    # ---------- What is the same for all ----------

    def follow(self, update: notice.Update) -> None:
        """Queue an update for this place, in the transaction that publishes it. Nothing while it is unset."""
        if self.is_configured():
            incident = update.incident if isinstance(update, StatusUpdate) else None
            announce(
                self.name, "update", key=f"{self.name}:{notice.name_of(update)}", incident=incident,
                lane=notice.lane_of(update), **notice.payload_of(update),
            )  # fmt: skip

    def deliver(self, row: OutboxRow) -> None:
        """Tell one update, or find that it is there already. Safe to repeat.

        Whether it is there is asked before anything is created that may have been, and before an update is
        sent again whose answer was lost.
        """
        told = post.read(row) if row.event == "update" else None
        if told is None:
            raise CannotDeliver("Its update is not published")
        with self.connect() as client:
            remote_id = self._looked_up_or_made(client, told, row)
            if remote_id is None:
                return
            try:
                if not (row.is_unsure and self.has(client, remote_id, told, post.repeats(row, told))):
                    self.update(client, remote_id, told)
            except NotThere:
                gone = f"{self.name.label} no longer has it. Restore it there, or drop this"
                raise CannotDeliver(gone) from None

    def _looked_up_or_made(self, client: Client, told: Post, row: OutboxRow) -> str | None:
        """Its id over there, or None when it was made just now, with this update in it."""
        try:
            known = self._looked_up(client, told, row)
            if known is None:
                self._remember(told.public_id, self.create(client, told))
        except NotThere:
            words = f"{self.name.label} does not know the page (404). Correct {self.setting}_SETTINGS"
            raise RetryLater(words) from None
        return known

    def _looked_up(self, client: Client, told: Post, row: OutboxRow) -> str | None:
        """Its id as we know it; else, where it may have it, as it says itself."""
        remembered = RemoteIncident.objects.filter(place=self.name, public_id=told.public_id)
        known = remembered.values_list("remote_id", flat=True).first()
        if known is not None or (told.is_first and not row.is_unsure):
            return known
        found = self.find(client, told)
        if found is not None:
            self._remember(told.public_id, found)
        return found

    @transaction.atomic
    def _remember(self, public_id: str, remote_id: str) -> None:
        RemoteIncident.objects.get_or_create(
            place=self.name, public_id=public_id, defaults={"remote_id": remote_id}
        )


def id_in(answer: Mapping[str, Any], *path: str) -> str:
    """The id in an answer. Where a create comes without it, it was made, and its name is not known."""
    found: Any = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    if not isinstance(found, str | int) or isinstance(found, bool) or not str(found):
        raise Unsure("It was made, and its number did not come back")
    return str(found)


def rows_in(answer: Any, *path: str) -> list[Mapping[str, Any]]:
    """The rows of a list, at `path`. What is something else counts as none."""
    found = answer
    for name in path:
        found = found.get(name) if isinstance(found, Mapping) else None
    return [row for row in found if isinstance(row, Mapping)] if isinstance(found, list) else []


def is_among(texts: Iterable[Text], told: Post, repeats: int) -> bool:
    """Whether the same words of the same phase are there once more than `repeats` times.

    An empty phase fits any.
    """
    mine = told.text
    found = [(phase or mine[0], post.plain(words)) for phase, words in texts]
    return found.count(mine) > repeats
