"""The page on which an author writes a draft, without script: proper fields, moves, errors, two windows."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from accounts.models import User
from accounts.roles import Role
from sops import services
from sops.actions.catalogue import CATALOGUE
from sops.models import SopVersion
from sops.models.step_run import Risk
from sops.parameter_fields import defaults_of, fields_for
from sops.problems import MOST_STEPS
from sops.writing import said_by
from tests import factories
from tests.end_to_end.visitor import forms_in
from tests.sops import making
from tests.sops.making import CHECK, ESCALATE, INSTANCES, MANUAL, POST, RESTART, WAIT, decision

Browse = Callable[[User | None], Client]
Sent = dict[str, Any]
JUDGED = {
    "kind": "decision", "title": "Is it healthy?", "parameters": {"by_check": 1},
    "options": [
        {"answer": "Bad", "then": 3, "outcome": ""}, {"answer": "Good", "then": "end", "outcome": "restored"},
    ],
}  # fmt: skip
EVERY_KIND = [CHECK, JUDGED, MANUAL, RESTART, WAIT, decision(yes=7), POST, ESCALATE]

pytestmark = pytest.mark.django_db


def page(version: SopVersion) -> str:
    return f"/admin/sops/sopversion/{version.pk}/change/"


def fields_of(html: str) -> Sent:
    """What a browser would send of the page as it stands."""
    form = next(form for form in forms_in(html) if "seen" in form.values)
    values = {name: value.removeprefix("\n") for name, value in form.values.items()}  # of a textarea
    return {**values, "step": re.findall(r'name="step" value="([^"]*)"', html)}


@pytest.fixture
def draft(author: User) -> SopVersion:
    return making.make_draft(author, EVERY_KIND)


@pytest.fixture
def client(author: User, browse: Browse) -> Client:
    return browse(author)


def opened(client: Client, version: SopVersion) -> Sent:
    answer = client.get(page(version))
    assert answer.status_code == 200
    return fields_of(answer.content.decode())


def press(client: Client, version: SopVersion, sent: Sent, button: str) -> tuple[int, str]:
    answer = client.post(page(version), {**sent, "do": button})
    return answer.status_code, answer.content.decode()


def now(version: SopVersion) -> dict[str, Any]:
    return said_by(SopVersion.objects.get(pk=version.pk))


# ---------- Saving ----------


def test_saving_what_was_opened_changes_no_word(client: Client, draft: SopVersion) -> None:
    before = now(draft)
    assert press(client, draft, opened(client, draft), "save")[0] == 302
    after = now(draft)
    for step in (*before["steps"], *after["steps"]):
        usual = defaults_of(CATALOGUE[step["action"]].parameters) if step["action"] else {}
        step["parameters"] = {**usual, **step["parameters"]}
        step["options"] = sorted(step["options"], key=lambda option: option["answer"])
    assert after == before


def test_each_setting_is_saved_by_its_type(client: Client, draft: SopVersion) -> None:
    sent = opened(client, draft) | {"step-1-of_action_tries": "5", "step-8-title": "Escalate it"}
    del sent["step-4-of_action_soft"]
    assert press(client, draft, sent, "save")[0] == 302
    steps = now(draft)["steps"]
    assert steps[0]["parameters"] == {"tries": 5, "timeout_seconds": 5}
    assert (steps[3]["parameters"], steps[7]["title"]) == ({"soft": False}, "Escalate it")


def test_a_draft_need_not_be_whole_to_be_kept(client: Client, draft: SopVersion) -> None:
    sent = opened(client, draft) | {"summary": "", "step-3-instructions": "", "step-6-then_0": ""}
    assert press(client, draft, sent, "save")[0] == 302
    after = now(draft)
    assert (after["summary"], after["steps"][2]["instructions"]) == ("", "")
    assert after["steps"][5]["options"][0] == {"answer": "Yes", "outcome": "restored"}


def test_lines_end_as_everywhere_else(client: Client, draft: SopVersion) -> None:
    press(client, draft, opened(client, draft) | {"way_back": "One\r\nTwo"}, "save")
    assert now(draft)["way_back"] == "One\nTwo"


@pytest.mark.parametrize(
    ("changes", "words"), [
        ({"step-1-of_action_tries": "99"}, "Step 1: Write a whole number from 1 to 5"),
        ({"step-1-of_action_tries": ""}, "Step 1: Write a whole number from 1 to 5"),
        ({"step-1-of_action_tries": "three"}, "Step 1: Write a whole number from 1 to 5"),
        ({"step-1-title": ""}, "Step 1: Say in one line what is done"),
        ({"step-1-title": "x" * 121}, "Step 1: Ensure this value has at most 120"),
        ({"step-1-target_kind": "region"}, "Step 1: Choose what it acts on"),
        ({"step-1-action": "run_command"}, "Step 1: Choose what it reads"),
        ({"step-4-action": "run_command"}, "Step 4: Choose what it does"),
        ({"step-2-by_check": "99"}, "Step 2: Choose an earlier check"),
        ({"step-6-then_0": "99"}, "Step 6: Choose a later step, or the end"),
        ({"step-7-phase": "guessing"}, "Step 7: Choose one of these"),
        ({"step-7-next_in_minutes": "1"}, "Step 7: Write a whole number from 5 to 240"),
        ({"use_when": "NHS number 999 012 3456"}, "Remove the patient identifier"),
        ({"step-6-answer_1": "NHS number 999 012 3456"}, "Step 6: Remove the patient identifier"),
        ({"step-3-instructions": "NHS number 999 012 3456"}, "Step 3: Remove the patient identifier"),
        ({"step-3-title": "x\0y"}, "Step 3: Null characters are not allowed"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_field_and_nothing_typed_is_lost(
    client: Client, draft: SopVersion, changes: Sent, words: str
) -> None:
    before = now(draft)
    sent = opened(client, draft) | {"way_back": "Typed, and not saved yet"} | changes
    status, html = press(client, draft, sent, "save")
    assert status == 422
    told = re.sub("<[^>]+>", "", html)
    assert words in told
    assert "Nothing was saved" in told
    assert 'class="field is-wrong"' in html
    assert "Typed, and not saved yet" in fields_of(html)["way_back"]
    assert now(draft) == before


# ---------- Changing the page ----------


def test_a_step_that_is_moved_takes_along_what_leads_to_it(client: Client, draft: SopVersion) -> None:
    sent = opened(client, draft) | {"step-7-title": "Typed before the move"}
    status, html = press(client, draft, sent, "down-7")
    assert (status, "Step 7 is step 8 now" in html) == (200, True)
    assert now(draft)["steps"][6]["title"] == POST["title"]
    assert press(client, draft, fields_of(html), "save")[0] == 302
    steps = now(draft)["steps"]
    assert (steps[7]["title"], steps[5]["options"][0]["then"]) == ("Typed before the move", 8)


def test_a_step_that_is_removed_leaves_its_answers_leading_nowhere(client: Client, draft: SopVersion) -> None:
    _, html = press(client, draft, opened(client, draft), "remove-7")
    assert press(client, draft, fields_of(html), "save")[0] == 302
    steps = now(draft)["steps"]
    assert len(steps) == 7
    assert "then" not in steps[5]["options"][0]


def test_an_answer_that_leads_back_after_a_move_is_shown_and_refused_on_submission(
    client: Client, draft: SopVersion
) -> None:
    _, html = press(client, draft, opened(client, draft), "up-7")
    assert press(client, draft, fields_of(html), "save")[0] == 302
    status, html = press(client, draft, opened(client, draft), "submit")
    assert status == 422
    assert "Step 7: “Yes” leads to step 6: choose a later step, up to 8" in html


@pytest.mark.parametrize(
    "kind", ["check", "action", "manual", "decision", "judged", "communicate", "escalate"]
)
def test_each_kind_of_step_is_added_where_it_is_wanted(client: Client, draft: SopVersion, kind: str) -> None:
    chosen = {"add_before": "3", "add_check": "tls_expiry", "add_action": "reset_vpn_tunnel"}
    status, html = press(client, draft, opened(client, draft) | chosen, f"add-{kind}")
    assert (status, "Step 3 is added" in html) == (200, True)
    sent = fields_of(html)
    assert (sent["step"][2], sent["step-9-kind"]) == ("9", kind)
    sent |= {"step-9-title": "New"} | ({"step-9-target_kind": "endpoint"} if kind == "check" else {})
    assert press(client, draft, sent, "save")[0] == 302
    steps = now(draft)["steps"]
    assert (steps[2]["title"], len(steps)) == ("New", 9)
    assert steps[6]["options"][0]["then"] == 8
    if kind == "check":
        assert (steps[2]["action"], steps[2]["parameters"]) == ("tls_expiry", {"warn_days": 14})


def test_another_action_brings_its_own_settings_before_anything_is_saved(
    client: Client, draft: SopVersion
) -> None:
    sent = opened(client, draft) | {
        "step-1-action": "wait_until_healthy",
        "step-1-of_action_timeout_seconds": "9",
    }
    status, html = press(client, draft, sent, "save")
    assert (status, "Its settings are shown now" in html) == (422, True)
    again = fields_of(html)
    assert (again["step-1-of_action_minutes"], again["step-1-of_action_timeout_seconds"]) == ("5", "9")
    assert "step-1-of_action_tries" not in again
    assert press(client, draft, again, "save")[0] == 302
    assert now(draft)["steps"][0]["parameters"] == {"minutes": 5, "timeout_seconds": 9}


def test_the_settings_of_an_action_are_shown_when_asked_for(client: Client, draft: SopVersion) -> None:
    sent = opened(client, draft) | {"step-4-action": "swap_app_service_slots", "way_back": "Swap back"}
    status, html = press(client, draft, sent, "show-4")
    assert (status, fields_of(html)["step-4-of_action_slot"]) == (200, "staging")
    assert fields_of(html)["way_back"] == "Swap back"
    assert press(client, draft, fields_of(html), "save")[0] == 302


def test_rows_of_answers_are_added_and_empty_ones_are_none(client: Client, draft: SopVersion) -> None:
    _, html = press(client, draft, opened(client, draft), "answer-6")
    sent = fields_of(html)
    assert sent["step-6-answer_2"] == ""
    press(client, draft, sent, "save")
    assert len(now(draft)["steps"][5]["options"]) == 2
    third = {"step-6-answer_2": "Not asked", "step-6-then_2": "end", "step-6-outcome_2": "not_restored"}
    press(client, draft, sent | third | {"seen": opened(client, draft)["seen"]}, "save")
    assert now(draft)["steps"][5]["options"][2] == {
        "answer": "Not asked",
        "then": "end",
        "outcome": "not_restored",
    }


def test_no_more_steps_are_read_than_a_version_may_have(client: Client, draft: SopVersion) -> None:
    keys = [str(number) for number in range(1, 100)]
    kinds = {f"step-{key}-kind": "manual" for key in keys} | {f"step-{key}-title": "x" for key in keys}
    sent = opened(client, draft) | kinds | {"step": [*keys, "0", "x", "1"]}
    status, html = press(client, draft, sent, "up-3")
    assert (status, len(fields_of(html)["step"])) == (200, MOST_STEPS)
    assert 'id="add"' not in html


@pytest.mark.parametrize(
    "button", ["up-1", "down-8", "up-99", "add-script", "answer-1", "remove-x", "show", "up-"]
)
def test_a_button_that_makes_no_sense_changes_nothing(client: Client, draft: SopVersion, button: str) -> None:
    sent = opened(client, draft)
    status, html = press(client, draft, sent, button)
    assert status == 200
    same = {"csrfmiddlewaretoken": ""}
    assert fields_of(html) | same == sent | same
    assert "Not saved yet" not in html


# ---------- Submitting ----------


def test_a_draft_that_is_whole_is_submitted(client: Client, draft: SopVersion) -> None:
    assert press(client, draft, opened(client, draft), "submit")[0] == 302
    assert SopVersion.objects.get(pk=draft.pk).state == "submitted"


def test_what_is_missing_is_told_at_its_field_and_the_draft_is_kept(
    client: Client, draft: SopVersion
) -> None:
    sent = opened(client, draft) | {
        "summary": "", "step-3-instructions": "", "step-6-outcome_1": "", "step-7-words": "In {place}",
        "step-2-by_check": "", "step-8-title": "Escalate it",
    }  # fmt: skip
    status, html = press(client, draft, sent, "submit")
    assert status == 422
    for words, field in (
        ("Say why it changes", "id_summary"),
        ("Step 2: Choose an earlier check", "id_step-2-by_check"),
        ("Step 3: Write the instructions", "id_step-3-instructions"),
        ("Step 6: “No” ends the run", "id_step-6-outcome_1"),
        ("Step 7: The words may hold", "id_step-7-words"),
    ):
        assert re.search(f'<li><a href="#{field}">{words}', html), words
    assert "Saved, and not submitted yet" in html
    assert (SopVersion.objects.get(pk=draft.pk).state, now(draft)["steps"][7]["title"]) == (
        "draft",
        "Escalate it",
    )
    mended = fields_of(html) | {
        "summary": "Why", "step-3-instructions": "Ring", "step-6-outcome_1": "not_restored",
        "step-7-words": "Down", "step-2-by_check": "1",
    }  # fmt: skip
    assert press(client, draft, mended, "submit")[0] == 302


def test_a_draft_without_steps_or_services_says_so(client: Client, author: User) -> None:
    draft = making.make_draft(author, [])
    assert "Add at least one step" in press(client, draft, opened(client, draft), "submit")[1]
    draft = making.make_draft(author)
    draft.sop.services.clear()
    assert "Choose at least one service" in press(client, draft, opened(client, draft), "submit")[1]


# ---------- Two windows, two people ----------


def test_the_second_window_is_told_and_keeps_what_was_typed(client: Client, draft: SopVersion) -> None:
    first, second = opened(client, draft), opened(client, draft)
    press(client, draft, first | {"way_back": "By the first"}, "save")
    status, html = press(client, draft, second | {"way_back": "By the second"}, "save")
    assert status == 409
    assert "was changed since you opened it" in html
    assert fields_of(html)["way_back"] == "By the second"
    assert now(draft)["way_back"] == "By the first"
    assert press(client, draft, fields_of(html), "save")[0] == 302  # now they know
    assert now(draft)["way_back"] == "By the second"


def test_what_is_written_while_it_was_submitted_is_kept_on_the_page(
    client: Client, draft: SopVersion, author: User
) -> None:
    sent = opened(client, draft)
    services.submit_version(draft.pk, by=author)
    for button in ("save", "submit"):
        status, html = press(client, draft, sent | {"way_back": "Too late"}, button)
        assert (status, fields_of(html)["way_back"]) == (409, "Too late")
        assert "is waiting for approval, and cannot be changed" in html
    assert now(draft)["way_back"] == "None needed"


def test_nobody_else_writes_a_draft(
    draft: SopVersion, client: Client, browse: Browse, approver: User
) -> None:
    sent = opened(client, draft) | {"way_back": "Not mine"}
    for person in (approver, factories.make_user(Role.SOP_AUTHOR)):
        answer = browse(person).post(page(draft), {**sent, "do": "save"})
        assert answer.status_code == 403
        assert 'name="seen"' not in browse(person).get(page(draft)).content.decode()
    assert now(draft)["way_back"] == "None needed"


def test_the_state_cannot_be_sent(client: Client, draft: SopVersion, author: User) -> None:
    sent = opened(client, draft) | {
        "state": "approved",
        "approver": author.pk,
        "number": "7",
        "step-1-id": "1",
    }
    assert press(client, draft, sent, "save")[0] == 302
    after = SopVersion.objects.get(pk=draft.pk)
    assert (after.state, after.approver, after.number) == ("draft", None, 1)


# ---------- Fields from typed models, and what an SOP is for ----------


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_each_action_of_the_catalogue_has_a_field_for_each_setting(name: str) -> None:
    model = CATALOGUE[name].parameters
    fields = fields_for(model)
    assert list(fields) == list(model.model_fields)
    usual = defaults_of(model)
    for field_name, field in fields.items():
        assert field.label
        if usual[field_name] != "":
            assert field.clean(usual[field_name]) == usual[field_name]


def test_every_action_can_be_added_as_a_step(client: Client, author: User) -> None:
    draft = making.make_draft(author, [INSTANCES])
    page = opened(client, draft)
    for name, spec in CATALOGUE.items():
        kind = "check" if spec.risk == Risk.READ else "action"
        _, html = press(client, draft, page | {f"add_{kind}": name}, f"add-{kind}")
        sent = fields_of(html) | {
            "step-2-title": spec.words,
            "step-2-target_kind": sorted(spec.target_kinds)[0],
        }
        if "step-2-of_action_message" in sent:
            sent["step-2-of_action_message"] = "Please save your work and sign out."
        assert press(client, draft, sent, "save")[0] == 302, name
        SopVersion.objects.get(pk=draft.pk).steps.get(position=2).delete()


def test_an_author_says_which_situations_an_sop_is_for_until_it_was_submitted(
    client: Client, author: User
) -> None:
    draft = making.make_draft(author)
    address = f"/admin/sops/sop/{draft.sop_id}/change/"
    service = draft.sop.services.get()
    sent = {
        "code": draft.sop.code, "title": "Restart", "owner": author.pk, "services": [service.pk],
        "situations": ["cannot_sign_in", "does_not_open"],
    }  # fmt: skip
    assert "Nobody can sign in" in client.get(address).content.decode()
    assert client.post(address, sent | {"situations": ["fire"]}).status_code == 200
    assert client.post(address, sent).status_code == 302
    draft.sop.refresh_from_db()
    assert draft.sop.situations == ["cannot_sign_in", "does_not_open"]
    services.submit_version(draft.pk, by=author)
    assert "Nobody can sign in, Does not open" in client.get(address).content.decode()
    assert client.post(address, sent | {"situations": ["slow"]}).status_code == 302
    draft.sop.refresh_from_db()
    assert draft.sop.situations == ["cannot_sign_in", "does_not_open"]
