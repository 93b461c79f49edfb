"""Taking words out of a sealed row, for good: the one way in which such a row is ever written again."""

from typing import Any

from django.db.models import Model
from django.utils import timezone

from accounts.chain import sealing
from accounts.chain.sealing import Chain
from accounts.chain.verifying import redaction_proof
from accounts.models import Redaction, User


def chain_of(model: type[Model]) -> Chain | None:
    """The chain whose rows these are, if their rows only grow."""
    return next((chain for chain in sealing.chains() if chain.model is model), None)


def rewrite(chain: Chain, row: Any, fields: dict[str, Any], *, reason: str, by: User) -> None:
    """Set these columns of a sealed row and seal it anew, in the caller's transaction.

    The database lets just this row be written while its redaction is open. The chain keeps the old seal, and
    the redaction, itself keyed, says which holds from now on.
    """
    redaction = opened(chain.name, row.pk, reason=reason, by=by)
    for name, value in fields.items():
        setattr(row, name, value)
    made = sealing.seal(chain.name, chain.content(row))
    chain.rows().filter(pk=row.pk).update(**fields | chain.sealed(row, made))
    close(redaction, made)


def opened(chain: str, row_id: int, *, reason: str, by: User) -> Redaction:
    return Redaction.objects.create(chain=chain, row_id=row_id, reason=reason[:300], by=by, at=timezone.now())


def close(redaction: Redaction, seal: str) -> None:
    """From now on the database refuses to write the row again."""
    redaction.seal, redaction.done_at = seal, timezone.now()
    redaction.proof = redaction_proof(redaction)
    redaction.save()
