"""Where the patient-data guard meets what people type: a blocked text never gets past a service."""

from django.core.exceptions import ValidationError

from incidents import pid

REWRITE = "Describe what fails, not who is treated."


def refuse_patient_data(**texts: str | None) -> None:
    """Refuse texts that hold patient data at level `block`, naming each field and where in it.

    Raises ValidationError by field. The words of the error never contain what was matched.
    """
    wrong: dict[str, list[str]] = {}
    for field, text in texts.items():
        blocked = [finding for finding in pid.find(text or "") if finding.level == "block"]
        if blocked:
            where = "; ".join(pid.describe(finding) for finding in blocked)
            wrong[field] = [f"Remove the patient identifier: {where}. {REWRITE}"]
    if wrong:
        raise ValidationError(wrong)


def refuse_patient_number(**numbers: str | None) -> None:
    """A telephone number may look like any number: only one that says that it is a patient's is refused."""
    wrong = {
        field: ["Remove the patient identifier. Enter a telephone number"]
        for field, number in numbers.items()
        if any(finding.level == "block" for finding in pid.find(f"telephone {number or ''}"))
    }
    if wrong:
        raise ValidationError(wrong)


def require(**texts: tuple[str | None, str]) -> None:
    """Refuse what is missing: `require(reason=(reason, "Say why you escalate"))`."""
    missing = {field: [words] for field, (text, words) in texts.items() if not (text or "").strip()}
    if missing:
        raise ValidationError(missing)
