"""Conditions compiled to columns: a state (met, not evidenced, not met) and the day it was met.

States are ordered, not met < not evidenced < met, so that *all* is a minimum and *any* a maximum:
three-valued logic in plain integers, the same in every engine.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import reduce
from typing import Any

import narwhals as nw

from impactbond.contract.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    Count,
    Crosses,
    Improves,
    Junction,
    Leaf,
    Level,
    Observed,
    Share,
    metric_of,
    parts,
    windows_of,
)
from impactbond.contract.contract import Contract
from impactbond.contract.metrics import Event, Percentage, Score, Session
from impactbond.contract.phrases import Threshold
from impactbond.evaluation.facts import NEVER, NO_FIRST, Fact, unpacked_day, unpacked_value

NOT_MET, NOT_EVIDENCED, MET = 0, 1, 2
# What stays beside the conditions.
CARRIED = ("claim", "participant", "ends_on", "known_by", "left_on")


@dataclass(frozen=True, slots=True)
class Node:
    """One condition as two columns: `state_<n>`, and `on_<n>`, NEVER unless met."""

    number: int
    level: int
    condition: Condition
    inputs: tuple[int, ...] = ()
    undated: bool = False

    @property
    def state(self) -> nw.Expr:
        """MET, NOT_EVIDENCED or NOT_MET."""
        return nw.col(f"state_{self.number}")

    @property
    def on(self) -> nw.Expr:
        """The day number on which it was met; NEVER where it was not."""
        return nw.col(f"on_{self.number}")


@dataclass
class Plan:
    """Everything to be computed for one contract: its facts, and its conditions in the order of
    their need.

    `roots` are the conditions of milestones and of eligibility; what only leads to them is dropped
    on the way. The day of an n-th row is costly to find, and is not looked for where it cannot
    matter: in *all* with a share of the same window, which is met on the window's last day. With
    `every_day` it is looked for everywhere, for somebody who asks.
    """

    contract: Contract
    metrics: tuple[str, ...]
    windows: tuple[str, ...]
    facts: list[Fact] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)
    every_day: bool = False
    _known: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def of(cls, contract: Contract, *, every_day: bool = False) -> Plan:
        """The plan of a contract, with the conditions of its milestones and of eligibility."""
        plan = cls(contract, tuple(contract.metrics), tuple(contract.windows), every_day=every_day)
        wanted = [milestone.when for milestone in contract.milestones.values()]
        if contract.participants.eligible is not None:
            wanted.append(contract.participants.eligible)
        for condition in wanted:
            root = plan.node(condition)
            if root not in plan.roots:
                plan.roots.append(root)
        return plan

    def node(self, condition: Condition, closing: frozenset[str] = frozenset()) -> Node:
        """The node of a condition; equal conditions share one.

        It may be undated where it is met with another on the last day of one of the windows
        `closing`.
        """
        if isinstance(condition, str):
            return self.node(self.contract.conditions[condition], closing)
        undated = isinstance(condition, Count) and condition.window in closing
        key = condition.model_dump_json(exclude={"clause"}) + ("undated" if undated else "")
        if key not in self._known:
            inputs: tuple[Node, ...] = ()
            if isinstance(condition, All | AnyOf | AtLeast):
                closing = self._closing(condition)
                inputs = tuple(self.node(part, closing) for part in parts(condition))
            else:
                leaf_columns(self, condition, undated)  # asks for the facts that it needs
                for window in windows_of(condition):
                    self.fact("recorded", metric_of(condition), window)
            node = Node(
                len(self.nodes),
                1 + max((part.level for part in inputs), default=-1),
                condition,
                tuple(part.number for part in inputs),
                undated,
            )
            self.nodes.append(node)
            self._known[key] = node
        return self._known[key]

    def _closing(self, junction: Junction) -> frozenset[str]:
        """The windows on whose last day a junction is met, when it is."""
        if self.every_day or not isinstance(junction, All):
            return frozenset()
        named = self.contract.conditions
        stated = [named[part] if isinstance(part, str) else part for part in junction.all]
        return frozenset(part.window for part in stated if isinstance(part, Share))

    def fact(
        self, kind: str, metric: str, window: str, value: int | None = None, nth: int = 0
    ) -> Fact:
        """The fact of that kind; equal facts are computed once."""
        fact = Fact(kind, self.metrics.index(metric), self.windows.index(window), value, nth)  # type: ignore[arg-type]
        if fact not in self.facts:
            self.facts.append(fact)
        return fact

    def leaves(self, node: Node) -> list[Leaf]:
        """The leaf conditions that a node comes down to."""
        if isinstance(node.condition, All | AnyOf | AtLeast):
            return [leaf for number in node.inputs for leaf in self.leaves(self.nodes[number])]
        assert not isinstance(node.condition, str)
        return [node.condition]

    def levels(self) -> list[list[Node]]:
        """The nodes by level: each needs only nodes of earlier levels."""
        depth = max((node.level for node in self.nodes), default=-1) + 1
        return [[node for node in self.nodes if node.level == level] for level in range(depth)]

    def weigh(self, facts: nw.LazyFrame[Any], *, keep_all: bool = False) -> nw.LazyFrame[Any]:
        """The frame of facts with the columns of the conditions in place of the facts: all of them,
        or the roots alone.
        """
        carried = list(CARRIED)
        carried += [f"{name}_{root.number}" for root in self.roots for name in ("due", "known")]
        dated = [column for root in self.roots for column in _root_columns(self, root)]
        frame = facts.with_columns(*dated) if dated else facts
        standing: list[Node] = []
        for level in self.levels():
            later = {
                number
                for node in self.nodes
                if node.level > level[0].level
                for number in node.inputs
            }
            kept = [
                node for node in standing if keep_all or node in self.roots or node.number in later
            ]
            names = [
                name for node in kept for name in (f"state_{node.number}", f"on_{node.number}")
            ]
            frame = frame.select(
                *carried,
                *names,
                *(column for node in level for column in self._columns(node)),
            )
            standing = kept + level
        return frame

    def _columns(self, node: Node) -> list[nw.Expr]:
        if isinstance(node.condition, All | AnyOf | AtLeast):
            state, on = _junction_columns(
                node.condition, [self.nodes[number] for number in node.inputs]
            )
        else:
            assert not isinstance(node.condition, str)
            state, on = leaf_columns(self, node.condition, node.undated)
        number = node.number
        return [
            state.cast(nw.Int64).alias(f"state_{number}"),
            on.cast(nw.Int64).alias(f"on_{number}"),
        ]


def _root_columns(plan: Plan, root: Node) -> list[nw.Expr]:
    """The last day on which a root can be met, and the day on which the latest row it looks at was
    recorded (0 for none).
    """
    leaves = plan.leaves(root)
    windows = dict.fromkeys(windows_of(leaf)[-1] for leaf in leaves)
    seen = dict.fromkeys(
        (metric_of(leaf), window) for leaf in leaves for window in windows_of(leaf)
    )
    due = nw.max_horizontal(*(_closes(plan, window) for window in windows))
    known = nw.max_horizontal(
        *(plan.fact("recorded", metric, window).column for metric, window in seen)
    )
    return [due.alias(f"due_{root.number}"), known.alias(f"known_{root.number}")]


def _closes(plan: Plan, window: str) -> nw.Expr:
    return nw.col(f"closes_{plan.windows.index(window)}")


def leaf_columns(plan: Plan, leaf: Leaf, undated: bool = False) -> tuple[nw.Expr, nw.Expr]:
    """State and day of a leaf condition, from facts; undated, the last day it can be met on."""
    match leaf:
        case Observed():
            state, on = _observed(plan, leaf)
        case Count():
            state, on = _count(plan, leaf, undated)
        case Share():
            state, on = _share(plan, leaf)
        case Level():
            state, on = _level(plan, leaf)
        case Improves():
            state, on = _improves(plan, leaf)
        case Crosses():
            state, on = _crosses(plan, leaf)
    return state, nw.when(state == MET).then(on).otherwise(nw.lit(NEVER))


def _state(met: nw.Expr, evidenced: nw.Expr) -> nw.Expr:
    unmet = nw.when(evidenced).then(nw.lit(NOT_MET)).otherwise(nw.lit(NOT_EVIDENCED))
    return nw.when(met).then(nw.lit(MET)).otherwise(unmet)


def _observed(plan: Plan, leaf: Observed) -> tuple[nw.Expr, nw.Expr]:
    rows = plan.fact("rows", leaf.observed, leaf.window).column
    first = plan.fact("first_day", leaf.observed, leaf.window, 1).column
    return _state(first < NEVER, rows > 0), first


def counted_value(plan: Plan, metric: str, marked: str | None) -> int | None:
    """Which value of the metric counts: yes for events, the mark's place for marked sessions,
    otherwise any.
    """
    term = plan.contract.metrics[metric]
    if isinstance(term, Event):
        return 1
    return term.marks.index(marked) if isinstance(term, Session) and marked is not None else None


def _count(plan: Plan, leaf: Count, undated: bool) -> tuple[nw.Expr, nw.Expr]:
    value = counted_value(plan, leaf.count, leaf.marked)
    rows = plan.fact("rows", leaf.count, leaf.window).column
    if undated:
        counted = plan.fact("rows", leaf.count, leaf.window, value).column
        return _state(counted >= leaf.at_least, rows > 0), _closes(plan, leaf.window)
    nth = plan.fact("nth_day", leaf.count, leaf.window, value, leaf.at_least).column
    return _state(nth < NEVER, rows > 0), nth


def _share(plan: Plan, leaf: Share) -> tuple[nw.Expr, nw.Expr]:
    every = plan.fact("rows", leaf.share, leaf.window).column
    marked = plan.fact(
        "rows", leaf.share, leaf.window, counted_value(plan, leaf.share, leaf.marked)
    ).column
    enough = marked * leaf.at_least.denominator >= every * leaf.at_least.numerator
    return _state((every > 0) & enough, every > 0), _closes(plan, leaf.window)


def _first(plan: Plan, metric: str, window: str) -> tuple[nw.Expr, nw.Expr]:
    pack = plan.fact("first", metric, window).column
    return pack, pack < NO_FIRST


def _last(plan: Plan, metric: str, window: str) -> tuple[nw.Expr, nw.Expr]:
    pack = plan.fact("last", metric, window).column
    return pack, pack >= 0


def _level(plan: Plan, leaf: Level) -> tuple[nw.Expr, nw.Expr]:
    pack, found = (_first if leaf.pick == "first" else _last)(plan, leaf.level, leaf.window)
    passes = _passes(unpacked_value(pack), leaf.is_, _measure(plan, leaf.level))
    return _state(found & passes, found), unpacked_day(pack)


def _improves(plan: Plan, leaf: Improves) -> tuple[nw.Expr, nw.Expr]:
    measure = _measure(plan, leaf.improves)
    before, had = _first(plan, leaf.improves, leaf.between[0])
    after, has = _last(plan, leaf.improves, leaf.between[1])
    rise = unpacked_value(after) - unpacked_value(before)
    gain = rise if measure.better == "higher" else 0 - rise
    return _state(had & has & (gain >= _fixed(leaf.by.size, measure)), had & has), unpacked_day(
        after
    )


def _crosses(plan: Plan, leaf: Crosses) -> tuple[nw.Expr, nw.Expr]:
    measure = _measure(plan, leaf.crosses)
    before, had = _first(plan, leaf.crosses, leaf.between[0])
    after, has = _last(plan, leaf.crosses, leaf.between[1])
    was = _state(had & _passes(unpacked_value(before), leaf.from_, measure), had)
    is_ = _state(has & _passes(unpacked_value(after), leaf.to, measure), has)
    return nw.min_horizontal(was, is_), nw.max_horizontal(unpacked_day(before), unpacked_day(after))


def _measure(plan: Plan, metric: str) -> Score | Percentage:
    term = plan.contract.metrics[metric]
    assert isinstance(term, Score | Percentage)
    return term


def _fixed(size: Decimal, measure: Score | Percentage) -> int:
    return int(size.scaleb(measure.decimals))


def _passes(value: nw.Expr, threshold: Threshold, measure: Score | Percentage) -> nw.Expr:
    bar = _fixed(threshold.bar, measure)
    match threshold.comparison:
        case "at least":
            return value >= bar
        case "at most":
            return value <= bar
        case "above":
            return value > bar
        case _:
            return value < bar


def _junction_columns(junction: Junction, inputs: list[Node]) -> tuple[nw.Expr, nw.Expr]:
    states = [node.state for node in inputs]
    days = [node.on for node in inputs]
    match junction:
        case All():
            return nw.min_horizontal(*states), nw.max_horizontal(*days)
        case AnyOf():
            return nw.max_horizontal(*states), nw.min_horizontal(*days)
        case AtLeast():
            return _at_least(junction.at_least, states, days)


def _at_least(wanted: int, states: list[nw.Expr], days: list[nw.Expr]) -> tuple[nw.Expr, nw.Expr]:
    met = _how_many([state == MET for state in states])
    possible = _how_many([state >= NOT_EVIDENCED for state in states])
    state = _state(met >= wanted, possible < wanted)
    reached = [
        nw.when(_how_many([other <= day for other in days]) >= wanted)
        .then(day)
        .otherwise(nw.lit(NEVER))
        for day in days
    ]
    return state, nw.min_horizontal(*reached)


def _how_many(tests: list[nw.Expr]) -> nw.Expr:
    counted = [nw.when(test).then(nw.lit(1)).otherwise(nw.lit(0)) for test in tests]
    return reduce(lambda left, right: left + right, counted)
