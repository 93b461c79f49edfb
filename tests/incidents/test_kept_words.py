"""What somebody typed is not lost, whatever stands in the way of sending it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from incidents import services
from incidents.models import Incident
from incidents.status.services import post_update
from tests import factories

Browse = Callable[[User | None], Client]


def page(incident: Incident, act: str) -> str:
    return f"/incidents/{incident.reference}/{act}/"


def test_a_conflict_keeps_every_text_and_not_the_longest_alone(
    incident: Incident, browse: Browse, engineer: User, lead: User
) -> None:
    services.begin_triage(incident.pk, by=lead)
    services.decline(incident.pk, rule="slow", told_caller="Ring at 08:00", by=lead)
    form = {"direction": "out", "who": "IT manager", "outcome": "spoke", "text": "Rebooted"}
    answer = browse(engineer).post(
        page(incident, "decline"), {"rule": "slow", "told_caller": "It is slow", "note": "Rebooted", **form}
    )
    assert answer.status_code == 409
    words = answer.content.decode()
    assert "It is slow" in words
    assert "IT manager" in words
    assert "Rebooted" in words


def test_a_draft_of_the_last_update_does_not_push_out_what_was_typed(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    services.begin_triage(incident.pk, by=engineer)
    due = timezone.now() + timedelta(minutes=30)
    post_update(
        incident.pk, phase="investigating", words="We look into it", next_update_due_at=due, by=engineer
    )
    form = {
        "resolution": "Firewall rebooted", "restored_at": "00:00", "words": "A long text. " * 20,
        "seen": "logged",
    }  # fmt: skip
    answer = browse(engineer).post(page(incident, "resolve"), form)
    assert answer.status_code == 409
    assert "Firewall rebooted" in answer.content.decode()


@pytest.mark.parametrize("act", ["note", "escalate", "decline"])
def test_who_was_signed_out_meanwhile_gets_the_words_back(
    act: str, incident: Incident, browse: Browse
) -> None:
    browser = browse(None)
    at = f"/incidents/{incident.reference}/"
    answer = browser.post(
        page(incident, act), {"text": "The firewall is back"}, headers={"Referer": f"http://testserver{at}"}
    )
    words = answer.content.decode()
    assert answer.status_code == 403
    assert "The firewall is back" in words
    assert f"/sign-in/?next={at}" in words


def test_after_signing_in_nobody_lands_on_an_address_that_only_takes_posts(
    incident: Incident, browse: Browse, engineer: User
) -> None:
    answer = browse(None).post(page(incident, "note"), {"text": "The firewall is back"})
    back = answer.context["next_url"].partition("next=")[2]
    browser = Client()
    form = {"username": engineer.email, "password": factories.PASSWORD}
    assert browser.post(f"/sign-in/?next={back}", form, follow=True).status_code == 200


def test_a_get_of_nobody_still_leads_to_signing_in(incident: Incident, browse: Browse) -> None:
    answer = browse(None).get(page(incident, "decline"))
    assert (answer.status_code, answer["Location"]) == (302, f"/sign-in/?next={page(incident, 'decline')}")
