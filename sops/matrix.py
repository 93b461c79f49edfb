"""The coverage matrix: which SOPs serve which P1 situation of which service, and where none does. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from incidents.scope import can_be_covered
from sops.reviewing import SOON


class Standing(StrEnum):
    """What may be done today with an SOP that was approved."""

    IN_FORCE = "in_force"
    REVIEW_SOON = "review_soon"
    EXPIRED = "expired"
    SUSPENDED = "suspended"


class Answer(StrEnum):
    """What the matrix says of one service and one situation."""

    COVERED = "covered"
    SOME_CUSTOMERS = "some_customers"
    NO_SOP = "no_sop"
    NOT_IN_CONTRACT = "not_in_contract"


@dataclass(frozen=True, slots=True)
class Named:
    """A service or a situation: its code, and the words for people."""

    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Approved:
    """An SOP with an approved version, as the matrix sees it."""

    code: str
    title: str
    number: int
    review_on: date
    services: frozenset[str]
    situations: frozenset[str] = frozenset()  # none: any
    customers: tuple[str, ...] = ()  # none: all
    held: str = ""  # who suspended it and why

    def serves(self, service: str, situation: str) -> bool:
        return service in self.services and (not self.situations or situation in self.situations)

    def standing_on(self, day: date) -> Standing:
        if self.held:
            return Standing.SUSPENDED
        if self.review_on < day:
            return Standing.EXPIRED
        return Standing.REVIEW_SOON if self.review_on - day <= SOON else Standing.IN_FORCE


@dataclass(frozen=True, slots=True)
class Entry:
    """An SOP in a cell."""

    sop: Approved
    standing: Standing

    @property
    def can_start(self) -> bool:
        return self.standing in (Standing.IN_FORCE, Standing.REVIEW_SOON)


@dataclass(frozen=True, slots=True)
class Cell:
    """One service in one situation. `said`: how often no SOP fitted there; None where that is not shown."""

    service: Named
    situation: Named
    answer: Answer
    entries: tuple[Entry, ...] = ()
    said: int | None = None

    @property
    def is_in_contract(self) -> bool:
        return self.answer != Answer.NOT_IN_CONTRACT

    @property
    def is_gap(self) -> bool:
        return self.answer == Answer.NO_SOP


@dataclass(frozen=True, slots=True)
class Matrix:
    services: tuple[Named, ...]
    situations: tuple[Named, ...]
    cells: tuple[Cell, ...]  # situation by situation, each in the order of the services

    @property
    def rows(self) -> list[tuple[Named, list[Cell]]]:
        return [(each, [cell for cell in self.cells if cell.situation == each]) for each in self.situations]

    @property
    def columns(self) -> list[tuple[Named, list[Cell]]]:
        return [(each, [cell for cell in self.cells if cell.service == each]) for each in self.services]

    @property
    def in_contract(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_in_contract]

    @property
    def gaps(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.is_gap]


def matrix(
    services: Sequence[Named], situations: Sequence[Named], sops: Iterable[Approved],
    said: Mapping[tuple[str, str], int] | None, day: date,
) -> Matrix:  # fmt: skip
    """Each situation of each service on this local day, with the SOPs that serve it.

    What the gate would decline is not in the contract, whatever SOPs there are. A gap is where none can be
    started, even if one is suspended or past its review date. `said` counts "no SOP fits" by service and
    failure; without it nothing is said of that.
    """
    entries = [Entry(sop, sop.standing_on(day)) for sop in sops]
    cells = tuple(
        _cell(service, situation, entries, said) for situation in situations for service in services
    )
    return Matrix(tuple(services), tuple(situations), cells)


def _cell(
    service: Named, situation: Named, entries: list[Entry], said: Mapping[tuple[str, str], int] | None
) -> Cell:
    count = None if said is None else said.get((service.code, situation.code), 0)
    if not can_be_covered(service.code, situation.code):
        return Cell(service, situation, Answer.NOT_IN_CONTRACT, said=count)
    serving = tuple(each for each in entries if each.sop.serves(service.code, situation.code))
    return Cell(service, situation, _answer(serving), serving, count)


def _answer(serving: Sequence[Entry]) -> Answer:
    startable = [each for each in serving if each.can_start]
    if not startable:
        return Answer.NO_SOP
    return Answer.SOME_CUSTOMERS if all(each.sop.customers for each in startable) else Answer.COVERED
