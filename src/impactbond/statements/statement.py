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

from impactbond.evidence.mapped import MappedBy
from impactbond.money import Currency
from impactbond.reasons import LineKind
from impactbond.settlement.results import MeasuredResult
from impactbond.statements.notes import Note
from impactbond.statements.receipts_account import ReceiptsAccount
from impactbond.statements.source import LimitTerm, RateTerm, Replaced, ShareTerm, TrancheTerm

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
ALL_FUNDERS = "all funders"
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
    def amount_pence(self) -> int:
        """What the funder pays for the line."""
        return self.value_pence - self.withheld_pence + self.moved_pence


@dataclass(frozen=True, slots=True)
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


def reference(contract: str, claim_period: str, funder: str | None, number: int = 1) -> str:
    """A statement's own reference: contract, claim period, funder; and its number, from the second.

    The number stands before the funder, whose name is the only part that can hold anything.
    """
    numbered = f", number {number}" if number > 1 else ""
    return f"{contract} / {claim_period}{numbered} / {funder or ALL_FUNDERS}"


@dataclass(frozen=True, slots=True)
class About:
    """Which contract, funder, claim and evidence a statement is about, and which issued statement
    it replaces, if any. `counted` says that it rests on counts, without evidence.
    """

    contract_id: str
    title: str
    version: int
    effective_on: date
    provider: str
    funder: str | None
    funder_name: str
    claim_period: str
    claim_date: date
    as_of: date
    refused_rows: int
    engine_version: str
    contract_sha256: str
    evidence_sha256: str
    replaces: Replaced | None = None
    counted: bool = False
    mapped: tuple[MappedBy, ...] = ()

    @property
    def number(self) -> int:
        """Which statement of this contract, claim and funder it is: 1 unless it replaces one."""
        return 1 if self.replaces is None else self.replaces.number + 1

    @property
    def reference(self) -> str:
        """The statement's own reference."""
        return reference(self.contract_id, self.claim_period, self.funder, self.number)

    @property
    def replaced(self) -> str:
        """The reference and the digest of the statement that it replaces; empty without one."""
        if self.replaces is None:
            return ""
        its = reference(self.contract_id, self.claim_period, self.funder, self.replaces.number)
        return f"{its} (SHA-256 {self.replaces.sha256})"


@dataclass(frozen=True, slots=True)
class Control:
    """The totals that the settlement itself states for this claim; of the results, their value."""

    line_count: int
    lines_pence: int
    results_pence: int
    adjustments_pence: int
    opening_pence: int
    due_pence: int


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


@dataclass(frozen=True, slots=True)
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
