"""Pictures without what they say beside the picture: place, time, device, comments, hidden thumbnails.

Pure, and without decoding: the picture itself stays byte for byte as it was. A picture that is not well
formed is refused, and what stands after its end is cut off.
"""

import struct
from collections.abc import Iterator
from zlib import crc32

PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_KEPT_CHUNKS = frozenset((b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"pHYs", b"cHRM"))
_ORIENTATION, _SHORT = 0x0112, 3


class NotAPicture(ValueError):
    """It begins like one and does not go on like one."""


def stripped_png(data: bytes) -> bytes:
    """The chunks that make the picture, each with its checksum proven."""
    return PNG + b"".join(_kept_chunks(data))


def _kept_chunks(data: bytes) -> Iterator[bytes]:
    at, name = len(PNG), b""
    while name != b"IEND":
        if at + 12 > len(data):
            raise NotAPicture
        length, name = struct.unpack_from(">I4s", data, at)
        end = at + 12 + length
        if end > len(data) or crc32(data[at + 4 : end - 4]) != struct.unpack_from(">I", data, end - 4)[0]:
            raise NotAPicture
        if name in _KEPT_CHUNKS:
            yield data[at:end]
        at = end


def stripped_jpeg(data: bytes) -> bytes:
    """The segments that make the picture. Of its Exif only which way up it is stays."""
    kept, orientation, has_scan = [b"\xff\xd8"], 0, False
    for marker, segment in _segments(data):
        has_scan = has_scan or marker == 0xDA
        if marker == 0xE1:
            orientation = orientation or _orientation(segment)
        elif marker == 0xFE or (0xE0 < marker <= 0xEF and marker != 0xEE):
            continue  # comments, and what applications write; Adobe's tells how the colours are meant
        else:
            kept.append(segment)
    if not has_scan:
        raise NotAPicture
    if orientation > 1:
        kept.insert(1, _exif(orientation))
    return b"".join(kept)


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Marker and whole segment; what is scanned comes with its header."""
    at = 2
    while True:
        if at + 4 > len(data) or data[at] != 0xFF:
            raise NotAPicture
        marker = data[at + 1]
        if marker == 0xFF:  # padding
            at += 1
            continue
        if marker == 0xD9:
            yield marker, b"\xff\xd9"
            return
        length = struct.unpack_from(">H", data, at + 2)[0]
        end = at + 2 + length
        if length < 2 or end > len(data):
            raise NotAPicture
        if marker == 0xDA:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end
        if data[at : at + 2] == b"\xff\xd9":
            yield 0xD9, b"\xff\xd9"
            return


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a restart nor an escaped byte."""
    while (at := data.find(b"\xff", at)) >= 0:
        if at + 1 >= len(data):
            break
        if data[at + 1] != 0 and not 0xD0 <= data[at + 1] <= 0xD7 and data[at + 1] != 0xFF:
            return at
        at += 1 if data[at + 1] == 0xFF else 2
    raise NotAPicture


def _orientation(segment: bytes) -> int:
    """1 to 8, or 0 where it does not say."""
    exif = segment[4:]
    if not exif.startswith(b"Exif\0\0") or len(exif) < 14:
        return 0
    tiff = exif[6:]
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 0
    try:
        first = struct.unpack_from(f"{order}I", tiff, 4)[0]
        for number in range(struct.unpack_from(f"{order}H", tiff, first)[0]):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, first + 2 + 12 * number)
            if (tag, kind) == (_ORIENTATION, _SHORT):
                return int(value) if 1 <= value <= 8 else 0
    except struct.error:
        return 0
    return 0


def _exif(orientation: int) -> bytes:
    tiff = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, _ORIENTATION, _SHORT, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body
