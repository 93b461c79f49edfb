"""Find and wait for processes by a mark in their environment, whoever their parent is by now."""

import os
import time
from collections.abc import Callable
from pathlib import Path


def marked(value: str) -> set[int]:
    """The living processes whose environment holds `value`, zombies left out."""
    return {int(folder.name) for folder in Path("/proc").glob("[0-9]*") if _is_marked(folder, value.encode())}


def _is_marked(folder: Path, value: bytes) -> bool:
    try:
        return value in (folder / "environ").read_bytes() and int(folder.name) != os.getpid()
    except OSError:  # it ended while we looked, or is another user's
        return False


def wait_for(condition: Callable[[], object], seconds: float) -> bool:
    """Whether the condition came true in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
