"""What the desk holds about one of its people, as a signed pack: the answer to a data-subject request.

Every table that names the person is in it: of most rows which and when, and whole what the person wrote or
what is about them. No secret is in it, and for somebody of the partner no vendor row: they never saw one.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from auditlog.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import DateField, ForeignKey, Model, Q, QuerySet
from knox.models import AuthToken

from accounts import reads
from accounts.chain import sealing
from accounts.models import SecondFactor, User
from accounts.roles import Side
from accounts.wall import policies
from accounts.wall.identity import Standing, standing
from incidents.models import TimelineEntry, Wall
from ooh import packs

CHUNK = 1000

# Given whole: they are about the person, or are the person's own words.
WHOLE = {
    "accounts.AccessEvent", "accounts.BreakGlass", "accounts.ReadRecord", "auditlog.LogEntry",
    "handover.HandoverAddendum", "handover.Page", "handover.ShiftPattern", "incidents.GuardDecision",
    "incidents.IntakeDraft", "incidents.PhoneCall", "incidents.StatusUpdate", "incidents.TimelineEntry",
}  # fmt: skip
# Never given: what proves who somebody is.
SECRETS = {"password", "sealed", "digest", "token_key", "token", "seal", "serialized_data"}


def write(to: Path | IO[bytes], person: User, *, by: User, where: str = "") -> dict[str, Any]:
    """All that the desk holds about this person, recorded as an export of `by`'s. The manifest."""
    # On the person’s side, whoever asks: on the command line nobody stands anywhere.
    with standing(Standing(str(person.side or ""))):
        counted = sum(rows.count() for _, rows in _tables(person))
        reads.exported(by, person, name=f"All about {person}", rows=counted + 1, where=where)
        files = {"profile.jsonl": iter([_line(_profile(person))])}
        files["changes-of-your-record.jsonl"] = _lines(_history(person), is_whole=True, person=person)
        for model, rows in _tables(person):
            is_whole = model._meta.label in WHOLE
            files[f"{model._meta.label}.jsonl"] = _lines(rows, is_whole=is_whole, person=person)
        return packs.write_files(
            to, f"All about {person}", files, with_vendor_rows=person.side == Side.VENDOR
        )


def naming() -> dict[type[Model], list[str]]:
    """Every table that has a column for a person, with those columns."""
    found: dict[type[Model], list[str]] = {}
    for field in User._meta.get_fields(include_hidden=True):
        if field.auto_created and not field.concrete and not _is_of_groups(field.related_model):
            found.setdefault(field.related_model, []).append(field.field.name)  # type: ignore[union-attr,arg-type]
    return found


def _is_of_groups(model: Any) -> bool:
    """Roles are in the profile by name."""
    return model in (User.groups.through, User.user_permissions.through)


def _tables(person: User) -> Iterator[tuple[type[Model], "QuerySet[Any]"]]:
    for model, names in sorted(naming().items(), key=lambda each: each[0]._meta.label):
        names_person = Q(pk=None)
        for name in names:
            names_person |= Q(**{name: person.pk})
        rows = model._base_manager.filter(names_person)
        yield model, rows if person.side == Side.VENDOR else _before_the_wall(model, rows)


def _before_the_wall(model: type[Model], rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Without vendor rows, and without what the audit trail says of them."""
    if model is TimelineEntry:
        return rows.exclude(wall=Wall.VENDOR)
    if model is LogEntry:
        hidden = TimelineEntry._base_manager.filter(wall=Wall.VENDOR).values("pk")
        entries = ContentType.objects.get_for_model(TimelineEntry)
        others = [model for model in policies.walled() if model is not TimelineEntry]
        whole = ContentType.objects.get_for_models(*others).values()
        return rows.exclude(content_type=entries, object_id__in=hidden).exclude(content_type__in=whole)
    return rows.none() if model in policies.walled() else rows


def _profile(person: User) -> dict[str, Any]:
    return _told(person) | {
        "organisation": str(person.organisation or ""),
        "team": str(person.team or ""),
        "roles": sorted(person.roles),
        "second_factors": [_told(each) for each in SecondFactor.objects.filter(person=person)],
        "tokens": [_told(each) for each in AuthToken.objects.filter(user=person)],
    }


def _history(person: User) -> "QuerySet[Any]":
    """What was changed in the person's own record, by whomever."""
    of = ContentType.objects.get_for_model(User)
    rows: QuerySet[Any] = LogEntry.objects.filter(content_type=of, object_id=person.pk).order_by("pk")
    return rows


def _lines(rows: "QuerySet[Any]", *, is_whole: bool, person: User) -> Iterator[str]:
    for row in rows.order_by("pk").iterator(CHUNK):
        yield _line(_told(row) if is_whole else _mentioned(row, person))


def _told(row: Model) -> dict[str, Any]:
    return {"id": row.pk} | {
        name: value for name, value in sealing.columns(row).items() if name not in SECRETS
    }


def _mentioned(row: Model, person: User) -> dict[str, Any]:
    """Which row, as what it names the person, and its times."""
    fields = row._meta.concrete_fields
    as_what = [
        field.name
        for field in fields
        if isinstance(field, ForeignKey) and field.related_model is User and _is(row, field, person)
    ]
    times = {field.name: getattr(row, field.attname) for field in fields if isinstance(field, DateField)}
    row_id = "" if row._meta.pk and row._meta.pk.name in SECRETS else row.pk
    return {"id": row_id, "as": as_what, **times}


def _is(row: Model, field: "ForeignKey[Any, Any]", person: User) -> bool:
    return bool(getattr(row, field.attname) == person.pk)


def _line(told: dict[str, Any]) -> str:
    return json.dumps(json.loads(sealing.canonical(told)), sort_keys=True, ensure_ascii=False) + "\n"
