"""Terms and values of a contract in plain words: what a condition looks at, needs and found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.money import show_share
from impactbond.terms.conditions import (
    Count,
    Crosses,
    Improves,
    Level,
    Observed,
    Share,
)
from impactbond.terms.metrics import (
    Event,
    Measure,
    Percentage,
    Quantity,
    Score,
    Session,
    State,
)

Row = Mapping[str, Any]
Measured = Observed | Count | Share | Level | Improves | Crosses


@dataclass(frozen=True, slots=True)
class EvidenceUsed:
    """What the engine looked at for a leaf: its windows in words, and the rows in them.

    `counted` are the rows that count towards the condition; `every` all that could have; `before`
    and `after` the picked measures, `pairs` those of several metrics; `days` the first window's
    days.
    """

    windows: Sequence[str]
    every: Sequence[Row] = ()
    counted: Sequence[Row] = ()
    before: Row | None = None
    after: Row | None = None
    on: date | None = None
    pairs: Mapping[str, tuple[Row | None, Row | None]] = field(default_factory=dict)
    days: tuple[date, date] = (date.min, date.max)


@dataclass(frozen=True, slots=True)
class ConditionText:
    """A leaf in words."""

    what: str
    needed: str
    found: str
    sentence: str


def plain(name: str) -> str:
    """A name of the contract as a reader says it."""
    return name.replace("_", " ")


def sheet_words(file: str, name: str) -> str:
    """A sheet of a file; evidence that came in frames has no file."""
    return f"{file}, sheet '{name}'" if file else f"frame '{name}'"


def place_words(sheet: str, row: int, between: str = ", ") -> str:
    """A row of a sheet; 0 where nobody knows its number, as in a table that is read where it is."""
    return f"{sheet}{between}row {row}" if row else sheet


def counted_words(count: int, one: str, many: str = "") -> str:
    """A count with its noun: `1 row`, `3 rows`."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def shown_value(contract: Contract, metric: str, value: int) -> str:
    """A value of the evidence as people write it: 17, 91.5%, attended, yes."""
    match contract.metrics[metric]:
        case Event():
            return "yes" if value == 1 else "no"
        case Session(marks=words) | State(states=words):
            return words[value] if 0 <= value < len(words) else str(value)
        case Score() | Percentage() as measure:
            return shown_measure(measure, value)
        case Quantity(decimals=decimals):
            return f"{Decimal(value).scaleb(-decimals):f}"


def shown_measure(measure: Measure, value: int) -> str:
    """A measured value, or a difference of two, with the metric's decimals."""
    amount = Decimal(value).scaleb(-measure.decimals)
    return f"{amount:f}{'%' if isinstance(measure, Percentage) else ''}"


def shown_part(part: int, whole: int, bar: Fraction) -> str:
    """Part of a whole as a percentage, fine enough to be seen on the right side of the bar."""
    exact, decimals = Fraction(part, whole), 1
    while exact != bar and (round(exact * 100, decimals) >= bar * 100) != (exact > bar):
        decimals += 1
    return f"{float(round(exact * 100, decimals)):.{decimals}f}%"


def tell_measured(contract: Contract, leaf: Measured, looked: EvidenceUsed) -> ConditionText:
    """A leaf condition about events, sessions or measures in words, with what was found."""
    match leaf:
        case Observed():
            return _observed(leaf, looked)
        case Count():
            return _count(contract, leaf, looked)
        case Share():
            return _share(leaf, looked)
        case Level():
            return _level(contract, leaf, looked)
        case Improves():
            return _improves(contract, leaf, looked)
        case Crosses():
            return _crosses(contract, leaf, looked)


def _observed(leaf: Observed, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.observed), looked.windows[0]
    what, needed = f"{metric} in {window}", "a yes"
    if looked.on is not None:
        return ConditionText(
            what, needed, f"yes on {looked.on}", f"{metric} observed on {looked.on}, in {window}"
        )
    if looked.every:
        rows = counted_words(len(looked.every), "row")
        return ConditionText(
            what, needed, f"no ({rows})", f"{metric} answered no in {window} ({rows}), a yes needed"
        )
    return ConditionText(
        what, needed, "nothing recorded", f"nothing recorded of {metric} in {window}, a yes needed"
    )


def _count(contract: Contract, leaf: Count, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.count), looked.windows[0]
    needed = f"at least {leaf.at_least}"
    what = f"{metric}{f' marked {leaf.marked}' if leaf.marked else ''} in {window}"
    counted, every = len(looked.counted), len(looked.every)
    if not every:
        return ConditionText(
            what, needed, "nothing recorded", f"nothing recorded of {what}, {needed} needed"
        )
    if leaf.marked:
        sentence = f"{leaf.marked} {counted} of {every} scheduled {metric} sessions in {window}"
        return ConditionText(what, needed, f"{counted} of {every}", f"{sentence}, {needed} needed")
    term = contract.metrics[leaf.count]
    verb = "observed" if isinstance(term, Event) else "recorded"
    noes = f" ({every - counted} more said no)" if every > counted else ""
    sentence = f"{metric} {verb} {counted_words(counted, 'time')}{noes} in {window}"
    return ConditionText(what, needed, f"{counted}{noes}", f"{sentence}, {needed} needed")


