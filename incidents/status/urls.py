"""Addresses of the public status pages, below `/status/`."""

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path, re_path

from incidents.status import machine_pages, pages
from incidents.status.views import Page, public

ID = r"(?P<public_id>[a-z0-9]{8})"
MONTH = r"(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2]))"
NUMBER = r"(?P<number>[2-9]|[1-9][0-9]{1,2})"  # the first part has no number


def _json(address: str, page: Page, name: str) -> URLPattern:
    view: Callable[..., HttpResponse] = public(page, "application/json", is_for_machines=True)
    return path(f"api/v2/{address}.json", view, name=name)


def _feed(kind: str, page: Page) -> URLPattern:
    view = public(page, f"application/{kind}+xml; charset=utf-8", is_for_machines=True)
    return path(f"history.{kind}", view, name=f"status_{kind}")


urlpatterns = [
    path("", public(pages.home), name="status_page"),
    path("history/", public(pages.month), name="status_history"),
    re_path(rf"^history/{MONTH}/$", public(pages.month), name="status_month"),
    re_path(rf"^history/{MONTH}/{NUMBER}/$", public(pages.month), name="status_month_part"),
    path("maintenance/", public(pages.maintenances), name="status_maintenances"),
    re_path(rf"^maintenance/{ID}/$", public(pages.maintenance), name="status_maintenance"),
    re_path(rf"^maintenance/{ID}/{NUMBER}/$", public(pages.maintenance), name="status_maintenance_part"),
    path("style.css", public(pages.style, "text/css; charset=utf-8"), name="status_style"),
    path("favicon.svg", public(pages.icon, "image/svg+xml"), name="status_icon"),
    _feed("atom", machine_pages.atom),
    _feed("rss", machine_pages.rss),
    _json("summary", machine_pages.summary, "status_summary"),
    _json("status", machine_pages.status, "status_json"),
    _json("components", machine_pages.components, "status_components"),
    _json("incidents", machine_pages.incidents, "status_incidents"),
    _json("incidents/unresolved", machine_pages.unresolved, "status_unresolved"),
    _json("scheduled-maintenances", machine_pages.maintenances, "status_scheduled"),
    _json("scheduled-maintenances/active", machine_pages.maintenances_active, "status_scheduled_active"),
    _json(
        "scheduled-maintenances/upcoming", machine_pages.maintenances_upcoming, "status_scheduled_upcoming"
    ),
    re_path(rf"^{ID}/$", public(pages.incident), name="status_incident"),
    re_path(rf"^{ID}/{NUMBER}/$", public(pages.incident), name="status_incident_part"),
]
