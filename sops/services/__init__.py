"""What people do with SOPs and runs: each a function, one transaction. Views, admin and API call these."""

from sops.services.runs import (
    answer,
    choose_target,
    close,
    confirm,
    escalate_now,
    go_on,
    leave_out,
    post_words,
    settle_unknown,
    stop,
    try_again,
)
from sops.services.starting import start_run
from sops.services.versions import (
    approve_version,
    lift_suspension,
    send_back_version,
    start_draft,
    submit_version,
    suspend_sop,
    withdraw_version,
)

__all__ = [
    "answer",
    "approve_version",
    "choose_target",
    "close",
    "confirm",
    "escalate_now",
    "go_on",
    "leave_out",
    "lift_suspension",
    "post_words",
    "send_back_version",
    "settle_unknown",
    "start_draft",
    "start_run",
    "stop",
    "submit_version",
    "suspend_sop",
    "try_again",
    "withdraw_version",
]
