"""The sheets Summary and To date: from opening to closing, and where every funder stands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from impactbond.statements.rows import ADJUSTMENT, CLAIM, EARLIER_CLAIM, KINDS, THIS_CLAIM, Account
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import Column, Table, fitting, pounds
from impactbond.statements.workbook.lines import funder_columns



@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an account; without a formula it is stated by the settlement or by the contract."""

    key: str
    header: str
    meaning: str
    value: Callable[[Account], int | None]
    formula: Callable[[Grid, int], str] | None = None
    is_summed: bool = True


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a sheet of measures is called and says."""

    sheet: str
    name: str
    title: str
    holds: str
    intro: tuple[str, ...]


class Grid:
    """A sheet of measures: a row for every funder and one for all, or for one funder alone a row for every measure."""

    def __init__(self, statement: Statement, sheet: Sheet, measures: tuple[Measure, ...]) -> None:
        self.accounts = statement.accounts
        self.is_whole = statement.is_whole
        self.measures = measures
        columns = self._of_all() if statement.is_whole else self._of_one()
        self.table = Table(
            sheet=sheet.sheet,
            name=sheet.name,
            title=sheet.title,
            holds=sheet.holds,
            intro=sheet.intro,
            columns=columns,
            if_empty="",
        )

    def cell(self, key: str, index: int) -> str:
        """The cell of one measure of one funder, in pence."""
        if self.is_whole:
            return self.table.cell(key, index)
        return self.table.cell("pence", [measure.key for measure in self.measures].index(key))

    def total(self, key: str) -> str:
        """The cell of one measure of all funders of the statement together, in pence."""
        return self.cell(key, len(self.accounts))

    def span(self, key: str) -> str:
        """The cells of one measure of every funder, in pence."""
        first, last = self.cell(key, 0), self.cell(key, len(self.accounts) - 1)
        return f"{first}:{_on_sheet(last)}"

    def _of_all(self) -> tuple[Column, ...]:
        names = [*(account.name for account in self.accounts), "All funders"]
        codes = [*(account.code for account in self.accounts), "Total"]
        in_pounds, in_pence = [], []
        for measure in self.measures:
            values = [measure.value(account) for account in self.accounts]
            values.append(sum(value or 0 for value in values) if measure.is_summed else None)
            header, key = measure.header, measure.key
            in_pence.append(Column(key, f"{header} (pence)", "pence", 14, values, self._down(measure)))
            shown = [pounds(value) for value in values]
            in_pounds.append(Column(f"{key} (£)", f"{header} (£)", "pounds", 15, shown, f"[{key}]/100"))
        return (
            Column("code", "No.", "identifier", 7, codes),
            Column("funder", "Funder", "text", fitting(names, 24, 40), names),
            *in_pounds,
            *in_pence,
        )

    def _of_one(self) -> tuple[Column, ...]:
        values = [measure.value(self.accounts[0]) for measure in self.measures]
        return (
            Column("measure", "Figure", "text", 34, [measure.header for measure in self.measures]),
            Column("pounds", "Amount (£)", "pounds", 18, [pounds(value) for value in values], "[pence]/100"),
            Column("pence", "Amount (pence)", "pence", 18, values, self._across),
            Column("meaning", "What it is", "text", 80, [measure.meaning for measure in self.measures]),
        )

    def _down(self, measure: Measure) -> Callable[[int], str]:
        def formula(index: int) -> str:
            if index == len(self.accounts):
                return f"SUM({_on_sheet(self.span(measure.key))})"
            return measure.formula(self, index) if measure.formula else ""

        return formula

    def _across(self, place: int) -> str:
        formula = self.measures[place].formula
        return formula(self, 0) if formula else ""


def summary_grid(statement: Statement, lines: Table, schedule: Table) -> Grid:
    """The sheet Summary: opening, movements and closing of every funder."""
    columns = {member.code: column for column in funder_columns(statement) for member in column.members}

    def scheduled(*conditions: tuple[str, str]) -> Callable[[Grid, int], str]:
        def formula(grid: Grid, index: int) -> str:
            tests = [(schedule.span(key), f'"{value}"') for key, value in conditions]
            if grid.is_whole:
                tests.append((schedule.span("code"), _on_sheet(grid.table.cell("code", index))))
            return _sum_where(schedule.span("pence"), tests)

        return formula

    def earned(kind: str) -> Callable[[Grid, int], str]:
        def formula(grid: Grid, index: int) -> str:
            tests = [(lines.span("kind"), f'"{kind}"')]
            if not grid.is_whole:
                return _sum_where(lines.span("amount"), tests)
            column = columns[grid.accounts[index].code]
            if column.is_group:
                tests.append((lines.span(f"{column.key} code"), _on_sheet(grid.table.cell("code", index))))
            return _sum_where(lines.span(column.key), tests)

        return formula

    this_claim = ("standing", THIS_CLAIM)
    movements = ("milestones", "adjustments", "up-front", "recovered")
    measures = (
        Measure(
            "opening",
            "Opening",
            "Due at all earlier claims together",
            lambda account: account.opening_pence,
            scheduled(("standing", EARLIER_CLAIM)),
        ),
        Measure(
            "milestones",
            "Milestones",
            "Lines of this claim",
            lambda account: account.milestones_pence,
            earned(CLAIM),
        ),
        Measure(
            "adjustments",
            "Adjustments",
            "Lines of this claim that concern periods claimed before",
            lambda account: account.adjustments_pence,
            earned(ADJUSTMENT),
        ),
        Measure(
            "up-front",
            "Up-front",
            "Up-front money that falls in this claim",
            lambda account: account.up_front_pence,
            scheduled(this_claim, ("kind", KINDS["up-front"])),
        ),
        Measure(
            "recovered",
            "Recovered",
            "Up-front money that milestones have since earned, taken off",
            lambda account: account.recovered_pence,
            scheduled(this_claim, ("kind", KINDS["recovered"])),
        ),
        Measure(
            "due",
            "Due now",
            "Milestones, adjustments, up-front and recovered together",
            lambda account: account.due_pence,
            lambda grid, index: "+".join(_on_sheet(grid.cell(key, index)) for key in movements),
        ),
        Measure(
            "closing",
            "Closing",
            "Due at all claims together, this one included, from the Schedule",
            lambda account: account.closing_pence,
            scheduled(),
        ),
        Measure(
            "difference",
            "Difference",
            "Opening and what is due now, less closing: must be 0",
            lambda account: account.difference_pence,
            lambda grid, index: _combine(grid, index, "opening", "+due", "-closing"),
        ),
    )
    sheet = Sheet(
        "Summary",
        "summary",
        f"Summary of claim {statement.about.claim_period}",
        "From opening through the movements of this claim to closing",
        ("Opening, with the movements of this claim, makes closing. Amounts in pounds are the amounts in pence / 100.",),
    )
    return Grid(statement, sheet, measures)


def to_date_grid(statement: Statement, summary: Grid) -> Grid:
    """The sheet To date: how closing comes about, and what the funders' limits leave."""
    measures = (
        Measure("value", "Value", "Share of all that was achieved to date", lambda account: account.value_pence),
        Measure(
            "moved",
            "Taken over or passed on",
            "Taken over from others beyond their limits, or with a minus sign passed on beyond the own limit",
            lambda account: account.moved_pence,
        ),
        Measure(
            "withheld",
            "Withheld",
            "Kept back by limits on the contract or on a milestone",
            lambda account: account.withheld_pence,
        ),
        Measure(
            "on account",
            "Up-front less recovered",
            "Up-front money not yet earned by milestones",
            lambda account: account.on_account_pence,
        ),
        Measure(
            "payable",
            "Payable to date",
            "Value, with what was taken over or passed on, less withheld, with up-front less recovered",
            lambda account: account.payable_pence,
            lambda grid, index: _combine(grid, index, "value", "+moved", "-withheld", "+on account"),
        ),
        Measure(
            "closing",
            "Closing",
            "Due at all claims together, from the Summary",
            lambda account: account.closing_pence,
            lambda grid, index: summary.cell("closing", index),
        ),
        Measure(
            "difference",
            "Difference",
            "Payable to date less closing: must be 0",
            lambda account: account.to_date_difference_pence,
            lambda grid, index: _combine(grid, index, "payable", "-closing"),
        ),
        Measure(
            "limit",
            "Limit",
            "The most that the contract lets milestones cost this funder to date; blank where it sets no such limit",
            lambda account: account.limit_pence,
            is_summed=False,
        ),
        Measure(
            "headroom",
            "Headroom",
            "What the limit leaves: limit less value, taken over or passed on, and withheld",
            lambda account: account.headroom_pence,
            lambda grid, index: _combine(grid, index, "limit", "-value", "-moved", "+withheld"),
            is_summed=False,
        ),
    )
    sheet = Sheet(
        "To date",
        "to_date",
        f"Position to date at claim {statement.about.claim_period}",
        "How closing comes about: value, withheld, taken over or passed on, up-front; limits and headroom",
        ("All that was ever asked for, this claim included. Figures without a formula are stated by the settlement.",),
    )
    return Grid(statement, sheet, measures)


def _combine(grid: Grid, index: int, *signed_keys: str) -> str:
    """A sum of measures, such as `opening`, `+due`, `-closing`."""
    found = ""
    for signed in signed_keys:
        sign = signed[0] if signed[0] in "+-" else ""
        found += sign + _on_sheet(grid.cell(signed.removeprefix(sign), index))
    return found


def _sum_where(amounts: str, tests: list[tuple[str, str]]) -> str:
    if not tests:
        return f"SUM({amounts})"
    return f"SUMIFS({amounts},{','.join(f'{cells},{value}' for cells, value in tests)})"


def _on_sheet(address: str) -> str:
    """The address as formulas of the same sheet write it."""
    return ":".join(part.rpartition("!")[2] for part in address.split(":"))
