"""Who has it next, in rows."""

from handover.models.addendum import HandoverAddendum
from handover.models.handover import Direction, Handover
from handover.models.item import SECTIONS, HandoverItem
from handover.models.page import Page
from handover.models.shift import ShiftPattern, Weekday

__all__ = [
    "SECTIONS",
    "Direction",
    "Handover",
    "HandoverAddendum",
    "HandoverItem",
    "Page",
    "ShiftPattern",
    "Weekday",
]
