"""Addresses of planned maintenance on the desk."""

from django.urls import path, re_path

from incidents.status import maintenance_views as views

ID = r"(?P<public_id>[a-z0-9]{8})"

urlpatterns = [
    path("maintenance/", views.maintenances, name="maintenances"),
    path("maintenance/plan/", views.plan_maintenance, name="plan_maintenance"),
    re_path(rf"^maintenance/{ID}/$", views.maintenance, name="maintenance"),
    re_path(rf"^maintenance/{ID}/plan/$", views.change_plan, name="change_plan"),
    re_path(rf"^maintenance/{ID}/update/$", views.post_maintenance, name="post_maintenance"),
    re_path(rf"^maintenance/{ID}/update/preview/$", views.preview_maintenance, name="preview_maintenance"),
]
