"""The catalogue itself: every entry whole, its parameters strict, its simulation there."""

import re
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from accounts.models import ComponentKind as Kind
from sops.actions.catalogue import CATALOGUE, ActionSpec, find, read_parameters
from sops.actions.outcomes import Finding
from sops.actions.parameters import PLAIN_WORDS, problems_of
from sops.actions.simulated import SIMULATIONS, perform
from sops.demo_sops import APPROVED, WAITING
from sops.models import Step
from sops.models.step_run import Risk
from sops.writing import Deciding, Option, Update, options_of
from sops.yaml_form.reading import SopShape, StepShape
from tests import factories

CHANGING = [spec for spec in CATALOGUE.values() if spec.risk != Risk.READ]
ENTRIES = [(spec, kind) for spec in CATALOGUE.values() for kind in sorted(spec.target_kinds)]
GIVEN: dict[str, dict[str, Any]] = {"message_users": {"message": "Please save your work by 02:30."}}


def named(each: Any) -> str:
    return str(getattr(each, "name", None) or getattr(each, "__name__", each))


@pytest.mark.parametrize("spec", CHANGING, ids=named)
def test_each_change_names_the_check_that_settles_whether_it_happened(spec: ActionSpec) -> None:
    check = find(spec.settled_by)
    assert check is not None
    assert check.risk == Risk.READ
    assert spec.target_kinds <= check.target_kinds
    assert not check.is_probe
    assert check.name != "gateway_health"  # its answer takes a while
    read_parameters(check, {})  # it is asked as it is, without an author


def test_a_check_is_settled_by_nothing_and_changes_nothing() -> None:
    for spec in CATALOGUE.values():
        if spec.risk == Risk.READ:
            assert spec.settled_by == ""
            assert not spec.is_elevated
            assert spec.effect == "Nothing: it only reads"


@pytest.mark.parametrize(("spec", "kind"), ENTRIES, ids=named)
def test_each_entry_can_be_rehearsed_on_each_kind_of_target(spec: ActionSpec, kind: Kind, db: None) -> None:
    target = factories.make_component(kind=kind)
    found = perform(spec, target, read_parameters(spec, GIVEN.get(spec.name, {})))
    assert isinstance(found, Finding)
    assert 0 < len(found.words) <= 300


def test_nothing_is_simulated_that_the_catalogue_does_not_have() -> None:
    assert set(SIMULATIONS) == set(CATALOGUE)


@pytest.mark.parametrize("fields", [*APPROVED, *WAITING], ids=lambda fields: fields["code"])
def test_the_demo_calls_only_what_the_catalogue_has(fields: dict[str, Any]) -> None:
    for step in fields["steps"]:
        if step["kind"] in ("check", "action"):
            spec = CATALOGUE[step["action"]]
            assert step["target_kind"] in spec.target_kinds
            read_parameters(spec, step["parameters"])


def test_the_button_says_what_is_done_to_what() -> None:
    said = {spec.name: spec.button_words("X") for spec in CHANGING}
    assert said == {
        "start_virtual_machine": "Start X", "restart_virtual_machine": "Restart X",
        "redeploy_virtual_machine": "Redeploy X", "restart_scale_set_instance": "Restart X",
        "start_app_service": "Start X", "restart_app_service": "Restart X",
        "swap_app_service_slots": "Swap the slots of X", "drain_session_host": "Drain X",
        "undrain_session_host": "Open X", "message_users": "Tell the users of X",
        "sign_out_session": "Sign out a session of X", "planned_failover": "Fail over X",
        "reset_vpn_tunnel": "Reset X",
    }  # fmt: skip


# ---------- Parameters ----------


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=named)
def test_a_parameter_that_is_not_named_is_refused(spec: ActionSpec) -> None:
    with pytest.raises(ValueError, match="command: remove it, there is no such parameter"):
        read_parameters(spec, {**GIVEN.get(spec.name, {}), "command": "whoami"})


@pytest.mark.parametrize("spec", CATALOGUE.values(), ids=named)
def test_no_parameter_is_free_text_but_the_message_to_users(spec: ActionSpec) -> None:
    for name, schema in spec.parameters.model_json_schema().get("properties", {}).items():
        is_text = schema["type"] == "string" and "enum" not in schema
        if is_text and (spec.name, name) != ("message_users", "message"):
            assert schema["pattern"].startswith("^[")


