"""The sheets Lines and Adjustments: every movement of this claim, child by child."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from impactbond.money import CURRENCIES
from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.checks import is_out_of_order, line_difference
from impactbond.statements.limit_terms import limit_words
from impactbond.statements.source import BY_VERSION
from impactbond.statements.statement import RESULT, Account, Statement, StatementLine
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Formula,
    Sheets,
    SheetTable,
    fitting,
)
from impactbond.statements.workbook.limited import LimitColumns, on_the_funder, on_the_whole
from impactbond.statements.workbook.live import (
    Cuts,
    rate_and_share,
    rate_of,
    result_rows,
    stated_columns,
)

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
    money = AmountCells(statement.currency)
    printed, working = _whole_columns(sheets) if statement.is_whole else _own_columns(sheets)
    listed = [statement.listed_pence(line) for line in lines]
    whole = statement.is_whole
    listed_key = "entitled" if whole else "amount"
    return SheetTable(
        sheet="Lines",
        title=f"Lines of claim {statement.about.claim_period}",
        holds="Every movement of this claim: participant, milestone, why, and what it comes to",
        intro=(*(_INTRO_WHOLE if whole else _INTRO_OWN), f"{value} {_WORKING}"),
        columns=(*_identity_columns(statement), *printed, *working, *_order_columns(statement)),
        if_empty="No lines in this claim: nothing has moved since the last one.",
        totals=(
            money.sum_of("Value", "value", [line.value_pence for line in lines]),
            money.sum_of("Withheld", "withheld", [line.withheld_pence for line in lines]),
            money.sum_of("Entitled" if whole else "Your amount", listed_key, listed),
        ),
        frozen=True,
        last_printed=printed[-1].key,
    )


_INTRO_WHOLE = (
    "Entitled is the value less what a limit withheld; the columns after it say who pays. "
    "Blank: no part in the line.",
)
_INTRO_OWN = (
    "Your amount is your share of the value less what was withheld, with what you took over or "
    "passed on.",
    "Your share is cut on the running total: the note on shares says by how little it can differ.",
)
_WORKING = "The columns at the right, which are not printed, show the working."
_AT_THE_PRICE = "Value is quantity × price, unless Why says that it is priced otherwise."
_AT_A_RATE = "Prices are in another currency: the Notes say how they become values."


def _at_most_one(lines: Sequence[StatementLine], members: set[str]) -> bool:
    return all(sum(share.funder in members for share in line.shares) <= 1 for line in lines)


def participants_column(lines: Sequence[StatementLine], narrowest: float) -> Column:
    """Whose each line is."""
    names = [line.participant for line in lines]
    return Column("participant", "Participant", "identifier", fitting(names, narrowest, 40), names)


def _identity_columns(statement: Statement) -> tuple[Column, ...]:
    lines = statement.lines
    titles, why = [line.milestone_title for line in lines], whys(statement)
    return (
        Column("line", "Line", "identifier", 15, [line.line for line in lines]),
        Column("kind", "Kind", "identifier", 13, [line.kind for line in lines]),
        participants_column(lines, 13),
        Column("milestone", "Milestone", "text", fitting(titles, 20, 28), titles),
        Column("period", "Achieved in", "identifier", 12, [line.period for line in lines]),
        Column("achieved on", "Achieved on", "date", 13, [line.achieved_on for line in lines]),
        Column("because", "Why", "text", fitting(why, 15, 34), why),
    )


def whys(statement: Statement) -> list[str]:
    """Why each line moves and, where its money is not quantity × price or not all of it is paid,
    why not: nobody should have to ask why a line is £0.00.
    """
    lines = statement.lines
    limits = {
        names: limit_words(names, statement.limits) for names in {one.withheld_by for one in lines}
    }
    return [_why(line, limits, whole=statement.is_whole) for line in lines]


def _why(line: StatementLine, limits: Mapping[str, str], *, whole: bool) -> str:
    told = [line.because, *_not_its_price(line)]
    if line.withheld_pence:
        word = "withheld" if line.withheld_pence > 0 else "no longer withheld"
        told.append(f"{word} by {limits[line.withheld_by]}" if line.withheld_by else word)
    moved = sum(share.moved_pence for share in line.shares)
    if not whole and moved:
        told.append("beyond your own limit" if moved < 0 else "taken over or released to you")
    return "; ".join(dict.fromkeys(told))


def _not_its_price(line: StatementLine) -> Iterator[str]:
    """Why the value of a line is not quantity × price, or nothing."""
    if not line.is_quantity_times_price:
        yield "as measured" if line.kind == RESULT else "priced by the terms of its price"
    elif not line.value_pence and line.quantity:
        yield "no price"


@dataclass(frozen=True, slots=True)
class _Amount:
    """An amount of every line: as it is read, and as it is worked out where that is apart."""

    printed: tuple[Column, ...]
    working: tuple[Column, ...]

    @classmethod
    def of(
        cls,
        money: AmountCells,
        key: str,
        text: str,
        width: float,
        pence: Sequence[int | None],
        formula: Formula = None,
    ) -> _Amount:
        minor = money.in_minor(key, text, width, pence, formula)
        units = money.in_units(key, text, width, pence)
        return cls(units, (minor,)) if units else cls((minor,), ())


def _price_columns(sheets: Sheets) -> _Amount:
    """The price in a column for every currency that a price is in."""
    statement = sheets.statement
    lines, amounts, rates = statement.lines, AmountCells(statement.currency), rate_of(statement)

    def price(table: SheetTable, index: int) -> str:
        rate = rates[index]
        return "" if rate is None else sheets["Rates and limits"].cell("pence", rate)

    others = sorted({line.priced_in for line in lines} - {""})
    if not others:
        return _Amount.of(amounts, "price", "Price", 12, [one.price_pence for one in lines], price)
    # A column that mixed currencies would be summed by somebody: each currency has its own, that of
    # payments only where a price is in it. Only a milestone priced otherwise by each version has
    # none to name, and the heading says where to look.
    printed: list[Column] = []
    working: list[Column] = []
    for code in ("", *others):
        prices = [line.price_pence if line.priced_in == code else None for line in lines]
        if code == BY_VERSION:
            heading = "Price (minor units; the version says the currency)"
            printed.append(Column(f"price {code}", heading, "pence", 14, prices))
        elif code and any(one is not None for one in prices):
            found = AmountCells(CURRENCIES[code])
            values = [found.value(one) for one in prices]
            heading = found.heading("Price")
            printed.append(Column(f"units {code}", heading, found.kind, 13, values))
            heading = found.heading_by_code("Price")
            if found.is_doubled:
                working.append(Column(f"price {code}", heading, "pence", 14, prices))
        elif any(one is not None for one in prices):
            own = _Amount.of(amounts, "price", "Price", 12, prices, price)
            printed += own.printed
            working += own.working
    return _Amount(tuple(printed), tuple(working))


def _value_columns(sheets: Sheets) -> _Amount:
    """The value of every line: quantity × price, or what a result came to, where it is that."""
    statement = sheets.statement
    lines, results = statement.lines, result_rows(statement)

    def value(table: SheetTable, index: int) -> str:
        if index in results:
            return sheets["Results"].cell("n", results[index])
        return "[quantity]*[price]" if lines[index].is_quantity_times_price else ""

    money = AmountCells(statement.currency)
    return _Amount.of(money, "value", "Value", 13, [line.value_pence for line in lines], value)


def _withheld_columns(
    money: AmountCells, lines: Sequence[StatementLine], limits: LimitColumns
) -> _Amount:
    """What is withheld of every line: by the limits that are followed, and otherwise."""
    pence = [line.withheld_pence for line in lines]
    return _Amount.of(
        money, "withheld", "Withheld", 13, pence, lambda table, index: limits.held(index)
    )


def _limits_column(lines: Sequence[StatementLine]) -> Column:
    limits = [line.withheld_by or "none" for line in lines]
    return Column("limits", "Limits that withhold", "text", fitting(limits, 14, 30), limits)


def _order_columns(statement: Statement) -> tuple[Column, ...]:
    lines, codes = statement.lines, {row.milestone: row.code for row in statement.by_milestone}
    milestones = [codes[line.milestone] for line in lines]
    # SUM of one cell is 0 where the cell above is the header.
    formula = "IF(SUM([number^])<[number],0,1)"
    return (
        Column("milestone code", "Milestone No.", "identifier", 10, milestones),
        Column("number", "Line number", "count", 10, [line.number for line in lines]),
        Column("order", "Out of order (must be 0)", "count", 12, is_out_of_order(lines), formula),
    )


def _own_columns(sheets: Sheets) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """What is printed of a funder's lines, and the working behind it."""
    statement = sheets.statement
    lines, money = statement.lines, AmountCells(statement.currency)
    shares, cuts = [line.shares[0] for line in lines], Cuts(sheets)
    whole_lines = [line.payable_pence for line in lines]
    price, value = _price_columns(sheets), _value_columns(sheets)
    limits = on_the_whole(sheets)
    withheld = _withheld_columns(money, lines, limits)
    amount = _Amount.of(
        money, "amount", "Your amount", 14, [one.amount_pence for one in shares], _YOUR_AMOUNT
    )
    own_value, own_payable = (
        [one.value_pence for one in shares],
        [one.payable_pence for one in shares],
    )
    held = [one.withheld_pence for one in shares]
    moved = [one.moved_pence for one in shares]
    own_limits = on_the_funder(sheets)

    def passed_on(table: SheetTable, index: int) -> str:
        beyond = own_limits.held(index)
        return f"-({beyond})" if beyond else ""

    printed = (
        Column("quantity", "Quantity", "count", 10, [line.quantity for line in lines]),
        *(*price.printed, *value.printed, *withheld.printed),
        Column("share", "Your share", "identifier", 11, cuts.written()),
        *amount.printed,
    )
    working = (
        *(*price.working, *value.working, *limits.columns(), *withheld.working),
        money.in_minor("entitled", "Whole line", 12, whole_lines, "[value]-[withheld]"),
        *rate_and_share(cuts),
        *cuts.running("value", "Values under the rule"),
        *cuts.running("entitled", "Let through under the rule"),
        money.in_minor("own value", "Your value", 13, own_value, cuts.own("value")),
        money.in_minor(
            "own payable", "Your value let through", 13, own_payable, cuts.own("entitled")
        ),
        money.in_minor("own withheld", "Your withheld", 13, held, "[own value]-[own payable]"),
        *own_limits.columns(),
        money.in_minor("moved", "Taken over or passed on", 15, moved, passed_on),
        *amount.working,
        _limits_column(lines),
        *stated_columns(statement),
    )
    return printed, working


