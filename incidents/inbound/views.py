"""What a person says of a source whose alerts the desk cannot read."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.requests import signed_in
from incidents.inbound.receiving import acknowledge_refusals
from incidents.models import AlertFeed


@login_required
@require_POST
def seen(request: HttpRequest, pk: int) -> HttpResponse:
    """Somebody knows, and takes care that the source is put right."""
    user = signed_in(request)
    feed = get_object_or_404(AlertFeed.objects.visible_to(user), pk=pk)
    count = request.POST.get("seen", "")
    number = int(count) if count.isascii() and count.isdigit() and len(count) < 10 else -1
    acknowledge_refusals(feed.pk, seen=number, by=user)
    messages.success(request, f"Noted. What {feed.source} sends wrong from now on is shown again.")
    return redirect("board")
