"""`docs/sop-files.md` says what the code takes: each key, each action, an example, and what is refused."""

import re
from typing import Literal, get_args, get_origin

import pytest
from annotated_types import Ge, Le
from django.conf import settings
from django.core.management import call_command
from pydantic.fields import FieldInfo

from accounts.models import ComponentKind
from accounts.roles import Role
from incidents.models import Incident, Phase, StatusUpdate
from sops import yaml_form
from sops.actions.catalogue import CATALOGUE
from sops.models import Sop
from sops.models.step import StepKind
from sops.writing import Deciding, Option, Update
from sops.yaml_form.reading import SopShape, StepShape
from tests import factories

PAGE = (settings.BASE_DIR / "docs" / "sop-files.md").read_text()
EXAMPLE = settings.BASE_DIR / "docs" / "examples" / "SOP-30.yaml"
KEYS = {name for model in (SopShape, StepShape, Option, Deciding, Update) for name in model.model_fields}
VALUES = {*StepKind.values, *ComponentKind.values, *Incident.Failure.values, *Phase.values}
REFUSALS = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \| (\d+): (.+?),? ?…? \|$", PAGE, re.MULTILINE)


def test_each_key_and_each_value_stands_on_the_page() -> None:
    told = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`\n]+)`", PAGE))))
    assert (KEYS | VALUES | set(StatusUpdate.ServiceState.values)) - told == set()


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_action_stands_beside_its_parameters(name: str) -> None:
    fields = CATALOGUE[name].parameters.model_fields
    words = ", ".join(parameter(*each) for each in fields.items()) or "none"
    (row,) = [line for line in PAGE.splitlines() if re.match(rf"\| [^|]*`{name}`[^|]*\|", line)]
    assert row.endswith(f" | {words} |")


def parameter(name: str, info: FieldInfo) -> str:
    """`minutes` 1 to 30 (5)."""
    default = "" if info.is_required() else f" ({str(info.default).removesuffix('.0')})"
    if get_origin(info.annotation) is Literal:
        return f"`{name}` {' or '.join(f'`{each}`' for each in get_args(info.annotation))}{default}"
    if info.annotation is bool:
        return f"`{name}` `true` or `false`{default.lower()}"
    if info.annotation is str:
        return f"`{name}` text{default}"
    (least,) = [each.ge for each in info.metadata if isinstance(each, Ge)]
    (most,) = [each.le for each in info.metadata if isinstance(each, Le)]
    return f"`{name}` {least} to {most}{default}"


def test_the_example_has_each_kind_of_step_and_says_what_an_export_says(db: None) -> None:
    content = yaml_form.read(EXAMPLE.read_bytes()).content
    assert {step["kind"] for step in content.steps} == set(StepKind.values)
    assert yaml_form.write(content) == EXAMPLE.read_text()


def test_the_example_is_imported(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    factories.make_service("ward", "Compucare Ward")
    factories.make_user(Role.SOP_AUTHOR, email="author@vendor.example")
    call_command("sops", "import", str(EXAMPLE), "--by", "author@vendor.example", "--check")
    assert "SOP-30 version 1 is a draft of " in capsys.readouterr().err
    assert not Sop.objects.exists()
    call_command("sops", "import", str(EXAMPLE), "--by", "author@vendor.example")
    assert Sop.objects.get().versions.get().steps.count() == 7


def test_there_are_refusals_to_test() -> None:
    assert len(REFUSALS) == 11


@pytest.mark.parametrize(("instead", "this", "line", "words"), REFUSALS)
def test_what_is_refused_is_refused_so(instead: str, this: str, line: str, words: str) -> None:
    text = EXAMPLE.read_text()
    assert instead in text
    with pytest.raises(yaml_form.Refused) as refused:
        yaml_form.read(text.replace(instead, this, 1).encode())
    (mistake,) = refused.value.mistakes
    assert (mistake.line, mistake.words[: len(words)]) == (int(line), words)
