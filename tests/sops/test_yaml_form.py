"""The file of an SOP: there and back without loss, and every mistake refused with its line."""

import contextlib
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from incidents import pid
from sops import yaml_form
from sops.content import SopContent
from sops.problems import problems_of
from sops.yaml_form import Refused
from tests.sops.making import CHECK, MANUAL, POST, RESTART, WAIT, decision

EMPTY = {
    "instructions": "", "action": "", "target_kind": "", "parameters": {}, "options": [], "words": "",
    "stop_when_failed": False,
}  # fmt: skip
STEPS = (CHECK, MANUAL, RESTART, WAIT, decision(yes=6), POST)

FILE = """\
format: 1
sop: SOP-03
title: Restart the application service
owner: author@vendor.example
services:
  - compucare8
customers:
  - wexcombe
situations:
  - cannot_sign_in
summary: First version
use_when: Nobody can sign in
preconditions: |-
  The hospital is on paper.
  It knows.
stop_when: Several customers are down
way_back: None needed
steps:
  - kind: check
    title: Probe the sign-in page
    action: http_probe
    target_kind: endpoint
    parameters:
      tries: 3
  - kind: decision
    title: Can they sign in?
    options:
      - answer: Yes
        then: 3
        outcome: restored
      - answer: No
        then: end
        outcome: not_restored
  - kind: communicate
    title: Post it
    parameters:
      phase: monitoring
    words: Users can sign in to {service}. Next update by {next}.
"""


def content(*steps: dict[str, Any], **changes: Any) -> SopContent:
    texts = {
        "summary": "First version", "use_when": "Nobody can sign in", "preconditions": "",
        "stop_when": "Several customers are down", "way_back": "None needed",
    }  # fmt: skip
    fields: dict[str, Any] = {
        "code": "SOP-03", "title": "Restart", "owner": "author@vendor.example", "services": ["compucare8"],
        "customers": [], "situations": [], "texts": texts,
        "steps": [{**EMPTY, **step, "position": at} for at, step in enumerate(steps or STEPS, start=1)],
    }  # fmt: skip
    return SopContent(**fields | changes)


# ---------- There and back ----------


def test_what_was_written_is_read_as_it_was() -> None:
    whole = content(customers=["harbour", "wexcombe"], situations=["does_not_open", "slow"])
    assert yaml_form.read(yaml_form.write(whole).encode()).content == whole


def test_a_file_that_a_person_wrote_is_read() -> None:
    found = yaml_form.read(FILE.encode()).content
    assert (found.code, found.customers, found.situations) == ("SOP-03", ["wexcombe"], ["cannot_sign_in"])
    assert found.texts["preconditions"] == "The hospital is on paper.\nIt knows."
    assert [option["answer"] for option in found.steps[1]["options"]] == ["Yes", "No"]


def test_a_checkout_with_line_ends_of_another_system_says_the_same() -> None:
    assert (
        yaml_form.read(FILE.replace("\n", "\r\n").encode()).content == yaml_form.read(FILE.encode()).content
    )


# All that a form or a file could hold: no control characters, no half characters.
texts = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufdd0\ufffe\uffff"), max_size=90
)
ODD = ["", " ", "- a: b", "# no", "| x", "'", "\t", "yes", "12:30", "null", "1e3"]
lines = st.lists(
    st.one_of(texts, st.sampled_from(ODD)),
    max_size=5,
).map("\n".join)  # fmt: skip
endings = st.sampled_from(["", "\n", "\r\n", " ", "\n\n "])
written = st.builds(lambda begin, text, end: f"{begin}x{text}{end}"[:1000], endings, lines, endings)
long_line = st.lists(st.sampled_from(["down", "up:", "#", "-", "“Ring”", "x" * 40]), min_size=20).map(
    " ".join
)
prose = st.one_of(written, long_line.map(lambda text: f"x {text} x"[:1000]))


