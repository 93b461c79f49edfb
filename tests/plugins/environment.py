"""Give the tests an environment of their own before the settings are read: loaded first, by `-p`.

Of the caller's environment only DATABASE_URL counts, and REDIS_URL for the tests that ask for it. The desk's
own `var/` is never touched.
"""

import atexit
import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

REDIS_URL = os.environ.pop("REDIS_URL", "") or os.environ.get("TEST_REDIS_URL", "")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
FOREIGN = (
    "ALLOWED_HOSTS", "BREAK_GLASS_HOURS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "EMAIL_URL", "IDLE_LOCK_MINUTES",
    "LOG_LEVEL", "OIDC_PROVIDERS", "PUBLIC_URL", "SECOND_FACTOR", "SECRET_KEY_FALLBACKS",
)  # fmt: skip

# So begin the names of external systems.
OTHERS = (
    "AZURE_", "CACHET_", "FRESHDESK_", "FRESHSTATUS_", "IDENTITY_", "INSTATUS_", "MSI_", "STATUSPAGE_",
)  # fmt: skip

for name in [*FOREIGN, "SECRET_KEY", *(name for name in os.environ if name.startswith(OTHERS))]:
    os.environ.pop(name, None)

# A process of xdist inherits this environment: it takes a folder inside that of the first process.
SHARED_DIR = Path(os.environ.get("OOH_TESTS_DIR") or tempfile.mkdtemp(prefix="ooh-tests-"))
VAR_DIR = SHARED_DIR / (WORKER or "var")
(VAR_DIR / "static").mkdir(mode=0o700, parents=True)  # WhiteNoise warns where it is missing
os.environ |= {
    "OOH_MODE": "embedded",
    "OOH_TESTS_DIR": str(SHARED_DIR),
    "OOH_VAR_DIR": str(VAR_DIR),
    "TEST_REDIS_URL": REDIS_URL,
}

# Rewritten tests and the desk's modules are compiled once, not by each process: a test starts dozens.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# A shell ignores Ctrl-C for what it starts in the background, and each desk of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

if not WORKER:  # the first process clears up after all
    atexit.register(shutil.rmtree, SHARED_DIR, ignore_errors=True)


@contextmanager
def only_one(name: str) -> Iterator[None]:
    """One process of the test run at a time; it lets go when it ends, however it ends."""
    with (SHARED_DIR / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def made_once(name: str, make: Callable[[Path], None]) -> Path:
    """A folder that the first process of the test run makes, and all find whole."""
    folder, begun = SHARED_DIR / name, SHARED_DIR / f"{name}.begun"
    with only_one(name):
        if not folder.exists():
            shutil.rmtree(begun, ignore_errors=True)
            begun.mkdir(mode=0o700)
            make(begun)
            begun.rename(folder)
    return folder
