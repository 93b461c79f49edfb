"""Addresses of the public status pages, below `/status/`."""

from django.urls import path, re_path

from incidents.status import views

urlpatterns = [
    path("", views.status_page, name="status_page"),
    path("history/", views.status_history, name="status_history"),
    re_path(r"^history/(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2]))/$", views.status_history, name="status_month"),
    path("history.atom", views.atom, name="status_atom"),
    path("api/v2/summary.json", views.summary, name="status_summary"),
    path("api/v2/status.json", views.status, name="status_json"),
    path("api/v2/components.json", views.components, name="status_components"),
    path("api/v2/incidents.json", views.incidents, name="status_incidents"),
    path("api/v2/incidents/unresolved.json", views.unresolved, name="status_unresolved"),
    re_path(r"^(?P<public_id>[a-z0-9]{8})/$", views.status_incident, name="status_incident"),
]
