"""Azure resource ids: read, taken apart and compared, in whichever letter case Azure answers."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sops.actions.outcomes import Refused

_SUBSCRIPTION = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_NAME = re.compile(r"(?!\.+$)[A-Za-z0-9._()-]{1,128}")
_NAMESPACE = re.compile(r"microsoft\.[a-z]{2,60}", re.IGNORECASE)
_KIND = re.compile(r"[a-z]{2,60}", re.IGNORECASE)
WORDS = "The registered resource id is not one of Azure. Correct it in the register"


@dataclass(frozen=True, eq=False)
class ResourceId:
    """A subscription, a resource group or a resource. Two are equal when they differ by letter case only.

    `type` and `names` are of the resource: `microsoft.sql/servers/databases` and (server, database).
    """

    subscription: str
    group: str = ""
    namespace: str = ""
    kinds: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def __str__(self) -> str:
        """As Azure wants it in an address: `/subscriptions/…`, with no slash at the end."""
        text = self.subscription_path
        if self.group:
            text += f"/resourceGroups/{self.group}"
        if self.namespace:
            text += f"/providers/{self.namespace}"
        return text + "".join(f"/{kind}/{name}" for kind, name in zip(self.kinds, self.names, strict=True))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ResourceId) and str(self).lower() == str(other).lower()

    def __hash__(self) -> int:
        return hash(str(self).lower())

    @property
    def type(self) -> str:
        """`microsoft.compute/virtualmachines`, in small letters; empty for a group or a subscription."""
        return "/".join((self.namespace, *self.kinds)).lower()

    @property
    def name(self) -> str:
        return self.names[-1] if self.names else self.group or self.subscription

    @property
    def subscription_path(self) -> str:
        return f"/subscriptions/{self.subscription}"

    @property
    def group_path(self) -> str:
        """The resource group, where roles are assigned; the subscription for what is in none."""
        return self.subscription_path + (f"/resourceGroups/{self.group}" if self.group else "")

    @property
    def parent(self) -> "ResourceId":
        """The server of a database, the namespace of a queue, the host pool of a session host."""
        if len(self.kinds) < 2:
            raise Refused(WORDS)
        return ResourceId(self.subscription, self.group, self.namespace, self.kinds[:-1], self.names[:-1])

    def holds(self, text: str) -> bool:
        """Whether an id, in any letter case, is this resource's or of something below it."""
        return f"{text}/".lower().startswith(f"{self}/".lower())

    def child(self, kind: str, name: str) -> "ResourceId":
        """A resource below this one. Raises Refused for a name that no resource has."""
        return parse(f"{self}/{kind}/{name}")


def parse(text: str) -> ResourceId:
    """The parts of a resource id, in any letter case. Raises Refused for whatever else it is.

    Only what Azure's own names are made of is let through: nothing that could lead an address elsewhere.
    """
    parts = iter(text.strip().removesuffix("/").split("/"))
    if next(parts) != "":
        raise Refused(WORDS)
    _expect(next(parts, ""), "subscriptions")
    subscription = _fitting(next(parts, ""), _SUBSCRIPTION)
    following = next(parts, None)
    if following is None:
        return ResourceId(subscription)
    _expect(following, "resourcegroups")
    group = _fitting(next(parts, ""), _NAME)
    following = next(parts, None)
    if following is None:
        return ResourceId(subscription, group)
    _expect(following, "providers")
    namespace = _fitting(next(parts, ""), _NAMESPACE)
    kinds, names = _pairs(parts)
    return ResourceId(subscription, group, namespace, kinds, names)


def same(one: str, other: str) -> bool:
    """Whether two ids name the same resource. An id that is none equals nothing."""
    try:
        return parse(one) == parse(other)
    except Refused:
        return False


def _pairs(parts: Iterator[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Kind, name, kind, name… at least one of each."""
    kinds, names = [], []
    for kind in parts:
        if kind.lower() == "providers":
            raise Refused(WORDS)
        kinds.append(_fitting(kind, _KIND))
        names.append(_fitting(next(parts, ""), _NAME))
    if not kinds:
        raise Refused(WORDS)
    return tuple(kinds), tuple(names)


def _expect(part: str, wanted: str) -> None:
    if part.lower() != wanted:
        raise Refused(WORDS)


def _fitting(part: str, pattern: re.Pattern[str]) -> str:
    if not pattern.fullmatch(part):
        raise Refused(WORDS)
    return part
