"""The snapshot: the whole site as files, byte for byte what the desk serves, and never half of one."""

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.models import User
from incidents.freshdesk.showing import delivery_lines
from incidents.models import Incident, OutboxRow, StatusUpdate
from incidents.outbox.tasks import deliver
from incidents.status import edition as editions
from incidents.status import snapshot
from incidents.status.services import correct_update
from incidents.status.tasks import renew_snapshot
from tests.factories import SUNDAY_NIGHT, make_incident, make_service
from tests.incidents.status.telling import WORDS, plan, publish, say, tell, told_before

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.STATUS_SNAPSHOT_DIR = str(tmp_path / "site")
    return tmp_path / "site"


@pytest.fixture
def site(incident: Incident, engineer: User, manager: User) -> Incident:
    """Something of everything: long and short, corrected, of two services, old, planned."""
    make_service("ward", "Compucare Ward")
    at = SUNDAY_NIGHT - timedelta(minutes=50)
    long = told_before(incident, [("identified", f"Part {number}. {WORDS * 28}", at) for number in range(14)])
    first = tell(incident, by=engineer, at=at, affected={"ward": "degraded_performance"})
    correct_update(first.pk, words="Corrected.", by=engineer)
    publish()
    older = make_incident(by=engineer)
    tell(older, by=engineer, at=SUNDAY_NIGHT - timedelta(days=80))
    tell(older, "resolved", "Over.", by=engineer, at=SUNDAY_NIGHT - timedelta(days=79))
    say(plan(by=manager), "scheduled", by=manager)
    return long


def write_all() -> None:
    """What a worker does with the deliveries to the snapshot, twice."""
    for row in OutboxRow.objects.waiting().filter(destination="snapshot"):
        deliver(row.pk)
        deliver(row.pk)


def file_of(folder: Path, address: str) -> Path:
    return folder / (address + "index.html" if address.endswith("/") else address).lstrip("/")


def test_each_file_is_byte_for_byte_what_the_desk_serves(site: Incident, folder: Path) -> None:
    snapshot.write(folder)
    addresses = list(snapshot.addresses(editions.refreshed()))
    for address in addresses:
        answer = Client().get(address)
        assert answer.status_code == 200, address
        assert file_of(folder, address).read_bytes() == answer.content, address
    written = {path for path in folder.rglob("*") if path.is_file()}
    assert written == {file_of(folder, address) for address in addresses}
    assert addresses[-1] == "/status/"
    wanted = {"/status/style.css", "/status/favicon.svg", "/status/history/2026-09/", "/status/history.rss",
              "/status/api/v2/incidents/unresolved.json", f"/status/{site.public_id}/2/"}  # fmt: skip
    assert wanted <= set(addresses)


def test_each_publication_writes_the_site_again(
    folder: Path, incident: Incident, engineer: User, manager: User
) -> None:
    tell(incident, by=engineer)
    assert not folder.exists()
    write_all()
    assert WORDS in file_of(folder, "/status/").read_text()
    say(plan(by=manager), "scheduled", by=manager)
    write_all()
    assert "Database upgrade" in file_of(folder, "/status/maintenance/").read_text()
    rows = OutboxRow.objects.filter(destination="snapshot")
    assert [(row.lane, row.attempts, row.words) for row in rows] == [("site", 1, "the status pages")] * 2


def test_without_a_folder_nothing_is_announced_and_nothing_written(
    incident: Incident, engineer: User
) -> None:
    tell(incident, by=engineer)
    renew_snapshot()
    assert not OutboxRow.objects.filter(destination="snapshot").exists()


def test_a_folder_that_is_away_is_told_and_met_again(
    folder: Path, incident: Incident, engineer: User, night: Any
) -> None:
    folder.write_text("no folder")
    tell(incident, by=engineer)
    write_all()
    row = OutboxRow.objects.get(destination="snapshot")
    assert (row.done_at, row.parked_at) == (None, None)
    assert row.last_error == "The folder cannot be written (NotADirectoryError)"
    assert "cannot be written" in next(
        line.detail for line in delivery_lines(row.due_at) if line.name == "snapshot"
    )
    renew_snapshot()  # only says so in the log
    folder.unlink()
    night.shift(timedelta(minutes=1))
    write_all()
    assert WORDS in file_of(folder, "/status/").read_text()


