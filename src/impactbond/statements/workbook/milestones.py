"""The sheets By milestone and Adjustments: how many, at what price, to date; and what changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from impactbond.settlement.funding import UNFUNDED
from impactbond.statements.line_totals import Adjusted, MilestoneTotals
from impactbond.statements.statement import Statement, StatementLine
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Formula,
    Sheets,
    SheetTable,
    fitting,
)
from impactbond.statements.workbook.lines import participants_column


def milestones_table(sheets: Sheets) -> SheetTable:
    """One row for every milestone, result and fee that a line was ever for."""
    statement = sheets.statement
    rows, money = statement.by_milestone, AmountCells(statement.currency)
    whose = _PAYABLE if statement.is_whole else _YOURS
    now = [row.paid_pence for row in rows]
    to_date = [row.paid_before_pence + row.paid_pence for row in rows]
    return SheetTable(
        sheet="By milestone",
        title=f"Milestones of claim {statement.about.claim_period}",
        holds="How many of each milestone, at what price, what they come to, now and to date",
        intro=(
            "Claimed and taken back count the lines of this claim; net is both together.",
            "Maximum is what a limit lets a milestone cost all funders together.",
            *((_PLANNED,) if any(row.planned_pence is not None for row in rows) else ()),
        ),
        columns=(*_counted(sheets), *_paid(sheets, whose)),
        if_empty="No milestone was claimed yet.",
        totals=(
            money.sum_of(f"{whose}, this claim", "paid", now),
            money.sum_of(f"{whose}, to date", "to date", to_date),
        ),
        last_printed=money.shown("most"),
    )


# Key, heading, amounts and formula of a column.
_Amounts = tuple[str, str, Sequence[int | None], Formula]
_PLANNED = "Planned to date is what the latest plan says of the periods that are over."
_PAYABLE, _YOURS = "Payable", "Your amount"


def _counted(sheets: Sheets) -> tuple[Column, ...]:
    """Which milestone, at which price, and how many of it."""
    rows, lines = sheets.statement.by_milestone, sheets["Lines"]
    quantity, mine = lines.span("quantity"), f"{lines.span('milestone code')},[code]"
    counted = f'SUMIFS({quantity},{mine},{quantity},"{{}}0")'
    titles, prices = [row.title for row in rows], [row.price for row in rows]
    net = [row.claimed + row.taken_back for row in rows]
    number = [row.number_before + one for row, one in zip(rows, net, strict=True)]
    back = [row.taken_back for row in rows]
    return (
        Column("code", "No.", "identifier", 7, [row.code for row in rows]),
        Column("milestone", "Milestone", "text", fitting(titles, 20, 34), titles),
        Column("price", "Price", "text", fitting(prices, 10, 20), prices),
        *_own_shares(sheets.statement),
        Column(
            "claimed", "Claimed", "count", 10, [row.claimed for row in rows], counted.format(">")
        ),
        Column("back", "Taken back", "count", 10, back, counted.format("<")),
        Column("net", "Net", "count", 8, net, "[claimed]+[back]"),
        Column("number", "Number to date", "count", 10, number, "[number before]+[net]"),
    )


def _own_shares(statement: Statement) -> tuple[Column, ...]:
    """Which share of each milestone the one funder of a statement pays, as the contract writes it:
    a claim form asks it beside number and price.
    """
    if statement.is_whole:
        return ()
    written = [
        "; ".join(
            dict.fromkeys(
                term.written for term in statement.share_rules if row.milestone in term.milestones
            )
        )
        for row in statement.by_milestone
    ]
    told = [one or "none" for one in written]
    return (Column("share", "Your share", "text", fitting(told, 9, 16), told),)


def _paid(sheets: Sheets, whose: str) -> tuple[Column, ...]:
    """What each milestone comes to, now and to date, and the most that it may cost."""
    statement, lines = sheets.statement, sheets["Lines"]
    rows, money = statement.by_milestone, AmountCells(statement.currency)

    def summed(key: str) -> str:
        return f"SUMIFS({lines.span(key)},{lines.span('milestone code')},[code])"

    paid = summed("entitled" if statement.is_whole else "amount")
    # What no funder pays is entitled all the same, and asked of nobody.
    if statement.is_whole and any(column.key == UNFUNDED for column in lines.columns):
        paid += f"-{summed(UNFUNDED)}"
    before = [row.paid_before_pence for row in rows]
    to_date = [row.paid_before_pence + row.paid_pence for row in rows]
    held = [row.withheld_pence for row in rows]
    amounts: tuple[_Amounts, ...] = (
        ("value", "Value", [row.value_pence for row in rows], summed("value")),
        ("withheld", "Withheld", held, summed("withheld")),
        ("paid", whose, [row.paid_pence for row in rows], paid),
        ("to date", f"{whose} to date", to_date, "[paid before]+[paid]"),
        *_planned(rows),
        ("most", "Maximum", [row.most_pence for row in rows], _maximum(sheets)),
    )
    first = [row.number_before for row in rows]
    return (
        *(one for told in amounts for one in money.in_units(*told[:2], 14, told[2])),
        *(money.in_minor(*told[:2], 14, *told[2:]) for told in amounts),
        # Last, so that in a currency without decimals too they are not printed.
        Column("number before", "Number before this claim", "count", 12, first),
        money.in_minor("paid before", f"{whose} before this claim", 14, before),
    )


def _planned(rows: Sequence[MilestoneTotals]) -> tuple[_Amounts, ...]:
    """What the latest plan says of each milestone; nothing where there is none."""
    pence = [row.planned_pence for row in rows]
    if all(one is None for one in pence):
        return ()
    return (("planned", "Planned to date", pence, None),)


def _maximum(sheets: Sheets) -> Formula:
    """What a limit in Rates and limits lets each milestone cost in all."""
    statement, terms = sheets.statement, sheets["Rates and limits"]
    first = len(statement.rates)
    places = {term.milestone: first + at for at, term in enumerate(statement.limits)}

    def formula(table: SheetTable, index: int) -> str:
        place = places.get(statement.by_milestone[index].milestone)
        return "" if place is None else terms.cell("pence", place)

    return formula


def adjustments_table(sheets: Sheets) -> SheetTable:
    """The lines that concern periods already claimed: what was paid, what is, and what changed."""
    statement, lines = sheets.statement, sheets["Lines"]
    rows = [lines.row(index) for index, _ in statement.adjustments]
    found, of = [line for _, line in statement.adjustments], statement.adjusted
    shown = lines.letter("entitled" if statement.is_whole else "amount")
    pence = [statement.listed_pence(line) for line in found]
    was = [one.was_pence for one in of]
    now = [one.now_pence for one in of]
    amounts = AmountCells(statement.currency)
    moves = amounts.in_minor(
        "pence", "Amount", 14, pence, lambda table, index: f"Lines!{shown}{rows[index]}"
    )
    return SheetTable(
        sheet="Adjustments",
        title="Adjustments of earlier periods",
        holds="The lines that concern periods claimed before: what was, what is, what changed",
        intro=(
            "Earlier claims stay as they were; what has changed since is settled in this claim.",
            "Was is what earlier claims, and lines above, paid for the same milestone of the same "
            "participant; now is that with this line.",
        ),
        columns=(
            *_adjusted_columns(found, of),
            *amounts.in_units("was", "Was", 12, was),
            *amounts.in_units("pence", "Amount", 14, pence),
            *amounts.in_units("now", "Now", 12, now),
            amounts.in_minor("was", "Was", 12, was),
            moves,
            amounts.in_minor("now", "Now", 12, now, "[was]+[pence]"),
        ),
        if_empty="No adjustments in this claim.",
        totals=(amounts.sum_of("All adjustments", "pence", pence),),
        last_printed=amounts.shown("now"),
    )


def _adjusted_columns(lines: Sequence[StatementLine], of: Sequence[Adjusted]) -> Iterator[Column]:
    """Which line adjusts which, of whom and what, and why."""
    never, titles = "not claimed before", [line.milestone_title for line in lines]
    yield Column("line", "Line", "identifier", 15, [line.line for line in lines])
    yield Column("of", "Adjusts line", "identifier", 15, [one.line or never for one in of])
    statements = [one.statement or never for one in of]
    yield Column("statement", "Of statement", "text", 28, statements)
    yield participants_column(lines, 13)
    yield Column("milestone", "Milestone", "text", fitting(titles, 18, 26), titles)
    periods = [line.period for line in lines]
    yield Column("period", "Period concerned", "identifier", 12, periods)
    yield Column("because", "Why", "identifier", 15, [line.because for line in lines])
    yield Column("cause", "What changed", "text", 34, [one.cause for one in of])
