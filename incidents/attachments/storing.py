"""Where the files lie: one folder of the desk's own, outside of everything that a web server shows.

A file bears the key of its row and no name. All web processes need the same folder.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.utils import timezone

YOUNG = timedelta(hours=1)  # a file may lie there before its row is committed


def path_of(key: UUID) -> Path:
    return Path(settings.ATTACHMENTS_DIR) / key.hex[:2] / key.hex


@contextmanager
def kept(key: UUID, data: bytes) -> Iterator[None]:
    """Write the file, whole or not at all; it is taken away again if what stands inside fails."""
    path = path_of(key)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix="new-")
    try:
        with os.fdopen(handle, "wb") as new:
            new.write(data)
            new.flush()
            os.fsync(new.fileno())
        Path(name).replace(path)
        yield
    except BaseException:
        Path(name).unlink(missing_ok=True)
        path.unlink(missing_ok=True)
        raise


def remove(key: UUID) -> None:
    path_of(key).unlink(missing_ok=True)


def stored() -> Iterator[tuple[UUID | None, Path]]:
    """Every file that is old enough to be judged, with its key; None for what bears none."""
    folder = Path(settings.ATTACHMENTS_DIR)
    before = (timezone.now() - YOUNG).timestamp()
    for path in folder.glob("*/*"):
        if path.is_file() and path.stat().st_mtime < before:
            yield _key(path.name), path


def _key(name: str) -> UUID | None:
    try:
        return UUID(hex=name)
    except ValueError:
        return None
