"""Addresses of SOPs and runs."""

from django.urls import path, register_converter

import incidents.urls  # noqa: F401  (the converter `reference`)
from sops import matrix_views, owner_views, rehearsal_views, run_views, suspension_views, views
from sops.converters import RunNumberConverter, SopCodeConverter, VersionNumberConverter

register_converter(SopCodeConverter, "sop_code")
register_converter(VersionNumberConverter, "version_number")
register_converter(RunNumberConverter, "run_number")

urlpatterns = [
    path("sops/", views.sop_list, name="sops"),
    path("sops/coverage/", matrix_views.coverage, name="sop_coverage"),
    path("sops/suspensions/", suspension_views.suspensions, name="suspensions"),
    path("sops/suspensions/<run_number:pk>/lift/", suspension_views.lift, name="lift_suspension"),
    path("sops/<sop_code:code>/", views.sop, name="sop"),
    path(
        "sops/<sop_code:code>/versions/<version_number:number>/rehearse/",
        rehearsal_views.rehearse,
        name="rehearse",
    ),
    path("sops/<sop_code:code>/suspend/", views.suspend, name="suspend_sop"),
    path("sops/<sop_code:code>/owners/", owner_views.owners, name="sop_owners"),
    path(
        "sops/<sop_code:code>/owners/<int:pk>/take-back/",
        owner_views.take_back,
        name="take_sop_back",
    ),
    path("sops/<sop_code:code>/draft/", views.start_draft, name="start_draft"),
    path("incidents/<reference:reference>/sop/", views.start_run, name="start_run"),
    path("runs/<run_number:pk>/", run_views.run, name="run"),
    path("runs/<run_number:pk>/<slug:name>/", run_views.act, name="run_act"),
]
