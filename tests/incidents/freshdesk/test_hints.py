"""Which ticket the body of a webhook names, in each form, and that it names none where that is not sure."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from incidents.freshdesk.hints import ticket_number


@pytest.mark.parametrize(
    "payload",
    [
        {"freshdesk_webhook": {"ticket_id": 4001, "ticket_subject": "P1", "ticket_status": "Open"}},
        {"freshdesk_webhook": {"ticket_id": "4001"}},
        {"ticket_id": 4001},
        {"ticket_id": "4001", "event": "updated"},
        {"ticket_id": " #4001 "},
        {"ticket": {"id": 4001, "subject": "ticket_id 5"}},
        {"ticket_id": "4001", "subject": 'Say "ticket_id": 5 to them'},
    ],
)
def test_each_form_names_its_ticket(payload: Any) -> None:
    assert ticket_number(json.dumps(payload).encode()) == 4001


@pytest.mark.parametrize(
    "body",
    [
        b'{"subject": "Nobody "can" sign in", "ticket_id": "4001"}',
        b'{"ticket_id": 4001, "subject": "line one\nline two"}',
        b'{"ticket_id":4001, "subject": "cut off he',
        b'{"ticket_id": "#4001", "note": "\xff\xfe"}',
        b'{"subject": "He said \\"ticket_id\\": 5", "ticket_id": 4001, }',
    ],
)
def test_a_body_broken_by_what_somebody_typed_names_it_all_the_same(body: bytes) -> None:
    assert ticket_number(body) == 4001


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"[]", b"4001", b'"4001"', b"{}", b'{"ticket_id": null}', b'{"ticket_id": true}',
        b'{"ticket_id": 0}', b'{"ticket_id": -1}', b'{"ticket_id": 1.5}', b'{"ticket_id": [4001]}',
        b'{"ticket_id": 4001, "freshdesk_webhook": {"ticket_id": 4002}}',
        b'{"ticket_id": 4001, "ticket": {"id": 2}}',
        b'{"ticket_id": 4001, "subject": "a "ticket_id": 5 b"}', b'{"ticket_id": 1234567890123456789012}',
        b'{"ticket_id": ' + b"9" * 5000 + b"}", b"[" * 60_000, b'{"a":' * 9_000, b"\xff" * 100,
        '{"ticket_id": "٤٠٠١"}'.encode(),
    ],
)  # fmt: skip
def test_what_names_no_ticket_or_two_is_no_hint(body: bytes) -> None:
    assert ticket_number(body) is None


@given(
    st.binary(max_size=300) | st.text(alphabet='{}[]":,ticket_id 0123456789\\#', max_size=120).map(str.encode)
)
@example(b'{"ticket_id":1}')
@settings(max_examples=300, deadline=None, derandomize=True, database=None)
def test_any_bytes_are_read_without_an_error(body: bytes) -> None:
    number = ticket_number(body)
    assert number is None or 0 < number < 10**18
