"""`manage.py freshdesk doctor`: it looks at everything, changes nothing, and names the remedy."""

import io
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from incidents.freshdesk.doctor import Line, examine
from incidents.models import Incident
from tests import factories
from tests.incidents.driving import settle
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_account import Field
from tests.standins.http import Fault

pytestmark = pytest.mark.django_db


def doctor() -> tuple[list[str], str]:
    """Its lines, and what it ends with; empty when all is well."""
    out, ending = io.StringIO(), ""
    try:
        call_command("freshdesk", "doctor", stdout=out)
    except CommandError as error:
        ending = str(error)
    return out.getvalue().splitlines(), ending


def wrong() -> list[str]:
    return [line.words for line in examine() if line.is_wrong]


def test_an_account_that_is_set_up_is_well_and_is_only_read(freshdesk: Freshdesk, settings: Settings) -> None:
    freshdesk.per_minute = 400
    freshdesk.account.custom_fields |= {
        "cf_hospital": Field("custom_dropdown", "Hospital", ["Wexcombe Park Hospital"]),
        "cf_cause": Field("custom_paragraph", "Root cause", required_for_closure=True),
        "cf_down": Field("custom_number", required_for_closure=True),
    }
    freshdesk.account.flags = {"group": {"required_for_agents"}}
    factories.make_customer(name="Wexcombe Park Hospital")
    custom = {"cf_hospital": "{customer}"}
    settings.FRESHDESK_TICKET_FIELDS = {
        "type": "Incident",
        "group_id": 17,
        "custom_fields": custom,
        "tags": ["p1"],
    }
    custom = {"cf_cause": "{resolution}", "cf_down": "{minutes_down}"}
    settings.FRESHDESK_CLOSING_FIELDS = {"custom_fields": custom}
    settings.FRESHDESK_PER_MINUTE = {"all": 50, "create": 160, "update": 160, "list": 100}
    lines, ending = doctor()
    assert ending == ""
    assert lines == [
        f"ok     Address: {freshdesk.url}",
        "ok     Key: it is the agent Out-of-hours desk (901), whose name each note of ours bears",
        "ok     Requests: 400 a minute for the account, of which the desk uses 200",
        "ok     Requester: ooh-desk@example.org is no contact yet. The first ticket makes it one",
        "ok     Our key: the field cf_ooh_incident_ref",
        "ok     Statuses: each of FRESHDESK_STATUSES is there",
        "ok     FRESHDESK_TICKET_FIELDS: “Ticket_Type” (type) takes Incident",
        "ok     FRESHDESK_TICKET_FIELDS: “Group” (group_id) takes 17",
        "ok     FRESHDESK_TICKET_FIELDS: “Hospital” (cf_hospital) takes {customer}",
        "ok     Tags: p1, besides ours",
        "ok     FRESHDESK_CLOSING_FIELDS: “Root cause” (cf_cause) takes {resolution}",
        "ok     FRESHDESK_CLOSING_FIELDS: cf_down takes {minutes_down}",
        "ok     Required: the desk sends all that a new ticket and one that is closed need",
    ]
    assert {method for method, _ in freshdesk.calls} == {"GET"}
    assert (freshdesk.tickets, freshdesk.notes, freshdesk.account.contacts) == ({}, {}, {})


def test_what_it_finds_well_is_taken_when_it_comes_to_it(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    freshdesk.account.custom_fields["cf_began"] = Field("custom_date", required_for_agents=True)
    settings.FRESHDESK_TICKET_FIELDS = {"custom_fields": {"cf_began": "{began_on}"}}
    assert wrong() == []
    settle()
    assert len(freshdesk.tickets) == 1


def test_without_an_address_or_a_key_it_says_what_to_set() -> None:
    assert wrong() == ["Set FRESHDESK_URL and FRESHDESK_API_KEY. Until then tickets wait here"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"FRESHDESK_API_KEY": "wrong"},
            "Address and key: Freshdesk refuses our key (401). Check FRESHDESK_API_KEY",
        ),
        ({"FRESHDESK_TICKET_FIELDS": {"status": 2}}, "Settings: FRESHDESK_TICKET_FIELDS names status"),
        (
            {"FRESHDESK_STATUSES": {"open": 2, "resolved": 9}},
            "Status: resolved is 9, and the account has 2, 3",
        ),
        ({"FRESHDESK_REFERENCE_FIELD": "cf_our_key"}, "Our key: there is no field cf_our_key. Make it"),
        ({"FRESHDESK_TICKET_FIELDS": {"group_id": 99}}, "there is no group 99. There are 17, 18"),
        (
            {"FRESHDESK_TICKET_FIELDS": {"type": "Outage"}},
            "(type) does not take “Outage”. Add it there, or map",
        ),
        (
            {"FRESHDESK_TICKET_FIELDS": {"type": "{caller}"}},
            "takes only some values, and {caller} may be anything",
        ),
        (
            {"FRESHDESK_CLOSING_FIELDS": {"custom_fields": {"cf_x": "1"}}},
            "there is no field cf_x. Make it there",
        ),
    ],
)
def test_each_setting_that_does_not_fit_is_named_with_its_remedy(
    change: dict[str, Any], told: str, freshdesk: Freshdesk, settings: Settings
) -> None:
    for name, value in change.items():
        setattr(settings, name, value)
    (words,) = wrong()
    assert told in words


