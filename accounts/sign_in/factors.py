"""The second factors of a person: added, proved, removed, and reset by somebody else."""

import time

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import typed
from accounts.models import SecondFactor, User
from accounts.roles import Permission
from accounts.sign_in import events, recovery, security_keys, totp
from accounts.sign_in.sealing import seal, unseal

Kind = SecondFactor.Kind
RECOVERY = "recovery code"


def are_required() -> bool:
    return bool(settings.SECOND_FACTOR == "required")


def has_any(person: User) -> bool:
    return SecondFactor.objects.filter(person=person).exists()


@transaction.atomic
def add_app(person: User, *, secret: str, code: str, by: User) -> SecondFactor:
    """Of an app that shows the right code already. ValidationError on `code`."""
    _own(person, by)
    period = totp.period_of(secret, _digits(code), time.time())
    if period is None:
        raise ValidationError({"code": [NOT_CURRENT]})
    SecondFactor.objects.filter(person=person, kind=Kind.APP).delete()  # one app: the new one is it
    return _add(person, Kind.APP, "App that shows codes", seal(secret), period)


@transaction.atomic
def add_key(request: HttpRequest, person: User, *, name: str, answer: str, by: User) -> SecondFactor:
    """Of a key that answered just now. ValidationError on `credential`."""
    _own(person, by)
    typed.refuse(name=name)
    try:
        kept, counter = security_keys.take_new(request, answer)
    except security_keys.NotAccepted:
        raise ValidationError({"credential": [KEY_SILENT]}) from None
    return _add(person, Kind.KEY, name.strip()[:60] or "Security key", kept, counter)


def prove(request: HttpRequest, person: User, *, code: str = "", credential: str = "") -> str:
    """What proved it: the kind of the factor, or a recovery code. ValidationError on `code`.

    A code is taken once, however many ask at the same moment.
    """
    if credential:
        return _prove_by_key(request, person, credential)
    if recovery.is_like_one(code):
        if recovery.use(person, code):
            events.record(events.Kind.CODE_USED, person)
            return RECOVERY
        raise ValidationError({"code": [CODE_UNKNOWN]})
    return _prove_by_app(person, _digits(code))


@transaction.atomic
def remove(factor: SecondFactor, *, by: User) -> None:
    """One's own, but not the last where everybody needs one: add the new one first."""
    _own(factor.person, by)
    others = SecondFactor.objects.select_for_update().filter(person=factor.person).exclude(pk=factor.pk)
    if are_required() and not others.exists():
        raise ValidationError("Everybody needs a second factor. Add another one first, then remove this")
    name = factor.name
    factor.delete()
    events.record(events.Kind.FACTOR_REMOVED, factor.person, by=by, detail=name)


@transaction.atomic
def reset(person: User, *, reason: str, by: User) -> None:
    """For somebody who lost everything: they set up new ones at the next sign-in. Sessions end at once.

    By a lead for their organisation or a service manager, never by oneself.
    """
    if person == by or not may_help(by, person):
        raise PermissionDenied
    if not reason.strip():
        raise ValidationError({"reason": ["Say how you know that it is them, such as by their voice"]})
    typed.refuse(reason=reason)
    SecondFactor.objects.filter(person=person).delete()
    person.recovery_codes.all().delete()
    person.sessions_from = timezone.now()
    person.save(update_fields=["sessions_from"])
    events.record(events.Kind.FACTORS_RESET, person, by=by, detail=reason)


def may_help(by: User, person: User) -> bool:
    """Whether one may let the other in again: a lead within the organisation, a service manager anybody."""
    if by.has_perm(Permission.MANAGE_PEOPLE):
        return True
    return by.has_perm(Permission.LET_IN) and by.organisation_id == person.organisation_id


NOT_CURRENT = "That code is not the current one. Enter the next one that appears"
CODE_UNKNOWN = "That is no recovery code of yours, or it was used before. Enter another one"
KEY_SILENT = "The key did not answer as it should. Try again, or use another way"


def _add(person: User, kind: SecondFactor.Kind, name: str, sealed: str, counter: int) -> SecondFactor:
    made = SecondFactor.objects.create(
        person=person, kind=kind, name=name, sealed=sealed, counter=counter, added_at=timezone.now()
    )
    events.record(events.Kind.FACTOR_ADDED, person, detail=name)
    return made


def _prove_by_app(person: User, code: str) -> str:
    app = SecondFactor.objects.filter(person=person, kind=Kind.APP).first()
    secret = unseal(app.sealed) if app else None
    period = totp.period_of(secret, code, time.time(), after=app.counter) if app and secret else None
    if app is None or period is None or not _take(app, period):
        raise ValidationError({"code": [NOT_CURRENT]})
    return str(Kind.APP.label)


def _prove_by_key(request: HttpRequest, person: User, credential: str) -> str:
    try:
        key, counter = security_keys.check(request, person, credential)
    except security_keys.NotAccepted:
        raise ValidationError({"code": [KEY_SILENT]}) from None
    if not _take(key, counter):
        raise ValidationError({"code": [KEY_SILENT]})
    return str(Kind.KEY.label)


def _take(factor: SecondFactor, counter: int) -> bool:
    """Move the count on, unless somebody else did. A key that does not count stays at nought."""
    rows = SecondFactor.objects.filter(pk=factor.pk)
    fresh = rows.filter(counter__lt=counter) if counter else rows
    return bool(fresh.update(counter=counter, last_used_at=timezone.now()))


def _digits(code: str) -> str:
    return "".join(char for char in code if char.isascii() and char.isdigit())


def _own(person: User, by: User) -> None:
    if person != by:
        raise PermissionDenied
