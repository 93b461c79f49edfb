"""The form of a call: drafts, the verdict while the caller speaks, errors, and one incident per call."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from accounts.models import Customer, Service, User
from incidents.models import Incident, IntakeDraft
from tests import factories

Browse = Callable[[User | None], Client]
NEW = "/calls/new/"


@pytest.fixture(autouse=True)
def _night(night: object) -> None:
    """Sunday 22 November 2026, 02:07:12 GMT."""


@pytest.fixture
def page(browse: Browse, engineer: User, customer: Customer, service: Service) -> Client:
    return browse(engineer)


def address(part: str = "") -> str:
    return f"/calls/{uuid4()}/{part}"


def a_call(**changes: Any) -> dict[str, Any]:
    return {
        "caller_name": "IT on-call manager", "customer": "wexcombe", "call_back_number": "01632 960174",
        "is_call_back_read_back": "on", "service": "compucare8", "failure": "cannot_sign_in",
        "who_affected": "everyone_all_sites", "began_at": "00:58", "began_at_day": "2026-11-22",
        "is_began_approximate": "on", "patient_safety": "no", "continuity": "in_use",
        "continuity_since_at": "01:05", "continuity_since_at_day": "2026-11-22", **changes,
    }  # fmt: skip


def text(response: Any) -> str:
    return str(response.content.decode())


def summary(response: Any) -> list[str]:
    return [str(problem) for problem in response.context["form"].errors]


class TestOpening:
    def test_form_opens_with_the_gate_and_keeps_nothing_yet(self, page: Client) -> None:
        response = page.get(NEW)
        assert response.status_code == 200
        assert "Ask which hospital this is." in text(response)
        assert "Out of hours" in text(response)
        assert "There is a problem" not in text(response)
        assert not IntakeDraft.objects.exists()

    def test_who_may_not_log_is_refused(self, browse: Browse, partner_auditor: User) -> None:
        assert browse(partner_auditor).get(NEW).status_code == 403

    def test_nobody_is_sent_to_sign_in(self, browse: Browse, db: None) -> None:
        assert browse(None).get(NEW).status_code == 302

    def test_customers_that_have_left_are_not_offered(self, page: Client) -> None:
        factories.make_customer(name="Closed Hospital", is_active=False)
        assert "Closed Hospital" not in text(page.get(NEW))

    def test_queries_do_not_grow_with_what_is_open(
        self,
        page: Client,
        engineer: User,
        customer: Customer,
        service: Service,
        django_assert_max_num_queries: Any,
    ) -> None:
        key = uuid4()
        page.post(f"/calls/{key}/verdict/", a_call())
        for _ in range(8):
            factories.make_incident(by=engineer, customer=customer, service=service)
            factories.make_incident(by=engineer, service=service)
        page.get(f"/calls/{key}/")
        with django_assert_max_num_queries(13):
            page.get(f"/calls/{key}/")


class TestDraft:
    def test_each_change_is_kept_and_comes_back(self, page: Client) -> None:
        url = address()
        answer = page.post(f"{url}verdict/", a_call(impact="Theatre on paper"), HTTP_HX_REQUEST="true")
        assert "draft kept at 02:07:12 GMT" in text(answer)
        assert answer["HX-Replace-Url"] == url
        again = text(page.get(url))
        assert "Theatre on paper" in again
        assert 'value="00:58"' in again
        assert "There is a problem" not in again

    def test_what_is_not_finished_is_kept_too(self, page: Client) -> None:
        url = address()
        page.post(f"{url}verdict/", {"caller_name": "IT", "began_at": "0", "call_back_number": "016"})
        again = page.get(url)
        assert 'value="016"' in text(again)
        assert "There is a problem" not in text(again)

    def test_text_with_patient_data_is_not_kept_but_stays_with_the_person(self, page: Client) -> None:
        url = address()
        typed = a_call(impact="Patient NHS number 999 123 4560 waits", error_text="503")
        answer = page.post(f"{url}verdict/", typed)
        assert "Patient NHS number 999 123 4560 waits" in text(answer)
        assert "An NHS number, characters" in text(answer)
        assert "This text is not kept in the draft" in text(answer)
        draft = IntakeDraft.objects.get()
        assert "4560" not in str(draft.fields)
        assert draft.fields["error_text"] == "503"

    def test_new_call_offers_the_unfinished_one(self, page: Client) -> None:
        url = address()
        page.post(f"{url}verdict/", a_call())
        offered = text(page.get(NEW))
        assert "You have an unfinished call" in offered
        assert url in offered

    def test_discarded_draft_is_not_offered_and_holds_no_words(self, page: Client) -> None:
        url = address()
        page.post(f"{url}verdict/", a_call())
        page.post(f"{url}discard/")
        assert "You have an unfinished" not in text(page.get(NEW))
        assert IntakeDraft.objects.get().fields == {}
        assert page.get(url).status_code == 302

    def test_draft_is_its_writers_alone(self, page: Client, browse: Browse, other_engineer: User) -> None:
        url = address()
        page.post(f"{url}verdict/", a_call())
        other = browse(other_engineer)
        assert other.get(url).status_code == 404
        assert other.post(url, a_call()).status_code == 404
        assert other.post(f"{url}verdict/", a_call()).status_code == 404
        other.post(f"{url}discard/")
        assert IntakeDraft.objects.get().discarded_at is None

    @pytest.mark.parametrize(
        ("began", "minutes"),
        [("2026-11-22T02:00:00Z", 7), ("2026-11-22T03:00:00Z", 0), ("long ago", 0), ("", 0)],
    )
    def test_call_began_when_the_page_was_opened(self, page: Client, began: str, minutes: int) -> None:
        page.post(address("verdict/"), a_call(call_began=began))
        assert (factories.SUNDAY_NIGHT - IntakeDraft.objects.get().call_began_at) // timedelta(
            minutes=1
        ) == minutes


class TestVerdict:
    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({}, "Covered"),
            ({"who_affected": ""}, "Ask who cannot use it."),
            ({"failure": "slow"}, "Not covered: slow, not unavailable"),
            ({"service": ""}, "Ask which service does not work."),
            (
                {"customer": "not-listed", "customer_words": "Elmbrook Clinic"},
                "Not entitled: pass to the duty lead",
            ),
            ({"customer": "not-listed"}, "Ask which hospital this is."),
            ({"customer": "nonsense", "failure": "nonsense"}, "Ask which hospital this is."),
        ],
    )
    def test_gate_answers_what_is_known_so_far(
        self, page: Client, changes: dict[str, str], said: str
    ) -> None:
        for more in ({}, {"HTTP_HX_REQUEST": "true"}):
            answer = page.post(address("verdict/"), a_call(**changes), **more)
            assert answer.status_code == 200
            assert said in text(answer)

    def test_htmx_gets_the_panel_and_the_lines_beside_it_only(self, page: Client) -> None:
        answer = text(page.post(address("verdict/"), a_call(), HTTP_HX_REQUEST="true"))
        assert "<html" not in answer
        for part in ("verdict", "verdict-short", "draft-kept", "gate-said"):
            assert f'id="{part}"' in answer

    def test_same_answer_is_not_announced_again(self, page: Client) -> None:
        answer = page.post(address("verdict/"), a_call(gate_said="Covered"), HTTP_HX_REQUEST="true")
        assert 'id="gate-said"' not in text(answer)

    def test_checking_complains_of_what_is_wrong_and_not_of_what_is_missing(self, page: Client) -> None:
        answer = page.post(address("verdict/"), {"began_at": "25:00", "began_at_day": "2026-11-22"})
        assert summary(answer) == ["began_at"]

    def test_open_incidents_that_may_be_the_same_are_shown(
        self, page: Client, engineer: User, customer: Customer, service: Service
    ) -> None:
        here = factories.make_incident(by=engineer, customer=customer, service=service)
        there = factories.make_incident(by=engineer, service=service)
        other = factories.make_incident(by=engineer, service=factories.make_service("ward", "Compucare Ward"))
        answer = text(page.post(address("verdict/"), a_call(), HTTP_HX_REQUEST="true"))
        assert here.reference in answer
        assert there.reference in answer
        assert other.reference not in answer


class TestLogging:
    def test_call_is_logged_with_all_that_was_said(
        self, page: Client, engineer: User, customer: Customer
    ) -> None:
        url = address()
        response = page.post(url, a_call(impact="Theatre on paper", call_back_due_at="02:30"))
        incident = Incident.objects.get()
        assert response["Location"] == f"/incidents/{incident.reference}/"
        assert (incident.customer, incident.logged_by, incident.source) == (customer, engineer, "phone")
        assert incident.impact == "Theatre on paper"
        assert incident.is_call_back_read_back
        assert incident.began_at is not None
        assert incident.began_at.isoformat() == "2026-11-22T00:58:00+00:00"
        call = incident.calls.get()
        assert (call.who, call.direction, call.purpose, call.outcome) == (
            "IT on-call manager", "in", "report", "spoke"
        )  # fmt: skip
        assert call.next_call_at is not None
        assert call.next_call_at.isoformat() == "2026-11-22T02:30:00+00:00"
        assert "Promised to ring back by Sun 22 Nov 02:30 GMT." in call.entry.text
        assert IntakeDraft.objects.get().incident == incident

    def test_pressing_twice_logs_once(self, page: Client) -> None:
        url = address()
        first, second = page.post(url, a_call()), page.post(url, a_call())
        assert first["Location"] == second["Location"]
        assert Incident.objects.count() == 1

    def test_going_back_to_a_logged_call_leads_to_its_incident(self, page: Client) -> None:
        url = address()
        page.post(url, a_call())
        assert page.get(url)["Location"] == f"/incidents/{Incident.objects.get().reference}/"

    def test_missing_answers_are_named_and_nothing_typed_is_lost(self, page: Client) -> None:
        response = page.post(address(), a_call(call_back_number="01632", who_affected="", impact="Theatre"))
        assert response.status_code == 422
        assert summary(response) == ["call_back_number", "who_affected"]
        page_text = text(response)
        assert "<title>Error: Log a call" in page_text
        assert 'href="#id_call_back_number"' in page_text
        assert "Enter the whole number: it has fewer than 6 digits" in page_text
        assert 'value="01632"' in page_text
        assert "Theatre" in page_text
        assert not Incident.objects.exists()

    def test_empty_form_names_each_missing_answer(self, page: Client) -> None:
        response = page.post(address(), {})
        wanted = ["caller_name", "customer", "call_back_number", "service", "failure", "who_affected"]
        assert summary(response) == wanted

    def test_patient_data_stops_it_and_says_where(self, page: Client) -> None:
        response = page.post(address(), a_call(impact="NHS number 999 123 4560"))
        assert response.status_code == 422
        assert "Remove the patient identifier: An NHS number, characters" in text(response)
        assert not Incident.objects.exists()

    def test_hospital_that_is_not_listed_is_asked_for_in_words(self, page: Client) -> None:
        response = page.post(address(), a_call(customer="not-listed"))
        assert summary(response) == ["customer_words"]
        page.post(address(), a_call(customer="not-listed", customer_words="Elmbrook Clinic"))
        assert Incident.objects.get().gate_outcome == Incident.Gate.PASS_TO_LEAD

    def test_call_that_is_not_covered_leads_to_its_decline(self, page: Client) -> None:
        response = page.post(address(), a_call(failure="slow"))
        assert response["Location"] == f"/incidents/{Incident.objects.get().reference}/decline/"

    def test_time_in_use_counts_only_while_the_procedure_is_in_use(self, page: Client) -> None:
        page.post(address(), a_call(continuity="not_in_use"))
        assert Incident.objects.get().continuity_since_at is None

    @pytest.mark.parametrize("path", ["/calls/x/", "/calls/00000000-0000-0000-0000-000000000000/"])
    def test_unknown_call_is_not_found(self, page: Client, path: str) -> None:
        assert page.get(path).status_code == 404

    @pytest.mark.parametrize("value", ["\0", "x" * 50_000, "\u202e\U0001f600", "<script>"])
    def test_any_text_is_answered(self, page: Client, value: str) -> None:
        typed = a_call(
            caller_name=value, customer=value, began_at=value, began_at_day=value, who_affected=value
        )
        for part in ("", "verdict/"):
            assert page.post(address(part), typed).status_code in (200, 422)


class TestAnsweringTheGate:
    def test_gate_that_asked_is_answered_on_a_page_of_its_own(self, page: Client, engineer: User) -> None:
        asked = factories.make_incident(by=engineer, who_affected="unknown")
        url = f"/incidents/{asked.reference}/answer-gate/"
        assert "Answer the gate" in text(page.get(f"/incidents/{asked.reference}/"))
        assert page.post(url, {"failure": "cannot_sign_in"}).status_code == 422
        page.post(url, {"failure": "cannot_sign_in", "who_affected": "everyone_one_site"})
        asked.refresh_from_db()
        assert asked.gate_outcome == Incident.Gate.ACCEPT
        assert page.post(url, {"failure": "slow", "who_affected": "everyone_one_site"}).status_code == 409

    def test_who_may_not_log_does_not_answer(
        self, browse: Browse, partner_auditor: User, incident: Incident
    ) -> None:
        assert browse(partner_auditor).get(f"/incidents/{incident.reference}/answer-gate/").status_code == 403
