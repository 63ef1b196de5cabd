"""Conditions compiled to columns: the day each was met and, where reasons are asked for, its state
(met, not evidenced, not met).

A day that never comes is later than every other, so that *all* is met on the latest day of its
parts and *any* on the earliest. States are ordered, not met < not evidenced < met, so that *all* is
a minimum and *any* a maximum: three-valued logic in plain integers, the same in every engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import reduce
from itertools import combinations
from math import comb
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.contract.walk import every_condition
from impactbond.evaluation.fact_requests import FactRequests, counted_value
from impactbond.evaluation.facts import NEVER, largest, smallest
from impactbond.evaluation.leaves import Met, find_leaf, known_columns
from impactbond.terms.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Count,
    Junction,
    Leaf,
    Not,
    Share,
    parts,
    windows_of,
)

NOT_MET, NOT_EVIDENCED, MET = 0, 1, 2
# What stays beside the conditions.
CARRIED = ("claim", "participant", "ends_on", "known_by", "left_on")
# Up to so many ways to choose n of m days, each is written out to find the n-th day.
MOST_CHOICES = 64


@dataclass(frozen=True, slots=True)
class Node:
    """One condition as columns: `on_<n>`, NEVER unless met, and `state_<n>` where the plan has
    states.
    """

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
class EvaluationPlan(FactRequests):
    """Everything to be computed for one contract: its facts, and its conditions in the order of
    their need.

    `roots` are the conditions of milestones and of eligibility; what only leads to them is dropped
    on the way. The day of an n-th row is costly to find, and is not looked for where it cannot
    matter: in *all* with a share of the same window, which is met on the window's last day. With
    `every_day` it is looked for everywhere, for somebody who asks. Without `reasons` only whether
    and when a milestone was achieved is found, which is all that claims need.
    """

    nodes: list[Node] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)
    every_day: bool = False
    reasons: bool = True
    _known: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def of(
        cls, contract: Contract, *, every_day: bool = False, reasons: bool = True
    ) -> EvaluationPlan:
        """The plan of a contract, with the conditions of its milestones and of eligibility."""
        # What is not met makes a *not* met, and what is not evidenced does not.
        has_not = any(isinstance(one, Not) for _, one in every_condition(contract))
        plan = cls(
            contract,
            tuple(contract.metrics),
            tuple(contract.windows),
            evidenced=reasons or has_not,
            every_day=every_day,
            reasons=reasons,
        )
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
            if isinstance(condition, Junction):
                closing = self._closing(condition)
                inputs = tuple(self.node(part, closing) for part in parts(condition))
            else:
                find_leaf(self, condition, undated)  # asks for the facts that it needs
            if self.reasons and isinstance(condition, Leaf | Absence):
                known_columns(self, condition)
            if isinstance(condition, Absence):
                self.often(condition)
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
        if not self.every_day and isinstance(junction, Absence):
            return frozenset([junction.window])
        if self.every_day or not isinstance(junction, All):
            return frozenset()
        named = self.contract.conditions
        stated = [named[part] if isinstance(part, str) else part for part in junction.all]
        return frozenset(part.window for part in stated if isinstance(part, Share))

    def often(self, absence: Absence) -> nw.Expr:
        """How often what should not happen did."""
        value = counted_value(self.contract, absence.absence, absence.marked)
        return self.fact("rows", absence.absence, absence.window, value).column

    def leaves(self, node: Node) -> list[Leaf | Absence]:
        """The conditions that look at evidence themselves and that a node comes down to."""
        assert not isinstance(node.condition, str)
        inside = [leaf for number in node.inputs for leaf in self.leaves(self.nodes[number])]
        return [node.condition, *inside] if isinstance(node.condition, Leaf | Absence) else inside

    def due(self, node: Node) -> nw.Expr:
        """The last day on which a condition can be met."""
        windows = dict.fromkeys(windows_of(leaf)[-1] for leaf in self.leaves(node))
        return largest(*map(self.closes, windows))

    def _aside(self, node: Node) -> dict[str, nw.Expr]:
        """What a junction needs besides its parts, as columns of their own."""
        number = node.number
        match node.condition:
            case Not():
                return {f"last_{number}": self.due(self.nodes[node.inputs[0]])}
            case Absence() as absence:
                closes, often = self.closes(absence.window), self.often(absence)
                return {f"last_{number}": closes, f"often_{number}": often}
            case _:
                return {}

    def levels(self) -> list[list[Node]]:
        """The nodes by level: each needs only nodes of earlier levels."""
        depth = max((node.level for node in self.nodes), default=-1) + 1
        return [[node for node in self.nodes if node.level == level] for level in range(depth)]

    def weigh(
        self, facts: nw.LazyFrame[Any], *, keep_all: bool = False, also: Iterable[str] = ()
    ) -> nw.LazyFrame[Any]:
        """The frame of facts with the columns of the conditions in place of the facts: all of them,
        or the roots alone. The columns `also` stay beside them.
        """
        carried = [*CARRIED, *also]
        if self.reasons:
            carried += [f"{name}_{one.number}" for one in self.roots for name in ("due", "known")]
        asides = {node.number: self._aside(node) for node in self.nodes}
        frame = facts.with_columns(*self._beside(asides))
        standing: list[Node] = []
        for level in self.levels():
            later = [node for node in self.nodes if node.level > level[0].level]
            needed = {number for node in later for number in node.inputs}
            kept = [
                node for node in standing if keep_all or node in self.roots or node.number in needed
            ]
            raw = [name for node in later for name in asides[node.number]]
            days = [f"on_{node.number}" for node in level if not node.inputs]
            frame = frame.select(
                *carried,
                *(name for node in kept for name in self._names(node)),
                *raw,
                *days,
                *(column for node in level for column in self._columns(node)),
            )
            standing = kept + level
        return frame

    def _beside(self, asides: Mapping[int, Mapping[str, nw.Expr]]) -> Iterator[nw.Expr]:
        """What is found from facts, beside them: all that later columns look at besides columns of
        conditions, so that what decides a condition is written, and read by an engine, once.
        """
        if self.reasons:
            for root in self.roots:
                yield from _root_columns(self, root)
        for columns in asides.values():
            yield from (column.alias(name) for name, column in columns.items())
        for node in self.nodes:
            if not node.inputs:
                met, _, day = self._found(node)
                yield _column("on", node, nw.when(met).then(day).otherwise(nw.lit(NEVER)))

    def _found(self, node: Node) -> Met:
        assert isinstance(node.condition, Leaf)
        return find_leaf(self, node.condition, node.undated)

    def _names(self, node: Node) -> list[str]:
        on = f"on_{node.number}"
        return [f"state_{node.number}", on] if self.evidenced else [on]

    def _columns(self, node: Node) -> list[nw.Expr]:
        """The columns of a condition, from those of its parts; of a leaf, its state alone."""
        inputs = [self.nodes[number] for number in node.inputs]
        columns = [_column("on", node, _day_of(node, inputs))] if inputs else []
        if self.evidenced:
            state = _state_of(node, inputs) if inputs else _state_of_leaf(node, self._found(node))
            columns.append(_column("state", node, state))
        return columns


def _column(name: str, node: Node, column: nw.Expr) -> nw.Expr:
    return column.cast(nw.Int64).alias(f"{name}_{node.number}")


def _root_columns(plan: EvaluationPlan, root: Node) -> list[nw.Expr]:
    """The last day on which a root can be met, and the day on which the latest row it looks at was
    recorded (0 for none).
    """
    known = [column for leaf in plan.leaves(root) for column in known_columns(plan, leaf)]
    return [_column("due", root, plan.due(root)), _column("known", root, largest(*known))]


def _day_of(junction: Node, inputs: list[Node]) -> nw.Expr:
    days = [node.on for node in inputs]
    last = nw.col(f"last_{junction.number}")
    match junction.condition:
        case All():
            return largest(*days)
        case AnyOf():
            return smallest(*days)
        case AtLeast(at_least=wanted):
            return _nth(wanted, days)
        case Absence(allowing=allowed):
            too_often = nw.col(f"often_{junction.number}") > allowed
            shown = nw.max_horizontal(last, days[0])
            return nw.when(too_often).then(nw.lit(NEVER)).otherwise(shown)
        case _:
            return nw.when(inputs[0].state == NOT_MET).then(last).otherwise(nw.lit(NEVER))


def _nth(wanted: int, days: list[nw.Expr]) -> nw.Expr:
    """The n-th of some days, in order."""
    if comb(len(days), wanted) <= MOST_CHOICES:
        return smallest(*(largest(*chosen) for chosen in combinations(days, wanted)))
    reached = [
        nw.when(_how_many([other <= day for other in days]) >= wanted)
        .then(day)
        .otherwise(nw.lit(NEVER))
        for day in days
    ]
    return smallest(*reached)


def _state_of(junction: Node, inputs: list[Node]) -> nw.Expr:
    states = [node.state for node in inputs]
    match junction.condition:
        case All():
            return smallest(*states)
        case AnyOf():
            return largest(*states)
        case AtLeast(at_least=wanted):
            impossible = _how_many([state >= NOT_EVIDENCED for state in states]) < wanted
            return _state_where(_how_many([state == MET for state in states]) >= wanted, impossible)
        case Absence(allowing=allowed):
            too_often = nw.col(f"often_{junction.number}") > allowed
            return nw.when(too_often).then(nw.lit(NOT_MET)).otherwise(states[0])
        case _:
            return MET - states[0]


def _state_of_leaf(leaf: Node, found: Met) -> nw.Expr:
    assert found.decided is not None
    return _state_where(leaf.on < NEVER, found.decided)


def _state_where(met: nw.Expr, decided: nw.Expr) -> nw.Expr:
    unmet = nw.when(decided).then(nw.lit(NOT_MET)).otherwise(nw.lit(NOT_EVIDENCED))
    return nw.when(met).then(nw.lit(MET)).otherwise(unmet)


def _how_many(tests: list[nw.Expr]) -> nw.Expr:
    counted = [nw.when(test).then(nw.lit(1)).otherwise(nw.lit(0)) for test in tests]
    return reduce(lambda left, right: left + right, counted)
