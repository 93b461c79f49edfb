"""Somebody asks what the desk holds about them: all of it, and no secret and no vendor row for a partner."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from auditlog.models import LogEntry
from django.core.management import CommandError, call_command
from django.test import Client

from accounts.audit import acting_as
from accounts.models import ReadRecord, User
from accounts.wall.identity import as_system
from incidents import calls, services
from incidents.models import Incident, TimelineEntry
from ooh import packs, subjects

Browse = Callable[[User | None], Client]
PAGE = "/people/export/"


@pytest.fixture
def worked(incident: Incident, engineer: User, analyst: User) -> Incident:
    """An incident in which the engineer and the analyst both wrote something."""
    with acting_as(engineer):
        services.begin_triage(incident.pk, by=engineer)
        services.add_note(incident.pk, text="I rang the site", by=engineer)
        calls.log_call(
            incident.pk, who="Their IT", number="01632 960174", direction="out", purpose="update",
            outcome="spoke", by=engineer,
        )  # fmt: skip
    with acting_as(analyst):
        services.add_product_note(incident.pk, text="The schema of heliotrope", by=analyst)
    return incident


def files_of(data: bytes) -> dict[str, list[dict[str, Any]]]:
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        names = [name for name in opened.namelist() if name.endswith(".jsonl")]
        return {name: [json.loads(line) for line in opened.read(name).splitlines()] for name in names}


def take(browser: Client, person: User) -> bytes:
    answer = browser.post(PAGE, {"person": person.pk})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/zip")
    assert "no-store" in answer["Cache-Control"]
    return b"".join(answer.streaming_content)


def test_the_pack_holds_what_names_the_person_signed_and_recorded(
    worked: Incident, engineer: User, manager: User, browse: Browse, tmp_path: Path
) -> None:
    engineer.phone = "07700 900141"
    engineer.save()
    data = take(browse(manager), engineer)
    found = files_of(data)
    (profile,) = found["profile.jsonl"]
    assert (profile["email"], profile["phone"], profile["roles"]) == (
        engineer.email, "07700 900141", ["ooh_engineer"]
    )  # fmt: skip
    assert "I rang the site" in [row["text"] for row in found["incidents.TimelineEntry.jsonl"]]
    assert "Their IT" in [row["who"] for row in found["incidents.PhoneCall.jsonl"]]
    owned = next(row for row in found["incidents.Incident.jsonl"] if row["id"] == worked.pk)
    assert owned["as"] == ["owner", "logged_by"]
    assert "caller_name" not in owned
    trail = LogEntry.objects.filter(actor=engineer).count()
    assert len(found["auditlog.LogEntry.jsonl"]) == trail > 3
    assert any("phone" in row["changes"] for row in found["changes-of-your-record.jsonl"])
    pack = tmp_path / "pack.zip"
    pack.write_bytes(data)
    assert packs.check(pack, packs.public_key())["what"] == f"All about {engineer}"
    record = ReadRecord.objects.get(reader=manager, what="export")
    assert (record.object_id, record.object_name) == (str(engineer.pk), f"All about {engineer}")
    assert record.rows > 10


def test_no_secret_is_in_it(worked: Incident, engineer: User, manager: User, browse: Browse) -> None:
    data = take(browse(manager), engineer)
    whole = b"".join(zipfile.ZipFile(io.BytesIO(data)).read(name) for name in files_of(data))
    assert engineer.password.encode() not in whole
    assert not [
        name for rows in files_of(data).values() for row in rows for name in row if name in subjects.SECRETS
    ]


def test_a_partner_is_given_no_vendor_row_whatever_names_them(
    worked: Incident, engineer: User, analyst: User, manager: User, browse: Browse
) -> None:
    """Even one that the database has under their name by some mistake."""
    note = TimelineEntry.objects.get(kind="product_note")
    with acting_as(engineer), as_system("PostgreSQL would refuse it from the partner"):
        stray = TimelineEntry.objects.create(
            incident=worked, kind="note", wall="vendor", title="Note", text="Stray heliotrope", by=engineer,
            happened_at=note.happened_at,
        )  # fmt: skip
    assert LogEntry.objects.get_for_object(stray).get().actor == engineer
    browser = browse(manager)
    for person, is_there in ((engineer, False), (analyst, True)):
        data = take(browser, person)
        whole = b"".join(zipfile.ZipFile(io.BytesIO(data)).read(name) for name in files_of(data))
        assert (b"heliotrope" in whole) is is_there


def test_every_table_that_names_a_person_is_in_it() -> None:
    labels = {model._meta.label for model in subjects.naming()}
    assert labels >= subjects.WHOLE  # no name of a table that is no more
    assert {"sops.Run", "accounts.AccessEvent", "incidents.RequestKey", "knox.AuthToken"} <= labels


def test_only_a_service_manager_takes_it_and_says_who_asks(
    engineer: User, lead: User, vendor_auditor: User, manager: User, integration: User, browse: Browse
) -> None:
    root = User.objects.create_superuser("root@desk.example", "a-long-test-password")
    for person in (engineer, lead, vendor_auditor, root):
        assert browse(person).get(PAGE).status_code == 403
        assert browse(person).post(PAGE, {"person": person.pk}).status_code == 403
    page = browse(manager).get(PAGE, {"person": engineer.pk}).content.decode()
    assert f'value="{engineer.pk}" selected' in page
    assert engineer.email in page
    assert browse(manager).get(PAGE, {"person": "9" * 30}).status_code == 200
    assert integration.email not in page
    for bad in ({}, {"person": "x"}, {"person": integration.pk}):
        assert browse(manager).post(PAGE, bad).status_code == 422
    assert not ReadRecord.objects.filter(what="export").exists()


def test_the_command_writes_the_same_for_a_leaver(worked: Incident, engineer: User, tmp_path: Path) -> None:
    User.objects.filter(pk=engineer.pk).update(is_active=False)
    call_command("subject", engineer.email.upper(), "--to", tmp_path / "pack.zip")
    found = files_of((tmp_path / "pack.zip").read_bytes())
    assert "I rang the site" in [row["text"] for row in found["incidents.TimelineEntry.jsonl"]]
    assert ReadRecord.objects.get(what="export").route == "manage.py subject"
    with pytest.raises(CommandError, match="Nobody has"):
        call_command("subject", "nobody@example.org", "--to", tmp_path / "x.zip")
