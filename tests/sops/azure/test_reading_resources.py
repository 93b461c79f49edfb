"""Machines, services, databases, queues and vaults: how Azure's answers read to people."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from sops.actions import parameters as typed
from sops.actions.azure import (
    reading_data,
    reading_machines,
)
from sops.actions.outcomes import Failed
from tests.sops.azure import estate
from tests.sops.azure.estate import NOW, secret, seen
from tests.standins.azure import vm_instance_view

# ---------- Machines ----------


def view(power: str = "running", agent: str | None = "succeeded", provisioning: str = "succeeded") -> Any:
    statuses = [{"code": f"ProvisioningState/{provisioning}"}, {"code": f"PowerState/{power}"}]
    told = {} if agent is None else {"vmAgent": {"statuses": [{"code": f"ProvisioningState/{agent}"}]}}
    return {"statuses": statuses, **told, "somethingNew": {"a": [1]}}


@pytest.mark.parametrize(
    ("answer", "words", "is_bad"),
    [
        (view(), "Running, its agent answers", False),
        (view("Running", "Succeeded"), "Running, its agent answers", False),
        (view(agent="Unavailable"), "Running, its agent does not answer", True),
        (view(agent=None), "Running, no agent reports", False),
        (view("deallocated", None), "Switched off", True),
        (view("starting"), "Starting", True),
        (view("hibernated"), "In the state hibernated", True),
        (
            view(provisioning="failed/VMAgentTimedOut"),
            "Running, its agent answers, the last change to it failed", True,
        ),
    ],
)  # fmt: skip
def test_a_machine_is_told_by_its_power_its_agent_and_its_last_change(
    answer: Any, words: str, is_bad: bool
) -> None:
    assert seen(reading_machines.machine(answer)) == (words, is_bad)


@pytest.mark.parametrize("answer", [{}, {"statuses": None}, {"statuses": [{"code": 7}, "x", None]}])
def test_a_machine_without_its_power_is_no_answer(answer: Any) -> None:
    with pytest.raises(Failed, match="without saying whether the machine runs"):
        reading_machines.machine(answer)


def site(**properties: Any) -> dict[str, Any]:
    return {"properties": {"state": "Running", **properties}}


READY = {"properties": {"state": "READY"}}


@pytest.mark.parametrize(
    ("answer", "instances", "words", "is_bad"),
    [
        (site(), [READY, READY], "Running, 2 of 2 instances ready", False),
        (site(), [READY], "Running, 1 of 1 instance ready", False),
        (site(state="RUNNING"), [{"name": "a"}], "Running, 1 of 1 instance ready", False),
        (site(), [READY, {"properties": {"state": "UNKNOWN"}}], "Running, 1 of 2 instances ready", True),
        (site(), [], "Running, no instance", True),
        (site(state="Stopped"), [], "Stopped, no instance", True),
        (site(availabilityState="Limited"), [READY], "Running, 1 of 1 instance ready, Azure limits it", True),
        (
            site(usageState="exceeded"), [READY],
            "Running, 1 of 1 instance ready, it has used up its quota", True,
        ),
        (site(enabled=False), [READY], "Running, 1 of 1 instance ready, it is disabled", True),
    ],
)  # fmt: skip
def test_an_application_service_is_told_with_its_instances(
    answer: Any, instances: Any, words: str, is_bad: bool
) -> None:
    assert seen(reading_machines.site(answer, instances)) == (words, is_bad)


def test_a_scale_set_names_what_does_not_run_and_that_there_is_more() -> None:
    instances = [
        {"instanceId": str(number), "properties": {"instanceView": vm_instance_view("stopped")}}
        for number in range(6)
    ]
    found = reading_machines.scale_set(instances, is_whole=False)
    words = "0 of 6 instances running. Not running: 0, 1, 2, 3 and 2 more. There are more than could be read"
    assert seen(found) == (words, True)
    assert seen(reading_machines.scale_set([], is_whole=True)) == ("It has no instance", True)


# ---------- Data ----------


@pytest.mark.parametrize(
    ("status", "words", "is_bad"),
    [("Online", "Online in uksouth", False), ("ONLINE", "ONLINE in uksouth", False),
     ("Paused", "Paused in uksouth", True), ("Restoring", "Restoring in uksouth", True)],
)  # fmt: skip
def test_a_database_is_good_only_when_it_is_online(status: str, words: str, is_bad: bool) -> None:
    answer = {"location": "uksouth", "properties": {"status": status}}
    assert seen(reading_data.database(answer)) == (words, is_bad)


@pytest.mark.parametrize(
    ("state", "words", "is_bad"),
    [
        ("CATCH_UP", "is up to date", False), ("catch_up", "is up to date", False),
        ("SEEDING", "is still being filled", True), ("PENDING", "waits to be filled", True),
        ("SUSPENDED", "is not kept up to date", True),
        ("NEW_ONE", "is in a state that this desk does not know", True),
    ],
)  # fmt: skip
def test_a_copy_is_good_only_when_it_is_up_to_date(state: str, words: str, is_bad: bool) -> None:
    found = reading_data.failover_group_state(estate.group("Secondary", estate.SOUTH, state), "sql-west")
    told = f"Primary is sql-south in UK South. The copy, sql-west in UK West, {words}"
    assert seen(found) == (told, is_bad)


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("replicationRole", None, "the role of the server"),
        ("replicationRole", "Witness", "the role of the server"),
        ("replicationState", "", "how far the copy is"),
        ("partnerServers", [], "exactly one partner server"),
        ("partnerServers", [{"id": estate.WEST}, {"id": estate.WEST}], "exactly one partner server"),
        ("partnerServers", [{"location": "UK West"}], "exactly one partner server"),
    ],
)
def test_nothing_is_guessed_of_a_failover_group(name: str, value: object, words: str) -> None:
    answer = estate.group("Primary", estate.WEST)
    answer["properties"][name] = value
    with pytest.raises(Failed, match=f"without {words}"):
        reading_data.failover_group(answer)


def queue(**properties: Any) -> dict[str, Any]:
    return {"properties": {"messageCount": 40, "status": "Active", **properties}}


@pytest.mark.parametrize(
    ("answer", "words", "is_bad"),
    [
        (queue(), "40 messages wait, dead letters not told, none was opened", True),
        (
            queue(countDetails={"activeMessageCount": 1, "deadLetterMessageCount": 39}),
            "1 message waits, 39 dead letters, none was opened", True,
        ),
        (
            queue(countDetails={"activeMessageCount": 101, "deadLetterMessageCount": 0}),
            "101 messages wait, 0 dead letters, none was opened", True,
        ),
        (
            queue(countDetails={"deadLetterMessageCount": 0}, status="ReceiveDisabled"),
            "The queue is receivedisabled, 40 messages wait, 0 dead letters, none was opened", True,
        ),
        (
            queue(countDetails={"activeMessageCount": 1, "deadLetterMessageCount": 0}),
            "1 message waits, 0 dead letters, none was opened", False,
        ),
        (queue(countDetails="x"), "40 messages wait, dead letters not told, none was opened", True),
    ],
)  # fmt: skip
def test_a_queue_is_counted_and_dead_letters_that_nobody_counted_are_not_called_none(
    answer: Any, words: str, is_bad: bool
) -> None:
    assert seen(reading_data.queue(answer, typed.Queue())) == (words, is_bad)


@pytest.mark.parametrize("number", [None, "12", True, -1, float("nan"), float("inf")])
def test_a_queue_without_a_number_is_no_answer(number: object) -> None:
    with pytest.raises(Failed, match="without the number of messages"):
        reading_data.queue({"properties": {"messageCount": number}}, typed.Queue())


def days(number: float) -> datetime:
    return NOW + timedelta(days=number)


@pytest.mark.parametrize(
    ("ends", "words", "is_bad"),
    [
        (days(14), "Expires on 6 Dec 2026, 02:19 GMT, in 14 days", False),
        (days(13.9), "Expires on 5 Dec 2026, 23:55 GMT, in 13 days", True),
        (days(1.5), "Expires on 23 Nov 2026, 14:19 GMT, in 1 day", True),
        (days(0), "Expired on 22 Nov 2026, 02:19 GMT", True),
        (days(-400), "Expired on 18 Oct 2025, 03:19 BST", True),
        (days(200), "Expires on 10 Jun 2027, 03:19 BST, in 200 days", False),
    ],
)
def test_a_secret_is_told_by_when_it_expires_on_the_clocks_here(
    ends: datetime, words: str, is_bad: bool
) -> None:
    assert seen(reading_data.secret(secret("a", ends), typed.Expiry(), NOW)) == (words, is_bad)


def test_a_secret_without_an_end_is_good_and_a_disabled_one_is_bad() -> None:
    assert seen(reading_data.secret(secret("a", None), typed.Expiry(), NOW)) == ("It does not expire", False)
    disabled = secret("a", days(90), enabled=False)
    assert seen(reading_data.secret(disabled, typed.Expiry(), NOW)) == ("It is disabled", True)


@pytest.mark.parametrize("number", ["1697821612", 1e17, -1e17, True, float("nan"), [1]])
def test_an_end_that_is_no_time_is_no_answer(number: object) -> None:
    with pytest.raises(Failed, match="a time that can be read"):
        reading_data.secret({"properties": {"attributes": {"exp": number}}}, typed.Expiry(), NOW)


def test_a_vault_tells_the_next_end_and_names_all_that_are_near() -> None:
    far, near, past = secret("c", days(90)), secret("b", days(3)), secret("a", days(-2))
    gone = secret("d", days(-9), enabled=False)
    read, limits = reading_data.vault, typed.Expiry()
    assert seen(read([far, gone], True, limits, NOW)) == (
        "c: Expires on 20 Feb 2027, 02:19 GMT, in 90 days", False,
    )  # fmt: skip
    assert seen(read([far, near], True, limits, NOW)) == (
        "b: Expires on 25 Nov 2026, 02:19 GMT, in 3 days", True,
    )  # fmt: skip
    words = "2 have expired or do within 14 days: a, b. There are more than could be read"
    assert seen(read([far, near, past], False, limits, NOW)) == (words, True)
    assert seen(read([gone, secret("e", None)], True, limits, NOW)) == ("Nothing in it expires", False)