_YOUR_AMOUNT = "[own payable]+[moved]"


def _whole_columns(sheets: Sheets) -> tuple[tuple[Column, ...], tuple[Column, ...]]:
    """What is printed of the lines of all funders, and the working behind it."""
    statement = sheets.statement
    lines, money, cuts = statement.lines, AmountCells(statement.currency), Cuts(sheets)
    entitled = [line.payable_pence for line in lines]
    differences = [line_difference(line) for line in lines]
    price, value = _price_columns(sheets), _value_columns(sheets)
    limits = on_the_whole(sheets)
    withheld = _withheld_columns(money, lines, limits)
    through = _Amount.of(money, "entitled", "Entitled", 13, entitled, "[value]-[withheld]")
    payers = _payer_columns(statement, cuts)
    off = f"SUM([{payers[0].key}]:[{payers[-1].key}])-[entitled]"
    printed = (
        Column("quantity", "Quantity", "count", 10, [line.quantity for line in lines]),
        *(*price.printed, *value.printed, *withheld.printed, *through.printed),
        *payers,
    )
    working = (
        *(*price.working, *value.working, *limits.columns(), *withheld.working, *through.working),
        *rate_and_share(cuts),
        *cuts.running("entitled", "Let through under the rule"),
        _limits_column(lines),
        *stated_columns(statement),
        Column("difference", "Shares less entitled (must be 0)", "pence", 13, differences, off),
    )
    return printed, working


def _payer_columns(statement: Statement, cuts: Cuts) -> list[Column]:
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
        members = {member.funder for member in column.members}
        found.append(money.in_minor(key, label, 14, amounts[key], cuts.of_payer(members)))
    if UNFUNDED in amounts:
        found.append(money.in_minor(UNFUNDED, "Asked of nobody", 13, amounts[UNFUNDED]))
    return found
