"""Conditions in plain English: what must be the case, in which window, on which side of a bar."""

from __future__ import annotations

from collections.abc import Iterable

from impactbond.contract.contract import Contract
from impactbond.contract.wording.document import Rule
from impactbond.contract.wording.words import counted, listed, number, quoted, short_window
from impactbond.money import show_share
from impactbond.terms.conditions import (
    Absence,
    All,
    AnyOf,
    AtLeast,
    Condition,
    Count,
    Crosses,
    Improves,
    Leaf,
    Level,
    Not,
    Observed,
    Share,
    Stays,
    Sustained,
    Total,
    Travels,
    parts,
)
from impactbond.terms.metrics import Event, Percentage, Quantity, Score, Session

_PICKS = {"first": "the first", "last": "the last", "best": "the best", "mean": "the mean of all"}


def condition_rule(contract: Contract, lead: str, condition: Condition, clause: str = "") -> Rule:
    """A rule that starts with `lead` and ends with what must be the case, in parts if it has any.

    The clause is that of the rule; beside it, a condition with a clause of its own is a part.
    """
    inside = _Wording(contract).rule(condition)
    if not clause:
        return Rule(f"{lead} {inside.says}", inside.clause, inside.parts)
    return _led(lead, inside, clause)


def condition_words(contract: Contract, condition: Condition) -> str:
    """A condition in one line, whatever parts it has."""
    return _flat(_Wording(contract).rule(condition))


def _flat(rule: Rule) -> str:
    inside = "; ".join(f"({mark}) {_flat(part)}" for mark, part in enumerate(rule.parts, 1))
    return f"{rule.says} {inside}" if inside else rule.says


def _led(lead: str, inside: Rule, clause: str) -> Rule:
    """What is the case, after words that lead to it; a clause of its own keeps it apart."""
    if inside.clause:
        return Rule(f"{lead} the following holds:", clause, (inside,))
    return Rule(f"{lead} {inside.says}", clause, inside.parts)


class _Wording:
    """One rule being said: the days of a window are told where it is first mentioned."""

    def __init__(self, contract: Contract) -> None:
        self.contract = contract
        self.mentioned: set[str] = set()

    def rule(self, condition: Condition) -> Rule:
        if isinstance(condition, str):
            return Rule(f"{quoted(condition)} is met")
        match condition:
            case All() | AnyOf() | AtLeast():
                return self._joined(condition)
            case Absence():
                return self._absence(condition)
            case Not():
                lead = "it is evidenced, and is not the case, that"
                return _led(lead, self.rule(condition.not_), condition.clause)
        return Rule(self.leaf(condition), condition.clause)

    def _joined(self, condition: All | AnyOf | AtLeast) -> Rule:
        every = parts(condition)
        named = [part for part in every if isinstance(part, str)]
        if len(named) == len(every):
            names = listed(map(quoted, named), "or" if isinstance(condition, AnyOf) else "and")
            says = f"{_how_many(condition, named=True)}: {names}"
            return Rule(says, condition.clause)
        inside = tuple(self.rule(part) for part in every)
        return Rule(f"{_how_many(condition, named=False)}:", condition.clause, inside)

    def _absence(self, condition: Absence) -> Rule:
        recorded = f"recorded as {condition.marked or 'having happened'}"
        often = (
            f"is {recorded} no more than {counted(condition.allowing, 'time')}"
            if condition.allowing
            else f"is not once {recorded}"
        )
        what = f"{quoted(condition.absence)} {often} {self.within(condition.window)}"
        lead = f"{what}, and, to show that somebody looked,"
        return _led(lead, self.rule(condition.shown_by), condition.clause)

    def within(self, window: str) -> str:
        """In a window, with its days where it is first mentioned."""
        if window in self.mentioned:
            return f"in {quoted(window)}"
        self.mentioned.add(window)
        return f"in {quoted(window)} ({short_window(self.contract.windows[window])})"

    def leaf(self, leaf: Leaf) -> str:
        match leaf:
            case Observed():
                happened = "is recorded as having happened"
                return f"{quoted(leaf.observed)} {happened} {self.within(leaf.window)}"
            case Count():
                return self._count(leaf)
            case Share():
                of = f"at least {show_share(leaf.at_least)} of the {quoted(leaf.share)} sessions"
                return f"{of} scheduled {self.within(leaf.window)} are marked {leaf.marked}"
            case Total():
                unit = self._unit(leaf.total)
                adds = f"adds up to at least {number(leaf.at_least)}{unit}"
                return f"{quoted(leaf.total)} {adds} {self.within(leaf.window)}"
            case Stays():
                state = f"the {leaf.pick} {quoted(leaf.state)} recorded {self.within(leaf.window)}"
                return f"{state} is {listed(leaf.is_, 'or')}"
            case Sustained():
                return self._sustained(leaf)
            case Level():
                of = f"{_PICKS[leaf.pick]} {quoted(leaf.level)} recorded"
                return f"{of} {self.within(leaf.window)} is {leaf.is_}"
            case Improves():
                return self._improves(leaf)
            case Crosses():
                first = f"the first {quoted(leaf.crosses)} {self.within(leaf.between[0])}"
                last = f"the last {self.within(leaf.between[1])}"
                return f"{first} is {leaf.from_}, and {last} is {leaf.to}"
            case Travels():
                return self._travels(leaf)

    def _count(self, leaf: Count) -> str:
        times = counted(leaf.at_least, "time")
        where = self.within(leaf.window)
        metric = self.contract.metrics[leaf.count]
        if leaf.marked is not None:
            return f"{quoted(leaf.count)} is marked {leaf.marked} at least {times} {where}"
        if isinstance(metric, Event):
            return f"{quoted(leaf.count)} is recorded as having happened at least {times} {where}"
        whatever = ", whatever its mark," if isinstance(metric, Session) else ""
        return f"{quoted(leaf.count)}{whatever} is recorded at least {times} {where}"

    def _unit(self, metric: str) -> str:
        term = self.contract.metrics[metric]
        return f" {term.unit}" if isinstance(term, Quantity) and term.unit else ""

    def _sustained(self, leaf: Sustained) -> str:
        states = listed(leaf.as_, "or")
        if leaf.within is None:
            long = f"for {leaf.for_} without a break"
        else:
            long = f"for {leaf.for_} in all, within {leaf.within}"
        return f"{quoted(leaf.sustained)} is {states} {long}, {self.within(leaf.window)}"

    def _improves(self, leaf: Improves) -> str:
        metric = self.contract.metrics[leaf.improves]
        better = f"{metric.better} " if isinstance(metric, Score | Percentage) else "better "
        by = f"{number(leaf.by.size)}{' percentage points' if leaf.by.percent else ''}"
        last = f"the last {quoted(leaf.improves)} {self.within(leaf.between[1])}"
        return f"{last} is {better}than the first {self.within(leaf.between[0])} by at least {by}"

    def _travels(self, leaf: Travels) -> str:
        first, last = (self.within(window) for window in leaf.between)
        bars = listed(f"{quoted(name)}, to {bar}" for name, bar in leaf.travels.items())
        way = f"from the first value {first} to the last {last}"
        mean = f"at least {show_share(leaf.at_least)} of the way is travelled on average {way}"
        return f"{mean}, by those of these measures that are not there at first: {bars}"


