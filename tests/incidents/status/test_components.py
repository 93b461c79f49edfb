"""Services in their groups with five states, and incidents that concern several of them."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from accounts.models import Service, ServiceGroup, User
from incidents.models import Incident
from incidents.status.services import post_update
from tests.factories import SUNDAY_NIGHT, make_incident, make_service
from tests.incidents.status.telling import WORDS, plan, say, tell

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("night")]


@pytest.fixture
def ward(db: None) -> Service:
    return make_service("ward", "Compucare Ward")


def page() -> str:
    return Client().get("/status/").content.decode()


def states() -> dict[str, str]:
    """The state of each component as the machines are told it, groups too."""
    listed = Client().get("/status/api/v2/components.json").json()["components"]
    return {each["id"]: each["status"] for each in listed}


def in_group(name: str, position: int, *services: Service) -> ServiceGroup:
    group = ServiceGroup.objects.create(code=name.lower(), name=name, position=position)
    for service in services:
        service.group = group
        service.save()
    return group


def test_services_stand_in_their_groups_and_those_of_none_come_last(service: Service, ward: Service) -> None:
    lone, messages = make_service("other", "e-RS connection"), make_service("messagecall", "MessageCall")
    in_group("Messages", 2, messages)
    in_group("Compucare", 1, service, ward)
    shown = page()
    names = ["<h3", ">Compucare</h3>", "<b>Compucare 8</b>", "<b>Compucare Ward</b>", ">Messages</h3>",
             "<b>MessageCall</b>", ">Other services</h3>", f"<b>{lone.name}</b>"]  # fmt: skip
    places = [shown.index(name) for name in names]
    assert places == sorted(places)


def test_without_groups_there_is_one_list_and_no_heading_for_it(service: Service, ward: Service) -> None:
    assert "Other services" not in page()


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("major_outage", "Unavailable for some"), ("partial_outage", "Partly available"),
        ("degraded_performance", "Slow"), ("operational", "Monitoring"),
    ],
)  # fmt: skip
def test_a_service_has_the_state_that_was_said_last(
    incident: Incident, engineer: User, state: str, words: str
) -> None:
    tell(incident, by=engineer, service_state=state)
    assert states()["compucare8"] == state
    assert f"</svg> {words}</span>" in page()


def test_the_fifth_state_is_under_maintenance_unless_an_outage_is_worse(
    incident: Incident, engineer: User, manager: User
) -> None:
    say(plan(begins_in=0, by=manager), "scheduled", "in_progress", by=manager)
    assert states()["compucare8"] == "under_maintenance"
    assert "<h1>Compucare 8 is under planned maintenance</h1>" in page()
    tell(incident, by=engineer, service_state="degraded_performance")
    assert states()["compucare8"] == "degraded_performance"
    assert "<h1>Compucare 8 is slow</h1>" in page()


def test_a_group_is_as_its_worst_service(service: Service, ward: Service, engineer: User) -> None:
    in_group("Compucare", 1, service, ward)
    tell(make_incident(by=engineer, service=ward), by=engineer, service_state="partial_outage")
    listed = Client().get("/status/api/v2/components.json").json()["components"]
    group, first, second = listed
    assert (group["id"], group["status"], group["group"]) == ("group-compucare", "partial_outage", True)
    assert group["components"] == [first["id"], second["id"]] == ["compucare8", "ward"]
    assert first["group_id"] == second["group_id"] == group["id"]


def test_an_update_speaks_of_other_services_until_another_does_or_all_is_resolved(
    incident: Incident, ward: Service, engineer: User
) -> None:
    at = SUNDAY_NIGHT - timedelta(minutes=60)
    tell(incident, by=engineer, at=at, affected={"ward": "partial_outage"})
    assert states() == {"compucare8": "major_outage", "ward": "partial_outage"}
    tell(incident, "identified", by=engineer, at=at + timedelta(minutes=10), service_state="operational")
    assert states() == {"compucare8": "operational", "ward": "partial_outage"}
    assert "<h1>Compucare Ward is partly available</h1>" in page()
    assert "Concerns Compucare 8, Compucare Ward" in page()
    tell(incident, "resolved", by=engineer)
    assert states() == {"compucare8": "operational", "ward": "operational"}


def test_the_machines_are_told_what_each_update_changed_of_each_service(
    incident: Incident, ward: Service, engineer: User
) -> None:
    at = SUNDAY_NIGHT - timedelta(minutes=60)
    tell(incident, by=engineer, at=at, affected={"ward": "partial_outage"})
    tell(incident, "resolved", by=engineer)
    (told,) = Client().get("/status/api/v2/incidents.json").json()["incidents"]
    assert [each["id"] for each in told["components"]] == ["compucare8", "ward"]
    last, first = (
        {each["code"]: (each["old_status"], each["new_status"]) for each in update["affected_components"]}
        for update in told["incident_updates"]
    )
    assert first == {
        "compucare8": ("operational", "major_outage"), "ward": ("operational", "partial_outage"),
    }  # fmt: skip
    assert last == {
        "compucare8": ("major_outage", "operational"), "ward": ("partial_outage", "operational"),
    }  # fmt: skip


def test_a_service_that_is_not_on_the_page_is_named_nowhere(engineer: User) -> None:
    hidden = make_service("internal-tools", "Internal tools")
    Service.objects.filter(pk=hidden.pk).update(is_public=False)
    hidden.refresh_from_db()
    incident = make_incident(by=engineer, service=hidden)
    tell(incident, by=engineer)
    for path in ("", f"{incident.public_id}/", "api/v2/summary.json", "history.atom", "history.rss"):
        shown = Client().get(f"/status/{path}").content.decode()
        assert "nternal" not in shown, path
        assert "Another service" in shown, path


@pytest.mark.parametrize(
    "affected",
    [{"nowhere": "major_outage"}, {"compucare8": "major_outage"}, {"ward": "under_maintenance"},
     {"ward": "away"}, {"internal": "major_outage"}],
)  # fmt: skip
def test_only_other_services_of_the_page_with_a_state_that_is_known_are_affected(
    incident: Incident, ward: Service, engineer: User, affected: dict[str, str]
) -> None:
    make_service("internal", "Internal")
    Service.objects.filter(code="internal").update(is_public=False)
    due_at = SUNDAY_NIGHT + timedelta(minutes=30)
    with pytest.raises(ValidationError) as raised:
        post_update(
            incident.pk, phase="investigating", words=WORDS, next_update_due_at=due_at, affected=affected,
            by=engineer,
        )  # fmt: skip
    assert list(raised.value.message_dict) == ["affected"]


def test_nobody_says_of_an_incident_that_a_service_is_under_maintenance(
    incident: Incident, engineer: User
) -> None:
    with pytest.raises(ValidationError, match="Choose one of"):
        tell(incident, by=engineer, service_state="under_maintenance")


def test_the_composer_posts_what_it_was_told_of_other_services_and_keeps_it_for_the_next(
    incident: Incident, ward: Service, engineer: User, browse: Any
) -> None:
    browser, address = browse(engineer), f"/incidents/{incident.reference}/"
    given = {"phase": "investigating", "words": WORDS, "service_state": "major_outage", "minutes": "30"}
    shown = browser.post(f"{address}update/preview/", given | {"affected_ward": "partial_outage"})
    assert "Compucare Ward: Partly available" in shown.content.decode()
    assert browser.post(f"{address}update/", given | {"affected_ward": "partial_outage"}).status_code == 302
    update = incident.status_updates.get()
    assert [(each.service, each.state) for each in update.affected.all()] == [(ward, "partial_outage")]
    composer = browser.get(address).content.decode()
    assert 'value="partial_outage" selected' in composer
    assert browser.post(f"{address}update/", given | {"affected_ward": "away"}).status_code == 422


def test_days_side_by_side_are_one_box_of_the_bar(incident: Incident, engineer: User) -> None:
    tell(incident, by=engineer, at=SUNDAY_NIGHT - timedelta(days=2))
    assert 'd="M435 0h15v24h-15z"' in page()
