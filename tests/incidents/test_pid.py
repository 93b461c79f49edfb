"""The patient-data guard, measured on notes of our own and held to its aims (all numbers are synthetic)."""

import json
import statistics
import time
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from stdnum.gb import nhs

from incidents import pid

CORPUS = Path(__file__).parent / "pid_corpus"
PARTS = ("tuned", "held_out", "second_held_out")


class Figures(NamedTuple):
    recall: float
    labelled_blocked: float
    false_blocks: float
    false_warnings: float


def _notes(part: str) -> list[dict[str, str | bool]]:
    return json.loads((CORPUS / f"{part}_patient.json").read_text("utf-8"))


def _harmless(part: str) -> list[str]:
    return (CORPUS / f"{part}_harmless.txt").read_text("utf-8").splitlines()


def _level(text: str) -> str:
    levels = {finding.level for finding in pid.find(text)}
    return "block" if "block" in levels else "warn" if levels else ""


def _share(levels: list[str], wanted: tuple[str, ...]) -> float:
    return sum(level in wanted for level in levels) / len(levels)


def _measure(part: str) -> Figures:
    notes = _notes(part)
    all_levels = [_level(str(note["text"])) for note in notes]
    labelled = [level for level, note in zip(all_levels, notes, strict=True) if note["labelled"]]
    harmless = [_level(line) for line in _harmless(part)]
    return Figures(
        _share(all_levels, ("block", "warn")),
        _share(labelled, ("block",)),
        _share(harmless, ("block",)),
        _share(harmless, ("warn",)),
    )


@pytest.mark.parametrize("part", PARTS)
def test_the_aims_are_met_on_notes_of_many_voices(part: str, capsys: pytest.CaptureFixture[str]) -> None:
    figures = _measure(part)
    with capsys.disabled():
        print(f"\n{part}: {len(_notes(part))} notes with patient data, {len(_harmless(part))} harmless")
        print("  " + ", ".join(f"{name} {value:.3f}" for name, value in figures._asdict().items()))
    assert figures.recall >= 0.85
    assert figures.labelled_blocked >= 0.95
    assert figures.false_blocks <= 0.02
    assert figures.false_warnings <= 0.10


@pytest.mark.parametrize("part", PARTS)
def test_each_part_of_the_corpus_is_large_enough_to_mean_something(part: str) -> None:
    fewest = {"tuned": 250, "held_out": 125, "second_held_out": 80}[part]
    assert len(_notes(part)) >= fewest
    assert len(_harmless(part)) >= fewest


def _taken(text: str, times: int) -> list[float]:
    """Milliseconds of this thread's own time, each time."""
    taken = []
    for _ in range(times):
        start = time.thread_time()
        pid.find(text)
        taken.append((time.thread_time() - start) * 1000)
    return taken


def test_ten_kilobytes_of_notes_take_milliseconds(capsys: pytest.CaptureFixture[str]) -> None:
    lines = _harmless("tuned")
    lines[::12] = [str(note["text"]) for note in _notes("tuned")[::12]][: len(lines[::12])]
    text = "\n".join(lines * 2)[:10_240]
    milliseconds = statistics.median(_taken(text, 40))
    with capsys.disabled():
        print(f"\n10 kB of notes: median {milliseconds:.2f} ms")
    assert milliseconds <= 25  # the aim is 5 ms on a machine of its own; a shared one gets room


ADVERSARIAL = {
    "digits": "9",
    "spaces": " ",
    "line breaks": "\n",
    "spaced digits": "9 ",
    "labels": "nhs number : ",
    "small words": "nhs number is ",
    "open tags": "nhs <a ",
    "separators": "nhs: -",
    "names": "Aa-",
    "names with dates": "John Smith dob 1/1/60 ",
    "beds": "ward 1 bed 1 ",
    "patients": "patient ",
    "segments": "PID|1|",
    "carets": "1^^^",
    "links": "9990010021/",
    "streets": "1 aa aa road ",
    "spoken digits": "double nine ",
    "zero-width": "9\u200b",
    "escapes": "%39",
    "labelled list": "nhs no 9990001234, ",
}


