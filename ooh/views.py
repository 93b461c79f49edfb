"""The board, and the small pages of the roof."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from incidents.models import Incident


@login_required
def board(request: HttpRequest) -> HttpResponse:
    """What is open, whose it is, what is due."""
    incidents = Incident.objects.visible_to(request.user).on_board()
    return render(request, "ooh/board.html", {"incidents": incidents})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form was open too long, or came from elsewhere: say so, and that nothing was sent."""
    return render(request, "403_csrf.html", status=403)
