"""Whether the terms of a contract fit together: names that exist, shares that make a whole, windows
that can be met.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from itertools import chain

from impactbond.contract.check_money import check_money
from impactbond.contract.conditions import (
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
from impactbond.contract.delivery import (
    EACH_ROW,
    OBSERVATION_COLUMNS,
    PARTICIPANT_COLUMNS,
    REQUIRED_OBSERVATION_COLUMNS,
    REQUIRED_PARTICIPANT_COLUMNS,
)
from impactbond.contract.metrics import Event, Percentage, Score, Session
from impactbond.contract.phrases import Distance, Threshold
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault

Found = Iterator[tuple[Path, Fault]]


def check_terms(contract: Contract) -> list[tuple[Path, Fault]]:
    """Every fault of meaning, each with the path of the term it is in."""
    checks: list[Callable[[Contract], Found]] = [
        _check_dates,
        _check_participants,
        _check_metrics,
        _check_conditions,
        _check_prerequisites,
        check_money,
        _check_sheets,
    ]
    return list(chain.from_iterable(check(contract) for check in checks))


def unknown(kind: str, name: str, known: object) -> Fault:
    """A name that nothing in the contract has."""
    names = ", ".join(map(str, known)) if hasattr(known, "__iter__") else ""
    return Fault(
        code=f"unknown_{kind}",
        problem=f"there is no {kind} '{name}'",
        allowed=names or "none is defined",
    )


def _check_dates(contract: Contract) -> Found:
    first, last = contract.calendar.term
    if last < first:
        yield (
            ("calendar", "term"),
            Fault(code="term_reversed", problem="the term ends before it starts"),
        )
    if contract.version.effective_on > last:
        yield (
            ("version", "effective_on"),
            Fault(
                code="effective_after_term",
                problem="the version takes effect after the term has ended",
            ),
        )
    reference = first
    for name, window in contract.windows.items():
        opens, closes = window.days(reference)
        if closes < opens:
            yield (
                ("windows", name),
                Fault(code="window_reversed", problem=f"the window '{name}' ends before it starts"),
            )


def _check_participants(contract: Contract) -> Found:
    attributes = contract.participants.attributes
    for name, values in contract.participants.covered.items():
        path: Path = ("participants", "covered", name)
        if name not in attributes:
            yield path, unknown("attribute", name, attributes)
        elif isinstance(attributes[name], tuple):
            for value in values:
                if value not in attributes[name]:
                    yield (
                        path,
                        Fault(
                            code="unknown_value",
                            problem=f"'{value}' is not a value of the attribute '{name}'",
                            allowed=", ".join(attributes[name]),
                        ),
                    )
    for name, funder in contract.funders.items():
        if funder.each is not None and funder.each not in attributes:
            yield ("funders", name, "each"), unknown("attribute", funder.each, attributes)


def _check_metrics(contract: Contract) -> Found:
    for name, metric in contract.metrics.items():
        if isinstance(metric, Score | Percentage) and metric.range[0] >= metric.range[1]:
            yield (
                ("metrics", name, "range"),
                Fault(code="range_empty", problem="the range has no values"),
            )
        if isinstance(metric, Session) and len(set(metric.marks)) < len(metric.marks):
            yield (
                ("metrics", name, "marks"),
                Fault(code="mark_twice", problem="a mark is listed twice"),
            )


def _check_conditions(contract: Contract) -> Found:
    for name, condition in contract.conditions.items():
        yield from _walk(contract, condition, ("conditions", name), (name,))
    for name, milestone in contract.milestones.items():
        yield from _walk(contract, milestone.when, ("milestones", name, "when"), ())
    if contract.participants.eligible is not None:
        yield from _walk(contract, contract.participants.eligible, ("participants", "eligible"), ())


def _walk(contract: Contract, condition: Condition, path: Path, within: tuple[str, ...]) -> Found:
    if isinstance(condition, str):
        if condition not in contract.conditions:
            yield path, unknown("condition", condition, contract.conditions)
        elif condition in within:
            yield (
                path,
                Fault(
                    code="circular_condition",
                    problem=f"the condition '{condition}' refers to itself",
                ),
            )
        elif within:
            yield from _only_cycles(
                contract, contract.conditions[condition], path, (*within, condition)
            )
    elif isinstance(condition, All | AnyOf | AtLeast):
        if isinstance(condition, AtLeast) and condition.at_least > len(condition.of):
            yield (
                path,
                Fault(
                    code="cannot_be_met",
                    problem=f"at least {condition.at_least} of {len(condition.of)} is never met",
                ),
            )
        key = next(key for key in ("all", "any", "of") if hasattr(condition, key))
        for index, part in enumerate(parts(condition)):
            yield from _walk(contract, part, (*path, key, index), within)
    else:
        yield from _check_leaf(contract, condition, path)


def _only_cycles(
    contract: Contract, condition: Condition, path: Path, within: tuple[str, ...]
) -> Found:
    """Follow named conditions for circles alone: their other faults are told where they stand."""
    for location, fault in _walk(contract, condition, path, within):
        if fault.code == "circular_condition":
            yield location, fault


def _check_leaf(contract: Contract, leaf: Leaf, path: Path) -> Found:
    name = metric_of(leaf)
    metric = contract.metrics.get(name)
    for window in windows_of(leaf):
        if window not in contract.windows:
            yield path, unknown("window", window, contract.windows)
    if metric is None:
        yield path, unknown("metric", name, contract.metrics)
        return
    match leaf:
        case Observed():
            if not isinstance(metric, Event):
                yield path, _wrong_kind("observed", name, metric.kind, "an event")
        case Count() | Share():
            if leaf.marked is not None and not (
                isinstance(metric, Session) and leaf.marked in metric.marks
            ):
                marks = (
                    ", ".join(metric.marks)
                    if isinstance(metric, Session)
                    else "only sessions have marks"
                )
                yield (
                    path,
                    Fault(
                        code="unknown_mark",
                        problem=f"the metric '{name}' has no mark '{leaf.marked}'",
                        allowed=marks,
                    ),
                )
            if isinstance(leaf, Share) and leaf.at_least == 0:
                yield (
                    path,
                    Fault(code="always_met", problem="a share of at least nothing is always met"),
                )
        case Level() | Improves() | Crosses():
            if not isinstance(metric, Score | Percentage):
                yield (
                    path,
                    _wrong_kind(
                        leaf.model_fields_set.__iter__().__next__(), name, metric.kind, "a score"
                    ),
                )
                return
            yield from _check_bars(leaf, metric, path)


def _wrong_kind(condition: str, metric: str, kind: str, wanted: str) -> Fault:
    return Fault(
        code="wrong_metric_kind",
        problem=f"the metric '{metric}' is of kind {kind} and this condition needs {wanted}",
    )


def _check_bars(leaf: Level | Improves | Crosses, metric: Score | Percentage, path: Path) -> Found:
    bars: list[Threshold | Distance] = []
    match leaf:
        case Level():
            bars = [leaf.is_]
        case Crosses():
            bars = [leaf.from_, leaf.to]
        case Improves():
            bars = [leaf.by]
            if leaf.by.size <= 0:
                yield (
                    path,
                    Fault(
                        code="no_improvement",
                        problem="an improvement by nothing, or by less, is none",
                    ),
                )
    low, high = metric.range
    for bar in bars:
        size = bar.bar if isinstance(bar, Threshold) else bar.size
        if bar.percent and metric.kind != "percentage":
            yield (
                path,
                Fault(
                    code="percent_of_score",
                    problem=f"'{bar}' is a percentage and the metric is a score",
                ),
            )
        if size != round(size, metric.decimals):
            yield (
                path,
                Fault(
                    code="finer_than_metric",
                    problem=f"'{bar}' is finer than the metric's {metric.decimals} decimals",
                ),
            )
        if isinstance(bar, Threshold) and not _can_differ(bar, low, high):
            yield (
                path,
                Fault(
                    code="threshold_outside_range",
                    problem=f"'{bar}' is the same for every value of the metric",
                    allowed=f"a threshold between {low} and {high}",
                ),
            )
        if isinstance(bar, Distance) and size > high - low:
            yield (
                path,
                Fault(
                    code="cannot_be_met",
                    problem=f"an improvement by {bar} is wider than the metric's range",
                ),
            )


def _can_differ(bar: Threshold, low: Decimal, high: Decimal) -> bool:
    match bar.comparison:
        case "at least" | "below":
            return low < bar.bar <= high
        case _:
            return low <= bar.bar < high


def _check_prerequisites(contract: Contract) -> Found:
    for name, milestone in contract.milestones.items():
        path: Path = ("milestones", name, "after")
        for earlier in milestone.after:
            if earlier not in contract.milestones:
                yield path, unknown("milestone", earlier, contract.milestones)
        if _reaches(contract, name, name, set()):
            yield (
                path,
                Fault(
                    code="circular_prerequisite",
                    problem=f"the milestone '{name}' comes after itself",
                ),
            )


def _reaches(contract: Contract, name: str, target: str, seen: set[str]) -> bool:
    for earlier in contract.milestones[name].after:
        if earlier == target:
            return True
        if earlier in contract.milestones and earlier not in seen:
            seen.add(earlier)
            if _reaches(contract, earlier, target, seen):
                return True
    return False


def _check_sheets(contract: Contract) -> Found:
    holders = [name for name, sheet in contract.sheets.items() if sheet.holds == "participants"]
    if contract.sheets and len(holders) != 1:
        yield (
            ("sheets",),
            Fault(
                code="participants_sheet",
                problem="exactly one sheet must hold the participants",
                found=str(len(holders)),
            ),
        )
    delivered: set[str] = set()
    for name, sheet in contract.sheets.items():
        path: Path = ("sheets", name)
        is_people = sheet.holds == "participants"
        known = (
            PARTICIPANT_COLUMNS + tuple(contract.participants.attributes)
            if is_people
            else OBSERVATION_COLUMNS
        )
        required = (
            REQUIRED_PARTICIPANT_COLUMNS + tuple(contract.participants.attributes)
            if is_people
            else REQUIRED_OBSERVATION_COLUMNS
        )
        for column in sheet.columns:
            if column not in known:
                yield (*path, "columns", column), unknown("column", column, known)
        for column in required:
            if column not in sheet.columns:
                yield (
                    (*path, "columns"),
                    Fault(
                        code="column_not_mapped",
                        problem=f"the sheet '{name}' does not say which heading holds '{column}'",
                    ),
                )
        for metric, heading in sheet.metrics.items():
            delivered.add(metric)
            if metric not in contract.metrics:
                yield (*path, "metrics", metric), unknown("metric", metric, contract.metrics)
            elif heading == EACH_ROW and not isinstance(contract.metrics[metric], Event):
                yield (
                    (*path, "metrics", metric),
                    Fault(
                        code="each_row_needs_event",
                        problem=f"'{EACH_ROW}' is for events; '{metric}' is none",
                    ),
                )
    for metric in contract.metrics if contract.sheets else ():
        if metric not in delivered:
            yield (
                ("metrics", metric),
                Fault(
                    code="metric_not_delivered",
                    problem=f"no sheet delivers the metric '{metric}'",
                    hint="Add it to a sheet",
                ),
            )
