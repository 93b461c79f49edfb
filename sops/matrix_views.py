"""The page of the coverage matrix."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.requests import signed_in
from accounts.roles import Permission
from sops.matrix_reading import coverage_for

SHOWN = 20


@login_required
@require_safe
def coverage(request: HttpRequest) -> HttpResponse:
    """Which SOPs serve which P1 situation of which service, where there is none, and what was missing."""
    user = signed_in(request)
    if not user.has_perm(Permission.VIEW_SOP):
        raise PermissionDenied
    found = coverage_for(user, timezone.now())
    missing = found.missing or []
    context = {
        "coverage": found, "matrix": found.matrix, "missing": missing[:SHOWN],
        "older": max(0, len(missing) - SHOWN),
        "may_see_incidents": user.has_perm(Permission.VIEW_INCIDENT),
    }  # fmt: skip
    return render(request, "sops/coverage.html", context)
