"""Addresses of the reports in the API."""

from django.urls import path

from ooh.reports.api import MonthReport

urlpatterns = [path("reports/<str:month>/", MonthReport.as_view(), name="api-report")]
