"""`manage.py audit`, the nightly check, and packs that prove an incident without the desk."""

import zipfile
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from accounts.chain import guarding, linking
from accounts.models import User
from incidents import services
from incidents.models import Heartbeat, Incident, OutboxRow
from incidents.outbox import people
from ooh import packs
from ooh.tasks import link_chains, verify_chains

pytestmark = pytest.mark.django_db


def audit(*arguments: object) -> str:
    said = StringIO()
    call_command("audit", *map(str, arguments), stdout=said)
    return said.getvalue()


def tamper(incident: Incident) -> None:
    guarding.remove()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_timelineentry SET title = 'x' WHERE incident_id = %s", [incident.pk])
    guarding.install()


def test_verify_says_how_many_rows_are_right(incident: Incident) -> None:
    link_chains()
    assert audit("verify").endswith("rows are as they were written.\n")


def test_verify_names_the_row_and_fails(incident: Incident) -> None:
    link_chains()
    tamper(incident)
    said = StringIO()
    with pytest.raises(CommandError, match=r"\d found, \d+ rows are right"):
        call_command("audit", "verify", stdout=said)
    entry = incident.timeline.order_by("pk").first()
    assert f"timeline: row {entry and entry.pk}: it was changed" in said.getvalue()


def test_an_anchor_outside_tells_of_a_chain_that_was_rewritten(incident: Incident, tmp_path: Path) -> None:
    """Even by somebody who has the key: all of it was made again, and only the file remembers."""
    anchors = tmp_path / "anchors"
    audit("anchor", "--to", anchors)
    assert "as they were written" in audit("verify", "--anchors", anchors)
    guarding.remove()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM accounts_chainlink")
        cursor.execute("DELETE FROM accounts_chainhead")
        cursor.execute("UPDATE incidents_timelineentry SET seal = '', text = 'All was well'")
    guarding.install()
    linking.link_new()
    with pytest.raises(CommandError):
        audit("verify")
    assert "rows of timeline" in audit("adopt")
    assert "as they were written" in audit("verify")
    with pytest.raises(CommandError):
        audit("verify", "--anchors", anchors)


def test_an_anchor_that_was_changed_is_told(incident: Incident, tmp_path: Path) -> None:
    anchors = tmp_path / "anchors"
    audit("anchor", "--to", anchors)
    anchors.write_text(anchors.read_text().replace(" timeline ", " timeline 1"))
    with pytest.raises(CommandError, match="1 found"):
        audit("verify", "--anchors", anchors)


def test_the_nightly_check_tells_those_who_must_know(
    incident: Incident, manager: User, vendor_auditor: User, engineer: User, settings: object
) -> None:
    verify_chains()
    assert not OutboxRow.objects.filter(event="audit_broken").exists()
    tamper(incident)
    verify_chains()
    rows = list(OutboxRow.objects.filter(event="audit_broken"))
    assert {row.payload["person"] for row in rows} == {manager.pk, vendor_auditor.pk}
    people.deliver(rows[0])
    assert "manage.py audit verify" in str(mail.outbox[0].body)
    assert Heartbeat.objects.get(name="audit-verify").beat_at > timezone.now() - timedelta(minutes=1)


def test_a_pack_of_an_incident_is_checked_without_the_database(
    incident: Incident, engineer: User, tmp_path: Path
) -> None:
    pack = tmp_path / "pack.zip"
    services.add_note(incident.pk, text="Rang the site", by=engineer)
    services.begin_triage(incident.pk, by=engineer)
    said = audit("export", "--incident", incident.reference, "--to", pack)
    assert f"Incident {incident.reference}: {incident.timeline.count()} rows in timeline.jsonl" in said or (
        f"{incident.timeline.count()} rows in timeline.jsonl" in said
    )
    with zipfile.ZipFile(pack) as opened:
        assert "Rang the site" in opened.read("timeline.jsonl").decode()
        assert '"begin_triage"' in opened.read("timeline.jsonl").decode()
        assert '["logged", "triaging"]' in opened.read("audit.jsonl").decode()
    with connection.execute_wrapper(_refuse_queries):
        assert packs.check(pack, packs.public_key())["what"] == f"Incident {incident.reference}"


def _refuse_queries(*args: object) -> None:
    raise AssertionError("It asked the database")


def test_a_pack_without_vendor_rows_holds_none(incident: Incident, analyst: User, tmp_path: Path) -> None:
    services.add_product_note(incident.pk, text="Canary of the product", by=analyst)
    for more, is_there in (((), True), (("--for-partner",), False)):
        audit("export", "--month", f"{timezone.now():%Y-%m}", "--to", tmp_path / "pack.zip", *more)
        with zipfile.ZipFile(tmp_path / "pack.zip") as opened:
            whole = b"".join(opened.read(name) for name in opened.namelist())
        assert (b"Canary of the product" in whole) is is_there


@pytest.mark.parametrize("name", ["timeline.jsonl", "manifest.json", "signature", "more.txt"])
def test_a_pack_that_was_changed_is_refused(incident: Incident, tmp_path: Path, name: str) -> None:
    pack, changed = tmp_path / "pack.zip", tmp_path / "changed.zip"
    audit("export", "--incident", incident.reference, "--to", pack)
    with zipfile.ZipFile(pack) as opened, zipfile.ZipFile(changed, "w") as made:
        for each in [*opened.namelist(), "more.txt"]:
            data = opened.read(each) if each in opened.namelist() else b"more"
            if each == name and each != "more.txt":
                data = data[:40] + bytes([data[40] ^ 1]) + data[41:]
            if each != "more.txt" or name == "more.txt":
                made.writestr(each, data)
    with pytest.raises(packs.BadPack):
        packs.check(changed)
    with pytest.raises(CommandError):
        audit("check", changed)


def test_a_pack_signed_by_another_desk_is_told(incident: Incident, tmp_path: Path) -> None:
    audit("export", "--incident", incident.reference, "--to", tmp_path / "pack.zip")
    ours = audit("key").strip()
    assert "by the key given" in audit("check", tmp_path / "pack.zip", "--key", ours)
    theirs = "A" * 43 + "="
    with pytest.raises(CommandError):
        audit("check", tmp_path / "pack.zip", "--key", theirs)


@pytest.mark.parametrize(
    "arguments", [("--incident", "OOH-2026-99999"), ("--month", "2026-13"), ("--month", "x")]
)
def test_what_cannot_be_exported_is_said(db: None, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        audit("export", *arguments, "--to", tmp_path / "pack.zip")
