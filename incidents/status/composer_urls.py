"""Addresses of posting and correcting what the public is told of an incident."""

from django.urls import path, re_path

from incidents.status import composer_views as views

REFERENCE = r"incidents/(?P<reference>OOH-[0-9]{4}-[0-9]{5,9})"

urlpatterns = [
    path("incidents/<reference:reference>/update/", views.update, name="update"),
    path("incidents/<reference:reference>/update/preview/", views.preview_update, name="preview_update"),
    re_path(rf"^{REFERENCE}/update/(?P<pk>[0-9]{{1,18}})/correct/$", views.correct, name="correct_update"),
]
