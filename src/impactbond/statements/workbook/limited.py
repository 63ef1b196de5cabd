"""The columns of the sheet Lines in which each limit meets the running total, and what it withholds
of every line, or passes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from impactbond.statements.limit_totals import LetThrough, Limited
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.layout import AmountCells, Column, Sheets, SheetTable
from impactbond.statements.workbook.terms import limit_labels

OTHERWISE = "otherwise held"


@dataclass(frozen=True, slots=True)
class LimitColumns:
    """The columns of the limits that are followed, one limit after another in their order.

    `asked` is the key of the column that the first of them adds up: the value of a line, or the
    funder's own part that limits on the whole let through.
    """

    sheets: Sheets
    found: tuple[LetThrough, ...]
    asked: str
    withholds: str
    otherwise: tuple[int, ...] = ()

    def columns(self) -> Iterator[Column]:
        """The running total that meets each limit, and what it withholds."""
        money = AmountCells(self.sheets.statement.currency)
        if any(self.otherwise):
            header = "Withheld otherwise, as stated"
            yield money.in_minor(OTHERWISE, header, 13, self.otherwise)
        for one in self.found:
            yield from self._of(one, money)

    def held(self, index: int) -> str:
        """The sum of what limits withhold of a line; nothing where none meets it."""
        keys = [f"{self._label(one)} held" for one in self.found if one.held[index] is not None]
        # What is withheld otherwise comes off first, and is stated; it stands in the sum only where
        # limits are followed at all.
        if keys and any(self.otherwise):
            keys.append(OTHERWISE)
        return "+".join(f"[{key}]" for key in keys)

    def _label(self, one: LetThrough) -> str:
        return limit_labels(self.sheets.statement)[one.place]

    def _of(self, one: LetThrough, money: AmountCells) -> Iterator[Column]:
        label, terms = self._label(one), self.sheets["Rates and limits"]
        row = len(self.sheets.statement.rates) + one.place
        most = terms.cell("pence", row)
        # For each group of its own, beside its first line: a limit that holds groups apart has no
        # one running total.
        if one.is_apart:
            header = f"Under {label}, before this claim"
            yield money.in_minor(f"{label} before", header, 14, one.before)
            header = f"Let through by {label} before this claim"
            yield money.in_minor(f"{label} through", header, 14, one.through_before)
            before, through = f"[{label} before]", f"[{label} through]"
        else:
            before, through = terms.cell("asked before", row), terms.cell("let through before", row)

        def asked(table: SheetTable, index: int) -> str:
            start = before if one.previous[index] < 0 else f"[{label} asked@]"
            return f"{start}+{self._asked_of(one, index)}"

        def withheld(table: SheetTable, index: int) -> str:
            # What had been let through so far, by the same least of two amounts.
            start = through if one.previous[index] < 0 else f"MIN([{label} asked@],{most})"
            # Limits go by the day of achievement and lines by when they moved: what passes between
            # two lines is stated, and comes to nothing.
            between = f"+[{label} between]" if any(one.between) else ""
            own = self._asked_of(one, index)
            return f"{own}-(MIN([{label} asked],{most})-{start}){between}"

        column = money.in_minor(f"{label} asked", f"Under {label}, with it", 14, one.asked, asked)
        yield replace(column, links=one.previous)
        if any(one.between):
            header = f"Under {label}, between lines"
            yield money.in_minor(f"{label} between", header, 13, one.between)
        header = f"{self.withholds} {label}"
        column = money.in_minor(f"{label} held", header, 13, one.held, withheld)
        yield replace(column, links=one.previous)

    def _asked_of(self, one: LetThrough, index: int) -> str:
        """What meets a limit of a line: what was asked for, less what limits before it withheld."""
        less = [OTHERWISE] if any(self.otherwise) else []
        for other in self.found[: self.found.index(one)]:
            if other.held[index] is not None:
                less.append(f"{self._label(other)} held")
        return "".join([f"[{self.asked}]", *(f"-[{key}]" for key in less)])


def on_the_whole(sheets: Sheets) -> LimitColumns:
    """The columns of the limits on the whole."""
    limited = limited_of(sheets.statement)
    otherwise = tuple(limited.otherwise) if limited.whole else ()
    return LimitColumns(sheets, limited.whole, "value", "Withheld by", otherwise)


def on_the_funder(sheets: Sheets) -> LimitColumns:
    """The columns of the funder's own limits."""
    return LimitColumns(sheets, limited_of(sheets.statement).own, "own payable", "Passed on under")


def limited_of(statement: Statement) -> Limited:
    """What limits let through of a statement that is shown."""
    assert statement.working is not None, "a statement that is shown has its working"
    return statement.working.limited
