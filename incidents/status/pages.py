"""What each address of the public site says, for one edition. No request, no person, no clock of its own.

The web answers with these bytes and the snapshot writes them. Each function takes the edition first, and
raises Http404 for what the public was not told of.
"""

import re
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import Http404
from django.template.loader import render_to_string
from django.utils.html import escape

from incidents.local_time import local
from incidents.models import StatusUpdate
from incidents.status import history, reading
from incidents.status.edition import Edition
from incidents.status.told import PublicIncident, PublicMaintenance, Said

FIRST_YEAR = 2000
# A page with its style has 50 kB. What does not fit is a link away.
WHOLE_INCIDENTS, WORDS_ON_HOME, WORDS_ON_PAGE = 6, 6_000, 18_000
SHOWN_UPDATES, LISTED, LISTED_IN_MONTH = 3, 12, 120


def home(edition: Edition) -> str:
    """What is wrong now, what is planned, each service and its last 90 days, what was resolved lately."""
    seen = reading.overview(edition)
    shown = shown_on_home(seen.open)
    return _render(
        "status/page.html", edition, seen=seen, shown=shown, more=seen.open[len(shown) :][:LISTED],
        not_listed=max(len(seen.open) - len(shown) - LISTED, 0), rule=history.RULE,
    )  # fmt: skip


def incident(edition: Edition, public_id: str, number: str = "1") -> str:
    """One incident with all that was said of it, at an address that reveals nothing."""
    found = reading.one_incident(public_id)
    if found is None:
        raise Http404
    return _one(edition, "status/incident.html", found, number)


def maintenance(edition: Edition, public_id: str, number: str = "1") -> str:
    found = reading.one_maintenance(public_id)
    if found is None:
        raise Http404
    return _one(edition, "status/maintenance.html", found, number)


def maintenances(edition: Edition) -> str:
    """What is in progress, what is to come, and the latest that are over."""
    listed = reading.latest_maintenances()
    upcoming = sorted((one for one in listed if one.is_upcoming), key=lambda one: one.starts_at)
    return _render(
        "status/maintenances.html", edition, active=[one for one in listed if one.is_active],
        upcoming=upcoming, over=[one for one in listed if one.is_over], rule=history.RULE,
    )  # fmt: skip


def month(edition: Edition, month: str = "", number: str = "1") -> str:
    """The incidents of one month, this month without one; so many to a page."""
    first = first_day(month, local(edition.as_of).date())
    start, end = history.day_starts(first), history.day_starts(month_after(first))
    is_older = StatusUpdate.objects.published().filter(posted_at__lt=start).exists()
    incidents, page = reading.incidents_of_month(start, end), int(number)
    if page > pages_of_month(len(incidents)):
        raise Http404
    return _render(
        "status/history.html", edition, first=first, count=len(incidents), page=page,
        incidents=incidents[(page - 1) * LISTED_IN_MONTH : page * LISTED_IN_MONTH],
        following=page + 1 if page < pages_of_month(len(incidents)) else 0, before=page - 1,
        rule=history.RULE, older=month_before(first) if is_older else None,
        newer=month_after(first) if end <= edition.as_of else None,
    )  # fmt: skip


def not_found(edition: Edition) -> str:
    return _render("status/not_found.html", edition)


def style(edition: Edition) -> str:
    """The look, without its comments and indentation. Below `/status/`, so that the site stands alone."""
    return _style()


def icon(edition: Edition) -> str:
    return _static("ooh/favicon.svg")


@cache
def _style() -> str:
    plain = re.sub(r"/\*.*?\*/", "", _static("ooh/ooh.css"), flags=re.DOTALL)
    return "\n".join(line.strip() for line in plain.splitlines() if line.strip()) + "\n"


def _static(name: str) -> str:
    found = finders.find(name)
    assert isinstance(found, str)  # noqa: S101  (it is in the repository)
    return Path(found).read_text()


def _render(template: str, edition: Edition, **context: Any) -> str:
    """Without a request: nothing here may depend on who asks. `desk` is the instant that times refer to.

    `site` leads from a copy of the page to what only the desk itself can do.
    """
    now = edition.as_of
    return str(
        render_to_string(template, {"desk": {"now": now}, "now": now, "site": settings.PUBLIC_URL, **context})
    )


# ---------- What fits ----------


def shown_on_home(incidents: list[PublicIncident]) -> list[dict[str, Any]]:
    """The first incidents, each with as many of its newest updates as there is room for."""
    room, found = WORDS_ON_HOME, []
    for one in incidents[:WHOLE_INCIDENTS]:
        updates = fitting(one.newest_first[:SHOWN_UPDATES], room)
        room -= sum(size_of(said) for said in updates)
        found.append({"incident": one, "updates": updates, "earlier": len(one.updates) - len(updates)})
    return found


def parts(updates: list[Said]) -> list[list[Said]]:
    """The updates of one page after the other, newest first, at least one update on each."""
    found, rest = [], updates
    while rest:
        part = fitting(rest, WORDS_ON_PAGE) or rest[:1]
        found.append(part)
        rest = rest[len(part) :]
    return found


def fitting(updates: list[Said], room: int) -> list[Said]:
    found = []
    for said in updates:
        room -= size_of(said)
        if room < 0:
            break
        found.append(said)
    return found


def size_of(said: Said) -> int:
    """Bytes on the page, with what stands around the words."""
    return 150 + sum(len(escape(words).encode()) for words in (said.words, *said.former))


def _one(edition: Edition, template: str, one: PublicIncident | PublicMaintenance, number: str) -> str:
    pages = parts(one.newest_first)
    if int(number) > len(pages):
        raise Http404
    return _render(
        template, edition, one=one, updates=pages[int(number) - 1], number=int(number),
        older=int(number) + 1 if int(number) < len(pages) else 0, newer=int(number) - 1,
    )  # fmt: skip


# ---------- Months ----------


def first_day(month: str, today: date) -> date:
    if not month:
        return today.replace(day=1)
    year, number = (int(part) for part in month.split("-"))
    if not FIRST_YEAR <= year <= today.year or (year, number) > (today.year, today.month):
        raise Http404
    return date(year, number, 1)


def pages_of_month(incidents: int) -> int:
    return max(-(-incidents // LISTED_IN_MONTH), 1)


def month_after(first: date) -> date:
    return date(first.year + first.month // 12, first.month % 12 + 1, 1)


def month_before(first: date) -> date:
    return date(first.year - (first.month == 1), (first.month - 2) % 12 + 1, 1)
