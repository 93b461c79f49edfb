"""Rows inserted at once leave the trail that saving each of them leaves."""

from typing import Any

from auditlog.models import LogEntry
from django.forms.models import model_to_dict

from accounts.audit import acting_as
from accounts.bulk import create_all
from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.models import Component, Service, User


def entry_of(component: Component) -> dict[str, Any]:
    """All that its audit row says, but what differs between any two rows: numbers, names, the time."""
    entry = LogEntry.objects.get_for_object(component).get()
    said = model_to_dict(entry, exclude=["id", "object_pk", "object_id", "object_repr", "timestamp"])
    said["changes"] = {name: change for name, change in entry.changes.items() if name not in ("id", "name")}
    said["additional_data"] = set(entry.additional_data or {})
    return said


def made(service: Service, name: str) -> Component:
    return Component(service=service, kind="app_service", name=name, is_simulated=True)


def test_the_audit_rows_are_those_of_saving_each(engineer: User, service: Service) -> None:
    with acting_as(engineer):
        saved = made(service, "app-saved")
        saved.save()
        at_once = create_all([made(service, "app-one"), made(service, "app-two")])
    assert [entry_of(each) for each in at_once] == [entry_of(saved)] * 2
    entry = LogEntry.objects.get_for_object(at_once[1]).get()
    assert (entry.object_repr, entry.object_id) == ("app-two", at_once[1].pk)
    assert (entry.actor, entry.actor_email) == (engineer, engineer.email)
    assert (entry.cid, entry.action) == (entry_of(saved)["cid"], LogEntry.Action.CREATE)


def test_any_number_of_rows_is_as_many_queries(service: Service, django_assert_num_queries: Any) -> None:
    create_all([made(service, "app-0")])  # finds the content type once for all
    with django_assert_num_queries(2):  # the rows, and their audit rows
        create_all([made(service, f"app-{number}") for number in range(1, 9)])
    with django_assert_num_queries(0):
        create_all([])


def test_they_are_sealed_as_every_other(engineer: User, service: Service) -> None:
    with acting_as(engineer):
        create_all([made(service, "app-one"), made(service, "app-two")])
    linking.link_new()
    assert verify().broken == []
