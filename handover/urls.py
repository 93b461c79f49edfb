"""Addresses of handovers, the rota and pages."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter

from handover.views import glass, handovers, paging, rota


class NumberConverter(IntConverter):
    """A row's number: short enough for every database."""

    regex = r"[0-9]{1,9}"


register_converter(NumberConverter, "handover_number")

urlpatterns = [
    path("handovers/", handovers.handovers, name="handovers"),
    path("handovers/draft/", handovers.draft, name="draft_handover"),
    path("handovers/<handover_number:pk>/", handovers.handover, name="handover"),
    path("handovers/<handover_number:pk>/refresh/", handovers.refresh, name="refresh_handover"),
    path("handovers/<handover_number:pk>/offer/", handovers.offer, name="offer_handover"),
    path("handovers/<handover_number:pk>/take-back/", handovers.take_back, name="take_back_handover"),
    path("handovers/<handover_number:pk>/statement/", handovers.accept_statement, name="accept_statement"),
    path("handovers/<handover_number:pk>/call/", handovers.record_call, name="record_handover_call"),
    path("handovers/<handover_number:pk>/addendum/", handovers.add_addendum, name="add_addendum"),
    path(
        "handovers/<handover_number:pk>/items/<handover_number:item>/save/", handovers.save, name="save_item"
    ),
    path(
        "handovers/<handover_number:pk>/items/<handover_number:item>/", handovers.answer, name="answer_item"
    ),
    path("rota/", rota.rota, name="rota"),
    path("rota/shifts/", rota.add, name="add_shift"),
    path("rota/shifts/<handover_number:pk>/end/", rota.end, name="end_shift"),
    path("break-glass/", glass.page, name="break_glass"),
    path("break-glass/take/", glass.take, name="take_glass"),
    path("break-glass/<handover_number:pk>/give-back/", glass.give_back, name="give_back_glass"),
    path("break-glass/<handover_number:pk>/review/", glass.review, name="review_glass"),
    path("pages/", paging.pages, name="pages"),
    path("pages/<handover_number:pk>/", paging.acknowledge, name="acknowledge_page"),
    path("incidents/<reference:reference>/escalate/", paging.escalate, name="escalate"),
    path("incidents/<reference:reference>/state-sop-gap/", paging.state_sop_gap, name="state_sop_gap"),
]
