"""Conditions about totals, states, time and ways in plain words, with what was found."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from math import floor

from impactbond.contract.contract import Contract
from impactbond.explanation.words import (
    ConditionText,
    EvidenceUsed,
    Row,
    counted_words,
    plain,
    shown_measure,
    shown_value,
    tell_measured,
)
from impactbond.money import show_share
from impactbond.terms.conditions import (
    Absence,
    Leaf,
    Stays,
    Sustained,
    Total,
    Travels,
)
from impactbond.terms.metrics import Measure, Quantity, State

_ONE_DAY = timedelta(days=1)


def tell(contract: Contract, leaf: Leaf, looked: EvidenceUsed) -> ConditionText:
    """A leaf condition in words, with what was found."""
    match leaf:
        case Total():
            return _total(contract, leaf, looked)
        case Stays():
            return _stays(contract, leaf, looked)
        case Sustained():
            return _sustained(contract, leaf, looked)
        case Travels():
            return _travels(contract, leaf, looked)
        case _:
            return tell_measured(contract, leaf, looked)


def tell_absence(leaf: Absence, looked: EvidenceUsed, shown: str) -> ConditionText:
    """An absence in words: how often it happened, and what shows that somebody looked."""
    marked = f" marked {leaf.marked}" if leaf.marked else ""
    what = f"{plain(leaf.absence)}{marked} in {looked.windows[0]}"
    times = counted_words(len(looked.counted), "time")
    needed = f"no more than {counted_words(leaf.allowing, 'time')}, and somebody who looked"
    looking = {
        "met": "somebody looked",
        "not met": "what would show that somebody looked is not met",
    }
    told = looking.get(shown, "nothing shows that somebody looked")
    found = f"{plain(leaf.absence)} recorded {times}; {told}"
    sentence = f"{what} recorded {times}, no more than {leaf.allowing} allowed; {told}"
    return ConditionText(what, needed, found, sentence)


def _total(contract: Contract, leaf: Total, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.total), looked.windows[0]
    term = contract.metrics[leaf.total]
    assert isinstance(term, Quantity)
    unit = f" {term.unit}" if term.unit else ""
    needed = f"at least {leaf.at_least:,f}{unit}"
    what = f"total {metric} in {window}"
    if not looked.every:
        return _nothing(what, metric, window, needed)
    total = Decimal(sum(row["value"] for row in looked.every)).scaleb(-term.decimals)
    found = f"{total:,f}{unit} in {counted_words(len(looked.every), 'row')}"
    reached = f", reached on {looked.on}" if looked.on is not None else ""
    return ConditionText(
        what, needed, found + reached, f"{what} was {found}{reached}, {needed} needed"
    )


def _stays(contract: Contract, leaf: Stays, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.state), looked.windows[0]
    what, needed = f"{leaf.pick} {metric} in {window}", " or ".join(leaf.is_)
    if looked.after is None:
        return _nothing(what, metric, window, needed)
    state = shown_value(contract, leaf.state, looked.after["value"])
    found = f"{state} on {looked.after['observed_on']}"
    return ConditionText(what, needed, found, f"{what} was {found}, {needed} needed")


def _sustained(contract: Contract, leaf: Sustained, looked: EvidenceUsed) -> ConditionText:
    metric, window = plain(leaf.sustained), looked.windows[0]
    within = f" within {leaf.within}" if leaf.within else " without a break"
    needed = f"{leaf.for_}{within}"
    what = f"{metric} {' or '.join(leaf.as_)} in {window}"
    if not looked.every:
        return _nothing(what, metric, window, needed)
    parts = stretches_of(contract, leaf, looked.every, looked.days)
    days = [(last - first).days + 1 for first, last in parts]
    told = "; ".join(f"{first} through {last}" for first, last in parts) or "no day"
    found = (
        f"{told} ({counted_words(sum(days), 'day')}, the longest stretch {max(days, default=0)})"
    )
    reached = f", complete on {looked.on}" if looked.on is not None else ""
    return ConditionText(
        what, needed, found + reached, f"{what}: {found}{reached}, {needed} needed"
    )


def stretches_of(
    contract: Contract, leaf: Sustained, rows: Sequence[Row], window: tuple[date, date]
) -> list[tuple[date, date]]:
    """First and last day of each stretch in the states, in the window, from the rows in order."""
    term = contract.metrics[leaf.sustained]
    assert isinstance(term, State)
    held = {row["observed_on"]: term.states[row["value"]] for row in rows}
    days = sorted(held)
    ends = [*(day - _ONE_DAY for day in days[1:]), *days[-1:]]
    found: list[tuple[date, date]] = []
    for first, last in zip(days, ends, strict=True):
        start, end = max(first, window[0]), min(last, window[1])
        if held[first] not in leaf.as_ or start > end:
            continue
        if found and found[-1][1] + _ONE_DAY == start:
            found[-1] = (found[-1][0], end)
        else:
            found.append((start, end))
    return found


def _travels(contract: Contract, leaf: Travels, looked: EvidenceUsed) -> ConditionText:
    first, last = looked.windows
    needed = f"on average at least {show_share(leaf.at_least)} of the way"
    what = f"the ways from the first in {first} to the last in {last}"
    told, progress, unknown = [], [], False
    for metric, (before, after) in looked.pairs.items():
        text, part = _way(contract, leaf, metric, before, after)
        told.append(text)
        progress += [] if part is None else [part]
        unknown |= before is None or (after is None and "no way to go" not in text)
    found = "; ".join(told)
    if progress and not unknown:
        mean = Fraction(sum(progress), len(progress) * 100)
        found += f"; on average {float(mean):.2f}%"
    return ConditionText(what, needed, found, f"{found}, {needed} needed")


def _way(
    contract: Contract, leaf: Travels, metric: str, before: Row | None, after: Row | None
) -> tuple[str, int | None]:
    """What was gone of the way of one measure, in words and in hundredths of a per cent."""
    term, threshold, name = contract.metrics[metric], leaf.travels[metric], plain(metric)
    assert isinstance(term, Measure)
    if before is None:
        return f"no first {name} recorded", None
    was = f"{name} {shown_measure(term, before['value'])} on {before['observed_on']}"
    sign = 1 if term.better == "higher" else -1
    way = (int(threshold.bar.scaleb(term.decimals)) - before["value"]) * sign
    if way <= 0:
        return f"{was}, no way to go to {threshold}", None
    if after is None:
        return f"{was}, and none recorded later", None
    part = floor(Fraction((after["value"] - before["value"]) * sign * 10_000, way))
    is_ = f"{shown_measure(term, after['value'])} on {after['observed_on']}"
    return f"{was} to {is_}, {part / 100:.2f}% of the way to {threshold}", part


def _nothing(what: str, metric: str, window: str, needed: str) -> ConditionText:
    sentence = f"nothing recorded of {metric} in {window}, {needed} needed"
    return ConditionText(what, needed, "nothing recorded", sentence)
