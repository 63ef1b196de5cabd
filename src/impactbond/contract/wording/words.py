"""How single things are said: days, money, shares, names, lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import EVERY_MILESTONE, Contract, whole_shares
from impactbond.money import minor_units, show, show_share
from impactbond.terms.milestones import Dated
from impactbond.terms.phrases import Edge, Window

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def said_day(day: date) -> str:
    """A day as people write it: 1 November 2016."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def money(contract: Contract, amount: Decimal) -> str:
    """An amount of the contract's currency as people write it: £1,234.50."""
    return show(minor_units(amount, contract.currency), contract.currency)


def price_money(contract: Contract, amount: Decimal) -> str:
    """An amount of the currency that prices are written in."""
    currency = contract.currency_of_prices
    return show(minor_units(amount, currency), currency)


def number(value: Decimal) -> str:
    """A number without its trailing noughts."""
    return f"{value.normalize():f}" if value else "0"


def quoted(name: str) -> str:
    """A name that the contract defines, in quotation marks and without underscores."""
    return f"“{name.replace('_', ' ')}”"


def defined(name: str) -> str:
    """A name where it is defined: in quotation marks, and as the files write it."""
    return quoted(name) if quoted(name) == f"“{name}”" else f"{quoted(name)} ({name})"


def plain(name: str) -> str:
    """A name of the contract as a reader says it."""
    return name.replace("_", " ")


def listed(words: Iterable[str], last: str = "and") -> str:
    """Words one after the other: a, b and c."""
    every = list(words)
    if len(every) < 3:
        return f" {last} ".join(every)
    return f"{', '.join(every[:-1])} {last} {every[-1]}"


def counted(count: int, one: str, many: str = "") -> str:
    """A count with its noun: 1 claim, 300 claims."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


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


def funder(contract: Contract, name: str) -> str:
    """A funder by its name."""
    return contract.funders[name].name


def shares(contract: Contract, by: Mapping[str, Fraction | None]) -> list[str]:
    """Who pays which share, exactly and in the order written."""
    whole = whole_shares(dict(by))
    return [
        f"{funder(contract, name)} pays "
        + (f"the rest, which is {show_share(whole[name])}" if share is None else show_share(share))
        for name, share in by.items()
    ]


def with_attributes(only: Mapping[str, Sequence[str]]) -> str:
    """The participants that have these attributes; nothing where all are meant."""
    if not only:
        return ""
    each = (f"{plain(name)} {listed(values, 'or')}" for name, values in only.items())
    return f"participants with {listed(each)}"


def between(first: date | None, last: date | None) -> str:
    """From one day through another, either of which may be open."""
    parts = [
        f"from {said_day(first)}" if first else "",
        f"through {said_day(last)}" if last else "",
    ]
    return " ".join(filter(None, parts))


def applies(term: Dated) -> str:
    """For whom and for which days of achievement a dated term is; nothing where always."""
    who, when = with_attributes(term.only), between(term.from_, term.through)
    parts = [f"for {who}" if who else "", f"for what is achieved {when}" if when else ""]
    return ", ".join(filter(None, parts))


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


def capital(text: str) -> str:
    """The text with a capital first."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """The text as a sentence: with a capital first and a full stop."""
    return capital(text) + ("" if text.endswith((".", ":")) else ".")
