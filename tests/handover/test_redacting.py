"""Patient data found later: hidden everywhere at once, taken out by a second person, and the chain holds."""

import json
from collections.abc import Callable

import pytest
from auditlog.models import LogEntry
from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from accounts.chain import linking
from accounts.chain.verifying import verify
from accounts.errors import Conflict
from accounts.models import ReadRecord, Redaction, User
from handover import services as handovers
from handover.document import fingerprint
from handover.models import Handover, HandoverAddendum
from incidents import services as incidents
from incidents.calls import log_call
from incidents.models import Incident, OutboxRow, PatientReport
from incidents.redaction import scope, services
from incidents.redaction.scrubbing import replaced
from sops.models import Run

WORDS = "Oswin from the corner house with the broken hip"
LEFT = "cannot be admitted"

pytestmark = pytest.mark.django_db


@pytest.fixture
def spread(
    incident: Incident, engineer: User, lead: User, analyst: User, morning: object
) -> tuple[Incident, Handover]:
    """The words, in a note, a call, the next action, a vendor's note, and a handover that was accepted."""
    incidents.begin_triage(incident.pk, by=engineer)
    incidents.add_note(incident.pk, text=f"{WORDS} {LEFT}", by=engineer)
    incidents.set_next_action(incident.pk, text=f"Ring about {WORDS}", by=engineer)
    incidents.add_product_note(incident.pk, text=f"Row of {WORDS} is locked", by=analyst)
    log_call(
        incident.pk, direction="in", who="Ward sister", number="01632 960174", outcome="spoke",
        text=f"Asked for {WORDS}", by=engineer,
    )  # fmt: skip
    draft = handovers.draft("to_vendor", by=engineer)
    handovers.save_item(draft.items.get().pk, section="next_steps", text=f"Admit {WORDS}", by=engineer)
    handovers.offer(draft.pk, by=engineer)
    handovers.accept_item(draft.items.get().pk, read_back=f"{WORDS} first", by=analyst)
    handovers.add_addendum(draft.pk, text=f"Not {WORDS} alone", by=engineer)
    linking.link_new()
    return Incident.objects.get(pk=incident.pk), Handover.objects.get(pk=draft.pk)


def everywhere() -> dict[str, str]:
    """All that every table says, table by table, as the database has it."""
    said = {}
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            said[model._meta.label] = "\n".join(map(str, cursor.fetchall()))
    return said


def holding(words: str) -> set[str]:
    escaped = json.dumps(words)[1:-1]
    return {label for label, text in everywhere().items() if words in text or escaped in text}


def test_the_words_are_hidden_in_every_table_at_once_and_the_chain_holds(
    spread: tuple[Incident, Handover], engineer: User
) -> None:
    incident, handover = spread
    assert {
        "incidents.Incident", "incidents.TimelineEntry", "handover.HandoverItem",
        "handover.HandoverAddendum", "auditlog.LogEntry",
    } <= holding(WORDS)  # fmt: skip
    report = services.report_patient_data(incident.pk, words=f"  {WORDS} \n", kind="other", by=engineer)
    assert holding(WORDS) == set()
    note = incident.timeline.get(text__endswith=LEFT)
    assert note.text == f"[patient data, report {report.pk}.1] {LEFT}"
    incident.refresh_from_db()
    assert incident.next_action.endswith(f"[patient data, report {report.pk}.1]")
    assert verify().broken == []
    handover.refresh_from_db()
    assert fingerprint(handover, handover.items.all()) == handover.content_hash
    told = incident.timeline.order_by("-pk").first()
    assert told is not None
    assert (told.title, told.by) == ("Patient data reported and hidden: something else", engineer)
    assert report.hidden_places == 1
    assert report.places["timeline entry"] >= 4
    assert report.places["audit entry"] >= 5


def test_a_second_person_takes_them_out_for_good_and_nobody_else_does(
    spread: tuple[Incident, Handover], engineer: User, analyst: User, lead: User, specialist: User
) -> None:
    incident, _ = spread
    report = services.report_patient_data(incident.pk, words=WORDS, kind="other", by=analyst)
    for person in (engineer, specialist):
        with pytest.raises(PermissionDenied):
            services.remove_for_good(report.pk, by=person)
    with pytest.raises(Conflict, match="You reported it yourself"):
        services.remove_for_good(report.pk, by=analyst)
    services.remove_for_good(report.pk, by=lead)
    services.remove_for_good(report.pk, by=lead)
    report.refresh_from_db()
    assert (report.state, report.decided_by, report.escrow) == ("removed", lead, "")
    assert holding(WORDS) == set()
    assert verify().broken == []
    assert incident.timeline.filter(title="Patient data taken out for good: something else").count() == 1
    with pytest.raises(Conflict, match="Night lead has already taken them out"):
        services.put_back(report.pk, reason="It is a building", by=User.objects.get(name="Service manager"))