@settings(deadline=None)
@given(said=st.lists(prose, min_size=8, max_size=8), limit=st.floats(0, 1_000_000), hours=st.integers(1, 72))
def test_any_text_and_number_comes_back_as_it_was(said: list[str], limit: float, hours: int) -> None:
    summary, use_when, stop_when, way_back, title, instructions, answer, words = said
    metric = {
        "kind": "check", "title": title[:120], "action": "machine_metric", "target_kind": "virtual_machine",
        "instructions": instructions, "parameters": {"limit": limit, "metric": "disk_queue"},
        "stop_when_failed": True,
    }  # fmt: skip
    history = metric | {"action": "activity_log", "parameters": {"hours": hours}}
    asked = decision(yes="end")
    asked["options"][0]["answer"] = answer[:120]
    update = POST | {"words": words.replace("{", "").replace("}", "")}
    before = content(
        metric, history, asked, update,
        texts={"summary": summary, "use_when": use_when, "preconditions": "", "stop_when": stop_when,
               "way_back": way_back},
    )  # fmt: skip
    assume(not any(finding.level == "block" for text in said for finding in pid.find(text)))
    assume(not problems_of(before.built_steps()))  # such as two answers that are alike
    data = yaml_form.write(before).encode()
    after = yaml_form.read(data).content
    assert after.said == before.said
    assert yaml_form.write(after).encode() == data


# ---------- What is refused, and where ----------


def refused(data: str | bytes) -> list[tuple[int, str]]:
    with pytest.raises(Refused) as error:
        yaml_form.read(data if isinstance(data, bytes) else data.encode())
    return [(mistake.line, mistake.words) for mistake in error.value.mistakes]


MISTAKES = [
    # what is changed to what, and which line is told what
    ("title: Restart the application service", "title: [Restart", 4, "not YAML: "),
    ("title: Restart the application service", "\ttitle: Restart", 3, "not YAML: "),
    ("use_when: Nobody can sign in", "summary: Again", 12, "summary: it is there twice, first in line 11"),
    ("      tries: 3", "      tries: 3\n      tries: 4", 25, "tries: it is there twice, first in line 24"),
    ("owner: author@vendor.example", "state: approved", 4, "state: remove it"),
    ("    action: http_probe", "    run: http_probe", 21, "step 1: run: remove it"),
    ("      tries: 3", "      url: http://x", 24, "step 1: parameters: url: remove it"),
    ("format: 1", "format: 2", 1, "format: choose one of 1"),
    ("sop: SOP-03", "sop: SOP-3x", 2, "sop: write it as SOP-03"),
    ("sop: SOP-03", "sop: SOP-٠٣", 2, "sop: write it as SOP-03"),
    ("title: Restart the application service", "title: 5", 3, "title: write a text"),
    ("title: Restart the application service", "title:", 3, "title: write a text"),
    ("title: Restart the application service", f"title: {'x' * 121}", 3, "title: write at most 120"),
    ("  - compucare8", "  - [compucare8]", 6, "services: write a text"),
    ("services:\n  - compucare8", "services: compucare8", 5, "services: write a list"),
    ("services:\n  - compucare8", "services: []", 5, "services: add at least 1"),
    ("  - compucare8", "  - compucare8\n  - compucare8", 5, "services: each is there once"),
    ("  - cannot_sign_in", "  - cannot_log_in", 10, "situations: choose one of"),
    ("stop_when: Several customers are down\n", "", 1, "stop_when: it is missing"),
    ("stop_when: Several customers are down", "stop_when: ''", 16, "stop_when: Say when"),
    ("  - kind: check", "  - kind: script", 19, "step 1: kind: choose one of"),
    ("    action: http_probe", "    action: run_command", 21, "step 1: action: the catalogue has no action"),
    ("    action: http_probe", "    action: restart_app_service", 21, "restart_app_service changes"),
    ("    target_kind: endpoint", "    target_kind: region", 22, "step 1: target_kind: http_probe acts on"),
    ("      tries: 3", "      tries: 99", 24, "step 1: parameters: tries: write 5 or less"),
    ("      tries: 3", "      tries: three", 24, "step 1: parameters: tries: write a whole number"),
    ("      tries: 3", "      tries: 010", 24, "step 1: parameters: tries: write a whole number"),
    ("      tries: 3", "      tries: 1_0", 24, "step 1: parameters: tries: write a whole number"),
    ("        then: 3", "        then: 1", 29, "step 2: answer 1: then: “Yes” leads to step 1"),
    ("        then: 3", "        then: 9", 29, "step 2: answer 1: then: “Yes” leads to step 9"),
    ("        then: 3", "        then: soon", 29, "step 2: answer 1: then: choose a later step, or the end"),
    ("        outcome: not_restored", "        outcome: perhaps", 33, "answer 2: outcome: choose one of"),
    ("      - answer: No", "      - answer: Yes", 27, "options: a decision has at least two"),
    ("    title: Can they sign in?", "    title: A\n    parameters: {by_check: 3}", 27, "step 3 is not"),
    ("      phase: monitoring", "      phase: guessing", 37, "step 3: parameters: phase: choose one of"),
    ("{service}", "{hospital}", 38, "step 3: words: the words may hold"),
    ("{service}", "{service", 38, "step 3: words: a brace in the words is not closed"),
    ("Nobody can sign in", "NHS number 999 012 3456", 12, "use_when: Remove the patient identifier"),
    ("Post it", "Ring about NHS number 999 012 3456", 35, "step 3: title: Remove the patient identifier"),
    ("title: Restart the", "title: NHS number 999 012 3456, the", 3, "title: Remove the patient identifier"),
    ("First version", "&x First version", 11, "an anchor (&)"),
    ("First version", "*x", 11, "an alias (*)"),
    ("First version", "!!python/object/apply:os.system [id]", 11, "a tag (!)"),
    ("First version", "!!str First version", 11, "a tag (!)"),
    ("First version", '"a\\0b"', 11, "the character U+0000, which is no text"),
    ("First version", '"a\\ud800b"', 11, "the character U+D800, which is no text"),
    ("First version", "a\x07b", 11, "the character U+0007, which is no text"),
    ("Nobody can sign in", "{<<: {a: b}}", 12, "use_when: write a text"),
    ("Nobody can sign in", "{[a]: b}", 12, "a list or a group cannot be a name"),
    ("Nobody can sign in", "[" * 9 + "]" * 9, 12, "it is nested more than 8 deep"),
    ("format: 1\n", "format: 1\n--- \n", 2, "a second document"),
    ("format: 1\n", "%YAML 3.0\n---\nformat: 1\n", 1, "not YAML: "),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "line", "words"), MISTAKES)
