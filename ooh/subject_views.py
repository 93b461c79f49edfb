"""A person asks what the desk holds about them: a service manager takes the pack out and hands it over."""

import tempfile
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.text import slugify
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.models.user import MACHINES
from accounts.requests import signed_in
from accounts.roles import Permission
from ooh import subjects


class SubjectForm(forms.Form):
    """Whoever is or was somebody here, leavers too."""

    person = forms.ModelChoiceField(
        User.objects.none(), label="Who asks?", empty_label="Choose the person",
        help_text="Make sure that it is they who ask. Leavers are in the list too.",
        error_messages={"required": "Choose the person", "invalid_choice": "Choose somebody of the list"},
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = User.objects.exclude(organisation=None).exclude(groups__name__in=MACHINES)
        field: Any = self.fields["person"]
        field.queryset = people.select_related("organisation").order_by("name")
        field.label_from_instance = lambda each: f"{each.name}, {each.organisation} ({each.email})"


@login_required
@never_cache
def subject_export(request: HttpRequest) -> HttpResponseBase:
    """The form, and by POST the pack. It is recorded before it leaves."""
    by = signed_in(request)
    if not by.has_perm(Permission.EXPORT_PERSON):
        raise PermissionDenied
    initial = {"person": request.GET.get("person", "")}
    form = SubjectForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_valid():
        return _pack(form.cleaned_data["person"], by)
    return _page(request, form)


def _page(request: HttpRequest, form: SubjectForm) -> HttpResponse:
    return render(request, "ooh/subject_export.html", {"form": form}, status=422 if form.is_bound else 200)


def _pack(person: User, by: User) -> FileResponse:
    file = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it)
    subjects.write(file, person, by=by)
    file.seek(0)
    name = f"what-the-desk-holds-{slugify(person.name)}.zip"
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")
