"""Whether conditions that look at evidence themselves can be weighed: at metrics that exist and are
of the right kind, in windows that exist, with bars that evidence can be on either side of.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.errors import Fault
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
    key_of,
    metrics_of,
    windows_of,
)
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    did_you_mean,
    listing,
    unknown,
)
from impactbond.terms.metrics import (
    Event,
    Metric,
    Percentage,
    Quantity,
    Score,
    Session,
    State,
    decimals_of,
)
from impactbond.terms.phrases import Distance, Threshold, Window

Looking = Leaf | Absence

# Measures are kept as integers; those that are compared must fit this many steps either side of 0.
_MOST_STEPS = 2**30
COUNTABLE: tuple[type[Metric], ...] = (Event, Session, Score, Percentage)
_NEEDED: dict[type[Looking], tuple[type[Metric], ...]] = {
    Observed: (Event,),
    Count: COUNTABLE,
    Share: (Session,),
    Total: (Quantity,),
    Stays: (State,),
    Sustained: (State,),
    Level: (Score, Percentage),
    Improves: (Score, Percentage),
    Crosses: (Score, Percentage),
    Travels: (Score, Percentage),
    Absence: (Event, Session),
}


def check_leaf(contract: Contract, leaf: Looking, path: Path) -> Diagnostics:
    """Every fault of a condition that looks at evidence itself."""
    is_pair = isinstance(leaf, Improves | Crosses | Travels)
    for index, window in enumerate(windows_of(leaf)):
        if window not in contract.windows:
            place: Path = (*path, "between", index) if is_pair else (*path, "in")
            yield Diagnostic(place, unknown("window", window, contract.windows), (("windows",),))
    key = key_of(leaf)
    for name in metrics_of(leaf):
        place = (*path, key, name) if isinstance(leaf, Travels) else (*path, key)
        faults = list(check_kind(contract, name, _NEEDED[type(leaf)], key, place))
        yield from faults
        if not faults:
            yield from _check_against(contract, leaf, name, path)


def check_kind(
    contract: Contract, name: str, kinds: tuple[type[Metric], ...], key: str, path: Path
) -> Diagnostics:
    """Whether a metric exists and is of a kind that is looked at in this way."""
    if name not in contract.metrics:
        yield Diagnostic(path, unknown("metric", name, contract.metrics), (("metrics",),))
        return
    metric = contract.metrics[name]
    if not isinstance(metric, kinds):
        wanted = [kind.__name__.lower() for kind in kinds]
        fault = Fault(
            code="wrong_metric_kind",
            problem=f"'{key}' cannot look at a metric of this kind",
            found=f"'{name}', of kind {metric.kind}",
            allowed=f"a metric of kind {' or '.join(wanted)}",
        )
        yield Diagnostic(path, fault, around(("metrics", name), ["kind"]))


def _check_against(contract: Contract, leaf: Looking, name: str, path: Path) -> Diagnostics:
    """The faults of a condition against the metric that it looks at, which is of the right kind."""
    metric, home = contract.metrics[name], ("metrics", name)
    match leaf:
        case Count() | Share() | Absence():
            yield from check_marked(contract, name, leaf.marked, (*path, "marked"))
            yield from _check_share(leaf, path)
        case Total():
            assert isinstance(metric, Quantity)
            yield from check_amount(metric, leaf.at_least, (*path, "at_least"), home)
        case Stays():
            yield from check_states(contract, name, leaf.is_, (*path, "is"), all_too=False)
        case Sustained():
            yield from check_states(contract, name, leaf.as_, (*path, "as"))
            yield from _check_lengths(contract, leaf, path)
        case Level() | Improves() | Crosses() | Travels():
            assert isinstance(metric, Score | Percentage)
            yield from _check_steps(metric, home)
            yield from _check_bars(leaf, name, metric, path)


def _check_share(leaf: Looking, path: Path) -> Diagnostics:
    if isinstance(leaf, Share) and leaf.at_least == 0:
        fault = Fault(
            code="always_met",
            problem="a share of at least nothing is always met",
            allowed="more than 0%",
        )
        yield Diagnostic((*path, "at_least"), fault)


def check_marked(contract: Contract, name: str, marked: str | None, path: Path) -> Diagnostics:
    """Whether a mark is one of the metric's."""
    metric, home = contract.metrics[name], ("metrics", name)
    marks = metric.marks if isinstance(metric, Session) else ()
    if marked is not None and marked not in marks:
        fault = Fault(
            code="unknown_mark",
            problem=f"the metric '{name}' has no mark '{marked}'",
            allowed=listing(marks) or "no mark: only sessions have any",
            hint=did_you_mean(marked, marks),
        )
        rests = (*around(home, ["kind"]), *around((*home, "marks"), range(len(marks))))
        yield Diagnostic(path, fault, rests)


def check_states(
    contract: Contract, name: str, states: Sequence[str], path: Path, *, all_too: bool = True
) -> Diagnostics:
    """Whether the states are some of the metric's; with all of them, where that tells nothing."""
    metric = contract.metrics[name]
    assert isinstance(metric, State)
    rests = around(("metrics", name, "states"), range(len(metric.states)))
    for index, state in enumerate(states):
        if state not in metric.states:
            fault = Fault(
                code="unknown_state",
                problem=f"the metric '{name}' has no state '{state}'",
                allowed=listing(metric.states),
                hint=did_you_mean(state, metric.states),
            )
            yield Diagnostic((*path, index) if len(states) > 1 else path, fault, rests)
    if not states:
        fault = Fault(code="no_state", problem="no state is named", allowed=listing(metric.states))
        yield Diagnostic(path, fault, rests)
    elif not all_too and set(metric.states) <= set(states):
        fault = Fault(
            code="always_met",
            problem="every state of the metric is named, and so whatever is recorded will do",
            hint="Leave out those that are not enough",
        )
        yield Diagnostic(path, fault, rests)


