"""`/api/v1/`: each app's resources, and the OpenAPI schema of all."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

urlpatterns = [
    path("schema/", SpectacularAPIView.as_view(), name="schema"),
    path("", include("incidents.api_urls")),
    path("", include("sops.api_urls")),
    path("", include("handover.api_urls")),
    path("", include("ooh.reports.api_urls")),
]
