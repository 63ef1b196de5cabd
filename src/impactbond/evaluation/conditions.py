"""Conditions compiled to columns: a state (met, not evidenced, not met) and the day it was met.

States are ordered, not met < not evidenced < met, so that *all* is a minimum and *any* a maximum:
three-valued logic in plain integers, the same in every engine.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import narwhals as nw

from impactbond.contract.conditions import (
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
from impactbond.contract.contract import Contract
from impactbond.contract.written import every_condition
from impactbond.evaluation.facts import NEVER, largest, smallest
from impactbond.evaluation.leaves import (
    MET,
    NOT_EVIDENCED,
    NOT_MET,
    known_columns,
    leaf_columns,
    state_of,
)
from impactbond.evaluation.wanted import Wanted, counted_value

__all__ = ["MET", "NOT_EVIDENCED", "NOT_MET", "Node", "Plan", "leaf_columns"]

# Junctions that are met on a day of their parts, which is none where those are not met.
_MERGED = (All, AnyOf, AtLeast)
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
class Plan(Wanted):
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
    def of(cls, contract: Contract, *, every_day: bool = False, reasons: bool = True) -> Plan:
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
                leaf_columns(self, condition, undated)  # asks for the facts that it needs
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
        about = ("due", "known") if self.reasons else ("due",)
        carried += [f"{name}_{root.number}" for root in self.roots for name in about]
        asides = {node.number: self._aside(node) for node in self.nodes}
        beside = [column for root in self.roots for column in _root_columns(self, root)]
        beside += [
            column.alias(name) for columns in asides.values() for name, column in columns.items()
        ]
        frame = facts.with_columns(*beside) if beside else facts
        standing: list[Node] = []
        for level in self.levels():
            later = [node for node in self.nodes if node.level > level[0].level]
            needed = {number for node in later for number in node.inputs}
            kept = [
                node for node in standing if keep_all or node in self.roots or node.number in needed
            ]
            names = [
                name for node in kept for name in (f"state_{node.number}", f"on_{node.number}")
            ]
            raw = [name for node in later for name in asides[node.number]]
            frame = frame.select(
                *carried,
                *names,
                *raw,
                *(column for node in level for column in self._columns(node)),
            )
            dated = [_where_met(node) for node in level if not isinstance(node.condition, _MERGED)]
            frame = frame.with_columns(*dated) if dated else frame
            standing = kept + level
        return frame

    def _columns(self, node: Node) -> list[nw.Expr]:
        if isinstance(node.condition, Junction):
            state, on = _junction_columns(
                self, node, [self.nodes[number] for number in node.inputs]
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
    """The last day on which a root can be met and, with reasons, the day on which the latest row it
    looks at was recorded (0 for none).
    """
    columns = [plan.due(root).alias(f"due_{root.number}")]
    if plan.reasons:
        known = [column for leaf in plan.leaves(root) for column in known_columns(plan, leaf)]
        columns.append(largest(*known).alias(f"known_{root.number}"))
    return columns


def _junction_columns(plan: Plan, junction: Node, inputs: list[Node]) -> tuple[nw.Expr, nw.Expr]:
    states = [node.state for node in inputs]
    days = [node.on for node in inputs]
    number, last = junction.number, nw.col(f"last_{junction.number}")
    match junction.condition:
        case All():
            return smallest(*states), largest(*days)
        case AnyOf():
            return largest(*states), smallest(*days)
        case AtLeast(at_least=wanted):
            return _at_least(wanted, states, days, evidenced=plan.evidenced)
        case Absence(allowing=allowed):
            too_often = nw.col(f"often_{number}") > allowed
            state = nw.when(too_often).then(nw.lit(NOT_MET)).otherwise(states[0])
            return state, nw.max_horizontal(last, days[0])
        case _:
            return MET - states[0], last


def _where_met(node: Node) -> nw.Expr:
    """The day of a condition where it is met, from its own columns, so that what decides it is
    written, and read by the engine, once.
    """
    day = nw.when(node.state == MET).then(node.on).otherwise(nw.lit(NEVER))
    return day.cast(nw.Int64).alias(f"on_{node.number}")


def _at_least(
    wanted: int, states: list[nw.Expr], days: list[nw.Expr], *, evidenced: bool
) -> tuple[nw.Expr, nw.Expr]:
    met = _how_many([state == MET for state in states])
    impossible = None
    if evidenced:
        impossible = _how_many([state >= NOT_EVIDENCED for state in states]) < wanted
    state = state_of(met >= wanted, impossible)
    reached = [
        nw.when(_how_many([other <= day for other in days]) >= wanted)
        .then(day)
        .otherwise(nw.lit(NEVER))
        for day in days
    ]
    return state, smallest(*reached)


def _how_many(tests: list[nw.Expr]) -> nw.Expr:
    counted = [nw.when(test).then(nw.lit(1)).otherwise(nw.lit(0)) for test in tests]
    return reduce(lambda left, right: left + right, counted)
