"""What public words may not hold: names of hospitals, people and machines, addresses, references. Pure."""

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

NO_HOSPITAL = "the public page names no hospital and no person"
NO_MACHINE = "the public page names no machine"
NO_REFERENCE = "the public page shows no reference of ours"
NO_BLANK = "it is a blank of the template"

_DOMAINS = "com|net|org|uk|io|cloud|app|dev|ai|local|internal|lan|corp|nhs|health|cymru|wales|scot|windows"
_MACHINE_LIKE = re.compile(
    r"(?<![\w-])(?:"
    # app-cc8-wexcombe-prod, and what else ends like a machine of one environment
    r"(?:[a-z0-9]+-){1,6}(?:prod|production|live|test|uat|dev|dr|staging|stage|preprod)[0-9]{0,3}"
    # sql-cc8-01, vm-ward: what begins like the name of an Azure resource
    r"|(?:app|asp|sql|sqldb|vm|vmss|avd|vpn|vgw|agw|sb|kv|rg|nsg|vnet|aks)(?:-[a-z0-9]+)*-[a-z0-9]*[0-9][a-z0-9]*"
    # WEXSQL01, srv-web01, dc02: what ends like the name of a server in a row of them
    r"|(?:[a-z0-9]{1,20}-){0,4}[a-z0-9]{0,20}(?:srv|svr|server|sql|db|web|app|vm|dc|rds|avd|host|node)[0-9]{1,3}"
    rf"|(?:[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?\.){{1,8}}(?:{_DOMAINS})"
    r")(?![\w-])",
    re.IGNORECASE,
)
_ADDRESS_LIKE = re.compile(
    r"(?<![\w.:])(?:(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:.]*)(?![\w:])", re.IGNORECASE
)
_BLANK = re.compile(r"\{[^{}\n]{0,80}\}")
_REFERENCE = re.compile(r"(?<!\w)OOH-[0-9]{4}-[0-9]{5,9}(?!\w)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Unfit:
    """A word that has to go: where it stands (code points, end excluded), the word, and why."""

    start: int
    end: int
    word: str
    why: str

    @property
    def message(self) -> str:
        return f"{'Fill in' if self.why == NO_BLANK else 'Remove'} “{self.word}”: {self.why}"


def find_unfit(words: str, *, names: Iterable[str] = (), machines: Iterable[str] = ()) -> list[Unfit]:
    """Names and machines that are known, and whatever reads like a machine's name, an address or a reference.

    Case, spaces or hyphens between the parts of a name, and the kind of apostrophe make no difference. A name
    counts only as whole words. Overlaps are told once, by the longest.
    """
    found = [*_named(words, names, NO_HOSPITAL), *_named(words, machines, NO_MACHINE), *_machine_like(words)]
    kept: list[Unfit] = []
    for one in sorted(found, key=lambda unfit: unfit.start - unfit.end):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda unfit: unfit.start)


def find_blanks(words: str) -> list[Unfit]:
    """Each `{blank}` that nobody filled in."""
    return [Unfit(*match.span(), match[0], NO_BLANK) for match in _BLANK.finditer(words)]


def _named(words: str, names: Iterable[str], why: str) -> Iterator[Unfit]:
    patterns = sorted({_pattern(name) for name in names if len(name.strip()) > 1}, key=len, reverse=True)
    if patterns:
        for match in re.finditer(rf"(?<!\w)(?:{'|'.join(patterns)})(?!\w)", words, re.IGNORECASE):
            yield Unfit(*match.span(), match[0], why)


def _pattern(name: str) -> str:
    parts = [part for part in re.split(r"[\s-]+", name.strip()) if part]
    return r"[\s-]+".join(re.sub("['’‘`]", "['’‘`]?", re.escape(part)) for part in parts)  # noqa: RUF001


def _machine_like(words: str) -> Iterator[Unfit]:
    for match in _MACHINE_LIKE.finditer(words):
        yield Unfit(*match.span(), match[0], NO_MACHINE)
    for match in _ADDRESS_LIKE.finditer(words):
        text = match[0].rstrip(".:")
        if _is_address(text):
            yield Unfit(match.start(), match.start() + len(text), text, NO_MACHINE)
    for match in _REFERENCE.finditer(words):
        yield Unfit(*match.span(), match[0], NO_REFERENCE)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
