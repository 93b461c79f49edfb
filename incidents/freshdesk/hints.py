"""What a webhook of Freshdesk hints at: the number of one ticket. Nothing else of its body is looked at.

Contract: an automation rule sends JSON, either wrapped as `{"freshdesk_webhook": {"ticket_id": …}}` or in a
form of the administrator's own, whose placeholders Freshdesk fills in without escaping them.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

_DIGITS = re.compile(r"#?([0-9]{1,18})")
# In a body that is no JSON. A quotation mark that JSON escaped belongs to what somebody typed.
_NAMED = re.compile(r'(?<!\\)"ticket_id"\s{0,9}:\s{0,9}"?#?([0-9]{1,18})(?![0-9])')


def ticket_number(body: bytes) -> int | None:
    """The ticket that the body names; None where it names none, or more than one."""
    text = body.decode("utf-8", "replace")
    try:
        found = set(_numbers_in(json.loads(text)))
    except (ValueError, RecursionError):
        found = {int(digits) for digits in _NAMED.findall(text)}
    return found.pop() if len(found) == 1 and 0 not in found else None


def _numbers_in(payload: Any) -> Iterator[int]:
    if not isinstance(payload, dict):
        return
    ticket = payload.get("ticket")
    values = [payload.get("ticket_id"), ticket.get("id") if isinstance(ticket, dict) else None]
    for value in values:
        digits = _DIGITS.fullmatch(str(value).strip()) if isinstance(value, int | str) else None
        if digits and not isinstance(value, bool):
            yield int(digits[1])
    yield from _numbers_in(payload.get("freshdesk_webhook"))
