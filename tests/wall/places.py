"""Each address of the desk by its name, and the objects of the world that addresses can name."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from accounts.models import AccessReview, BreakGlass, User
from handover.models import Handover, HandoverItem, Page, ShiftPattern
from incidents.models import (
    Attachment,
    Incident,
    Maintenance,
    MaintenanceUpdate,
    OutboxRow,
    PatientReport,
    PhoneCall,
    Proposal,
    StatusUpdate,
    Subscriber,
)
from sops.models import Run, SopVersion, Suspension
from tests.end_to_end import world
from tests.end_to_end.addresses import fill, form_of, names_in


@dataclass(frozen=True)
class Thing:
    """An object by which values an address names it, and in which incident it is, if in one."""

    which: str
    values: dict[str, Any] = field(default_factory=dict)
    incident: Incident | None = None


def named_routes(
    resolver: URLResolver | None = None, prefix: str = "/", space: str = ""
) -> Iterator[tuple[str, str]]:
    """Name and route of each; what has no name is told by its route."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + form_of(each)
        if isinstance(each, URLResolver):
            yield from named_routes(each, route, space + (f"{each.namespace}:" if each.namespace else ""))
        elif isinstance(each, URLPattern):
            yield space + (each.name or ""), route


def address(route: str, thing: Thing) -> str:
    return fill(route, {**_ordinary(names_in(route)), **thing.values})


def _ordinary(names: list[str]) -> dict[str, Any]:
    """What stands in an address that names no object of ours."""
    given = {
        "key": "7c1b5c2e-93f0-4c1e-9df4-6a3b2d1c0e9f", "month": "2026-11", "link": "x.y", "slug": "x",
        "kind": "email", "token": "x" * 30, "public_id": "abcdefgh", "app_label": "incidents",
        "source": "azure",
        "quarter": "1999-Q1", "number": "99", "content_type_id": "999999", "object_id": "999999",
        "act": "retry", "name": "stop", "url": "x", "reference": "OOH-2026-99999", "code": "SOP-99",
    }  # fmt: skip
    return {name: given.get(name, "999999") for name in names}


MISSING = Thing("missing")


def things(pages: dict[str, str]) -> dict[str, list[Thing]]:
    """Of each kind of object those of the world, and one that does not exist."""
    told, logged, escalated = (
        Incident.objects.get(reference=pages[f"incident {name}"].split("/")[2])
        for name in ("told", "logged", "escalated")
    )
    token = pages["subscription"].split("/")[3]
    found: dict[str, list[Thing]] = {
        "": [Thing("no object")], "nothing": [],
        "public incident": [Thing("own", {"public_id": each.incident.public_id})
                            for each in StatusUpdate.objects.published()[:1]],
        "public maintenance": [Thing("own", {"public_id": each.maintenance.public_id})
                               for each in MaintenanceUpdate.objects.published()[:1]],
        "subscription": [Thing("own", {"token": token})],
        "incident": [_incident("escalated", escalated), _incident("not escalated", logged)],
        "run": [_numbered(run, name="stop") for run in Run.objects.filter(is_rehearsal=False)[:1]],
        "sop": [Thing("own", {"code": "SOP-03"})],
        "version": [Thing("own", {"code": each.sop.code, "number": each.number})
                    for each in SopVersion.objects.filter(state="approved")[:1]],
        "maintenance": [Thing("own", {"public_id": each.public_id})
                        for each in Maintenance.objects.all()[:1]],
        "review": [Thing("own", {"quarter": each.quarter, "pk": world.person(world.ENGINEER).pk})
                   for each in AccessReview.objects.all()],
        "person": [_numbered(world.person(world.ENGINEER))],
        "machine": [_numbered(User.objects.get(email="monitoring@integration.invalid"))],
        "handover": [_numbered(each, item=HandoverItem.objects.filter(handover=each).earliest("pk").pk)
                     for each in Handover.objects.filter(state="offered")],
        "ticket": [Thing("own", {"number": 48213})],
    }  # fmt: skip
    for kind, model in {
        "page": Page, "proposal": Proposal, "delivery": OutboxRow, "subscriber": Subscriber,
        "shift": ShiftPattern,
        "suspension": Suspension, "glass": BreakGlass,
    }.items():  # fmt: skip
        found[kind] = [_numbered(row) for row in model._default_manager.order_by("pk")[:1]]  # type: ignore[attr-defined]
    rows = {"call": PhoneCall, "update": StatusUpdate, "report": PatientReport, "file": Attachment}
    for kind, inner in rows.items():
        promised = {"next_call_at__isnull": False} if inner is PhoneCall else {}
        row = inner._default_manager.filter(incident=told, **promised).latest("pk")  # type: ignore[attr-defined]
        values = {"reference": told.reference, "pk": row.pk, "number": row.pk}
        found[kind] = [Thing("own", values, told)]
    return {kind: [*each, *([MISSING] if kind else [])] for kind, each in found.items()} | {
        "feed": [MISSING], "hold": [MISSING], "draft": [MISSING],
    }  # fmt: skip


def _incident(which: str, incident: Incident) -> Thing:
    return Thing(which, {"reference": incident.reference}, incident)


def _numbered(row: Any, **more: Any) -> Thing:
    return Thing("own", {"pk": row.pk, "id": row.pk, **more}, getattr(row, "incident", None))
