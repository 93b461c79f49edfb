"""Files for tests, made byte by byte, with something beside the picture that must not stay."""

import struct
from io import BytesIO
from zlib import compress, crc32

from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, create_string_object

SECRET = b"Oswin Brackley, bay 4"
TRAILING = b"PK\x03\x04 something after the end " + SECRET


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc32(name + data))


def png(*extra: bytes) -> bytes:
    """One white pixel, with the chunks given before its end."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    body = chunk(b"IDAT", compress(b"\0\xff"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(extra) + body + chunk(b"IEND", b"")


def png_with_words() -> bytes:
    words = (chunk(b"tEXt", b"Comment\0" + SECRET), chunk(b"eXIf", SECRET), chunk(b"iTXt", SECRET))
    return png(*words) + TRAILING


def segment(marker: int, data: bytes) -> bytes:
    return bytes((0xFF, marker)) + struct.pack(">H", len(data) + 2) + data


def exif(orientation: int, order: str = ">") -> bytes:
    mark = b"MM" if order == ">" else b"II"
    tiff = struct.pack(f"{order}2sHIHHHIHHI", mark, 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    return segment(0xE1, b"Exif\0\0" + tiff + SECRET)


def jpeg(*extra: bytes, scan: bytes = b"\x12\xff\x00\x34\xff\xd0\x56") -> bytes:
    """Segments enough to be walked: two scans, escaped bytes and a restart, as a progressive one has them."""
    frame = segment(0xC2, b"\x08\0\1\0\1\1\1\x11\0")
    scans = segment(0xDA, b"\1\1\0\0\x3f\0") + scan + segment(0xC4, b"\0" * 17)
    scans += segment(0xDA, b"\1\1\0\0\x3f\0") + scan
    return (
        b"\xff\xd8"
        + segment(0xE0, b"JFIF\0\1\1\0\0\1\0\1\0\0")
        + b"".join(extra)
        + frame
        + scans
        + b"\xff\xd9"
    )


def jpeg_with_words(orientation: int = 6, order: str = ">") -> bytes:
    more = (
        segment(0xFE, SECRET),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        segment(0xED, SECRET),
    )
    return jpeg(exif(orientation, order), *more) + TRAILING


def pdf_with_words() -> bytes:
    """One empty page with an author, a note, a script and a file within."""
    writer = PdfWriter()
    page = writer.add_blank_page(200, 200)
    writer.add_metadata({"/Author": SECRET.decode(), "/Title": SECRET.decode()})
    script = DictionaryObject()
    script[NameObject("/S")] = NameObject("/JavaScript")
    script[NameObject("/JS")] = create_string_object(f"app.alert('{SECRET.decode()}')")
    writer._root_object[NameObject("/OpenAction")] = writer._add_object(script)
    writer.add_attachment("list.txt", SECRET)
    note = DictionaryObject()
    note[NameObject("/Contents")] = create_string_object(SECRET.decode())
    page[NameObject("/Annots")] = writer._add_object(note)
    made = BytesIO()
    writer.write(made)
    return made.getvalue()
