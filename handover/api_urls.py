"""Addresses of the API of handovers."""

from django.urls import path
from rest_framework.routers import SimpleRouter

from handover.api import views

router = SimpleRouter()
router.register("handovers", views.Handovers, basename="api-handover")
router.register("pages", views.Pages, basename="api-page")
router.register("teams", views.Teams, basename="api-team")

urlpatterns = [
    path("incidents/<slug:reference>/escalate/", views.Escalate.as_view(), name="api-escalate"),
    path("incidents/<slug:reference>/state-sop-gap/", views.StateSopGap.as_view(), name="api-state-sop-gap"),
    path("on-call/", views.OnCall.as_view(), name="api-on-call"),
    *router.urls,
]