@pytest.fixture(autouse=True)
def _a_manager(manager: User) -> None:
    """Who can decide, and is told by e-mail."""


def test_what_was_none_is_put_back_letter_by_letter(
    spread: tuple[Incident, Handover], engineer: User, lead: User
) -> None:
    incident, _ = spread
    before = {label: text for label, text in everywhere().items() if label.startswith(("handover.", "sops."))}
    facts = list(incident.timeline.order_by("pk").values_list("title", "text", "data"))
    trail = list(LogEntry.objects.order_by("pk").values_list("changes", "object_repr"))
    report = services.report_patient_data(incident.pk, words=WORDS, kind="other", by=engineer)
    with pytest.raises(ValidationError, match="Say why it is no patient data"):
        services.put_back(report.pk, reason=" ", by=lead)
    services.put_back(report.pk, reason="It is the name of a building", by=lead)
    assert list(incident.timeline.order_by("pk").values_list("title", "text", "data"))[: len(facts)] == facts
    assert list(LogEntry.objects.order_by("pk").values_list("changes", "object_repr"))[: len(trail)] == trail
    after = everywhere()
    assert {label: after[label] for label in before} == before
    assert verify().broken == []
    report.refresh_from_db()
    assert (report.state, report.escrow) == ("restored", "")


def test_nobody_learns_by_a_report_what_only_others_may_read(
    spread: tuple[Incident, Handover], engineer: User, analyst: User, lead: User
) -> None:
    incident, _ = spread
    with pytest.raises(ValidationError, match="stand nowhere in this incident"):
        services.report_patient_data(incident.pk, words="is locked", kind="other", by=engineer)
    assert not PatientReport.objects.exists()
    assert not Redaction.objects.exists()
    report = services.report_patient_data(incident.pk, words="is locked", kind="other", by=analyst)
    assert report.wall == "vendor"
    assert report not in PatientReport.objects.visible_to(lead)
    told = incident.timeline.order_by("-pk").first()
    assert told is not None
    assert told.wall == "vendor"


