"""Addresses of the API of SOPs and runs."""

from django.urls import path
from rest_framework.routers import SimpleRouter

import incidents.urls  # noqa: F401  (the converter `reference`)
from sops import api, matrix_api, rehearsal_api, suspension_api

router = SimpleRouter()
router.register("sops", api.Sops, basename="api-sop")
router.register("runs", api.Runs, basename="api-run")
router.register("suspensions", suspension_api.Suspensions, basename="api-suspension")

urlpatterns = [
    path("sops/coverage/", matrix_api.SopCoverage.as_view(), name="api-sop-coverage"),
    path("incidents/<reference:reference>/runs/", api.RunsOfIncident.as_view(), name="api-incident-runs"),
    path("sops/<str:code>/rehearsals/", rehearsal_api.RehearsalsOfSop.as_view(), name="api-sop-rehearsals"),
    *router.urls,
]
