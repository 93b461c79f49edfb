"""The e-mail that patient data was reported, to who has to decide and to who keeps the vendor's register."""

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User
from accounts.roles import Role
from incidents.models import OutboxRow, PatientReport
from incidents.outbox import people
from incidents.outbox.writing import announce

EVENT = "patient_data"


def announce_report(report: PatientReport) -> None:
    """One delivery for each service manager, and one for the address of PATIENT_DATA_CONTACT."""
    managers = User.objects.with_role(Role.SERVICE_MANAGER).exclude(pk=report.reported_by_id)
    told = [str(person.pk) for person in managers] + (["contact"] if settings.PATIENT_DATA_CONTACT else [])
    for to in told:
        announce(
            OutboxRow.Destination.PEOPLE, EVENT, key=f"patient-data:{report.pk}:{to}", incident=None,
            report=report.pk, to=to,
        )  # fmt: skip


def tell(row: OutboxRow) -> None:
    """Who reported it, where and what kind; never the words. Nothing once it is decided."""
    report = PatientReport.objects.select_related("incident", "reported_by").get(pk=row.payload["report"])
    address = _address(str(row.payload["to"]))
    if not address or not report.is_waiting:
        return
    words = (
        f"{report.reported_by} reported patient data ({report.kind_words}) in "
        f"{report.incident.reference}. The desk has hidden it everywhere.\n\nWhat to do: a second person "
        "decides whether it is taken out for good, and reads there who had seen it:\n"
        f"{people.link('patient_report', reference=report.incident.reference, pk=report.pk)}\n\n"
        "If a patient's data went to somebody who should not have it, your own procedure for personal data "
        "breaches applies: 72 hours from now for the hospital.\n"
    )
    message = EmailMessage(f"Patient data reported in {report.incident.reference}", words, to=[address])
    message.extra_headers["Message-ID"] = people.message_id(f"patient-data-{row.pk}")
    people.send(message)


def _address(to: str) -> str:
    if to == "contact":
        return str(settings.PATIENT_DATA_CONTACT)
    person = User.objects.filter(pk=to, is_active=True).first()
    return person.email if person else ""
