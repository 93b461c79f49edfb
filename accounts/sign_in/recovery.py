"""Recovery codes: ten of them, shown once, each good once."""

import secrets

from django.db import transaction
from django.utils import timezone

from accounts.models import RecoveryCode, User
from accounts.sign_in import events
from accounts.sign_in.sealing import digest, digests

COUNT = 10
# Without characters that are read for one another.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
LENGTH = 10


@transaction.atomic
def make(person: User, *, by: User) -> list[str]:
    """Ten new ones, `abcde-fgh23`; those of before are good no more."""
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)]
    person.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person=person, digest=digest("recovery", code)) for code in codes
    )
    events.record(events.Kind.CODES_MADE, person, by=by)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


def is_like_one(text: str) -> bool:
    return len(_bare(text)) == LENGTH


def use(person: User, text: str) -> bool:
    """Take one, once: of two at the same moment one is refused."""
    found = person.recovery_codes.left().filter(digest__in=digests("recovery", _bare(text)))
    return bool(found.update(used_at=timezone.now()))


def _bare(text: str) -> str:
    return "".join(char for char in text.lower() if char.isalnum())