def _how_many(condition: All | AnyOf | AtLeast, *, named: bool) -> str:
    what = "these conditions" if named else "the following"
    count = len(parts(condition))
    match condition:
        case All():
            return f"all of {what} {'are met' if named else 'hold'}"
        case AnyOf():
            return f"any of {what} {'is met' if named else 'holds'}"
        case AtLeast(at_least=least):
            of = f"these {count} conditions" if named else f"the following {count}"
            one = "is met" if named else "holds"
            many = "are met" if named else "hold"
            return f"at least {least} of {of} {one if least == 1 else many}"


_READING: tuple[tuple[tuple[type, ...], str], ...] = (
    (
        (Observed,),
        "what must be observed counts on the first day on which it is recorded as having happened",
    ),
    ((Count, Total), "a count or a total is reached on the day of the record that completes it"),
    (
        (Share, Absence),
        "a share of sessions, or that something did not happen, is found on the last day of the "
        "window",
    ),
    (
        (Level, Stays),
        "a level or a state counts on the day of the record that is picked, a mean on the day of "
        "the last record in it",
    ),
    (
        (Improves, Crosses, Travels),
        "a change counts on the day of the last record, and is not evidenced without a first "
        "record and a last",
    ),
    (
        (Sustained,),
        "a state lasts from the day of its record until the day before the next, the last record "
        "for its own day alone; a length of time is reached on the day that completes it, and a "
        "day in another state, or of which nothing is known, is no part of it",
    ),
    ((All,), "where all must hold, the day is the last of their days"),
    ((AnyOf,), "where any may hold, the day is the first of their days"),
    ((AtLeast,), "where so many must hold, the day is that of the last that is needed"),
    (
        (Not,),
        "that something is not the case is found on the last day on which it could have been",
    ),
)


def reading_rules(used: Iterable[type]) -> list[Rule]:
    """How the kinds of conditions that a contract uses are read, each in a sentence."""
    kinds = set(used)
    return [Rule(says) for concerned, says in _READING if kinds & set(concerned)]
