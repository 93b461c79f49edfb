"""What people do with rota, escalation and handover: one name for each act, whichever module holds it.

Each act is one transaction. Raises ValidationError by field, PermissionDenied, or `accounts.errors.Conflict`.
"""

from handover.answering import accept_item, accept_statement, refuse_item, settle
from handover.escalating import acknowledge, escalate, page_leads
from handover.handing import (
    add_addendum,
    draft,
    offer,
    prepare,
    record_call,
    refresh_draft,
    save_item,
    take_back,
)
from handover.lacking import state_sop_gap
from handover.shifts import (
    add_shift,
    board_facts,
    end_shift,
    gaps_ahead,
    next_change,
    on_shift,
    people_to_ring,
)

__all__ = [
    "accept_item",
    "accept_statement",
    "acknowledge",
    "add_addendum",
    "add_shift",
    "board_facts",
    "draft",
    "end_shift",
    "escalate",
    "gaps_ahead",
    "next_change",
    "offer",
    "on_shift",
    "page_leads",
    "people_to_ring",
    "prepare",
    "record_call",
    "refresh_draft",
    "refuse_item",
    "save_item",
    "settle",
    "state_sop_gap",
    "take_back",
]
