"""What a person is shown comes through `visible_to`: read from the code itself, so that none is forgotten."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db.models import Model

from accounts.admin import AuditAdmin, DeskAdmin

FLOORS = ("ooh", "handover", "sops", "incidents", "accounts")
# Where rows become something that a person reads, and where a task picks them up.
SURFACE = re.compile(
    r"(^|/)(admin|api|views|serializers|forms|tasks|searching|board|context|due_items|metrics|health|packs"
    r"|workbench|reading|showing|presenting|\w+_(page|views|forms|api|reading))\.py$"
    r"|/(api|views|reports|templatetags)/"
)
# `published` and `on_status_page` are what everybody may read; of `none` nothing comes.
WAYS_IN = {"visible_to", "for_sync", "for_outside", "published", "on_status_page", "none"}
WRITES = {"create", "bulk_create", "get_or_create", "update", "system", "note"}

# Names of products: the status page lists them.
PUBLIC = {"Service", "ServiceGroup"}
DESK = "picks up what is due, by its number, for the desk itself; shows it to nobody"
OWN = "one's own rows"
COUNTS = "numbers and names of destinations, without a row"
BY_TOKEN = "who holds the subscriber's own token reads the subscriber's own row"
ALLOWED = {
    "accounts/admin.py get_queryset": "who manages people manages machines too, whom `visible_to` leaves out",
    "accounts/admin.py save_model": "the row itself, as it was before",
    "accounts/token_views.py _find": "the same, behind the same permission",
    "accounts/views.py choose_theme": OWN,
    "accounts/sign_in/own_views.py your_sign_in": OWN,
    "accounts/sign_in/own_views.py remove_factor": OWN,
    "accounts/sign_in/own_views.py new_password": OWN,
    "accounts/sign_in/own_views.py end_others": OWN,
    "accounts/sign_in/views.py _proved": "who is about to sign in, by the address typed",
    "accounts/sign_in/views.py _code_page": OWN,
    "accounts/sign_in/views.py demo_people": "whether the demo is there",
    "handover/reading.py is_whole": "whether words of it were let go",
    "handover/tasks.py sweep": DESK,
    "handover/tasks.py remind": DESK,
    "incidents/freshdesk/reading.py expect": DESK,
    "incidents/freshdesk/reading.py take_in": DESK,
    "incidents/freshdesk/reading.py _done": DESK,
    "incidents/freshdesk/tasks.py look": DESK,
    "incidents/outbox/tasks.py deliver": DESK,
    "incidents/outbox/tasks.py _missed": DESK,
    "incidents/outbox/tasks.py _claim": DESK,
    "incidents/outbox/tasks.py _finish": DESK,
    "incidents/outbox/tasks.py _record": DESK,
    "incidents/outbox/tasks.py _wait": DESK,
    "incidents/api/settled.py settled_before": "the server's own transactions, no table",
    "incidents/tasks.py __call__": "the calendar of the process",
    "ooh/tasks.py verify_chains": "who must be told",
    "sops/tasks.py recover": DESK,
    "sops/tasks.py _ask_on": DESK,
    "incidents/freshdesk/showing.py signs_of_life": COUNTS,
    "incidents/outbox/reading.py last_sweep": COUNTS,
    "incidents/outbox/reading.py deliveries_now": COUNTS,
    "incidents/outbox/reading.py backlogs": COUNTS,
    "ooh/health.py ready": COUNTS,
    "ooh/metrics.py _of_the_limits": COUNTS,
    "incidents/status/composer_forms.py _states_now": "of the incident that the form is for",
    "incidents/status/reading.py read_incidents": "services of updates that are published",
    "incidents/status/subscribers/views.py unsubscribe": BY_TOKEN,
    "incidents/status/subscribers/views.py confirm": BY_TOKEN,
    "incidents/status/subscribers/views.py subscription": BY_TOKEN,
    "ooh/packs.py write_incident": "on the command line; vendor rows by an option that the database heeds",
    "ooh/packs.py write_month": "the same",
    "ooh/packs.py _audit_of": "the same",
    "ooh/packs.py _lines": "the same",
    "ooh/packs.py write_files": "where the chains end",
    "ooh/subject_views.py __init__": "who may export a person finds everybody, behind that permission",
    "sops/run_views.py _find": "the steps of a run that is visible",
    "sops/admin.py get_queryset": "whether a rehearsal proves the version, inside the visible versions",
}

NOBODYS = {
    "ChainHead": "proof", "ChainLink": "proof", "Redaction": "proof",
    "Heartbeat": "the desk's pulse", "RateBudget": "the desk's pulse", "SyncCursor": "the desk's pulse",
    "ReceivedAlerts": "the desk's in-tray, told as proposals", "RequestKey": "answers kept for a repeat",
    "ReferenceCounter": "a number", "RemoteIncident": "a number over there",
    "TokenUse": "shown with its token, to who manages people",
    "Conversation": "shown as the timeline entry that it became", "AffectedService": "a part of its update",
    "AccessDecision": "a part of its review",
}  # fmt: skip


# Who may ask the database as the desk itself, which meets vendor rows.
AS_SYSTEM = {
    "incidents/redaction/scrubbing.py", "incidents/redaction/services.py",
    "accounts/chain/linking.py", "accounts/chain/verifying.py", "accounts/chain/tombstones.py",  # every row
    "incidents/freshdesk/conversations.py", "incidents/freshdesk/delivery.py",  # private notes over there
    "incidents/freshdesk/merging.py",
    "ooh/management/commands/migrate.py", "ooh/management/commands/seed_demo.py",
    "ooh/packs.py",  # the pack with vendor rows
}  # fmt: skip


@cache
def models() -> dict[str, type[Model]]:
    ours = [model for model in apps.get_models() if model._meta.app_label in FLOORS]
    return {model.__name__: model for model in ours}


def surfaces() -> Iterator[tuple[str, str]]:
    for floor in FLOORS:
        for path in sorted((settings.BASE_DIR / floor).rglob("*.py")):
            name = str(path.relative_to(settings.BASE_DIR))
            if SURFACE.search(name) and "/migrations/" not in name and "/models/" not in name:
                yield name, path.read_text()


def reads_past(text: str, names: set[str]) -> Iterator[tuple[str, str]]:
    """Function and words of each read of one of these models that takes no way in."""
    tree = ast.parse(text)
    above = {child: parent for parent in ast.walk(tree) for child in ast.iter_child_nodes(parent)}
    for node in ast.walk(tree):
        begun, steps = _begins(node, names), set(_steps(node, above))
        if begun and not steps & (WAYS_IN | WRITES) and not _is_narrowed(node, above):
            yield _function(node, above), begun


def _begins(node: ast.AST, names: set[str]) -> str:
    """`Model.objects`, `get_object_or_404(Model, …)`, `incident.timeline`, or SQL by hand."""
    if isinstance(node, ast.Attribute):
        of = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in ("objects", "_base_manager", "_default_manager") and of in names:
            return f"{of}.{node.attr}"
        if node.attr == "timeline" and isinstance(node.value, ast.Name) and of.islower():
            return f"{of}.timeline"
        if node.attr in ("raw", "extra") or (node.attr == "cursor" and of == "connection"):
            return node.attr
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id.endswith("_or_404"):
        of_call = node.args[0]
        if isinstance(of_call, ast.Name) and of_call.id in names:
            return f"{node.func.id}({of_call.id})"
    return ""


def _steps(node: ast.AST, above: dict[ast.AST, ast.AST]) -> Iterator[str]:
    """The names after it: of `A.objects.visible_to(user).filter(…)` visible_to and filter."""
    while isinstance(parent := above.get(node), ast.Attribute | ast.Call):
        if isinstance(parent, ast.Call) and parent.func is not node:
            return
        if isinstance(parent, ast.Attribute):
            yield parent.attr
        node = parent


def _is_narrowed(node: ast.AST, above: dict[ast.AST, ast.AST]) -> bool:
    """Inside `ByCode(queryset=…)`, which asks `visible_to` itself."""
    while node in above and not isinstance(node, ast.stmt):
        node = above[node]
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ByCode":
            return True
    return False


def _function(node: ast.AST, above: dict[ast.AST, ast.AST]) -> str:
    while node in above and not isinstance(node, ast.FunctionDef | ast.ClassDef):
        node = above[node]
    return str(getattr(node, "name", "the module"))


def test_each_surface_reads_through_visible_to() -> None:
    names = set(models()) - PUBLIC | {"LogEntry"}
    found = {
        f"{name} {function}": begun
        for name, text in surfaces()
        for function, begun in reads_past(text, names)
    }
    assert {place: begun for place, begun in found.items() if place not in ALLOWED} == {}
    assert set(ALLOWED) - set(found) == set()  # what no longer is so is taken off the list


@pytest.mark.parametrize(
    ("line", "is_past"),
    [
        ("Incident.objects.visible_to(user).filter(pk=1)", False),
        ("Incident.objects.filter(pk=1)", True),
        ("Incident.objects.filter(customer__in=Customer.objects.visible_to(user))", True),
        ("Incident._base_manager.all()", True),
        ("get_object_or_404(Incident, pk=1)", True),
        ("get_object_or_404(Incident.objects.visible_to(user), pk=1)", False),
        ("incident.timeline.all()", True),
        ("incident.timeline.visible_to(user)", False),
        ("connection.cursor()", True),
        ("ByCode(queryset=Customer.objects.all())", False),
        ("Field(queryset=Customer.objects.all())", True),
        ("Field(queryset=Customer.objects.none())", False),
    ],
)
def test_the_search_finds_what_takes_no_way_in(line: str, is_past: bool) -> None:
    assert bool(list(reads_past(line, {"Incident", "Customer"}))) is is_past


def test_each_place_that_asks_as_the_desk_itself_is_named_here() -> None:
    paths = (path for floor in FLOORS for path in (settings.BASE_DIR / floor).rglob("*.py"))
    asking = {
        str(path.relative_to(settings.BASE_DIR))
        for path in paths
        if re.search(r"\bas_system\(|Standing\.SYSTEM", path.read_text())
    }
    assert {name for name in asking if not name.startswith("accounts/wall/")} == AS_SYSTEM


def test_the_search_looks_at_all_that_shows_rows() -> None:
    names = {name for name, _ in surfaces()}
    wanted = {path for pattern in ("views.py", "admin.py", "serializers.py", "tasks.py", "forms.py")
              for floor in FLOORS for path in Path(settings.BASE_DIR / floor).rglob(pattern)}  # fmt: skip
    assert {str(path.relative_to(settings.BASE_DIR)) for path in wanted} <= names
    assert {"ooh/reports/reading.py", "ooh/packs.py", "incidents/searching.py", "ooh/board.py"} <= names


def test_every_model_says_who_sees_its_rows_or_is_nobodys() -> None:
    silent = {name for name, model in models().items() if not hasattr(model._default_manager, "visible_to")}
    assert silent == set(NOBODYS) | PUBLIC


def test_every_screen_of_the_admin_stands_on_the_one_that_asks() -> None:
    others = {type(screen) for screen in admin.site._registry.values() if not isinstance(screen, DeskAdmin)}
    assert others == {AuditAdmin}
