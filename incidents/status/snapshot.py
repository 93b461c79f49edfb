"""The whole public site as files, so that a plain web server shows it when the desk is away.

The folder's root is the site's root: `status/index.html` is `/status/`. Each file is written aside and
renamed, so that a reader never meets half of one; one that has not changed is left alone.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import NamedTemporaryFile

from django.conf import settings
from django.urls import resolve, reverse

from incidents.local_time import local
from incidents.models import MaintenanceUpdate, OutboxRow, StatusUpdate
from incidents.outbox.registry import CannotDeliver, RetryLater
from incidents.outbox.writing import announce
from incidents.status import edition as editions
from incidents.status import pages, reading
from incidents.status.edition import Edition
from incidents.status.spreading import Published

LANE = "site"


def is_configured() -> bool:
    return bool(settings.STATUS_SNAPSHOT_DIR)


def follow(update: Published) -> None:
    """A follower of what is published: the site is written again."""
    if is_configured():
        kind = "maintenance" if isinstance(update, MaintenanceUpdate) else "update"
        key = f"snapshot:{kind}:{update.pk}"
        announce(OutboxRow.Destination.SNAPSHOT, "snapshot", key=key, incident=None, lane=LANE)


def deliver(row: OutboxRow) -> None:
    """Write the site as it is now, whatever the row was for. Doing it again writes the same."""
    if row.event != "snapshot":
        raise CannotDeliver("The snapshot knows nothing of it")
    try:
        write(Path(settings.STATUS_SNAPSHOT_DIR))
    except OSError as error:
        raise RetryLater(f"The folder cannot be written ({type(error).__name__})") from error


def write(folder: Path) -> Edition:
    """Write every page of the present edition, the front page last; again when it is outdated by then.

    Whoever writes last has looked at the database afterwards, so two at once leave the newest edition.
    Raises OSError.
    """
    while True:
        edition = editions.refreshed()
        for address in addresses(edition):
            _put(folder, address, content_of(address, edition))
        if editions.refreshed().published == edition.published:
            return edition


def content_of(address: str, edition: Edition) -> bytes:
    """What the desk answers at this address. Raises Http404."""
    match = resolve(address)
    content: bytes = match.func.public.content(edition, **match.kwargs)  # type: ignore[attr-defined]
    return content


def addresses(edition: Edition) -> Iterator[str]:
    """Every address of the site: what the others link to before what links to it."""
    from incidents.status.urls import urlpatterns  # which need the apps, and this module is read before

    yield from _told()
    yield from _months(edition)
    public = [each for each in urlpatterns if hasattr(getattr(each, "callback", None), "public")]
    names = [each.name for each in public if each.name and "<" not in str(each.pattern)]
    yield from (reverse(name) for name in names if name != "status_page")
    yield reverse("status_page")


def _told() -> Iterator[str]:
    """Each incident and maintenance that was ever told of, with all the parts of its page."""
    incidents = StatusUpdate.objects.published().filter(incident__is_rehearsal=False).order_by()
    for public_id in incidents.values_list("incident__public_id", flat=True).distinct():
        yield from _parts_of("status_incident", public_id)
    maintenances = MaintenanceUpdate.objects.published().order_by()
    for public_id in maintenances.values_list("maintenance__public_id", flat=True).distinct():
        yield from _parts_of("status_maintenance", public_id)


def _parts_of(name: str, public_id: str) -> Iterator[str]:
    yield reverse(name, args=[public_id])
    read = reading.one_incident if name == "status_incident" else reading.one_maintenance
    found = read(public_id)
    for number in range(2, len(pages.parts(found.newest_first)) + 1 if found else 0):
        yield reverse(f"{name}_part", args=[public_id, number])


def _months(edition: Edition) -> Iterator[str]:
    """From the first that was told of to this one."""
    this = local(edition.as_of).date().replace(day=1)
    month = local(edition.begun_at or edition.as_of).date().replace(day=1)
    while month <= this:
        yield reverse("status_month", args=[f"{month:%Y-%m}"])
        month = pages.month_after(month)


def _put(folder: Path, address: str, content: bytes) -> None:
    path = folder / address.lstrip("/") / ("index.html" if address.endswith("/") else "")
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
