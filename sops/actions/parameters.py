"""The typed parameters of each action. What is not named here is refused."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

NO_PARAMETERS = "None"


class Parameters(BaseModel):
    """No parameters. `in_words` is what the engineer reads before the action."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def in_words(self) -> str:
        return NO_PARAMETERS


class Probe(Parameters):
    tries: Annotated[int, Field(ge=1, le=5)] = 3
    timeout_seconds: Annotated[int, Field(ge=1, le=10)] = 5

    def in_words(self) -> str:
        return f"{self.tries} tries, {self.timeout_seconds} s each"


class Expiry(Parameters):
    warn_days: Annotated[int, Field(ge=0, le=365)] = 14

    def in_words(self) -> str:
        return f"A finding from {self.warn_days} days before it expires"


class Lookup(Parameters):
    timeout_seconds: Annotated[int, Field(ge=1, le=10)] = 5

    def in_words(self) -> str:
        return f"One look-up, {self.timeout_seconds} s"


class Queue(Parameters):
    most_messages: Annotated[int, Field(ge=0, le=1_000_000)] = 100

    def in_words(self) -> str:
        return f"A finding above {self.most_messages} messages. None is opened"


class Wait(Parameters):
    minutes: Annotated[int, Field(ge=1, le=30)] = 5
    timeout_seconds: Annotated[int, Field(ge=1, le=10)] = 5

    def in_words(self) -> str:
        return f"Up to {self.minutes} minutes"


class Restart(Parameters):
    soft: bool = True

    def in_words(self) -> str:
        return "Soft restart, all instances" if self.soft else "Hard restart, all instances"


class ScaleOut(Parameters):
    instances: Annotated[int, Field(ge=2, le=10)] = 3

    def in_words(self) -> str:
        return f"To {self.instances} instances"