@pytest.mark.parametrize("unit", ADVERSARIAL.values(), ids=ADVERSARIAL)
def test_no_text_makes_the_search_slower_than_its_length(unit: str) -> None:
    short, long = unit * (10_000 // len(unit)), unit * (100_000 // len(unit))
    assert min(_taken(long, 3)) <= 40 * max(min(_taken(short, 3)), 2.0)


@pytest.mark.parametrize(
    ("text", "kind", "found", "level"),
    [
        ("see 999 001 0021 again", "nhs_number", "999 001 0021", "block"),
        ("see 999-001-0021 again", "nhs_number", "999-001-0021", "block"),
        ("NHS number 999 001 0029", "nhs_number", "999 001 0029", "block"),
        ("NHS no 99900012", "", "", ""),
        ("NHS no 999000124", "nhs_number", "999000124", "block"),
        ("NHS no 99900100211", "nhs_number", "99900100211", "block"),
        ("it fails on 9990010021 only", "nhs_number", "9990010021", "warn"),
        ("pt 9990010021 will not open", "nhs_number", "9990010021", "block"),
        ("it fails on 9990010026 only", "", "", ""),
        ("ticket 9990010021 raised", "", "", ""),
        ("epoch 9990010021", "", "", ""),
        ("CHI 0101519907", "chi_number", "0101519907", "block"),
        ("H&C number 320 000 9912", "hc_number", "320 000 9912", "block"),
        ("NHS number 1111111111", "nhs_number", "1111111111", "block"),
        ("it fails on 1111111111 only", "", "", ""),
        ("MRN 0048213 is wrong", "hospital_number", "0048213", "block"),
        ("Bupa membership no. 30044121", "insurer_number", "30044121", "block"),
        ("nhsNumber=9990010021", "nhs_number", "9990010021", "block"),
        ("dob 12/03/1951", "date_of_birth", "12/03/1951", "warn"),
        ("dob=1951-03-12", "date_of_birth", "1951-03-12", "block"),
        ("patient Margaret Hollis waits", "patient_name", "Margaret Hollis", "warn"),
        ("Ward 3 bed 12 Margaret Hollis", "ward_and_bed", "Margaret Hollis", "warn"),
        ("patient's mobile 07700 900123", "phone", "07700 900123", "warn"),
        ("patient email a.hollis@example.org", "email", "a.hollis@example.org", "warn"),
        ("he lives at 14 Acacia Road, LN99 1AA", "address", "14 Acacia Road, LN99 1AA", "warn"),
        ("PID|1||0048213^^^WEX^MR||HOLLIS^MARGARET", "hl7_segment", None, "block"),
    ],
)
def test_a_finding_says_kind_place_and_level(text: str, kind: str, found: str | None, level: str) -> None:
    expected = [] if not kind else [(kind, text if found is None else found, level)]
    assert [(one.kind, text[one.start : one.end], one.level) for one in pid.find(text)] == expected


def test_a_name_with_a_date_of_birth_blocks_both() -> None:
    text = "Margaret Hollis dob 12/03/1951"
    found = [(one.kind, text[one.start : one.end], one.level) for one in pid.find(text)]
    assert found == [
        ("patient_name", "Margaret Hollis", "block"),
        ("date_of_birth", "12/03/1951", "block"),
    ]


@pytest.mark.parametrize(
    "typed",
    [
        "999\u00a0001\u00a00021",
        "999\u2013001\u20130021",
        "999\u200b 001\u200b 0021",
        "\uff19\uff19\uff19 \uff10\uff10\uff11 \uff10\uff10\uff12\uff11",
        "\u0669\u0669\u0669 \u0660\u0660\u0661 \u0660\u0660\u0662\u0661",
        "999&nbsp;001&nbsp;0021",
        "999%20001%200021",
        "nine nine nine zero zero one zero zero two one",
        "triple nine double zero one double oh two one",
    ],
)
def test_disguised_digits_are_found_where_they_were_typed(typed: str) -> None:
    text = f"\ufb01rst caf\u00e9 NHS number {typed} end"
    assert [text[one.start : one.end] for one in pid.find(text)] == [typed]


def test_description_says_what_and_where_but_never_repeats_it() -> None:
    finding = pid.Finding("nhs_number", 85, 97, "block")
    assert pid.describe(finding) == "An NHS number, characters 86 to 97"
    assert (
        pid.describe(pid.Finding("hospital_number", 0, 7, "block")) == "A hospital number, characters 1 to 7"
    )
    assert pid.describe(pid.Finding("hc_number", 0, 10, "block")).startswith("An H&C number")


def test_every_kind_that_is_found_has_words() -> None:
    kinds = {one.kind for part in PARTS for note in _notes(part) for one in pid.find(str(note["text"]))}
    assert kinds == set(pid.KIND_WORDS)


def test_masking_replaces_what_blocks_and_leaves_warnings() -> None:
    text = "NHS no 999 001 0021, patient Margaret Hollis"
    assert pid.mask(text) == "NHS no [NHS number removed], patient Margaret Hollis"
    assert pid.mask(text, level="warn") == "NHS no [NHS number removed], patient [patient's name removed]"


@pytest.mark.parametrize("part", PARTS)
def test_every_note_of_the_corpus_can_be_masked_at_once_and_again(part: str) -> None:
    for note in _notes(part):
        for level in ("block", "warn"):
            masked = pid.mask(str(note["text"]), level=level)
            assert pid.mask(masked, level=level) == masked
            assert not [one for one in pid.find(masked) if level in ("warn", one.level)]


def test_a_marker_is_never_masked_again() -> None:
    patient = '{"resourceType":"Patient","name":[{"family":"Hollis","given":["Margaret"]}]}'
    assert "removed removed" not in pid.mask(patient)
    assert pid.mask(patient).count("[patient's name removed]") == 2


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hopsital no 5520932 is stuck", "5520932"),
        ("nhs nunber; 999 001 0021", "999 001 0021"),
        ("the memebrship nmuber is 44192211", "44192211"),
        ("Pt nmae Beryl Tansley", "Beryl Tansley"),
        ("patent pending, umber 5520932", ""),
    ],
)
def test_a_typing_mistake_in_a_label_hides_nothing_and_moves_nothing(text: str, found: str) -> None:
    blocked = [text[one.start : one.end] for one in pid.find(text) if one.level == "block"]
    assert blocked == ([found] if found else [])


