"""What is asked of each text that is typed on this floor: the one above brings the patient-data guard."""

from collections.abc import Callable

Check = Callable[..., None]

_checks: list[Check] = []


def register(check: Check) -> None:
    """`check(**texts)` raises ValidationError by field for a text that must not be kept."""
    if check not in _checks:
        _checks.append(check)


def refuse(**texts: str) -> None:
    """Raise what the registered checks raise. To be called before anything is written."""
    for check in _checks:
        check(**texts)
