"""Records who was shown what is sensitive, and who exported it: one row a person, thing and hour.

A page says what it shows by `note`; the row is written when the answer is ready, and a page that reads
itself again costs nothing for the rest of the hour. An export is written by `exported` before anything
leaves, each time: what cannot be recorded is not exported.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from django.core.cache import caches
from django.db import DatabaseError
from django.db.models import Model, Q
from django.utils import timezone

from accounts.audit import request_id, source
from accounts.chain import sealing
from accounts.models import User
from accounts.models.read_record import CHAIN, Read, ReadRecord, content

WINDOW = timedelta(hours=1)
logger = logging.getLogger(__name__)
_noted: ContextVar[list[ReadRecord] | None] = ContextVar("noted", default=None)
_route: ContextVar[str] = ContextVar("route", default="")


@dataclass(frozen=True)
class Reader:
    """Somebody who was shown a thing: when first and last, how many records, and where.

    Not sure is who was only given many incidents at once, by the API or in a file: perhaps this one too.
    """

    person: User
    first_at: datetime
    last_at: datetime
    times: int
    routes: tuple[str, ...]
    is_sure: bool


def note(by: User, what: Read, of: Model | None = None, *, name: str = "", rows: int = 1) -> None:
    """The person is shown this thing, or these `rows` of it. Asks and writes nothing yet inside a request."""
    now = timezone.now()
    hour = f"{now.astimezone(UTC):%Y-%m-%dT%H}"
    record = _record(by, what, of, name=name, rows=rows, at=now, once=hour)
    noted = _noted.get()
    if noted is None:
        _write([record])
    else:
        noted.append(record)


def exported(by: User, of: Model | None = None, *, name: str, rows: int, where: str = "") -> None:
    """The person takes `rows` rows of this out of the desk, in a file. Written now, before it leaves."""
    record = _record(by, Read.EXPORT, of, name=name, rows=rows, at=timezone.now(), once=uuid4().hex)
    record.route = (where or _route.get())[:200]
    _insert([record])


@contextmanager
def collected(route: str = "") -> Iterator[None]:
    """What is noted inside is written at its end, in one statement: for one request."""
    tokens = _noted.set([]), _route.set(route)
    try:
        yield
        _write(_noted.get() or [])
    finally:
        _noted.reset(tokens[0])
        _route.reset(tokens[1])


def at_route(route: str) -> None:
    """Name the page or answer of this request, once it is known."""
    _route.set(route[:200])


def readers_of(thing: Model, since: datetime | None = None) -> list[Reader]:
    """Who was shown this row, the first reader first; of a row of an incident, who was shown the incident.

    `since` is when what matters was written. A record stands for a whole hour, so that who came shortly
    before may have seen it too: they are named, rather one too many than one too few.
    """
    row = getattr(thing, "incident", None) or thing
    of = Q(object_type=row._meta.label, object_id=str(row.pk))
    if row._meta.label == "incidents.Incident":
        of |= Q(object_type="", what__in=(Read.INCIDENTS, Read.EXPORT))
    records = ReadRecord.objects.filter(of)
    if since is not None:
        records = records.filter(read_at__gt=since - WINDOW)
    by_person: dict[int, list[ReadRecord]] = {}
    for record in records.select_related("reader__organisation").order_by("read_at", "pk"):
        by_person.setdefault(record.reader_id, []).append(record)
    return [_reader(found) for found in by_person.values()]


def _reader(records: list[ReadRecord]) -> Reader:
    routes = tuple(dict.fromkeys(record.route for record in records if record.route))
    first, last = records[0], records[-1]
    is_sure = any(record.object_type for record in records)
    return Reader(first.reader, first.read_at, last.read_at, len(records), routes, is_sure)


def _record(
    by: User, what: Read, of: Model | None, *, name: str, rows: int, at: datetime, once: str
) -> ReadRecord:
    return ReadRecord(
        reader=by, organisation_id=by.organisation_id, what=what, rows=rows, read_at=at, once=once,
        object_type=of._meta.label if of is not None else "",
        object_id=str(of.pk) if of is not None else name[:60],
        object_name=(name or (str(of) if of is not None else ""))[:120],
        source=source(), request_id=request_id() or "", route=_route.get(),
    )  # fmt: skip


def _write(records: Iterable[ReadRecord]) -> None:
    """Those that this process has not written yet. A page is not kept from a person because of them."""
    known = caches["reads"]
    fresh = {_key(record): record for record in records}
    fresh = {key: record for key, record in fresh.items() if key not in known}
    if not fresh:
        return
    for record in fresh.values():
        record.route = record.route or _route.get()
    try:
        _insert(list(fresh.values()))
    except DatabaseError as error:
        logger.critical("Reads: %s of them were not recorded (%s)", len(fresh), type(error).__name__)
        return
    known.set_many(dict.fromkeys(fresh, True), WINDOW.total_seconds())


def _insert(records: list[ReadRecord]) -> None:
    for record in records:
        record.seal = sealing.seal(CHAIN.name, content(record))
    # Another process may have written the same: the first one stands.
    ReadRecord.objects.bulk_create(records, ignore_conflicts=True)


def _key(record: ReadRecord) -> str:
    of = f"{record.object_type}:{record.object_id}".encode().hex()
    return f"{record.reader_id}:{record.what}:{of}:{record.once}"
