"""Addresses of Freshdesk: its webhook, and the answer to a ticket that was resolved over there."""

from django.urls import path

from incidents.freshdesk import views

urlpatterns = [
    path("hooks/freshdesk/", views.hint, name="freshdesk_hint"),
    path("incidents/<reference:reference>/keep-open/", views.keep_open, name="keep_open"),
]
