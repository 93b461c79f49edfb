"""What people do with files: add, release, ask to purge, purge or keep. The file itself is never changed."""

from hashlib import sha256
from uuid import UUID, uuid4

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.template.defaultfilters import filesizeformat
from django.utils import timezone

from accounts.errors import Conflict
from accounts.models import User
from accounts.roles import Permission
from incidents.attachments import storing
from incidents.attachments.reading import Readable, read
from incidents.guard import refuse_patient_data, require
from incidents.models import Attachment, Incident, Kind
from incidents.services import locked_for
from incidents.timeline import record

MOST = 50  # of one incident
State = Attachment.State


def add_attachment(incident_id: int, *, name: str, data: bytes, by: User) -> Attachment:
    """Keep a file in quarantine, its metadata taken out. Raises ValidationError (file), Conflict."""
    if not by.has_perm(Permission.ADD_ATTACHMENT):
        raise PermissionDenied
    readable, key = read(name, data), uuid4()
    with storing.kept(key, readable.data):
        return _keep(incident_id, key, readable, by)


@transaction.atomic
def _keep(incident_id: int, key: UUID, readable: Readable, by: User) -> Attachment:
    incident = locked_for(incident_id, by, Permission.ADD_ATTACHMENT)
    if incident.attachments.count() >= MOST:
        raise Conflict(f"It has {MOST} files already", "Ask to purge one that nobody needs.")
    made = Attachment.objects.create(
        incident=incident, key=key, name=readable.name, kind=readable.kind, size=len(readable.data),
        content_hash=sha256(readable.data).hexdigest(), added_by=by,
    )  # fmt: skip
    about = f"{made.get_kind_display()}, {filesizeformat(made.size)}. The vendor looks at it first."
    _tell(made, f"File added: {made.name}", about, by=by)
    return made


@transaction.atomic
def release_attachment(attachment_id: int, *, by: User) -> Attachment:
    """Somebody of the vendor has looked at it: whoever sees the incident may open it from now on."""
    found = _locked(attachment_id, by, Permission.RELEASE_ATTACHMENT)
    if found.state == State.RELEASED and found.released_by_id == by.pk:
        return found
    if found.state != State.QUARANTINED or found.is_asked_to_go:
        raise _not_now(found)
    found.state, found.released_by, found.released_at = State.RELEASED, by, timezone.now()
    found.save()
    _tell(found, f"File released: {found.name}", by=by)
    return found


@transaction.atomic
def ask_to_purge(attachment_id: int, *, reason: str, by: User) -> Attachment:
    """Close it to everybody at once, until a second person has decided. Raises ValidationError (reason)."""
    require(reason=(reason, "Say why it has to go"))
    refuse_patient_data(reason=reason)
    found = _locked(attachment_id, by, Permission.REPORT_PATIENT_DATA)
    if found.purge_asked_by_id == by.pk and found.is_asked_to_go:
        return found
    if found.state == State.PURGED or found.is_asked_to_go:
        raise _not_now(found)
    found.purge_asked_by, found.purge_asked_at, found.purge_reason = by, timezone.now(), reason[:300]
    found.save()
    _tell(found, f"File closed, to be purged: {found.name}", reason, by=by)
    return found


@transaction.atomic
def purge_attachment(attachment_id: int, *, by: User) -> Attachment:
    """The second person agrees: the file goes for good, and its row stays to say so. Deletes on commit."""
    found = _asked(attachment_id, by)
    if found.state == State.PURGED:
        return found
    found.state, found.purged_by, found.purged_at = State.PURGED, by, timezone.now()
    found.save()
    _tell(found, f"File purged: {found.name}", by=by)
    transaction.on_commit(lambda: storing.remove(found.key))
    return found


@transaction.atomic
def keep_attachment(attachment_id: int, *, reason: str, by: User) -> Attachment:
    """The second person finds that it may stay: it is as it was before. Raises ValidationError (reason)."""
    require(reason=(reason, "Say why it may stay"))
    refuse_patient_data(reason=reason)
    found = _asked(attachment_id, by)
    if found.state == State.PURGED:
        raise _not_now(found)
    found.purge_asked_by, found.purge_asked_at, found.purge_reason = None, None, ""
    found.save()
    _tell(found, f"File stays: {found.name}", reason, by=by)
    return found


def sweep_files() -> int:
    """Take away files that no row wants any more: purged, purged with their incident, or never committed."""
    gone = 0
    for key, path in storing.stored():
        if key is None or not _is_wanted(key):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def _is_wanted(key: UUID) -> bool:
    rows = Attachment.objects.filter(key=key, incident__purge=None)
    return rows.exclude(state=State.PURGED).exists()


def _locked(attachment_id: int, by: User, permission: Permission) -> Attachment:
    if not by.has_perm(permission):
        raise PermissionDenied
    rows = Attachment.objects.visible_to(by).select_for_update(of=("self",))
    return rows.select_related("incident", "purge_asked_by", "purged_by", "released_by").get(pk=attachment_id)


def _asked(attachment_id: int, by: User) -> Attachment:
    """The file that somebody asked to purge, for a second person."""
    found = _locked(attachment_id, by, Permission.DECIDE_PATIENT_DATA)
    if found.state == State.PURGED and found.purged_by_id == by.pk:
        return found
    if not found.is_asked_to_go:
        raise _not_now(found)
    if found.purge_asked_by_id == by.pk:
        raise Conflict("You asked for it yourself", "A second person decides. Until then it is closed.")
    return found


def _not_now(found: Attachment) -> Conflict:
    if found.state == State.PURGED:
        return Conflict(f"{found.purged_by} has already purged this", "Yours was not sent.")
    if found.is_asked_to_go:
        return Conflict(f"{found.purge_asked_by} has asked to purge this", "A second person decides first.")
    if found.state == State.RELEASED:
        return Conflict(f"{found.released_by} has already released this", "Yours was not sent.")
    return Conflict("Nobody has asked to purge this", "Ask first; a second person decides.")


def _tell(found: Attachment, title: str, text: str = "", *, by: User) -> None:
    incident: Incident = found.incident
    record(incident, Kind.NOTE, title, text, by=by, attachment=found.pk)
