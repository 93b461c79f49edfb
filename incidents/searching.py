"""Finding incidents: by state, customer and words, a page at a time."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.paginator import EmptyPage
from django.db.models import Q

from accounts.models import Customer, User
from incidents.models import Incident, State
from incidents.models.incident import IncidentQuerySet

PAGE_SIZE = 25


class ListForm(forms.Form):
    """What the list can be narrowed by. Nonsense in the address narrows nothing."""

    STATES = [("", "Every state"), ("open", "Open"), *State.choices]

    q = forms.CharField(label="Words or reference", required=False, max_length=100)
    state = forms.ChoiceField(choices=STATES, required=False)
    customer = forms.ModelChoiceField(
        Customer.objects.none(), required=False, empty_label="Every customer", to_field_name="short_name"
    )
    page = forms.IntegerField(required=False, min_value=1, max_value=100_000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        customers: Any = self.fields["customer"]
        customers.queryset = Customer.objects.visible_to(user)


@dataclass(frozen=True)
class Page:
    """A page of rows, without a count: lists grow, and nobody asks for the last page."""

    rows: list[Incident]
    number: int
    has_next: bool

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def previous_number(self) -> int:
        return self.number - 1


def page_of(incidents: IncidentQuerySet, form: ListForm) -> Page:
    """The page that the form asks for, in one query. Raises EmptyPage beyond the end."""
    form.is_valid()
    asked: dict[str, Any] = getattr(form, "cleaned_data", {})
    number = asked.get("page") or 1
    rows = (
        narrowed(incidents, asked)
        .select_related("customer", "service", "owner")
        .order_by("-logged_at", "-id")
    )
    first = (number - 1) * PAGE_SIZE
    found = list(rows[first : first + PAGE_SIZE + 1])
    if not found and number > 1:
        raise EmptyPage
    return Page(found[:PAGE_SIZE], number, len(found) > PAGE_SIZE)


def narrowed(incidents: IncidentQuerySet, asked: dict[str, Any]) -> IncidentQuerySet:
    if state := asked.get("state"):
        incidents = incidents.open() if state == "open" else incidents.filter(state=state)
    if customer := asked.get("customer"):
        incidents = incidents.filter(customer=customer)
    if words := asked.get("q"):
        incidents = incidents.filter(
            Q(reference__icontains=words) | Q(customer__name__icontains=words)
            | Q(service__name__icontains=words) | Q(impact__icontains=words)
            | Q(error_text__icontains=words) | Q(resolution__icontains=words)
            | Q(customer_reference__icontains=words)
        )  # fmt: skip
    return incidents
