"""What one funder, or all together, is asked for at one claim date, as plain data.

A statement holds accounts to date, the schedule, lines, terms, notes and checks. Opening and
movements make closing; a funder's statement holds no other funder's amounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from impactbond.money import Currency
from impactbond.reasons import LineKind
from impactbond.settlement.results import MeasuredResult
from impactbond.statements.about import About
from impactbond.statements.limit_terms import LimitTerm
from impactbond.statements.limit_totals import Limited
from impactbond.statements.line_totals import Adjusted, Grouped, MilestoneTotals
from impactbond.statements.notes import Note
from impactbond.statements.receipts_account import ReceiptsAccount
from impactbond.statements.source import RateTerm, ShareTerm, TrancheTerm

KINDS = {
    "milestones": "Milestones",
    "results": "Results",
    "adjustments": "Adjustments",
    "up-front": "Up-front",
    "recovered": "Recovered",
    "returned": "Returned",
}
CLAIM, ADJUSTMENT = LineKind.CLAIM.printed, LineKind.ADJUSTMENT.printed
RESULT = "Result"  # what a statement prints for a claim's line that is nobody's: of a group
THIS_CLAIM, EARLIER_CLAIM = "This claim", "Earlier claim"


@dataclass(frozen=True, slots=True)
class Account:
    """One funder's amounts, in pence: what this claim moves, and what stands to date.

    The milestones, results and adjustments are summed from the lines; opening, up-front, recovered
    (with what goes back at the end) and closing from the schedule.
    """

    code: str
    funder: str
    name: str
    opening_pence: int
    milestones_pence: int
    results_pence: int
    adjustments_pence: int
    up_front_pence: int
    recovered_pence: int
    closing_pence: int
    value_pence: int
    moved_pence: int
    withheld_pence: int
    on_account_pence: int
    limit_pence: int | None

    @property
    def due_pence(self) -> int:
        """What this claim asks for: the sum of its movements."""
        return (
            self.milestones_pence
            + self.results_pence
            + self.adjustments_pence
            + self.up_front_pence
            + self.recovered_pence
        )

    @property
    def difference_pence(self) -> int:
        """What opening and movements are out from closing: must be 0."""
        return self.opening_pence + self.due_pence - self.closing_pence

    @property
    def earned_pence(self) -> int:
        """What milestones make payable to date, up-front money apart."""
        return self.value_pence + self.moved_pence - self.withheld_pence

    @property
    def payable_pence(self) -> int:
        """What is payable to date, with the up-front money not yet recovered."""
        return self.earned_pence + self.on_account_pence

    @property
    def to_date_difference_pence(self) -> int:
        """What the position to date is out from all that was ever asked: must be 0."""
        return self.payable_pence - self.closing_pence

    @property
    def headroom_pence(self) -> int | None:
        """What the funder's limit leaves, where there is one."""
        return None if self.limit_pence is None else self.limit_pence - self.earned_pence


@dataclass(frozen=True, slots=True)
class ScheduleRow:
    """One payment: when it is due, by whom, for what."""

    claim_period: str
    claim_date: date
    standing: str
    due_on: date
    code: str
    funder_name: str
    kind: str
    title: str
    amount_pence: int


@dataclass(frozen=True, slots=True)
class LineShare:
    """What one funder carries of one line."""

    funder: str
    value_pence: int
    withheld_pence: int
    moved_pence: int

    @property
    def payable_pence(self) -> int:
        """Its share of what limits on the contract or the milestone let through."""
        return self.value_pence - self.withheld_pence

    @property
    def amount_pence(self) -> int:
        """What the funder pays for the line."""
        return self.value_pence - self.withheld_pence + self.moved_pence


@dataclass(frozen=True, slots=True, repr=False)
class StatementLine:
    """One movement of one participant's milestone, with the shares that the statement may show.

    `priced_in` is the currency of the price where it is not that of the other amounts, `group` the
    group that a result is of; nobody is its participant.
    """

    line: str
    number: int
    kind: str
    participant: str
    milestone: str
    milestone_title: str
    period: str
    achieved_on: date | None
    because: str
    quantity: int
    price_pence: int
    value_pence: int
    withheld_pence: int
    withheld_by: str
    entitled_pence: int
    shares: tuple[LineShare, ...]
    priced_in: str = ""
    group: str = ""
    share_rule: str = ""

    @property
    def is_quantity_times_price(self) -> bool:
        """Whether the value is that; not where it follows from a band, a part that is paid for, a
        rate of exchange or a measured result.
        """
        return not self.priced_in and self.value_pence == self.quantity * self.price_pence

    @property
    def payable_pence(self) -> int:
        """What limits on the contract or the milestone leave of the value."""
        return self.value_pence - self.withheld_pence

    @property
    def amount_pence(self) -> int:
        """What the funders shown pay for the line."""
        return sum(share.amount_pence for share in self.shares)


