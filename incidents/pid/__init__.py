"""The patient-data guard: finds what identifies a patient in what people type and paste.

Pure: no database, no clock, no network. What is found is located, never repeated.
"""

from incidents.pid.finding import KIND_WORDS, Finding, describe
from incidents.pid.scan import find, mask

__all__ = ["KIND_WORDS", "Finding", "describe", "find", "mask"]