@pytest.mark.parametrize(
    ("given", "field"), [({"words": "Al"}, "words"), ({"words": " \n "}, "words"), ({"kind": ""}, "kind")]
)
def test_a_report_that_says_too_little_is_refused(
    incident: Incident, engineer: User, given: dict[str, str], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        services.report_patient_data(incident.pk, **{"words": WORDS, "kind": "other", **given}, by=engineer)
    assert set(refused.value.message_dict) == {field}


def test_the_database_keeps_two_people_and_words_only_while_they_wait(
    spread: tuple[Incident, Handover], engineer: User, lead: User
) -> None:
    report = services.report_patient_data(spread[0].pk, words=WORDS, kind="other", by=engineer)
    rows = PatientReport.objects.filter(pk=report.pk)
    decided = {"decided_at": report.reported_at, "escrow": ""}
    for wrong in (
        {"state": "removed", "decided_by": engineer, **decided},
        {"state": "removed", "decided_by": lead, "decided_at": report.reported_at},
        {"state": "restored", "decided_by": lead, **decided},
        {"escrow": ""},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            rows.update(**wrong)


def test_a_closed_handover_stays_frozen_but_for_its_own_redaction(
    spread: tuple[Incident, Handover], engineer: User
) -> None:
    services.report_patient_data(spread[0].pk, words=WORDS, kind="other", by=engineer)
    for model, column in ((Handover, "statement"), (spread[1].items.model, "situation")):
        with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
            model._base_manager.update(**{column: "Other"})


def test_the_page_hides_shows_who_saw_it_and_asks_a_second_person(
    spread: tuple[Incident, Handover], engineer: User, analyst: User, lead: User,
    browse: Callable[[User], Client],
) -> None:  # fmt: skip
    incident, _ = spread
    at = f"/incidents/{incident.reference}/"
    note = incident.timeline.get(text__endswith=LEFT)
    page = browse(analyst).get(at)
    assert WORDS in page.content.decode()
    form = browse(engineer).get(f"{at}patient-data/report/?entry={note.pk}")
    assert WORDS in form.content.decode()
    refused = browse(engineer).post(f"{at}patient-data/report/", {"words": "Nowhere at all", "kind": "other"})
    assert refused.status_code == 422
    assert "Nowhere at all" in refused.content.decode()
    sent = browse(engineer).post(f"{at}patient-data/report/", {"words": WORDS, "kind": "patient_name"})
    assert sent.status_code == 302
    report = PatientReport.objects.get()
    seen = browse(lead).get(f"{at}patient-data/{report.pk}/").content.decode()
    assert "Desk analyst 1" in seen
    assert WORDS not in seen
    assert "Take it out for good" in seen
    own = browse(engineer).get(f"{at}patient-data/{report.pk}/?words=1").content.decode()
    assert WORDS not in own
    assert "Take it out for good" not in own
    shown = browse(lead).get(f"{at}patient-data/{report.pk}/?words=1").content.decode()
    assert WORDS in shown
    assert ReadRecord.objects.filter(what="redacted", reader=lead).count() == 1
    unsaid = browse(lead).post(f"{at}patient-data/{report.pk}/put-back/", {"reason": ""})
    assert unsaid.status_code == 422
    assert browse(lead).post(f"{at}patient-data/{report.pk}/remove/").status_code == 302
    listed = browse(lead).get("/patient-data/").content.decode()
    assert "Taken out for good" in listed
    assert WORDS not in listed + browse(analyst).get(at).content.decode()


def test_managers_are_told_once_and_the_keeper_of_the_register_too(
    spread: tuple[Incident, Handover], engineer: User, settings: object
) -> None:
    settings.PATIENT_DATA_CONTACT = "ig@vendor.example"  # type: ignore[attr-defined]
    report = services.report_patient_data(spread[0].pk, words=WORDS, kind="other", by=engineer)
    rows = OutboxRow.objects.filter(event="patient_data", payload__report=report.pk)
    assert sorted(row.payload["to"] == "contact" for row in rows) == [False, True]


def test_every_model_that_hangs_on_an_incident_is_searched() -> None:
    """Those near it by their keys; a new one farther away must be found, or say why not."""
    found = {model._meta.label for model in scope._paths()} | {model._meta.label for model in scope._own_ways}
    assert {
        "incidents.TimelineEntry", "incidents.PhoneCall", "incidents.StatusUpdate", "incidents.Proposal",
        "incidents.IntakeDraft", "incidents.OutboxRow", "sops.Run", "sops.StepRun", "sops.SopGap",
        "handover.HandoverItem", "handover.Handover", "handover.HandoverAddendum", "handover.Page",
    } <= found  # fmt: skip
    apart = {
        "incidents.Incident", "incidents.PatientReport", "incidents.GuardDecision",
        # of no incident
        "incidents.CalendarDay", "incidents.AlertFeed", "incidents.Maintenance",
        "incidents.MaintenanceUpdate", "incidents.Subscriber", "incidents.StatusTemplate",
        "incidents.ReceivedAlerts", "incidents.ReferenceCounter", "incidents.SyncCursor",
        "incidents.RateBudget", "incidents.Heartbeat", "incidents.RemoteIncident",
        "sops.Sop", "sops.SopVersion", "sops.Step", "sops.Suspension", "sops.SimulatedState",
        "sops.SopGrant",
        "handover.Shift", "handover.ShiftPattern", "handover.ShiftCover",
    }  # fmt: skip
    floors = {
        model._meta.label for model in apps.get_models()
        if model._meta.app_label in scope.FLOORS and not model._meta.auto_created
    }  # fmt: skip
    assert floors - found - apart == set()
    assert Run in scope._paths()
    assert HandoverAddendum in scope._own_ways


@pytest.mark.parametrize(
    ("value", "after"),
    [
        ("a SECRET WORDS HERE b SECRET WORDS HERE", "a [x] b [x]"),
        ({"SECRET WORDS HERE": ["SECRET WORDS HERE", 1, None]}, {"[x]": ["[x]", 1, None]}),
        ("it was cut: SECRET WORDS HE", "it was cut: [x]"),
        ("it ends in SECRET", "it ends in SECRET"),
        (7, 7),
    ],
)
def test_words_are_replaced_wherever_they_stand(value: object, after: object) -> None:
    assert replaced(value, [("SECRET WORDS HERE", "[x]")]) == after
