"""The page where one SOP is given to somebody who is no author, and taken back."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import grants
from accounts.models import User
from accounts.requests import permitted
from accounts.roles import Permission
from incidents.sharing_views import ShareForm
from incidents.views import done
from sops.models import Sop, SopGrant
from sops.services import owning

LASTS = (("720", "30 days"), ("2160", "90 days"), ("8760", "A year"))


class OwnerForm(ShareForm):
    def __init__(self, *args: object, user: User, **kwargs: object) -> None:
        super().__init__(*args, user=user, people=owning.candidates(user), lasts=LASTS, **kwargs)
        self.fields["reason"].help_text = "It stands on this page and in the audit trail."


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def owners(request: HttpRequest, code: str) -> HttpResponse:
    """Who writes it besides the authors; a POST adds one."""
    by = permitted(request, Permission.GRANT_SOP)
    sop = get_object_or_404(Sop.objects.visible_to(by), code=code)
    form = OwnerForm(request.POST if request.method == "POST" else None, user=by, initial={"lasts": "720"})

    def act() -> SopGrant:
        given = form.cleaned_data
        return owning.give_sop(
            sop.pk, person=given["person"], reason=given["reason"], expires_at=form.expires_at, by=by
        )

    if form.is_bound and done(form, act):
        messages.success(request, f"Given. {form.cleaned_data['person']} writes {sop.code} from now on.")
        return redirect("sop_owners", code)
    context = {"sop": sop, "form": form} | grants.shown(SopGrant, sop, by)
    return render(request, "sops/owners.html", context, status=422 if form.is_bound else 200)


@login_required
@require_POST
def take_back(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Giving it again undoes that."""
    by = permitted(request, Permission.GRANT_SOP)
    grant = get_object_or_404(SopGrant.objects.visible_to(by), pk=pk, content_object__code=code)
    person = owning.take_sop_back(grant.pk, by=by).user
    messages.success(request, f"Taken back. {person} writes {code} no more.")
    return redirect("sop_owners", code)