def test_a_reader_never_meets_half_a_file(
    site: Incident, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The disk is full amid the writing: what was there is there, whole, and nothing lies beside it."""
    snapshot.write(folder)
    before = file_of(folder, "/status/").read_bytes()
    monkeypatch.setattr("incidents.status.snapshot.os.fsync", _full)
    file_of(folder, "/status/history/").unlink()
    with pytest.raises(OSError, match="No space"):
        snapshot.write(folder)
    assert file_of(folder, "/status/").read_bytes() == before
    assert not list(folder.rglob("*.part"))


def _full(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_what_did_not_change_is_not_written_again_and_all_can_be_read(
    site: Incident, folder: Path, night: Any
) -> None:
    snapshot.write(folder)
    style, front = file_of(folder, "/status/style.css"), file_of(folder, "/status/")
    before = (style.stat().st_ino, front.stat().st_ino)
    night.shift(timedelta(minutes=5))
    renew_snapshot()
    assert style.stat().st_ino == before[0]
    assert front.stat().st_ino != before[1]
    assert "As of Sunday 22 November 2026, 02:12 GMT" in front.read_text()
    assert front.stat().st_mode & 0o777 == 0o644


def test_what_is_resolved_is_made_again_only_when_its_words_or_the_day_change(
    site: Incident, folder: Path, engineer: User, night: Any, made: list[str]
) -> None:
    over = StatusUpdate.objects.get(phase="resolved")
    address, open_one = f"/status/{over.incident.public_id}/", f"/status/{site.public_id}/"
    snapshot.write(folder)
    assert address in made
    made.clear()
    night.shift(timedelta(minutes=5))
    renew_snapshot()
    assert address not in made
    assert {open_one, "/status/", "/status/history/2026-09/"} <= set(made), "these say how old they are"
    correct_update(over.pk, words="Over, and mended.", by=engineer)
    publish()
    write_all()
    assert "Over, and mended." in file_of(folder, address).read_text()
    made.clear()
    night.shift(timedelta(days=1))
    renew_snapshot()
    assert address in made
    assert file_of(folder, address).read_bytes() == Client().get(address).content


def test_a_worker_that_has_just_started_does_not_keep_news_waiting_for_what_is_old(
    site: Incident, folder: Path, engineer: User, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot.write(folder)
    monkeypatch.setattr(snapshot, "_made", {})  # as another process has it
    made.clear()
    old = f"/status/{StatusUpdate.objects.get(phase='resolved').incident.public_id}/"
    tell(site, "monitoring", by=engineer)
    write_all()
    assert made[-1] == "/status/"
    assert f"/status/{site.public_id}/" in made
    assert not {old, "/status/history/2026-09/"} & set(made)
    renew_snapshot()
    assert {old, "/status/history/2026-09/"} <= set(made)
    file_of(folder, old).unlink()
    made.clear()
    snapshot.write(folder, is_whole=False)
    assert old in made, "what is not there is written at once"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses whose pages were made, in their order."""
    real, addresses = snapshot.content_of, list[str]()

    def noted(address: str, edition: Any) -> bytes:
        addresses.append(address)
        return real(address, edition)

    monkeypatch.setattr(snapshot, "content_of", noted)
    return addresses


def test_what_is_published_while_it_writes_is_in_it_all_the_same(
    folder: Path, incident: Incident, engineer: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, said = snapshot.content_of, []

    def slow(address: str, edition: Any) -> bytes:
        if not said:
            said.append(tell(incident, by=engineer))
        return real(address, edition)

    monkeypatch.setattr(snapshot, "content_of", slow)
    snapshot.write(folder)
    assert WORDS in file_of(folder, "/status/").read_text()
    assert file_of(folder, f"/status/{incident.public_id}/").exists()


# ---------- Behind a plain web server ----------


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def plain(site: Incident, folder: Path) -> Iterator[httpx2.Client]:
    """The folder behind Python's own web server, which knows nothing of the desk."""
    snapshot.write(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with httpx2.Client(base_url=f"http://127.0.0.1:{server.server_port}") as client:
        yield client
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_plain_web_server_shows_the_whole_site_without_the_desk(
    plain: httpx2.Client, settings: Any, django_assert_num_queries: Any
) -> None:
    """Every link of every page is followed: none is broken, and none leads elsewhere, but to the form."""
    seen: set[str] = set()
    form = f"{settings.PUBLIC_URL}/status/subscribe/"
    waiting = ["/status/"]
    with django_assert_num_queries(0):
        while waiting:
            address = waiting.pop()
            seen.add(address)
            answer = plain.get(address)
            assert answer.status_code == 200, address
            if not answer.headers["Content-Type"].startswith("text/html"):
                continue
            found_links = re.findall(r'(?:href|src)="([^"#]+)', answer.text)
            links = [link for link in found_links if not link.startswith(form)]
            assert all(link.startswith("/status/") for link in links), address
            found = {urljoin(address, link) for link in links}
            waiting += sorted(found - seen - set(waiting))
    assert {"/status/style.css", "/status/maintenance/", "/status/history.atom"} <= seen
    assert len(seen) > 12


# ---------- By hand ----------


def test_a_person_writes_it_by_hand(site: Incident, tmp_path: Path) -> None:
    out = StringIO()
    call_command("status", "snapshot", "--to", str(tmp_path / "by-hand"), stdout=out)
    assert out.getvalue() == f"Written to {tmp_path / 'by-hand'}, as of Sunday 22 November 2026, 02:07 GMT\n"
    assert file_of(tmp_path / "by-hand", "/status/").exists()


def test_by_hand_it_wants_a_folder_that_can_be_written(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Say where"):
        call_command("status", "snapshot")
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("status", "snapshot", "--to", str(tmp_path / "file"))
