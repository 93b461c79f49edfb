"""What a hosted page is told of one update: our words and states, still without those of any place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from incidents.local_time import format_day_time, format_time
from incidents.models import OutboxRow, Phase
from incidents.status import edition, notice, reading
from incidents.status.notice import Notice
from incidents.status.told import PublicMaintenance, State

Text = tuple[str, str]  # the phase, and the words


@dataclass(frozen=True)
class Post:
    """One published update. `states` are those of all services that were spoken of, as they are now.

    `story` is all that was told up to it, newest first: when, the phase as people read it, and the words.
    `is_first`: nothing was told of this incident or maintenance before it.
    """

    public_id: str
    title: str
    phase: str
    words: str
    posted_at: datetime
    states: Mapping[str, str]
    story: list[tuple[datetime, str, str]]
    is_first: bool
    due: str = ""  # when the next update comes, where the words do not say it
    starts_at: datetime | None = None
    ends_at: datetime | None = None

    @property
    def is_maintenance(self) -> bool:
        return self.starts_at is not None

    @property
    def is_over(self) -> bool:
        return self.phase in (Phase.RESOLVED, "completed", "cancelled")

    @property
    def began_at(self) -> datetime:
        return self.story[-1][0]

    @property
    def marked_title(self) -> str:
        """With the id of its public page, by which it is found again where a place keeps no data of ours."""
        return f"{self.title[:240]} ({self.public_id})"

    @property
    def text(self) -> Text:
        return self.phase, plain(self.words)


def read(row: OutboxRow) -> Post | None:
    """The update of a delivery. None when it is not there, or not published."""
    told = notice.read(row.payload)
    return of(told) if told else None


def of(told: Notice) -> Post:
    thing = told.told
    window = (thing.starts_at, thing.ends_at) if isinstance(thing, PublicMaintenance) else (None, None)
    story = [(said.posted_at, said.phase_words, said.words) for said in thing.newest_first]
    return Post(
        told.public_id, told.title, thing.latest.phase, words_of(told), told.update.posted_at, _states(told),
        story, is_first=len(story) == 1 and not told.corrects_at, due=_due(told), starts_at=window[0],
        ends_at=window[1],
    )  # fmt: skip


def repeats(row: OutboxRow, told: Post) -> int:
    """How often the same words of the same phase were delivered to this place before."""
    before = OutboxRow.objects.in_order_with(row).filter(done_at__isnull=False, pk__lt=row.pk)
    earlier = (read(each) for each in before)
    return sum(each.text == told.text for each in earlier if each)


def words_of(told: Notice) -> str:
    """The words; of a correction, what it corrects; and when the next comes, where they do not say it."""
    words = told.words
    if told.corrects_at:
        words = f"Correction of the update of {format_day_time(told.corrects_at)}: {words}"
    return f"{words}\n\n{due}" if (due := _due(told)) else words


def plain(words: str) -> str:
    """Words as they are compared: places trim them and change their line ends."""
    return " ".join(words.split())


def _due(told: Notice) -> str:
    says_it = "next update" in told.words.lower()
    return f"Next update by {format_time(told.due_at)}." if told.due_at and not says_it else ""


def _states(told: Notice) -> dict[str, str]:
    """By all that is open now: two incidents may affect one service, and the end of one is not its end."""
    now = {service.code: service.state for service in reading.overview(edition.refreshed()).services}
    return {code: str(now.get(code, State.OPERATIONAL)) for code in told.services}
