"""The typed parameters of each action. What is not named here is refused."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from incidents import pid

NO_PARAMETERS = "None"
SECONDS = "Wait for an answer, in seconds"
SLOT = r"[A-Za-z0-9][A-Za-z0-9-]{0,58}"  # what Azure lets a deployment slot be called


class Parameters(BaseModel):
    """No parameters. `in_words` is what the engineer reads before the action."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def in_words(self) -> str:
        return NO_PARAMETERS


class Probe(Parameters):
    tries: Annotated[int, Field(ge=1, le=5)] = 3
    timeout_seconds: Annotated[int, Field(ge=1, le=10, title=SECONDS)] = 5

    def in_words(self) -> str:
        return f"{self.tries} tries, {self.timeout_seconds} s each"


class Expiry(Parameters):
    warn_days: Annotated[int, Field(ge=0, le=365, title="Finding from so many days before")] = 14

    def in_words(self) -> str:
        return f"A finding from {self.warn_days} days before it expires"


class Lookup(Parameters):
    timeout_seconds: Annotated[int, Field(ge=1, le=10, title=SECONDS)] = 5

    def in_words(self) -> str:
        return f"One look-up, {self.timeout_seconds} s"


class Queue(Parameters):
    most_messages: Annotated[int, Field(ge=0, le=1_000_000, title="Finding above, in messages")] = 100
    most_dead_letters: Annotated[int, Field(ge=0, le=1_000_000, title="Finding above, in dead letters")] = 0

    def in_words(self) -> str:
        return (
            f"A finding above {self.most_messages} messages or {self.most_dead_letters} dead letters. "
            "None is opened"
        )


class Wait(Parameters):
    minutes: Annotated[int, Field(ge=1, le=30, title="Wait up to, in minutes")] = 5
    timeout_seconds: Annotated[int, Field(ge=1, le=10, title=SECONDS)] = 5

    def in_words(self) -> str:
        return f"Up to {self.minutes} minutes"


class History(Parameters):
    hours: Annotated[int, Field(ge=1, le=72, title="Of the last hours")] = 4

    def in_words(self) -> str:
        return f"The last {self.hours} hours" if self.hours > 1 else "The last hour"


class Measured(Parameters):
    """One figure over some time. The figure's own names are those of the kind of target."""

    metric: str
    over_minutes: Annotated[int, Field(ge=5, le=1440, title="Over the last minutes")] = 30
    limit: Annotated[float, Field(ge=0, le=1_000_000, title="Finding above")]

    def in_words(self) -> str:
        name = self.metric.replace("_", " ")
        return f"{name}, the last {self.over_minutes} minutes. A finding above {self.limit:g}"


class MachineMetric(Measured):
    metric: Literal["processor", "disk_queue"] = "processor"
    limit: Annotated[float, Field(ge=0, le=1_000_000, title="Finding above")] = 90


class AppServiceMetric(Measured):
    metric: Literal["server_errors", "response_seconds", "waiting_requests"] = "server_errors"
    limit: Annotated[float, Field(ge=0, le=1_000_000, title="Finding above")] = 10


class DatabaseMetric(Measured):
    metric: Literal["processor", "storage", "workers", "failed_connections", "deadlocks"] = "processor"
    limit: Annotated[float, Field(ge=0, le=1_000_000, title="Finding above")] = 90


class Restart(Parameters):
    soft: Annotated[bool, Field(title="Soft restart")] = True

    def in_words(self) -> str:
        return "Soft restart, all instances" if self.soft else "Hard restart, all instances"


class Swap(Parameters):
    slot: Annotated[str, Field(pattern=f"^{SLOT}$")] = "staging"

    def in_words(self) -> str:
        return f"What runs in the slot {self.slot} goes live, and what is live goes there"


class Failover(Parameters):
    """Which way. A group is registered on the server that is usually the primary.

    The direction is part of the action, so that doing it twice does not swap back.
    """

    direction: Literal["to_the_copy", "back"] = "to_the_copy"

    def in_words(self) -> str:
        if self.direction == "back":
            return "Back to the registered server. Refused if that is the primary already"
        return "From the registered server to its copy. Refused if the copy is the primary already"


class SignOut(Parameters):
    """Which session: the one that began first of those that nobody sits at. A page cannot know its number."""

    at_least_minutes: Annotated[int, Field(ge=0, le=10_080, title="Began at least, in minutes")] = 60

    def in_words(self) -> str:
        return (
            "The oldest session that is disconnected and began at least "
            f"{self.at_least_minutes} minutes ago. Nobody who is at work is signed out"
        )


def _fit_for_users(text: str) -> str:
    """One clean line that names no patient. The words of the error never hold what was found."""
    if not text.isprintable() or text != text.strip():
        raise ValueError("write one line, without spaces around it")
    found = [pid.describe(finding) for finding in pid.find(text) if finding.level == "block"]
    if found:
        raise ValueError(f"remove the patient identifier: {'; '.join(found)}")
    return text


class Message(Parameters):
    """The only free text: it is approved with its version, and no patient can be named in it."""

    message: Annotated[str, Field(min_length=10, max_length=300), AfterValidator(_fit_for_users)]

    def in_words(self) -> str:
        return f"“{self.message}”"


PLAIN_WORDS = {
    "missing": "it is missing",
    "extra_forbidden": "remove it, there is no such parameter",
    "int_type": "write a whole number",
    "float_type": "write a number",
    "finite_number": "write a number",
    "bool_type": "choose true or false",
    "int_parsing_size": "write a smaller number",
    "string_type": "write a text",
    "string_unicode": "write a text",
    "list_type": "write a list",
    "dict_type": "write it by name",
    "too_short": "add at least {min_length}",
    "too_long": "{max_length} are the most",
    "greater_than_equal": "write {ge} or more",
    "less_than_equal": "write {le} or less",
    "literal_error": "choose one of {expected}",
    "enum": "choose one of {expected}",
    "string_too_short": "write at least {min_length} characters",
    "string_too_long": "write at most {max_length} characters",
    "string_pattern_mismatch": "write up to 59 letters, digits and hyphens, the first no hyphen",
    "model_type": "write it by name",
}


Problem = tuple[tuple[str | int, ...], str]


def problems_in(model: type[BaseModel], given: object) -> list[Problem]:
    """What is wrong with these values, each with its place, in plain words; never the value itself."""
    try:
        model.model_validate(given)
    except ValidationError as error:
        return problems_of(error)
    return []


def problems_of(error: ValidationError) -> list[Problem]:
    """The same, of values that were just refused."""
    problems = error.errors(include_url=False, include_input=False)
    return [(problem["loc"], _plain(problem["type"], problem.get("ctx", {}))) for problem in problems]


def _plain(kind: str, facts: Mapping[str, Any]) -> str:
    """Our own words, also for what nobody thought of."""
    if kind == "value_error":
        return str(facts["error"])
    return PLAIN_WORDS.get(kind, "write something else").format(**facts)
