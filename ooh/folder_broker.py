"""The broker of the embedded default: Celery's messages in a folder, each one there whole or not at all.

kombu's own transport opens a message under its final name and then writes it. A worker that looks in between
reads half a message and dies of it; seen once, in the middle of somebody's restart.
"""

from pathlib import Path
from time import monotonic
from typing import Any
from uuid import uuid4

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.encoding import str_to_bytes
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    """Writes a message beside, under a name that no reader looks for, and then renames it."""

    def _put(self, queue: str, message: Any, **_: Any) -> None:  # type: ignore[override]
        folder, name = Path(self.data_folder_out), f"{round(monotonic() * 1000)}_{uuid4()}"
        half = folder / f"{name}.part"
        try:
            half.write_bytes(str_to_bytes(dumps(message)))
            half.rename(folder / f"{name}.{queue}.msg")
        except OSError as error:
            raise ChannelError(f"Cannot add a message to {folder}") from error


class Transport(filesystem.Transport):
    """`filesystem://`, with our channel: `ooh.celery` puts it in the place of kombu's."""

    Channel = Channel
