"""A run at Azure: a real customer's machine, and its restart confirmed through the real services."""

from typing import Any

from accounts.models import Component, ComponentKind, Customer, User
from sops import services
from sops.models import Run
from tests import factories
from tests.sops import making
from tests.sops.making import MANUAL
from tests.standins.azure import VM

RESTART_MACHINE = {
    "kind": "action", "title": "Restart the machine", "action": "restart_virtual_machine",
    "target_kind": "virtual_machine",
}  # fmt: skip


def make_hospital(**fields: Any) -> Customer:
    """A real customer with one machine at Azure."""
    customer = factories.make_customer(is_simulated=False, **fields)
    factories.make_component(
        customer, kind=ComponentKind.VIRTUAL_MACHINE, name=f"vm-{customer.short_name}", resource_id=VM,
        is_simulated=False,
    )  # fmt: skip
    return customer


def machine_of(customer: Customer) -> Component:
    return customer.components.get(kind=ComponentKind.VIRTUAL_MACHINE)


def waiting(by: User, customer: Customer, steps: Any = (RESTART_MACHINE, MANUAL), **people: User) -> Run:
    """A run whose restart waits for the word of a person."""
    incident = factories.make_incident(by=by, customer=customer)
    making.triaging(incident, by)
    version = making.make_approved(steps, services=[incident.service], **people)
    return making.work(services.start_run(incident.pk, version.pk, by=by))


def confirm(run: Run, by: User) -> Run:
    return services.confirm(run.pk, 1, typed=str(making.step(run, 1).component.name), by=by)
