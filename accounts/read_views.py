"""Who read what, for auditors: the newest first, found by person, kind, name and day."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts import reads
from accounts.models import Read, ReadRecord
from accounts.models.read_record import ReadRecordQuerySet
from accounts.requests import signed_in
from accounts.roles import Permission

SHOWN = 50
NO_DAY = {"invalid": "Enter a day, such as 2026-11-22"}


class ReadsForm(forms.Form):
    """What the list is narrowed by; a field with nonsense narrows nothing and says so."""

    q = forms.CharField(label="Person, reference or file", required=False, max_length=100)
    what = forms.ChoiceField(label="What", required=False, choices=[("", "Everything"), *Read.choices])
    since = forms.DateField(
        label="From this day", required=False, error_messages=NO_DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    until = forms.DateField(
        label="Until this day", required=False, error_messages=NO_DAY,
        widget=forms.DateInput(attrs={"type": "date"}),
    )  # fmt: skip
    page = forms.IntegerField(required=False, min_value=1, max_value=10_000, widget=forms.HiddenInput)


@dataclass(frozen=True)
class Page:
    """A page of records, without a count: they are many, and nobody asks for the last page."""

    rows: list[ReadRecord]
    number: int
    has_next: bool

    @property
    def next_number(self) -> int:
        return self.number + 1

    @property
    def previous_number(self) -> int:
        return self.number - 1


@login_required
@never_cache
@require_safe
def read_list(request: HttpRequest) -> HttpResponse:
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_AUDIT):
        raise PermissionDenied
    form = ReadsForm(request.GET)
    form.is_valid()
    page = _page(ReadRecord.objects.visible_to(user), form.cleaned_data)
    reads.note(user, Read.AUDIT_TRAIL, name="Who read what", rows=len(page.rows))
    return render(request, "accounts/reads.html", {"form": form, "page": page})


def _page(records: ReadRecordQuerySet, asked: dict[str, Any]) -> Page:
    number = asked.get("page") or 1
    first = (number - 1) * SHOWN
    rows = _narrowed(records, asked).select_related("reader", "organisation")[first : first + SHOWN + 1]
    found = list(rows)
    return Page(found[:SHOWN], number, len(found) > SHOWN)


def _narrowed(records: ReadRecordQuerySet, asked: dict[str, Any]) -> ReadRecordQuerySet:
    if words := asked.get("q"):
        records = records.filter(Q(reader__name__icontains=words) | Q(object_name__icontains=words))
    if what := asked.get("what"):
        records = records.filter(what=what)
    if since := asked.get("since"):
        records = records.filter(read_at__gte=_midnight(since))
    if until := asked.get("until"):
        records = records.filter(read_at__lt=_midnight(until) + timedelta(days=1))
    return records


def _midnight(day: Any) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))
