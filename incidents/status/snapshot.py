"""The whole public site as files, so that a plain web server shows it when the desk is away.

The folder's root is the site's root: `status/index.html` is `/status/`. Each file is written aside and
renamed, so that a reader never meets half of one; one that has not changed is left alone.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.db.models import Q
from django.urls import resolve, reverse

from incidents.local_time import local
from incidents.models import MaintenanceUpdate, OutboxRow
from incidents.outbox.registry import CannotDeliver, RetryLater
from incidents.outbox.writing import announce
from incidents.status import edition as editions
from incidents.status import pages, reading
from incidents.status.edition import Edition
from incidents.status.spreading import Published
from incidents.status.told import PublicIncident, PublicMaintenance

LANE = "site"
NEWS = timedelta(days=1)  # what was said of a resolved incident within it is not old


@dataclass(frozen=True)
class Page:
    """One address. `made_of` tells what its words follow from, beside the code; empty: from the edition."""

    address: str
    made_of: str = ""
    is_old: bool = False


# What this process made each file of, by folder and address. Another process starts without, and makes all.
_made: dict[Path, dict[str, str]] = {}


def is_configured() -> bool:
    return bool(settings.STATUS_SNAPSHOT_DIR)


def follow(update: Published) -> None:
    """A follower of what is published: the site is written again."""
    if is_configured():
        kind = "maintenance" if isinstance(update, MaintenanceUpdate) else "update"
        key = f"snapshot:{kind}:{update.pk}"
        announce(OutboxRow.Destination.SNAPSHOT, "snapshot", key=key, incident=None, lane=LANE)


def deliver(row: OutboxRow) -> None:
    """Write what changed as it is now, whatever the row was for. Doing it again writes the same."""
    if row.event != "snapshot":
        raise CannotDeliver("The snapshot knows nothing of it")
    try:
        write(Path(settings.STATUS_SNAPSHOT_DIR), is_whole=False)
    except OSError as error:
        raise RetryLater(f"The folder cannot be written ({type(error).__name__})") from error


def write(folder: Path, *, is_whole: bool = True) -> Edition:
    """Write every page of the present edition, the front page last; again when it is outdated by then.

    A page of which this process knows that it would come out the same is not made again. With `is_whole`
    false, old pages that this process has not made yet are left to the next whole writing: years of history
    must not hold up what was said just now. Whoever writes last has looked at the database afterwards, so
    two at once leave the newest edition. Raises OSError.
    """
    known = _made.setdefault(folder, {})
    while True:
        edition = editions.refreshed()
        for page in site(edition):
            if _is_due(folder, page, known, is_whole=is_whole):
                _put(_path(folder, page.address), content_of(page.address, edition))
                known[page.address] = page.made_of
        if editions.refreshed().published == edition.published:
            return edition


def _is_due(folder: Path, page: Page, known: dict[str, str], *, is_whole: bool) -> bool:
    if not _path(folder, page.address).is_file():
        return True
    if page.made_of and page.address in known:
        return known[page.address] != page.made_of
    return is_whole or not page.is_old


def content_of(address: str, edition: Edition) -> bytes:
    """What the desk answers at this address. Raises Http404."""
    match = resolve(address)
    content: bytes = match.func.public.content(edition, **match.kwargs)  # type: ignore[attr-defined]
    return content


def addresses(edition: Edition) -> Iterator[str]:
    """Every address of the site: what the others link to before what links to it."""
    return (page.address for page in site(edition))


def site(edition: Edition) -> Iterator[Page]:
    from incidents.status.urls import urlpatterns  # which need the apps, and this module is read before

    told = reading.read_incidents(Q())
    yield from _incidents(edition, told)
    yield from _maintenances()
    yield from _months(edition, told)
    public = [each for each in urlpatterns if hasattr(getattr(each, "callback", None), "public")]
    names = [each.name for each in public if each.name and "<" not in str(each.pattern)]
    yield from (Page(reverse(name)) for name in names if name != "status_page")
    yield Page(reverse("status_page"))


def _incidents(edition: Edition, told: list[PublicIncident]) -> Iterator[Page]:
    """Each that was ever told of, with all parts of its page. Of a resolved one only the day is said anew."""
    today, old = local(edition.as_of).date(), edition.as_of - NEWS
    for one in told:
        facts = f"{today} {settings.PUBLIC_URL} {one!r}"
        made_of = "" if one.is_open else hashlib.sha256(facts.encode()).hexdigest()
        for address in _parts_of("status_incident", one):
            yield Page(address, made_of, is_old=not one.is_open and one.changed_at < old)


def _maintenances() -> Iterator[Page]:
    for one in reading.read_maintenances(Q()):
        yield from (Page(address) for address in _parts_of("status_maintenance", one))


def _parts_of(name: str, one: PublicIncident | PublicMaintenance) -> Iterator[str]:
    yield reverse(name, args=[one.public_id])
    for number in range(2, len(pages.parts(one.newest_first)) + 1):
        yield reverse(f"{name}_part", args=[one.public_id, number])


def _months(edition: Edition, told: list[PublicIncident]) -> Iterator[Page]:
    """From the first that was told of to this one. In the one before, something may still end."""
    counts = Counter(local(one.started_at).date().replace(day=1) for one in told)
    this = local(edition.as_of).date().replace(day=1)
    month = local(edition.begun_at or edition.as_of).date().replace(day=1)
    while month <= this:
        is_old = month < pages.month_before(this)
        name = f"{month:%Y-%m}"
        for number in range(2, pages.pages_of_month(counts[month]) + 1):
            yield Page(reverse("status_month_part", args=[name, number]), is_old=is_old)
        yield Page(reverse("status_month", args=[name]), is_old=is_old)
        month = pages.month_after(month)


def _path(folder: Path, address: str) -> Path:
    return folder / address.lstrip("/") / ("index.html" if address.endswith("/") else "")


def _put(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=".part", delete=False) as aside:
        try:
            aside.write(content)
            aside.flush()
            os.fsync(aside.fileno())
            os.fchmod(aside.fileno(), 0o644)  # a web server of another user reads it
            os.replace(aside.name, path)
        except BaseException:
            Path(aside.name).unlink(missing_ok=True)
            raise
