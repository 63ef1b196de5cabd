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

from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.due_parts import cell_name, due_parts
from impactbond.statements.limit_terms import LimitTerm
from impactbond.statements.receipts_account import ReceiptsAccount
from impactbond.statements.source import ShareTerm
from impactbond.statements.statement import KINDS, THIS_CLAIM, Check, Statement, StatementLine, Way
from impactbond.statements.working import parts_in_all

_NONE = Way("Must be none", 0)
_TERMS = "SUM([Rates and limits.pence])"


def checks_of(statement: Statement) -> tuple[Check, ...]:
    """Every check of one statement, in reading order."""
    found = [*_of_lines(statement), *_of_working(statement), *_of_results(statement)]
    found += _of_milestones(statement)
    found += [*_of_schedule(statement), *_of_accounts(statement)]
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
    listed = Way("Lines", total, every_line)
    has_results = statement.results is not None
    of_results = "[Summary.results.total]+" if has_results else ""
    funded = Way(
        "Lines, less what nobody funds" if statement.is_whole else "Lines",
        total - sum(unfunded),
        # The column of what nobody funds stands in the sheet only where there is any.
        f"{every_line}-SUM([Lines.{UNFUNDED}])" if unfunded else every_line,
    )
    earned = Way(
        "Milestones, results and adjustments of the Summary"
        if has_results
        else "Milestones and adjustments of the Summary",
        sum(
            one.milestones_pence + one.results_pence + one.adjustments_pence
            for one in statement.accounts
        ),
        f"[Summary.milestones.total]+{of_results}[Summary.adjustments.total]",
    )
    yield Check("lines to summary", "The lines add up to the summary", "pence", funded, earned)
    settled = Way("Total stated by the settlement", control.lines_pence)
    promise = "The lines add up to what was settled"
    yield Check("lines as settled", promise, "pence", listed, settled)
    numbered = sum(line.number > 0 for line in lines)
    count = Way("Count of Lines", numbered, 'COUNTIFS([Lines.number],">0")')
    stated = Way("Count stated by the settlement", control.line_count)
    yield Check("line count", "No line is missing", "lines", count, stated)
    out_of_order = sum(is_out_of_order(lines))
    words = "Lines whose number is not above the one before"
    again = Way(words, out_of_order, "SUM([Lines.order])")
    yield Check("line order", "No line is there twice", "lines", again, _NONE)


def _of_working(statement: Statement) -> Iterator[Check]:
    """How many figures of the lines do not follow from a plain rate and a share alone."""
    otherwise = sum(not line.is_quantity_times_price for line in statement.lines)
    found = Way("Lines whose value is not quantity × price", otherwise, "SUM([Lines.otherwise])")
    stated = Way("Such lines, as settled", statement.control.priced_otherwise)
    promise = "Every other line is worth its quantity × its price"
    yield Check("plain prices", promise, "lines", found, stated)
    parts = stated_parts(statement)
    found = Way("Parts of lines that are stated", sum(parts), "SUM([Lines.stated])")
    told = Way("Such parts, as settled", statement.control.stated_parts)
    promise = "Every other part of a line is cut on its running total"
    yield Check("parts as cut", promise, "shares", found, told)
    terms = [one.price_pence for one in statement.rates if not one.priced_in]
    terms += [one.at_most_pence for one in statement.limits]
    terms += [one.amount_pence for one in statement.tranches]
    shown = Way("Amounts of Rates and limits", sum(filter(None, terms)), _TERMS)
    agreed = Way("The same, stated by the contract", statement.control.terms_pence)
    promise = "Prices, limits and up-front money are those of the contract"
    yield Check("terms as agreed", promise, "pence", shown, agreed)
    columns = "+".join(f"SUM([Shares.{key}])" for key in ("parts", "before", "out of"))
    shown = Way("Numbers of Shares", parts_in_all(statement.share_rules), columns)
    agreed = Way("The same, stated by the contract", statement.control.share_parts)
    promise = "Shares are those of the contract"
    yield Check("shares as agreed", promise, "shares", shown, agreed)


def stated_parts(statement: Statement) -> list[int]:
    """For every line, how many of its parts are stated and not cut on the running totals."""
    lines, working = statement.lines, statement.working
    if working is None:
        return [len(line.shares) for line in lines]
    return working.stated_parts(lines, whole=statement.is_whole)


