"""Replacing words in every row of an incident, and in the audit rows that repeat them.

Nothing of it goes through `save()`: the audit trail would write down what is taken out.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

from accounts.chain import redacting
from accounts.models import User
from accounts.wall.identity import as_system
from incidents.models import Incident, TimelineEntry, Wall
from incidents.redaction import scope

SHORTEST_TAIL = 12  # characters of the words at the end of a text that was cut off


@dataclass
class Scrubbed:
    """The rows that were written: the desk's own, and how many of the audit trail."""

    rows: list[Model] = field(default_factory=list)
    audit_rows: int = 0

    @property
    def entries(self) -> list[TimelineEntry]:
        return [row for row in self.rows if isinstance(row, TimelineEntry)]

    @property
    def hidden(self) -> int:
        """Rows that the vendor alone sees."""
        return sum(entry.wall == Wall.VENDOR for entry in self.entries)

    @property
    def places(self) -> dict[str, int]:
        """How many rows, by what they are; those of the vendor alone are not among them."""
        seen = [row for row in self.rows if getattr(row, "wall", "") != Wall.VENDOR]
        counted = Counter(str(row._meta.verbose_name) for row in seen)
        return dict(counted) | ({"audit entry": self.audit_rows} if self.audit_rows else {})

    def first_written_at(self, otherwise: datetime) -> datetime:
        return min((entry.written_at for entry in self.entries), default=otherwise)


@as_system("patient data goes from every row of an incident, whoever may see it")
def scrub(incident: Incident, words: Mapping[str, str], *, reason: str, by: User) -> Scrubbed:
    """Put each value in the place of its key, longest first, in all rows of the incident. Locks nothing more
    than the rows that it writes; the caller holds the incident.
    """
    pairs = sorted(words.items(), key=lambda pair: -len(pair[0]))
    done = Scrubbed()
    ids: dict[type[Model], set[int]] = {}
    for rows in scope.rows_of(incident):
        for row in rows:
            ids.setdefault(type(row), set()).add(row.pk)
            if changed := changes(row, pairs):
                _write(row, changed, reason=reason, by=by)
                done.rows.append(row)
    for own_way in scope.own_ways():
        touched, written = own_way(incident, pairs, reason=reason, by=by)
        done.rows += written
        for row in touched:
            ids.setdefault(type(row), set()).add(row.pk)
    done.audit_rows = _scrub_trail(ids, pairs, reason=reason, by=by)
    return done


def changes(row: Model, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    """The columns of this row that change, with their new values, cut to what each may hold."""
    found = {}
    for each in scope.words_in(row):
        before = getattr(row, each.attname)
        after = replaced(before, pairs)
        if after != before:
            longest = getattr(each, "max_length", None)
            found[each.attname] = after[:longest] if longest and isinstance(after, str) else after
    return found


def replaced(value: Any, pairs: list[tuple[str, str]]) -> Any:
    """The same value without the words, however deep in it they stand."""
    if isinstance(value, str):
        for word, marker in pairs:
            value = _without_tail(value.replace(word, marker), word, marker)
        return value
    if isinstance(value, dict):
        return {replaced(name, pairs): replaced(each, pairs) for name, each in value.items()}
    if isinstance(value, list):
        return [replaced(each, pairs) for each in value]
    return value


def _without_tail(text: str, word: str, marker: str) -> str:
    """A copy may have been cut to its column: then only the beginning of the words stands at its end."""
    for length in range(min(len(word) - 1, len(text)), SHORTEST_TAIL - 1, -1):
        if text.endswith(word[:length]):
            return text[:-length] + marker
    return text


def _write(row: Model, changed: dict[str, Any], *, reason: str, by: User) -> None:
    chain = redacting.chain_of(type(row))
    if chain is not None:
        redacting.rewrite(chain, row, changed, reason=reason, by=by)
        return
    for name, value in changed.items():
        setattr(row, name, value)
    type(row)._base_manager.filter(pk=row.pk).update(**changed)


def _scrub_trail(
    ids: Mapping[type[Model], set[int]], pairs: list[tuple[str, str]], *, reason: str, by: User
) -> int:
    """The audit rows of these rows: what they changed, what they were called."""
    written = 0
    for model, pks in ids.items():
        kind = ContentType.objects.get_for_model(model)
        trail = LogEntry.objects.filter(content_type=kind, object_pk__in=[str(pk) for pk in pks])
        for entry in trail.order_by("pk"):
            if changed := _changes_in_trail(entry, pairs):
                _write(entry, changed, reason=reason, by=by)
                written += 1
    return written


def _changes_in_trail(entry: LogEntry, pairs: list[tuple[str, str]]) -> dict[str, Any]:
    columns = ("object_repr", "serialized_data", "changes_text", "changes")
    before = {name: getattr(entry, name) for name in columns}
    after = {name: replaced(value, pairs) for name, value in before.items()}
    return {name: value for name, value in after.items() if value != before[name]}
