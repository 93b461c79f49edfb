"""Addresses of the files of an incident."""

from django.urls import path

from incidents.attachments import views

AT = "incidents/<reference:reference>/attachments/"

urlpatterns = [
    path(AT, views.attachments, name="attachments"),
    path(f"{AT}<int:pk>/", views.open_attachment, name="open_attachment"),
    path(f"{AT}<int:pk>/release/", views.release_attachment, name="release_attachment"),
    path(f"{AT}<int:pk>/ask-to-purge/", views.ask_to_purge, name="ask_to_purge"),
    path(f"{AT}<int:pk>/purge/", views.purge_attachment, name="purge_attachment"),
    path(f"{AT}<int:pk>/keep/", views.keep_attachment, name="keep_attachment"),
]
