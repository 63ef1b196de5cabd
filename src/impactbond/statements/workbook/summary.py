"""The sheets Summary and To date: from opening to closing, and where every funder stands.

Both are grids: a row for every funder and one for all, or for one funder a row for each figure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from impactbond.statements.source import is_for
from impactbond.statements.statement import (
    ADJUSTMENT,
    CLAIM,
    EARLIER_CLAIM,
    KINDS,
    RESULT,
    THIS_CLAIM,
    Account,
    Statement,
)
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Formula,
    Sheets,
    SheetTable,
    fitting,
    on_sheet,
)
from impactbond.statements.workbook.lines import funder_columns

_FIGURE = re.compile(r"\[([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an account, in pence: `key` is its name there without `_pence`.

    In a formula `[opening]` is that figure of the same funder; a formula that differs from funder
    to funder is a function of the funder's position. Without one, the settlement or the contract
    states the figure.
    """

    key: str
    header: str
    meaning: str
    formula: str | Callable[[int], str] = ""
    is_summed: bool = True
    is_total: bool = False

    def value(self, account: Account) -> int | None:
        """The figure of one account; None where it has none."""
        pence: int | None = getattr(account, f"{self.key}_pence")
        return pence

    def formula_in(self, grid: SheetTable, index: int) -> str:
        """The formula for one funder in a grid."""
        formula = self.formula if isinstance(self.formula, str) else self.formula(index)
        return _FIGURE.sub(lambda found: on_sheet(grid.cell(found[1], index)), formula)


@dataclass(frozen=True)  # with slots a method could not call the one that it stands for
class Grid(SheetTable):
    """The figures of a statement's funders: those of several in a row each, the total last; those
    of one below each other, the keys in `below`.
    """

    below: tuple[str, ...] = ()

    def cell(self, key: str, index: int) -> str:
        """The address of one figure of one funder, in pence."""
        if not self.below:
            return super().cell(key, index)
        return super().cell("pence", self.below.index(key))

    def span(self, key: str) -> str:
        """The address of one figure of every funder, the total apart, in pence."""
        last = max(self.height - 2, 0)
        return f"{self.cell(key, 0)}:{on_sheet(self.cell(key, last))}"


_INTRO = "Opening, with the movements of this claim, makes closing."


def summary_table(sheets: Sheets) -> Grid:
    """The sheet Summary: opening, movements and closing of every funder."""
    statement, schedule = sheets.statement, sheets["Schedule"]
    figures = (*_movements(statement, sheets["Lines"], schedule), *_outcome(statement, schedule))
    return _grid(
        statement,
        figures,
        sheet="Summary",
        title=f"Summary of claim {statement.about.claim_period}",
        holds="From opening through the movements of this claim to closing",
        intro=" ".join([_INTRO, *filter(None, [statement.opening])]),
    )


def to_date_table(sheets: Sheets) -> Grid:
    """The sheet To date: how closing comes about, and what the funders' limits leave."""
    return _grid(
        sheets.statement,
        (*_positions(sheets["Summary"]), *_limits(sheets)),
        sheet="To date",
        title=f"Position to date at claim {sheets.statement.about.claim_period}",
        holds="How closing comes about, and what the limits of funders leave",
        intro="All that was ever asked for, this claim included.",
    )


def _grid(
    statement: Statement,
    figures: tuple[Figure, ...],
    *,
    sheet: str,
    title: str,
    holds: str,
    intro: str,
) -> Grid:
    amounts, whole = AmountCells(statement.currency), statement.is_whole
    aside = (
        f" The same amounts in {statement.currency.minor} stand to the right and are not printed."
    )
    totals = [index for index, figure in enumerate(figures) if figure.is_total]
    return Grid(
        sheet=sheet,
        title=title,
        holds=holds,
        intro=(intro + aside if whole and amounts.is_doubled else intro,),
        columns=(_of_all if whole else _of_one)(statement.accounts, figures, amounts),
        last_printed=amounts.shown(figures[-1].key) if whole else "",
        strong=frozenset([len(statement.accounts)] if whole else totals),
        below=() if whole else tuple(figure.key for figure in figures),
    )


def _of_all(
    accounts: tuple[Account, ...], figures: tuple[Figure, ...], amounts: AmountCells
) -> tuple[Column, ...]:
    names = [*(account.name for account in accounts), "All funders"]
    codes = [*(account.code for account in accounts), "Total"]
    in_units: list[Column] = []
    in_minor: list[Column] = []
    for figure in figures:
        pence = [figure.value(account) for account in accounts]
        pence.append(sum(one or 0 for one in pence) if figure.is_summed else None)
        formula = _down(figure, len(accounts))
        in_units += amounts.in_units(figure.key, figure.header, 14, pence)
        in_minor.append(amounts.in_minor(figure.key, figure.header, 14, pence, formula))
    return (
        Column("code", "No.", "identifier", 7, codes),
        Column("funder", "Funder", "text", fitting(names, 24, 40), names),
        *in_units,
        *in_minor,
    )


def _down(figure: Figure, funders: int) -> Formula:
    """The formula of each funder's row and, below them, of the row of all."""

    def formula(grid: SheetTable, index: int) -> str:
        if index == funders:
            return f"SUM({on_sheet(grid.span(figure.key))})"
        return figure.formula_in(grid, index)

    return formula


def _of_one(
    accounts: tuple[Account, ...], figures: tuple[Figure, ...], amounts: AmountCells
) -> tuple[Column, ...]:
    pence = [figure.value(accounts[0]) for figure in figures]
    return (
        Column("measure", "Figure", "text", 34, [figure.header for figure in figures]),
        *amounts.both(
            "pence", "Amount", 18, pence, lambda grid, row: figures[row].formula_in(grid, 0)
        ),
        Column("meaning", "What it is", "text", 84, [figure.meaning for figure in figures]),
    )


