"""Every address of the desk. Each app names its own; the roof puts them together."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from ooh import health, metrics, subject_views, views

urlpatterns = [
    path("", views.board, name="board"),
    path("search/", views.search, name="search"),
    path("no-role/", views.no_role, name="no_role"),
    path("people/export/", subject_views.subject_export, name="subject_export"),
    path("", include("accounts.urls")),
    path("", include("incidents.urls")),
    path("", include("sops.urls")),
    path("", include("handover.urls")),
    path("", include("ooh.reports.urls")),
    path("status/", include("incidents.status.subscribers.urls")),
    path("status/", include("incidents.status.urls")),
    path("api/v1/", include("ooh.api.urls")),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("health/", health.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
    # The administration has no way in of its own: it would ask for no second factor, and count no tries.
    path("admin/login/", RedirectView.as_view(pattern_name="sign_in", query_string=True)),
    path("admin/password_change/", RedirectView.as_view(pattern_name="new_password")),
    path("admin/", admin.site.urls),
]

handler400 = "ooh.views.bad_request"
