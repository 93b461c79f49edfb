"""Addresses of taking a call, and of what monitoring proposes."""

from django.urls import path

from incidents import intake_views, proposal_views
from incidents.inbound import views as inbound

urlpatterns = [
    path("calls/new/", intake_views.new_call, name="log_call"),
    path("calls/<uuid:key>/", intake_views.call, name="call"),
    path("calls/<uuid:key>/verdict/", intake_views.verdict, name="call_verdict"),
    path("calls/<uuid:key>/discard/", intake_views.discard, name="discard_call"),
    path("incidents/<reference:reference>/answer-gate/", intake_views.answer, name="answer_gate"),
    path("proposals/<int:pk>/", proposal_views.proposal, name="proposal"),
    path("proposals/<int:pk>/take/", proposal_views.take, name="take_proposal"),
    path("alert-feeds/<int:pk>/seen/", inbound.seen, name="alert_feed_seen"),
    path("proposals/<int:pk>/dismiss/", proposal_views.dismiss, name="dismiss_proposal"),
]
