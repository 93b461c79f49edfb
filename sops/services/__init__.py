"""What people do with SOPs and runs: each a function, one transaction. Views, admin and API call these."""

from sops.services.confirming import agree, choose_target, confirm, resume_held
from sops.services.drafting import import_sop, start_draft, write_draft
from sops.services.rehearsing import rehearse
from sops.services.runs import (
    answer,
    close,
    escalate_now,
    go_on,
    leave_out,
    look,
    post_words,
    settle_unknown,
    stop,
    try_again,
)
from sops.services.starting import start_run
from sops.services.suspending import lift_suspension, suspend_action, suspend_automation, suspend_sop
from sops.services.versions import (
    approve_version,
    send_back_version,
    submit_version,
    withdraw_version,
)

__all__ = [
    "agree", "answer", "approve_version", "choose_target", "close", "confirm", "escalate_now", "go_on",
    "import_sop", "leave_out", "lift_suspension", "look", "post_words", "rehearse", "resume_held",
    "send_back_version", "settle_unknown", "start_draft", "start_run", "stop", "submit_version",
    "suspend_action", "suspend_automation", "suspend_sop", "try_again", "withdraw_version", "write_draft",
]  # fmt: skip
