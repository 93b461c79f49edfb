"""Addresses of the API of SOPs and runs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

import incidents.urls  # noqa: F401  (the converter `reference`)
from sops import api

router = SimpleRouter()
router.register("sops", api.Sops, basename="api-sop")
router.register("runs", api.Runs, basename="api-run")

urlpatterns = [
    path("incidents/<reference:reference>/runs/", api.RunsOfIncident.as_view(), name="api-incident-runs"),
    *router.urls,
]
