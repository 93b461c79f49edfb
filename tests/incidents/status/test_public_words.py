"""What public words may not hold, what is found before they are posted, and what is drafted."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from accounts.errors import Conflict
from accounts.models import Component, ComponentKind, Customer, User
from incidents.models import Incident, OutboxRow, StatusUpdate
from incidents.services import begin_triage
from incidents.status import wording
from incidents.status.fitness import find_unfit
from incidents.status.public_words import preview
from incidents.status.services import post_update, resolve_with_update
from tests.factories import make_component, make_customer, make_incident, make_service

NAMES = ["Wexcombe Park Hospital", "wexcombe", "Tanner’s Row Day Surgery", "cwm-arian"]
PHASES = ["investigating", "identified", "monitoring", "resolved"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("Users at Wexcombe Park Hospital cannot sign in", "Wexcombe Park Hospital"),
        ("users at WEXCOMBE cannot sign in", "WEXCOMBE"),
        ("Wexcombe’s users cannot sign in", "Wexcombe"),
        ("It is only Tanner's Row Day Surgery", "Tanner's Row Day Surgery"),
        ("It is only Tanners Row Day Surgery", "Tanners Row Day Surgery"),
        ("It is only Cwm Arian", "Cwm Arian"),
        ("We restarted app-cc8-harbour-prod", "app-cc8-harbour-prod"),
        ("We restarted APP-CC8-PROD.", "APP-CC8-PROD"),
        ("We restarted vm-7", "vm-7"),
        ("We restarted sql-cc8-01 again", "sql-cc8-01"),
        ("WEXSQL01 is back", "WEXSQL01"),
        ("We restarted srv-web01.", "srv-web01"),
        ("It is dc02", "dc02"),
        ("See signin.example.org", "signin.example.org"),
        ("Write to somebody@example.com", "example.com"),
        ("At 10.0.4.17 nothing answers", "10.0.4.17"),
        ("At fe80::1: nothing", "fe80::1"),
        ("As in OOH-2026-00042", "OOH-2026-00042"),
    ],
)
def test_names_of_hospitals_and_machines_addresses_and_references_are_named_as_unfit(
    words: str, found: str
) -> None:
    (unfit,) = find_unfit(words, names=NAMES)
    assert unfit.word == found == words[unfit.start : unfit.end]
    assert unfit.message.startswith(f"Remove “{found}”: ")


@pytest.mark.parametrize(
    "words",
    [
        "Users cannot sign in to Compucare 8. Use your business continuity procedure.",
        "It was back at 01:21:33, a follow-up comes day-to-day. The e-RS connection works 24-7.",
        "We have found the likely cause.It is the database, e.g. its disk (step 3.2)",
        "Wexcombery and unwexcombe are other words",
        "HL7 messages of P1, since 22 November at 02:07, reach server 2 and the web app again",
        "",
    ],
)
def test_ordinary_words_are_fit(words: str) -> None:
    assert find_unfit(words, names=NAMES, machines=["sql-x"]) == []


def test_overlapping_names_are_told_once_by_the_longest() -> None:
    found = find_unfit("app-cc8-wexcombe-prod", names=["wexcombe"], machines=["app-cc8-wexcombe-prod"])
    assert [unfit.word for unfit in found] == ["app-cc8-wexcombe-prod"]


# ---------- Posting ----------


def post(
    incident: Incident, by: User, words: str = "We are looking into it.", **fields: object
) -> StatusUpdate:
    due_at = timezone.now() + timedelta(minutes=30)
    given = {"phase": "investigating", "words": words, "next_update_due_at": due_at, **fields}
    return post_update(incident.pk, **given, by=by)  # type: ignore[arg-type]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "words",
    [
        "Only Wexcombe Park Hospital", "Only Harbour Lane Clinic", "Only harbour", "We restarted db-primary",
        "The IT on-call manager told us", "For NHS number 999 012 3456",
    ],
)  # fmt: skip
def test_an_update_that_names_anybody_or_any_machine_is_refused_and_nothing_is_kept(
    incident: Incident, engineer: User, words: str
) -> None:
    make_customer(name="Harbour Lane Clinic", short_name="harbour")
    make_component(name="db-primary")
    with pytest.raises(ValidationError) as raised:
        post(incident, engineer, words)
    assert list(raised.value.message_dict) == ["words"]
    assert not StatusUpdate.objects.exists()


@pytest.mark.django_db
def test_the_error_names_the_word_but_never_patient_data(incident: Incident, engineer: User) -> None:
    with pytest.raises(ValidationError, match="Remove “Wexcombe Park Hospital”"):
        post(incident, engineer, "At Wexcombe Park Hospital")
    with pytest.raises(ValidationError) as raised:
        post(incident, engineer, "NHS number 999 012 3456")
    assert "999" not in str(raised.value)


@pytest.mark.django_db
def test_a_region_may_be_named(incident: Incident, engineer: User) -> None:
    make_component(name="UK South", kind=ComponentKind.REGION)
    post(incident, engineer, "Microsoft has a problem in UK South")
    assert Component.objects.filter(name="UK South").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"phase": "fixed"}, "phase"), ({"phase": ""}, "phase"), ({"words": " "}, "words"),
        ({"service_state": "down"}, "service_state"), ({"next_update_due_at": None}, "next_update_due_at"),
        ({"next_update_due_at": datetime(2026, 1, 1, tzinfo=UTC)}, "next_update_due_at"),
    ],
)  # fmt: skip
def test_what_is_missing_or_wrong_is_named(
    incident: Incident, engineer: User, fields: dict[str, object], field: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        post(incident, engineer, **fields)
    assert list(raised.value.message_dict) == [field]


@pytest.mark.django_db
def test_resolving_posts_the_last_update_and_resolves_or_does_neither(
    incident: Incident, engineer: User
) -> None:
    begin_triage(incident.pk, by=engineer)
    post(incident, engineer)
    with pytest.raises(ValidationError):
        resolve_with_update(
            incident.pk, resolution="A restart", restored_at=None, words="It is resolved.", by=engineer
        )
    assert StatusUpdate.objects.count() == 1
    resolved = resolve_with_update(
        incident.pk, resolution="A restart", restored_at=timezone.now(), words="It is resolved.", by=engineer
    )
    assert (resolved.state, resolved.public_phase) == ("resolved", "resolved")
    with pytest.raises(Conflict):
        post(incident, engineer)


@pytest.mark.django_db
def test_a_rehearsal_reaches_no_page(incident: Incident, engineer: User) -> None:
    Incident.objects.filter(pk=incident.pk).update(is_rehearsal=True)
    post(incident, engineer)
    assert not OutboxRow.objects.filter(destination="status").exists()


# ---------- Preview and drafts ----------


@pytest.mark.django_db
def test_the_preview_finds_what_blocks_and_what_deserves_a_look_and_stores_nothing(
    customer: Customer, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(2):
        found = preview("Wexcombe: number 9990123456, patient NHS number 999 012 3456", customer)
    assert (found[0].level, found[0].start, found[0].end) == ("block", 0, 8)
    assert any(one.message.startswith("An NHS number") for one in found)
    assert "999 012 3456" not in str([one.message for one in found])
    assert not StatusUpdate.objects.exists()
    assert preview("We are looking into it.", customer) == []


@pytest.mark.django_db
def test_every_draft_of_every_failure_is_fit_to_be_posted(incident: Incident) -> None:
    for failure in Incident.Failure:
        incident.failure = failure
        for phase in PHASES:
            words = wording.draft(incident, phase, timezone.now())
            assert preview(words, incident.customer) == []
            assert "Compucare 8" in words or phase == "identified"


@pytest.mark.django_db
def test_drafts_fill_in_what_is_known_and_leave_out_what_is_not(incident: Incident) -> None:
    due_at = datetime(2026, 11, 22, 2, 37, tzinfo=UTC)
    assert wording.draft(incident, "investigating", due_at) == (
        "We are investigating a problem that stops users from signing in to Compucare 8. "
        "Use your business continuity procedure. Next update by 02:37 GMT."
    )
    incident.component = make_component(kind=ComponentKind.SQL_DATABASE)
    assert "a problem with the database." in wording.draft(incident, "identified")
    assert wording.draft(incident, "monitoring").startswith("Compucare 8 is available again.")
    incident.began_at = datetime(2026, 11, 22, 1, 5, tzinfo=UTC)
    incident.restored_at = datetime(2026, 11, 22, 2, 10, tzinfo=UTC)
    assert wording.draft(incident, "monitoring").startswith(
        "Compucare 8 became available again at 02:10 GMT."
    )
    assert "It lasted from 01:05 GMT to 02:10 GMT." in wording.draft(incident, "resolved", due_at)
    assert "Next update" not in wording.draft(incident, "resolved", due_at)


@pytest.mark.django_db
def test_after_a_handover_the_draft_says_who_goes_on(engineer: User) -> None:
    incident = make_incident(by=engineer, state="handed_over")
    incident.handed_over_at = datetime(2026, 11, 23, 8, 4, tzinfo=UTC)
    assert wording.draft(incident, "identified").startswith("Our day team has taken over from 08:04 GMT. ")


@pytest.mark.django_db
def test_the_public_title_names_service_and_failure_only(incident: Incident) -> None:
    assert wording.public_title(incident) == "Compucare 8: users cannot sign in"
    incident.failure = Incident.Failure.DATA
    assert wording.public_title(incident) == "Compucare 8: a problem"
    incident.service = make_service("other", "Something else")
    incident.service.is_public = False
    assert wording.public_title(incident) == "Another service: a problem"


@pytest.mark.parametrize(
    ("before", "after"), list(zip(["", *PHASES], [*PHASES, "investigating"], strict=True))
)  # fmt: skip
def test_phases_follow_each_other_and_a_relapse_begins_again(before: str, after: str) -> None:
    assert wording.next_phase(before) == after
