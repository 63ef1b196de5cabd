"""The sheets Lines and Adjustments: every movement of this claim, child by child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from impactbond.money import CURRENCIES
from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.checks import is_out_of_order, line_difference
from impactbond.statements.source import BY_VERSION
from impactbond.statements.statement import Account, Statement, StatementLine
from impactbond.statements.workbook.layout import AmountCells, Column, Sheets, SheetTable, fitting

# Excel repairs a table, and so alters it, where a header is longer than 255 characters.
LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True)
class FunderColumn:
    """The column of amounts of one funder, or of several of which any line has at most one (each
    child's school).
    """

    key: str
    label: str
    members: tuple[Account, ...]
    is_group: bool


def funder_columns(statement: Statement) -> tuple[FunderColumn, ...]:
    """The columns of amounts, in the order of the funders.

    Funders resolved by an attribute ("school: ...") share one column, beside one that says which,
    unless a line has two.
    """
    groups: defaultdict[str, list[Account]] = defaultdict(list)
    for account in statement.accounts:
        resolved_by, found, _ = account.funder.partition(": ")
        groups[f"each {resolved_by}" if found else account.funder].append(account)
    columns: list[FunderColumn] = []
    for name, members in groups.items():
        is_group = members[0].funder != name
        if is_group and _at_most_one(statement.lines, {member.funder for member in members}):
            key = f"group {len(columns)}"
            columns.append(FunderColumn(key, name.capitalize(), tuple(members), is_group=True))
        else:
            columns += [
                FunderColumn(
                    one.code, f"{one.code} {one.name}"[:LONGEST_HEADER], (one,), is_group=False
                )
                for one in members
            ]
    return tuple(columns)


def lines_table(sheets: Sheets) -> SheetTable:
    """One row for every line of this claim, in the order in which they were settled."""
    statement = sheets.statement
    lines = statement.lines
    value = _AT_A_RATE if any(line.priced_in for line in lines) else _AT_THE_PRICE
    middle = _whole_columns(statement) if statement.is_whole else _own_columns(statement)
    return SheetTable(
        sheet="Lines",
        title=f"Lines of claim {statement.about.claim_period}",
        holds="Every movement of this claim: participant, milestone, why, and what it comes to",
        intro=(_INTRO_WHOLE.format(value) if statement.is_whole else _INTRO_OWN,),
        columns=(*_identity_columns(lines), *middle, *_order_columns(lines)),
        if_empty="No lines in this claim: nothing has moved since the last one.",
        frozen=True,
        last_printed=_last_payer(middle) if statement.is_whole else "amount",
    )


def adjustments_table(sheets: Sheets) -> SheetTable:
    """The lines that concern periods already claimed."""
    statement, lines = sheets.statement, sheets["Lines"]
    rows = [lines.row(index) for index, _ in statement.adjustments]
    found = [line for _, line in statement.adjustments]
    claims = [statement.about.claim_period for _ in found]
    shown = lines.letter("entitled" if statement.is_whole else "amount")
    pence = [statement.listed_pence(line) for line in found]
    amounts = AmountCells(statement.currency)
    return SheetTable(
        sheet="Adjustments",
        title="Adjustments of earlier periods",
        holds="The lines that concern periods claimed before, and why they move",
        intro=(
            "Earlier claims stay as they were; what has changed since is settled in this claim.",
        ),
        columns=(
            Column("line", "Line", "identifier", 17, [line.line for line in found]),
            Column("period", "Period concerned", "identifier", 13, [line.period for line in found]),
            Column("claim", "Claimed in", "identifier", 12, claims),
            _participants(found, 14),
            Column("milestone", "Milestone", "text", 34, [line.milestone_title for line in found]),
            Column("because", "Why", "identifier", 17, [line.because for line in found]),
            *amounts.both(
                "pence", "Amount", 16, pence, lambda table, index: f"Lines!{shown}{rows[index]}"
            ),
        ),
        if_empty="No adjustments in this claim.",
    )


_INTRO_WHOLE = (
    "Entitled is the value less what a limit withheld; the columns after it say who pays. "
    "{} "
    "Blank: no part in the line. The columns from Quantity on show the working and are not printed."
)
_AT_THE_PRICE = (
    "Value is quantity × price, unless a term of the price or a measured result makes it another."
)
_AT_A_RATE = "Prices are in another currency: the Notes say how they become values."
_INTRO_OWN = (
    "Your amount is your share of the line, less what a limit withheld of it, with what you took "
    "over or passed on. The columns after Your amount show the working and are not printed."
)


def _last_payer(columns: Sequence[Column]) -> str:
    """The last column that says who pays: the one before the working begins."""
    keys = [column.key for column in columns]
    return keys[keys.index("quantity") - 1]


def _at_most_one(lines: Sequence[StatementLine], members: set[str]) -> bool:
    return all(sum(share.funder in members for share in line.shares) <= 1 for line in lines)


def _participants(lines: Sequence[StatementLine], narrowest: float) -> Column:
    names = [line.participant for line in lines]
    return Column("participant", "Participant", "identifier", fitting(names, narrowest, 40), names)


def _identity_columns(lines: Sequence[StatementLine]) -> tuple[Column, ...]:
    titles = [line.milestone_title for line in lines]
    return (
        Column("line", "Line", "identifier", 15, [line.line for line in lines]),
        Column("kind", "Kind", "identifier", 13, [line.kind for line in lines]),
        _participants(lines, 13),
        Column("milestone", "Milestone", "text", fitting(titles, 20, 28), titles),
        Column("period", "Achieved in", "identifier", 12, [line.period for line in lines]),
        Column("achieved on", "Achieved on", "date", 13, [line.achieved_on for line in lines]),
        Column("because", "Why", "identifier", 15, [line.because for line in lines]),
    )


def _price_columns(statement: Statement) -> tuple[Column, ...]:
    """The quantity, and the price in a column for every currency that a price is in."""
    lines, amounts = statement.lines, AmountCells(statement.currency)
    quantity = Column("quantity", "Quantity", "count", 11, [line.quantity for line in lines])
    others = sorted({line.priced_in for line in lines} - {""})
    if not others:
        prices = [line.price_pence for line in lines]
        return quantity, amounts.in_minor("price", "Price", 12, prices)
    # A column that mixed currencies would be summed by somebody: each currency has its own, that of
    # payments only where a price is in it. Only a milestone priced otherwise by each version has
    # none to name, and the heading says where to look.
    found = [quantity]
    for code in ("", *others):
        prices_in = [line.price_pence if line.priced_in == code else None for line in lines]
        if code == BY_VERSION:
            heading = "Price (minor units; the version says the currency)"
        else:
            priced = CURRENCIES[code] if code else statement.currency
            heading = AmountCells(priced).heading_by_code("Price")
        if any(price is not None for price in prices_in):
            found.append(Column(f"price {code}".strip(), heading, "pence", 14, prices_in))
    return tuple(found)


def _limits_column(lines: Sequence[StatementLine]) -> Column:
    limits = [line.withheld_by or None for line in lines]
    return Column("limits", "Limits that withhold", "text", fitting(limits, 14, 30), limits)


def _order_columns(lines: Sequence[StatementLine]) -> tuple[Column, ...]:
    # SUM of one cell is 0 where the cell above is the header.
    formula = "IF(SUM([number^])<[number],0,1)"
    return (
        Column("number", "Line number", "count", 10, [line.number for line in lines]),
        Column("order", "Out of order (must be 0)", "count", 12, is_out_of_order(lines), formula),
    )


def _own_columns(statement: Statement) -> tuple[Column, ...]:
    lines, money = statement.lines, AmountCells(statement.currency)
    shares = [line.shares[0] for line in lines]
    written = _written_shares(statement)
    as_written = [written.get(line.milestone) for line in lines]
    amounts = [share.amount_pence for share in shares]
    moved = [share.moved_pence for share in shares]
    return (
        money.in_minor("entitled", "Whole line", 12, [line.entitled_pence for line in lines]),
        Column("share", "Your share", "identifier", 10, as_written),
        *money.both("amount", "Your amount", 13, amounts, "[value]-[withheld]+[moved]"),
        money.in_minor("value", "Your value", 13, [share.value_pence for share in shares]),
        money.in_minor("withheld", "Withheld", 13, [share.withheld_pence for share in shares]),
        money.in_minor("moved", "Taken over or passed on", 15, moved),
        _limits_column(lines),
        *_price_columns(statement),
    )


def _written_shares(statement: Statement) -> dict[str, str]:
    """The funder's share of each milestone as the contract writes it, where it has only one."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for term in statement.share_rules:
        for milestone in term.milestones:
            found[milestone].add(term.written)
    return {milestone: written.pop() for milestone, written in found.items() if len(written) == 1}


def _whole_columns(statement: Statement) -> tuple[Column, ...]:
    lines, money = statement.lines, AmountCells(statement.currency)
    payers = _payer_columns(statement)
    entitled = [line.payable_pence for line in lines]
    differences = [line_difference(line) for line in lines]
    off = f"SUM([{payers[0].key}]:[{payers[-1].key}])-[entitled]"

    def value(table: SheetTable, index: int) -> str:
        return "[quantity]*[price]" if lines[index].is_quantity_times_price else ""

    return (
        *money.both("entitled", "Entitled", 12, entitled, "[value]-[withheld]"),
        *payers,
        *_price_columns(statement),
        money.in_minor("value", "Value", 12, [line.value_pence for line in lines], value),
        money.in_minor("withheld", "Withheld", 13, [line.withheld_pence for line in lines]),
        _limits_column(lines),
        Column("difference", "Shares less entitled (must be 0)", "pence", 13, differences, off),
    )


def _payer_columns(statement: Statement) -> list[Column]:
    """What each funder pays of each line, and last what nobody pays, where there is any; a column
    of several funders stands behind those that say which.
    """
    lines, columns = statement.lines, funder_columns(statement)
    money = AmountCells(statement.currency)
    amounts: defaultdict[str, list[int | None]] = defaultdict(lambda: [None] * len(lines))
    payers: defaultdict[str, list[Account | None]] = defaultdict(lambda: [None] * len(lines))
    by_funder = {
        member.funder: (column.key, member) for column in columns for member in column.members
    }
    for index, line in enumerate(lines):
        for share in line.shares:
            key, payer = by_funder.get(share.funder, (UNFUNDED, None))
            amounts[key][index] = (amounts[key][index] or 0) + share.amount_pence
            # In a group's column the last of a line's payers is its only one: see `_at_most_one`.
            payers[key][index] = payer
    found: list[Column] = []
    for column in columns:
        key, label = column.key, column.label
        if column.is_group:
            codes = [None if payer is None else payer.code for payer in payers[key]]
            names = [None if payer is None else payer.name for payer in payers[key]]
            width = fitting(names, 20, 28)
            found.append(Column(f"{key} code", f"{label}: No.", "identifier", 8, codes))
            found.append(Column(f"{key} name", f"{label}: name", "text", width, names))
        found.append(money.in_minor(key, label, 14, amounts[key]))
    if UNFUNDED in amounts:
        found.append(money.in_minor(UNFUNDED, "Asked of nobody", 13, amounts[UNFUNDED]))
    return found
