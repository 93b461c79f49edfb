"""Print how long the patient-data guard takes for 10 kB of text, in milliseconds of the process's own time.

Run it as `python docs/benchmarks/patient_data.py`; it needs no database. The texts are the notes that the
guard is tested on: harmless lines, lines of which every twelfth names a patient, and, for the record, one
patient a line. Rounds alternate, and each figure is a median. Fails when one of the first two takes more
than LIMIT.
"""

import json
import sys
from pathlib import Path
from statistics import median
from time import process_time

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))
CORPUS = ROOT / "tests" / "incidents" / "pid_corpus"
SIZE, ROUNDS, LIMIT = 10_240, 200, 5.0


def texts() -> dict[str, str]:
    harmless = (CORPUS / "tuned_harmless.txt").read_text("utf-8").splitlines()
    patients = [note["text"] for note in json.loads((CORPUS / "tuned_patient.json").read_text("utf-8"))]
    mixed = [patients[at % len(patients)] if at % 12 == 0 else line for at, line in enumerate(harmless)]
    return {
        "harmless": "\n".join(harmless)[:SIZE],
        "every twelfth line": "\n".join(mixed)[:SIZE],
        "a patient a line": "\n".join(patients)[:SIZE],
    }


def taken(text: str) -> float:
    from incidents import pid

    start = process_time()
    pid.find(text)
    return (process_time() - start) * 1000


def main() -> int:
    found = texts()
    rounds = [[taken(text) for text in found.values()] for _ in range(ROUNDS)]
    medians = {name: median(each) for name, each in zip(found, zip(*rounds, strict=True), strict=True)}
    for name, text in found.items():
        print(f"{name}: median {medians[name]:.2f} ms for {len(text)} characters")
    return int(any(medians[name] > LIMIT for name in list(found)[:2]))


if __name__ == "__main__":
    sys.exit(main())
