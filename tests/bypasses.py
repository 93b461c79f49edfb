"""A rule of `make lint`: nothing changes rows behind the audit trail's back, but where a reason stands here.

auditlog hears `save()` and `delete()` of a row. It does not hear `update()`, `bulk_update()`,
`bulk_create()`, SQL, or what is done while it is switched off. `accounts.bulk` writes many rows with their
trail. Whatever else does so stands below, function by function, with what keeps its history instead.

    python -m tests.bypasses
"""

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
APPS = ("accounts", "handover", "incidents", "ooh", "sops")
# Of a dictionary, `update` takes one argument without a name; of a QuerySet it never does.
BY_NAME = {"update", "aupdate"}
WITHOUT_ARGUMENTS = {"delete", "adelete"}
ALWAYS = {
    "bulk_create", "abulk_create", "bulk_update", "abulk_update", "_raw_delete", "raw",
    "execute", "executemany", "executescript", "disable_auditlog",
}  # fmt: skip
NAMES = re.compile("|".join(sorted(BY_NAME | WITHOUT_ARGUMENTS | ALWAYS)))

IN_THE_ROW = "the row of a delivery is its own history: attempts, errors, times; what people decide is saved"
A_PULSE = "a pulse or a counter of the machine's, every few seconds: no change that anybody makes"
THE_RATE = "how much of a rate is left, for seconds: no change that anybody makes"
THE_CHAIN = "the chain proves the trail; a row of the trail for each of its links would have no end"
MADE_UP = "the demo's made-up history, on an empty desk that is not in production"
TOMBSTONES = "each row has a redaction that says who, when and by which rule, with its proof"
READS = "reads only"
TRIGGERS = "makes triggers and policies after a migration; changes no row"
SAVED = "one row at a time: auditlog hears it"
AN_EVENT = "an AccessEvent tells of it, and the trail of that"
EACH_IS_TOLD = "of what a QuerySet deletes auditlog is told row by row"

REDACTED = "takes words out that the trail must not repeat; the report and a keyed redaction tell of it"

# path::function -> why it may.
ALLOWED: dict[str, str] = {
    "accounts/bulk.py::create_all": "writes the trail itself",
    "accounts/bulk.py::update_all": "writes the trail itself",
    "accounts/chain/guarding.py::install": TRIGGERS,
    "accounts/chain/guarding.py::missing": READS,
    "accounts/chain/guarding.py::remove": TRIGGERS,
    "accounts/chain/linking.py::_append": THE_CHAIN,
    "accounts/chain/linking.py::_locked_head": THE_CHAIN,
    "accounts/chain/stored.py::spellings": READS,
    "accounts/chain/tombstones.py::_bury": TOMBSTONES,
    "accounts/chain/tombstones.py::_write": TOMBSTONES,
    "accounts/management/commands/token.py::Command._revoke": SAVED,
    "accounts/models/token_use.py::TokenUseManager.note": A_PULSE,
    "accounts/people.py::_deleted": SAVED,
    "accounts/reads.py::_insert": "a trail of its own, sealed and chained, that only grows",
    "accounts/sign_in/delays.py::_count": A_PULSE,
    "accounts/sign_in/delays.py::_locked": A_PULSE,
    "accounts/sign_in/delays.py::forgive": AN_EVENT,
    "accounts/sign_in/delays.py::succeed": A_PULSE,
    "accounts/sign_in/factors.py::_take": AN_EVENT,
    "accounts/sign_in/factors.py::add_app": EACH_IS_TOLD,
    "accounts/sign_in/factors.py::remove": SAVED,
    "accounts/sign_in/factors.py::reset": EACH_IS_TOLD,
    "accounts/sign_in/recovery.py::make": AN_EVENT,
    "accounts/sign_in/recovery.py::use": AN_EVENT,
    "accounts/tokens.py::revoke": SAVED,
    "accounts/wall/policies.py::_made": READS,
    "accounts/wall/policies.py::install": TRIGGERS,
    "accounts/wall/policies.py::is_pooled": READS,
    "accounts/wall/policies.py::role_weaknesses": READS,
    "handover/freezing.py::freeze": TRIGGERS,
    "incidents/api/settled.py::settled_before": READS,
    "incidents/demo.py::_seed_month": MADE_UP,
    "incidents/freshdesk/budget.py::_space": THE_RATE,
    "incidents/freshdesk/budget.py::give_back": THE_RATE,
    "incidents/freshdesk/budget.py::learn": THE_RATE,
    "incidents/freshdesk/budget.py::stop": THE_RATE,
    "incidents/freshdesk/budget.py::take": THE_RATE,
    "incidents/freshdesk/polling.py::_claim": A_PULSE,
    "incidents/freshdesk/polling.py::_move": A_PULSE,
    "incidents/freshdesk/polling.py::poll": A_PULSE,
    "incidents/freshdesk/reading.py::_settle": A_PULSE,
    "incidents/freshdesk/reading.py::mark": A_PULSE,
    "incidents/freshdesk/reading.py::read": A_PULSE,
    "incidents/inbound/limits.py::SourceThrottle.allow_request": A_PULSE,
    "incidents/inbound/receiving.py::_claim": A_PULSE,
    "incidents/inbound/receiving.py::_finish": "that an alert is done; what came of it is saved",
    "incidents/inbound/receiving.py::refuse": A_PULSE,
    "incidents/outbox/tasks.py::_claim": IN_THE_ROW,
    "incidents/outbox/tasks.py::_finish": IN_THE_ROW,
    "incidents/outbox/tasks.py::_record": IN_THE_ROW,
    "incidents/outbox/tasks.py::_wait": IN_THE_ROW,
    "incidents/outbox/tasks.py::sweep": A_PULSE,
    "incidents/outbox/throttle.py::hold": THE_RATE,
    "incidents/outbox/throttle.py::take_turn": THE_RATE,
    "incidents/outbox/writing.py::announce_many": IN_THE_ROW,
    "accounts/chain/redacting.py::rewrite": REDACTED,
    "handover/redacting.py::_write": REDACTED,
    "incidents/redaction/scrubbing.py::_write": REDACTED,
    "incidents/status/subscribers/services.py::forget_unconfirmed": EACH_IS_TOLD,
    "incidents/holds.py::install": TRIGGERS,
    "ooh/retention/incident_words.py::_empty": "recorded by hand: the trail would keep what is taken out",
    "ooh/retention/kinds.py::_delete": EACH_IS_TOLD,
    "ooh/retention/kinds.py::_forget_contacts": "recorded by hand: the trail would keep what is taken out",
    "ooh/tasks.py::verify_chains": A_PULSE,
    "sops/actions/simulated_rows.py::_taken": SAVED,
    "sops/services/drafting.py::_write_steps": SAVED,
}


