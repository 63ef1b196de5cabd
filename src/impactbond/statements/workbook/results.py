"""The sheet Results: what every result of a group was measured on at this claim, as formulas from
the counts to the value of its line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from impactbond.money import half_away, rounded
from impactbond.settlement.results import MeasuredResult
from impactbond.statements.checks import lines_by_result, result_differences
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import (
    AmountCells,
    Column,
    Sheets,
    SheetTable,
    fitting,
)
from impactbond.terms.workings import Place, Step

UNKNOWN = "not known"
_PARTS = {"measure": "Measure", "only_if": "Needed", "times": "Times", "pays": "Pays"}
_OF_STEP = re.compile(r"\[([nd])([0-9]+)\]")
# A spreadsheet holds whole numbers exactly up to here.
_EXACT = 2**53


@dataclass(frozen=True, slots=True)
class _Row:
    """One step of one result: `first` is the row of the result's first step, counted from 0."""

    of: MeasuredResult
    step: Step
    first: int
    number: int
    is_last: bool

    @property
    def part(self) -> str:
        """The part of the result that the step belongs to; the last step is the value itself."""
        return "Value" if self.is_last else _PARTS.get(self.step.part, "Worth")

    @property
    def source(self) -> str:
        """Where the number comes from."""
        if self.step.formula:
            return "Worked out"
        if self.step.part == "value":
            return "Settlement"
        return "Counted" if self.step.kind in ("claims", "value") else "Contract"

    @property
    def is_money(self) -> bool:
        """Whether it counts minor units."""
        return self.step.unit == "minor units"


def results_table(sheets: Sheets) -> SheetTable | None:
    """A row for every step; None where the contract has no results of groups."""
    statement = sheets.statement
    if statement.results is None:
        return None
    rows, amounts = list(_rows(statement.results)), AmountCells(statement.currency)
    total = sum(one.value_pence for one in statement.results)
    return SheetTable(
        sheet="Results",
        title=f"Results of groups at claim {statement.about.claim_period}",
        holds="What each result of a group was measured on, step by step, and what it comes to",
        intro=(_INTRO, _WORKING),
        columns=(*_told(rows), *_numbers(rows, amounts), *_difference(sheets, rows)),
        if_empty="No result of a group was measured at this claim.",
        totals=(
            amounts.total(
                "All results of this claim",
                "amount",
                total,
                lambda table: f'SUMIFS({table.span("n")},{table.span("part")},"Value")',
            ),
        ),
        frozen=True,
        last_printed=amounts.shown("amount"),
        strong=frozenset(index for index, row in enumerate(rows) if row.is_last),
    )


_INTRO = (
    "From the claims that were counted, and the numbers that the contract states, to the value of "
    "each line: every other number is worked out from those above it."
)
_WORKING = (
    "Numerators and denominators stand to the right and are not printed: change a count there, and "
    "all that follows from it changes. A blank denominator: a whole number."
)


def _rows(results: tuple[MeasuredResult, ...]) -> Iterator[_Row]:
    first = 0
    for one in results:
        last = len(one.steps) - 1
        for number, step in enumerate(one.steps):
            yield _Row(one, step, first, number, number == last)
        first += last + 1


def _told(rows: list[_Row]) -> tuple[Column, ...]:
    """Which step of which result a row is, in words."""
    titles, says = [row.of.title for row in rows], [row.step.says for row in rows]
    return (
        Column("result", "Result", "text", fitting(titles, 20, 30), titles),
        Column("group", "Group", "identifier", 12, [row.of.group or None for row in rows]),
        Column("period", "Measured for", "identifier", 14, [row.of.period for row in rows]),
        Column("part", "Part", "identifier", 10, [row.part for row in rows]),
        Column("step", "Step", "ordinal", 6, [row.number + 1 for row in rows]),
        Column("says", "What it is", "text", fitting(says, 30, 50), says),
        Column("source", "From", "identifier", 12, [row.source for row in rows]),
    )


def _numbers(rows: list[_Row], amounts: AmountCells) -> tuple[Column, ...]:
    """The number of each row as it is read, and as it is worked out."""
    currency = amounts.currency
    sign, over = currency.sign.strip(), currency.in_one
    units = [sign if row.is_money else row.step.unit for row in rows]
    shown = [None if row.is_money else _number(row.step, 1) for row in rows]
    money = [_number(row.step, over) if row.is_money else None for row in rows]
    key, heading = amounts.shown("amount"), amounts.heading("Amount")
    tops, bottoms = _whole(rows, "numerator"), _whole(rows, "denominator")
    first, second = _formulas(rows, "formula"), _formulas(rows, "formula_below")
    return (
        Column("unit", "In", "identifier", 10, units),
        Column("number", "Number", "number", 14, shown, _divided(1)),
        Column(key, heading, amounts.kind, 16, money, _divided(over)),
        Column("n", "Whole number, or numerator", "pence", 16, tops, first),
        Column("d", "Denominator", "pence", 14, bottoms, second),
    )


def _number(step: Step, over: int) -> Any:
    """What ROUND(n/(d*over),6) gives; n/over of a whole number."""
    if step.value is None:
        return UNKNOWN
    if step.denominator is None:
        return step.numerator / over if over > 1 else step.numerator
    return rounded(step.value / over * 10**6, half_away) / 10**6


def _divided(over: int) -> Any:
    """The number that numerator and denominator make, in units of so many."""

    def formula(table: SheetTable, index: int) -> str:
        below = table.columns[table.position("d")].values[index]
        if below is None:
            return f"[n]/{over}" if over > 1 else "[n]"
        of = f"([d]*{over})" if over > 1 else "[d]"
        return f'IF([d]=0,"{UNKNOWN}",ROUND([n]/{of},6))'

    return formula


def _whole(rows: list[_Row], name: str) -> list[int | float | None]:
    found = [getattr(row.step, name) for row in rows]
    return [one if one is None or abs(one) <= _EXACT else float(one) for one in found]


def _formulas(rows: list[_Row], name: str) -> Any:
    """The formula of each step, with the cells of the steps that it names; the sum of the last
    steps of other results, where all of these are shown.
    """
    places: dict[Place, int] = {}
    for index, row in enumerate(rows):
        if row.step.kind in ("worth", "net"):  # the net comes after the worth, where there is one
            places[row.of.place] = index

    def formula(table: SheetTable, index: int) -> str:
        row = rows[index]
        if name == "formula" and row.step.of and all(of in places for of in row.step.of):
            return "+".join(f"{table.letter('n')}{table.row(places[of])}" for of in row.step.of)

        def cell(found: re.Match[str]) -> str:
            return f"{table.letter(found[1])}{table.row(row.first + int(found[2]))}"

        return _OF_STEP.sub(cell, getattr(row.step, name))

    return formula


def _difference(sheets: Sheets, rows: list[_Row]) -> tuple[Column, ...]:
    """What the lines of a result hold less its value; a funder's statement shows parts of lines."""
    statement: Statement = sheets.statement
    if not statement.is_whole:
        return ()
    lines, places = sheets["Lines"], lines_by_result(statement)
    off = iter(result_differences(statement))
    values = [next(off) if row.is_last else None for row in rows]

    def formula(table: SheetTable, index: int) -> str:
        found = places.get(rows[index].of.key[1:], [])
        held = "+".join(f"Lines!{lines.letter('value')}{lines.row(line)}" for line in found)
        return f"{held or '0'}-[n]"

    header = "Value of its line less it (must be 0)"
    return (Column("difference", header, "pence", 16, values, formula),)