def check_amount(metric: Quantity, amount: Decimal, path: Path, home: Path) -> Diagnostics:
    """Whether an amount of a quantity is more than nothing and no finer than the metric."""
    rests = around(home, ["kind", "decimals"])
    if amount == 0:
        fault = Fault(
            code="always_met",
            problem="an amount of nothing is always reached",
            allowed="more than 0",
        )
        yield Diagnostic(path, fault)
    elif amount * 10**metric.decimals % 1:
        fault = Fault(
            code="finer_than_metric",
            problem=f"'{amount}' is finer than the metric",
            allowed=decimals_of(metric),
            hint="Round it, or give the metric more decimals",
        )
        yield Diagnostic(path, fault, rests)


def _check_lengths(contract: Contract, leaf: Sustained, path: Path) -> Diagnostics:
    first = contract.calendar.term[0]
    if leaf.for_.count == 0:
        fault = Fault(code="always_met", problem="no time at all is always over", allowed="1 day")
        yield Diagnostic((*path, "for"), fault)
    elif leaf.within is not None and leaf.within.after(first) < leaf.for_.after(first):
        fault = Fault(
            code="cannot_be_met",
            problem=f"{leaf.for_} do not fit within {leaf.within}",
            hint="Write a longer time under within, or leave it out",
        )
        yield Diagnostic((*path, "within"), fault, ((*path, "for"),))
    elif leaf.window in contract.windows:
        window = contract.windows[leaf.window]
        if all(_is_too_long(leaf.for_, window, contract, end) for end in (0, 1)):
            fault = Fault(
                code="cannot_be_met",
                problem=f"{leaf.for_} are longer than the window '{leaf.window}'",
                found=str(window),
                hint="Write a shorter time, or a longer window",
            )
            rests: tuple[Path, ...] = (("windows", leaf.window), ("calendar", "term"))
            yield Diagnostic((*path, "for"), fault, rests)


def _is_too_long(length: Span, window: Window, contract: Contract, end: int) -> bool:
    opens, closes = window.days(contract.calendar.term[end])
    return opens <= closes and (length.after(opens) - closes).days > 1


def _check_steps(metric: Score | Percentage, home: Path) -> Diagnostics:
    rests = (*around((*home, "range"), range(2)), (*home, "decimals"))
    if max(map(abs, metric.range)) * 10**metric.decimals >= _MOST_STEPS:
        fault = Fault(
            code="range_too_wide",
            problem="the range has more steps than can be compared",
            found=f"{metric.range[0]} to {metric.range[1]} with {metric.decimals} decimals",
            allowed=f"fewer than {_MOST_STEPS:,} steps either side of 0",
            hint="Write a narrower range, or fewer decimals",
        )
        yield Diagnostic((*home, "range"), fault, rests)


def _check_bars(
    leaf: Level | Improves | Crosses | Travels, name: str, metric: Score | Percentage, path: Path
) -> Diagnostics:
    bars: dict[Path, Threshold | Distance]
    match leaf:
        case Level():
            bars = {("is",): leaf.is_}
        case Crosses():
            bars = {("from",): leaf.from_, ("to",): leaf.to}
        case Improves():
            bars = {("by",): leaf.by}
        case Travels():
            bars = {("travels", name): leaf.travels[name]}
    home: Path = ("metrics", name)
    is_mean = isinstance(leaf, Level) and leaf.pick == "mean"
    for key, bar in bars.items() if metric.range[0] < metric.range[1] else ():
        faults = list(_faults_of_bar(bar, metric, is_mean=is_mean))
        if isinstance(leaf, Travels):
            faults += _faults_of_way(leaf.travels[name], metric)
        for fault in faults:
            rests = around((*home, "range"), range(2))
            yield Diagnostic(
                (*path, *key), fault, (*around(home, ["kind", "decimals", "better"]), *rests)
            )


def _faults_of_way(threshold: Threshold, metric: Score | Percentage) -> Iterator[Fault]:
    """A way leads to where the metric is better."""
    sides = ("at least", "above") if metric.better == "higher" else ("at most", "below")
    if threshold.comparison not in sides:
        yield Fault(
            code="wrong_way",
            problem=f"'{threshold}' is where the metric gets worse: {metric.better} is better",
            allowed=f"{sides[0]} or {sides[1]} a threshold",
        )


def _faults_of_bar(
    bar: Threshold | Distance, metric: Score | Percentage, *, is_mean: bool = False
) -> Iterator[Fault]:
    low, high = metric.range
    size = bar.bar if isinstance(bar, Threshold) else bar.size
    if bar.percent and metric.kind != "percentage":
        yield Fault(
            code="percent_of_score",
            problem=f"'{bar}' is a percentage and the metric is a score",
            hint="Write it without the %",
        )
    if size * 10**metric.decimals % 1 and not is_mean:
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
