"""The public pages for those who follow them: Atom, and RSS for what reads nothing else.

One entry for each incident and each maintenance, rewritten in place as updates and corrections come.
"""

import re
from collections.abc import Iterable
from email.utils import format_datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree  # nosec B405

from django.conf import settings
from django.utils.html import format_html, format_html_join

from incidents.local_time import format_day_time, format_time
from incidents.status.api_v2 import address, stamp
from incidents.status.edition import Edition
from incidents.status.told import PublicIncident, PublicMaintenance, Said

ATOM = "http://www.w3.org/2005/Atom"
TITLE = "Service Status: history"

# What XML cannot hold, however it is written
_FORBIDDEN = re.compile("[^\\t\\n\\r\\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

Told = PublicIncident | PublicMaintenance


def atom(edition: Edition, told: Iterable[Told]) -> str:
    feed = ElementTree.Element("feed", {"xmlns": ATOM, "xml:lang": "en-GB"})
    _add(feed, "id", f"tag:{_host()},2005:/history")
    _add(feed, "title", TITLE)
    _add(feed, "updated", stamp(edition.changed_at))
    _add(feed, "link", rel="alternate", type="text/html", href=f"{settings.PUBLIC_URL}/status/")
    own = f"{settings.PUBLIC_URL}/status/history.atom"
    _add(feed, "link", rel="self", type="application/atom+xml", href=own)
    _add(_add(feed, "author"), "name", "Service Status")
    for one in newest_first(told):
        entry = _add(feed, "entry")
        _add(entry, "id", _tag(one))
        _add(entry, "title", one.title)
        _add(entry, "published", stamp(one.updates[0].posted_at))
        _add(entry, "updated", stamp(one.changed_at))
        _add(entry, "link", rel="alternate", type="text/html", href=address(one))
        _add(entry, "content", _content(one), type="html")
    return _written(feed)


def rss(edition: Edition, told: Iterable[Told]) -> str:
    """RSS 2.0. The date of an item is that of its last change, since readers of RSS look for no other."""
    feed = ElementTree.Element("rss", {"version": "2.0"})
    channel = _add(feed, "channel")
    _add(channel, "title", TITLE)
    _add(channel, "link", f"{settings.PUBLIC_URL}/status/")
    _add(channel, "description", "Incidents and planned maintenance, with all that was said of them")
    _add(channel, "language", "en-gb")
    _add(channel, "lastBuildDate", format_datetime(edition.changed_at))
    for one in newest_first(told):
        item = _add(channel, "item")
        _add(item, "title", one.title)
        _add(item, "link", address(one))
        _add(item, "guid", _tag(one), isPermaLink="false")
        _add(item, "pubDate", format_datetime(one.changed_at))
        _add(item, "description", _content(one))
    return _written(feed)


def newest_first(told: Iterable[Told]) -> list[Told]:
    return sorted(told, key=lambda one: one.changed_at, reverse=True)


def _tag(one: Told) -> str:
    kind = "Maintenance" if isinstance(one, PublicMaintenance) else "Incident"
    return f"tag:{_host()},2005:{kind}/{one.public_id}"


def _host() -> str:
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def _content(one: Told) -> str:
    """What it concerns, then each update, newest first."""
    return f"{_lead(one)}{''.join(_paragraph(said) for said in one.newest_first)}"


def _lead(one: Told) -> str:
    if isinstance(one, PublicMaintenance):
        window = f"{format_day_time(one.starts_at)} to {format_day_time(one.ends_at)}"
        return format_html("<p>Planned for {}: {}</p>", window, one.service_names)
    return format_html("<p>Next update by {}</p>", format_day_time(one.due_at)) if one.due_at else ""


def _paragraph(said: Said) -> str:
    at = format_day_time(said.posted_at)
    told = format_html(
        "<p><small>{}</small><br><strong>{}</strong> - {}</p>", at, said.phase_words, said.words
    )
    if said.corrected_at is None:
        return told
    before = format_html_join("", "<br><del>{}</del>", ((words,) for words in said.former))
    return told + format_html("<p><em>Corrected {}</em>{}</p>", format_time(said.corrected_at), before)


def _written(feed: ElementTree.Element) -> str:
    """With a declaration of our own: ElementTree's would name the encoding of this machine's locale."""
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(feed, encoding="unicode")


def _add(
    parent: ElementTree.Element, name: str, text: str | None = None, **attributes: str
) -> ElementTree.Element:
    child = ElementTree.SubElement(parent, name, attributes)
    child.text = _FORBIDDEN.sub("", text) if text else None
    return child
