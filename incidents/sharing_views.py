"""The page where one incident is shared with one person, and where that is taken back."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts import grants
from accounts.models import User
from accounts.requests import permitted, signed_in
from accounts.roles import Permission
from incidents import sharing
from incidents.models import Incident, IncidentGrant
from incidents.views import done
from incidents.workbench import find

LASTS = (("12", "Until the end of this shift, 12 hours"), ("72", "Three days"), ("336", "Two weeks"))


class ShareForm(forms.Form):
    person = forms.ModelChoiceField(
        User.objects.none(), label="With whom?", empty_label="Choose the person",
        error_messages={"required": "Choose the person", "invalid_choice": "Choose one of the people listed"},
    )  # fmt: skip
    lasts = forms.ChoiceField(
        label="For how long?", choices=LASTS, widget=forms.RadioSelect,
        error_messages={"required": "Choose for how long", "invalid_choice": "Choose one of these"},
    )  # fmt: skip
    reason = forms.CharField(
        label="Why?", max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What they are to look at. It stands in the timeline. No patient data.",
        error_messages={"required": "Say why they need to see it"},
    )  # fmt: skip

    def __init__(self, *args: Any, user: User, people: Any = None, lasts: Any = LASTS, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person: Any = self.fields["person"]
        person.queryset = sharing.candidates(user) if people is None else people
        person.label_from_instance = lambda each: f"{each.name}, {each.organisation}"
        self.fields["lasts"].choices = lasts  # type: ignore[attr-defined]

    @property
    def expires_at(self) -> Any:
        return timezone.now() + timedelta(hours=int(self.cleaned_data["lasts"]))


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def share(request: HttpRequest, reference: str) -> HttpResponse:
    """Who sees it besides those whose role does; a POST adds one."""
    by, incident = permitted(request, Permission.GRANT_INCIDENT), find(request, reference)
    form = ShareForm(request.POST if request.method == "POST" else None, user=by, initial={"lasts": "12"})

    def act() -> IncidentGrant:
        given = form.cleaned_data
        return sharing.share(
            incident.pk, person=given["person"], reason=given["reason"], expires_at=form.expires_at, by=by
        )

    if form.is_bound and done(form, act):
        messages.success(request, f"Shared. {form.cleaned_data['person']} sees it from now on.")
        return redirect("share_incident", reference)
    return _page(request, incident, form)


@login_required
@require_POST
def unshare(request: HttpRequest, reference: str, pk: int) -> HttpResponse:
    """Taken back; giving it again undoes that."""
    by, incident = permitted(request, Permission.GRANT_INCIDENT), find(request, reference)
    grant = get_object_or_404(IncidentGrant.objects.visible_to(by), pk=pk, content_object=incident)
    person = sharing.unshare(grant.pk, by=by).user
    messages.success(request, f"Withdrawn. {person} sees it no more.")
    return redirect("share_incident", reference)


def _page(request: HttpRequest, incident: Incident, form: ShareForm) -> HttpResponse:
    context = {"incident": incident, "form": form} | grants.shown(IncidentGrant, incident, signed_in(request))
    return render(request, "incidents/share.html", context, status=422 if form.is_bound else 200)
