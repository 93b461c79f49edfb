"""What a file is, by its content, and the same file without its metadata. Pure: nothing is stored here."""

import re
from dataclasses import dataclass
from pathlib import PurePath

from django.core.exceptions import ValidationError

from incidents import pid
from incidents.attachments.documents import PDF, NotADocument, stripped_pdf
from incidents.attachments.pictures import JPEG, PNG, NotAPicture, stripped_jpeg, stripped_png
from incidents.guard import REWRITE
from incidents.models import Attachment

LARGEST = 20 * 1024 * 1024
LARGEST_TEXT = 2 * 1024 * 1024
LONGEST_NAME = 100
SHOWN_LINES = 5
Kind = Attachment.Kind
WANTED = "Add a PNG or JPEG picture, a PDF, or a plain text file such as a log"
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_NOT_IN_NAMES = re.compile(r"[\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")


@dataclass(frozen=True)
class Readable:
    """A file that may be kept: its kind, its own name with the ending of its kind, and its bytes."""

    kind: str
    name: str
    data: bytes


def read(name: str, data: bytes) -> Readable:
    """The file as it is kept. Raises ValidationError for `file`, with what to do."""
    if not data:
        raise ValidationError({"file": ["The file is empty. Choose another"]})
    if len(data) > LARGEST:
        raise ValidationError({"file": ["The file has more than 20 MB. Send a part of it, or a picture"]})
    kind = kind_of(data)
    if kind is None:
        raise ValidationError({"file": [f"This kind of file is not taken. {WANTED}"]})
    kept_name = clean_name(name, kind)
    _refuse_name(kept_name)
    return Readable(kind, kept_name, _stripped(kind, data))


def kind_of(data: bytes) -> str | None:
    """By its first bytes, whatever its name says; a text is what is nothing else and holds no controls."""
    for start, kind in ((PNG, Kind.PNG), (JPEG, Kind.JPEG), (PDF, Kind.PDF)):
        if data.startswith(start):
            return kind
    text = _text(data)
    return None if text is None or _CONTROL.search(text) else Kind.TEXT


def clean_name(name: str, kind: str) -> str:
    """Its own name without folders and tricks, and with the ending of what it is."""
    stem = PurePath(name.replace("\\", "/")).name
    stem = re.sub(r"\.[A-Za-z0-9]{1,5}$", "", " ".join(_NOT_IN_NAMES.sub(" ", stem).split())).strip(" .")
    return f"{stem[:LONGEST_NAME] or 'File'}.{kind}"


def _refuse_name(name: str) -> None:
    """The file cannot be carried along to ask a second time, so what is only suspected is refused too."""
    if findings := pid.find(name.replace("_", " ")):
        where = "; ".join(pid.KIND_WORDS[finding.kind] for finding in findings)
        raise ValidationError({"file": [f"The file’s name may name a patient ({where}). Rename it"]})


def _stripped(kind: str, data: bytes) -> bytes:
    if kind == Kind.TEXT:
        return _guarded_text(data)
    try:
        if kind == Kind.PNG:
            return stripped_png(data)
        return stripped_jpeg(data) if kind == Kind.JPEG else stripped_pdf(data)
    except NotAPicture:
        raise ValidationError({"file": ["The picture is damaged. Take it again"]}) from None
    except NotADocument:
        words = "The PDF cannot be read, has a password or more than 200 pages. Send a picture of the page"
        raise ValidationError({"file": [words]}) from None


def _guarded_text(data: bytes) -> bytes:
    """A log is read as what a person types. Its lines are named, never repeated."""
    if len(data) > LARGEST_TEXT:
        raise ValidationError({"file": ["A text may have 2 MB. Cut out the lines that matter"]})
    text = _text(data) or ""
    blocked = [finding for finding in pid.find(text) if finding.level == "block"]
    if blocked:
        lines = list(dict.fromkeys(text.count("\n", 0, finding.start) + 1 for finding in blocked))
        named = ", ".join(str(line) for line in lines[:SHOWN_LINES])
        more = f" and {len(lines) - SHOWN_LINES} more" if len(lines) > SHOWN_LINES else ""
        words = f"Patient data in line {named}{more}. Take it out of the file, then add it. {REWRITE}"
        raise ValidationError({"file": [words]})
    return text.encode()


def _text(data: bytes) -> str | None:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None
