"""A part of `make lint`: whether a locked library has a weakness that is known, where that can be asked.

pip-audit calls it no weakness when it could ask of none. Here that is said: what was not asked is not clean.

    python -m tests.known_weaknesses
"""

import json
import subprocess
import sys
from typing import Any

COMMAND = [
    sys.executable, "-m", "pip_audit", "--requirement", "requirements.txt", "--disable-pip",
    "--require-hashes", "--format", "json", "--progress-spinner", "off", "--timeout", "10",
]  # fmt: skip
LONGEST = 45  # seconds
NOT_ASKED = "Known weaknesses: NOT ASKED, the database cannot be reached from here"


def report() -> str:
    """What pip-audit found, as JSON; nothing where it could not ask."""
    try:
        done = subprocess.run(COMMAND, capture_output=True, text=True, timeout=LONGEST, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout


def judged(text: str) -> tuple[list[str], bool]:
    """Lines for people, and whether there is something to mend."""
    try:
        libraries: list[dict[str, Any]] = json.loads(text)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return [f"{NOT_ASKED}."], False
    asked = [each for each in libraries if "skip_reason" not in each]
    if not asked:
        return [f"{NOT_ASKED}."], False
    weak = [
        f"{each['name']} {each['version']}: {found['id']}, mended in {' or '.join(found['fix_versions'])}"
        for each in asked
        for found in each["vulns"]
    ]
    skipped = len(libraries) - len(asked)
    said = f"Known weaknesses: {len(weak) or 'none'} in {len(asked)} libraries"
    return [*weak, said + (f"; {skipped} were NOT ASKED." if skipped else ".")], bool(weak)


if __name__ == "__main__":
    lines, is_weak = judged(report())
    print("\n".join(lines))
    sys.exit(is_weak)