def _of_results(statement: Statement) -> Iterator[Check]:
    """That every result, worked out from its counts, is what its lines hold."""
    results = statement.results
    if results is None:
        return
    pence = sum(one.value_pence for one in results)
    worked = Way("Results, worked out", pence, 'SUMIFS([Results.n],[Results.part],"Value")')
    stated = Way("Value of results stated by the settlement", statement.control.results_pence)
    yield Check("results as settled", "No result is missing", "pence", worked, stated)
    if statement.is_whole:
        off = sum(one != 0 for one in result_differences(statement))
        found = Way("Results with a difference", off, _not_zero("[Results.difference]"))
        promise = "Every result, worked out, is the value of its line"
        yield Check("results to lines", promise, "lines", found, _NONE)


def lines_by_result(statement: Statement) -> dict[tuple[str, str, str], list[int]]:
    """The positions of the lines of each result, group and period."""
    found: defaultdict[tuple[str, str, str], list[int]] = defaultdict(list)
    for index, line in enumerate(statement.lines):
        found[line.milestone, line.group, line.period].append(index)
    return found


def result_differences(statement: Statement) -> list[int]:
    """For every result that is shown, what its lines hold less what it came to."""
    places, lines = lines_by_result(statement), statement.lines
    return [
        sum(lines[index].value_pence for index in places.get(one.key[1:], ())) - one.value_pence
        for one in statement.results or ()
    ]


def _of_milestones(statement: Statement) -> Iterator[Check]:
    """That the milestones, added up over all claims, are what the schedule asked for them."""
    rows = statement.by_milestone
    pence = sum(row.paid_before_pence + row.paid_pence for row in rows)
    found = Way("By milestone, to date", pence, "SUM([By milestone.to date])")
    kinds = [KINDS[kind] for kind in ("milestones", "results", "adjustments")]
    asked = Way(
        "Milestones, results and adjustments of all claims in the Schedule",
        sum(row.amount_pence for row in statement.schedule if row.kind in kinds),
        "+".join(f'SUMIFS([Schedule.pence],[Schedule.kind],"{kind}")' for kind in kinds),
    )
    promise = "All that milestones ever came to was asked for"
    yield Check("by milestone", promise, "pence", found, asked)
    for one in statement.by_group:
        pence = sum(row.paid_before_pence + row.paid_pence for row in one.rows)
        groups = Way(f"{one.sheet}, to date", pence, f"SUM([{one.sheet}.to date])")
        promise = f"All that milestones came to is of one {one.name}, or of none"
        yield Check(f"by {one.name}", promise, "pence", groups, asked)


def _of_schedule(statement: Statement) -> Iterator[Check]:
    schedule = statement.schedule
    for kind in ("milestones", "results", "adjustments"):
        if kind == "results" and statement.results is None:
            continue
        name, printed = kind.capitalize(), KINDS[kind]
        where = f'[Schedule.standing],"{THIS_CLAIM}",[Schedule.kind],"{printed}"'
        now = (row for row in schedule if row.standing == THIS_CLAIM and row.kind == printed)
        scheduled = Way(
            f"{name} of this claim in the Schedule",
            sum(row.amount_pence for row in now),
            f"SUMIFS([Schedule.pence],{where})",
        )
        promise, summed = f"{name} are scheduled in full", _of_summary(statement, kind)
        yield Check(f"{kind} to schedule", promise, "pence", summed, scheduled)
    # Against the settlement's own table: against the Lines, which the list is made from, it would
    # be the same figure twice.
    pence = sum(statement.listed_pence(line) for _, line in statement.adjustments)
    listed = Way("Adjustments", pence, "SUM([Adjustments.pence])")
    stated = Way("Adjustments stated by the settlement", statement.control.adjustments_pence)
    promise = "Every adjustment is listed by itself"
    yield Check("adjustments listed", promise, "pence", listed, stated)
    every_payment = sum(row.amount_pence for row in schedule)
    asked = Way("Schedule, all claims", every_payment, "SUM([Schedule.pence])")
    promise = "The schedule adds up to the closing balance"
    closing = _of_summary(statement, "closing")
    yield Check("schedule to closing", promise, "pence", asked, closing)


