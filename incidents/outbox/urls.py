"""Addresses of the deliveries."""

from django.urls import path, re_path

from incidents.outbox import views

urlpatterns = [
    path("deliveries/", views.deliveries, name="deliveries"),
    re_path(r"^deliveries/(?P<pk>[0-9]{1,18})/(?P<act>retry|drop)/$", views.decide, name="decide_delivery"),
]
