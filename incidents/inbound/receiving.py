"""Storing what was understood, working on it later, and counting what was not.

A source that waits for its answer repeats what it sent, so it gets one before anything is proposed.
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents import deciding, pid, proposals
from incidents.alerts import Alert
from incidents.models import AlertFeed, ReceivedAlerts
from incidents.models.proposal import ReceivedQuerySet
from incidents.outbox.writing import tell_celery

logger = logging.getLogger(__name__)

TRIES = 5  # then people see it as it came
MOST_TRIES = 1000  # of what cannot even be shown; counting ends, trying does not
REST = timedelta(seconds=10)  # before the second try; doubled before each later one
LOOKED_AT = 50  # rows before this one; with more the row waits for its turn
TIMES = ("fired_at", "resolved_at")


# ---------- The request ----------


@transaction.atomic
def store(alerts: Sequence[Alert], *, by: User) -> ReceivedAlerts:
    """Keep alerts that were understood, patient data masked, and start the task on commit. Never the body."""
    for alert in alerts:
        deciding.note_masked("alert", _patient_data_in(alert), by=by, incident=None)
    row = ReceivedAlerts.objects.create(
        source=alerts[0].source, alerts=[_kept(masked(alert)) for alert in alerts], received_by=by
    )
    transaction.on_commit(partial(_hurry, row.pk))
    return row


def masked(alert: Alert) -> Alert:
    """Without patient data. A key that holds some becomes a digest: it still tells one alert from another."""
    key = alert.dedup_key
    if any(finding.level == "block" for finding in pid.find(key)):
        key = hashlib.sha256(key.encode()).hexdigest()
    return replace(
        alert, dedup_key=key, title=pid.mask(alert.title), summary=pid.mask(alert.summary),
        severity=pid.mask(alert.severity), monitor=pid.mask(alert.monitor),
        targets=tuple(pid.mask(target) for target in alert.targets),
        labels={pid.mask(name): pid.mask(value) for name, value in alert.labels.items()},
    )  # fmt: skip


def _patient_data_in(alert: Alert) -> list[pid.Finding]:
    texts = (alert.title, alert.summary, alert.monitor, *alert.targets, *alert.labels.values())
    return [finding for text in texts for finding in pid.find(text) if finding.level == "block"]


def refuse(reason: str, *, by: User) -> None:
    """Count that something was not understood, with our own words for why. Nothing of it is stored."""
    now, mine = timezone.now(), AlertFeed.objects.filter(source=by)
    counted: dict[str, Any] = {
        "refused": F("refused") + 1, "refused_since": Coalesce("refused_since", now),
        "refused_last_at": now, "reason": reason[:500],
    }  # fmt: skip
    if not mine.update(**counted):
        AlertFeed.objects.get_or_create(source=by)
        mine.update(**counted)


def _hurry(row_id: int) -> None:
    from incidents.inbound.tasks import propose

    tell_celery(propose, row_id)


def _kept(alert: Alert) -> dict[str, Any]:
    times = {name: at.isoformat() if (at := getattr(alert, name)) else None for name in TIMES}
    return asdict(alert) | times | {"targets": list(alert.targets)}


def _read(kept: dict[str, Any]) -> Alert:
    times = {name: datetime.fromisoformat(kept[name]) if kept[name] else None for name in TIMES}
    return Alert(**kept | times | {"targets": tuple(kept["targets"])})


# ---------- The task ----------


def propose(row_id: int) -> None:
    """Work on one row whose turn it is: claimed once, done once, tried again after a while if it fails."""
    row = _claim(row_id, timezone.now())
    if row is None:
        return
    try:
        if row.failures > TRIES:  # workers died with it
            _give_up(row)
        else:
            _work(row)
    except Exception as error:  # its words may hold anything: not logged
        logger.error("Received alerts %s failed: %s", row.pk, type(error).__name__)
        if row.failures == TRIES:
            _give_up(row)
    following = _undone().filter(source=row.source, pk__gt=row.pk).order_by("pk")
    if (next_id := following.values_list("pk", flat=True).first()) is not None:
        _hurry(next_id)


def due(at: datetime) -> ReceivedQuerySet:
    """Rows to be worked on now, the oldest first."""
    return ReceivedAlerts.objects.due(at, TRIES, REST)


def _claim(row_id: int, now: datetime) -> ReceivedAlerts | None:
    """Count the try before it is made, by one conditional UPDATE: of several workers one gets it."""
    row = due(now).filter(pk=row_id).select_related("received_by").first()
    if row is None or _has_one_before(row):
        return None
    tries = min(row.failures + 1, MOST_TRIES)
    if not _undone().filter(pk=row.pk, failures=row.failures).update(failures=tries):
        return None
    row.failures = tries
    return row


def _has_one_before(row: ReceivedAlerts) -> bool:
    """Whether something of the same alert came earlier and waits: its end must not overtake its firing."""
    keys = {alert["dedup_key"] for alert in row.alerts}
    waiting = _undone().filter(source=row.source, pk__lt=row.pk, failures__lte=TRIES)
    earlier = list(waiting.values_list("alerts")[:LOOKED_AT])
    return len(earlier) == LOOKED_AT or any(
        alert["dedup_key"] in keys for (alerts,) in earlier for alert in alerts
    )


@transaction.atomic
def _work(row: ReceivedAlerts) -> None:
    """Propose, and say so, in one transaction: whoever dies in between has done nothing."""
    if _is_done(row):
        return
    proposals.receive([_read(alert) for alert in row.alerts], by=row.received_by)
    _finish(row)


def _give_up(row: ReceivedAlerts) -> None:
    """People see it as one proposal, and decide. Where even that fails, it is tried again: never lost."""
    try:
        with transaction.atomic():
            if not _is_done(row):
                proposals.show_unworked(row)
                _finish(row)
    except Exception as error:
        logger.error("Received alerts %s cannot be shown: %s", row.pk, type(error).__name__)


def _is_done(row: ReceivedAlerts) -> bool:
    return ReceivedAlerts.objects.select_for_update().get(pk=row.pk).done_at is not None


def _finish(row: ReceivedAlerts) -> None:
    _undone().filter(pk=row.pk).update(done_at=timezone.now())


def _undone() -> ReceivedQuerySet:
    return ReceivedAlerts.objects.undone()


# ---------- What a person says ----------


@transaction.atomic
def acknowledge_refusals(feed_id: int, *, seen: int, by: User) -> AlertFeed:
    """Somebody knows that a source sends what the desk cannot read. `seen` is how many the person saw.

    What came meanwhile is another matter: Conflict.
    """
    feed = AlertFeed.objects.visible_to(by).select_for_update(of=("self",)).get(pk=feed_id)
    if not (by.has_perm(Permission.DECIDE_PROPOSAL) or by.has_perm(Permission.MANAGE_PEOPLE)):
        raise PermissionDenied
    if feed.refused == 0:
        return feed
    if feed.refused != seen:
        raise Conflict(
            f"{feed.source} has sent more that could not be read", "See it as it is now, then decide."
        )
    feed.refused, feed.refused_since, feed.seen_by, feed.seen_at = 0, None, by, timezone.now()
    feed.save()
    return feed
