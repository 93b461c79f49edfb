"""The fields of a ticket as the account wants them: filled in when it is made, and when it is closed."""

import json
import re
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from accounts.models import User
from incidents import services
from incidents.freshdesk import fields
from incidents.models import Incident, OutboxRow
from incidents.outbox.services import retry_row
from tests.incidents.driving import settle
from tests.standins.freshdesk import Freshdesk
from tests.standins.freshdesk_account import Field

pytestmark = pytest.mark.django_db


def the_ticket(freshdesk: Freshdesk) -> dict[str, Any]:
    (ticket,) = freshdesk.tickets.values()
    return ticket


def resolve(incident: Incident, engineer: User, resolution: str = "A restart of the application") -> None:
    if incident.state == "logged":
        services.begin_triage(incident.pk, by=engineer)
    services.resolve(incident.pk, resolution=resolution, restored_at=timezone.now(), by=engineer)


def parked() -> OutboxRow:
    return OutboxRow.objects.get(parked_at__isnull=False)


def test_type_group_priority_and_tags_are_as_configured(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    settings.FRESHDESK_REFERENCE_FIELD = ""
    settings.FRESHDESK_TICKET_FIELDS = {
        "type": "Incident",
        "group_id": 17,
        "priority": 3,
        "tags": ["p1", "ooh"],
    }
    settle()
    ticket = the_ticket(freshdesk)
    assert (ticket["type"], ticket["group_id"], ticket["priority"], ticket["source"]) == (
        "Incident",
        17,
        3,
        3,
    )
    assert ticket["tags"] == ["ooh", f"ooh-{incident.reference}", "p1"]
    assert ticket["custom_fields"] == {}


def test_a_field_is_filled_in_from_the_incident(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    freshdesk.account.custom_fields |= {
        "cf_hospital": Field(), "cf_began": Field("custom_date"), "cf_night": Field("custom_checkbox"),
        "cf_what": Field("custom_paragraph"),
    }  # fmt: skip
    custom = {"cf_hospital": "{customer}", "cf_began": "{began_on}", "cf_night": True}
    settings.FRESHDESK_TICKET_FIELDS = {"custom_fields": custom | {"cf_what": "{service}: {what_fails}"}}
    settle()
    filled = the_ticket(freshdesk)["custom_fields"]
    assert filled == {
        "cf_hospital": "Wexcombe Park Hospital", "cf_began": "2026-11-22", "cf_night": True,
        "cf_what": "Compucare 8: Nobody can sign in", "cf_ooh_incident_ref": incident.reference,
    }  # fmt: skip


def test_a_drop_down_gets_the_account_s_own_name_for_it(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    freshdesk.account.custom_fields["cf_product"] = Field("custom_dropdown", choices=["CC8", "Ward"])
    settings.FRESHDESK_TICKET_FIELDS = {"custom_fields": {"cf_product": "{service}"}}
    settle()
    assert "cf_product has a value that it does not take" in parked().last_error
    settings.FRESHDESK_CHOICES = {"cf_product": {"Compucare 8": "CC8"}}
    retry_row(parked().pk, reason="Mapped", by=incident.logged_by)
    settle()
    assert the_ticket(freshdesk)["custom_fields"]["cf_product"] == "CC8"


def test_what_is_required_to_close_is_filled_in_when_it_is_closed(
    freshdesk: Freshdesk, incident: Incident, engineer: User, settings: Settings
) -> None:
    freshdesk.account.custom_fields |= {
        "cf_cause": Field("custom_paragraph", required_for_closure=True),
        "cf_minutes": Field("custom_number", required_for_closure=True),
    }
    freshdesk.account.flags["ticket_type"] = {"required_for_closure"}
    custom = {"cf_cause": "{outcome}: {resolution}", "cf_minutes": "{minutes_down}"}
    settings.FRESHDESK_CLOSING_FIELDS = {"type": "Incident", "custom_fields": custom}
    settle()
    assert the_ticket(freshdesk)["type"] is None
    resolve(incident, engineer)
    settle()
    ticket = the_ticket(freshdesk)
    incident.refresh_from_db()
    assert incident.restored_at is not None
    minutes = int((incident.restored_at - incident.unavailable_since).total_seconds() // 60)
    assert (ticket["status"], ticket["type"]) == (4, "Incident")
    assert ticket["custom_fields"]["cf_cause"] == "Resolved: A restart of the application"
    assert ticket["custom_fields"]["cf_minutes"] == minutes
    assert ticket["custom_fields"]["cf_ooh_incident_ref"] == incident.reference


def test_what_an_agent_filled_in_is_left_as_it_is(
    freshdesk: Freshdesk, incident: Incident, engineer: User, settings: Settings
) -> None:
    freshdesk.account.custom_fields["cf_cause"] = Field(required_for_closure=True)
    settings.FRESHDESK_CLOSING_FIELDS = {"type": "Incident", "custom_fields": {"cf_cause": "{resolution}"}}
    settle()
    the_ticket(freshdesk)["custom_fields"]["cf_cause"] = "A patch of ours"
    the_ticket(freshdesk)["type"] = "Problem"
    resolve(incident, engineer)
    settle()
    ticket = the_ticket(freshdesk)
    assert (ticket["custom_fields"]["cf_cause"], ticket["type"]) == ("A patch of ours", "Problem")


def test_without_what_is_required_the_status_is_parked_with_the_remedy_and_its_notes_are_there(
    freshdesk: Freshdesk, incident: Incident, engineer: User
) -> None:
    freshdesk.account.custom_fields["cf_cause"] = Field(required_for_closure=True)
    resolve(incident, engineer)
    settle()
    row = parked()
    assert (row.event, OutboxRow.objects.waiting().count()) == ("state", 1)
    assert "cf_cause is missing. Correct FRESHDESK_CLOSING_FIELDS" in row.last_error
    the_ticket(freshdesk)["custom_fields"]["cf_cause"] = "Filled in over there"
    retry_row(row.pk, reason="Filled in over there", by=engineer)
    settle()
    assert the_ticket(freshdesk)["status"] == 4


def test_a_decline_is_told_too(
    freshdesk: Freshdesk, incident: Incident, engineer: User, settings: Settings
) -> None:
    freshdesk.account.custom_fields["cf_cause"] = Field(required_for_closure=True)
    settings.FRESHDESK_CLOSING_FIELDS = {
        "custom_fields": {"cf_cause": "{outcome} ({decline_rule}): {resolution}"}
    }
    services.decline(incident.pk, rule="slow", told_caller="Ring the service desk at 08:00", by=engineer)
    settle()
    cause = the_ticket(freshdesk)["custom_fields"]["cf_cause"]
    assert cause == "Declined (slow): Ring the service desk at 08:00"


def test_patient_data_that_got_past_the_services_is_masked_in_fields(
    freshdesk: Freshdesk, incident: Incident, settings: Settings
) -> None:
    freshdesk.account.custom_fields["cf_their_ref"] = Field()
    settings.FRESHDESK_TICKET_FIELDS = {"custom_fields": {"cf_their_ref": "Ref {customer_reference}"}}
    Incident.objects.filter(pk=incident.pk).update(customer_reference="NHS number 999 012 3456")
    settle()
    assert "999 012 3456" not in str(freshdesk.tickets)
    assert the_ticket(freshdesk)["custom_fields"]["cf_their_ref"] == "Ref NHS number [NHS number removed]"


def test_settings_that_are_sound_have_no_mistakes(settings: Settings) -> None:
    settings.FRESHDESK_TICKET_FIELDS = {
        "type": "Incident",
        "custom_fields": {"cf_a": "{customer}"},
        "tags": ["p1"],
    }
    settings.FRESHDESK_CLOSING_FIELDS = {"custom_fields": {"cf_b": "{resolution} by {service}"}}
    assert list(fields.mistakes()) == []


@pytest.mark.parametrize(
    ("ticket", "closing", "told"),
    [
        (["type"], {}, "FRESHDESK_TICKET_FIELDS is not an object"),
        ({"custom_fields": ["cf_a"]}, {}, "FRESHDESK_TICKET_FIELDS is not an object"),
        ({"email": "a@b.example"}, {}, "FRESHDESK_TICKET_FIELDS names email, which the desk fills in itself"),
        ({}, {"status": 4}, "FRESHDESK_CLOSING_FIELDS names status"),
        (
            {"custom_fields": {"cf_a": "{hospital}"}},
            {},
            "has the blank {hospital}. Known are began_on, call_back_number",
        ),
        ({"custom_fields": {"cf_a": "{resolution}"}}, {}, "has the blank {resolution}"),
        ({"tags": "p1"}, {}, "has tags that are not a list"),
        ({"tags": ["x" * 33]}, {}, "has tags that are not a list of texts of 32 characters"),
    ],
)
def test_each_mistake_in_the_settings_is_told(
    ticket: Any, closing: Any, told: str, settings: Settings
) -> None:
    settings.FRESHDESK_TICKET_FIELDS, settings.FRESHDESK_CLOSING_FIELDS = ticket, closing
    (mistake,) = fields.mistakes()
    assert told in mistake


def test_the_guide_names_each_blank_and_its_examples_are_sound(settings: Settings) -> None:
    guide = (settings.BASE_DIR / "docs" / "production.md").read_text()
    for blank in (*fields.BLANKS, *fields.CLOSING_BLANKS):
        assert f"`{{{blank}}}`" in guide
    examples = dict(
        line.split("=", 1) for line in guide.splitlines() if re.match(r"FRESHDESK_[A-Z_]+=\{", line)
    )
    for name, value in examples.items():
        setattr(settings, name, json.loads(value))
    assert list(fields.mistakes()) == []
    assert {"FRESHDESK_TICKET_FIELDS", "FRESHDESK_CLOSING_FIELDS", "FRESHDESK_CHOICES"} <= set(examples)
