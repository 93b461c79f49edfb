"""Whatever comes in as an alert is read or refused, and what is read can be stored."""

import dataclasses
from datetime import UTC
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from incidents.alerts import SOURCES, Alert, NotUnderstood, read
from tests.incidents.alerts import NAMES, essentials, payload, replaced


def test_nul_and_lone_surrogates_are_taken_out():
    (alert,) = read(
        essentials("azure_availability_fired", alertRule="a\x00b\ud800c\u202e", description="x\x00")
    )
    assert alert.monitor == "ab\ufffdc"
    assert "\x00" not in alert.summary


def test_two_long_keys_that_differ_only_at_their_end_stay_different():
    long = "/x/microsoft.alertsmanagement/alerts/" + "9" * 400
    keys = {read(essentials("azure_availability_fired", alertId=long + end))[0].dedup_key for end in "ab"}
    assert len(keys) == 2
    assert {len(key) for key in keys} == {255}


def test_long_texts_and_many_labels_are_capped():
    changed = essentials(
        "azure_log_sev1_fired", alertRule="r" * 900, description="d" * 9_000, alertTargetIDs=["t" * 900] * 3
    )
    changed["data"]["customProperties"] = {f"k{n}": {"nested": n} if n % 2 else "v" * 900 for n in range(500)}
    (alert,) = read(changed)
    storable(alert)
    assert (len(alert.title), len(alert.summary), len(alert.labels)) == (200, 2_000, 30)
    assert len(alert.targets) == 1


def storable(alert: Alert) -> None:
    texts = [*alert.labels, *alert.labels.values(), *alert.targets]
    texts += [value for value in dataclasses.asdict(alert).values() if isinstance(value, str)]
    assert not any("\x00" in text for text in texts)
    assert all(text.encode() is not None for text in texts)
    assert alert.title
    assert alert.monitor
    assert 0 < len(alert.dedup_key) <= 255
    assert len(alert.title) <= 200
    assert len(alert.summary) <= 2_000
    assert max(len(text) for text in texts) <= 2_000
    assert alert.proposes or not alert.pages
    assert alert.pages or alert.reason
    assert alert.state == "fired" or not alert.proposes
    assert all(at is None or at.tzinfo is UTC for at in (alert.fired_at, alert.resolved_at))


def paths(value: Any, before: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = list(value.items() if isinstance(value, dict) else enumerate(value))
    here = [(*before, step) for step, _ in pairs]
    deeper = [
        p for step, inner in pairs if isinstance(inner, dict | list) for p in paths(inner, (*before, step))
    ]
    return here + deeper


ANY_TEXT = st.text(alphabet=st.characters()) | st.text(alphabet=st.characters(categories=["Cs", "Cc", "Nd"]))
TIMES = st.sampled_from(
    ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "13/13/2019 1:36:31 PM", "1:1"]
)
ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | TIMES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=8,
)
GOOD = [(name, path) for name in NAMES for path in paths(payload(name))]


def read_or_refuse(value: object, source: str | None = None) -> None:
    try:
        alerts = read(value, source)
    except NotUnderstood:
        return
    assert alerts
    for alert in alerts:
        storable(alert)


@settings(deadline=None)
@given(value=ANY_JSON, source=st.none() | st.sampled_from([*SOURCES, "other"]))
def test_any_json_is_read_or_refused(value: object, source: str | None):
    read_or_refuse(value, source)


@settings(max_examples=500, deadline=None)
@given(spot=st.sampled_from(GOOD), value=ANY_JSON, both=st.sampled_from(GOOD))
def test_a_good_alert_with_any_part_replaced_is_read_or_refused(
    spot: tuple[str, tuple[Any, ...]], value: object, both: tuple[str, tuple[Any, ...]]
):
    name, path = spot
    changed = replaced(payload(name), path, value)
    read_or_refuse(changed)
    if both[0] == name and both[1][: len(path)] != path and path[: len(both[1])] != both[1]:
        read_or_refuse(replaced(changed, both[1], value))


@pytest.mark.parametrize("name", NAMES)
def test_a_good_alert_with_any_part_missing_is_read_or_refused(name: str):
    for path in paths(payload(name)):
        changed = payload(name)
        inside = changed
        for step in path[:-1]:
            inside = inside[step]
        del inside[path[-1]]
        read_or_refuse(changed)