@pytest.mark.parametrize("slot", ["", "-a", "a/b", "a b", "a\n", "../x", "x" * 60, "ä", 7, None])
def test_a_slot_is_named_as_azure_names_slots(slot: object) -> None:
    with pytest.raises(ValueError, match="slot: "):
        read_parameters(CATALOGUE["swap_app_service_slots"], {"slot": slot})


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Too short", "at least 10 characters"),
        ("x" * 301, "at most 300 characters"),
        (" Please save your work.", "one line"),
        ("Please save your work.\nNow.", "one line"),
        ("Please save\u202e your work.", "one line"),
        ("Please look after NHS number 943 476 5919 first", "remove the patient identifier: An NHS number"),
        (12, "message: write a text"),
    ],
)
def test_a_message_to_users_is_one_clean_line_that_names_no_patient(text: object, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        read_parameters(CATALOGUE["message_users"], {"message": text})
    assert "943" not in str(caught.value)
    assert "Value error" not in str(caught.value)


ODD = (None, True, 0, -1, 10**30, 0.5, float("nan"), "", "x", "x" * 5000, "\ud800", [], ["x"], {}, {"a": 1})
MODELS = {spec.parameters for spec in CATALOGUE.values()} | {Option, Deciding, Update, StepShape, SopShape}


@pytest.mark.parametrize("model", sorted(MODELS, key=named), ids=named)
def test_whatever_is_given_is_refused_in_our_own_words(model: type[BaseModel]) -> None:
    """What pydantic would have said of each value, and what of it our list of words has."""
    given = [{name: odd} for name in (*model.model_fields, "more") for odd in ODD]
    refused = 0
    for each in (*given, *ODD):
        try:
            model.model_validate(each)
        except ValidationError as error:
            refused += 1
            kinds = {problem["type"] for problem in error.errors(include_url=False)}
            assert kinds <= {*PLAIN_WORDS, "value_error"}, each
            told = "; ".join(words for _, words in problems_of(error))
            assert not re.search(r"input|valid|[{}]|Value error", told, re.IGNORECASE), each
    assert refused


@pytest.mark.parametrize(
    ("name", "given", "words"),
    [
        ("activity_log", {"hours": "4"}, "hours: write a whole number"),
        ("activity_log", {"hours": 73}, "hours: write 72 or less"),
        ("queue_depth", {"most_messages": -1, "deep": 1},
         "most_messages: write 0 or more; deep: remove it, there is no such parameter"),
        ("restart_app_service", {"soft": "yes"}, "soft: choose true or false"),
        ("planned_failover", {"direction": "up"}, "direction: choose one of 'to_the_copy' or 'back'"),
        ("planned_failover", [], "parameters: write it by name"),
        ("message_users", {}, "message: it is missing"),
    ],
)  # fmt: skip
def test_a_refusal_names_the_parameter_and_the_remedy(name: str, given: object, words: str) -> None:
    with pytest.raises(ValueError, match="^" + re.escape(words) + "$"):
        read_parameters(CATALOGUE[name], given)


def test_of_a_choice_of_types_one_thing_is_said() -> None:
    step = Step(kind="decision", options=[{"answer": "Yes", "then": "soon"}])
    with pytest.raises(ValueError, match=r"^then: choose a later step, or the end$"):
        options_of(step)


def test_a_message_is_shown_as_it_will_be_read() -> None:
    given = read_parameters(CATALOGUE["message_users"], GIVEN["message_users"])
    assert given.in_words() == "“Please save your work by 02:30.”"


@pytest.mark.parametrize(
    ("name", "parameters", "words"),
    [
        ("queue_depth", {}, "A finding above 100 messages or 0 dead letters. None is opened"),
        ("activity_log", {"hours": 1}, "The last hour"),
        ("machine_metric", {}, "processor, the last 30 minutes. A finding above 90"),
        (
            "planned_failover", {},
            "From the registered server to its copy. Refused if the copy is the primary already",
        ),
        (
            "swap_app_service_slots", {},
            "What runs in the slot staging goes live, and what is live goes there",
        ),
    ],
)  # fmt: skip
def test_parameters_are_told_in_words(name: str, parameters: dict[str, Any], words: str) -> None:
    assert read_parameters(CATALOGUE[name], parameters).in_words() == words


# ---------- The simulated estate keeps account ----------


def test_the_simulated_log_shows_what_was_done_and_when(night: Any, db: None) -> None:
    target = factories.make_component(kind=Kind.VIRTUAL_MACHINE)

    def run(name: str) -> Finding:
        return perform(CATALOGUE[name], target, read_parameters(CATALOGUE[name], {}))

    assert run("activity_log").words == "Nothing was done to it in the last 4 hours"
    run("restart_virtual_machine")
    assert run("activity_log").words == "1 done: Restarted 02:07 GMT"


def test_a_simulated_failover_twice_does_not_swap_back(db: None) -> None:
    target, spec = factories.make_component(kind=Kind.FAILOVER_GROUP), CATALOGUE["planned_failover"]
    assert perform(spec, target, read_parameters(spec, {})).words == "The database runs in UK West"
    with pytest.raises(Exception, match="UK West is the primary already"):
        perform(spec, target, read_parameters(spec, {}))
    back = read_parameters(spec, {"direction": "back"})
    assert perform(spec, target, back).words == "The database runs in UK South"
