"""Reading a chain again, from first link to head: what was changed, deleted, made or moved beneath us."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import DatabaseError

from accounts.chain import guarding
from accounts.chain.linking import head_proof, link_all, link_hash
from accounts.chain.sealing import Chain, chains, is_genuine, keyed
from accounts.chain.stored import is_spelt_as_written, spellings
from accounts.models.chain import ChainHead, ChainLink, Redaction
from accounts.wall import policies
from accounts.wall.identity import as_system

CHUNK = 2000
UNREADABLE = object()


@dataclass(frozen=True)
class Broken:
    """One thing that is not as it was written: of which chain, which row (0: none), and what in words."""

    chain: str
    row_id: int
    words: str

    def __str__(self) -> str:
        return f"{self.chain}: {f'row {self.row_id}: ' if self.row_id else ''}{self.words}"


@dataclass
class Report:
    """How many rows were read, and what was found."""

    rows: int
    broken: list[Broken]


@as_system("a chain is proven over every row")
def verify() -> Report:
    """Read every chain, link by link. Rows written since the last link are linked first."""
    missing = [f"the trigger {name} is missing" for name in guarding.missing()]
    missing += [f"the wall of {table} is missing" for table in policies.open_tables()]
    report = Report(0, [Broken("database", 0, words) for words in missing])
    for chain in chains():
        link_all(chain)
        for found in _verified(chain):
            report.rows += found is None
            if found is not None:
                report.broken.append(found)
    return report


def redaction_proof(redaction: Redaction) -> str:
    """A keyed hash over who took out what, when and why, and over the seal from then on."""
    at = redaction.at.isoformat()
    return keyed(
        "redaction", redaction.chain, redaction.row_id, redaction.reason, redaction.by_id, at, redaction.seal
    )


def _verified(chain: Chain) -> Iterator[Broken | None]:
    """None for each row that is as it was written, and what is broken."""
    before, position = "", 0
    redacted = _redactions(chain)
    while links := list(
        ChainLink.objects.filter(chain=chain.name, position__gt=position).order_by("position")[:CHUNK]
    ):
        rows, spelt = _rows(chain, links), spellings(chain.model, [link.row_id for link in links])
        for link in links:
            yield from _link_broken(chain, link, position, before)
            row = rows.get(link.row_id)
            found = _row_broken(chain, link, row, redacted.get(link.row_id))
            if found is None and not is_spelt_as_written(row, spelt.get(link.row_id)):
                found = Broken(chain.name, link.row_id, "it was changed, though it reads the same")
            yield found
            position, before = int(link.position), link.hash
    yield from _head_broken(chain, position, before)
    yield from _strangers(chain)


def _rows(chain: Chain, links: list[ChainLink]) -> dict[int, Any]:
    """The linked rows by id; one whose bytes can no longer be read as a row stands as UNREADABLE."""
    ids = [link.row_id for link in links]
    try:
        return chain.rows().in_bulk(ids)
    except (ValueError, TypeError, OverflowError, DatabaseError):
        return {row_id: row for row_id in ids if (row := _row(chain, row_id)) is not None}


def _row(chain: Chain, row_id: int) -> Any:
    try:
        return chain.rows().filter(pk=row_id).first()
    except (ValueError, TypeError, OverflowError, DatabaseError):
        return UNREADABLE


def _link_broken(chain: Chain, link: ChainLink, position: int, before: str) -> Iterator[Broken]:
    if link.position != position + 1:
        yield Broken(chain.name, link.row_id, f"{link.position - position - 1} links before it are missing")
    elif link.hash != link_hash(chain.name, link.position, link.row_id, link.seal, before):
        yield Broken(chain.name, link.row_id, "its link, or the one before, was changed")


def _row_broken(chain: Chain, link: ChainLink, row: Any, redaction: Redaction | None) -> Broken | None:
    if row is None:
        return Broken(chain.name, link.row_id, "it was deleted")
    if row is UNREADABLE:
        return Broken(chain.name, link.row_id, "it was changed: it can no longer be read")
    given = chain.seal_of(row) or link.seal  # a row that the chain adopted bears none
    if given != link.seal:
        if redaction is None:
            return Broken(chain.name, link.row_id, "its seal was changed")
        if redaction.proof != redaction_proof(redaction) or redaction.seal != given:
            return Broken(chain.name, link.row_id, "it was redacted by nobody that the desk knows of")
    if not is_genuine(chain.name, given, chain.content(row)):
        return Broken(chain.name, link.row_id, "it was changed")
    return None


def _head_broken(chain: Chain, position: int, before: str) -> Iterator[Broken]:
    head = ChainHead.objects.filter(pk=chain.name).first() or ChainHead(chain=chain.name)
    if head.position and head.proof != head_proof(head):
        yield Broken(chain.name, 0, "its head was changed")
    elif head.position > position:
        yield Broken(chain.name, 0, f"the last {head.position - position} links are missing")
    elif (head.position, head.hash) != (position, before):
        yield Broken(chain.name, 0, "it does not end where its head says")


def _strangers(chain: Chain) -> Iterator[Broken]:
    """Rows that have no link: the application would have given them a seal of their own."""
    linked = ChainLink.objects.filter(chain=chain.name).values("row_id")
    for row_id in chain.rows().exclude(pk__in=linked).order_by("pk").values_list("pk", flat=True):
        yield Broken(chain.name, row_id, "it was not written by the desk")


def _redactions(chain: Chain) -> dict[int, Redaction]:
    """The last one of each row."""
    done = Redaction.objects.filter(chain=chain.name, done_at__isnull=False).order_by("pk")
    return {redaction.row_id: redaction for redaction in done}
