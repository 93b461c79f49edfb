"""What the documents on security point at is there, and nothing is judged twice."""

import re

import pytest
from django.conf import settings

PATH = re.compile(r"`((?:accounts|docs|handover|incidents|ooh|sops|templates|tests)/[\w/.-]+)`")


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/asvs.md", "docs/retention.md"])
def test_each_file_that_is_named_exists(document: str) -> None:
    named = PATH.findall((settings.BASE_DIR / document).read_text())
    assert [path for path in named if not (settings.BASE_DIR / path).exists()] == []
    assert named or document == "docs/retention.md"


def test_each_requirement_is_judged_once_and_the_sum_is_right() -> None:
    text = (settings.BASE_DIR / "docs" / "asvs.md").read_text()
    rows = re.findall(r"^\| ([0-9., ]+) \| [^|]+ \| \**([a-z/ ]+)\** \| .+ \|$", text, re.M)
    judged = [(each, state) for numbers, state in rows for each in numbers.split(", ")]
    numbers = [each for each, _ in judged]
    assert len(set(numbers)) == len(numbers)
    states = [state for _, state in judged]
    told = [int(number) for number in re.findall(r"\d+", text.partition("Of ")[2].partition("apply.")[0])]
    counted = [len(numbers), *(states.count(state) for state in STATES)]
    assert told == counted


STATES = ("met", "partly", "not met", "operator", "n/a")