def _share(leaf: Share, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.share), looked.windows[0]
    what, needed = (
        f"{metric} marked {leaf.marked} in {window}",
        f"at least {show_share(leaf.at_least)}",
    )
    counted, every = len(looked.counted), len(looked.every)
    if not every:
        return ConditionText(
            what,
            needed,
            "nothing recorded",
            f"nothing recorded of {metric} in {window}, {needed} needed",
        )
    part = shown_part(counted, every, leaf.at_least)
    sentence = f"{leaf.marked} {counted} of {every} scheduled {metric} sessions in {window}: {part}"
    return ConditionText(
        what, needed, f"{counted} of {every}: {part}", f"{sentence}, {needed} needed"
    )


def _level(contract: Contract, leaf: Level, looked: EvidenceUsed) -> ConditionText:
    metric, window, needed = plain(leaf.level), looked.windows[0], str(leaf.is_)
    what = f"{leaf.pick} {metric} in {window}"
    if looked.after is None:
        return ConditionText(
            what, needed, "nothing recorded", f"no {metric} recorded in {window}, {needed} needed"
        )
    found = _measured(contract, leaf.level, looked.after)
    if leaf.pick == "mean":
        found = _mean(contract, leaf, looked)
    return ConditionText(
        what, needed, found, f"{leaf.pick} {metric} in {window} was {found}, {needed} needed"
    )


def _mean(contract: Contract, leaf: Level, looked: EvidenceUsed) -> str:
    """The mean of the rows, fine enough to be seen on the right side of the bar."""
    measure = contract.metrics[leaf.level]
    assert isinstance(measure, Measure)
    total, rows = sum(row["value"] for row in looked.every), len(looked.every)
    exact, bar = Fraction(total, rows * 10**measure.decimals), Fraction(leaf.is_.bar)
    decimals = measure.decimals + 1
    while exact != bar and (round(exact, decimals) >= bar) != (exact > bar):
        decimals += 1
    sign = "%" if isinstance(measure, Percentage) else ""
    return f"{float(round(exact, decimals)):.{decimals}f}{sign} in {counted_words(rows, 'row')}"


def _improves(contract: Contract, leaf: Improves, looked: EvidenceUsed) -> ConditionText:
    measure = contract.metrics[leaf.improves]
    assert isinstance(measure, Measure)
    needed = f"better by at least {leaf.by} ({measure.better} is better)"
    what, found, sentence = _between(contract, leaf.improves, looked)
    if looked.before is not None and looked.after is not None:
        rise = looked.after["value"] - looked.before["value"]
        gain = rise if measure.better == "higher" else -rise
        side = "better by" if gain > 0 else "worse by"
        moved = f"{side} {shown_measure(measure, abs(gain))}" if gain else "unchanged"
        found, sentence = f"{found}, {moved}", f"{sentence}, {moved}"
    return ConditionText(what, needed, found, f"{sentence}, {needed} needed")


def _crosses(contract: Contract, leaf: Crosses, looked: EvidenceUsed) -> ConditionText:
    needed = f"from {leaf.from_} to {leaf.to}"
    what, found, sentence = _between(contract, leaf.crosses, looked)
    return ConditionText(what, needed, found, f"{sentence}, {needed} needed")


def _between(contract: Contract, name: str, looked: EvidenceUsed) -> tuple[str, str, str]:
    """What is compared, what was found, and the start of a sentence about it."""
    metric = plain(name)
    first, last = looked.windows
    what = f"{metric} from the first in {first} to the last in {last}"
    before, after = looked.before, looked.after
    was = "nothing recorded" if before is None else _measured(contract, name, before)
    is_ = "nothing recorded" if after is None else _measured(contract, name, after)
    found = f"{was}, then {is_}"
    if before is not None and after is not None:
        return what, found, f"{metric} went from {was} in {first} to {is_} in {last}"
    if before is None and after is None:
        return what, found, f"no {metric} recorded in {first}, nor in {last}"
    if before is None:
        return what, found, f"no {metric} recorded in {first}; {is_} in {last}"
    return what, found, f"{metric} was {was} in {first} and none is recorded in {last}"


def _measured(contract: Contract, metric: str, row: Row) -> str:
    return f"{shown_value(contract, metric, row['value'])} on {row['observed_on']}"
