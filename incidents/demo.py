"""The demo's history: closed incidents of last month and this one. All made up; safe to run again.

Put into the tables in bulk, since services write the present only. The gate, the references and the words are
the real ones. Each incident belongs to a simulated customer and carries a DEMO reference of that customer.
Nothing is announced: what is long over waits for no delivery.
"""

from datetime import date, datetime, timedelta
from random import Random

from django.db import transaction
from django.utils import timezone

from accounts.models import Customer, Service, Team, User
from incidents import demo_status
from incidents.demo_stories import CAST
from incidents.demo_telling import People, Tale, tell
from incidents.local_time import local
from incidents.models import (
    CalendarDay,
    Incident,
    PhoneCall,
    ReferenceCounter,
    StatusUpdate,
    TimelineEntry,
)


def seed() -> None:
    """Last month and this one up to now. A month that has history is left as it is."""
    CalendarDay.objects.all().take_effect()
    now = timezone.now()
    demo_status.seed(now)
    this = local(now).date().replace(day=1)
    for first in ((this - timedelta(days=1)).replace(day=1), this):
        _seed_month(first, now)


@transaction.atomic
def _seed_month(first: date, now: datetime) -> None:
    marker = f"DEMO-{first:%Y-%m}-"
    if Incident.objects.filter(customer_reference__startswith=marker).exists():
        return
    tales = [tale for tale in _tales(first, marker) if tale.ended_at < now]
    _number(tales)
    Incident.objects.bulk_create(tale.incident for tale in tales)
    StatusUpdate.objects.bulk_create(update for tale in tales for update in tale.updates)
    for tale in tales:
        tale.tie_updates()
    entries = [entry for tale in tales for entry in tale.entries]
    TimelineEntry.objects.bulk_create(sorted(entries, key=lambda entry: entry.happened_at))
    calls = [call for tale in tales for call in tale.calls]
    PhoneCall.objects.bulk_create(call for call in calls if call.kept_by is None)
    PhoneCall.objects.bulk_create(call for call in calls if call.kept_by is not None)


def _tales(first: date, marker: str) -> list[Tale]:
    """The whole month, in the order of the calls, whatever of it lies ahead: the same at each run."""
    chance = Random(marker)  # noqa: S311  (a story, not a secret)
    people, customers, services = _people(), _customers(), {each.code: each for each in Service.objects.all()}
    tales = []
    for story in CAST:
        customer = customers[chance.choice(story.customers)]
        tales.append(tell(story, customer, services[story.service], first, people, chance))
    tales.sort(key=lambda tale: tale.incident.reported_at)
    for number, tale in enumerate(tales, start=1):
        tale.incident.customer_reference = f"{marker}{number:02d}"
    return tales


def _number(tales: list[Tale]) -> None:
    """The next references of each year, in the order of the calls, from the counter of all incidents."""
    counters = ReferenceCounter.objects.select_for_update()
    for tale in tales:
        counter, _ = counters.get_or_create(year=local(tale.incident.logged_at).year)
        counter.last += 1
        counter.save()
        tale.incident.reference = str(counter)


def _people() -> People:
    found = {user.email: user for user in User.objects.filter(email__endswith=".example")}
    return People(
        engineers=(found["engineer.1@partner.example"], found["engineer.2@partner.example"]),
        lead=found["lead@partner.example"],
        analysts=(found["desk.1@vendor.example"], found["desk.2@vendor.example"]),
        teams={team.code: team.name for team in Team.objects.all()},
    )


def _customers() -> dict[str, Customer]:
    """Simulated ones alone: history is never made up for a real customer."""
    return {customer.short_name: customer for customer in Customer.objects.filter(is_simulated=True)}
