"""The checks of a statement: each finds one figure in two ways, and the difference must be 0."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import Literal

from impactbond.money import Currency
from impactbond.settlement.funders import UNFUNDED
from impactbond.statements.rows import (
    ADJUSTMENT,
    KINDS,
    THIS_CLAIM,
    Account,
    ScheduleRow,
    StatementLine,
)
from impactbond.statements.source import LimitTerm, ShareTerm

CheckKey = Literal[
    "lines to summary",
    "lines as settled",
    "line count",
    "line order",
    "shares to lines",
    "milestones to schedule",
    "adjustments to schedule",
    "adjustments listed",
    "schedule to closing",
    "opening to closing",
    "opening as settled",
    "due as settled",
    "to date",
    "funder limits",
    "contract limit",
    "shares whole",
    "account due",
    "account received",
    "receipts as read",
]


@dataclass(frozen=True, slots=True)
class Control:
    """The totals that the settlement itself states for this claim."""

    line_count: int
    lines_pence: int
    opening_pence: int
    due_pence: int


@dataclass(frozen=True, slots=True)
class Check:
    """One figure found in two ways; `promise` is what holds when both are equal."""

    key: CheckKey
    promise: str
    first_way: str
    second_way: str
    unit: Literal["pence", "lines", "funders", "shares"]
    first: int
    second: int

    @property
    def difference(self) -> int:
        """The first way less the second: must be 0."""
        return self.first - self.second

    def unit_in(self, currency: Currency) -> str:
        """What the figures count, where pence stand for the minor units of a currency."""
        return currency.minor if self.unit == "pence" else self.unit

    @property
    def holds(self) -> bool:
        """Whether both ways give the same figure."""
        return self.difference == 0


def check_statement(
    *,
    whole: bool,
    accounts: Sequence[Account],
    schedule: Sequence[ScheduleRow],
    lines: Sequence[StatementLine],
    share_rules: Sequence[ShareTerm],
    limits: Sequence[LimitTerm],
    control: Control,
) -> tuple[Check, ...]:
    """Every check of one statement, in reading order; `whole` where it is for all funders."""
    found = _line_checks(whole, accounts, lines, control)
    found += _schedule_checks(whole, accounts, schedule, lines)
    found += _account_checks(accounts, control)
    if whole:
        found += _whole_checks(accounts, lines, share_rules, limits)
    return tuple(found)


def whole_contract_limit(limits: Sequence[LimitTerm]) -> LimitTerm | None:
    """The lowest limit on what all funders together pay to date, where there is one in money."""
    found = [term for term in limits if term.whole_contract and term.at_most_pence is not None]
    return min(found, key=lambda term: term.at_most_pence or 0, default=None)


def rule_parts(share_rules: Sequence[ShareTerm]) -> dict[str, tuple[int, int]]:
    """For every share rule: the parts of its funders together, and of how many they are."""
    fractions: defaultdict[str, list[Fraction]] = defaultdict(list)
    for term in share_rules:
        fractions[term.rule].append(term.fraction)
    found = {}
    for rule, parts in fractions.items():
        out_of = lcm(*(part.denominator for part in parts))
        found[rule] = (int(sum(parts) * out_of), out_of)
    return found


def is_out_of_order(lines: Sequence[StatementLine]) -> list[int]:
    """For every line, 1 where its number is not higher than the number above it, otherwise 0."""
    numbers = [0, *(line.number for line in lines)]
    return [int(number <= above) for above, number in pairwise(numbers)]


def line_difference(line: StatementLine) -> int:
    """What the shares of a line are out from the line after limits."""
    return line.amount_pence - line.payable_pence


def _line_checks(
    whole: bool, accounts: Sequence[Account], lines: Sequence[StatementLine], control: Control
) -> list[Check]:
    total = sum(_shown(line, whole) for line in lines)
    unfunded = sum(
        share.amount_pence for line in lines for share in line.shares if share.funder == UNFUNDED
    )
    earned = sum(account.milestones_pence + account.adjustments_pence for account in accounts)
    return [
        Check(
            "lines to summary",
            "The lines add up to the summary",
            "Lines, less what nobody funds" if whole else "Lines",
            "Milestones and adjustments of the Summary",
            "pence",
            total - unfunded,
            earned,
        ),
        Check(
            "lines as settled",
            "The lines add up to what was settled",
            "Lines",
            "Total stated by the settlement",
            "pence",
            total,
            control.lines_pence,
        ),
        Check(
            "line count",
            "No line is missing",
            "Count of Lines",
            "Count stated by the settlement",
            "lines",
            sum(line.number > 0 for line in lines),
            control.line_count,
        ),
        Check(
            "line order",
            "No line is there twice",
            "Lines whose number is not above the one before",
            "Must be none",
            "lines",
            sum(is_out_of_order(lines)),
            0,
        ),
    ]


def _schedule_checks(
    whole: bool,
    accounts: Sequence[Account],
    schedule: Sequence[ScheduleRow],
    lines: Sequence[StatementLine],
) -> list[Check]:
    def scheduled(kind: str) -> int:
        return sum(
            row.amount_pence for row in schedule if row.standing == THIS_CLAIM and row.kind == kind
        )

    return [
        Check(
            "milestones to schedule",
            "Milestones are scheduled in full",
            "Milestones of the Summary",
            "Milestones of this claim in the Schedule",
            "pence",
            sum(account.milestones_pence for account in accounts),
            scheduled(KINDS["milestones"]),
        ),
        Check(
            "adjustments to schedule",
            "Adjustments are scheduled in full",
            "Adjustments of the Summary",
            "Adjustments of this claim in the Schedule",
            "pence",
            sum(account.adjustments_pence for account in accounts),
            scheduled(KINDS["adjustments"]),
        ),
        Check(
            "adjustments listed",
            "Every adjustment is listed by itself",
            "Adjustments",
            "Lines that are adjustments",
            "pence",
            sum(_shown(line, whole) for line in lines if line.kind == ADJUSTMENT),
            sum(_shown(line, whole) for line in lines if line.kind == ADJUSTMENT),
        ),
        Check(
            "schedule to closing",
            "The schedule adds up to the closing balance",
            "Schedule, all claims",
            "Closing of the Summary",
            "pence",
            sum(row.amount_pence for row in schedule),
            sum(account.closing_pence for account in accounts),
        ),
    ]


def _account_checks(accounts: Sequence[Account], control: Control) -> list[Check]:
    return [
        Check(
            "opening to closing",
            "Opening and movements make closing, for every funder",
            "Funders of the Summary with a difference",
            "Must be none",
            "funders",
            sum(account.difference_pence != 0 for account in accounts),
            0,
        ),
        Check(
            "opening as settled",
            "Opening is what earlier claims settled",
            "Opening of the Summary",
            "Settled before, stated by the settlement",
            "pence",
            sum(account.opening_pence for account in accounts),
            control.opening_pence,
        ),
        Check(
            "due as settled",
            "What is due is what was settled",
            "Due of the Summary",
            "Due stated by the settlement",
            "pence",
            sum(account.due_pence for account in accounts),
            control.due_pence,
        ),
        Check(
            "to date",
            "All that was ever asked for is payable to date, for every funder",
            "Funders of To date with a difference",
            "Must be none",
            "funders",
            sum(account.to_date_difference_pence != 0 for account in accounts),
            0,
        ),
        Check(
            "funder limits",
            "No funder is asked for more than its limit",
            "Funders of To date over their limit",
            "Must be none",
            "funders",
            sum(
                account.headroom_pence is not None and account.headroom_pence < 0
                for account in accounts
            ),
            0,
        ),
    ]


def _whole_checks(
    accounts: Sequence[Account],
    lines: Sequence[StatementLine],
    share_rules: Sequence[ShareTerm],
    limits: Sequence[LimitTerm],
) -> list[Check]:
    parts = rule_parts(share_rules)
    found = [
        Check(
            "shares to lines",
            "The shares of every line add up to the line",
            "Lines with a difference",
            "Must be none",
            "lines",
            sum(line_difference(line) != 0 for line in lines),
            0,
        ),
        Check(
            "shares whole",
            "The shares of every rule make a whole",
            "Shares of rules that do not",
            "Must be none",
            "shares",
            sum(parts[term.rule][0] != parts[term.rule][1] for term in share_rules),
            0,
        ),
    ]
    limit = whole_contract_limit(limits)
    if limit is not None and limit.at_most_pence is not None:
        earned = sum(account.value_pence - account.withheld_pence for account in accounts)
        found.append(
            Check(
                "contract limit",
                "All together are not asked for more than the contract's limit",
                "Value less withheld to date, over the limit",
                "Must be none",
                "pence",
                max(earned - limit.at_most_pence, 0),
                0,
            )
        )
    return found


def _shown(line: StatementLine, whole: bool) -> int:
    """The amount of a line that the statement adds up: the line itself, or the one funder's part of
    it.
    """
    return line.payable_pence if whole else line.amount_pence
