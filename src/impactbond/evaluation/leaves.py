"""Leaves: conditions that look at evidence themselves, from facts."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from functools import reduce
from typing import NamedTuple

import narwhals as nw

from impactbond.evaluation.fact_requests import FactRequests, counted_value
from impactbond.evaluation.facts import (
    NEVER,
    Fact,
    FactKind,
    largest,
)
from impactbond.evaluation.stays import Stay
from impactbond.terms.conditions import (
    Absence,
    Count,
    Crosses,
    Improves,
    Leaf,
    Level,
    Observed,
    Share,
    Stays,
    Sustained,
    Total,
    Travels,
    metrics_of,
    windows_of,
)
from impactbond.terms.metrics import Percentage, Quantity, Score
from impactbond.terms.phrases import Threshold

WHOLE_WAY = 10_000  # distances travelled count in hundredths of a per cent


class Met(NamedTuple):
    """What facts say of a condition: whether it is met, on which day if it is, and whether there is
    evidence that decides it if it is not; None where nobody needs to know.
    """

    met: nw.Expr
    decided: nw.Expr | None
    day: nw.Expr


def find_leaf(wanted: FactRequests, leaf: Leaf, undated: bool = False) -> Met:
    """What facts say of a leaf condition; undated, with the last day it can be met on."""
    match leaf:
        case Observed():
            return _observed(wanted, leaf)
        case Count():
            return _count(wanted, leaf, undated)
        case Share():
            return _share(wanted, leaf)
        case Total():
            return _total(wanted, leaf)
        case Level():
            return _level(wanted, leaf)
        case Improves():
            return _improves(wanted, leaf)
        case Crosses():
            return _crosses(wanted, leaf)
        case Travels():
            return _travels(wanted, leaf)
        case Stays():
            return _stays(wanted, leaf)
        case Sustained():
            return _sustained(wanted, leaf)


def known_columns(wanted: FactRequests, leaf: Leaf | Absence) -> list[nw.Expr]:
    """The latest days on which what a condition itself looks at was recorded; 0 for none."""
    if isinstance(leaf, Sustained):
        return [nw.col(stay_of(wanted, leaf).recorded)]
    return [
        wanted.fact("recorded", metric, window).column
        for metric in metrics_of(leaf)
        for window in windows_of(leaf)
    ]


def _observed(wanted: FactRequests, leaf: Observed) -> Met:
    rows = wanted.any_rows(leaf.observed, leaf.window)
    first = wanted.fact("first_day", leaf.observed, leaf.window, 1).column
    return Met(first < NEVER, rows, first)


def _count(wanted: FactRequests, leaf: Count, undated: bool) -> Met:
    value = counted_value(wanted.contract, leaf.count, leaf.marked)
    rows = wanted.any_rows(leaf.count, leaf.window)
    if undated:
        counted = wanted.fact("rows", leaf.count, leaf.window, value).column
        return Met(counted >= leaf.at_least, rows, wanted.closes(leaf.window))
    nth = wanted.fact("nth_day", leaf.count, leaf.window, value, leaf.at_least).column
    return Met(nth < NEVER, rows, nth)


def _share(wanted: FactRequests, leaf: Share) -> Met:
    value = counted_value(wanted.contract, leaf.share, leaf.marked)
    every = wanted.fact("rows", leaf.share, leaf.window).column
    marked = wanted.fact("rows", leaf.share, leaf.window, value).column
    enough = marked * leaf.at_least.denominator >= every * leaf.at_least.numerator
    return Met((every > 0) & enough, every > 0, wanted.closes(leaf.window))


def _total(wanted: FactRequests, leaf: Total) -> Met:
    term = wanted.contract.metrics[leaf.total]
    assert isinstance(term, Quantity)
    enough = int(leaf.at_least.scaleb(term.decimals))
    rows = wanted.any_rows(leaf.total, leaf.window)
    day = wanted.fact("total_day", leaf.total, leaf.window, None, enough).column
    return Met(day < NEVER, rows, day)


def _picked(wanted: FactRequests, kind: FactKind, metric: str, window: str) -> tuple[Fact, nw.Expr]:
    """A fact that picks one row, and whether there was one."""
    fact = wanted.fact(kind, metric, window)
    return fact, fact.column != fact.missing


def _level(wanted: FactRequests, leaf: Level) -> Met:
    measure = wanted.measure(leaf.level)
    match leaf.pick:
        case "mean":
            return _mean(wanted, leaf, measure)
        case "best":
            highest = measure.better == "higher"
            kind: FactKind = "highest" if highest else "lowest"
        case pick:
            kind = pick
    row, found = _picked(wanted, kind, leaf.level, leaf.window)
    passes = _passes(row.value_of_row, leaf.is_, measure)
    return Met(found & passes, found, row.day_of_row)


def _mean(wanted: FactRequests, leaf: Level, measure: Score | Percentage) -> Met:
    """The mean compared as sum against count, so that nothing is divided."""
    rows = wanted.fact("rows", leaf.level, leaf.window).column
    total = wanted.fact("sum", leaf.level, leaf.window).column
    last = wanted.fact("last", leaf.level, leaf.window)
    bar = Fraction(leaf.is_.bar) * 10**measure.decimals
    passes = _compared(total * bar.denominator, leaf.is_.comparison, rows * bar.numerator)
    return Met((rows > 0) & passes, rows > 0, last.day_of_row)


def _improves(wanted: FactRequests, leaf: Improves) -> Met:
    measure = wanted.measure(leaf.improves)
    before, had = _picked(wanted, "first", leaf.improves, leaf.between[0])
    after, has = _picked(wanted, "last", leaf.improves, leaf.between[1])
    rise = after.value_of_row - before.value_of_row
    gain = rise if measure.better == "higher" else 0 - rise
    enough = gain >= _fixed(leaf.by.size, measure)
    return Met(had & has & enough, had & has, after.day_of_row)


def _crosses(wanted: FactRequests, leaf: Crosses) -> Met:
    measure = wanted.measure(leaf.crosses)
    before, had = _picked(wanted, "first", leaf.crosses, leaf.between[0])
    after, has = _picked(wanted, "last", leaf.crosses, leaf.between[1])
    was = _passes(before.value_of_row, leaf.from_, measure)
    is_ = _passes(after.value_of_row, leaf.to, measure)
    # Either end alone can rule a crossing out.
    decided = (had & has) | (had & ~was) | (has & ~is_)
    day = nw.max_horizontal(before.day_of_row, after.day_of_row)
    return Met(had & was & has & is_, decided, day)


def _travels(wanted: FactRequests, leaf: Travels) -> Met:
    """The mean of the progress of those that have a way to go, compared as a sum."""
    evidenced, ways, progress, days = [], [], [], []
    for metric, threshold in leaf.travels.items():
        measure = wanted.measure(metric)
        before, had = _picked(wanted, "first", metric, leaf.between[0])
        after, has = _picked(wanted, "last", metric, leaf.between[1])
        sign, first = 1 if measure.better == "higher" else -1, before.value_of_row
        way = (_fixed(threshold.bar, measure) - first) * sign
        has_way = had & (way > 0)
        done = (after.value_of_row - first) * sign
        travelled = has_way & has
        evidenced.append(had & (has | ~has_way))
        ways.append(_one(has_way))
        part = _floor(done * WHOLE_WAY, nw.max_horizontal(way, nw.lit(1)))
        progress.append(nw.when(travelled).then(part).otherwise(nw.lit(0)))
        days.append(nw.when(travelled).then(after.day_of_row).otherwise(nw.lit(0)))
    share = leaf.at_least
    many, far = _sum(ways), _sum(progress)
    enough = far * share.denominator >= many * (share.numerator * WHOLE_WAY)
    known = nw.all_horizontal(*evidenced, ignore_nulls=False)
    return Met(known & (many > 0) & enough, known, largest(*days))


def _floor(part: nw.Expr, whole: nw.Expr) -> nw.Expr:
    """Rounded down below nothing too, where engines differ."""
    return nw.when(part >= 0).then(part // whole).otherwise(0 - ((0 - part + whole - 1) // whole))


def _one(test: nw.Expr) -> nw.Expr:
    return nw.when(test).then(nw.lit(1)).otherwise(nw.lit(0))


def _sum(columns: list[nw.Expr]) -> nw.Expr:
    return reduce(lambda left, right: left + right, columns)


def _stays(wanted: FactRequests, leaf: Stays) -> Met:
    kind: FactKind = "first_held" if leaf.pick == "first" else "last"
    row, found = _picked(wanted, kind, leaf.state, leaf.window)
    is_one = row.value_of_row.is_in(list(wanted.places_of(leaf.state, leaf.is_)))
    return Met(found & is_one, found, row.day_of_row)


def stay_of(wanted: FactRequests, leaf: Sustained) -> Stay:
    """The stay that a sustained condition asks for."""
    return wanted.stay(leaf.sustained, leaf.window, leaf.as_, leaf.for_, leaf.within)


def _sustained(wanted: FactRequests, leaf: Sustained) -> Met:
    stay = stay_of(wanted, leaf)
    day = nw.col(stay.day)
    return Met(day < NEVER, nw.col(stay.seen) > 0, day)


def _fixed(size: Decimal, measure: Score | Percentage) -> int:
    return int(size.scaleb(measure.decimals))


def _passes(value: nw.Expr, threshold: Threshold, measure: Score | Percentage) -> nw.Expr:
    return _compared(value, threshold.comparison, nw.lit(_fixed(threshold.bar, measure)))


def _compared(value: nw.Expr, comparison: str, bar: nw.Expr) -> nw.Expr:
    match comparison:
        case "at least":
            return value >= bar
        case "at most":
            return value <= bar
        case "above":
            return value > bar
        case _:
            return value < bar
