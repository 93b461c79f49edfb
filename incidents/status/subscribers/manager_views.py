"""Who is told, for service managers alone: counts, a list with the addresses masked, and the end of one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import reads
from accounts.models import Read
from accounts.requests import signed_in
from accounts.roles import Permission
from incidents.models import Subscriber
from incidents.status.subscribers import reading, services
from incidents.status.subscribers.forms import EndForm

SHOWN = 50


@login_required
@require_safe
def subscribers(request: HttpRequest) -> HttpResponse:
    return _page(request)


@login_required
@require_POST
def end_subscriber(request: HttpRequest, pk: str) -> HttpResponse:
    """End one, with a reason. What was typed is kept when it is refused."""
    _refuse_others(request)
    subscriber = get_object_or_404(Subscriber.objects.visible_to(request.user), pk=pk)
    form = EndForm(request.POST, auto_id=f"end-{subscriber.pk}-%s")
    if form.is_valid():
        try:
            services.end(subscriber.pk, reason=form.cleaned_data["reason"], by=signed_in(request))
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, "Ended. Nothing more is sent to it")
            return redirect("subscribers")
    return _page(request, form, subscriber.pk, status=422)


def _page(
    request: HttpRequest, form: EndForm | None = None, at_row: int = 0, status: int = 200
) -> HttpResponse:
    _refuse_others(request)
    wanted = request.GET.get("q", "").replace("\0", "")[:300]
    found = reading.listed(request.user, wanted)
    page = Paginator(found, SHOWN).get_page(request.GET.get("page"))
    if at_row and at_row not in {each.pk for each in page}:
        page = Paginator(found.filter(pk=at_row), SHOWN).get_page(1)
    reads.note(signed_in(request), Read.SUBSCRIBERS, name="Subscribers", rows=len(page.object_list))
    rows = [
        (each, form if each.pk == at_row else EndForm(auto_id=f"end-{each.pk}-%s")) for each in page
    ]  # fmt: skip
    context = {"rows": rows, "page": page, "counts": reading.counts(request.user), "q": wanted, "form": form}
    return render(request, "incidents/subscribers.html", context, status=status)


def _refuse_others(request: HttpRequest) -> None:
    if not request.user.has_perm(Permission.MANAGE_SUBSCRIBERS):
        raise PermissionDenied
