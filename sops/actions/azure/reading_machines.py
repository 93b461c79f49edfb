"""Virtual machines, scale sets and application services: whether they run, in words."""

from collections.abc import Sequence

from sops.actions.azure.reading import (
    Json,
    clean,
    counted,
    last_part,
    list_of,
    listed,
    missing,
    not_all,
    object_of,
    properties_of,
    short,
    text_of,
    word_of,
)
from sops.actions.outcomes import Finding

POWER = {
    "running": "Running", "starting": "Starting", "stopping": "Stopping", "stopped": "Stopped",
    "deallocating": "Being switched off", "deallocated": "Switched off", "unknown": "State not known",
}  # fmt: skip


def power_of(view: Json) -> str:
    """`running`, from the codes `PowerState/…` of an instance view. Raises Failed without one."""
    return _status(view, "powerstate/") or _no_power()


def _no_power() -> str:
    raise missing("saying whether the machine runs")


def _status(view: Json, prefix: str) -> str:
    codes = [word_of(each, "code") for each in list_of(view, "statuses")]
    return next((code.removeprefix(prefix) for code in codes if code.startswith(prefix)), "")


def machine(view: Json) -> Finding:
    """One machine: its power, its agent, and whether Azure's last change to it failed."""
    power = power_of(view)
    parts = [POWER.get(power, f"In the state {clean(power)}")]
    agent = object_of(view, "vmAgent")
    is_ready = _status(agent, "provisioningstate/").startswith("succeeded")
    if power == "running":
        parts.append(_agent_words(bool(agent), is_ready))
    failed = _status(view, "provisioningstate/").startswith("failed")
    if failed:
        parts.append("the last change to it failed")
    is_bad = power != "running" or failed or (bool(agent) and not is_ready)
    return Finding(", ".join(parts), is_bad=is_bad, data={"power": clean(power), "agent_ready": is_ready})


def _agent_words(has_agent: bool, is_ready: bool) -> str:
    if not has_agent:
        return "no agent reports"
    return "its agent answers" if is_ready else "its agent does not answer"


def scale_set(instances: Sequence[Json], is_whole: bool) -> Finding:
    """Which instances run. Each is named by its number."""
    if not instances:
        return Finding("It has no instance", is_bad=True, data={"instances": 0, "running": 0})
    states = {_number(each): _status(_view(each), "powerstate/") for each in instances}
    stopped = [number for number, power in states.items() if power != "running"]
    running = len(states) - len(stopped)
    words = f"{running} of {counted(len(states), 'instance')} running"
    if stopped:
        words += f". Not running: {listed(stopped)}"
    return Finding(
        short(words + not_all(is_whole)), is_bad=bool(stopped) or not is_whole,
        data={"instances": len(states), "running": running},
    )  # fmt: skip


def _number(instance: Json) -> str:
    return clean(text_of(instance, "instanceId")) or last_part(text_of(instance, "name")) or "without a name"


def _view(instance: Json) -> Json:
    return object_of(object_of(instance, "properties"), "instanceView")


def site(body: Json, instances: Sequence[Json]) -> Finding:
    """An application service: whether it runs, and how many of its instances are ready."""
    fields = properties_of(body)
    state = word_of(fields, "state")
    if not state:
        raise missing("saying whether the service runs")
    troubles = _site_troubles(fields)
    states = [word_of(object_of(each, "properties"), "state") for each in instances]
    ready = sum(each in ("ready", "") for each in states)  # an older plan does not say
    words = [POWER.get(state, f"In the state {clean(state)}"), _ready_words(ready, len(states)), *troubles]
    return Finding(
        ", ".join(words), is_bad=state != "running" or bool(troubles) or not ready or ready < len(states),
        data={"state": clean(state), "instances": len(states), "ready": ready},
    )  # fmt: skip


def _ready_words(ready: int, number: int) -> str:
    return f"{ready} of {counted(number, 'instance')} ready" if number else "no instance"


def _site_troubles(fields: Json) -> list[str]:
    troubles = []
    if word_of(fields, "availabilityState") not in ("", "normal"):
        troubles.append("Azure limits it")
    if word_of(fields, "usageState") == "exceeded":
        troubles.append("it has used up its quota")
    if fields.get("enabled") is False:
        troubles.append("it is disabled")
    return troubles
