"""Addresses of incidents: taking a call, the list, the workbench and its acts."""

from django.urls import include, path, register_converter


class ReferenceConverter:
    """`OOH-2026-00042`."""

    regex = r"OOH-[0-9]{4}-[0-9]{5,9}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(ReferenceConverter, "reference")

urlpatterns = [
    path("", include("incidents.intake_urls")),
    path("", include("incidents.outbox.urls")),
]
