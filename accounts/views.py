"""Signing out, and the choice of light or dark."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.models import User


class SignOut(LogoutView):
    """By POST only, so that no link signs anybody out. What the browser kept of the desk goes too."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        answer: HttpResponse = super().post(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache"'
        return answer


@login_required
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep the person's choice and return to the page that they were on."""
    theme = request.POST.get("theme", "")
    if theme not in User.Theme.values:
        return HttpResponseBadRequest("Choose light, dark, or as the device.")
    user = User.objects.get(pk=request.user.pk)
    user.theme = theme
    user.save(update_fields=["theme"])
    back = request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return redirect(back if is_ours else "board")
