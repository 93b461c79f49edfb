"""The page of a month: who may open it, what it says, and what it never says."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import User
from handover.models import Handover, HandoverItem
from incidents import services
from incidents.models import Incident, StatusUpdate
from tests.factories import make_customer, make_incident
from tests.ooh.reports.conftest import AFTER, LONG_NIGHT

Browse = Callable[[User | None], Client]
Make = Callable[..., Incident]

pytestmark = pytest.mark.usefixtures("night")


def text_of(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def read(client: Client, address: str = "/reports/2026-10/") -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return text_of(answer.content.decode())


def test_managers_and_auditors_of_either_side_read_reports(
    browse: Browse, manager: User, partner_auditor: User, vendor_auditor: User
) -> None:
    for user in (manager, partner_auditor, vendor_auditor):
        assert browse(user).get("/reports/").status_code == 200


def test_nobody_else_reads_reports(
    browse: Browse, engineer: User, lead: User, analyst: User, specialist: User, author: User, approver: User
) -> None:
    for user in (engineer, lead, analyst, specialist, author, approver):
        assert browse(user).get("/reports/").status_code == 403
        assert browse(user).get("/reports/2026-10/?format=csv").status_code == 403
        assert "/reports/" not in browse(user).get("/no-role/").content.decode()


def test_somebody_not_signed_in_is_asked_to_sign_in(browse: Browse, db: None) -> None:
    assert browse(None).get("/reports/2026-10/").status_code == 302


def test_a_report_is_only_read(browse: Browse, manager: User) -> None:
    assert browse(manager).post("/reports/2026-10/").status_code == 405
    assert browse(manager).head("/reports/2026-10/").status_code == 200


def test_the_figures_are_those_of_the_night(
    browse: Browse, manager: User, restored: Make, declined: Make
) -> None:
    restored()
    declined()
    page = read(browse(manager))
    assert "October 2026 All customers. Thu 1 Oct 00:00 BST to Sat 31 Oct 24:00 GMT." in page
    assert "Calls 2 2 more than September" in page
    assert "Accepted as P1 1 1 declined, each with a reason" in page
    assert "To the first public update 4 min median of 1; slowest 4 min" in page
    assert "To service restored 1 h median of 1; 9 in 10 within 1 h; longest 1 h" in page
    assert "Updates on time 0 of 1 1 late, by 36 min at most" in page
    assert "Wexcombe Park Hospital 2 1 1 1 h 0 min 0 0" in page
    assert "Slow, not unavailable 1" in page


def test_each_figure_stands_with_its_definition(browse: Browse, manager: User, restored: Make) -> None:
    restored()
    page = read(browse(manager))
    for words in (
        "Every call and alert that was logged", "The gate let it in, or a lead said why",
        "From the call to the first status update", "From the call until the service was back",
        "Each update says when the next one comes", "as MEDIAN and PERCENTILE of a spreadsheet do",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    "address", ["/reports/", "/reports/2026-10/", "/reports/2026-01/", "/reports/2027-01/"]
)
def test_no_page_speaks_of_breaches(
    browse: Browse, manager: User, restored: Make, declined: Make, address: str
) -> None:
    restored()
    declined()
    whole = browse(manager).get(address).content.decode().lower()
    assert "breach" not in whole


def test_the_page_says_that_there_is_no_sla_out_of_hours(browse: Browse, manager: User) -> None:
    page = read(browse(manager))
    assert "Out of hours there is no SLA. The service gives best endeavours." in page
    assert "Rehearsals are not counted." in page


def test_the_day_of_25_hours_is_told(browse: Browse, manager: User, restored: Make) -> None:
    restored()
    assert "Sunday 25 October had 25 hours: the clocks went back at 02:00 BST." in read(browse(manager))


def test_a_day_of_25_hours_that_is_still_to_come_is_not_told_as_past(
    browse: Browse, manager: User, engineer: User
) -> None:
    for day, told in ((24, False), (25, True)):
        at = datetime(2026, 10, day, 12, 0, tzinfo=UTC)
        with time_machine.travel(at, tick=False):
            make_incident(by=engineer, reported_at=at)
            assert ("had 25 hours" in read(browse(manager))) is told


def test_an_empty_month_is_told_in_words(browse: Browse, manager: User, restored: Make) -> None:
    restored()
    page = read(browse(manager), "/reports/2026-11/")
    assert "No call or alert has come in November 2026 so far. There was 1 in October 2026." in page
    assert "No call or alert came in January 2026. Nor in the five months before." in read(
        browse(manager), "/reports/2026-01/"
    )


def test_without_a_month_this_one_is_shown_up_to_now(browse: Browse, manager: User) -> None:
    page = read(browse(manager), "/reports/")
    assert "November 2026 All customers." in page
    assert "The month is not over: this is as of 02:07 GMT" in page


def test_links_lead_to_the_month_before_and_after_but_not_into_the_future(
    browse: Browse, manager: User
) -> None:
    october = browse(manager).get("/reports/2026-10/").content.decode()
    assert 'href="/reports/2026-09/"' in october
    assert 'href="/reports/2026-11/"' in october
    assert "/reports/2026-12/" not in browse(manager).get("/reports/").content.decode()
    assert "/reports/1999-12/" not in browse(manager).get("/reports/2000-01/").content.decode()


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/reports/2026-13/", "Write the year and the month, as in 2026-10."),
        ("/reports/99999999999999999999-10/", "Write the year and the month"),
        ("/reports/2026-12/", "December 2026 has not begun."),
        ("/reports/1999-12/", "nothing from before 2000"),
        ("/reports/%00/", "Write the year and the month"),
    ],
)
def test_a_wrong_month_is_not_found_and_says_what_to_ask_for(
    browse: Browse, manager: User, address: str, words: str
) -> None:
    answer = browse(manager).get(address)
    assert answer.status_code == 404
    page = text_of(answer.content.decode())
    assert words in page
    assert "See November 2026" in page


def test_rehearsals_are_never_counted(browse: Browse, manager: User, restored: Make) -> None:
    rehearsed = restored()
    Incident.objects.filter(pk=rehearsed.pk).update(is_rehearsal=True)
    page = read(browse(manager))
    assert "No call or alert came in October 2026." in page
    assert "October 2026 0 0 0 0 – – –" in page  # nor in the trend, its updates with it


def test_the_calls_of_both_ends_of_the_month_are_counted_by_local_time(
    browse: Browse, manager: User, declined: Make
) -> None:
    for at in (
        datetime(2026, 9, 30, 22, 59, 59, tzinfo=UTC), datetime(2026, 9, 30, 23, 0, tzinfo=UTC),
        datetime(2026, 10, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 11, 1, 0, 0, tzinfo=UTC),
    ):  # fmt: skip
        declined(at)
    assert "Calls 2 1 more than September" in read(browse(manager))


def test_answers_of_handovers_are_counted_and_drafts_are_not(
    browse: Browse, manager: User, engineer: User, analyst: User, restored: Make
) -> None:
    incident = restored()
    for offered_at, state in ((LONG_NIGHT, "refused"), (None, "waiting")):
        handover = Handover.objects.create(
            direction="to_vendor", call_at=AFTER + timedelta(days=1 if offered_at else 2),
            from_user=engineer, drafted_at=LONG_NIGHT, offered_at=offered_at,
            state="offered" if offered_at else "draft",
        )  # fmt: skip
        refused = {"answered_by": analyst, "answered_at": LONG_NIGHT, "refuse_reason": "No number."}
        HandoverItem.objects.create(
            handover=handover, incident=incident, position=1, situation="Down.", state=state,
            **(refused if offered_at else {}),
        )  # fmt: skip
    page = read(browse(manager))
    assert "Refused, with a reason 1" in page
    assert "Waits for an answer 0" in page
    assert "Refused in a handover: 1 of 1, each with a reason." in page


def test_what_was_closed_before_its_handover_was_offered_was_never_offered(
    browse: Browse, manager: User, engineer: User, restored: Make
) -> None:
    incident = restored()  # after 70 minutes
    for hours in (1, 2):
        handover = Handover.objects.create(
            direction="to_vendor", call_at=AFTER + timedelta(days=hours), from_user=engineer,
            drafted_at=LONG_NIGHT, offered_at=LONG_NIGHT + timedelta(hours=hours), state="offered",
        )  # fmt: skip
        HandoverItem.objects.create(
            handover=handover, incident=incident, position=1, situation="Down.", state="lapsed",
            outcome="Resolved",
        )  # fmt: skip
    assert "Closed before an answer 1" in read(browse(manager))


def test_partner_auditors_see_no_vendor_data(
    browse: Browse, api: Any, partner_auditor: User, analyst: User, restored: Make
) -> None:
    incident = restored()
    services.add_product_note(incident.pk, text="Zebra cache holds a lock.", by=analyst)
    assert incident.timeline.filter(wall="vendor").exists()
    answers = [
        browse(partner_auditor).get("/reports/2026-10/"),
        api(partner_auditor).get("/api/v1/reports/2026-10/"),
        *(
            browse(partner_auditor).get(f"/reports/2026-10/?format=csv&table={name}")
            for name in ("incidents", "days")
        ),
    ]
    for answer in answers:
        assert answer.status_code == 200
        assert "Zebra" not in answer.content.decode()


def test_updates_that_wait_for_the_page_are_told(browse: Browse, manager: User, restored: Make) -> None:
    restored()
    StatusUpdate.objects.update(published_at=None)
    assert "2 not on the page yet" in read(browse(manager))
    StatusUpdate.objects.update(published_at=timezone.now())
    assert "not on the page yet" not in read(browse(manager))


def test_a_call_that_nobody_decided_stands_apart(browse: Browse, manager: User, engineer: User) -> None:
    with time_machine.travel(LONG_NIGHT, tick=False):
        make_incident(by=engineer, reported_at=LONG_NIGHT, who_affected="unknown")
    page = read(browse(manager))
    assert "Accepted as P1 0 0 declined, each with a reason; 1 not decided yet" in page
    assert "Not decided yet 1" in page


def test_the_stored_verdict_says_why_it_was_out_of_hours(
    browse: Browse, manager: User, restored: Make
) -> None:
    incident = restored()
    verdict = incident.gate_verdict
    verdict["out_of_hours_verdict"]["desk"]["reason"] = "holiday"
    Incident.objects.filter(pk=incident.pk).update(gate_verdict=verdict)
    page = read(browse(manager))
    assert "Bank holiday 1" in page
    assert "Weekend 1" not in page


def test_the_number_of_queries_is_the_same_for_one_call_and_for_many(
    browse: Browse, manager: User, restored: Make, declined: Make, django_assert_max_num_queries: Any
) -> None:
    restored()
    client = browse(manager)
    read(client)  # that it was read is recorded, once an hour
    with django_assert_max_num_queries(12) as few:
        read(client)
    for number in range(6):
        restored(LONG_NIGHT + timedelta(hours=number), customer=make_customer())
        declined(LONG_NIGHT - timedelta(days=20))
    with django_assert_max_num_queries(12) as many:
        read(client)
    assert len(many) == len(few)
