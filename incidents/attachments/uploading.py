"""How much of a file is taken before anybody looks at it: on the page of files alone, and not without end."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import SkipFile, StopFutureHandlers, TemporaryFileUploadHandler

from incidents.attachments.reading import LARGEST

FORM = 64 * 1024  # what the form around the file may take
SUFFIX = "/attachments/"


class LimitedUploadHandler(TemporaryFileUploadHandler):
    """A request that says that it is too large is refused unread; one that lies, once it has sent too much.

    A file that comes to any other address is read past.
    """

    taken = 0

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        if content_length > LARGEST + FORM:
            raise RequestDataTooBig("The file has more than 20 MB")

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        if self.request is None or not self.request.path.endswith(SUFFIX):
            raise SkipFile
        super().new_file(*args, **kwargs)
        raise StopFutureHandlers

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self.taken += len(raw_data)
        if self.taken > LARGEST + FORM:
            raise RequestDataTooBig("The file has more than 20 MB")
        super().receive_data_chunk(raw_data, start)
