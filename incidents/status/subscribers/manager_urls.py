"""Addresses of the service manager's page of subscribers."""

from django.urls import path, re_path

from incidents.status.subscribers import manager_views as views

urlpatterns = [
    path("subscribers/", views.subscribers, name="subscribers"),
    re_path(r"^subscribers/(?P<pk>[0-9]{1,18})/end/$", views.end_subscriber, name="end_subscriber"),
]
