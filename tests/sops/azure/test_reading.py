"""Whatever Azure answers, people read clean words, or what is missing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sops.actions import parameters as typed
from sops.actions.azure import (
    reading,
    reading_data,
    reading_desktops,
    reading_machines,
    reading_networks,
    reading_platform,
)
from sops.actions.outcomes import Failed
from tests.sops.azure.estate import NOW, host, secret
from tests.standins.azure import vm_instance_view

# ---------- In general ----------


def test_a_name_is_shown_clean_and_short() -> None:
    assert reading.clean("<script>\x00né\u202ew\n" + "x" * 90) == "scriptnw" + "x" * 52
    assert reading.last_part("hp-ward/sh-0") == "sh-0"


@pytest.mark.parametrize(
    ("link", "token"),
    [
        ("https://elsewhere.example/x?$skiptoken=ab%2Bc%3D&api-version=1", "ab+c="),
        ("https://management.azure.com/x?api-version=1&$skipToken=abc", "abc"),
        ("https://management.azure.com/x?page=2", ""), ("", ""), ("http://[", ""),
    ],
)  # fmt: skip
def test_of_the_next_address_only_its_token_is_used(link: str, token: str) -> None:
    assert reading.next_token(link) == token


def test_what_was_not_read_to_its_end_is_not_called_good() -> None:
    running, limits = {"properties": {"instanceView": vm_instance_view()}}, typed.Expiry()
    for read in (
        lambda is_whole: reading_machines.scale_set([running], is_whole),
        lambda is_whole: reading_desktops.host_pool([host("a")], is_whole),
        lambda is_whole: reading_data.vault([secret("a", None)], is_whole, limits, NOW),
        lambda is_whole: reading_data.vault([secret("a", NOW + timedelta(days=90))], is_whole, limits, NOW),
        lambda is_whole: reading_platform.service_events([], is_whole, "UK South", NOW),
    ):
        assert not read(True).is_bad
        assert read(False).is_bad
        assert read(False).words.endswith(". There are more than could be read")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([
            "properties", "value", "statuses", "code", "state", "status", "attributes", "exp", "impact",
            "replicationRole", "replicationState", "partnerServers", "id", "name", "timeseries", "data",
            "timeStamp", "average", "total", "countDetails", "messageCount", "activeMessageCount", "sessions",
            "allowNewSession", "lastHeartBeat", "eventType", "impactedRegions", "eventTimestamp",
            "operationName", "backendAddressPools", "servers", "health", "connectionStatus", "createTime",
            "sessionState", "instanceView", "vmAgent", "availabilityState", "occuredTime", "location",
        ]), inner, max_size=4)
    ),
    max_leaves=12,
)  # fmt: skip
ANSWERS = st.dictionaries(
    st.sampled_from(["properties", "value", "statuses", "backendAddressPools", "location"]), JSON
)


@given(ANSWERS)
def test_a_reader_tells_or_says_what_is_missing_whatever_it_is_given(answer: dict[str, Any]) -> None:
    items = reading.list_of(answer, "value")
    for read in (
        lambda: reading_machines.machine(answer),
        lambda: reading_machines.site(answer, items),
        lambda: reading_machines.scale_set(items, True),
        lambda: reading_data.database(answer),
        lambda: reading_data.failover_group_state(answer, "sql"),
        lambda: reading_data.queue(answer, typed.Queue()),
        lambda: reading_data.secret(answer, typed.Expiry(), NOW),
        lambda: reading_data.vault(items, True, typed.Expiry(), NOW),
        lambda: reading_desktops.host_pool(items, True),
        lambda: reading_desktops.session_host(answer, NOW),
        lambda: reading_desktops.sessions(items, True, NOW),
        lambda: reading_networks.backend_health(answer),
        lambda: reading_networks.tunnel(answer),
        lambda: reading_platform.service_events(items, True, "UK South", NOW),
        lambda: reading_platform.resource_health(answer, NOW),
        lambda: reading_platform.activity(items, True, 4, NOW),
        lambda: reading_platform.figure(
            answer, reading_platform.MACHINE["processor"], typed.MachineMetric(), NOW
        ),
    ):
        try:
            words = read().words
        except Failed as error:
            words = str(error)
        assert 0 < len(words) <= reading.MOST_WORDS
        assert words.isprintable()


def test_the_year_one_is_azures_way_of_writing_never() -> None:
    assert reading.time_of({"at": "0001-01-01T00:00:00Z"}, "at") is None
    assert reading.time_of({"at": "2026-11-22T02:19:00.1234567Z"}, "at") == datetime(
        2026, 11, 22, 2, 19, 0, 123456, tzinfo=UTC
    )
    assert reading.time_of({"at": "9999-12-31T23:59:59.9999999Z"}, "at") is not None