def test_a_mistake_is_refused_with_its_line_and_reason(old: str, new: str, line: int, words: str) -> None:
    assert old in FILE
    found = refused(FILE.replace(old, new, 1))
    assert [each for at, each in found if at == line and words in each], found


@pytest.mark.parametrize(
    ("data", "line", "words"), [
        (b"", 1, "the file is empty"),
        (b"# nothing but a remark\n", 1, "the file is empty"),
        (b"- a\n", 1, "not an SOP"),
        (b"steps: []\n", 1, "it is missing"),
        (FILE.encode().replace(b"First", b"F\xefrst"), 11, "not UTF-8"),
        (FILE.encode("utf-16"), 1, "not UTF-8"),
        (FILE.encode() + b"#" * 1_000_000, 39, "the file is too long"),
        (FILE.split("steps:", maxsplit=1)[0].encode() + b"steps: []\n", 18, "steps: add at least 1"),
        (FILE.split("steps:", maxsplit=1)[0].encode(), 1, "steps: it is missing"),
        (b"[" * 900_000, 1, "it is nested more than 8 deep"),
        (b"a: " * 300_000, 1, "not YAML"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_sop_is_refused(data: bytes, line: int, words: str) -> None:
    assert [each for at, each in refused(data) if at == line and words in each]


def test_a_bomb_of_aliases_is_refused_at_its_first() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*a, *a]\n" for n in range(40))
    assert refused(bomb) == [(1, "an anchor (&): write it out where it is used")]


def test_all_mistakes_of_one_kind_are_told_at_once() -> None:
    wrong = FILE.replace("tries: 3", "tries: 99").replace("then: 3", "then: 1")
    assert [line for line, _ in refused(wrong)] == [24, 29]


@given(st.binary(max_size=300))
def test_rubbish_is_refused_and_never_an_error_of_ours(data: bytes) -> None:
    assert refused(data)


@given(
    at=st.integers(0, len(FILE) - 1),
    junk=st.sampled_from([*"{}[]:-|>&*!%@`'\"#\n\t\0 ,?", "\ufeff", "--- "]),
)
def test_a_stray_character_is_read_or_refused_and_never_an_error_of_ours(at: int, junk: str) -> None:
    data = (FILE[:at] + junk + FILE[at + 1 :]).encode()
    with contextlib.suppress(Refused):
        assert yaml_form.read(data).content.code
