"""What came back from Azure Resource Manager, and what may be said of it.

Of an error only its code is kept: its message repeats what was asked, and may hold anything.
"""

import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import httpx2

from incidents.outbox.http import seconds_of
from sops.actions.outcomes import Failed

_CODE = re.compile(r"[A-Za-z]{3,60}|[0-9]{1,6}")
_BUSY = "something else is being done to the target. Look again when it has ended"
_GONE = "the target is not there. Correct its resource id in the register"
_MEANINGS = {
    "AnotherOperationInProgress": _BUSY, "RetryableErrorDueToAnotherOperation": _BUSY,
    "ResourceNotFound": _GONE, "ResourceGroupNotFound": _GONE, "ParentResourceNotFound": _GONE,
    "NotFound": _GONE, "SubscriptionNotFound": _GONE,
    "ScopeLocked": "a lock is on the target", "RequestDisallowedByPolicy": "a policy forbids it",
    "OperationNotAllowed": "the target's state does not allow it",
}  # fmt: skip


@dataclass(frozen=True)
class Answer:
    """A success. `operation` is what is kept to ask again when it goes on; `trouble` says why that is slow.

    Neither the body nor the operation shows when the answer is printed.
    """

    status: int
    body: dict[str, Any] = field(default_factory=dict, repr=False)
    operation: dict[str, Any] | None = field(default=None, repr=False)
    look_again_in: float = 5.0  # seconds
    trouble: str = ""


class Declined(Failed):
    """Azure said no, and did nothing. `code` is its error code, empty where it gave none that is clean."""

    def __init__(self, words: str, status: int, code: str) -> None:
        super().__init__(words)
        self.status, self.code = status, code


@dataclass(frozen=True)
class Raw:
    """A response, whole and unjudged."""

    status: int
    headers: httpx2.Headers = field(repr=False)
    content: bytes = field(repr=False)

    @cached_property
    def data(self) -> Any:
        """The JSON; None for an empty body, `null`, and what is no JSON."""
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def body(self) -> dict[str, Any]:
        return self.data if isinstance(self.data, dict) else {}

    @property
    def is_success(self) -> bool:
        """Azure's own success: nothing, `null` or an object. A page is somebody else's."""
        return 200 <= self.status < 300 and (
            isinstance(self.data, dict) or self.content.strip() in (b"", b"null")
        )

    @property
    def is_error(self) -> bool:
        """Whether Azure itself wrote the error, in whichever of its forms."""
        return bool(_raw_code(self.body))

    @property
    def code(self) -> str:
        return error_code(self.body)

    def says(self) -> str:
        """`409 AnotherOperationInProgress`."""
        return f"{self.status} {self.code}".strip()

    def retry_after(self, otherwise: float, most: float) -> float:
        """Seconds to wait, from a number or a date, from one to `most`; `otherwise` where it says none."""
        seconds = seconds_of(self.headers.get("retry-after", ""))
        return otherwise if seconds is None or math.isnan(seconds) else min(max(seconds, 1.0), most)


def error_code(body: dict[str, Any]) -> str:
    """The code of an error if it looks like one; empty otherwise."""
    code = _raw_code(body)
    return code if _CODE.fullmatch(code) else ""


def _raw_code(body: dict[str, Any]) -> str:
    """Wrapped in `error`, as it should be; bare, from the metrics; bare as `Code`, from App Service."""
    error = body.get("error", body)
    code = error.get("code", error.get("Code")) if isinstance(error, dict) else None
    return code if isinstance(code, str) else ""


def declined(raw: Raw, rbac: Sequence[str] = ()) -> Declined:
    """Why Azure said no, in our words."""
    words = f"Azure refused it ({raw.says()})"
    if raw.status == 401:
        words = f"Azure did not accept the desk's sign-in ({raw.says()})"
    elif raw.code == "AuthorizationFailed":
        words = f"The desk's role in Azure does not allow it. It needs {rbac[0]}" if rbac else words
    elif raw.code in _MEANINGS:
        words = f"{words}: {_MEANINGS[raw.code]}"
    elif 300 <= raw.status < 400:
        words = f"Azure's address leads elsewhere ({raw.status}). Correct AZURE_MANAGEMENT_URL"
    return Declined(words, raw.status, raw.code)
