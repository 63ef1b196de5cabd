"""The parts of an explanation, as plain data: evidence, conditions, money, terms, milestones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from fractions import Fraction
from functools import cache
from typing import Any


def sheet_words(file: str, name: str) -> str:
    """A sheet of a file; evidence that came in frames has no file."""
    return f"{file}, sheet '{name}'" if file else f"frame '{name}'"


def place_words(sheet: str, row: int, between: str = ", ") -> str:
    """A row of a sheet; 0 where nobody knows its number, as in a table that is read where it is."""
    return f"{sheet}{between}row {row}" if row else sheet


def columns_of(part: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    """What a part of an explanation takes from the columns of the same names."""
    return {name: row[name] for name in _names_of(part) if name in row}


@cache
def _names_of(part: Any) -> tuple[str, ...]:
    return tuple(field.name for field in fields(part))


@dataclass(frozen=True, slots=True)
class EvidenceRow:
    """One row of evidence, as delivered, and what it was taken as.

    `taken_as` is what the row is to a condition, such as "counts"; for a row that is left aside,
    why it is. `is_known` is false for a row recorded after the claim date.
    """

    observation: str
    metric: str
    value: str
    observed_on: date
    recorded_on: date
    file: str
    sheet: str
    row: int
    evidence_ref: str | None
    source: str | None
    replaces: str | None
    is_known: bool
    taken_as: str


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """One row about the participant: what it says, from which day, known from which day."""

    started_on: date
    left_on: date | None
    from_on: date
    recorded_on: date
    attributes: dict[str, str]
    file: str
    sheet: str
    row: int
    is_known: bool


@dataclass(frozen=True, slots=True)
class WindowDays:
    """A window of the contract, and its days for this participant, both included."""

    name: str
    phrase: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"'{self.name}' ({self.first} through {self.last})"


@dataclass(frozen=True, slots=True)
class ConditionExplained:
    """A condition and how the evidence stands to it.

    `state` is met, not met or not evidenced; `on` the day it was met; `due_on` the last day on
    which it can be. A leaf has windows and rows; a junction has parts.
    """

    name: str
    kind: str
    what: str
    needed: str
    found: str
    sentence: str
    state: str
    on: date | None
    due_on: date
    clause: str
    windows: tuple[WindowDays, ...] = ()
    rows: tuple[EvidenceRow, ...] = ()
    left_aside: tuple[EvidenceRow, ...] = ()
    parts: tuple[ConditionExplained, ...] = ()

    def walk(self) -> Iterator[ConditionExplained]:
        """The condition and every condition inside it, from the outside in."""
        yield self
        for part in self.parts:
            yield from part.walk()


@dataclass(frozen=True, slots=True)
class Need:
    """A milestone that another one comes after, and how it stands."""

    milestone: str
    title: str
    verdict: str
    achieved_on: date | None
    sentence: str
    clause: str


@dataclass(frozen=True, slots=True)
class Stated:
    """A term of the contract that can change the payment: what it is about and what it says."""

    term: str
    says: str
    clause: str


@dataclass(frozen=True, slots=True)
class Passed:
    """What a funder's limit passed on to another funder, or to nobody; negative: took back."""

    limit: str
    at_most_pence: int
    clause: str
    from_funder: str
    to_funder: str
    amount_pence: int


@dataclass(frozen=True, slots=True)
class ShareOfLine:
    """What one funder carries of one line: its share of the running total, then limits."""

    funder: str
    name: str
    share: Fraction
    share_before_pence: int
    share_after_pence: int
    value_pence: int
    withheld_pence: int
    moved_pence: int
    amount_pence: int
    passed: tuple[Passed, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement: what moved, why, what limits kept back, who pays which part when.

    The running totals are those of everything let through under the same share rule, before and
    after the line. `evidence_since` holds the rows recorded since the claim date before.
    """

    line: str
    claim_period: str
    claim_date: date
    due_on: date
    kind: str
    period: str
    achieved_on: date
    quantity: int
    price_pence: int
    value_pence: int
    withheld_pence: int
    entitled_pence: int
    because: str
    sentence: str
    limits: tuple[Stated, ...]
    share_rule: str
    share_clause: str
    running_before_pence: int
    running_after_pence: int
    shares: tuple[ShareOfLine, ...]
    evidence_since: tuple[EvidenceRow, ...]
    participant_rows_since: tuple[ParticipantRow, ...]

    @property
    def passed(self) -> tuple[Passed, ...]:
        """What limits of funders passed on within the line, each flow once."""
        return tuple(dict.fromkeys(flow for share in self.shares for flow in share.passed))


@dataclass(frozen=True, slots=True)
class StepExplained:
    """One step from the counts of a result to its value: what it is, and what it comes to.

    A count says of which `milestone` it is; `counted` tells its claims by period. What is `given`
    was counted or is stated.
    """

    step: int
    part: str
    says: str
    found: str
    given: bool
    milestone: str = ""
    counted: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MilestoneExplained:
    """One milestone of one participant: verdict, reason, condition, money, terms.

    `priced_in` is the currency of the price, which can be another than that of the payments.
    `chain` leads from this milestone over its prerequisites to the first cause. `open_until` is the
    last day that can still change a verdict of not yet due. Nothing is judged, and `condition` is
    None, where the contract does not cover the participant. `steps` lead from the counts of a
    result of a group to its value.
    """

    milestone: str
    title: str
    clause: str
    price_pence: int
    priced_in: str
    verdict: str
    reason: str
    sentence: str
    achieved_on: date | None = None
    known_on: date | None = None
    period: str | None = None
    open_until: date | None = None
    needs: tuple[Need, ...] = ()
    chain: tuple[str, ...] = ()
    condition: ConditionExplained | None = None
    lines: tuple[Line, ...]
    entitled_pence: int
    terms: tuple[Stated, ...]
    note: str = ""
    steps: tuple[StepExplained, ...] = ()
