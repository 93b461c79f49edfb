"""The difference between two versions: matched steps, marked words."""

import pytest

from accounts.models import User
from sops import differences
from sops.models import Sop
from tests.sops import making
from tests.sops.making import CHECK, INSTANCES, MANUAL, POST, RESTART, decision

pytestmark = pytest.mark.django_db


def lines(
    author: User, before: list[dict[str, object]], after: list[dict[str, object]]
) -> list[differences.Line]:
    old = making.make_draft(author, before)
    new = making.make_draft(author, after, sop=Sop.objects.get(pk=old.sop_id))
    return differences.step_lines(list(old.steps.all()), list(new.steps.all()))


def test_what_did_not_change_is_the_same_although_its_number_moved(author: User) -> None:
    found = lines(author, [CHECK, MANUAL], [INSTANCES, CHECK, MANUAL])
    assert [(line.number, line.what) for line in found] == [("1", "Added"), ("2", "Same"), ("3", "Same")]
    assert differences.summary(found) == "1 added, 2 the same"


def test_a_step_that_went_and_one_that_changed_are_told_apart(author: User) -> None:
    found = lines(
        author,
        [CHECK, MANUAL, RESTART],
        [MANUAL | {"instructions": "Ring them. Note who agreed, and when."}, RESTART],
    )
    assert [line.what for line in found] == ["Removed", "Changed", "Same"]
    changed = found[1]
    assert "".join(piece.text for piece in changed.after if piece.is_changed) == ", and when"
    assert not any(piece.is_changed for piece in changed.before)


def test_any_word_parameter_answer_or_flag_counts_as_a_change(author: User) -> None:
    for one, other in (
        (CHECK, CHECK | {"parameters": {"tries": 5}}),
        (CHECK, CHECK | {"stop_when_failed": True}),
        (CHECK, CHECK | {"target_kind": "app_service"}),
        (decision(), decision(no=2)),
        (POST, POST | {"words": "Users can sign in."}),
        (POST, POST | {"parameters": {"phase": "identified"}}),
    ):
        assert not lines(author, [one], [other])[0].is_same


def test_the_texts_around_the_steps_are_compared_too(author: User) -> None:
    old = making.make_draft(author, stop_when="Two customers are down")
    new = making.make_draft(author, sop=old.sop, stop_when="Three customers are down")
    changed = [line for line in differences.text_lines(old, new) if not line.is_same]
    assert [line.label for line in changed] == ["Stop when"]
    assert [piece.text for piece in changed[0].after if piece.is_changed] == ["Three"]
