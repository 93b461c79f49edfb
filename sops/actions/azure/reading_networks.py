"""Gateways and tunnels: what is behind them and whether they stand, in words."""

from collections import Counter

from sops.actions.azure.reading import (
    Json,
    clean,
    counted,
    last_part,
    list_of,
    listed,
    missing,
    object_of,
    properties_of,
    short,
    text_of,
    word_of,
)
from sops.actions.outcomes import Finding

_TUNNEL = {
    "connected": "The tunnel is up", "connecting": "The tunnel is coming up",
    "notconnected": "The tunnel is down", "unknown": "Azure does not know the state of the tunnel",
}  # fmt: skip


def backend_health(body: Json) -> Finding:
    """How many servers behind the gateway are up, by pool. Their addresses are not read."""
    if not isinstance(body.get("backendAddressPools"), list):
        raise missing("the servers behind the gateway")
    good: Counter[str] = Counter()
    number: Counter[str] = Counter()
    for pool in list_of(body, "backendAddressPools"):
        name = last_part(text_of(object_of(pool, "backendAddressPool"), "id")) or "a pool without a name"
        for setting in list_of(pool, "backendHttpSettingsCollection"):
            states = [word_of(server, "health") for server in list_of(setting, "servers")]
            number[name] += len(states)
            good[name] += states.count("up")
    return _backend_words(good, number)


def _backend_words(good: Counter[str], number: Counter[str]) -> Finding:
    up, servers = good.total(), number.total()
    data = {"up": up, "servers": servers}
    if not servers:
        return Finding("There is no server behind the gateway", is_bad=True, data=data)
    ill = [f"{name} {good[name]} of {count}" for name, count in number.items() if good[name] < count]
    words = f"{up} of {counted(servers, 'server')} up" + (f". Not all up: {listed(ill)}" if ill else "")
    return Finding(short(words), is_bad=up < servers, data=data)


def tunnel(body: Json) -> Finding:
    status = word_of(properties_of(body), "connectionStatus")
    if not status:
        raise missing("the state of the tunnel")
    words = _TUNNEL.get(status, f"The tunnel is in the state {clean(status)}")
    return Finding(words, is_bad=status != "connected", data={"status": clean(status)})
