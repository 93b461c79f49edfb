"""What the API reads: JSON of a bounded size and depth, or an answer that says what is wrong."""

import json
from io import BytesIO
from typing import Any, ClassVar

from django.conf import settings
from rest_framework import exceptions, status
from rest_framework.parsers import JSONParser


class TooLarge(exceptions.APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE
    default_code = "too_large"


class DeskJSONParser(JSONParser):
    """JSON. Deeper nesting than Python reads is the sender's error; so is more than `max_bytes`."""

    max_bytes: ClassVar[int] = settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(self.max_bytes + 1)  # no more than that is ever held
        if len(body) > self.max_bytes:
            raise TooLarge(f"The body has more than {self.max_bytes // 1024} kB. Send less.")
        try:
            data = super().parse(BytesIO(body), media_type, parser_context)
            _refuse_half_characters(body, data)
        except RecursionError:
            raise exceptions.ParseError("JSON parse error - it is nested too deeply.") from None
        return data


def _refuse_half_characters(body: bytes, data: Any) -> None:
    """`\\ud800` alone is half of a character: no database keeps it, and no answer can name it."""
    if b"\\ud" not in body.lower():
        return
    try:
        json.dumps(data, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        words = "JSON parse error - half of a character (a surrogate without its other half). Send UTF-8."
        raise exceptions.ParseError(words) from None
