"""Which registered component an alert is about, and so whose it is and which service."""

from collections.abc import Iterator
from dataclasses import dataclass

from accounts.models import Component, Customer, Service
from incidents.alerts import Alert
from incidents.alerts.common import host


@dataclass(frozen=True)
class Match:
    """What is known of an alert's target; each may be missing."""

    customer: Customer | None = None
    service: Service | None = None
    component: Component | None = None


class Estate:
    """Registered components by resource id, host and name, in lower case; read once for a whole payload."""

    def __init__(self) -> None:
        self.by_word: dict[str, Component] = {}
        components = Component.objects.filter(is_active=True).select_related("customer", "service")
        for component in components:
            for word in (component.resource_id, host(component.address), component.name):
                if word:
                    self.by_word.setdefault(word.lower(), component)

    def match(self, alert: Alert) -> Match:
        """The first word that names a component decides; else labels that name customer and service."""
        for word in words_of(alert):
            if component := self.by_word.get(word.lower()):
                return Match(component.customer, component.service, component)
        return Match(
            Customer.objects.active().filter(short_name__iexact=alert.labels.get("customer", "")).first(),
            Service.objects.filter(code__iexact=alert.labels.get("service", "")).first(),
        )


def words_of(alert: Alert) -> Iterator[str]:
    """What may name a component, the surest first: targets, their last part, labels, words of the title."""
    yield from alert.targets
    for target in alert.targets:
        yield host(target)
        yield target.rstrip("/").rpartition("/")[2]
    yield from alert.labels.values()
    yield from (word.strip(".,:;()[]“”\"'") for word in f"{alert.title} {alert.monitor}".split())
