"""What the API reads: JSON of a bounded size and depth, or an answer that says what is wrong."""

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
        body = stream.read()
        if len(body) > self.max_bytes:
            raise TooLarge(f"The body has more than {self.max_bytes // 1024} kB. Send less.")
        try:
            return super().parse(BytesIO(body), media_type, parser_context)
        except RecursionError:
            raise exceptions.ParseError("JSON parse error - it is nested too deeply.") from None