@dataclass(frozen=True)
class Place:
    """Where rows may be changed behind the trail's back."""

    path: str
    function: str
    line: int
    what: str

    @property
    def key(self) -> str:
        return f"{self.path}::{self.function}"


def found_in(source: str, path: str) -> Iterator[Place]:
    """The places of one module, with the function that each stands in."""
    yield from _walk(ast.parse(source), path, ())


def _walk(node: ast.AST, path: str, names: tuple[str, ...]) -> Iterator[Place]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        names = (*names, node.name)
    if isinstance(node, ast.Call) and (what := _bypass(node)):
        yield Place(path, ".".join(names) or "<module>", node.lineno, what)
    for child in ast.iter_child_nodes(node):
        yield from _walk(child, path, names)


def _bypass(call: ast.Call) -> str:
    """The name of the call, if the trail may not hear it."""
    function = call.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ALWAYS:
        return name
    is_method = isinstance(function, ast.Attribute)
    if is_method and name in BY_NAME and not call.args:
        return name
    if is_method and name in WITHOUT_ARGUMENTS and not call.args and not call.keywords:
        return name
    return ""


def everywhere() -> list[Place]:
    """All of them in the apps, but for migrations: those run before anybody works."""
    files = (path for app in APPS for path in sorted((ROOT / app).rglob("*.py")))
    return [
        place
        for path in files if "migrations" not in path.parts and NAMES.search(text := path.read_text())
        for place in found_in(text, path.relative_to(ROOT).as_posix())
    ]  # fmt: skip


def complaints(places: list[Place], allowed: dict[str, str]) -> list[str]:
    """Places without a reason, and reasons without a place."""
    stale = sorted(set(allowed) - {place.key for place in places})
    return [
        f"{place.path}:{place.line}: {place.what}() in {place.function} leaves no audit row. Save the "
        "rows, use accounts.bulk, or say in tests/bypasses.py what keeps their history"
        for place in places
        if not allowed.get(place.key)
    ] + [f"tests/bypasses.py: {key} does nothing of the kind any more. Take it out" for key in stale]


if __name__ == "__main__":
    told = complaints(everywhere(), ALLOWED)
    print("\n".join(told) or f"The audit trail hears all but {len(ALLOWED)} functions, each with a reason.")
    sys.exit(bool(told))
