"""The working of the sheet Lines: formulas from rates and shares through running totals to every
funder's part of a line.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache

from impactbond.statements.checks import lines_by_result, stated_parts
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import AmountCells, Column, Sheets, SheetTable
from impactbond.statements.workbook.terms import rate_labels, share_labels
from impactbond.terms.rounding import HALVES

# What earlier claims came to is stated once, as a figure: their lines are in no sheet of this
# claim.
_BEFORE = {"value": "value_before", "entitled": "payable_before"}
_NONE = "none"


class Cuts:
    """The formulas by which parts are cut on running totals, over the cells of the sheet Shares."""

    def __init__(self, sheets: Sheets) -> None:
        self.statement = statement = sheets.statement
        assert statement.working is not None, "a statement that is shown has its working"
        self.working = statement.working
        self._money = AmountCells(statement.currency)
        self._round = HALVES[statement.half].formula
        self._shares = sheets["Shares"]
        # The same few shares cut every line.
        self._grown = cache(self._grown_by)

    def terms(self) -> list[int | None]:
        """For a funder's statement: the share by which its part of every line is cut."""
        lines = self.statement.lines
        return [self.working.term(line.shares[0].funder, at) for at, line in enumerate(lines)]

    def written(self) -> list[str]:
        """For a funder's statement: its share of every line, as the contract writes it."""
        rules = self.statement.share_rules
        return [_NONE if term is None else rules[term].written for term in self.terms()]

    def running(self, key: str, text: str) -> Iterator[Column]:
        """The running total of a column under the share rule of each line: before it and with it.
        Before the first line under a rule stands what earlier claims came to.
        """
        working, lines = self.working, self.statement.lines
        before = getattr(working, _BEFORE[key])
        moved = [line.value_pence if key == "value" else line.payable_pence for line in lines]
        after = [start + pence for start, pence in zip(before, moved, strict=True)]

        def carried(table: SheetTable, index: int) -> str:
            # From the line above under the same rule, which need not be the row above.
            return f"[{key} after@]" if working.previous[index] >= 0 else ""

        column = self._money.in_minor(f"{key} before", f"{text}, before", 15, before, carried)
        yield replace(column, links=working.previous)
        yield self._money.in_minor(
            f"{key} after", f"{text}, with it", 15, after, f"[{key} before]+[{key}]"
        )

    def own(self, key: str) -> Callable[[SheetTable, int], str]:
        """The formula of a funder's part of a column, in its own statement."""
        terms = self.terms()

        def formula(table: SheetTable, index: int) -> str:
            term = terms[index]
            return "" if term is None else self._grown(key, term)

        return formula

    def of_payer(self, members: set[str]) -> Callable[[SheetTable, int], str]:
        """The formula of what one of these funders pays of a line, beside all others."""
        places: list[int | None] = []
        for index, line in enumerate(self.statement.lines):
            own = [share for share in line.shares if share.funder in members]
            # Two schools of one line, or money taken over from another funder, are no share of a
            # running total.
            is_cut = len(own) == 1 and not own[0].moved_pence
            places.append(self.working.term(own[0].funder, index) if is_cut else None)

        def formula(table: SheetTable, index: int) -> str:
            term = places[index]
            return "" if term is None else self._grown("entitled", term)

        return formula

    def _grown_by(self, key: str, term: int) -> str:
        """By how much the part of a share of the running total grew with the line."""
        whole, up_to = self._shares.cell("out of", term), self._shares.cell("up to", term)
        first = self._shares.cell("before", term)

        def part(total: str) -> str:
            # Times the numerator, then by the whole, as the engine does: a share as a decimal
            # number would round some halves the other way.
            upper = self._round(f"{total}*{up_to}/{whole}")
            # The first share has nothing before it: a shorter formula is read by more people.
            if self.statement.share_rules[term].before == 0:
                return upper
            return f"{upper}-{self._round(f'{total}*{first}/{whole}')}"

        earlier = part(f"[{key} before]")
        return f"{part(f'[{key} after]')}-" + (f"({earlier})" if "-" in earlier else earlier)


def rate_of(statement: Statement) -> list[int | None]:
    """The position of the term that states the price of every line."""
    assert statement.working is not None, "a statement that is shown has its working"
    return statement.working.rate


def rate_and_share(cuts: Cuts) -> Iterator[Column]:
    """Which term states the price of a line, and in a funder's statement which share cuts it."""
    statement = cuts.statement
    rates, shares = rate_labels(len(statement.rates)), share_labels(len(statement.share_rules))
    named = [_NONE if at is None else rates[at] for at in rate_of(statement)]
    yield Column("rate", "Rate", "identifier", 8, named)
    if not statement.is_whole:
        cut_by = [_NONE if term is None else shares[term] for term in cuts.terms()]
        yield Column("cut by", "Share No.", "identifier", 9, cut_by)


def result_rows(statement: Statement) -> dict[int, int]:
    """For every line that is all of a result that is shown: the row of its value in Results."""
    places, found, row = lines_by_result(statement), dict[int, int](), 0
    for one in statement.results or ():
        row += len(one.steps)
        at = places.get(one.key[1:], [])
        # Only where one line is all of a result: of a part no step gives the figure.
        if len(at) == 1 and statement.lines[at[0]].value_pence == one.value_pence:
            found[at[0]] = row - 1
    return found


def stated_columns(statement: Statement) -> Iterator[Column]:
    """What of each line does not follow from a plain rate and a share; the Checks count it."""
    lines = statement.lines
    otherwise = [int(not line.is_quantity_times_price) for line in lines]

    def formula(table: SheetTable, index: int) -> str:
        return "" if otherwise[index] else "IF([value]=[quantity]*[price],0,1)"

    header = "Not quantity × price"
    yield Column("otherwise", header, "count", 11, otherwise, formula)
    yield Column("stated", "Parts that are stated", "count", 11, stated_parts(statement))
