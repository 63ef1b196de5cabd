"""The sheet By school, and its like: how many each group's people achieved, and who pays for it."""

from __future__ import annotations

from collections.abc import Callable

from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.groups import NO_GROUP
from impactbond.statements.line_totals import Grouped
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Formula,
    Sheets,
    SheetTable,
    fitting,
)
from impactbond.statements.workbook.lines import funder_columns

_OTHERS = (
    "A funder's own statement has no such figures, unless the contract lets it see them: the few "
)
_OTHERS += "of one group could tell who goes where."


def group_makers(groups: tuple[Grouped, ...]) -> dict[str, Callable[[Sheets], SheetTable | None]]:
    """What makes the sheet of each name that stands for several groups."""

    def maker(place: int) -> Callable[[Sheets], SheetTable | None]:
        return lambda sheets: _groups_table(sheets, place)

    return {one.sheet: maker(place) for place, one in enumerate(groups)}


def _groups_table(sheets: Sheets, place: int) -> SheetTable | None:
    """One row for every group; None where the lines do not say which group each is of."""
    statement = sheets.statement
    of = statement.by_group[place]
    if not statement.is_whole:
        return _seen_table(statement, of)
    money, rows = AmountCells(statement.currency), of.rows
    to_date = [one.paid_before_pence + one.paid_pence for one in rows]
    names = [one.name for one in rows]
    return SheetTable(
        sheet=of.sheet,
        title=f"Each {of.name} in claim {statement.about.claim_period}",
        holds=f"What was achieved by the people of each {of.name}, and what is paid for it",
        intro=(
            f"Payable is what all funders pay; the last columns say what the {of.name} pays of it.",
            _OTHERS,
        ),
        columns=(
            Column("code", "No.", "identifier", 7, [one.code for one in rows]),
            Column("name", f"Each {of.name}", "text", fitting(names, 20, 34), names),
            *_counted(sheets, of),
            *_paid(sheets, of),
        ),
        totals=(
            money.sum_of("Payable, this claim", "paid", [one.paid_pence for one in rows]),
            money.sum_of("Payable, to date", "to date", to_date),
        ),
        last_printed=money.shown("own to date"),
    )


def _seen_table(statement: Statement, of: Grouped) -> SheetTable:
    """What a funder pays for the people of each group: stated, because no line says whose it is."""
    money, rows = AmountCells(statement.currency), of.rows
    names = [one.name for one in rows]
    # To date is a formula of two cells of the row, never of the lines: those would tell whose
    # claim each is, which is what this funder may not see.
    number = [one.number_before + one.claimed for one in rows]
    to_date = [one.paid_before_pence + one.paid_pence for one in rows]
    amounts: tuple[tuple[str, str, list[int], Formula], ...] = (
        ("paid", "Your amount", [one.paid_pence for one in rows], None),
        ("to date", "Your amount to date", to_date, "[paid before]+[paid]"),
    )
    before = [one.number_before for one in rows]
    paid_before = [one.paid_before_pence for one in rows]
    return SheetTable(
        sheet=of.sheet,
        title=f"Each {of.name} in claim {statement.about.claim_period}",
        holds=f"What you pay for the people of each {of.name}, as the contract lets you see",
        intro=(
            "Stated by the settlement: no line says whose it is. Net is claimed less taken back.",
            "Those of whom too few were ever claimed for at once stand together from then on.",
        ),
        columns=(
            Column("code", "No.", "identifier", 9, [one.code for one in rows]),
            Column("name", f"Each {of.name}", "text", fitting(names, 24, 44), names),
            Column("net", "Net", "count", 10, [one.claimed for one in rows]),
            Column("number", "Number to date", "count", 12, number, "[number before]+[net]"),
            *(one for told in amounts for one in money.in_units(told[0], told[1], 18, told[2])),
            *(money.in_minor(told[0], told[1], 18, *told[2:]) for told in amounts),
            Column("number before", "Number before this claim", "count", 12, before),
            money.in_minor("paid before", "Your amount before this claim", 18, paid_before),
        ),
        totals=(
            money.sum_of("Your amount, this claim", "paid", [one.paid_pence for one in rows]),
            money.sum_of("Your amount, to date", "to date", to_date),
        ),
        last_printed=money.shown("to date"),
    )


