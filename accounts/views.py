"""Signing in and out, and the choice of light or dark."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.demo import DEMO_PASSWORD, DEMO_PEOPLE
from accounts.models import User


class SignIn(LoginView):
    """E-mail and password. On a demo desk the page lists who can be tried."""

    template_name = "accounts/sign_in.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs) | {
            "demo_people": demo_people(),
            "demo_password": DEMO_PASSWORD,
        }


class SignOut(LogoutView):
    """By POST only, so that no link signs anybody out."""


def demo_people() -> list[tuple[str, str]]:
    """E-mail and name of the demo's people, while this is a demo that has them."""
    if settings.PRODUCTION or not User.objects.filter(email=DEMO_PEOPLE[0][0]).exists():
        return []
    return [(email, name) for email, name, *_ in DEMO_PEOPLE]


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
