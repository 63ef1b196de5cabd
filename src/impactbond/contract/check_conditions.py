"""Whether conditions can be weighed: they look at metrics that exist, in windows that exist, with
bars that a measure can be on either side of.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impactbond.contract.conditions import (
    KINDS,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Count,
    Crosses,
    Improves,
    Leaf,
    Level,
    Observed,
    Share,
    metric_of,
    parts,
    windows_of,
)
from impactbond.contract.contract import Contract
from impactbond.contract.findings import (
    Finding,
    Found,
    around,
    circles,
    did_you_mean,
    listing,
    unknown,
)
from impactbond.contract.metrics import Event, Metric, Percentage, Score, Session, decimals_of
from impactbond.contract.phrases import Distance, Threshold
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault

# Measures are kept as integers; those that are compared must fit this many steps either side of 0.
_MOST_STEPS = 2**30
_NEEDED: dict[type[Leaf], tuple[type[Metric], ...]] = {
    Observed: (Event,),
    Count: (Event, Session, Score, Percentage),
    Share: (Session,),
    Level: (Score, Percentage),
    Improves: (Score, Percentage),
    Crosses: (Score, Percentage),
}


def check_conditions(contract: Contract) -> Found:
    """Every fault of the conditions, named or written where they are needed."""
    for path, part in _every_part(contract):
        if isinstance(part, str):
            if part not in contract.conditions:
                fault = unknown("condition", part, contract.conditions)
                yield Finding(path, fault, (("conditions",),))
        elif isinstance(part, AtLeast):
            if part.at_least > len(part.of):
                fault = Fault(
                    code="cannot_be_met",
                    problem=f"at least {part.at_least} of {len(part.of)} is never met",
                    allowed=f"a whole number from 1 to {len(part.of)}",
                )
                yield Finding((*path, "at_least"), fault, ((*path, "of"),))
            yield from _counted_twice(path, part)
        elif not isinstance(part, All | AnyOf):
            yield from _check_leaf(contract, part, path)
    yield from _check_circles(contract)


def _counted_twice(path: Path, junction: AtLeast) -> Found:
    """A part that stands twice would be counted twice, and one outcome paid as two."""
    seen: set[str] = set()
    for index, part in enumerate(junction.of):
        key = part if isinstance(part, str) else part.model_dump_json(exclude={"clause"})
        if key in seen:
            fault = Fault(
                code="counted_twice",
                problem="the same condition stands twice and would count as two",
                hint="Keep it once",
            )
            yield Finding((*path, "of", index), fault)
        seen.add(key)


def _every_part(contract: Contract) -> Iterator[tuple[Path, Condition]]:
    """Every condition and every part of one, each where it is written."""
    for name, condition in contract.conditions.items():
        yield from _parts_of(("conditions", name), condition)
    for name, milestone in contract.milestones.items():
        yield from _parts_of(("milestones", name, "when"), milestone.when)
    if contract.participants.eligible is not None:
        yield from _parts_of(("participants", "eligible"), contract.participants.eligible)


def _parts_of(path: Path, condition: Condition) -> Iterator[tuple[Path, Condition]]:
    yield path, condition
    if isinstance(condition, All | AnyOf | AtLeast):
        for index, part in enumerate(parts(condition)):
            yield from _parts_of((*path, _key_of(condition), index), part)


def _key_of(condition: Leaf | All | AnyOf | AtLeast) -> str:
    return next(key for key, kind in KINDS.items() if isinstance(condition, kind))


def _check_circles(contract: Contract) -> Found:
    named = {
        name: {
            part: path
            for path, part in _parts_of(("conditions", name), condition)
            if isinstance(part, str)
        }
        for name, condition in contract.conditions.items()
    }
    for circle in circles({name: list(inside) for name, inside in named.items()}):
        fault = Fault(
            code="circular_condition",
            problem=f"the condition '{circle[-1]}' refers to itself",
            found=" needs ".join(map(repr, circle)),
            hint="Take one of these references out",
        )
        yield Finding(named[circle[-2]][circle[-1]], fault)


def _check_leaf(contract: Contract, leaf: Leaf, path: Path) -> Found:
    is_pair = isinstance(leaf, Improves | Crosses)
    for index, window in enumerate(windows_of(leaf)):
        if window not in contract.windows:
            place: Path = (*path, "between", index) if is_pair else (*path, "in")
            yield Finding(place, unknown("window", window, contract.windows), (("windows",),))
    name, key = metric_of(leaf), _key_of(leaf)
    if name not in contract.metrics:
        fault = unknown("metric", name, contract.metrics)
        yield Finding((*path, key), fault, (("metrics",),))
        return
    metric, home = contract.metrics[name], ("metrics", name)
    if not isinstance(metric, _NEEDED[type(leaf)]):
        wanted = [kind.__name__.lower() for kind in _NEEDED[type(leaf)]]
        fault = Fault(
            code="wrong_metric_kind",
            problem=f"'{key}' cannot look at a metric of this kind",
            found=f"'{name}', of kind {metric.kind}",
            allowed=f"a metric of kind {' or '.join(wanted)}",
        )
        yield Finding((*path, key), fault, around(home, ["kind"]))
        return
    if isinstance(leaf, Count | Share):
        yield from _check_marked(leaf, name, metric, path)
    elif isinstance(leaf, Level | Improves | Crosses) and isinstance(metric, Score | Percentage):
        yield from _check_steps(metric, home)
        yield from _check_bars(leaf, metric, path, home)


def _check_marked(leaf: Count | Share, name: str, metric: Metric, path: Path) -> Found:
    marks = metric.marks if isinstance(metric, Session) else ()
    home: Path = ("metrics", name)
    if leaf.marked is not None and leaf.marked not in marks:
        fault = Fault(
            code="unknown_mark",
            problem=f"the metric '{name}' has no mark '{leaf.marked}'",
            allowed=listing(marks) or "no mark: only sessions have any",
            hint=did_you_mean(leaf.marked, marks),
        )
        rests = (*around(home, ["kind"]), *around((*home, "marks"), range(len(marks))))
        yield Finding((*path, "marked"), fault, rests)
    if isinstance(leaf, Share) and leaf.at_least == 0:
        fault = Fault(
            code="always_met",
            problem="a share of at least nothing is always met",
            allowed="more than 0%",
        )
        yield Finding((*path, "at_least"), fault)


def _check_steps(metric: Score | Percentage, home: Path) -> Found:
    rests = (*around((*home, "range"), range(2)), (*home, "decimals"))
    if max(map(abs, metric.range)) * 10**metric.decimals >= _MOST_STEPS:
        fault = Fault(
            code="range_too_wide",
            problem="the range has more steps than can be compared",
            found=f"{metric.range[0]} to {metric.range[1]} with {metric.decimals} decimals",
            allowed=f"fewer than {_MOST_STEPS:,} steps either side of 0",
            hint="Write a narrower range, or fewer decimals",
        )
        yield Finding((*home, "range"), fault, rests)


def _check_bars(
    leaf: Level | Improves | Crosses, metric: Score | Percentage, path: Path, home: Path
) -> Found:
    bars: dict[str, Threshold | Distance]
    match leaf:
        case Level():
            bars = {"is": leaf.is_}
        case Crosses():
            bars = {"from": leaf.from_, "to": leaf.to}
        case Improves():
            bars = {"by": leaf.by}
    for key, bar in bars.items() if metric.range[0] < metric.range[1] else ():
        for fault in _faults_of_bar(bar, metric):
            rests = around((*home, "range"), range(2))
            yield Finding(
                (*path, key), fault, (*around(home, ["kind", "decimals", "better"]), *rests)
            )


def _faults_of_bar(bar: Threshold | Distance, metric: Score | Percentage) -> Iterator[Fault]:
    low, high = metric.range
    size = bar.bar if isinstance(bar, Threshold) else bar.size
    if bar.percent and metric.kind != "percentage":
        yield Fault(
            code="percent_of_score",
            problem=f"'{bar}' is a percentage and the metric is a score",
            hint="Write it without the %",
        )
    if size * 10**metric.decimals % 1:
        yield Fault(
            code="finer_than_metric",
            problem=f"'{bar}' is finer than the metric",
            allowed=decimals_of(metric),
            hint="Round it, or give the metric more decimals",
        )
    if isinstance(bar, Threshold) and not _can_differ(bar, low, high):
        yield Fault(
            code="threshold_outside_range",
            problem=f"'{bar}' is the same for every value of the metric",
            allowed=f"a threshold within the range, {low} to {high}",
        )
    if isinstance(bar, Distance) and not 0 < size <= high - low:
        yield Fault(
            code="cannot_be_met" if size > 0 else "no_improvement",
            problem=f"an improvement by {bar} is wider than the metric's range"
            if size > 0
            else "an improvement by nothing, or by less, is none",
            allowed=f"more than 0 and at most {high - low}",
        )


def _can_differ(bar: Threshold, low: Decimal, high: Decimal) -> bool:
    match bar.comparison:
        case "at least" | "below":
            return low < bar.bar <= high
        case _:
            return low <= bar.bar < high
