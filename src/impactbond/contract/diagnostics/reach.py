"""Every condition of a contract with its place, and when it can be met."""

from __future__ import annotations

from datetime import date, timedelta

from impactbond.contract.contract import Contract
from impactbond.terms.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Leaf,
    Not,
    Share,
    Sustained,
    parts,
    windows_of,
)

Span = tuple[date, date]


def starts(contract: Contract) -> Span:
    """The first and the last day on which somebody may start; in the term if nothing is said."""
    return contract.participants.started or contract.calendar.term


def span_of(contract: Contract, condition: Condition, start: date) -> Span | None:
    """The first and last day on which a condition can be met by whoever started then.

    None where it never can.
    """
    match condition:
        case str():
            return span_of(contract, contract.conditions[condition], start)
        case All():
            every = [span_of(contract, part, start) for part in condition.all]
            return None if None in every else _latest([span for span in every if span])
        case AnyOf() | AtLeast():
            return _some(contract, condition, start)
        case Not():
            inside = span_of(contract, condition.not_, start)
            return None if inside is None else (inside[1], inside[1])
        case Absence():
            looked = span_of(contract, condition.shown_by, start)
            own = contract.windows[condition.window].days(start)[1]
            return None if looked is None else _latest([(own, own), looked])
        case leaf:
            return _of_leaf(contract, leaf, start)


def _latest(spans: list[Span]) -> Span:
    return max(first for first, _ in spans), max(last for _, last in spans)


def _some(contract: Contract, condition: AnyOf | AtLeast, start: date) -> Span | None:
    needed = condition.at_least if isinstance(condition, AtLeast) else 1
    every = [span_of(contract, part, start) for part in parts(condition)]
    spans = [span for span in every if span is not None]
    if len(spans) < needed:
        return None
    return sorted(first for first, _ in spans)[needed - 1], max(last for _, last in spans)


def _of_leaf(contract: Contract, leaf: Leaf, start: date) -> Span | None:
    windows = [contract.windows[name].days(start) for name in windows_of(leaf)]
    opens, closes = windows[-1]
    if any(last < first for first, last in windows):
        return None
    if isinstance(leaf, Share):
        return closes, closes
    if isinstance(leaf, Sustained):
        done = leaf.for_.after(opens) - timedelta(days=1)
        return None if done > closes else (done, closes)
    return opens, closes


def reach_of(contract: Contract, condition: Condition) -> Span | None:
    """The first and last day on which anybody who may start can meet a condition."""
    found = [span_of(contract, condition, start) for start in starts(contract)]
    spans = [span for span in found if span is not None]
    if not spans:
        return None
    return min(first for first, _ in spans), max(last for _, last in spans)


def in_term(contract: Contract, span: Span | None) -> bool:
    """Whether any day of a span lies in the term."""
    first, last = contract.calendar.term
    return span is not None and span[0] <= last and span[1] >= first
