"""Conditions compiled to columns: the day each was met and, where reasons are asked for, its state
(met, not evidenced, short, not met).

A day that never comes is later than every other, so that *all* is met on the latest day of its
parts and *any* on the earliest. States are ordered, not met < short < not evidenced < met, so that
*all* is a minimum and *any* a maximum: three-valued logic in plain integers, the same in every
engine, in which what is not known has two reasons.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import narwhals as nw

from impactbond.contract.conditions import every_condition
from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.evaluation.facts import NEVER, Fact, Frame, either, largest, smallest, where
from impactbond.evaluation.stays import Stay
from impactbond.terms.conditions import Condition, ConditionTerm, Junction, Leaf, Looking
from impactbond.terms.conditions.passes import (
    MET,
    NOT_EVIDENCED,
    NOT_MET,
    SHORT,
    FactKind,
    Met,
    StayFound,
)
from impactbond.terms.metrics import Chosen
from impactbond.terms.metrics.metric import Values

# What stays beside the conditions.
CARRIED = ("claim", "participant", "ends_on", "known_by", "left_on")


@dataclass(frozen=True, slots=True)
class Node:
    """One condition as columns: `on_<n>`, NEVER unless met, and `state_<n>` where the plan has
    states. `met` is what facts say of a leaf; `aside` what a junction needs besides its parts.
    """

    number: int
    level: int
    condition: ConditionTerm
    parts: tuple[Node, ...] = ()
    met: Met | None = field(default=None, compare=False)
    aside: Mapping[str, nw.Expr] = field(default_factory=dict, compare=False)

    @property
    def state(self) -> nw.Expr:
        """MET, NOT_EVIDENCED, SHORT or NOT_MET."""
        return nw.col(f"state_{self.number}")

    @property
    def on(self) -> nw.Expr:
        """The day number on which it was met; NEVER where it was not."""
        return nw.col(f"on_{self.number}")

    @property
    def leaves(self) -> list[Looking]:
        """The conditions that look at evidence themselves and that it comes down to."""
        inside = [leaf for part in self.parts for leaf in part.leaves]
        return [self.condition, *inside] if isinstance(self.condition, Looking) else inside

    def named(self, columns: Mapping[str, nw.Expr]) -> list[nw.Expr]:
        """Columns of this condition, each with its number after its name."""
        return [
            column.cast(nw.Int64).alias(f"{name}_{self.number}") for name, column in columns.items()
        ]


@dataclass
class EvaluationPlan:
    """Everything to be computed for one contract: the facts, stays and spans of the calendar that
    its conditions ask for, each once, and its conditions in the order of their need.

    `roots` are the conditions of milestones and of eligibility; what only leads to them is dropped
    on the way. The day of an n-th row is costly to find, and is not looked for where it cannot
    matter: in *all* with a share of the same window, which is met on the window's last day. With
    `every_day` it is looked for everywhere, for somebody who asks. Without `reasons` only whether
    and when a milestone was achieved is found, which is all that claims need; without `evidenced`
    nobody asks whether there was evidence where a condition is not met.
    """

    contract: Contract
    evidenced: bool = True
    every_day: bool = False
    reasons: bool = True
    facts: list[Fact] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    spans: list[Span] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    roots: list[Node] = field(default_factory=list)
    _known: dict[str, Node] = field(default_factory=dict)

    @classmethod
    def of(
        cls, contract: Contract, *, every_day: bool = False, reasons: bool = True
    ) -> EvaluationPlan:
        """The plan of a contract, with the conditions of its milestones and of eligibility."""
        conditions = (one for _, one in every_condition(contract))
        # Conditions that ask whether others are unknown need states, although nobody asks for
        # reasons.
        asks = any(isinstance(one, Junction) and one.asks_states for one in conditions)
        plan = cls(contract, reasons or asks, every_day, reasons)
        roots = [milestone.when for milestone in contract.milestones.values()]
        if contract.participants.eligible is not None:
            roots.append(contract.participants.eligible)
        for condition in roots:
            root = plan.node(condition)
            if root not in plan.roots:
                plan.roots.append(root)
        return plan

    def fact(
        self,
        kind: FactKind,
        metric: str,
        window: str,
        values: Values | None = None,
        nth: int = 0,
        bar: int = 0,
    ) -> Fact:
        """The fact of that kind; equal facts are computed once."""
        fact = Fact(kind, self._metric(metric), self._window(window), values, nth, bar)
        if fact not in self.facts:
            self.facts.append(fact)
        return fact

    def any_rows(self, metric: str, window: str) -> nw.Expr | None:
        """Whether there is a row of a metric in a window; None where nobody needs to know."""
        return self.fact("rows", metric, window).column > 0 if self.evidenced else None

    def stay(
        self, metric: str, window: str, states: Iterable[str], for_: Span, within: Span | None
    ) -> StayFound:
        """The stay in some states for so long; equal stays are computed once."""
        term = self.contract.metrics[metric]
        assert isinstance(term, Chosen)
        spans = self._span(for_), None if within is None else self._span(within)
        values = term.values_of(tuple(states))
        stay = Stay(self._metric(metric), self._window(window), values, *spans)
        if stay not in self.stays:
            self.stays.append(stay)
        day, number = nw.col(stay.day), self._window(window)
        # Both the first and the last day count.
        window_days = nw.col(f"closes_{number}") - nw.col(f"opens_{number}") + 1
        seen, is_whole = nw.col(stay.seen) > 0, nw.col(stay.known) == window_days
        return StayFound(day < NEVER, day, seen, nw.col(stay.recorded), is_whole)

    def _metric(self, name: str) -> int:
        return list(self.contract.metrics).index(name)

    def _window(self, name: str) -> int:
        return list(self.contract.windows).index(name)

    def _span(self, span: Span) -> int:
        if span not in self.spans:
            self.spans.append(span)
        return self.spans.index(span)

    def closes(self, window: str) -> nw.Expr:
        """The last day of a window."""
        return nw.col(f"closes_{self._window(window)}")

    where = staticmethod(where)
    largest = staticmethod(largest)
    smallest = staticmethod(smallest)

    @property
    def never(self) -> int:
        """A day that never comes."""
        return NEVER

    def node(self, condition: Condition, closing: frozenset[str] = frozenset()) -> Node:
        """The node of a condition; equal conditions share one.

        It may be undated where it is met with another on the last day of one of the windows
        `closing`.
        """
        if isinstance(condition, str):
            return self.node(self.contract.conditions[condition], closing)
        undated = None
        if isinstance(condition, Leaf) and closing.issuperset(condition.windows):
            # The day of an n-th row costs a sort of all rows: not looked for where another part of
            # the same *all* is met on the window's last day, which is never earlier.
            undated = condition.undated(self)
        # The clause is where the condition is written, not what it says: the same words in two
        # clauses are one node.
        key = condition.model_dump_json(exclude={"clause"}) + ("undated" if undated else "")
        if key not in self._known:
            parts: tuple[Node, ...] = ()
            if isinstance(condition, Junction):
                closing = self._closing(condition)
                parts = tuple(self.node(part, closing) for part in condition.parts)
            # Whatever is looked at is asked for now, before the facts are found.
            met = (undated or condition.met(self)) if isinstance(condition, Leaf) else None
            if self.reasons and isinstance(condition, Looking):
                condition.known(self)
            aside: Mapping[str, nw.Expr] = {}
            if isinstance(condition, Junction):
                aside = condition.aside(self, [self._due(part.leaves) for part in parts])
            level = 1 + max((part.level for part in parts), default=-1)
            node = Node(len(self.nodes), level, condition, parts, met, aside)
            # After its parts, so that the order of nodes is one in which each has what it needs.
            self.nodes.append(node)
            self._known[key] = node
        return self._known[key]

    def told_of(self, root: Node) -> int:
        """Under which number stand `due` and `known` of a root: that of the first which comes down
        to the same evidence in the same windows.
        """
        return self._told[root.number]

    @cached_property
    def _told(self) -> dict[int, int]:
        first: dict[tuple[frozenset[Hashable], frozenset[str]], int] = {}
        return {
            root.number: first.setdefault(
                (
                    frozenset(self._known_of(root)),
                    frozenset(leaf.windows[-1] for leaf in root.leaves),
                ),
                root.number,
            )
            for root in self.roots
        }

    def _known_of(self, root: Node) -> dict[Hashable, nw.Expr]:
        return {of: day for leaf in root.leaves for of, day in leaf.known(self).items()}

    def _closing(self, junction: Junction) -> frozenset[str]:
        """The windows before whose last day a junction is not met."""
        if self.every_day:
            return frozenset()
        named = self.contract.conditions
        stated = [named[part] if isinstance(part, str) else part for part in junction.parts]
        return junction.waits_for(one for one in stated if isinstance(one, ConditionTerm))

    def _due(self, leaves: Iterable[Looking]) -> nw.Expr:
        """The last day on which a condition that comes down to these leaves can be met."""
        # By the last window of each leaf, as of a reading before and one after only the later can
        # still come.
        return largest(*map(self.closes, dict.fromkeys(leaf.windows[-1] for leaf in leaves)))

    def evaluate(self, facts: Frame, *, keep_all: bool = False, also: Iterable[str] = ()) -> Frame:
        """The frame of facts with the columns of the conditions in place of the facts: all of them,
        or the roots alone. The columns `also` stay beside them.
        """
        carried = [*CARRIED, *also]
        if self.reasons:
            told = dict.fromkeys(self._told.values())
            carried += [f"{name}_{number}" for number in told for name in ("due", "known")]
        names = ("state", "on") if self.evidenced else ("on",)
        frame = facts.with_columns(*self._beside())
        evaluated: list[Node] = []
        for depth in range(1 + max((node.level for node in self.nodes), default=-1)):
            # Each level is a select of its own: were the columns of parts written into each
            # other, a condition that several use would be worked out again in each of them.
            level = [node for node in self.nodes if node.level == depth]
            later = [node for node in self.nodes if node.level > depth]
            needed = [part for node in later for part in node.parts]
            kept = [one for one in evaluated if keep_all or one in self.roots or one in needed]
            frame = frame.select(
                *carried,
                *(f"{name}_{node.number}" for node in kept for name in names),
                *(f"{name}_{node.number}" for node in later for name in node.aside),
                *(f"on_{node.number}" for node in level if node.met is not None),
                *(column for node in level for column in self._columns(node)),
            )
            evaluated = kept + level
        return frame

    def _beside(self) -> Iterator[nw.Expr]:
        """What is found from facts, beside them: all that later columns look at besides columns of
        conditions, so that what decides a condition is written, and read by an engine, once.
        """
        for root in self.roots if self.reasons else ():
            if self.told_of(root) == root.number:
                # The latest row that it looks at was recorded on `known`, 0 where there is none.
                known = self._known_of(root).values()
                yield from root.named({"due": self._due(root.leaves), "known": largest(*known)})
        for node in self.nodes:
            for name, column in node.aside.items():
                yield column.alias(f"{name}_{node.number}")
        for node in self.nodes:
            if node.met is not None:
                yield where(node.met.met, node.met.day, NEVER).alias(f"on_{node.number}")

    def _columns(self, node: Node) -> list[nw.Expr]:
        """The columns of a condition, from those of its parts; of a leaf, its state alone."""
        junction, columns = node.condition, {}
        if isinstance(junction, Junction):
            aside = {name: nw.col(f"{name}_{node.number}") for name in node.aside}
            columns["on"] = junction.day(node.parts, aside, self)
            if self.evidenced:
                columns["state"] = junction.state(node.parts, aside, self)
        elif self.evidenced and node.met is not None:
            _, decided, _, refuted = node.met
            unmet: nw.Expr | int = NOT_MET if refuted is True else SHORT
            if not isinstance(refuted, bool):
                unmet = either(refuted, NOT_MET, SHORT)
            # Not evidenced is above short and not met: as long as evidence may still come, nobody
            # is told to have failed.
            unmet = unmet if decided is None else either(decided, unmet, NOT_EVIDENCED)
            columns["state"] = either(node.on < NEVER, MET, unmet)
        return node.named(columns)
