"""Give the tests an environment of their own before the settings are read: loaded first, by `-p`.

Of the caller's environment only DATABASE_URL counts, and REDIS_URL for the tests that ask for it. The desk's
own `var/` is never touched.
"""

import atexit
import os
import shutil
import signal
import tempfile
from pathlib import Path

REDIS_URL = os.environ.pop("REDIS_URL", "") or os.environ.get("TEST_REDIS_URL", "")
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
FOREIGN = ("ALLOWED_HOSTS", "CSRF_TRUSTED_ORIGINS", "DEBUG", "EMAIL_URL", "LOG_LEVEL", "PUBLIC_URL")

OTHERS = ("AZURE_", "FRESHDESK_", "IDENTITY_", "MSI_")  # the names of two external systems begin so

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

# A shell ignores Ctrl-C for what it starts in the background, and each desk of a test would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

if not WORKER:  # the first process clears up after all
    atexit.register(shutil.rmtree, SHARED_DIR, ignore_errors=True)
