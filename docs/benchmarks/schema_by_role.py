"""Calls every operation of the API's schema as each role, with canaries in the vendor's rows.

    CALLS=2000 .venv/bin/python docs/benchmarks/schema_by_role.py [words that choose roles, as pytest's -k]

Prints by role the calls, the server errors and the answers with a word that only the vendor may read.
"""

import subprocess
import sys

ROLES = ["-k", " ".join(sys.argv[1:])] if sys.argv[1:] else []
WHAT = ["pytest", "-q", "-s", "-p", "no:randomly", "tests/wall/schema_by_role.py", *ROLES]

sys.exit(subprocess.run([sys.executable, "-m", *WHAT], check=False).returncode)  # noqa: S603
