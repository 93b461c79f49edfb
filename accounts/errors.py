"""What goes wrong in a way that a person can act on. Pages and API turn these into 409 in plain words."""


class Conflict(Exception):
    """The state is not the one expected, or somebody was faster (HTTP 409).

    `headline` says what happened, `detail` what to do; neither ever holds what the person typed.
    """

    def __init__(self, headline: str, detail: str = "") -> None:
        super().__init__(headline)
        self.headline, self.detail = headline, detail


SOMEBODY_WAS_FASTER = "Somebody changed this at the same moment. Read it as it is now, then decide again."
