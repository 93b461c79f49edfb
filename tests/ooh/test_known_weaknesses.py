"""What could not be asked is not called clean, and a known weakness fails the lint."""

import json
from typing import Any

import pytest

from tests.known_weaknesses import judged


def told(*libraries: dict[str, Any]) -> tuple[str, bool]:
    lines, is_weak = judged(json.dumps({"dependencies": libraries, "fixes": []}))
    return "\n".join(lines), is_weak


CLEAN = {"name": "django", "version": "5.2.19", "vulns": []}
SKIPPED = {"name": "amqp", "skip_reason": "Dependency not found and could not be audited: amqp (5.4.2)"}
WEAK = {"name": "celery", "version": "5.0", "vulns": [{"id": "PYSEC-2021-858", "fix_versions": ["5.2.2"]}]}


def test_a_weakness_is_named_with_the_version_that_mends_it() -> None:
    said, is_weak = told(CLEAN, WEAK)
    assert is_weak
    assert "celery 5.0: PYSEC-2021-858, mended in 5.2.2" in said
    assert "1 in 2 libraries." in said


def test_clean_is_what_was_asked() -> None:
    assert told(CLEAN) == ("Known weaknesses: none in 1 libraries.", False)
    assert told(CLEAN, SKIPPED) == ("Known weaknesses: none in 1 libraries; 1 were NOT ASKED.", False)


@pytest.mark.parametrize("text", ["", "no JSON", "[]", '{"fixes": []}', '{"dependencies": []}'])
def test_without_an_answer_it_says_so_and_fails_nothing(text: str) -> None:
    (line,), is_weak = judged(text)
    assert "NOT ASKED" in line
    assert not is_weak


def test_all_skipped_is_not_asked() -> None:
    said, is_weak = told(SKIPPED, SKIPPED)
    assert "NOT ASKED" in said
    assert not is_weak