@dataclass(frozen=True, slots=True)
class Working:
    """How the figures of the lines follow, a value for every line in each list.

    `previous` is the position of the line before under the same share rule (-1: none in this
    claim), `value_before` and `payable_before` the running totals under that rule before the line,
    `rate` the position of the term that states the price, and `cuts` for every funder the position
    of the share by which its part is cut on the running totals (-1: its part is stated).
    """

    previous: list[int]
    value_before: list[int]
    payable_before: list[int]
    rate: list[int | None]
    cuts: Mapping[str, list[int]]
    limited: Limited

    def term(self, funder: str, line: int) -> int | None:
        """The position of the share by which a funder's part of a line is cut; None: stated."""
        places = self.cuts.get(funder)
        return None if places is None or places[line] < 0 else places[line]

    def stated_parts(self, lines: tuple[StatementLine, ...], *, whole: bool) -> list[int]:
        """For every line, how many of its parts are stated and not cut on the running totals. With
        all funders side by side, what one took over or passed on has no column to follow from.
        """
        return [
            sum(
                self.term(share.funder, place) is None or (whole and share.moved_pence != 0)
                for share in line.shares
            )
            for place, line in enumerate(lines)
        ]


@dataclass(frozen=True, slots=True)
class Control:
    """The totals that the settlement itself states for this claim; of the results, their value.

    `priced_otherwise` counts the lines whose value is not quantity × price, `stated_parts` the
    parts of lines that do not follow from the running totals alone. `terms_pence` is what the
    amounts of the terms come to, `share_parts` what the numbers of the shares do.
    """

    line_count: int
    lines_pence: int
    results_pence: int
    adjustments_pence: int
    opening_pence: int
    due_pence: int
    priced_otherwise: int
    stated_parts: int = 0
    terms_pence: int = 0
    share_parts: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """One way to find a figure of a check: in words, as the number that it gives, and as the
    formula over the cells of the workbook that gives it too; without one, the settlement states it
    or it must be none.
    """

    words: str
    figure: int
    formula: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One figure found in two ways; `promise` is what holds when both are equal."""

    key: str
    promise: str
    unit: Literal["pence", "lines", "funders", "shares"]
    first: Way
    second: Way

    @property
    def difference(self) -> int:
        """The first way less the second: must be 0."""
        return self.first.figure - self.second.figure

    def unit_in(self, currency: Currency) -> str:
        """What the figures count, where pence stand for the minor units of a currency."""
        return currency.minor if self.unit == "pence" else self.unit

    @property
    def holds(self) -> bool:
        """Whether both ways give the same figure."""
        return self.difference == 0


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan says of one name in one period, beside what came; None where it says nothing,
    where what came cannot be told, and where the period is not over.
    """

    plan: str
    made_on: date
    period: str
    name: str
    planned_pence: int | None
    actual_pence: int | None
    difference_pence: int | None


@dataclass(frozen=True, slots=True, repr=False)
class Statement:
    """What is asked for at one claim date; `about.funder` is None where it is asked of all funders
    together. `opening` says so where the opening was worked out again. `results` are the measured
    ones that it shows, None where the contract has no results of groups.
    """

    about: About
    currency: Currency
    accounts: tuple[Account, ...]
    schedule: tuple[ScheduleRow, ...]
    lines: tuple[StatementLine, ...]
    milestones: Mapping[str, tuple[str, str]]
    rates: tuple[RateTerm, ...]
    share_rules: tuple[ShareTerm, ...]
    limits: tuple[LimitTerm, ...]
    tranches: tuple[TrancheTerm, ...]
    notes: tuple[Note, ...]
    control: Control
    checks: tuple[Check, ...]
    account: ReceiptsAccount | None = None
    opening: str = ""
    results: tuple[MeasuredResult, ...] | None = None
    plans: tuple[Planned, ...] = ()
    working: Working | None = None
    by_milestone: tuple[MilestoneTotals, ...] = ()
    by_group: tuple[Grouped, ...] = ()
    adjusted: tuple[Adjusted, ...] = ()
    half: str = "up"

    def __repr__(self) -> str:
        """What it is, without a line of it."""
        return f"<Statement {self.about.reference}: {len(self.lines)} lines>"

    @property
    def is_whole(self) -> bool:
        """Whether the statement is for all funders together."""
        return self.about.funder is None

    @property
    def due_pence(self) -> int:
        """What this claim asks for in all."""
        return sum(account.due_pence for account in self.accounts)

    @property
    def due_dates(self) -> tuple[tuple[date, int], ...]:
        """The due dates of this claim, each with its amount in pence."""
        by_date: defaultdict[date, int] = defaultdict(int)
        for row in self.schedule:
            if row.standing == THIS_CLAIM:
                by_date[row.due_on] += row.amount_pence
        return tuple(sorted(by_date.items()))

    @property
    def adjustments(self) -> tuple[tuple[int, StatementLine], ...]:
        """The lines that concern closed periods, each with its position among the lines."""
        return tuple(
            (index, line) for index, line in enumerate(self.lines) if line.kind == ADJUSTMENT
        )

    def listed_pence(self, line: StatementLine) -> int:
        """The amount of a line that the statement adds up: the line itself, or the one funder's
        part of it.
        """
        return line.payable_pence if self.is_whole else line.amount_pence

    @property
    def failing(self) -> tuple[Check, ...]:
        """The checks that do not hold."""
        return tuple(check for check in self.checks if not check.holds)
