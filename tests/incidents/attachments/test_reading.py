"""A file is what its content says, its metadata goes, and what is none of the four kinds is refused."""

from io import BytesIO

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from incidents.attachments import reading
from incidents.attachments.pictures import JPEG, PNG, NotAPicture, stripped_jpeg, stripped_png
from tests.incidents.attachments import making
from tests.incidents.attachments.making import SECRET


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (making.png_with_words(), "png"), (making.jpeg_with_words(), "jpg"), (making.pdf_with_words(), "pdf"),
        (b"02:11 ERROR sign-in fails\r\n", "txt"), ("02:11 caf\u00e9".encode("utf-16"), "txt"),
        (b"\xef\xbb\xbfbyte order", "txt"),
    ],
)  # fmt: skip
def test_a_file_is_kept_by_its_content_without_what_stands_beside_it(data: bytes, kind: str) -> None:
    kept = reading.read("C:\\Users\\nurse\\screen shot.exe", data)
    assert (kept.kind, kept.name) == (kind, f"screen shot.{kind}")
    assert SECRET not in kept.data
    assert reading.kind_of(kept.data) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\x00\x03", b"PK\x03\x04", b"GIF89a\x01\x00", b"\x7fELF\x02", b"\x00\x01\x02", b"\xff\xfe\x00",
        b"RIFF\x00\x00\x00\x00WEBP", b"text with \x07 a bell", b"latin \xe9 text",
    ],
)  # fmt: skip
def test_any_other_kind_is_refused_with_what_is_taken(data: bytes) -> None:
    with pytest.raises(ValidationError, match=r"This kind of file is not taken\. Add a PNG or JPEG picture"):
        reading.read("note.txt", data)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (PNG + b"\0" * (reading.LARGEST + 1), "more than 20 MB"),
        (b"a" * (reading.LARGEST_TEXT + 1), "A text may have 2 MB"),
        (making.png()[:-6], "damaged"),
        (making.png().replace(b"IDAT", b"IDAX", 1), "damaged"),
        (making.jpeg()[:-2], "damaged"),
        (JPEG + b"\xe0\xff\xff", "damaged"),
        (b"%PDF-1.7 no more", "cannot be read"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_what_to_do(data: bytes, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        reading.read("file", data)


def test_the_picture_itself_stays_byte_for_byte() -> None:
    assert stripped_png(making.png_with_words()) == making.png()
    assert stripped_jpeg(making.jpeg_with_words(orientation=1)) == making.jpeg()


@pytest.mark.parametrize("order", ["<", ">"])
def test_which_way_up_a_picture_is_stays(order: str) -> None:
    kept = stripped_jpeg(making.jpeg_with_words(8, order))
    assert (
        kept == making.jpeg()[:2] + making.exif(8)[:2] + b"\0\x22" + making.exif(8)[4:36] + making.jpeg()[2:]
    )
    assert stripped_jpeg(kept) == kept


def test_a_pdf_keeps_its_pages_and_nothing_else() -> None:
    kept = PdfReader(BytesIO(reading.read("letter.pdf", making.pdf_with_words()).data))
    assert len(kept.pages) == 1
    assert "/Annots" not in kept.pages[0]
    assert not kept.attachments
    assert not {"/Names", "/OpenAction", "/AA", "/Metadata", "/AcroForm"} & set(kept.trailer["/Root"])
    assert SECRET.decode() not in str(kept.metadata)


def test_patient_data_in_a_log_is_named_by_its_lines_and_never_repeated() -> None:
    lines = ["02:11 sign-in fails"] * 40
    for at in (3, 17, 21, 22, 30, 38):
        lines[at] = f"nhsNumber=99900100{21:02}"
    with pytest.raises(ValidationError) as refused:
        reading.read("export.log", "\n".join(lines).encode())
    words = refused.value.message_dict["file"][0]
    assert words.startswith("Patient data in line 4, 18, 22, 23, 31 and 1 more. Take it out of the file")
    assert "999" not in words


@pytest.mark.parametrize("name", ["discharge_NHS_999 001 0021.png", "pt Margaret Hollis.png"])
def test_a_name_that_may_name_a_patient_is_refused(name: str) -> None:
    with pytest.raises(ValidationError, match="Rename it") as refused:
        reading.read(name, making.png())
    assert "Hollis" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("IMG_20261120_021144.jpg", "IMG_20261120_021144.png"), ("../../etc/passwd", "passwd.png"),
        ("a\u202egnp.exe", "a gnp.png"), ("\r\nSet-Cookie: x", "Set-Cookie x.png"), ("...", "File.png"),
        ("x" * 300 + ".png", "x" * 100 + ".png"), ("screen.tar.gz", "screen.tar.png"), ("", "File.png"),
    ],
)  # fmt: skip
def test_a_name_loses_its_folders_and_tricks(name: str, kept: str) -> None:
    assert reading.clean_name(name, "png") == kept


@given(
    st.binary(max_size=400),
    st.sampled_from([making.png_with_words(), making.jpeg_with_words()]),
    st.integers(0, 200),
)
@settings(deadline=None, max_examples=200)
def test_no_damage_breaks_the_reading_of_a_picture(noise: bytes, whole: bytes, at: int) -> None:
    for data in (whole[:at] + noise, whole[:at] + noise + whole[at:], PNG + noise, JPEG + noise):
        for strip, start in ((stripped_png, PNG), (stripped_jpeg, JPEG)):
            if data.startswith(start):
                try:
                    kept = strip(data)
                except NotAPicture:
                    continue
                assert strip(kept) == kept