def test_an_address_that_is_no_freshdesk_is_told(freshdesk: Freshdesk, settings: Settings) -> None:
    settings.FRESHDESK_URL = f"{freshdesk.url}/elsewhere"
    assert wrong() == ["Address: FRESHDESK_URL is not the address of a Freshdesk (404). Correct it"]


def test_a_freshdesk_that_is_down_is_told(freshdesk: Freshdesk) -> None:
    freshdesk.down()
    assert wrong() == ["Address and key: Freshdesk does not answer (connect error)"]


def test_a_part_that_cannot_be_read_does_not_hide_the_others(freshdesk: Freshdesk) -> None:
    freshdesk.fail(Fault.PAGE_BEFORE, "GET", "/api/v2/contacts")
    lines = list(examine())
    assert Line("Requester: they cannot be read. Freshdesk cannot answer now (502)", is_wrong=True) in lines
    assert any(line.words.startswith("Required: ") for line in lines)


def test_a_hospital_that_a_drop_down_lacks_is_named_before_it_rings(
    freshdesk: Freshdesk, settings: Settings
) -> None:
    factories.make_customer(name="Wexcombe Park Hospital")
    factories.make_customer(name="Harbour View")
    freshdesk.account.custom_fields["cf_hospital"] = Field("custom_dropdown", "Hospital", ["Wexcombe"])
    settings.FRESHDESK_TICKET_FIELDS = {"custom_fields": {"cf_hospital": "{customer}"}}
    settings.FRESHDESK_CHOICES = {"cf_hospital": {"Wexcombe Park Hospital": "Wexcombe"}}
    assert wrong() == [
        "FRESHDESK_TICKET_FIELDS: “Hospital” (cf_hospital) does not take “Harbour View”. "
        "Add it there, or map it in FRESHDESK_CHOICES"
    ]


@pytest.mark.parametrize(
    ("kind", "value", "is_taken"),
    [
        ("custom_number", 4, True), ("custom_number", "4", False), ("custom_checkbox", True, True),
        ("custom_checkbox", "yes", False), ("custom_date", "{began_on}", True),
        ("custom_date", "{customer}", False), ("custom_text", "{caller}, {service}", True),
        ("custom_text", 4, False), ("custom_decimal", 4.5, True), ("custom_number", "{minutes_down}", True),
    ],
)  # fmt: skip
def test_the_doctor_and_the_account_agree_on_what_a_field_takes(
    kind: str, value: Any, is_taken: bool, freshdesk: Freshdesk, settings: Settings
) -> None:
    factories.make_customer()
    freshdesk.account.custom_fields["cf_x"] = Field(kind)
    settings.FRESHDESK_CLOSING_FIELDS = {"custom_fields": {"cf_x": value}}
    assert (wrong() == []) is is_taken


def test_what_is_required_and_not_sent_is_named(freshdesk: Freshdesk) -> None:
    freshdesk.account.custom_fields["cf_cause"] = Field(label="Root cause", required_for_closure=True)
    freshdesk.account.flags["group"] = {"required_for_agents"}
    assert wrong() == [
        "Required of a new ticket: “Group” (group_id). Set it in FRESHDESK_TICKET_FIELDS",
        "Required to close: “Root cause” (cf_cause). Set it in FRESHDESK_CLOSING_FIELDS",
    ]


def test_an_agent_that_sees_only_some_tickets_is_told(freshdesk: Freshdesk) -> None:
    freshdesk.account.ticket_scope = 2
    assert wrong() == ["Agent: it sees only the tickets of its groups. Give it global access"]


def test_limits_above_those_of_the_plan_are_told(freshdesk: Freshdesk) -> None:
    freshdesk.per_minute = 200
    assert wrong() == [
        'Requests: the plan allows less. Set FRESHDESK_PER_MINUTE={"create": 80, "update": 80, "list": 20}'
    ]


def test_it_ends_with_how_much_there_is_to_put_right(freshdesk: Freshdesk, settings: Settings) -> None:
    settings.FRESHDESK_TICKET_FIELDS = {"group_id": 99}
    lines, ending = doctor()
    assert [line[:6] for line in lines].count("WRONG ") == 1
    assert ending == "1 to put right."