def _of_accounts(statement: Statement) -> Iterator[Check]:
    accounts, control = statement.accounts, statement.control
    off = Way(
        "Funders of the Summary with a difference",
        sum(account.difference_pence != 0 for account in accounts),
        _not_zero("[Summary.difference]"),
    )
    promise = "Opening and movements make closing, for every funder"
    yield Check("opening to closing", promise, "funders", off, _NONE)
    opening = _of_summary(statement, "opening")
    before = Way("Settled before, stated by the settlement", control.opening_pence)
    promise = "Opening is what earlier claims settled"
    yield Check("opening as settled", promise, "pence", opening, before)
    due = _of_cover(statement) or _of_summary(statement, "due")
    stated = Way("Due stated by the settlement", control.due_pence)
    yield Check("due as settled", "What is due is what was settled", "pence", due, stated)
    off = Way(
        "Funders of To date with a difference",
        sum(account.to_date_difference_pence != 0 for account in accounts),
        _not_zero("[To date.to_date_difference]"),
    )
    promise = "All that was ever asked for is payable to date, for every funder"
    yield Check("to date", promise, "funders", off, _NONE)
    over = Way(
        "Funders of To date over their limit",
        sum((account.headroom_pence or 0) < 0 for account in accounts),
        'COUNTIFS([To date.headroom],"<0")',
    )
    promise = "No funder is asked for more than its limit"
    yield Check("funder limits", promise, "funders", over, _NONE)


def _of_cover(statement: Statement) -> Way | None:
    """What the parts of the total due add up to, as the Cover says them; None where it says none.
    The Summary's own figure is held by opening and closing.
    """
    parts, whole = due_parts(statement), statement.currency.in_one
    if not parts:
        return None
    names = "+".join(cell_name(part.label, statement.currency) for part in parts)
    # In whole minor units: the cells of the Cover are hundredths, which add up to nearly that.
    formula = f"ROUND(({names})*{whole},0)" if whole > 1 else names
    return Way("Parts of the total on the Cover", sum(part.pence for part in parts), formula)


def _of_shares_and_limits(statement: Statement) -> Iterator[Check]:
    """The checks that only a statement for all funders can make."""
    off = sum(line_difference(line) != 0 for line in statement.lines)
    found = Way("Lines with a difference", off, _not_zero("[Lines.difference]"))
    promise = "The shares of every line add up to the line"
    yield Check("shares to lines", promise, "lines", found, _NONE)
    parts = rule_parts(statement.share_rules)
    off = sum(parts[term.rule][0] != parts[term.rule][1] for term in statement.share_rules)
    found = Way("Shares of rules that do not", off, _not_zero("[Shares.difference]"))
    yield Check("shares whole", "The shares of every rule make a whole", "shares", found, _NONE)
    limit = contract_limit(statement.limits)
    if limit is not None:
        earned = sum(account.value_pence - account.withheld_pence for account in statement.accounts)
        cells = "[To date.value.total]-[To date.withheld.total]"
        row = len(statement.rates) + statement.limits.index(limit)  # the limits follow the rates
        most = f"[Rates and limits.pence.{row}]"
        over = Way(
            "Value less withheld to date, over the limit",
            max(earned - (limit.at_most_pence or 0), 0),
            f"IF({cells}>{most},{cells}-{most},0)",
        )
        promise = "All together are not asked for more than the contract's limit"
        yield Check("contract limit", promise, "pence", over, _NONE)


def _of_receipts(statement: Statement, account: ReceiptsAccount) -> Iterator[Check]:
    pence = sum(balance.due_pence for balance in account.balances)
    due = Way("Due of the Account, all claims", pence, "SUM([Account.due])")
    promise = "All that was ever asked for is in the account"
    closing = _of_summary(statement, "closing")
    yield Check("account due", promise, "pence", due, closing)
    pence = account.received_pence
    came = Way("Received of the Account, all claims", pence, "SUM([Account.received])")
    pence = sum(receipt.amount_pence for receipt in account.receipts)
    receipts = Way("Receipts", pence, "SUM([Receipts.pence])")
    promise = "All that was received is in the account"
    yield Check("account received", promise, "pence", came, receipts)
    read = Way("Total of the receipts that were read", account.stated_pence)
    yield Check("receipts as read", "No receipt is missing", "pence", receipts, read)


def _of_summary(statement: Statement, figure: str) -> Way:
    """A figure of the Summary, of all funders of the statement together."""
    pence = sum(getattr(account, f"{figure}_pence") for account in statement.accounts)
    return Way(f"{figure.capitalize()} of the Summary", pence, f"[Summary.{figure}.total]")


def contract_limit(limits: Sequence[LimitTerm]) -> LimitTerm | None:
    """The lowest limit on what all funders together pay to date, where there is one in money."""
    found = [term for term in limits if term.whole_contract and term.at_most_pence is not None]
    return min(found, key=lambda term: term.at_most_pence or 0, default=None)


def _not_zero(cells: str) -> str:
    """How many cells hold a number that is not 0; a blank is not counted."""
    return f'COUNTIFS({cells},">0")+COUNTIFS({cells},"<0")'
