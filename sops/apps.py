"""SOPs as a Django app."""

from django.apps import AppConfig


class SopsConfig(AppConfig):
    name = "sops"
    verbose_name = "SOPs"
