"""The board, the search, and the small pages of the roof."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import get_template
from django.utils import timezone

from accounts.models import User
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.models import Incident
from ooh import board as reading


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """What is open, whose it is, what is due; or one region of it for htmx."""
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_INCIDENT):
        return redirect(_home(user))
    context = reading.facts(user, timezone.now())
    part = reading.PARTS.get(request.GET.get("part", ""))
    if part and request.htmx:  # type: ignore[attr-defined]
        return render(request, part, context | {"is_part": True})
    return render(request, "ooh/board.html", context)


def _home(user: User) -> str:
    """Where somebody begins who has no board."""
    for permission, name in (
        (Permission.ACKNOWLEDGE_PAGE, "pages"), (Permission.VIEW_SOP, "sops"), (Permission.USE_ADMIN,
        "admin:index"),
    ):  # fmt: skip
        if user.has_perm(permission):
            return name
    return "no_role"


@login_required
def no_role(request: HttpRequest) -> HttpResponse:
    """Signed in, and allowed nothing: say so, and whom to ask."""
    return render(request, "ooh/no_role.html", status=403)


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """One box for incidents and SOPs; a whole reference opens its incident."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    incidents = Incident.objects.visible_to(request.user)
    if words and (found := incidents.filter(reference__iexact=words).first()):
        return redirect("incident", found.reference)
    return render(request, "ooh/search.html", reading.found(signed_in(request), words))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """What could not be read, or is too much: with nothing of the request, which may have no person yet."""
    name, status = ("413.html", 413) if isinstance(exception, RequestDataTooBig) else ("400.html", 400)
    return HttpResponse(get_template(name).render(), status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long, or came from elsewhere: say so, and that nothing was sent."""
    return render(request, "403_csrf.html", status=403)
