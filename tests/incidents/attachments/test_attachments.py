"""Files of an incident: closed until the vendor released them, purged by two people, served as downloads."""

import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import ReadRecord, User
from incidents.attachments import services, storing, uploading
from incidents.attachments.tasks import sweep
from incidents.models import Attachment, GuardDecision, Incident
from tests.incidents.attachments import making

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.ATTACHMENTS_DIR = str(tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def added(incident: Incident, engineer: User) -> Attachment:
    return services.add_attachment(incident.pk, name="screen.png", data=making.png_with_words(), by=engineer)


@pytest.fixture
def at(incident: Incident) -> str:
    return f"/incidents/{incident.reference}/attachments/"


def files_in(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*/*") if path.is_file()]


def test_a_file_is_added_on_the_page_and_kept_in_quarantine_outside_of_what_is_served(
    incident: Incident, engineer: User, at: str, browse: Callable[[User], Client], folder: Path
) -> None:
    sent = SimpleUploadedFile("../my screen.html", making.png_with_words(), content_type="text/html")
    assert browse(engineer).post(at, {"file": sent}).status_code == 302
    made = incident.attachments.get()
    assert (made.name, made.kind, made.state, made.added_by) == (
        "my screen.png",
        "png",
        "quarantined",
        engineer,
    )
    (path,) = files_in(folder)
    assert path.read_bytes() == making.png()
    assert path.name == made.key.hex
    assert path.stat().st_mode & 0o077 == 0
    assert made.content_hash == sha256(making.png()).hexdigest()
    told = incident.timeline.order_by("-pk").first()
    assert told is not None
    assert told.title == "File added: my screen.png"
    page = browse(engineer).get(at).content.decode()
    assert "In quarantine" in page
    assert f'href="{at}{made.pk}/"' not in page


def test_nobody_of_the_partner_opens_it_before_the_vendor_released_it(
    added: Attachment, at: str, engineer: User, lead: User, partner_auditor: User, specialist: User,
    analyst: User, browse: Callable[[User | None], Client],
) -> None:  # fmt: skip
    address = f"{at}{added.pk}/"
    for person in (engineer, lead, partner_auditor):
        assert browse(person).get(address).status_code == 403
        assert browse(person).post(f"{address}release/").status_code == 403
    assert (
        browse(specialist).get(address).status_code == 404
    )  # it was not escalated: she sees no such incident
    assert browse(None).get(address).status_code == 302
    answer = browse(analyst).get(address)
    assert answer.getvalue() == making.png()
    assert browse(analyst).post(f"{address}release/").status_code == 302
    opened = browse(engineer).get(address)
    assert opened.getvalue() == making.png()
    assert opened["Content-Disposition"] == 'attachment; filename="screen.png"'
    assert opened["Content-Type"] == "image/png"
    assert opened["X-Content-Type-Options"] == "nosniff"
    assert opened["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert opened["Cache-Control"] == "private, no-store"
    assert ReadRecord.objects.filter(what="attachment", reader__in=[analyst, engineer]).count() == 2


def test_two_people_purge_a_file_and_its_row_stays(
    added: Attachment, at: str, engineer: User, lead: User, analyst: User, folder: Path,
    browse: Callable[[User], Client], django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    services.release_attachment(added.pk, by=analyst)
    address = f"{at}{added.pk}/"
    unsaid = browse(lead).post(f"{address}ask-to-purge/", {"reason": ""})
    assert unsaid.status_code == 422
    assert f'href="#file-{added.pk}-reason"' in unsaid.content.decode()
    assert browse(lead).post(f"{address}ask-to-purge/", {"reason": "A name on it"}).status_code == 302
    for person in (lead, engineer, analyst):
        assert browse(person).get(address).status_code == 403
    assert browse(lead).post(f"{address}purge/").status_code == 409
    assert browse(engineer).post(f"{address}purge/").status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert browse(analyst).post(f"{address}purge/").status_code == 302
    added.refresh_from_db()
    assert (added.state, added.purge_asked_by, added.purged_by) == ("purged", lead, analyst)
    assert files_in(folder) == []
    assert browse(analyst).get(address).status_code == 403
    assert "Purged" in browse(engineer).get(at).content.decode()
    assert added.incident.timeline.filter(title="File purged: screen.png").exists()


def test_what_a_second_person_keeps_is_as_it_was(
    added: Attachment, at: str, lead: User, analyst: User, browse: Callable[[User], Client]
) -> None:
    services.ask_to_purge(added.pk, reason="A name on it", by=lead)
    assert browse(analyst).post(f"{at}{added.pk}/keep/", {"reason": "It is a product"}).status_code == 302
    added.refresh_from_db()
    assert (added.state, added.is_asked_to_go) == ("quarantined", False)
    assert browse(analyst).post(f"{at}{added.pk}/keep/", {"reason": "Again"}).status_code == 409


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("NHS 999 001 0021.png", making.png(), "Rename it"),
        ("a.png", b"GIF89a\x01\x00\x02", "This kind of file is not taken"),
        ("a.log", b"ok\nNHS number 999 001 0021\n", "Patient data in line 2. Take it out of the file"),
        ("a.png", b"", "The file is empty"),
    ],
)
def test_what_is_refused_says_why_at_the_field_and_leaves_no_file(
    name: str, data: bytes, words: str, at: str, engineer: User, folder: Path,
    browse: Callable[[User], Client],
) -> None:  # fmt: skip
    answer = browse(engineer).post(at, {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert "999 001" not in answer.content.decode()
    assert files_in(folder) == []
    assert not Attachment.objects.exists()
    assert not GuardDecision.objects.filter(field__contains="999").exists()


def test_no_file_at_all_is_asked_for(at: str, engineer: User, browse: Callable[[User], Client]) -> None:
    answer = browse(engineer).post(at, {})
    assert answer.status_code == 422
    assert "Choose a file" in answer.content.decode()


def test_too_much_is_refused_unread_and_a_file_for_another_page_is_read_past(
    at: str, incident: Incident, engineer: User, browse: Callable[[User], Client],
    monkeypatch: pytest.MonkeyPatch, folder: Path,
) -> None:  # fmt: skip
    monkeypatch.setattr(uploading, "LARGEST", 1000)
    monkeypatch.setattr(uploading, "FORM", 0)
    big = SimpleUploadedFile("a.png", making.png() + b"\0" * 5000)
    browser = browse(engineer)
    assert browser.post(at, {"file": big}).status_code == 413
    assert files_in(folder) == []
    monkeypatch.setattr(uploading, "LARGEST", 100_000)
    note = {"text": "A note", "file": SimpleUploadedFile("a.png", making.png())}
    assert browser.post(f"/incidents/{incident.reference}/note/", note).status_code == 302


def test_a_file_whose_row_cannot_be_written_is_taken_away_again(
    incident: Incident, engineer: User, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST", 0)
    with pytest.raises(services.Conflict, match="It has 0 files already"):
        services.add_attachment(incident.pk, name="a.png", data=making.png(), by=engineer)
    assert files_in(folder) == []


def test_the_sweep_takes_what_no_row_wants_and_nothing_young(
    added: Attachment, lead: User, analyst: User, folder: Path
) -> None:
    stray, young = folder / "ab" / "new-x1", folder / "ab" / ("ab" * 16)
    for path in (stray, young):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    old = time.time() - 2 * 3600
    for path in (stray, storing.path_of(added.key)):
        os.utime(path, (old, old))
    sweep()
    assert set(files_in(folder)) == {young, storing.path_of(added.key)}
    services.ask_to_purge(added.pk, reason="A name on it", by=lead)
    services.purge_attachment(added.pk, by=analyst)  # the process dies before it deletes
    sweep()
    assert files_in(folder) == [young]


def test_the_database_keeps_the_two_people_apart(added: Attachment, lead: User, analyst: User) -> None:
    services.ask_to_purge(added.pk, reason="A name on it", by=lead)
    rows, at = Attachment.objects.filter(pk=added.pk), added.added_at
    for wrong in (
        {"state": "purged", "purged_by": lead, "purged_at": at}, {"state": "purged"},
        {"state": "released"}, {"purge_reason": ""},
    ):  # fmt: skip
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_the_page_asks_the_same_for_many_files(
    incident: Incident, engineer: User, analyst: User, at: str, browse: Callable[[User], Client],
    django_assert_max_num_queries: Any,
) -> None:  # fmt: skip
    Attachment.objects.bulk_create(
        Attachment(
            incident=incident,
            name=f"{number}.png",
            kind="png",
            size=9,
            content_hash="0" * 64,
            added_by=engineer,
        )
        for number in range(30)
    )
    browser = browse(analyst)
    with django_assert_max_num_queries(14):
        assert browser.get(at).content.decode().count("Release it") == 30
