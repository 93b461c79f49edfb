"""Reads the rows of a report: five queries, whatever the number of incidents."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from django.db.models.fields.json import KT

from accounts.models import User
from accounts.roles import Side
from handover.models import HandoverItem
from incidents.models import Incident, StatusUpdate
from ooh.reports.rows import Call, Run, Update
from sops.models import Run as SopRun
from sops.models import SopGap

FIELDS = (
    "pk", "reference", "customer__name", "customer__nation", "customer__follows_own_holidays",
    "service__name", "reported_at", "state", "gate_outcome", "source", "failure", "override_reason",
    "decline_rule", "owner_side", "began_at", "restored_at", "handed_over_at", "escalated_to",
)  # fmt: skip
# What the gate said at the call: later changes of the calendar never rewrite it.
DESK_REASON = KT("gate_verdict__out_of_hours_verdict__desk__reason")
OWN_REASON = KT("gate_verdict__out_of_hours_verdict__customer__reason")


def read(user: User, since: datetime, until: datetime) -> list[Call]:
    """The calls of [since, until), oldest first, of what this person may see. Rehearsals are left out."""
    within: dict[str, Any] = {"incident__reported_at__gte": since, "incident__reported_at__lt": until}
    within |= {"incident__is_rehearsal": False}
    updates, runs, answers = _updates(user, within), _runs(user, within), _answers(user, within)
    gaps = _gaps(user, within)
    incidents = Incident.objects.visible_to(user).counted()
    rows = (
        incidents.filter(reported_at__gte=since, reported_at__lt=until)
        .order_by("reported_at", "pk")
        .values(*FIELDS, desk_reason=DESK_REASON, own_reason=OWN_REASON)
    )
    return [
        _call(row, updates[row["pk"]], runs[row["pk"]], answers[row["pk"]], gaps.get(row["pk"], ""))
        for row in rows
    ]


def _call(
    row: dict[str, Any], updates: list[Update], runs: list[Run], answers: list[str], sop_gap: str
) -> Call:
    follows_own = row["customer__follows_own_holidays"]
    return Call(
        reference=row["reference"],
        customer=row["customer__name"],
        service=row["service__name"],
        reported_at=row["reported_at"],
        state=row["state"],
        gate=row["gate_outcome"],
        hours="own-holiday" if row["own_reason"] else row["desk_reason"] or "not-known",
        source=row["source"],
        failure=row["failure"],
        is_overridden=bool(row["override_reason"]),
        decline_rule=row["decline_rule"],
        is_with_vendor=row["owner_side"] == Side.VENDOR,
        began_at=row["began_at"],
        restored_at=row["restored_at"],
        is_handed_over=row["handed_over_at"] is not None,
        escalated_to=row["escalated_to"],
        own_nation=row["customer__nation"] if follows_own else "",
        updates=updates,
        runs=runs,
        answers=answers,
        sop_gap=sop_gap,
    )


def _updates(user: User, within: dict[str, Any]) -> dict[int, list[Update]]:
    found: dict[int, list[Update]] = defaultdict(list)
    posted = StatusUpdate.objects.visible_to(user).filter(**within, corrects=None)
    rows = posted.order_by("posted_at", "pk")
    for pk, posted_at, due_at, published_at in rows.values_list(
        "incident_id", "posted_at", "next_update_due_at", "published_at"
    ):
        found[pk].append(Update(posted_at, due_at, published_at is not None))
    return found


def _runs(user: User, within: dict[str, Any]) -> dict[int, list[Run]]:
    found: dict[int, list[Run]] = defaultdict(list)
    rows = SopRun.objects.visible_to(user).counted().filter(**within).order_by("pk")
    columns = ("version__sop__code", "version__sop__title", "state", "outcome", "started_at", "ended_at")
    for pk, *values in rows.values_list("incident_id", *columns):
        found[pk].append(Run(*values))
    return found


def _gaps(user: User, within: dict[str, Any]) -> dict[int, str]:
    rows = SopGap.objects.visible_to(user).counted().filter(**within)
    return dict(rows.values_list("incident_id", "reason"))


def _answers(user: User, within: dict[str, Any]) -> dict[int, list[str]]:
    """The items of handovers that were offered, but for what was closed while it was still a draft."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = HandoverItem.objects.visible_to(user).filter(**within, handover__offered_at__isnull=False)
    columns = ("incident__resolved_at", "incident__declined_at", "handover__offered_at")
    for pk, state, resolved_at, declined_at, offered_at in rows.values_list("incident_id", "state", *columns):
        closed_at = resolved_at or declined_at
        if state != "lapsed" or closed_at is None or closed_at > offered_at:
            found[pk].append(state)
    return found
