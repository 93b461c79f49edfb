"""Telephone calls of an incident: logging one, and calling a promised one off."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.requests import permitted
from accounts.roles import Permission
from incidents import workbench
from incidents.call_forms import CallForm, call_initial, people
from incidents.calls import call_off, log_call, promise_words
from incidents.forms import ReasonForm
from incidents.models import Incident, PhoneCall
from incidents.views import act_page, done


@login_required
def log_call_on(request: HttpRequest, reference: str) -> HttpResponse:
    """A call on an incident that is logged already. `?keeps=` names the promise that it is about."""
    user = permitted(request, Permission.ADD_ENTRY)
    found = workbench.find(request, reference)
    calls = workbench.calls_of(found)
    if request.method == "POST":
        form = CallForm(request.POST)
        if done(form, lambda: log_call(found.pk, **form.call(), by=user)):
            messages.success(request, "Call logged.")
            return redirect("incident", reference)
    else:
        form = CallForm(initial=call_initial(found, calls, _promise(request, found)))
    context = {"incident": found, "form": form, "people": people(found, calls)}
    return render(request, "incidents/call.html", context, status=422 if form.is_bound else 200)


@login_required
def call_off_promise(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Nobody makes the promised call, and why."""
    user = permitted(request, Permission.ADD_ENTRY)
    found = workbench.find(request, reference)
    call = get_object_or_404(found.calls.visible_to(user).exclude(next_call_at=None), pk=pk)
    form = ReasonForm(
        request.POST if request.method == "POST" else None, label="Why does nobody make this call?"
    )
    return act_page(
        request, found, form, lambda: call_off(call.pk, reason=form.cleaned_data["reason"], by=user),
        "Called off, with your reason.", heading="Call it off", lead=promise_words(call),
        button="Call it off",
    )  # fmt: skip


def _promise(request: HttpRequest, incident: Incident) -> PhoneCall | None:
    """The open promise of the address; anything else there is as if it were not."""
    number = request.GET.get("keeps", "")
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        return None
    return incident.calls.promised().filter(pk=int(number)).first()
