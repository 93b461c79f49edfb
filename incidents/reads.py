"""Says of an incident's rows that somebody is shown them, and of the vendor's among them separately."""

from collections.abc import Iterable

from accounts import reads
from accounts.models import Customer, ProductDetail, Read, User
from incidents.models import Incident, TimelineEntry, Wall


def note_incident(by: User, incident: Incident, entries: Iterable[TimelineEntry] = ()) -> None:
    """The incident with these entries is shown: how many, and how many of them only the vendor sees."""
    shown = list(entries)
    reads.note(by, Read.INCIDENT, incident, rows=len(shown) or 1)
    if hidden := sum(entry.wall == Wall.VENDOR for entry in shown):
        reads.note(by, Read.PRODUCT_NOTES, incident, rows=hidden)


def note_product_details(by: User, customer: Customer, shown: list[ProductDetail]) -> None:
    """What the vendor knows of this customer's products is shown, if there is any."""
    if shown:
        reads.note(by, Read.PRODUCT_DETAILS, customer, rows=len(shown))


def note_many(by: User, rows: Iterable[Incident | TimelineEntry], *, name: str) -> None:
    """A list that holds incidents whole, such as the API's: how many, in one record an hour."""
    reads.note(by, Read.INCIDENTS, name=name, rows=len(list(rows)))
