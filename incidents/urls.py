"""Addresses of incidents: taking a call, the list, the workbench and its acts."""

from django.urls import include, path, register_converter

from incidents import call_views, hold_views, sharing_views, views


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
    path("", include("incidents.status.maintenance_urls")),
    path("", include("incidents.status.subscribers.manager_urls")),
    path("", include("incidents.freshdesk.urls")),
    path("holds/", hold_views.hold_list, name="holds"),
    path("holds/<int:pk>/lift/", hold_views.lift_hold, name="lift_hold"),
    path("", include("incidents.redaction.urls")),
    path("", include("incidents.attachments.urls")),
    path("incidents/", views.incident_list, name="incidents"),
    path("incidents/<reference:reference>/", views.incident, name="incident"),
    path("incidents/<reference:reference>/begin-triage/", views.begin_triage, name="begin_triage"),
    path("incidents/<reference:reference>/decline/", views.decline, name="decline"),
    path("incidents/<reference:reference>/resume-triage/", views.resume_triage, name="resume_triage"),
    path("incidents/<reference:reference>/resolve/", views.resolve, name="resolve"),
    path("incidents/<reference:reference>/reopen/", views.reopen, name="reopen"),
    path("incidents/<reference:reference>/override-gate/", views.override_gate, name="override_gate"),
    path("incidents/<reference:reference>/call/", call_views.log_call_on, name="log_call_on"),
    path(
        "incidents/<reference:reference>/calls/<int:pk>/call-off/",
        call_views.call_off_promise,
        name="call_off_promise",
    ),
    path("incidents/<reference:reference>/note/", views.add_note, name="add_note"),
    path("incidents/<reference:reference>/product-note/", views.add_product_note, name="add_product_note"),
    path("incidents/<reference:reference>/next-action/", views.set_next_action, name="set_next_action"),
    path("incidents/<reference:reference>/share/", sharing_views.share, name="share_incident"),
    path(
        "incidents/<reference:reference>/share/<int:pk>/withdraw/",
        sharing_views.unshare,
        name="unshare_incident",
    ),
    path("incidents/<reference:reference>/take/", views.take, name="take"),
    path("", include("incidents.status.composer_urls")),
]
