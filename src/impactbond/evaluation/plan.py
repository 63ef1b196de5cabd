"""Conditions compiled to columns: the day each was met and, where reasons are asked for, its state
(met, not evidenced, not met).

A day that never comes is later than every other, so that *all* is met on the latest day of its
parts and *any* on the earliest. States are ordered, not met < not evidenced < met, so that *all* is
a minimum and *any* a maximum: three-valued logic in plain integers, the same in every engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import narwhals as nw

from impactbond.contract.contract import Contract
from impactbond.contract.walk import every_condition
from impactbond.evaluation.fact_requests import FactRequests
from impactbond.evaluation.facts import NEVER, largest
from impactbond.terms.conditions import Condition, ConditionTerm, Junction, Leaf, Looking
from impactbond.terms.conditions.passes import MET, NOT_EVIDENCED, NOT_MET, Met

# What stays beside the conditions.
CARRIED = ("claim", "participant", "ends_on", "known_by", "left_on")


@dataclass(frozen=True, slots=True)
class Node:
    """One condition as columns: `on_<n>`, NEVER unless met, and `state_<n>` where the plan has
    states.
    """

    number: int
    level: int
    condition: ConditionTerm
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
        conditions = (one for _, one in every_condition(contract))
        asks = any(isinstance(one, Junction) and one.asks_states for one in conditions)
        plan = cls(
            contract,
            tuple(contract.metrics),
            tuple(contract.windows),
            evidenced=reasons or asks,
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
        undated = (
            isinstance(condition, Leaf)
            and closing.issuperset(condition.windows)
            and condition.undated(self) is not None
        )
        key = condition.model_dump_json(exclude={"clause"}) + ("undated" if undated else "")
        if key not in self._known:
            inputs: tuple[Node, ...] = ()
            if isinstance(condition, Junction):
                closing = self._closing(condition)
                inputs = tuple(self.node(part, closing) for part in condition.parts)
            node = Node(
                len(self.nodes),
                1 + max((part.level for part in inputs), default=-1),
                condition,
                tuple(part.number for part in inputs),
                undated,
            )
            # Whatever is looked at is asked for now, before the facts are found.
            if isinstance(condition, Leaf):
                self._found(condition, undated)
            if self.reasons and isinstance(condition, Looking):
                condition.known(self)
            self._aside(node)
            self.nodes.append(node)
            self._known[key] = node
        return self._known[key]

    def _closing(self, junction: Junction) -> frozenset[str]:
        """The windows before whose last day a junction is not met."""
        if self.every_day:
            return frozenset()
        named = self.contract.conditions
        stated = [named[part] if isinstance(part, str) else part for part in junction.parts]
        return junction.waits_for(one for one in stated if isinstance(one, ConditionTerm))

    def leaves(self, node: Node) -> list[Looking]:
        """The conditions that look at evidence themselves and that a node comes down to."""
        inside = [leaf for number in node.inputs for leaf in self.leaves(self.nodes[number])]
        return [node.condition, *inside] if isinstance(node.condition, Looking) else inside

    def due(self, node: Node) -> nw.Expr:
        """The last day on which a condition can be met."""
        return self._last_day(self.leaves(node))

    def _last_day(self, leaves: Iterable[Looking]) -> nw.Expr:
        return largest(*map(self.closes, dict.fromkeys(leaf.windows[-1] for leaf in leaves)))

    def _aside(self, node: Node) -> Mapping[str, nw.Expr]:
        """What a junction needs besides its parts, as columns of their own, by its own names."""
        if not isinstance(node.condition, Junction):
            return {}
        leaves = [leaf for number in node.inputs for leaf in self.leaves(self.nodes[number])]
        return node.condition.aside(self, self._last_day(leaves))

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
        asides = {
            node.number: {f"{name}_{node.number}": column for name, column in found.items()}
            for node in self.nodes
            if (found := self._aside(node))
        }
        frame = facts.with_columns(*self._beside(asides))
        standing: list[Node] = []
        for level in self.levels():
            # Each level is a select of its own: were the columns of parts written into each
            # other, a condition that several use would be worked out again in each of them.
            later = [node for node in self.nodes if node.level > level[0].level]
            needed = {number for node in later for number in node.inputs}
            kept = [
                node for node in standing if keep_all or node in self.roots or node.number in needed
            ]
            raw = [name for node in later for name in asides.get(node.number, ())]
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
            if isinstance(node.condition, Leaf):
                met, _, day = self._found(node.condition, node.undated)
                yield _column("on", node, nw.when(met).then(day).otherwise(nw.lit(NEVER)))

    def _found(self, leaf: Leaf, undated: bool) -> Met:
        """What facts say of a leaf; undated, with the last day it can be met on."""
        return (leaf.undated(self) if undated else None) or leaf.met(self)

    def _names(self, node: Node) -> list[str]:
        on = f"on_{node.number}"
        return [f"state_{node.number}", on] if self.evidenced else [on]

    def _columns(self, node: Node) -> list[nw.Expr]:
        """The columns of a condition, from those of its parts; of a leaf, its state alone."""
        junction, columns = node.condition, []
        inputs = [self.nodes[number] for number in node.inputs]
        if isinstance(junction, Junction):
            aside = {name: nw.col(f"{name}_{node.number}") for name in self._aside(node)}
            columns.append(_column("on", node, junction.day(inputs, aside, self)))
            if self.evidenced:
                columns.append(_column("state", node, junction.state(inputs, aside, self)))
        elif self.evidenced and isinstance(junction, Leaf):
            decided = self._found(junction, node.undated).decided
            unmet = self.where(decided, NOT_MET, NOT_EVIDENCED) if decided is not None else NOT_MET
            columns.append(_column("state", node, self.where(node.on < NEVER, MET, unmet)))
        return columns


def _column(name: str, node: Node, column: nw.Expr) -> nw.Expr:
    return column.cast(nw.Int64).alias(f"{name}_{node.number}")


def _root_columns(plan: EvaluationPlan, root: Node) -> list[nw.Expr]:
    """The last day on which a root can be met, and the day on which the latest row it looks at was
    recorded (0 for none).
    """
    known = [column for leaf in plan.leaves(root) for column in leaf.known(plan)]
    return [_column("due", root, plan.due(root)), _column("known", root, largest(*known))]
