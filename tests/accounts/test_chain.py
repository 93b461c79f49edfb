"""The audit trail and the timeline are as they were written, or it is found."""

import json
from collections.abc import Iterator

import pytest
from auditlog.models import LogEntry
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from accounts.audit import acting_as
from accounts.chain import guarding, linking, sealing
from accounts.chain.verifying import redaction_proof, verify
from accounts.models import ChainHead, ChainLink, Customer, Redaction, User
from incidents import services
from incidents.models import Incident, TimelineEntry
from tests.factories import make_customer

TABLES = ("auditlog_logentry", "incidents_timelineentry")
pytestmark = pytest.mark.django_db


@pytest.fixture
def history(engineer: User, incident: Incident) -> Incident:
    """Some rows of both chains, linked."""
    for number in range(2):
        services.add_note(incident.pk, text=f"Note {number}: pressure 1013.0, £5, “quoted”", by=engineer)
    services.begin_triage(incident.pk, by=engineer)
    linking.link_new()
    return incident


@pytest.fixture
def beneath() -> Iterator[None]:
    """Somebody who owns the database and has switched its guards off, and on again."""
    guarding.remove()
    yield
    guarding.install()


def found() -> list[str]:
    guarding.install()
    words = [str(each) for each in verify().broken]
    guarding.remove()
    return words


