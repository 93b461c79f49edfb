"""Addresses of the API of incidents."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from incidents.api import calls, incidents, proposals, reading

router = SimpleRouter()
router.register("incidents", incidents.Incidents, basename="api-incident")
router.register(
    "incidents/(?P<reference>[A-Za-z0-9-]{1,20})/calls", calls.PhoneCalls, basename="api-phone-call"
)
router.register("proposals", proposals.Proposals, basename="api-proposal")
router.register("customers", reading.Customers, basename="api-customer")
router.register("services", reading.Services, basename="api-service")
router.register("components", reading.Components, basename="api-component")

urlpatterns = [
    path("alerts/", proposals.Alerts.as_view(), name="api-alerts"),
    path("alerts/<slug:source>/", proposals.AlertsOf.as_view(), name="api-alerts-of"),
    path("coverage/", reading.Coverage.as_view(), name="api-coverage"),
    path("coverage/seconds/", reading.CoverageSeconds.as_view(), name="api-coverage-seconds"),
    *router.urls,
]
