"""The page on which an author writes a draft: change the page, save, or save and submit."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse

from accounts.errors import Conflict
from sops import services
from sops.deciding import WithdrawForm
from sops.draft_sheet import ASKS, Sheet
from sops.models import SopVersion
from sops.problems import MOST_STEPS
from sops.step_forms import ActionForm, CheckForm, actions_of
from sops.writing import fingerprint

OTHER_KINDS = (
    ("manual", "manual step"), ("decision", "decision by a person"), ("judged", "decision by a check"),
    ("communicate", "status update"), ("escalate", "escalation"),
)  # fmt: skip


def draft_page(request: HttpRequest, version: SopVersion) -> HttpResponse:
    """Read, change the page, save, or save and submit. 422 with each error at its field, 409 if overtaken."""
    if request.method != "POST":
        return _shown(request, version, Sheet.of_version(version), seen=fingerprint(version))
    asked = request.POST.get("do", "")
    seen = request.POST.get("seen", "")[:64]
    is_ask = asked.partition("-")[0] in ASKS
    sheet = Sheet.of_post(request.POST, is_checked=not is_ask)
    if is_ask:
        sheet.obey(asked)
        return _shown(request, version, sheet, seen=seen)
    if not sheet.is_valid():
        return _shown(request, version, sheet, seen=seen, status=422)
    return _save(request, version, sheet, seen, is_submission=asked == "submit")


def _save(
    request: HttpRequest, version: SopVersion, sheet: Sheet, seen: str, *, is_submission: bool
) -> HttpResponse:
    by: Any = request.user
    texts, steps = sheet.content()
    try:
        version = services.write_draft(version.pk, texts=texts, steps=steps, seen=seen, by=by)
        if is_submission:
            return _submit(request, version, sheet)
    except Conflict as conflict:
        now = SopVersion.objects.visible_to(by).get(pk=version.pk)
        return _shown(request, now, sheet, seen=fingerprint(now), status=409, conflict=conflict)
    messages.success(request, "Saved. It is still your draft.")
    return redirect(request.path)


def _submit(request: HttpRequest, version: SopVersion, sheet: Sheet) -> HttpResponse:
    """To the approvers; or back to the author, saved, with what is missing."""
    by: Any = request.user
    try:
        services.submit_version(version.pk, by=by)
    except ValidationError as error:
        sheet.show_what_is_missing(error)
        return _shown(request, version, sheet, seen=fingerprint(version), status=422)
    messages.success(request, f"{version} waits for approval.")
    return redirect("sop", version.sop.code)


def _shown(
    request: HttpRequest, version: SopVersion, sheet: Sheet, *, seen: str, status: int = 200,
    conflict: Conflict | None = None,
) -> HttpResponse:  # fmt: skip
    context = {
        "version": version, "sop": version.sop, "sheet": sheet, "seen": seen, "conflict": conflict,
        "problems": sheet.problems() if status == 422 else [], "places": [each.spot for each in sheet.steps],
        "is_full": len(sheet.keys) >= MOST_STEPS, "checks": actions_of(CheckForm.risks),
        "actions": actions_of(ActionForm.risks), "others": OTHER_KINDS,
        "withdraw": WithdrawForm(auto_id="withdraw_%s"),
    }  # fmt: skip
    return TemplateResponse(request, "admin/sops/sopversion/write.html", context, status=status)
