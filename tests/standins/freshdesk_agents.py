"""What happens at our Freshdesk without us: the vendor's agents at work, and the webhooks that tell of it."""

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.standins.freshdesk import Freshdesk

AGENT, REQUESTER = 950, 900
NOTE, REPLY = 2, 0
MERGED = "This ticket is closed and merged into ticket {}"


@dataclass
class Agents:
    """Each act changes the ticket's `updated_at`, by the clock of this process, to the second."""

    there: Freshdesk

    def opened(self, **fields: Any) -> int:
        """A ticket that is not the desk's, such as a hospital's own."""
        number = 3001 + len(self.there.tickets)
        now = _now()
        self.there.tickets[number] = {
            "id": number, "email": "it@hospital.example", "subject": "Printing", "status": 2, "tags": [],
            "custom_fields": {}, "spam": False, "due_by": now, "created_at": now, "updated_at": now, **fields,
        }  # fmt: skip
        self.there.notes[number] = []
        return number

    def note(self, number: int, html: str, **fields: Any) -> int:
        """A private note; `private=False` makes it a public one."""
        return self._say(number, html, {"private": True, "source": NOTE, **fields})

    def reply(self, number: int, html: str, **fields: Any) -> int:
        """An answer to the requester; with `incoming=True` the requester's own."""
        return self._say(number, html, {"private": False, "source": REPLY, **fields})

    def edit(self, conversation: int, html: str) -> None:
        for number, notes in self.there.notes.items():
            for note in notes:
                if note["id"] == conversation:
                    note |= {"body": html, "body_text": html, "updated_at": _now()}
                    self._touch(number)

    def set(self, number: int, **fields: Any) -> None:
        self.there.tickets[number] |= fields
        self._touch(number)

    def merge(self, primary: int, *secondaries: int, words: str = MERGED) -> None:
        """As the real one does: the secondaries are closed, and notes on both sides name the other."""
        for number in secondaries:
            link = f'<a href="/a/tickets/{primary}">{primary}</a>'
            self.note(number, f"<div>{words.format(link)}</div>")
            self.set(number, status=5)
            self.note(primary, f"<div>Ticket with ID {number} is merged into this ticket</div>")

    def lag(self, number: int) -> None:
        """From now on the list does not hear of what changes in this ticket, until `catch_up`."""
        self.there.lagging[number] = deepcopy(self.there.tickets[number])

    def catch_up(self) -> None:
        self.there.lagging.clear()

    def _say(self, number: int, html: str, fields: dict[str, Any]) -> int:
        count = sum(len(notes) for notes in self.there.notes.values())
        said = {
            "id": 7001 + count, "ticket_id": number, "body": html, "body_text": html, "incoming": False,
            "user_id": REQUESTER if fields.get("incoming") else AGENT, "attachments": [],
            "created_at": _now(), "updated_at": _now(), **fields,
        }  # fmt: skip
        self.there.notes[number].append(said)
        self._touch(number)
        return int(said["id"])

    def _touch(self, number: int) -> None:
        self.there.tickets[number]["updated_at"] = _now()


# After a delivery that was not taken: tried again so much later each time, then given up.
RETRIES = (timedelta(minutes=5), timedelta(minutes=30), timedelta(minutes=60))


@dataclass
class Webhooks:
    """An automation rule that sends hints. `post(body)` answers with a status."""

    post: Callable[[bytes], int]
    waiting: list[tuple[datetime, int, bytes]] = field(default_factory=list)
    given_up: list[bytes] = field(default_factory=list)

    def simple(self, number: int) -> None:
        """The form that an administrator ticks together: labels instead of ids."""
        told = {
            "ticket_id": number, "ticket_subject": "P1", "ticket_status": "Open", "ticket_priority": "Urgent",
            "triggered_event": "{ticket_action:update}",
        }  # fmt: skip
        self.waiting.append((_clock(), 0, json.dumps({"freshdesk_webhook": told}).encode()))

    def advanced(self, number: int, subject: str = "P1") -> None:
        """A form of the administrator's own: placeholders are filled in as they are, quotation marks too."""
        body = f'{{"subject": "{subject}", "ticket_id": "{number}"}}'
        self.waiting.append((_clock(), 0, body.encode()))

    def deliver(self, *, backwards: bool = False, times: int = 1) -> list[int]:
        """Send what is due, each so many times; what is not taken waits for its next try."""
        now = _clock()
        due = [each for each in self.waiting if each[0] <= now]
        self.waiting = [each for each in self.waiting if each[0] > now]
        answers = []
        for _, tries, body in reversed(due) if backwards else due:
            answers += [self.post(body) for _ in range(times)]
            if 200 <= answers[-1] < 300:
                continue
            if tries < len(RETRIES):
                self.waiting.append((now + RETRIES[tries], tries + 1, body))
            else:
                self.given_up.append(body)
        return answers


def _clock() -> datetime:
    return datetime.now(UTC)


def _now() -> str:
    return _clock().strftime("%Y-%m-%dT%H:%M:%SZ")
