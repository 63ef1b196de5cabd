"""The checks of a statement: each finds one figure in two ways, and the difference must be 0.

A check is declared once, here: what it promises and, for each way, its words, its figure, and the
formula by which the sheet Checks finds that figure again. In a formula `[Lines.entitled]` are the
cells of a column of a sheet, `[Summary.due.total]` is the figure of all funders of the statement
together, and `[Rates and limits.pence.7]` is the cell of one row, counted from 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm

from impactbond.settlement.funders import UNFUNDED
from impactbond.statements.source import LimitTerm, ShareTerm
from impactbond.statements.statement import (
    KINDS,
    THIS_CLAIM,
    Check,
    ReceiptsAccount,
    Statement,
    StatementLine,
    Way,
)

_NONE = Way("Must be none", 0)


def checks_of(statement: Statement) -> tuple[Check, ...]:
    """Every check of one statement, in reading order."""
    found = [*_of_lines(statement), *_of_schedule(statement), *_of_accounts(statement)]
    if statement.is_whole:
        found += _of_shares_and_limits(statement)
    if statement.account is not None:
        found += _of_receipts(statement, statement.account)
    return tuple(found)


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


def _of_lines(statement: Statement) -> Iterator[Check]:
    lines, control = statement.lines, statement.control
    total = sum(map(statement.listed_pence, lines))
    every_line = f"SUM([Lines.{'entitled' if statement.is_whole else 'amount'}])"
    shares = [share for line in lines for share in line.shares]
    unfunded = [share.amount_pence for share in shares if share.funder == UNFUNDED]
    earned = sum(one.milestones_pence + one.adjustments_pence for one in statement.accounts)
    yield Check(
        "lines to summary",
        "The lines add up to the summary",
        "pence",
        Way(
            "Lines, less what nobody funds" if statement.is_whole else "Lines",
            total - sum(unfunded),
            # The column of what nobody funds stands in the sheet only where there is any.
            f"{every_line}-SUM([Lines.{UNFUNDED}])" if unfunded else every_line,
        ),
        Way(
            "Milestones and adjustments of the Summary",
            earned,
            "[Summary.milestones.total]+[Summary.adjustments.total]",
        ),
    )
    yield Check(
        "lines as settled",
        "The lines add up to what was settled",
        "pence",
        Way("Lines", total, every_line),
        Way("Total stated by the settlement", control.lines_pence),
    )
    count = sum(line.number > 0 for line in lines)
    yield Check(
        "line count",
        "No line is missing",
        "lines",
        Way("Count of Lines", count, 'COUNTIFS([Lines.number],">0")'),
        Way("Count stated by the settlement", control.line_count),
    )
    again = sum(is_out_of_order(lines))
    yield Check(
        "line order",
        "No line is there twice",
        "lines",
        Way("Lines whose number is not above the one before", again, "SUM([Lines.order])"),
        _NONE,
    )


def _of_schedule(statement: Statement) -> Iterator[Check]:
    accounts, schedule = statement.accounts, statement.schedule

    def scheduled(name: str, kind: str) -> Way:
        now = (row for row in schedule if row.standing == THIS_CLAIM and row.kind == kind)
        where = f'[Schedule.standing],"{THIS_CLAIM}",[Schedule.kind],"{kind}"'
        return Way(
            f"{name} of this claim in the Schedule",
            sum(row.amount_pence for row in now),
            f"SUMIFS([Schedule.pence],{where})",
        )

    milestones = sum(account.milestones_pence for account in accounts)
    yield Check(
        "milestones to schedule",
        "Milestones are scheduled in full",
        "pence",
        Way("Milestones of the Summary", milestones, "[Summary.milestones.total]"),
        scheduled("Milestones", KINDS["milestones"]),
    )
    adjustments = sum(account.adjustments_pence for account in accounts)
    yield Check(
        "adjustments to schedule",
        "Adjustments are scheduled in full",
        "pence",
        Way("Adjustments of the Summary", adjustments, "[Summary.adjustments.total]"),
        scheduled("Adjustments", KINDS["adjustments"]),
    )
    # Against the settlement's own table: against the Lines, which the list is made from, it would
    # be the same figure twice.
    listed = sum(statement.listed_pence(line) for _, line in statement.adjustments)
    yield Check(
        "adjustments listed",
        "Every adjustment is listed by itself",
        "pence",
        Way("Adjustments", listed, "SUM([Adjustments.pence])"),
        Way("Adjustments stated by the settlement", statement.control.adjustments_pence),
    )
    every_payment = sum(row.amount_pence for row in schedule)
    yield Check(
        "schedule to closing",
        "The schedule adds up to the closing balance",
        "pence",
        Way("Schedule, all claims", every_payment, "SUM([Schedule.pence])"),
        _closing(statement),
    )


def _of_accounts(statement: Statement) -> Iterator[Check]:
    accounts, control = statement.accounts, statement.control
    yield Check(
        "opening to closing",
        "Opening and movements make closing, for every funder",
        "funders",
        Way(
            "Funders of the Summary with a difference",
            sum(account.difference_pence != 0 for account in accounts),
            _not_zero("[Summary.difference]"),
        ),
        _NONE,
    )
    opening = sum(account.opening_pence for account in accounts)
    yield Check(
        "opening as settled",
        "Opening is what earlier claims settled",
        "pence",
        Way("Opening of the Summary", opening, "[Summary.opening.total]"),
        Way("Settled before, stated by the settlement", control.opening_pence),
    )
    yield Check(
        "due as settled",
        "What is due is what was settled",
        "pence",
        Way("Due of the Summary", statement.due_pence, "[Summary.due.total]"),
        Way("Due stated by the settlement", control.due_pence),
    )
    yield Check(
        "to date",
        "All that was ever asked for is payable to date, for every funder",
        "funders",
        Way(
            "Funders of To date with a difference",
            sum(account.to_date_difference_pence != 0 for account in accounts),
            _not_zero("[To date.to_date_difference]"),
        ),
        _NONE,
    )
    yield Check(
        "funder limits",
        "No funder is asked for more than its limit",
        "funders",
        Way(
            "Funders of To date over their limit",
            sum((account.headroom_pence or 0) < 0 for account in accounts),
            'COUNTIFS([To date.headroom],"<0")',
        ),
        _NONE,
    )


def _of_shares_and_limits(statement: Statement) -> Iterator[Check]:
    """The checks that only a statement for all funders can make."""
    yield Check(
        "shares to lines",
        "The shares of every line add up to the line",
        "lines",
        Way(
            "Lines with a difference",
            sum(line_difference(line) != 0 for line in statement.lines),
            _not_zero("[Lines.difference]"),
        ),
        _NONE,
    )
    parts = rule_parts(statement.share_rules)
    yield Check(
        "shares whole",
        "The shares of every rule make a whole",
        "shares",
        Way(
            "Shares of rules that do not",
            sum(parts[term.rule][0] != parts[term.rule][1] for term in statement.share_rules),
            _not_zero("[Shares.difference]"),
        ),
        _NONE,
    )
    limit = _contract_limit(statement.limits)
    if limit is not None:
        earned = sum(account.value_pence - account.withheld_pence for account in statement.accounts)
        cells = "[To date.value.total]-[To date.withheld.total]"
        row = len(statement.rates) + statement.limits.index(limit)  # the limits follow the rates
        most = f"[Rates and limits.pence.{row}]"
        yield Check(
            "contract limit",
            "All together are not asked for more than the contract's limit",
            "pence",
            Way(
                "Value less withheld to date, over the limit",
                max(earned - (limit.at_most_pence or 0), 0),
                f"IF({cells}>{most},{cells}-{most},0)",
            ),
            _NONE,
        )


def _of_receipts(statement: Statement, account: ReceiptsAccount) -> Iterator[Check]:
    due = sum(balance.due_pence for balance in account.balances)
    came = sum(receipt.amount_pence for receipt in account.receipts)
    receipts = Way("Receipts", came, "SUM([Receipts.pence])")
    yield Check(
        "account due",
        "All that was ever asked for is in the account",
        "pence",
        Way("Due of the Account, all claims", due, "SUM([Account.due])"),
        _closing(statement),
    )
    yield Check(
        "account received",
        "All that was received is in the account",
        "pence",
        Way(
            "Received of the Account, all claims", account.received_pence, "SUM([Account.received])"
        ),
        receipts,
    )
    yield Check(
        "receipts as read",
        "No receipt is missing",
        "pence",
        receipts,
        Way("Total of the receipts that were read", account.stated_pence),
    )


def _closing(statement: Statement) -> Way:
    closing = sum(account.closing_pence for account in statement.accounts)
    return Way("Closing of the Summary", closing, "[Summary.closing.total]")


def _contract_limit(limits: Sequence[LimitTerm]) -> LimitTerm | None:
    """The lowest limit on what all funders together pay to date, where there is one in money."""
    found = [term for term in limits if term.whole_contract and term.at_most_pence is not None]
    return min(found, key=lambda term: term.at_most_pence or 0, default=None)


def _not_zero(cells: str) -> str:
    """How many cells hold a number that is not 0; a blank is not counted."""
    return f'COUNTIFS({cells},">0")+COUNTIFS({cells},"<0")'