def test_a_made_up_marker_hides_nothing() -> None:
    assert _level("[999 001 0021 removed]") == "block"


PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([str(note["text"]) for note in _notes("tuned")]),
    st.sampled_from(_harmless("tuned")),
    st.sampled_from(
        ["\u200b", "\u00a0", "\ufb01", "\u0130", "\ud800", "%20", "&nbsp;", "\\n", "\x00", "NHS no ", "pt "]
    ),
)
TEXTS = st.lists(PIECES, max_size=6).map("".join)


@given(TEXTS)
@settings(deadline=None, max_examples=300)
@example("")
@example("\u0130NHS number 999\u200b0010021\ud800")
def test_findings_stand_in_order_inside_any_text_and_repeat(text: str) -> None:
    found = pid.find(text)
    edges = [edge for finding in found for edge in (finding.start, finding.end)]
    assert edges == sorted(edges)
    assert all(finding.start < finding.end for finding in found)
    assert not edges or (edges[0] >= 0 and edges[-1] <= len(text))
    assert pid.find(text) == found


@given(TEXTS)
@settings(deadline=None, max_examples=300)
def test_a_masked_text_has_nothing_left_that_blocks(text: str) -> None:
    assert not [finding for finding in pid.find(pid.mask(text)) if finding.level == "block"]
    assert pid.find(pid.mask(text, level="warn")) == []


def _synthetic(stem: int, gap: str) -> str | None:
    digits = f"999{stem:06d}"
    check = next((str(last) for last in range(10) if nhs.checksum(f"{digits}{last}") == 0), None)
    return check and f"{digits[:3]}{gap}{digits[3:6]}{gap}{digits[6:]}{check}"


def test_a_number_that_proves_itself_is_found_inside_one_that_a_label_only_claims() -> None:
    text = "Kerberos pre-auth errors on dc01 999 012 3004 only"
    assert (33, 45) in [(one.start, one.end) for one in pid.find(text)]


@given(
    st.sampled_from(_harmless("tuned")), st.integers(0, 40), st.integers(0, 999_999), st.sampled_from(" -")
)
@settings(deadline=None, max_examples=400)
def test_a_planted_number_is_found_exactly_where_it_stands(line: str, word: int, stem: int, gap: str) -> None:
    number = _synthetic(stem, gap)
    assume(number is not None and len(set(number)) > 2)
    words = line.split(" ")
    at = min(word, len(words))
    before = "".join(f"{one} " for one in words[:at])
    text = f"{before}{number} {' '.join(words[at:])}"
    start = len(before)
    assume(not before.rstrip().endswith(("+44", "0044")))
    assert (start, start + 12) in [(one.start, one.end) for one in pid.find(text)]


@pytest.mark.parametrize("part", PARTS)
def test_the_corpus_holds_only_synthetic_numbers(part: str) -> None:
    for note in _notes(part):
        for one in pid.find(str(note["text"])):
            digits = "".join(char for char in str(note["text"])[one.start : one.end] if char in "0123456789")
            if one.kind.endswith(("nhs_number", "chi_number", "hc_number")) and len(digits) == 10:
                assert digits.startswith("999") or digits[6:8] == "99", note
