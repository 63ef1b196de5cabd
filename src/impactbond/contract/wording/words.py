"""How single things are said: days, money, shares, names, lists; and how a contract says its money
to its terms.

And a contract schedule as plain data: parts with numbered rules and tables, before it is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.dates import said_day
from impactbond.money import show_amount
from impactbond.terms.funding import shares_of
from impactbond.terms.metrics.numbers import Quantity
from impactbond.terms.milestones import Units
from impactbond.terms.phrases import Edge, Window
from impactbond.terms.reference import EVERY_MILESTONE
from impactbond.terms.words import listed, quoted


def money(contract: Contract, amount: Decimal) -> str:
    """An amount of the contract's currency as people write it: £1,234.50."""
    return show_amount(amount, contract.currency)


def price_money(contract: Contract, amount: Decimal) -> str:
    """An amount of the currency that prices are written in."""
    return show_amount(amount, contract.currency_of_prices)


def defined(name: str) -> str:
    """A name where it is defined: in quotation marks, and as the files write it."""
    return quoted(name) if quoted(name) == f"“{name}”" else f"{quoted(name)} ({name})"


def payable(contract: Contract, name: str) -> str:
    """What is paid for, by its title; with its name where several are called the same."""
    title = contract.title_of(name)
    is_alone = sum(contract.title_of(other) == title for other in contract.payables) == 1
    return f"“{title}”" if is_alone else f"“{title}” ({name})"


def payables(contract: Contract, names: Sequence[str], last: str = "and") -> str:
    """Several things that are paid for, by their titles."""
    if tuple(names) == (EVERY_MILESTONE,):
        return "everything that is paid for"
    return listed((payable(contract, name) for name in names), last)


def shares(contract: Contract, by: Mapping[str, Fraction | None]) -> list[str]:
    """Who pays which share, exactly and in the order written."""
    told = []
    for one in shares_of(by):
        means = "" if one.written == one.shown else f", which is {one.shown}"
        told.append(f"{contract.funders[one.funder].name} pays {one.written}{means}")
    return told


def said_edge(edge: Edge) -> str:
    """One end of a window in words."""
    if edge.fixed is not None:
        return said_day(edge.fixed)
    return "the start" if edge.span is None else f"{edge.span} {edge.side} the start"


def said_window(window: Window) -> str:
    """The days of a window in words, with whether its last day is in it."""
    opens, closes = said_edge(window.opens), said_edge(window.closes)
    if window.includes_close:
        return f"from {opens} through {closes}, both days included"
    return f"from {opens} up to, but not including, {closes}"


def short_window(window: Window) -> str:
    """The days of a window as the contract writes them, with days as people write them."""
    ends = [
        said_day(edge.fixed) if edge.fixed else str(edge) for edge in (window.opens, window.closes)
    ]
    return f" {'through' if window.includes_close else 'to'} ".join(ends)


def unit_size(contract: Contract, units: Units) -> str:
    """What one unit is, in short: 7 days, 3 months, 2 records, 25 pounds."""
    metric = contract.metrics[units.metric]
    return units.size(metric.unit if isinstance(metric, Quantity) else "")


@dataclass(frozen=True)
class ContractWords:
    """How a contract says what it pays, for what, and who pays it: `MoneyWords` for its terms."""

    contract: Contract

    def money(self, amount: Decimal) -> str:
        """An amount of the contract's currency as people write it."""
        return money(self.contract, amount)

    def title(self, payable: str) -> str:
        """What people call something that is paid for."""
        return self.contract.title_of(payable)

    def payables(self, names: Sequence[str]) -> str:
        """Several things that are paid for, in quotation marks."""
        return payables(self.contract, names)

    def claims(self, names: Sequence[str]) -> str:
        """Several milestones, in quotation marks, with what their units are."""
        return listed(f"{payable(self.contract, name)}{self._in_units(name)}" for name in names)

    def _in_units(self, name: str) -> str:
        term = self.contract.milestones.get(name)
        if term is None or term.units is None:
            return ""
        return f" (in units of {unit_size(self.contract, term.units)})"

    def funder(self, name: str) -> str:
        """What people call a funder."""
        return self.contract.funders[name].name

    def committed(self, funder: str) -> str:
        """What a funder has committed, from which day on."""
        steps = self.contract.funders[funder].commits
        return ", ".join(f"{self.money(one.amount)} from {one.from_}" for one in steps)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule in one sentence, the clause that it encodes, and what it breaks down into."""

    says: str
    clause: str = ""
    parts: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleTable:
    """Rows under headings; `amounts` are the places of the columns that hold amounts."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    amounts: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SchedulePart:
    """A part of the schedule under one heading; what has neither rules nor a table is left out."""

    heading: str
    rules: tuple[Rule, ...] = ()
    table: ScheduleTable | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    """The whole contract: its title, what it is, and its parts in order."""

    title: str
    about: str
    parts: tuple[SchedulePart, ...]


def letter(place: int) -> str:
    """The mark of a part of a rule: a, b ... z, aa, ab."""
    before, here = divmod(place, 26)
    return (letter(before - 1) if before else "") + chr(ord("a") + here)


_ROMAN = ((10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))


def roman(place: int) -> str:
    """The mark of a part of a part: i, ii, iii, iv."""
    left, text = place + 1, ""
    for value, mark in _ROMAN:
        text += mark * (left // value)
        left %= value
    return text


def mark_of(place: int, depth: int) -> str:
    """The mark of the part at a place, by how deep it lies: (a), then (i), then (a) again."""
    return f"({letter(place) if depth % 2 == 0 else roman(place)})"


def finished(rule: Rule) -> Rule:
    """A rule with a capital first and full stops last; its parts are divided by semicolons."""
    says = rule.says[:1].upper() + rule.says[1:]
    if not rule.parts:
        return Rule(says if says.endswith(".") else f"{says}.", rule.clause)
    parts = tuple(_divided(part, part is rule.parts[-1]) for part in rule.parts)
    return Rule(says if says.endswith((":", ".")) else f"{says}:", rule.clause, parts)


def _divided(part: Rule, is_last: bool) -> Rule:
    if not part.parts:
        return Rule(part.says + ("." if is_last else ";"), part.clause)
    inside = tuple(_divided(one, is_last and one is part.parts[-1]) for one in part.parts)
    says = part.says if part.says.endswith(":") else f"{part.says}:"
    return Rule(says, part.clause, inside)
