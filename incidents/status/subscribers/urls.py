"""Addresses for subscribers, below `/status/`. A token in an address is as good as a key."""

from django.urls import path, re_path

from incidents.status.subscribers import views

TOKEN = r"(?P<token>[A-Za-z0-9_-]{20,60})"  # noqa: S105

urlpatterns = [
    path("subscribe/", views.subscribe, name="status_subscribe"),
    path("subscribe/webhook/", views.subscribe, {"kind": "webhook"}, name="status_subscribe_webhook"),
    re_path(r"^subscribe/asked/(?P<kind>email|webhook)/$", views.asked, name="status_asked"),
    re_path(rf"^subscription/{TOKEN}/$", views.subscription, name="status_subscription"),
    re_path(rf"^subscription/{TOKEN}/confirm/$", views.confirm, name="status_confirm"),
    re_path(rf"^subscription/{TOKEN}/unsubscribe/$", views.unsubscribe, name="status_unsubscribe"),
]
