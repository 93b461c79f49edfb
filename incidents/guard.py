"""Where the patient-data guard meets what people type: a blocked text never gets past a service."""

from django.core.exceptions import ValidationError

from incidents import deciding, pid
from incidents.deciding import Suspected

REWRITE = "Describe what fails, not who is treated."

__all__ = ["Suspected", "look_for_patient_data", "refuse_patient_data", "refuse_patient_number", "require"]


def refuse_patient_data(**texts: str | None) -> None:
    """Refuse texts that hold patient data at level `block`, naming each field and where in it.

    Raises ValidationError by field, whose words never contain what was matched. What is only suspected is
    asked of the person who sent a form (`Suspected`), once: see `incidents.deciding`.
    """
    found = {field: pid.find(text or "") for field, text in texts.items()}
    wrong = {field: words for field, findings in found.items() if (words := _blocked(findings))}
    if wrong:
        for field in wrong:
            deciding.note_refused(field, found[field])
        raise ValidationError(wrong)
    deciding.settle({field: (texts[field] or "", findings) for field, findings in found.items() if findings})


def look_for_patient_data(**texts: str | None) -> dict[str, list[str]]:
    """The same words by field, for a draft or a preview: nothing is refused, asked or recorded."""
    found = {field: _blocked(pid.find(text or "")) for field, text in texts.items()}
    return {field: words for field, words in found.items() if words}


def _blocked(findings: list[pid.Finding]) -> list[str]:
    blocked = [finding for finding in findings if finding.level == "block"]
    where = "; ".join(pid.describe(finding) for finding in blocked)
    return [f"Remove the patient identifier: {where}. {REWRITE}"] if blocked else []


def refuse_patient_number(**numbers: str | None) -> None:
    """A telephone number may look like any number: only one that says that it is a patient's is refused."""
    wrong = look_for_patient_number(**numbers)
    for field in wrong:
        deciding.note_refused(field, pid.find(f"telephone {numbers[field]}"))
    if wrong:
        raise ValidationError(wrong)


def look_for_patient_number(**numbers: str | None) -> dict[str, list[str]]:
    """The same words by field, for a draft."""
    return {
        field: ["Remove the patient identifier. Enter a telephone number"]
        for field, number in numbers.items()
        if any(finding.level == "block" for finding in pid.find(f"telephone {number or ''}"))
    }


def require(**texts: tuple[str | None, str]) -> None:
    """Refuse what is missing: `require(reason=(reason, "Say why you escalate"))`."""
    missing = {field: [words] for field, (text, words) in texts.items() if not (text or "").strip()}
    if missing:
        raise ValidationError(missing)
