"""`manage.py sops export`, SOPs as YAML files for git; `manage.py sops import`, such files as drafts."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from accounts import reads
from accounts.audit import acting_as
from accounts.models import User
from sops import services, yaml_form
from sops.content import content_of_version
from sops.models import Sop, SopVersion
from sops.problems import refuse_unfinished
from sops.services.drafting import Imported, Unfit
from sops.yaml_form import MOST_BYTES, Mistake, Read, Refused

USAGE = 2  # what argparse ends with too


class Command(BaseCommand):
    help = (
        "Export SOPs as YAML files that can live in git, or import such files as drafts. An import approves "
        "nothing. Ends with 0 when it was done, 1 when something was refused, 2 when it was called wrongly."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True)
        out = acts.add_parser("export", help="The newest version of each SOP named, or of all.")
        out.add_argument("codes", nargs="*", metavar="CODE", help="Such as SOP-03; all of them if none.")
        out.add_argument(
            "--version", type=int, dest="number", metavar="N", help="This version of the SOP, not the newest."
        )
        out.add_argument(
            "--to", type=Path, metavar="FOLDER", help="One file an SOP; without it one is printed."
        )
        take = acts.add_parser("import", help="A draft for each file; all files or none.")
        take.add_argument("files", nargs="+", type=Path, metavar="FILE")
        take.add_argument("--by", required=True, metavar="EMAIL", help="Whose drafts they are.")
        take.add_argument("--check", action="store_true", help="Say what would happen, and change nothing.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["act"] == "export":
            self._export(options["codes"], options["number"], options["to"])
        else:
            self._import(options["files"], options["by"], is_check=options["check"])

    # ---------- Export ----------

    def _export(self, codes: list[str], number: int | None, folder: Path | None) -> None:
        versions = [self._version(sop, number) for sop in self._sops(codes)]
        if folder is None and len(versions) != 1:
            raise CommandError("Name one SOP to print it, or a folder for all: --to FOLDER", returncode=USAGE)
        if number is not None and len(codes) != 1:
            raise CommandError("--version is of one SOP: name it", returncode=USAGE)
        named = ", ".join(str(version) for version in versions)
        reads.exported(User.objects.system(), name=named, rows=len(versions), where="manage.py sops export")
        refused = [words for version in versions if (words := self._write(version, folder))]
        if refused:
            raise CommandError("\n".join(refused))

    def _sops(self, codes: list[str]) -> list[Sop]:
        rows = Sop.objects.select_related("owner").order_by("code")
        found = list(rows.filter(code__in=codes) if codes else rows)
        if missing := sorted(set(codes) - {sop.code for sop in found}):
            raise CommandError(f"There is no {', '.join(missing)}")
        return found

    def _version(self, sop: Sop, number: int | None) -> SopVersion:
        rows = sop.versions.order_by("-number")
        version = (rows.filter(number=number) if number is not None else rows).first()
        if version is None:
            raise CommandError(f"{sop.code} has no version{'' if number is None else f' {number}'}")
        return version

    def _write(self, version: SopVersion, folder: Path | None) -> str:
        """Why it was not written; empty when it was. What no import would take is not written."""
        try:
            refuse_unfinished(version)
        except ValidationError as error:
            return f"{version} is not finished: {'; '.join(error.messages)}"
        text = yaml_form.write(content_of_version(version))
        if folder is None:
            self.stdout.write(text, ending="")
            return ""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{version.sop.code}.yaml"
        path.write_bytes(text.encode())
        self.stderr.write(f"{path}: version {version.number}, {version.get_state_display().lower()}")
        return ""

    # ---------- Import ----------

    def _import(self, files: list[Path], email: str, *, is_check: bool) -> None:
        author = User.objects.working().filter(email__iexact=email).first()
        if author is None:
            raise CommandError(f"Nobody active has the e-mail address {email}", returncode=USAGE)
        mistakes: list[str] = []
        seen: dict[str, Path] = {}
        with transaction.atomic(), acting_as(author):
            said = [self._take_in(path, author, seen, mistakes) for path in dict.fromkeys(files)]
            transaction.set_rollback(is_check or bool(mistakes))
        if mistakes:
            self.stderr.write("\n".join(mistakes))
            raise CommandError("Nothing was imported.")
        for words in said:
            self.stderr.write(words)
        if is_check:
            self.stderr.write("Checked only: nothing was changed.")

    def _take_in(self, path: Path, author: User, seen: dict[str, Path], mistakes: list[str]) -> str:
        """What became of the file; its mistakes go to the list, each as `FILE:LINE: words`."""
        try:
            found = yaml_form.read(_bytes_of(path))
            if (other := seen.setdefault(found.content.code, path)) != path:
                raise Refused([Mistake(found.line_of(("sop",)), f"sop: {other} is of the same SOP")])
            with transaction.atomic():
                return f"{path}: {_words(services.import_sop(found.content, by=author))}"
        except OSError as error:
            mistakes.append(f"{path}: {error.strerror}")
        except Refused as error:
            mistakes += _told(path, error.mistakes)
        except Unfit as error:
            mistakes += _told(path, _placed(found, error))
        except ValidationError as error:
            mistakes += [f"{path}:1: {words}" for words in error.messages]
        except PermissionDenied:
            raise CommandError(f"{author} writes no SOPs: an author of the vendor does") from None
        return ""


def _bytes_of(path: Path) -> bytes:
    """No more of it than shows that it is too long."""
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _told(path: Path, mistakes: Iterable[Mistake]) -> list[str]:
    return [f"{path}:{mistake.line}: {mistake.words}" for mistake in mistakes]


def _placed(found: Read, error: Unfit) -> list[Mistake]:
    return [Mistake(found.line_of(place), f"{place[0]}: {words}") for place, words in error.problems]


def _words(imported: Imported) -> str:
    """`SOP-03 version 2 is a draft now`; and what of the SOP itself became another."""
    version = imported.newest
    if imported.is_new:
        words = f"{version} is a draft of {version.author}"
    else:
        words = f"the same as {version}, {version.get_state_display().lower()}: no draft made"
    changed = f"; changed: {', '.join(imported.changed)}" if imported.changed else ""
    return words + changed
