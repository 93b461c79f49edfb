"""E-mails of the roof: that the audit trail is broken."""

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.models import User
from incidents.models import OutboxRow
from incidents.outbox import people


def tell_audit_broken(row: OutboxRow) -> None:
    """To one service manager or auditor, if they still are here."""
    person = User.objects.working().filter(pk=row.payload["person"]).first()
    if person is None:
        return
    count = int(row.payload["findings"])
    found = "1 row is" if count == 1 else f"{count} rows are"
    words = (
        f"The nightly check of {settings.PUBLIC_URL} found that {found} not as written, in the audit trail "
        "or in the timeline.\n\nWhat to do: let nobody repair it. Run “manage.py audit verify” to see which, "
        "keep a copy of the database as it is, and find out who could write to it.\n"
    )
    message = EmailMessage("The audit trail is not as it was written", words, to=[person.email])
    message.extra_headers["Message-ID"] = people.message_id(f"audit-{row.pk}")
    people.send(message)
