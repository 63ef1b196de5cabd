"""A sheet of measures: a row for every funder and one for all, or for one funder a row for each.

Amounts stand in pounds, which are printed, and in pence, which are worked out; see `AmountCells`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from impactbond.statements.rows import Account
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.amounts import AmountCells
from impactbond.statements.workbook.layout import Column, SheetTable, fitting

_MEASURE = re.compile(r"\[([^\]]+)\]")


@dataclass(frozen=True, slots=True)
class Measure:
    """One figure of an account, in pence; `of` names it there.

    In a formula `[opening]` is that measure of the same funder; a formula that differs from funder
    to funder is a function of the funder's place. Without one, the settlement or the contract
    states the figure.
    """

    key: str
    header: str
    meaning: str
    of: str
    formula: str | Callable[[int], str] = ""
    is_summed: bool = True
    is_total: bool = False

    def value(self, account: Account) -> int | None:
        """The figure of one account; None where it has none."""
        figure: int | None = getattr(account, self.of)
        return figure

    def formula_of(self, index: int) -> str:
        """The formula for one funder, with the measures that it names still in brackets."""
        return self.formula if isinstance(self.formula, str) else self.formula(index)


class Grid:
    """The measures of a statement's funders, and where their cells are."""

    def __init__(
        self,
        statement: Statement,
        measures: tuple[Measure, ...],
        *,
        sheet: str,
        name: str,
        title: str,
        holds: str,
        intro: str,
    ) -> None:
        self.accounts = statement.accounts
        self.is_whole = statement.is_whole
        self.measures = measures
        self.amounts = AmountCells(statement.currency)
        totals = [place for place, measure in enumerate(measures) if measure.is_total]
        beside = self.is_whole and self.amounts.is_doubled
        minor = statement.currency.minor
        aside = f" The same amounts in {minor} stand to the right and are not printed."
        self.table = SheetTable(
            sheet=sheet,
            name=name,
            title=title,
            holds=holds,
            intro=(intro + aside if beside else intro,),
            columns=self._of_all() if self.is_whole else self._of_one(),
            if_empty="",
            last_printed=self.amounts.shown(measures[-1].key) if self.is_whole else "",
            strong=frozenset([len(self.accounts)] if self.is_whole else totals),
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
        return f"{self.cell(key, 0)}:{on_sheet(self.cell(key, len(self.accounts) - 1))}"

    def _of_all(self) -> tuple[Column, ...]:
        names = [*(account.name for account in self.accounts), "All funders"]
        codes = [*(account.code for account in self.accounts), "Total"]
        in_units: list[Column] = []
        in_minor: list[Column] = []
        for measure in self.measures:
            values = [measure.value(account) for account in self.accounts]
            values.append(sum(value or 0 for value in values) if measure.is_summed else None)
            key, header, down = measure.key, measure.header, self._down(measure)
            in_units += self.amounts.in_units(key, header, 14, values)
            in_minor.append(self.amounts.in_minor(key, header, 14, values, down))
        return (
            Column("code", "No.", "identifier", 7, codes),
            Column("funder", "Funder", "text", fitting(names, 24, 40), names),
            *in_units,
            *in_minor,
        )

    def _of_one(self) -> tuple[Column, ...]:
        values = [measure.value(self.accounts[0]) for measure in self.measures]
        return (
            Column("measure", "Figure", "text", 34, [it.header for it in self.measures]),
            *self.amounts.both("pence", "Amount", 18, values, self._across),
            Column("meaning", "What it is", "text", 84, [it.meaning for it in self.measures]),
        )

    def _down(self, measure: Measure) -> Callable[[int], str]:
        def formula(index: int) -> str:
            if index == len(self.accounts):
                return f"SUM({on_sheet(self.span(measure.key))})"
            return self._resolved(measure, index)

        return formula

    def _across(self, place: int) -> str:
        return self._resolved(self.measures[place], 0)

    def _resolved(self, measure: Measure, index: int) -> str:
        return _MEASURE.sub(
            lambda found: on_sheet(self.cell(found[1], index)), measure.formula_of(index)
        )


def on_sheet(address: str) -> str:
    """The address as formulas of the same sheet write it."""
    return ":".join(part.rpartition("!")[2] for part in address.split(":"))
