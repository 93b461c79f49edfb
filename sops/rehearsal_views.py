"""The page on which a person chooses where a version is rehearsed."""

from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.models import Customer, User
from accounts.requests import signed_in
from sops import presenting, services
from sops.models import Run, SopVersion
from sops.problems import step_problems
from sops.rehearsal import Place, is_rehearser, may_rehearse, places_for


class RehearseForm(forms.Form):
    """Which customer of the simulated estate. The service checks again that it fits."""

    customer = forms.TypedChoiceField(
        label="Where?", coerce=int, widget=forms.RadioSelect,
        error_messages={
            "required": "Choose a customer of the simulated estate",
            "invalid_choice": "Choose one of the customers that have every target",
        },
    )  # fmt: skip

    def __init__(self, *args: Any, places: list[Place], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fitting: Any = self.fields["customer"]
        fitting.choices = [(place.customer.pk, place.customer.name) for place in places if place.fits]


@login_required
def rehearse(request: HttpRequest, code: str, number: int) -> HttpResponse:
    """Where it can be rehearsed, and why not elsewhere; a POST starts the rehearsal."""
    person = signed_in(request)
    rows = SopVersion.objects.visible_to(person).select_related("sop").prefetch_related("steps")
    version = get_object_or_404(rows, sop__code=code, number=number)
    if not is_rehearser(version.sop, person):
        raise PermissionDenied
    places = places_for(version, person)
    form = RehearseForm(request.POST if request.method == "POST" else None, places=places)
    if form.is_valid():
        try:
            run = services.rehearse(version.pk, customer_id=form.cleaned_data["customer"], by=person)
        except ValidationError as error:
            form.add_error(None, error.messages)
        else:
            return redirect("run", run.pk)
    context = _page(version, person, places) | {"form": form}
    return render(request, "sops/rehearse.html", context, status=422 if form.is_bound else 200)


def _page(version: SopVersion, person: User, places: list[Place]) -> dict[str, Any]:
    steps = list(version.steps.all())
    going_on = Run.objects.visible_to(person).active().filter(version=version, incident=None)
    return {
        "version": version, "sop": version.sop, "places": places,
        "fitting": [place for place in places if place.fits],
        "others": [place for place in places if not place.fits],
        "real": Customer.objects.visible_to(person).active().filter(is_simulated=False).count(),
        "problems": step_problems(steps), "may_rehearse": may_rehearse(version, person),
        "going_on": list(going_on.newest_first()), "risks": presenting.risks(steps), "steps": len(steps),
    }  # fmt: skip
