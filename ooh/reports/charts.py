"""The plot of calls per day as numbers for an SVG, and the heat of weekdays and hours."""

from dataclasses import dataclass

from incidents.working_time import CLOSES_AT_HOUR, OPENS_AT_HOUR
from ooh.reports.figures import Figures, Line

WIDTH, HEIGHT, LEFT, TOP, FLOOR = 880, 230, 26, 10, 202
BAR_SHARE = 0.64  # of a day's width
GAP = 1.0  # between what is stacked
LEAST = 0.5  # of a bar's height, so that one call beside hundreds is still seen
MOST_TICKS = 5
WORD_WIDTH = 50  # of "Mon 30"
SATURDAY = 5
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


# Each outcome in the order of the stack, and the class of its bars.
BARS = {"accepted": "bar", "declined": "bar-2", "undecided": "bar-3"}


@dataclass(frozen=True, slots=True)
class Bar:
    kind: str  # a class, see BARS
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on an axis, its word, and at which height that is written."""

    at: float
    word: str
    word_at: float
    anchor: str = "start"


@dataclass(frozen=True, slots=True)
class Chart:
    bars: list[Bar]
    lines: list[Mark]
    days: list[Mark]
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT


def chart(figures: Figures) -> Chart:
    """Accepted below, declined above it, what is not decided on top."""
    most = max(line.calls for line in figures.days)
    step = tick_step(most)
    top = step * max(1, -(-most // step))
    scale, day_width = (FLOOR - TOP) / top, (WIDTH - LEFT) / len(figures.days)
    bars = [
        bar
        for number, line in enumerate(figures.days)
        for bar in _stack(line, LEFT + number * day_width + day_width * (1 - BAR_SHARE) / 2, scale, day_width)
    ]
    heights = [(value, round(FLOOR - value * scale, 1)) for value in range(0, top + 1, step)]
    lines = [Mark(at, str(value), round(at + 5, 1)) for value, at in heights]
    return Chart(bars, lines, _day_marks(figures.days, day_width), describe(figures.days))


def _stack(line: Line, x: float, scale: float, day_width: float) -> list[Bar]:
    bars, below = [], 0
    for outcome, kind in BARS.items():
        count = getattr(line, outcome)
        below += count
        if count:
            size = (round(day_width * BAR_SHARE, 1), round(max(count * scale - GAP, LEAST), 1))
            bars.append(Bar(kind, round(x, 1), round(FLOOR - below * scale, 1), *size))
    return bars


def tick_step(most: int) -> int:
    """1, 2, 5, 10, 20, …: the least with at most five lines above the floor.

    >>> [tick_step(most) for most in (0, 5, 6, 11, 40)]
    [1, 1, 2, 5, 10]
    """
    step = 1
    while most > step * MOST_TICKS:
        step = step * 5 // 2 if str(step).startswith("2") else step * 2
    return step


def _day_marks(days: list[Line], day_width: float) -> list[Mark]:
    """The first, and each Monday; not the first where a Monday follows too near to write both."""
    marks = []
    for number, line in enumerate(days):
        assert line.day is not None  # noqa: S101  (the lines of `figures.days` have one)
        is_monday = line.day.weekday() == 0
        monday_is_near = any(near.day and near.day.weekday() == 0 for near in days[1:3])
        if is_monday or (number == 0 and not monday_is_near):
            x = LEFT + number * day_width + day_width * (1 - BAR_SHARE) / 2
            is_at_edge = x > WIDTH - WORD_WIDTH
            place = (WIDTH, "end") if is_at_edge else (round(x, 1), "start")
            marks.append(Mark(place[0], f"{line.day:%a} {line.day.day}", HEIGHT - 8, place[1]))
    return marks


def describe(days: list[Line]) -> str:
    """The chart in a sentence."""
    most = max(days, key=lambda line: line.calls)
    if not most.calls or most.day is None:
        return "No calls."
    parts = [
        f"{count} {word}"
        for count, word in (
            (most.accepted, "accepted"),
            (most.declined, "declined"),
            (most.undecided, "not decided"),
        )
        if count
    ]
    when = f"{most.day:%A} {most.day.day} {most.day:%B}"
    return f"Most on {when}: {', '.join(parts)}. The table below has every figure."


@dataclass(frozen=True, slots=True)
class Cell:
    count: int
    kind: str  # classes: how warm, and whether the desk answers


def heat(hours: list[list[int]]) -> list[tuple[str, list[Cell]]]:
    """Rows of the heat-map: a weekday's short name and its 24 cells."""
    most = max(max(row) for row in hours)
    return [
        (WEEKDAYS[day][:3], [Cell(count, _kind(day, hour, count, most)) for hour, count in enumerate(row)])
        for day, row in enumerate(hours)
    ]


def _kind(day: int, hour: int, count: int, most: int) -> str:
    is_in_hours = day < SATURDAY and OPENS_AT_HOUR <= hour < CLOSES_AT_HOUR
    warmth = -(-3 * count // max(most, 3))  # 1, 2, 3 for a third, two thirds, all of the most
    return " ".join(["in-hours"] * is_in_hours + [f"h{warmth}"] * bool(count))
