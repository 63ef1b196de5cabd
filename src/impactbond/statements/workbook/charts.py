"""The sheet Charts: what was payable by each claim, beside the limit; what is due, by milestone.

The table is what the first chart draws; the second draws the sheet By milestone. Both are drawn by
the spreadsheet itself from cells with formulas, so whoever changes an input sees it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from impactbond.money import show
from impactbond.statements.checks import contract_limit
from impactbond.statements.statement import KINDS, Statement
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Drawn,
    SheetChart,
    Sheets,
    SheetTable,
)

_FOR_MILESTONES = [KINDS[kind] for kind in ("milestones", "results", "adjustments")]
_ROW, _LEAST = 30, 330  # pixels of a lying bar, and of a chart at least


@dataclass(frozen=True, slots=True)
class ClaimTotals:
    """What one claim asked for: for milestones, results and adjustments, and in all."""

    claim_period: str
    claim_date: date
    earned_pence: int = 0
    asked_pence: int = 0


def claims_of(statement: Statement) -> list[ClaimTotals]:
    """The totals of every claim in the Schedule, this one included, in the order of the dates."""
    about = statement.about
    first = ClaimTotals(about.claim_period, about.claim_date)
    found = {about.claim_period: first}
    for row in statement.schedule:
        of = found.get(row.claim_period) or ClaimTotals(row.claim_period, row.claim_date)
        earned = row.amount_pence if row.kind in _FOR_MILESTONES else 0
        found[row.claim_period] = replace(
            of,
            earned_pence=of.earned_pence + earned,
            asked_pence=of.asked_pence + row.amount_pence,
        )
    return sorted(found.values(), key=lambda one: one.claim_date)


def charts_table(sheets: Sheets) -> SheetTable | None:
    """One row for every claim, and the charts below; None where nothing was ever payable, because
    a chart of nothing shows an empty axis.
    """
    statement, schedule = sheets.statement, sheets["Schedule"]
    money, claims = AmountCells(statement.currency), claims_of(statement)
    if not any(one.earned_pence for one in claims):
        return None
    mine = f"{schedule.span('pence')},{schedule.span('period')},[claim]"
    kinds = (f'SUMIFS({mine},{schedule.span("kind")},"{kind}")' for kind in _FOR_MILESTONES)
    earned = [one.earned_pence for one in claims]
    asked = [one.asked_pence for one in claims]
    # What is drawn is formulas of the schedule: a chart of stated figures would go on showing them
    # when somebody corrects a cell.
    limit, cell = _limit(sheets)
    amounts = (
        ("earned", "Payable for milestones", earned, "+".join(kinds)),
        ("earned to date", "Payable to date", _running(earned), "SUM([earned to date^])+[earned]"),
        ("asked to date", "Asked for to date", _running(asked), "SUM([asked to date^])+[asked]"),
        ("limit", "Limit", [limit] * len(claims), cell),
    )
    table = SheetTable(
        sheet="Charts",
        title=f"Charts of claim {statement.about.claim_period}",
        holds="What was payable by every claim, beside the limit; what is due, by milestone",
        intro=(
            "The first chart draws this table, the second the sheet By milestone."
            if _is_due_by_milestone(statement)
            else "The chart draws this table. Nothing is due for a milestone at this claim.",
            "Payable is for milestones, results and adjustments; asked for is that with up-front "
            "money. The limit is that of this claim.",
        ),
        columns=(
            Column("claim", "Claim", "identifier", 14, [one.claim_period for one in claims]),
            Column("claim date", "Claim date", "date", 14, [one.claim_date for one in claims]),
            *(one for told in amounts for one in money.in_units(*told[:2], 24, told[2])),
            *(money.in_minor(*told[:2], 16, *told[2:]) for told in amounts),
            money.in_minor("asked", "Asked for", 14, asked, f"SUMIFS({mine})"),
        ),
        last_printed=money.shown("limit"),
    )
    return replace(table, charts=tuple(_charts(sheets, table, limit)))


def _is_due_by_milestone(statement: Statement) -> bool:
    return any(one.paid_pence for one in statement.by_milestone)


def _running(pence: list[int]) -> list[int]:
    return [sum(pence[: place + 1]) for place in range(len(pence))]


def _limit(sheets: Sheets) -> tuple[int | None, str | None]:
    """The most that may be payable to date, and the cell that says so; None where there is none."""
    statement = sheets.statement
    if not statement.is_whole:
        limit = statement.accounts[0].limit_pence
        return limit, None if limit is None else sheets["To date"].cell("limit", 0)
    term = contract_limit(statement.limits)
    if term is None:
        return None, None
    place = len(statement.rates) + statement.limits.index(term)
    return term.at_most_pence, sheets["Rates and limits"].cell("pence", place)


def _charts(sheets: Sheets, table: SheetTable, limit: int | None) -> list[SheetChart]:
    statement = sheets.statement
    money, currency = AmountCells(statement.currency), statement.currency
    along, code = table.span("claim"), statement.currency.code

    def drawn(key: str, *, is_line: bool = False) -> Drawn:
        key = money.shown(key)
        return Drawn(table.heading(key), along, table.span(key), is_line)

    to_date = show(sum(one.earned_pence for one in claims_of(statement)), code)
    beside = "" if limit is None else f", beside the limit of {show(limit, code)}"
    lines = () if limit is None else (drawn("limit", is_line=True),)
    found = [
        SheetChart(
            "Payable to date, by claim" + ("" if limit is None else ", and the limit"),
            f"Bars: what was payable to date at each claim, now {to_date}{beside}. The table above "
            "has the figures.",
            currency,
            _LEAST,
            (drawn("earned to date"), *lines),
        )
    ]
    if _is_due_by_milestone(statement):
        of = sheets["By milestone"]
        key = money.shown("paid")
        due = show(sum(one.paid_pence for one in statement.by_milestone), code)
        found.append(
            SheetChart(
                f"Due at claim {statement.about.claim_period}, by milestone",
                f"Bars: what this claim comes to for each milestone, {due} in all. The sheet By "
                "milestone has the figures.",
                currency,
                max(_LEAST, 100 + _ROW * of.height),
                (Drawn(of.heading(key), of.span("milestone"), of.span(key)),),
                lying=True,
            )
        )
    return found
