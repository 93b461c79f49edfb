"""At night the person on call hears of what monitoring proposes: once, as a page that waits for an answer."""

from datetime import datetime
from uuid import uuid4

from django.conf import settings
from django.db import transaction

from accounts.models import User
from accounts.roles import Role, Side
from handover import shifts
from handover.escalating import announce_page, leads_of
from handover.models import Page
from incidents import coverage
from incidents.local_time import format_day_time
from incidents.models import Proposal

LISTED = 10  # of one storm; the rest is counted, and all stand on the board


@transaction.atomic
def page_on_call(now: datetime) -> list[Page]:
    """Page the engineers on shift with every proposal that wakes somebody and has woken nobody yet.

    What came since the last sweep is one page for each of them, not one for each alert. In working hours
    nobody is paged: what still waits when they end, is told then. While nobody is known it waits to be told.
    """
    if not coverage.is_out_of_hours(now, settings.DESK_NATION):
        return []
    people = on_call(now)
    if not people:
        return []
    proposals = list(Proposal.objects.to_tell().select_for_update().order_by("pk"))
    if not proposals:
        return []
    for proposal in proposals:
        proposal.told_at = now
        proposal.save(update_fields=["told_at"])
    return [_page(person, proposals, now) for person in people]


def on_call(at: datetime) -> list[User]:
    """The partner's engineers on shift; without one its leads."""
    on = [person for person, _ in shifts.on_shift(at) if person.side == Side.PARTNER]
    return [person for person in on if Role.OOH_ENGINEER in person.roles] or leads_of(Side.PARTNER, at)


def _page(person: User, proposals: list[Proposal], now: datetime) -> Page:
    first, more = proposals[0], len(proposals) - 1
    words = f"Alert: {first.title}"[:160] + (f", and {more} more" if more else "")
    lines = [_line(proposal) for proposal in proposals[:LISTED]]
    if len(proposals) > LISTED:
        lines.append(f"{len(proposals) - LISTED} more stand on the board.")
    lines.append("Nothing is logged yet: log it as an incident, or say why not.")
    page = Page.objects.create(
        key=f"alert:{uuid4().hex}", user=person, words=words, reason="\n".join(lines)[:2000],
        by=User.objects.system(), paged_at=now,
    )  # fmt: skip
    page.proposals.set(proposals)
    announce_page(page)
    return page


def _line(proposal: Proposal) -> str:
    whose = f"{proposal.customer}: " if proposal.customer else ""
    severity = f", {proposal.severity}" if proposal.severity else ""
    return f"{whose}{proposal.title} ({proposal.source}{severity}), {format_day_time(proposal.fired_at)}."


def is_over(page: Page) -> str:
    """What people decided of all that the page tells of; nothing while one waits."""
    proposals = page.proposals.all()
    if not proposals or any(proposal.state == Proposal.State.WAITING for proposal in proposals):
        return ""
    words = (
        f"Logged as {proposal.incident}" if proposal.incident else f"Dismissed: {proposal.reason}"
        for proposal in proposals
    )
    return ". ".join(dict.fromkeys(words))[:2000]


def decided_by(page: Page) -> User | None:
    """Who decided last."""
    decided = [proposal for proposal in page.proposals.all() if proposal.decided_at and proposal.decided_by]
    return max(decided, key=lambda each: each.decided_at or each.fired_at).decided_by if decided else None
