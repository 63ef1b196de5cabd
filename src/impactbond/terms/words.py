"""How single things are said, whatever the contract: names, lists, counts, numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Protocol


def plain(name: str) -> str:
    """A name of the contract as a reader says it."""
    return name.replace("_", " ")


def quoted(name: str) -> str:
    """A name that the contract defines, in quotation marks and without underscores."""
    return f"“{plain(name)}”"


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words one after the other: a, b and c."""
    every = list(words)
    if len(every) < 3:
        return f" {last} ".join(every)
    return f"{', '.join(every[:-1])} {last} {every[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 claim, 300 claims."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def number(value: Decimal) -> str:
    """A number without its trailing noughts."""
    return f"{value.normalize():f}" if value else "0"


def beside(exact: Fraction, bar: Fraction, decimals: int) -> str:
    """A number with at least so many decimals, and as many as it takes to be seen on its own side
    of a bar: 17.02 beside 17, which with one decimal would read as the bar itself.
    """
    while exact != bar and (
        (shown := round(exact, decimals)) == bar or (shown > bar) != (exact > bar)
    ):
        decimals += 1
    return f"{float(round(exact, decimals)):.{decimals}f}"


def capital(text: str) -> str:
    """The text with a capital first."""
    return text[:1].upper() + text[1:]


class MoneyWords(Protocol):
    """How a contract says what it pays, for what, and who pays it."""

    def money(self, amount: Decimal) -> str:
        """An amount of the contract's currency as people write it: £1,234.50."""

    def title(self, payable: str) -> str:
        """What people call something that is paid for."""

    def payables(self, names: Sequence[str]) -> str:
        """Several things that are paid for, in quotation marks: no two are called the same."""

    def claims(self, names: Sequence[str]) -> str:
        """The same, of some milestones; of one that pays for units also what one unit is, so that
        a number of them is not read as one of days, records or pounds.
        """

    def funder(self, name: str) -> str:
        """What people call a funder."""

    def committed(self, funder: str) -> str:
        """What a funder has committed, from which day on: £500.00 from 2017-01-01."""
