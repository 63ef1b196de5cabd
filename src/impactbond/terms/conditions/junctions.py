"""Conditions of conditions: all, any, at least so many, and not."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import combinations
from math import comb
from operator import add
from typing import ClassVar

from pydantic import Field

from impactbond.terms.conditions.condition import (
    Condition,
    ConditionTerm,
    Junction,
    check_shows,
    is_refutable,
    latest,
)
from impactbond.terms.conditions.meanings import meaning
from impactbond.terms.conditions.passes import (
    MET,
    NOT_EVIDENCED,
    NOT_MET,
    SHORT,
    Aside,
    Calendars,
    Column,
    ConditionCase,
    ConditionText,
    Days,
    Facts,
    Parts,
    PartTold,
    Terms,
    Wording,
)
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.phrases import Threshold
from impactbond.terms.term import Some

# Up to so many ways to choose n of m days, each is written out to find the n-th day.
MOST_CHOICES = 64
MANY = 3  # as many parts are told with their figures; more are told by name


class Joined(Junction):
    """A condition on how many of its parts are met."""

    word: ClassVar[str] = "and"

    def tell(self, case: ConditionCase) -> ConditionText:
        count, needed = len(case.parts), self._needed
        found = f"{sum(part.state == 'met' for part in case.parts)} of {count} met"
        sentence = _sentence(case.parts, case.state, f"{found}, {needed} needed")
        return ConditionText(f"{needed} of {count}", needed, found, sentence)

    def says(self, wording: Wording) -> str:
        is_named = all(isinstance(part, str) for part in self.parts)
        one, many = ("is met", "are met") if is_named else ("holds", "hold")
        these = self._these(is_named)
        return f"{self._says_needed} of {these} {one if self._needs_one else many}"

    @property
    @abstractmethod
    def _needed(self) -> str:
        """How many parts must be met, in a few words."""

    @property
    def _says_needed(self) -> str:
        return self._needed

    @property
    def _needs_one(self) -> bool:
        return False

    def _these(self, is_named: bool) -> str:
        """The parts, which may all be conditions with names."""
        return "these conditions" if is_named else "the following"


class All(Joined):
    """Met when all parts are met, on the last of their days."""

    key: ClassVar[str] = "all"
    reading: ClassVar[str] = "where all must hold, the day is the last of their days"

    all: Some[Condition]
    """The conditions, or their names, that must all be met."""

    @property
    def needs(self) -> int:
        return len(self.all)

    def waits_for(self, stated: Iterable[ConditionTerm]) -> frozenset[str]:
        return frozenset().union(*(part.closing for part in stated))

    def bars(self, terms: Terms) -> Iterator[tuple[tuple[str, ...], Threshold]]:
        for part in self.all:
            while isinstance(part, str):
                part = terms.conditions[part]
            yield from part.bars(terms)

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        return facts.largest(*(part.on for part in parts))

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        return facts.smallest(*(part.state for part in parts))

    def shows(self, parts: Sequence[bool]) -> bool:
        return any(parts)

    def reach(self, calendars: Calendars) -> Days | None:
        return latest([calendars.reach(part) for part in self.all])

    def refutable(self, terms: Terms) -> bool:
        return any(is_refutable(terms, part) for part in self.all)

    @property
    def _needed(self) -> str:
        return "all"


class AnyOf(Joined):
    """Met when any part is met, on the first of their days."""

    key: ClassVar[str] = "any"
    word: ClassVar[str] = "or"
    alternatives: ClassVar[bool] = True
    reading: ClassVar[str] = "where any may hold, the day is the first of their days"

    any: Some[Condition]
    """The conditions, or their names, of which one must be met."""

    @property
    def called(self) -> str:
        return "any"

    @property
    def needs(self) -> int:
        return 1

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        # The first of their days; a part that is not met has one later than all, and moves nothing.
        return facts.smallest(*(part.on for part in parts))

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        return facts.largest(*(part.state for part in parts))

    def shows(self, parts: Sequence[bool]) -> bool:
        return all(parts)

    def reach(self, calendars: Calendars) -> Days | None:
        return _reach_of(1, self.any, calendars)

    def refutable(self, terms: Terms) -> bool:
        return all(is_refutable(terms, part) for part in self.any)

    @property
    def _needed(self) -> str:
        return "at least 1"

    @property
    def _says_needed(self) -> str:
        return "any"

    @property
    def _needs_one(self) -> bool:
        return True


class AtLeast(Joined):
    """Met when at least so many parts are met, on the day the last needed one is."""

    key: ClassVar[str] = "of"
    alternatives: ClassVar[bool] = True
    reading: ClassVar[str] = "where so many must hold, the day is that of the last that is needed"

    of: Some[Condition]
    """The conditions, or their names, of which some must be met."""
    at_least: int = Field(ge=1)
    """How many of them must be met, such as 2."""

    @property
    def called(self) -> str:
        return "at least"

    @property
    def needs(self) -> int:
        return self.at_least

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        if self.at_least > len(self.of):
            problem = f"at least {self.at_least} of {len(self.of)} is never met"
            allowed, rests = f"a whole number from 1 to {len(self.of)}", ((*path, "of"),)
            place = (*path, "at_least")
            yield fault_at(place, "cannot_be_met", problem, allowed=allowed, rests=rests)
        # A part that stands twice would be counted twice, and one outcome paid as two.
        seen: set[str] = set()
        for index, part in enumerate(self.of):
            key = meaning(terms, part)
            if key in seen:
                place = (*path, "of", index)
                problem = "the same condition stands twice and would count as two"
                yield fault_at(place, "counted_twice", problem, hint="Keep it once")
            seen.add(key)

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        """The n-th of the parts' days, in order."""
        days = [part.on for part in parts]
        if comb(len(days), self.at_least) <= MOST_CHOICES:
            choices = combinations(days, self.at_least)
            return facts.smallest(*(facts.largest(*chosen) for chosen in choices))
        by_then = [_how_many(facts, [other <= day for other in days]) for day in days]
        found = zip(days, by_then, strict=True)
        return facts.smallest(
            *(facts.where(many >= self.at_least, day, facts.never) for day, many in found)
        )

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        met = _how_many(facts, [part.state == MET for part in parts])
        possible = _how_many(facts, [part.state >= NOT_EVIDENCED for part in parts])
        # What falls short may hold all the same, and is known not to only where it cannot.
        may_hold = _how_many(facts, [part.state >= SHORT for part in parts])
        short = facts.where(may_hold < self.at_least, NOT_MET, SHORT)
        unmet = facts.where(possible < self.at_least, short, NOT_EVIDENCED)
        return facts.where(met >= self.at_least, MET, unmet)

    def shows(self, parts: Sequence[bool]) -> bool:
        return parts.count(False) < self.at_least

    def reach(self, calendars: Calendars) -> Days | None:
        return _reach_of(self.at_least, self.of, calendars)

    def refutable(self, terms: Terms) -> bool:
        # As many as are left beyond those that can never be ruled out decide it.
        return sum(not is_refutable(terms, part) for part in self.of) < self.at_least

    @property
    def _needed(self) -> str:
        return f"at least {self.at_least}"

    @property
    def _needs_one(self) -> bool:
        return self.at_least == 1

    def _these(self, is_named: bool) -> str:
        count = len(self.of)
        return f"these {count} conditions" if is_named else f"the following {count}"


