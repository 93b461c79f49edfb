"""The page and the API of the coverage matrix: who reads it, what it says, and what it costs."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from incidents.models import Incident
from sops import services
from sops.models import Sop, SopGap
from tests import factories
from tests.sops.making import make_approved, make_draft

Browse = Callable[[User | None], Client]
Api = Callable[[User | None], APIClient]
PAGE, ADDRESS = "/sops/coverage/", "/api/v1/sops/coverage/"
READERS = (
    "engineer", "lead", "analyst", "specialist", "author", "approver", "manager", "partner_auditor",
    "vendor_auditor",
)  # fmt: skip

pytestmark = pytest.mark.usefixtures("night")


def read(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())).split())


def gap(incident: Incident, by: User, **changed: Any) -> SopGap:
    fields = {"reason": "Renew the certificate", "stated_by": by, "stated_at": timezone.now(), **changed}
    return SopGap.objects.create(incident=incident, **fields)


def cell(api: Api, reader: User, service: str = "compucare8", situation: str = "cannot_sign_in") -> Any:
    cells = api(reader).get(ADDRESS).json()["cells"]
    return next(each for each in cells if (each["service"], each["situation"]) == (service, situation))


@pytest.mark.parametrize("role", READERS)
def test_everybody_who_sees_sops_reads_it(role: str, browse: Browse, api: Api, request: Any) -> None:
    reader = request.getfixturevalue(role)
    assert browse(reader).get(PAGE).status_code == 200
    assert api(reader).get(ADDRESS).status_code == 200


@pytest.mark.parametrize("role", ["integration", "alert_source"])
def test_machines_do_not(role: str, browse: Browse, api: Api, request: Any) -> None:
    machine = request.getfixturevalue(role)
    assert browse(machine).get(PAGE).status_code == 403
    assert api(machine).get(ADDRESS).status_code == 403


def test_nobody_signed_in_is_asked_to_sign_in_and_nothing_can_be_sent(
    browse: Browse, api: Api, engineer: User
) -> None:
    assert browse(None).get(PAGE).status_code == 302
    assert api(None).get(ADDRESS).status_code == 401
    assert browse(engineer).post(PAGE).status_code == 405


def test_a_cell_names_its_sops_and_a_gap_says_so(browse: Browse, engineer: User) -> None:
    version = make_approved()
    page = read(browse(engineer))
    assert f"Nobody can sign in {version.sop.code} Restart the application service No SOP No SOP" in page
    assert "Clinical messages are not processed Not covered by the contract No SOP Not covered" in page
    assert "10 of 13 situations have no SOP." in page


def test_drafts_and_what_waits_fill_no_cell(browse: Browse, engineer: User, author: User) -> None:
    services.submit_version(make_draft(author).pk, by=author)
    make_draft(author)
    assert "13 of 13 situations have no SOP." in read(browse(engineer))


def test_a_suspended_an_expiring_and_a_limited_sop_are_marked(
    browse: Browse, engineer: User, approver: User
) -> None:
    held = make_approved()
    services.suspend_sop(held.sop_id, reason="Wrong slot", by=approver)
    make_approved(review_on=date(2026, 12, 1), services=[factories.make_service("ward", "Compucare Ward")])
    wexcombe = factories.make_customer(name="Wexcombe Park Hospital")
    clinician = factories.make_service("clinician", "Compucare Clinician")
    make_approved(customers=[wexcombe], services=[clinician])
    page = read(browse(engineer))
    assert f"None can be started {held.sop.code} Restart the application service Suspended" in page
    assert "Review by 1 Dec" in page
    assert "No SOP for other customers" in page
    assert "Only for Wexcombe Park Hospital" in page


def test_how_often_no_sop_fitted_stands_in_the_cell_with_the_words(
    browse: Browse, api: Api, engineer: User, author: User, incident: Incident
) -> None:
    gap(incident, engineer)
    page = read(browse(author))
    assert "No SOP No SOP fitted once" in page
    assert f"Compucare 8, nobody can sign in Renew the certificate {incident.reference}, Wexcombe" in page
    assert cell(api, author)["no_sop_fitted"] == 1


def test_rehearsals_and_what_is_older_than_a_year_are_not_counted(
    api: Api, engineer: User, incident: Incident
) -> None:
    year = timedelta(days=365)
    gap(incident, engineer, stated_at=timezone.now() - year - timedelta(seconds=1))
    gap(factories.make_incident(by=engineer, is_rehearsal=True), engineer)
    assert cell(api, engineer)["no_sop_fitted"] == 0
    gap(factories.make_incident(by=engineer), engineer, stated_at=timezone.now() - year)
    assert cell(api, engineer)["no_sop_fitted"] == 1


def test_a_call_of_another_service_is_counted_besides(browse: Browse, api: Api, engineer: User) -> None:
    reports = factories.make_service("reports", "Compucare Reports")
    gap(factories.make_incident(by=engineer, service=reports), engineer)
    assert "Besides, no SOP fitted one call of other services, which a lead let in." in read(browse(engineer))
    assert api(engineer).get(ADDRESS).json()["no_sop_fitted_elsewhere"] == 1


def test_who_sees_no_runs_sees_the_cells_and_not_what_was_missing(
    browse: Browse, api: Api, engineer: User, specialist: User, incident: Incident
) -> None:
    gap(incident, engineer)
    page = read(browse(specialist))
    assert "No SOP" in page
    assert "Renew the certificate" not in page
    assert "fitted" not in page
    assert cell(api, specialist)["no_sop_fitted"] is None


def test_a_link_leads_to_the_incident_only_for_who_may_see_it(
    browse: Browse, engineer: User, author: User, incident: Incident
) -> None:
    gap(incident, engineer)
    address = f'href="/incidents/{incident.reference}/"'
    assert address in browse(engineer).get(PAGE).content.decode()
    assert address not in browse(author).get(PAGE).content.decode()


def test_the_api_says_what_the_page_says(api: Api, engineer: User, approver: User) -> None:
    version = make_approved()
    services.suspend_automation(reason="All of it", by=approver)
    answer = api(engineer).get(ADDRESS).json()
    assert [each["name"] for each in answer["services"]][:2] == ["Compucare 8", "MessageCall"]
    assert answer["situations"][0] == {"code": "cannot_sign_in", "name": "Nobody can sign in"}
    assert (len(answer["cells"]), answer["as_of"]) == (16, "2026-11-22T02:07:12Z")
    found = cell(api, engineer)
    assert (found["answer"], found["sops"][0]["code"]) == ("no_sop", version.sop.code)
    assert found["sops"][0]["standing"] == "suspended"
    assert "All of it" in found["sops"][0]["suspension"]


def test_the_schema_names_it(api: Api, engineer: User) -> None:
    schema = api(engineer).get("/api/v1/schema/?format=json").json()
    assert ADDRESS in schema["paths"]
    assert "SopCoverage" in schema["components"]["schemas"]


def test_it_costs_as_many_queries_for_one_sop_and_gap_as_for_many(
    browse: Browse, engineer: User, incident: Incident
) -> None:
    make_approved(customers=[incident.customer])
    gap(incident, engineer)
    few = _queries(browse(engineer))
    for _ in range(4):
        made = factories.make_incident(by=engineer)
        make_approved(customers=[made.customer])
        gap(made, engineer)
    assert _queries(browse(engineer)) == few
    assert few <= 12


def _queries(client: Client) -> int:
    client.get(PAGE)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(PAGE).status_code == 200
    return len(captured)


def test_an_sop_says_for_which_failures_it_is_on_its_page_and_in_the_api(
    browse: Browse, api: Api, engineer: User
) -> None:
    sop = make_approved().sop

    def told() -> tuple[bool, object]:
        page = browse(engineer).get(f"/sops/{sop.code}/").content.decode()
        found = api(engineer).get(f"/api/v1/sops/{sop.code}/").json()["situations"]
        return "Nobody can sign in, Does not open" in page, found

    assert told() == (False, [])
    Sop.objects.filter(pk=sop.pk).update(situations=["cannot_sign_in", "does_not_open"])
    assert told() == (True, ["cannot_sign_in", "does_not_open"])


def test_the_list_of_sops_leads_to_it(browse: Browse, engineer: User) -> None:
    assert f'href="{PAGE}"' in browse(engineer).get("/sops/").content.decode()
