"""How amounts stand in a workbook: in pounds, which are read, beside pence, which are worked out.

So for every currency: pounds stand for its units and pence for its minor units. A currency without
decimals has one column for both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from impactbond.money import Currency
from impactbond.statements.workbook.layout import Column, ColumnTotal, Formula, Kind, SheetTable

_KINDS: dict[int, Kind] = {0: "amount 0", 2: "amount 2", 3: "amount 3"}


@dataclass(frozen=True, slots=True)
class AmountCells:
    """The headings, values, columns and formulas of amounts of one currency."""

    currency: Currency

    @property
    def is_doubled(self) -> bool:
        """Whether an amount stands in units and in minor units."""
        return self.currency.in_one > 1

    @property
    def kind(self) -> Kind:
        """The kind of a cell in units."""
        return _KINDS[self.currency.decimals]

    def look(self, name: str) -> str:
        """The look of an amount in units on the cover: `total` or `left`."""
        return f"{name} {self.currency.decimals}"

    def heading(self, text: str) -> str:
        """What an amount in units is headed: `Amount (£)`."""
        return f"{text} ({self.currency.sign.strip()})"

    def heading_in_minor(self, text: str) -> str:
        """What an amount in minor units is headed: `Amount (pence)`."""
        return f"{text} ({self.currency.minor})" if self.is_doubled else self.heading(text)

    def heading_by_code(self, text: str) -> str:
        """What minor units are headed beside those of another currency: `Price (EUR cents)`."""
        if not self.is_doubled:
            return self.heading(text)
        return f"{text} ({self.currency.code} {self.currency.minor})"

    def value(self, pence: int | None) -> float | None:
        """The value of the formula pence/100, as a spreadsheet divides."""
        return pence / self.currency.in_one if pence is not None and self.is_doubled else pence

    def divided(self, formula: str) -> str:
        """The formula of minor units as one of units."""
        return f"{formula}/{self.currency.in_one}" if self.is_doubled else formula

    def shown(self, key: str) -> str:
        """The key of the column in units beside the column of minor units `key`."""
        return f"{key} shown" if self.is_doubled else key

    def in_units(
        self, key: str, text: str, width: float, pence: Sequence[int | None]
    ) -> tuple[Column, ...]:
        """The column in units of the column of minor units `key`; none where both are the same."""
        if not self.is_doubled:
            return ()
        values = [self.value(one) for one in pence]
        formula = self.divided(f"[{key}]")
        return (Column(self.shown(key), self.heading(text), self.kind, width, values, formula),)

    def in_minor(
        self,
        key: str,
        text: str,
        width: float,
        pence: Sequence[int | None],
        formula: Formula = None,
    ) -> Column:
        """The column in minor units."""
        return Column(key, self.heading_in_minor(text), "pence", width, pence, formula)

    def both(
        self,
        key: str,
        text: str,
        width: float,
        pence: Sequence[int | None],
        formula: Formula = None,
    ) -> tuple[Column, ...]:
        """The column in units, and beside it the one in minor units."""
        minor = self.in_minor(key, text, width, pence, formula)
        return (*self.in_units(key, text, width, pence), minor)

    def total(
        self, label: str, key: str, pence: int, formula: Callable[[SheetTable], str]
    ) -> ColumnTotal:
        """A figure in units above the column of `key`, whose formula gives minor units."""
        return ColumnTotal(
            self.heading(label),
            self.shown(key),
            self.kind,
            self.value(pence),
            lambda table: self.divided(formula(table)),
        )