_Rows = Callable[[SheetTable, int], str]


def _of_lines(sheets: Sheets, of: Grouped) -> Callable[..., _Rows]:
    """What gives the sum of a column over the lines of a row's group, under one more condition."""
    statement, lines, mine = sheets.statement, sheets["Lines"], f"{of.name}: "
    key = next(
        one.key
        for one in funder_columns(statement)
        if one.is_group and one.members[0].funder.startswith(mine)
    )
    codes = lines.span(f"{key} code")
    # Of no group are the lines whose number is blank; a column that is blank says so in a word.
    payers = (share.funder for line in statement.lines for share in line.shares)
    is_blank = any(payer.startswith(mine) for payer in payers)

    def summed(column: str, more: str = "") -> _Rows:
        cells = lines.span(key if column == "own" else column)

        def formula(table: SheetTable, index: int) -> str:
            of_none = is_blank and of.rows[index].code == NO_GROUP
            whose = '"="' if of_none else "[code]"
            return f"SUMIFS({cells},{codes},{whose}{more.format(cells)})"

        return formula

    return summed


def _counted(sheets: Sheets, of: Grouped) -> tuple[Column, ...]:
    """How many milestones were claimed and taken back for each group."""
    rows, summed = of.rows, _of_lines(sheets, of)
    net = [one.claimed + one.taken_back for one in rows]
    number = [one.number_before + now for one, now in zip(rows, net, strict=True)]
    claimed, back = summed("quantity", ',{},">0"'), summed("quantity", ',{},"<0"')
    return (
        Column("claimed", "Claimed", "count", 10, [one.claimed for one in rows], claimed),
        Column("back", "Taken back", "count", 10, [one.taken_back for one in rows], back),
        Column("net", "Net", "count", 8, net, "[claimed]+[back]"),
        Column("number", "Number to date", "count", 10, number, "[number before]+[net]"),
    )


def _paid(sheets: Sheets, of: Grouped) -> tuple[Column, ...]:
    """What each group comes to, and what it pays itself, now and to date."""
    statement, rows, lines = sheets.statement, of.rows, sheets["Lines"]
    money, summed = AmountCells(statement.currency), _of_lines(sheets, of)
    terms = [summed("entitled")]
    # What no funder pays is entitled all the same, and asked of nobody.
    if any(column.key == UNFUNDED for column in lines.columns):
        terms.append(summed(UNFUNDED))

    def paid(table: SheetTable, index: int) -> str:
        return "-".join(term(table, index) for term in terms)

    pays = f"{of.name.capitalize()} pays"
    own = [one.own_pence for one in rows]
    own_to_date = [one.own_before_pence + one.own_pence for one in rows]
    to_date = [one.paid_before_pence + one.paid_pence for one in rows]
    amounts: tuple[tuple[str, str, list[int], Formula], ...] = (
        ("value", "Value", [one.value_pence for one in rows], summed("value")),
        ("withheld", "Withheld", [one.withheld_pence for one in rows], summed("withheld")),
        ("paid", "Payable", [one.paid_pence for one in rows], paid),
        ("to date", "Payable to date", to_date, "[paid before]+[paid]"),
        ("own", pays, own, summed("own")),
        ("own to date", f"{pays} to date", own_to_date, "[own before]+[own]"),
    )
    before = [one.number_before for one in rows]
    paid_before = [one.paid_before_pence for one in rows]
    own_before = [one.own_before_pence for one in rows]
    return (
        *(one for told in amounts for one in money.in_units(told[0], told[1], 14, told[2])),
        *(money.in_minor(told[0], told[1], 14, *told[2:]) for told in amounts),
        Column("number before", "Number before this claim", "count", 12, before),
        money.in_minor("paid before", "Payable before this claim", 14, paid_before),
        money.in_minor("own before", f"{pays} before this claim", 14, own_before),
    )
