"""Addresses of reports of patient data."""

from django.urls import path

from incidents.redaction import views

AT = "incidents/<reference:reference>/patient-data/"

urlpatterns = [
    path("patient-data/", views.patient_reports, name="patient_reports"),
    path(f"{AT}report/", views.report_patient_data, name="report_patient_data"),
    path(f"{AT}<int:pk>/", views.patient_report, name="patient_report"),
    path(f"{AT}<int:pk>/remove/", views.remove_patient_data, name="remove_patient_data"),
    path(f"{AT}<int:pk>/put-back/", views.put_back_words, name="put_back_words"),
]
