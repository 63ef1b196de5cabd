"""The rows that a statement shows: accounts, schedule and lines, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from impactbond.reasons import LineKind

KINDS = {
    "milestones": "Milestones",
    "adjustments": "Adjustments",
    "up-front": "Up-front",
    "recovered": "Recovered",
}
CLAIM, ADJUSTMENT = LineKind.CLAIM.printed, LineKind.ADJUSTMENT.printed
THIS_CLAIM, EARLIER_CLAIM = "This claim", "Earlier claim"


@dataclass(frozen=True, slots=True)
class Account:
    """One funder's amounts, in pence: what this claim moves, and what stands to date.

    The milestones and adjustments are summed from the lines; opening, up-front, recovered and
    closing from the schedule.
    """

    code: str
    funder: str
    name: str
    opening_pence: int
    milestones_pence: int
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

    `priced_in` is the currency of the price where it is not that of the other amounts.
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
