"""Evidence packs: an incident or a month of timeline and audit, signed, to be checked without the desk.

A pack is a zip of `timeline.jsonl` and `audit.jsonl` (a row to a line, with its place in the chain),
`manifest.json` (what it holds, the SHA-256 of each file, where the chains ended) and `signature`, Ed25519
over the manifest. The private key comes of AUDIT_KEY; `manage.py audit key` prints the public one.
"""

import base64
import hmac
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from auditlog.models import LogEntry
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, Q, QuerySet
from django.utils import timezone

from accounts.chain import sealing
from accounts.models import ChainHead, ChainLink
from accounts.wall.identity import Standing, standing
from incidents.models import Incident, TimelineEntry, Wall

CHUNK = 1000


class BadPack(Exception):
    """The pack is not what was signed, in words."""


def write_incident(to: Path, incident: Incident, *, with_vendor_rows: bool) -> dict[str, Any]:
    """All that the timeline and the audit trail say of one incident. The manifest."""
    entries = TimelineEntry.objects.filter(incident=incident)
    return _write(to, f"Incident {incident.reference}", entries, _audit_of(incident), with_vendor_rows)


def write_month(to: Path, start: datetime, end: datetime, *, with_vendor_rows: bool) -> dict[str, Any]:
    """All that was written from `start` until `end`, excluded. The manifest."""
    entries = TimelineEntry.objects.filter(written_at__gte=start, written_at__lt=end)
    trail = LogEntry.objects.filter(timestamp__gte=start, timestamp__lt=end)
    return _write(to, f"Month {start:%Y-%m}", entries, trail, with_vendor_rows)


def check(pack: Path, public_key: str = "") -> dict[str, Any]:
    """The manifest of a pack that is as it was signed. Raises BadPack. Needs no database.

    Without `public_key` the one in the pack is used, which proves only that nothing was changed by accident.
    """
    try:
        with zipfile.ZipFile(pack) as opened:
            manifest_bytes, signature = opened.read("manifest.json"), opened.read("signature")
            manifest: dict[str, Any] = json.loads(manifest_bytes)
            key = base64.b64decode(public_key or manifest["public_key"])
            Ed25519PublicKey.from_public_bytes(key).verify(base64.b64decode(signature), manifest_bytes)
            if set(opened.namelist()) != {"manifest.json", "signature", *manifest["files"]}:
                raise BadPack("It holds other files than were signed")
            for name, told in manifest["files"].items():
                if sha256(opened.read(name)).hexdigest() != told["sha256"]:
                    raise BadPack(f"{name} was changed")
    except InvalidSignature:
        raise BadPack("The signature is not of this key, or the manifest was changed") from None
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BadPack(f"It is no pack of ours ({type(error).__name__})") from None
    return manifest


def public_key() -> str:
    return base64.b64encode(_private_key().public_key().public_bytes_raw()).decode()


def _private_key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(
        hmac.new(settings.AUDIT_KEY.encode(), b"ooh.pack", sha256).digest()
    )


def _audit_of(incident: Incident) -> QuerySet[LogEntry]:
    """Audit rows of the incident, and of the rows that name it."""
    of = Q(content_type=ContentType.objects.get_for_model(Incident), object_id=incident.pk)
    for related in Incident._meta.related_objects:
        model = related.related_model
        if isinstance(model, type) and issubclass(model, Model) and related.field.name == "incident":
            ids = model._base_manager.filter(incident=incident).values("pk")
            of |= Q(content_type=ContentType.objects.get_for_model(model), object_id__in=ids)
    trail: QuerySet[LogEntry] = LogEntry.objects.filter(of)
    return trail


def _write(
    to: Path, what: str, entries: QuerySet[TimelineEntry], trail: QuerySet[LogEntry], with_vendor_rows: bool
) -> dict[str, Any]:
    if not with_vendor_rows:
        # Of the audit trail nothing then: its rows hold each column of each table, product data among them.
        entries, trail = entries.exclude(wall=Wall.VENDOR), trail.none()
    with standing(Standing.SYSTEM if with_vendor_rows else Standing.PARTNER):
        return _written(to, what, entries, trail, with_vendor_rows)


def _written(
    to: Path, what: str, entries: QuerySet[TimelineEntry], trail: QuerySet[LogEntry], with_vendor_rows: bool
) -> dict[str, Any]:
    rows = {"timeline": entries.order_by("pk"), "audit": trail.order_by("pk")}
    wanted = (chain for chain in sealing.chains() if chain.name in rows)
    files = {f"{chain.name}.jsonl": _lines(chain, rows[chain.name]) for chain in wanted}
    return write_files(to, what, files, with_vendor_rows=with_vendor_rows)


def write_files(
    to: Path | IO[bytes], what: str, files: Mapping[str, Iterator[str]], *, with_vendor_rows: bool
) -> dict[str, Any]:
    """A signed pack of these files, each by its lines. The manifest."""
    told: dict[str, Any] = {}
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, lines in files.items():
            digest, count = sha256(), 0
            with pack.open(name, "w") as file:
                for count, line in enumerate(lines, 1):  # noqa: B007  (the last one is how many)
                    file.write(line.encode())
                    digest.update(line.encode())
            told[name] = {"rows": count, "sha256": digest.hexdigest()}
        heads = {each.chain: [each.position, each.hash] for each in ChainHead.objects.all()}
        manifest = {
            "what": what, "made_at": timezone.now().isoformat(), "desk": settings.PUBLIC_URL,
            "vendor_rows": with_vendor_rows, "files": told, "heads": heads, "public_key": public_key(),
        }  # fmt: skip
        signed = json.dumps(manifest, indent=1, sort_keys=True).encode()
        pack.writestr("manifest.json", signed)
        pack.writestr("signature", base64.b64encode(_private_key().sign(signed)))
    return manifest


def _lines(chain: sealing.Chain, rows: QuerySet[Any]) -> Iterator[str]:
    links = {
        link.row_id: link
        for link in ChainLink.objects.filter(chain=chain.name, row_id__in=rows.order_by().values("pk"))
    }
    for row in rows.iterator(CHUNK):
        link = links.get(row.pk)
        told = {
            "id": row.pk, "position": link.position if link else None, "hash": link.hash if link else None,
            "seal": chain.seal_of(row), "content": json.loads(sealing.canonical(chain.content(row))),
        }  # fmt: skip
        yield json.dumps(told, sort_keys=True) + "\n"