class Not(Junction):
    """Met when the part is known not to hold, on the last day on which it could be met.

    Silence shows nothing, unless something else shows that somebody looked.
    """

    key: ClassVar[str] = "not"
    asks_states: ClassVar[bool] = True  # what is known not to hold makes it met; what is not, not
    reading: ClassVar[str] = (
        "that something is not the case is found on the last day on which it could have been, and "
        "silence does not show it"
    )

    not_: Condition = Field(alias="not")
    """The condition, or its name, that must be evidenced and not met."""
    shown_by: Condition | None = Field(
        default=None,
        description="what shows that somebody looked, so that what is not recorded was not so",
    )

    @property
    def inside(self) -> tuple[tuple[Path, Condition], ...]:
        shown = () if self.shown_by is None else ((("shown_by",), self.shown_by),)
        return ((("not",), self.not_), *shown)

    def check_parts(self, terms: Terms, path: Path) -> Diagnostics:
        if self.shown_by is not None:
            yield from check_shows(terms, self.shown_by, path)

    def look_at_parts(self, terms: Terms, path: Path) -> Diagnostics:
        if self.shown_by is None and not is_refutable(terms, self.not_):
            problem = (
                "too little recorded of this does not show that it is not so, and nothing does"
            )
            hint = "Write shown_by beside it, as with absence: what is recorded when somebody looks"
            yield fault_at((*path, "not"), "silence_shows_nothing", problem, hint=hint)

    def aside(self, facts: Facts, dues: Sequence[Column]) -> Aside:
        return {"last": dues[0]}

    def day(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        part, last = parts[0], aside["last"]
        silent = facts.never
        if self.shown_by is not None:
            shown = facts.largest(last, parts[1].on)
            silent = facts.where(part.state == MET, facts.never, shown)
        # On the last day on which it could have been: before that a no is not final.
        return facts.where(part.state == NOT_MET, last, silent)

    def state(self, parts: Parts, aside: Aside, facts: Facts) -> Column:
        part, silent = parts[0], NOT_EVIDENCED
        if self.shown_by is not None:
            silent = facts.largest(parts[1].state, SHORT)
        unmet = facts.where(part.state == MET, NOT_MET, silent)
        return facts.where(part.state == NOT_MET, MET, unmet)

    def shows(self, parts: Sequence[bool]) -> bool:
        return False

    def reach(self, calendars: Calendars) -> Days | None:
        inside = calendars.reach(self.not_)
        if inside is None or self.shown_by is None:
            return None if inside is None else (inside[1], inside[1])
        shown = calendars.reach(self.shown_by)
        # What is recorded may show it without the other.
        return (inside[1], inside[1] if shown is None else max(inside[1], shown[1]))

    def says(self, wording: Wording) -> str:
        if self.shown_by is None:
            return "it is evidenced, and is not the case, that"
        return (
            "the first of the following is not the case, and, unless that is evidenced of it, the"
            " second holds, to show that somebody looked"
        )

    def tell(self, case: ConditionCase) -> ConditionText:
        needed, (part, *shown) = "that it is evidenced and not met", case.parts
        found = f"{part.state}: {part.sentence}"
        if part.state == "not met" and case.state != "met":
            found = f"not known, for silence shows nothing: {part.sentence}"
        for one in shown if part.state != "met" else ():
            looked = "somebody" if one.state == "met" else "nothing shows that somebody"
            found += f"; {looked} looked: {one.sentence}"
        sentence = f"what must be evidenced and not be so is {found}"
        return ConditionText(f"{needed} of 1", needed, found, sentence)


def _reach_of(needed: int, parts: Sequence[Condition], calendars: Calendars) -> Days | None:
    """From the first day on which so many parts can be met to the last on which any can."""
    days = [one for one in map(calendars.reach, parts) if one is not None]
    if len(days) < needed:
        return None
    return sorted(first for first, _ in days)[needed - 1], max(last for _, last in days)


def _how_many(facts: Facts, tests: Sequence[Column]) -> Column:
    return reduce(add, (facts.where(test, 1, 0) for test in tests))


def _sentence(inside: Sequence[PartTold], state: str, count: str) -> str:
    if len(inside) == 1:
        return inside[0].sentence
    wanted = ["met"] if state == "met" else ["not met", "not evidenced"]
    told = [count]
    for each in wanted:
        concerned = [part for part in inside if part.state == each]
        if concerned:
            told.append(f"{each}: {'; '.join(_label(part, len(concerned)) for part in concerned)}")
    return "; ".join(told)


def _label(part: PartTold, among: int) -> str:
    if not part.name:
        return part.sentence
    return part.name if among > MANY else f"{part.name} ({part.sentence})"
