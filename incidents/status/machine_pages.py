"""The machine's addresses of the public site, as `pages` has the people's: text for one edition."""

import json
from typing import Any

from incidents.status import api_v2, feeds, reading
from incidents.status.edition import Edition


def summary(edition: Edition) -> str:
    return _json(api_v2.summary(reading.overview(edition)))


def status(edition: Edition) -> str:
    return _json(api_v2.status(reading.overview(edition)))


def components(edition: Edition) -> str:
    return _json(api_v2.components(reading.overview(edition)))


def incidents(edition: Edition) -> str:
    return _json(api_v2.incidents(reading.overview(edition), reading.latest_incidents()))


def unresolved(edition: Edition) -> str:
    seen = reading.overview(edition)
    return _json(api_v2.incidents(seen, seen.open))


def maintenances(edition: Edition) -> str:
    return _json(api_v2.maintenances(reading.overview(edition), reading.latest_maintenances()))


def maintenances_active(edition: Edition) -> str:
    seen = reading.overview(edition)
    return _json(api_v2.maintenances(seen, seen.active))


def maintenances_upcoming(edition: Edition) -> str:
    seen = reading.overview(edition)
    return _json(api_v2.maintenances(seen, seen.upcoming))


def atom(edition: Edition) -> str:
    return feeds.atom(edition, _followed())


def rss(edition: Edition) -> str:
    return feeds.rss(edition, _followed())


def _followed() -> list[feeds.Told]:
    return [*reading.latest_incidents(), *reading.latest_maintenances()]


def _json(content: dict[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