def _movements(statement: Statement, lines: SheetTable, schedule: SheetTable) -> tuple[Figure, ...]:
    now = ("standing", THIS_CLAIM)
    before = _scheduled(statement, schedule, ("standing", EARLIER_CLAIM))
    up_front = _scheduled(statement, schedule, now, ("kind", KINDS["up-front"]))
    recovered = _scheduled(statement, schedule, now, ("kind", KINDS["recovered"]))
    claims, adjusts = _earned(statement, lines, CLAIM), _earned(statement, lines, ADJUSTMENT)
    earlier = "Lines of this claim that concern periods claimed before"
    taken_off = "Up-front money that milestones have since earned, taken off"
    results = Figure(
        "results",
        "Results",
        "Results of groups, as measured at this claim",
        _earned(statement, lines, RESULT),
    )
    if any(row.kind == KINDS["returned"] for row in statement.schedule):
        recovered += f"+{_scheduled(statement, schedule, now, ('kind', KINDS['returned']))}"
        taken_off += ", and what was left at the end and goes back"
    return (
        Figure("opening", "Opening", "Due at all earlier claims together", before),
        Figure("milestones", "Milestones", "Lines of this claim", claims),
        *((results,) if statement.results is not None else ()),
        Figure("adjustments", "Adjustments", earlier, adjusts),
        Figure("up_front", "Up-front", "Up-front money that falls in this claim", up_front),
        Figure("recovered", "Recovered", taken_off, recovered),
    )


def _outcome(statement: Statement, schedule: SheetTable) -> tuple[Figure, ...]:
    has_results = statement.results is not None
    moves = f"[milestones]{'+[results]' * has_results}+[adjustments]+[up_front]+[recovered]"
    of_results = ", results" * has_results
    together = f"Milestones{of_results}, adjustments, up-front and recovered together"
    all_claims = "Due at all claims together, this one included, from the Schedule"
    off = "Opening and what is due now, less closing: must be 0"
    every_payment = _scheduled(statement, schedule)
    return (
        Figure("due", "Due now", together, moves, is_total=True),
        Figure("closing", "Closing", all_claims, every_payment, is_total=True),
        Figure("difference", "Difference", off, "[opening]+[due]-[closing]"),
    )


def _positions(summary: SheetTable) -> tuple[Figure, ...]:
    moved = "Taken over from others beyond their limits, or with a minus sign passed on to others"
    kept_back = "Kept back by limits on the contract or on a milestone"
    unearned = "Up-front money not yet earned by milestones"
    in_all = "Value and what was taken over, less withheld, with up-front less recovered"
    payable = "[value]+[moved]-[withheld]+[on_account]"
    all_claims = "Due at all claims together, from the Summary"
    off = "Payable to date less closing: must be 0"
    return (
        Figure("value", "Value", "Share of all that was achieved to date"),
        Figure("moved", "Taken over or passed on", moved),
        Figure("withheld", "Withheld", kept_back),
        Figure("on_account", "Up-front less recovered", unearned),
        Figure("payable", "Payable to date", in_all, payable, is_total=True),
        Figure("closing", "Closing", all_claims, lambda index: summary.cell("closing", index)),
        Figure("to_date_difference", "Difference", off, "[payable]-[closing]"),
    )


_MOST = "The most that milestones may cost this funder to date; blank: no such limit"
_LEFT = "What the limit leaves, up-front money apart"
_ROOM = "[limit]-[value]-[moved]+[withheld]"


def _limits(sheets: Sheets) -> tuple[Figure, ...]:
    """The lowest of the amounts in Rates and limits that a funder pays at most to date."""
    statement, terms = sheets.statement, sheets["Rates and limits"]
    first = len(statement.rates)

    def lowest(index: int) -> str:
        funder = statement.accounts[index].funder
        cells = [
            terms.cell("pence", first + place)
            for place, term in enumerate(statement.limits)
            if term.at_most_pence is not None and term.funder and is_for(term.funder, funder)
        ]
        return f"MIN({','.join(cells)})"

    return (
        Figure("limit", "Limit", _MOST, lowest, is_summed=False),
        Figure("headroom", "Headroom", _LEFT, _ROOM, is_summed=False, is_total=True),
    )


def _scheduled(statement: Statement, schedule: SheetTable, *tests: tuple[str, str]) -> str:
    """What the Schedule holds for a funder, where its columns say what the tests say."""
    conditions = [f'{schedule.span(key)},"{value}"' for key, value in tests]
    if statement.is_whole:
        conditions.append(f"{schedule.span('code')},[code]")
    amounts = schedule.span("pence")
    return f"SUMIFS({amounts},{','.join(conditions)})" if conditions else f"SUM({amounts})"


def _earned(statement: Statement, lines: SheetTable, kind: str) -> Callable[[int], str]:
    """What the Lines of one kind hold for a funder."""
    of_kind = f'{lines.span("kind")},"{kind}"'
    if not statement.is_whole:
        return lambda index: f"SUMIFS({lines.span('amount')},{of_kind})"
    columns = {
        member.code: column for column in funder_columns(statement) for member in column.members
    }

    def formula(index: int) -> str:
        column = columns[statement.accounts[index].code]
        whose = f",{lines.span(f'{column.key} code')},[code]" if column.is_group else ""
        return f"SUMIFS({lines.span(column.key)},{of_kind}{whose})"

    return formula
