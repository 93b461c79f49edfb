"""Addresses of the reports."""

from django.urls import path

from ooh.reports import views

urlpatterns = [
    path("reports/", views.report, name="reports"),
    path("reports/<str:month>/", views.report, name="report"),
]