def execute(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("table", [*TABLES, "accounts_chainlink"])
@pytest.mark.parametrize("sql", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_refuses_to_change_or_delete(history: Incident, table: str, sql: str) -> None:
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        execute(sql.format(table))


@pytest.mark.postgres
@pytest.mark.parametrize("table", [*TABLES, "accounts_chainlink"])
def test_the_database_refuses_to_be_emptied(history: Incident, table: str) -> None:
    execute("SET CONSTRAINTS ALL IMMEDIATE")  # what waits for the commit would keep it from being emptied too
    with pytest.raises(DatabaseError, match="only grows"), transaction.atomic():
        execute(f"TRUNCATE {table} CASCADE")


def test_nothing_is_reported_where_nothing_changed(history: Incident) -> None:
    report = verify()
    assert report.broken == []
    assert report.rows == LogEntry.objects.count() + TimelineEntry.objects.count()


def test_what_was_written_since_the_last_link_is_proven_too(history: Incident, engineer: User) -> None:
    note = services.add_note(history.pk, text="Written a moment ago", by=engineer)
    assert verify().broken == []
    assert ChainLink.objects.filter(chain="timeline", row_id=note.pk).exists()


def test_any_column_of_any_row_that_is_changed_is_found(history: Incident, beneath: None) -> None:
    for model in (LogEntry, TimelineEntry):
        row = model._base_manager.order_by("pk").last()
        chain = next(each for each in sealing.chains() if each.model is model)
        for name in sealing.columns(row):
            point = transaction.savepoint()
            _change(model._meta.db_table, name, row.pk, getattr(row, name))
            assert any(f"{chain.name}: row {row.pk}:" in each for each in found()), name
            transaction.savepoint_rollback(point)
    assert found() == []


def _change(table: str, name: str, row_id: int, value: object) -> None:
    """One small change of one column, whatever it holds, that its type allows."""
    if isinstance(value, bool):
        value = not value
    elif isinstance(value, dict | list):
        value = json.dumps([value, 1])
    elif isinstance(value, int):
        value = None if name == "actor_id" else value + 1
    elif isinstance(value, str) and value:
        value = value[:-1] + chr(ord(value[-1]) ^ 1)
    elif value is None or value == "":
        value = {"serialized_data": "{}", "remote_addr": "127.0.0.1"}.get(name, "1")
    else:
        value = timezone.now()
    if name.endswith(("incident_id", "by_id", "content_type_id")):  # stays a row that exists
        execute(f"UPDATE {table} SET {name} = {_other(name)} WHERE id = %s", row_id)
    else:
        execute(f"UPDATE {table} SET {name} = %s WHERE id = %s", value, row_id)


def _other(name: str) -> int:
    if name == "incident_id":
        return _second_incident().pk
    model = LogEntry._meta.get_field("content_type").related_model if "content" in name else User
    return int(model.objects.order_by("-pk").first().pk) if name != "by_id" else User.objects.system().pk


def _second_incident() -> Incident:
    from tests.factories import make_incident

    other = Incident.objects.exclude(reference="OOH-2026-00001").first()
    return other or make_incident(by=User.objects.get(name="OOH engineer 1"))


@pytest.mark.parametrize("table", TABLES)
def test_each_row_that_is_deleted_is_found(history: Incident, beneath: None, table: str) -> None:
    execute(f"DELETE FROM {table} WHERE id = (SELECT max(id) FROM {table})")
    assert [each for each in found() if "it was deleted" in each]


def test_rows_deleted_with_their_links_are_found(history: Incident, beneath: None) -> None:
    last = ChainLink.objects.filter(chain="timeline").order_by("position").last()
    assert last is not None
    execute("DELETE FROM incidents_timelineentry WHERE id = %s", last.row_id)
    execute("DELETE FROM accounts_chainlink WHERE id = %s", last.pk)
    assert found() == ["timeline: the last 1 links are missing"]


def test_a_link_cut_out_of_the_middle_is_found(history: Incident, beneath: None) -> None:
    execute("DELETE FROM accounts_chainlink WHERE chain = 'timeline' AND position = 3")
    assert any("1 links before it are missing" in each for each in found())


def test_a_head_that_was_set_back_is_found(history: Incident, beneath: None) -> None:
    link = ChainLink.objects.get(chain="audit", position=2)
    ChainHead.objects.filter(chain="audit").update(position=2, hash=link.hash)
    assert "audit: its head was changed" in found()


@pytest.mark.parametrize("table", TABLES)
def test_a_copied_row_is_found(history: Incident, beneath: None, table: str) -> None:
    with connection.cursor() as cursor:
        names = [each.name for each in connection.introspection.get_table_description(cursor, table)]
    listed = ", ".join(f'"{name}"' for name in names if name != "id")
    top = f"(SELECT max(id) + 1 FROM {table})"
    execute(
        f"INSERT INTO {table} (id, {listed}) SELECT {top}, {listed} FROM {table} "
        f"WHERE id = (SELECT min(id) FROM {table})"
    )
    assert any("not written by the desk" in each for each in found())


def test_a_row_made_beneath_is_found(history: Incident, engineer: User, beneath: None) -> None:
    forged = TimelineEntry(
        incident=history,
        kind="note",
        title="Note",
        text="All was well",
        by=engineer,
        happened_at=timezone.now(),
    )
    forged.seal = sealing.seal("timeline", {"text": "something else"})
    TimelineEntry.objects.bulk_create([forged])
    assert found() == [f"timeline: row {forged.pk}: it was changed"]


def test_two_rows_that_changed_places_are_found(history: Incident, beneath: None) -> None:
    first, second = TimelineEntry.objects.order_by("pk")[:2]
    for one, other in ((first, second), (second, first)):
        execute(
            "UPDATE incidents_timelineentry SET title = %s, text = %s, kind = %s, data = %s, "
            "happened_at = %s, written_at = %s, seal = %s, is_bad = %s WHERE id = %s",
            other.title, other.text, other.kind, json.dumps(other.data), other.happened_at, other.written_at,
            other.seal, other.is_bad, one.pk,
        )  # fmt: skip
    assert len(found()) == 2


def test_a_missing_guard_is_reported(history: Incident) -> None:
    guarding.remove()
    words = [each.words for each in verify().broken]
    guarding.install()
    assert "the trigger incidents_timelineentry_delete is missing" in words
    assert verify().broken == []


def test_a_chain_begun_late_adopts_what_was_there_when_it_is_asked_to(
    history: Incident, engineer: User, beneath: None
) -> None:
    execute("DELETE FROM accounts_chainlink")
    execute("DELETE FROM accounts_chainhead")
    execute("UPDATE incidents_timelineentry SET seal = ''")
    linking.link_new()
    assert any("not written by the desk" in each for each in found())
    for chain in sealing.chains():
        linking.adopt(chain)
    services.add_note(history.pk, text="After the chain began", by=engineer)
    assert found() == []
    execute(
        "UPDATE incidents_timelineentry SET text = 'x' "
        "WHERE id = (SELECT min(id) FROM incidents_timelineentry)"
    )
    assert len(found()) == 1


def test_a_row_without_a_seal_is_never_adopted_later(
    history: Incident, engineer: User, beneath: None
) -> None:
    TimelineEntry.objects.bulk_create([
        TimelineEntry(incident=history, kind="note", title="Forged", by=engineer, happened_at=timezone.now())
    ])  # fmt: skip
    linking.link_new()
    assert any("not written by the desk" in each for each in found())


def test_only_a_row_with_an_open_redaction_is_written(history: Incident, engineer: User) -> None:
    row, other = TimelineEntry.objects.order_by("pk")[:2]
    redaction = Redaction.objects.create(
        chain="timeline", row_id=row.pk, reason="A patient's name", by=engineer, at=timezone.now()
    )
    with pytest.raises(DatabaseError), transaction.atomic():
        execute("UPDATE incidents_timelineentry SET text = '' WHERE id = %s", other.pk)
    with pytest.raises(DatabaseError), transaction.atomic():
        execute("DELETE FROM incidents_timelineentry WHERE id = %s", row.pk)
    row.text = "Removed"
    chain = next(each for each in sealing.chains() if each.name == "timeline")
    redaction.seal = sealing.seal("timeline", chain.content(row))
    execute(
        "UPDATE incidents_timelineentry SET text = %s, seal = %s WHERE id = %s",
        row.text,
        redaction.seal,
        row.pk,
    )
    redaction.done_at, redaction.proof = timezone.now(), redaction_proof(redaction)
    redaction.save()
    assert verify().broken == []
    with pytest.raises(DatabaseError), transaction.atomic():
        execute("UPDATE incidents_timelineentry SET text = '' WHERE id = %s", row.pk)
    Redaction.objects.filter(pk=redaction.pk).update(reason="Another one")
    assert [each.words for each in verify().broken] == ["it was redacted by nobody that the desk knows of"]


def test_each_audit_row_says_its_source_and_side(engineer: User) -> None:
    with acting_as(engineer, "task"):
        customer = make_customer()
    entry = LogEntry.objects.get_for_object(customer).get()
    assert (entry.actor, entry.additional_data["source"], entry.additional_data["side"]) == (
        engineer, "task", "partner"
    )  # fmt: skip
    plain = LogEntry.objects.get_for_object(Customer.objects.create(name="X", short_name="x")).get()
    assert (plain.actor, plain.additional_data["source"]) == (None, "command")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL keeps values, not spellings")
def test_another_spelling_of_the_same_value_is_found(history: Incident, beneath: None) -> None:
    for change in ("data = replace(data, ': ', ':  ')", "is_bad = 2", "happened_at = happened_at || '0'"):
        point = transaction.savepoint()
        execute(f"UPDATE incidents_timelineentry SET {change} WHERE kind = 'state'")
        assert [each.endswith("though it reads the same") for each in found()] == [True], change
        transaction.savepoint_rollback(point)
