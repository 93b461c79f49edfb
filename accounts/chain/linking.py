"""The chain: each link holds a row's seal and a keyed hash over it and the link before.

Links are made by a task some seconds after the rows, one task at a time: who writes a row takes no lock of
the chain. Their order is that in which rows were found, for a transaction may commit after a later one.

A row without a seal is never linked by itself, whatever became of the chain: only `adopt` does that.
"""

from itertools import count, islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, QuerySet

from accounts.chain.sealing import Chain, chains, keyed, seal
from accounts.models.chain import ChainHead, ChainLink
from accounts.wall.identity import as_system

BATCH = 1000
# Ids that a long transaction may lag behind the newest link and still be found at once. What lags more is
# found by the nightly search through all rows.
LAG = 5000


@as_system("a chain holds every row")
def link_new() -> int:
    """Link the rows that were written since. How many; none while another task is at it."""
    behind = [chain for chain in chains() if _unlinked(chain, is_thorough=False).exists()]
    return sum(_link(chain, is_thorough=False) for chain in behind)


@as_system("a chain holds every row")
def link_all(chain: Chain) -> int:
    """The same for all rows that have no link, however old."""
    linked = 0
    while done := _link(chain, is_thorough=True):
        linked += done
    return linked


@as_system("a chain holds every row")
@transaction.atomic
def adopt(chain: Chain) -> int:
    """Link the rows that were written before the desk sealed any, as they are now. How many.

    For a person to ask, once, after the upgrade: whoever takes seals away must not have it done for them.
    """
    head = _locked_head(chain)
    if head is None:
        return 0
    old = (row for row in _unlinked(chain, is_thorough=True).iterator(BATCH) if not chain.seal_of(row))
    return _append(chain, head, [(row.pk, seal(chain.name, chain.content(row))) for row in old])


def head_proof(head: ChainHead) -> str:
    return keyed("head", head.chain, head.position, head.hash)


def link_hash(chain: str, position: int, row_id: int, row_seal: str, before: str) -> str:
    return keyed("link", chain, position, row_id, row_seal, before)


@transaction.atomic
def _link(chain: Chain, *, is_thorough: bool) -> int:
    head = _locked_head(chain)
    if head is None:
        return 0
    rows = _unlinked(chain, is_thorough=is_thorough).iterator(BATCH)
    sealed = ((row.pk, chain.seal_of(row)) for row in rows if chain.seal_of(row))
    return _append(chain, head, _not_copied(chain, list(islice(sealed, BATCH))))


def _unlinked(chain: Chain, *, is_thorough: bool) -> "QuerySet[Any]":
    """Rows that have no link: all there are, or those near the newest link."""
    known, rows = ChainLink.objects.filter(chain=chain.name), chain.rows().order_by("pk")
    if not is_thorough:
        newest = known.aggregate(newest=Max("row_id"))["newest"] or 0
        known, rows = known.filter(row_id__gt=newest - LAG), rows.filter(pk__gt=newest - LAG)
    return rows.exclude(pk__in=known.values("row_id"))


def _not_copied(chain: Chain, rows: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Those with a seal that no other row bears; what is left out, `verifying` will name."""
    links = ChainLink.objects.filter(chain=chain.name, seal__in=[row_seal for _, row_seal in rows])
    taken = set(links.values_list("seal", flat=True))
    fresh = []
    for row_id, row_seal in rows:
        if row_seal not in taken:
            taken.add(row_seal)
            fresh.append((row_id, row_seal))
    return fresh


def _locked_head(chain: Chain) -> ChainHead | None:
    """The head, locked until the transaction ends; None when another task has it."""
    ChainHead.objects.bulk_create([ChainHead(chain=chain.name)], ignore_conflicts=True)
    can_skip = connection.features.has_select_for_update_skip_locked
    return ChainHead.objects.select_for_update(skip_locked=can_skip).filter(pk=chain.name).first()


def _append(chain: Chain, head: ChainHead, rows: list[tuple[int, str]]) -> int:
    links, before = [], head.hash
    for position, (row_id, row_seal) in zip(count(head.position + 1), rows, strict=False):
        before = link_hash(chain.name, position, row_id, row_seal, before)
        links.append(
            ChainLink(chain=chain.name, position=position, row_id=row_id, seal=row_seal, hash=before)
        )
    if links:
        ChainLink.objects.bulk_create(links, batch_size=BATCH)
        head.position, head.hash = links[-1].position, before
        # Not by save(): the audit trail would grow by a row for each link of a row of its own.
        ChainHead.objects.filter(pk=head.pk).update(
            position=head.position, hash=head.hash, proof=head_proof(head)
        )
    return len(links)
