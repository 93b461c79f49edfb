"""The pages of the access review: all quarters, one sheet to decide on, and the same as CSV."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from accounts import reads, reviewing
from accounts.models import AccessReview
from accounts.models.read_record import Read
from accounts.requests import signed_in
from accounts.roles import Permission
from accounts.sign_in.own_views import recently_proved


@login_required
@never_cache
def reviews(request: HttpRequest) -> HttpResponse:
    """All of them; a POST begins that of this quarter."""
    user, now = signed_in(request), timezone.now()
    visible = AccessReview.objects.visible_to(user)
    if not (user.has_perm(Permission.REVIEW_ACCESS) or visible.exists()):
        raise PermissionDenied
    if request.method == "POST":
        return redirect("access_review", reviewing.begin(now, by=user).quarter)
    quarter = reviewing.quarter_of(timezone.localtime(now).date())
    found = list(visible.select_related("begun_by", "finished_by"))
    context = {
        "reviews": found, "quarter": quarter, "is_begun": any(one.quarter == quarter for one in found),
        "may_decide": user.has_perm(Permission.REVIEW_ACCESS),
    }  # fmt: skip
    return render(request, "accounts/access_reviews.html", context)


@login_required
@never_cache
def review(request: HttpRequest, quarter: str) -> HttpResponse:
    """The sheet; `?format=csv` the same as a file, which is on record as an export."""
    user, found = signed_in(request), _find(request, quarter)
    if request.GET.get("format") == "csv":
        headers = {"Content-Disposition": f'attachment; filename="access-review-{found.quarter}.csv"'}
        sheet = reviewing.written(found, by=user)
        return HttpResponse(sheet, content_type="text/csv; charset=utf-8", headers=headers)
    rows = reviewing.rows(found)
    reads.note(user, Read.PERSON, found, rows=len(rows))
    may_decide = user.has_perm(Permission.REVIEW_ACCESS) and found.finished_at is None
    context = {
        "review": found, "rows": rows, "may_decide": may_decide,
        "left": sum(row.who.is_working and row.decision is None for row in rows),
    }  # fmt: skip
    return render(request, "accounts/access_review.html", context)


@require_POST
@recently_proved
def decide(request: HttpRequest, quarter: str, pk: int) -> HttpResponse:
    found = _find(request, quarter)
    user, answer = signed_in(request), request.POST.get("answer", "")
    _tell(request, lambda: reviewing.decide(found.pk, pk, answer, by=user), "Recorded.")
    return redirect("access_review", quarter)


@require_POST
@recently_proved
def finish(request: HttpRequest, quarter: str) -> HttpResponse:
    found = _find(request, quarter)
    _tell(request, lambda: reviewing.finish(found.pk, by=signed_in(request)), "The review is finished.")
    return redirect("access_review", quarter)


def _tell(request: HttpRequest, act: Any, done: str) -> None:
    try:
        act()
    except ValidationError as error:
        messages.error(request, f"{error.messages[0]}.")
    else:
        messages.success(request, done)


def _find(request: HttpRequest, quarter: str) -> AccessReview:
    visible = AccessReview.objects.visible_to(signed_in(request))
    return get_object_or_404(visible, quarter=quarter.replace("\0", "")[:7])
