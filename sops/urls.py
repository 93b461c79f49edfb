"""Addresses of SOPs and runs."""

from django.urls import path, register_converter

import incidents.urls  # noqa: F401  (the converter `reference`)
from sops import run_views, views
from sops.converters import RunNumberConverter, SopCodeConverter

register_converter(SopCodeConverter, "sop_code")
register_converter(RunNumberConverter, "run_number")

urlpatterns = [
    path("sops/", views.sop_list, name="sops"),
    path("sops/<sop_code:code>/", views.sop, name="sop"),
    path("sops/<sop_code:code>/suspend/", views.suspend, name="suspend_sop"),
    path("sops/<sop_code:code>/draft/", views.start_draft, name="start_draft"),
    path("incidents/<reference:reference>/sop/", views.start_run, name="start_run"),
    path("runs/<run_number:pk>/", run_views.run, name="run"),
    path("runs/<run_number:pk>/<slug:name>/", run_views.act, name="run_act"),
]
