"""An offer that the night has overtaken: what came since, and making it a draft again."""

import pytest
from django.core.exceptions import PermissionDenied

from accounts.errors import Conflict
from handover import services
from handover.models import Handover
from incidents import services as incidents
from tests import factories

DRAFT, OFFERED = Handover.State.DRAFT, Handover.State.OFFERED


@pytest.fixture
def nothing(morning, engineer):
    """A signed statement that nothing is open, offered to the desk."""
    made = services.draft("to_vendor", by=engineer)
    return services.offer(made.pk, statement="Nothing is open.", by=engineer)


@pytest.fixture
def since(nothing, engineer):
    return incidents.begin_triage(factories.make_incident(by=engineer).pk, by=engineer)


def test_nothing_is_not_accepted_while_something_is_open(nothing, since, analyst):
    with pytest.raises(Conflict, match=f"{since.reference} is open, and not in this handover"):
        services.accept_statement(nothing.pk, by=analyst)
    nothing.refresh_from_db()
    assert (nothing.state, nothing.to_user) == (OFFERED, None)


def test_taken_back_it_is_a_draft_with_what_came_since(nothing, since, engineer, analyst):
    draft = services.take_back(nothing.pk, by=engineer)
    assert (draft.state, draft.offered_at, draft.is_nothing, draft.statement) == (DRAFT, None, False, "")
    assert [item.incident for item in draft.items.all()] == [since]
    services.offer(draft.pk, by=engineer)
    services.accept_item(draft.items.get().pk, read_back="I ring the hospital by 08:30", by=analyst)
    since.refresh_from_db()
    assert since.state == "handed_over"


def test_taking_back_a_draft_returns_quietly(draft, engineer):
    assert services.take_back(draft.pk, by=engineer).state == DRAFT


def test_a_colleague_takes_the_offer_of_a_call_back(offered, other_engineer):
    assert services.take_back(offered.pk, by=other_engineer).state == DRAFT
    entry = offered.items.get().incident.timeline.latest("pk")
    assert (entry.title, entry.by) == (f"Offer taken back by {other_engineer}", other_engineer)


def test_only_the_side_that_offered_takes_back(offered, analyst, partner_auditor, manager):
    for person in (analyst, partner_auditor, manager):
        with pytest.raises(PermissionDenied):
            services.take_back(offered.pk, by=person)
    offered.refresh_from_db()
    assert offered.state == OFFERED


def test_what_is_answered_is_not_taken_back(closed, engineer):
    with pytest.raises(Conflict, match="It has been answered"):
        services.take_back(closed.pk, by=engineer)


def test_the_page_names_what_came_since_and_takes_back(nothing, since, engineer, analyst, browse):
    shown = browse(analyst).get(f"/handovers/{nothing.pk}/").content.decode()
    assert f"{since.reference} came after the offer" in shown
    assert "Take the offer back" not in shown
    client = browse(engineer)
    assert "Take the offer back" in client.get(f"/handovers/{nothing.pk}/").content.decode()
    assert client.post(f"/handovers/{nothing.pk}/take-back/").status_code == 302
    assert browse(analyst).post(f"/handovers/{nothing.pk}/take-back/").status_code == 403


def test_the_api_takes_back_too(offered, engineer, analyst, api):
    assert api(analyst).post(f"/api/v1/handovers/{offered.pk}/take-back/").status_code == 403
    answer = api(engineer).post(f"/api/v1/handovers/{offered.pk}/take-back/")
    assert (answer.status_code, answer.json()["state"]) == (200, "draft")
