"""`manage.py audit`: prove the audit trail and the timeline, and give proof of them to others."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError
from django.utils import timezone

from accounts import reads
from accounts.chain import linking, sealing
from accounts.chain.sealing import keyed
from accounts.chain.verifying import verify
from accounts.models import ChainHead, ChainLink, User
from incidents.local_time import LONDON
from incidents.models import Incident
from ooh import packs


class Command(BaseCommand):
    help = "Prove that the audit trail and the timeline are as they were written."

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        verifying = acts.add_parser("verify", help="Read every row again; exit code 1 when one is not right.")
        verifying.add_argument("--anchors", type=Path, help="A file that `anchor` has written to.")
        anchor = acts.add_parser("anchor", help="Write where the chains end now, to keep outside.")
        anchor.add_argument("--to", type=Path, help="Append to this file; else it is printed.")
        export = acts.add_parser("export", help="Write a signed pack of an incident or a month.")
        what = export.add_mutually_exclusive_group(required=True)
        what.add_argument("--incident", metavar="OOH-2026-00042")
        what.add_argument("--month", metavar="2026-11")
        export.add_argument("--to", type=Path, required=True)
        export.add_argument("--for-partner", action="store_true", help="Without vendor rows and audit trail.")
        check = acts.add_parser("check", help="Check a pack, without the database.")
        check.add_argument("pack", type=Path)
        check.add_argument("--key", default="", help="The public key, from the desk that wrote it.")
        acts.add_parser("adopt", help="Once, after an upgrade: chain the rows from before there were seals.")
        acts.add_parser("key", help="Print the public key of this desk's packs.")

    def handle(self, *args: Any, **options: Any) -> None:
        getattr(self, f"_{options['act']}")(options)

    def _verify(self, options: dict[str, Any]) -> None:
        report = verify()
        broken = [str(each) for each in report.broken] + _not_anchored(options["anchors"])
        for words in broken:
            self.stdout.write(words)
        if broken:
            raise CommandError(f"{len(broken)} found, {report.rows} rows are right. Repair nothing.")
        self.stdout.write(f"All {report.rows} rows are as they were written.")

    def _anchor(self, options: dict[str, Any]) -> None:
        linking.link_new()
        at = timezone.now().isoformat(timespec="seconds")
        for head in ChainHead.objects.order_by("chain"):
            proof = keyed("anchor", head.chain, head.position, head.hash, at)
            line = f"{at} {head.chain} {head.position} {head.hash} {proof}"
            if options["to"]:
                with options["to"].open("a") as file:
                    file.write(line + "\n")
            else:
                self.stdout.write(line)

    def _export(self, options: dict[str, Any]) -> None:
        linking.link_new()
        with_vendor_rows, of = not options["for_partner"], None
        if options["incident"]:
            incident = Incident.objects.filter(reference=options["incident"]).first()
            if incident is None:
                raise CommandError(f"There is no incident {options['incident']}.")
            of = incident
            manifest = packs.write_incident(options["to"], incident, with_vendor_rows=with_vendor_rows)
        else:
            start, end = _month(options["month"])
            manifest = packs.write_month(options["to"], start, end, with_vendor_rows=with_vendor_rows)
        self._record(manifest, of, options["to"])
        counts = ", ".join(f"{told['rows']} rows in {name}" for name, told in manifest["files"].items())
        self.stdout.write(f"{manifest['what']}: {counts}. Written to {options['to']}.")

    def _record(self, manifest: dict[str, Any], of: Incident | None, pack: Path) -> None:
        """That it was exported. A pack of which nobody could say so is not left lying about."""
        rows = sum(told["rows"] for told in manifest["files"].values())
        name, where = manifest["what"], "manage.py audit export"
        try:
            reads.exported(User.objects.system(), of, name=name, rows=rows, where=where)
        except DatabaseError:
            pack.unlink()
            raise

    def _check(self, options: dict[str, Any]) -> None:
        try:
            manifest = packs.check(options["pack"], options["key"])
        except packs.BadPack as error:
            raise CommandError(f"{options['pack']}: {error}.") from None
        self.stdout.write(json.dumps(manifest["files"], indent=1))
        whose = "the key given" if options["key"] else "the key in it; give --key to know whose it is"
        self.stdout.write(f"{manifest['what']}, made {manifest['made_at']}: as it was signed, by {whose}.")

    def _adopt(self, options: dict[str, Any]) -> None:
        counts = [(chain.name, linking.adopt(chain)) for chain in sealing.chains()]
        self.stdout.write("Adopted " + ", ".join(f"{count} rows of {name}" for name, count in counts) + ".")

    def _key(self, options: dict[str, Any]) -> None:
        self.stdout.write(packs.public_key())


def _not_anchored(path: Path | None) -> list[str]:
    """Anchors, kept outside the database, that the chains no longer pass through."""
    if path is None:
        return []
    found = []
    for number, line in enumerate(path.read_text().split("\n"), 1):
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != 5 or keyed("anchor", parts[1], parts[2], parts[3], parts[0]) != parts[4]:
            found.append(f"{path}, line {number}: the anchor itself was changed")
        elif not ChainLink.objects.filter(chain=parts[1], position=parts[2], hash=parts[3]).exists():
            found.append(f"{parts[1]}: it does not pass through what was anchored at {parts[0]}")
    return found


def _month(text: str) -> tuple[datetime, datetime]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise CommandError(f"{text} is no month. Write it as 2026-11.") from None
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    starts = [datetime(day.year, day.month, day.day, tzinfo=LONDON) for day in (first, following)]
    return starts[0].astimezone(UTC), starts[1].astimezone(UTC)
