"""Addresses of the API of incidents."""

from django.urls import path, re_path
from rest_framework.routers import SimpleRouter

from incidents.api import alerts, calls, incidents, proposals, reading, sync

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
    path("alerts/", alerts.Alerts.as_view(), name="api-alerts"),
    path("alerts/<slug:source>/", alerts.AlertsOf.as_view(), name="api-alerts-of"),
    path("alerts/<slug:source>/<str:token>/", alerts.AlertsByAddress.as_view(), name="api-alerts-by-address"),
    path("coverage/", reading.Coverage.as_view(), name="api-coverage"),
    path("coverage/seconds/", reading.CoverageSeconds.as_view(), name="api-coverage-seconds"),
    path("sync/incidents/", sync.SyncIncidents.as_view(), name="api-sync-incidents"),
    path("sync/timeline/", sync.SyncTimeline.as_view(), name="api-sync-timeline"),
    re_path(r"^sync/tickets/(?P<number>[0-9]{1,18})/$", sync.SyncTicket.as_view(), name="api-sync-ticket"),
    *router.urls,
]
