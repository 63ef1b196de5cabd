"""An area where the contract might run: groups of children, and how likely each milestone is.

An area is a YAML file in the manner of a contract: it knows no keys but its own, and everything
wrong with it is told at once, with its line. A contract that it is read with must know its names,
cover its children and find a chance for each of its milestones.

And chances that are not certain themselves: a bad year, a school that does better than another.

Takes  a chance and its spread, the standard deviation in points.
Gives  levels of the chance that are equally likely, lowest first: a beta distribution with that
       mean and spread, at the middle of each of so many equal parts.
Keeps  the mean and the spread are those that were asked for, unless the chance would leave what a
       chance can be. Nothing but + − × ÷ and the square root is used, which every machine rounds
       alike.

With a spread s a group of n children spreads as a beta-binomial number does: its variance is that
of a binomial number times 1 + (n − 1) × s² / (p × (1 − p)). So a variance that was measured as f
times binomial among groups of n is a spread of √(p × (1 − p) × (f − 1) / (n − 1)).

And the terms of what a provider spends: fixed costs on their days, costs of each child or of each
milestone that is reached, and by how much they rise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from fractions import Fraction
from math import fsum, sqrt
from typing import Annotated, Literal

import numpy as np
from pydantic import BeforeValidator, Field, PlainSerializer, WithJsonSchema

from impactbond.contract.contract import FromText
from impactbond.dates import Span
from impactbond.money import parse_share, show_share
from impactbond.simulation.binomial import MOST_LEVELS
from impactbond.terms.applicability import Only, is_about
from impactbond.terms.phrases import SharePhrase, SpanPhrase
from impactbond.terms.term import Amount, Day, Listed, OneOrMany, Some, Term, phrase

CHILD = "child"
_NONE = Span(0, "day")
# More than weekly for eleven years is a slip of the pen.
MOST_SPENT = 600


class Cost(Term):
    """One thing that the provider spends money on: on days of its own (`on`), or for each child, or
    for each that reaches a milestone (`per`).
    """

    name: Annotated[str, Field(min_length=1)]
    amount: Amount = Field(description="in the currency of payments, each time")
    per: str | None = Field(default=None, description="child, or a milestone; none: a fixed cost")
    on: Day | None = Field(default=None, description="the first day of a fixed cost")
    through: Day | None = Field(default=None, description="the last day of one that is repeated")
    after: SpanPhrase | None = Field(
        default=None, description="how long after a child's start, or its milestone"
    )
    every: SpanPhrase | None = Field(default=None, description="how long until it is spent again")
    for_: SpanPhrase | None = Field(
        default=None, alias="for", description="how long it is spent for a child, from the first"
    )

    def days_from(self, day: date) -> Iterator[date]:
        """The days on which it is spent for a child whose start, or milestone, is on a day."""
        first = (self.after or _NONE).after(day)
        return self._repeated(first, first if self.for_ is None else self.for_.after(first), False)

    def fixed_days(self) -> Iterator[date]:
        """The days on which a fixed cost is spent."""
        if self.on is not None:
            yield from self._repeated(self.on, self.through or self.on, True)

    def _repeated(self, first: date, last: date, is_last_in: bool) -> Iterator[date]:
        yield first
        if self.every is None:
            return
        for place in range(1, MOST_SPENT + 1):
            day = self.every.times(place).after(first)
            if day > last or (day == last and not is_last_in):
                return
            yield day


class Inflation(Term):
    """By what share costs rise on every anniversary of the day whose prices they are written in."""

    prices_of: Day
    each_year: SharePhrase

    def years_by(self, day: date) -> int:
        """How often costs have risen by a day."""
        had = (day.month, day.day) >= (self.prices_of.month, self.prices_of.day)
        return max(0, day.year - self.prices_of.year - (not had))


# The beta distribution is found as that of a share of so many: a beta-binomial number.
_OF = 1023


def levels_of(chance: Fraction, spread: Fraction) -> tuple[Fraction, ...]:
    """The levels of a chance, each as likely as the others; of a certain one, itself."""
    if not 0 < chance < 1 or not spread:
        return (chance,) * MOST_LEVELS
    values = _quantiles(float(chance), float(spread))
    for _ in range(4):  # what is cut at 0 or 1 moves the rest once more
        mean = fsum(values) / MOST_LEVELS
        wide = sqrt(fsum((value - mean) ** 2 for value in values) / MOST_LEVELS)
        moved = (float(chance) + (value - mean) * float(spread) / wide for value in values)
        values = [min(1.0, max(0.0, value)) for value in moved]
    return tuple(map(Fraction, values))


def _quantiles(chance: float, spread: float) -> list[float]:
    """The middles of equal parts of the beta distribution of that mean and spread."""
    alike = spread**2 / (chance * (1 - chance))
    first, second = (part * (1 / alike - 1) for part in (chance, 1 - chance))
    number = np.arange(_OF, dtype=np.float64)
    ratio = (_OF - number) / (number + 1) * (number + first) / (_OF - 1 - number + second)
    middle = int(_OF * chance)
    up, down = np.cumprod(ratio[middle:]), np.cumprod(1.0 / ratio[:middle][::-1])[::-1]
    below = np.cumsum(np.concatenate([down, np.ones(1), up]))
    asked = (np.arange(MOST_LEVELS) + 0.5) / MOST_LEVELS * below[-1]
    place = np.searchsorted(below, asked)
    before = np.concatenate([np.zeros(1), below])[place]
    inside = (asked - before) / (below[place] - before)
    return list(map(float, (place + inside) / (_OF + 1)))


def _as_names(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _parse_chance(text: str) -> Fraction:
    try:
        return parse_share(text)
    except ValueError:
        raise ValueError(
            "not a chance: write a percentage from 0% to 100%, or a fraction such as 2/3"
        ) from None


Several = Annotated[tuple[str, ...], Field(min_length=2), BeforeValidator(_as_names)]
ChancePhrase = Annotated[
    Fraction,
    phrase(_parse_chance),
    PlainSerializer(show_share, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["95%", "2/3"]}),
]


def _parse_number(text: str) -> int:
    if not (text.isdecimal() and text.isascii() and int(text[:9]) > 0 and len(text) < 7):
        raise ValueError("not a number of units: write a whole number from 1 to 999999")
    return int(text)


NumberOfUnits = Annotated[
    int,
    phrase(_parse_number),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["4"], "pattern": "^[0-9]{1,6}$"}),
]


class Group(Term):
    """Children who start on the same day with the same attributes, each eligible by that day."""

    name: str = Field(min_length=1)
    children: int = Field(ge=1, le=1_000_000)
    start: Day
    attributes: dict[str, str] = Field(default_factory=dict)

    def __repr__(self) -> str:
        """How many they are. Of one that was learnt, the rest can be that of a single child."""
        return f"<Group: children {self.children:,}>"

    __str__ = __repr__


Cohort = Annotated[int, Field(ge=0, le=1_000_000)]


class Intake(Term):
    """Children who start in cohorts, one after another: so many in each."""

    name: str = Field(min_length=1)
    children: Some[Cohort] = Field(description="how many start in each cohort, in order")
    start: Day = Field(description="the start of the first cohort")
    every: SpanPhrase = Field(description="how long after one cohort the next starts")
    attributes: dict[str, str] = Field(default_factory=dict)

    @property
    def groups(self) -> tuple[Group, ...]:
        """A group for each cohort that anybody starts in, numbered from one."""
        return tuple(
            Group(
                name=f"{self.name} {place + 1}",
                children=children,
                start=self.every.times(place).after(self.start),
                attributes=self.attributes,
            )
            for place, children in enumerate(self.children)
            if children
        )


def _one_alone(value: object) -> object:
    """A length of time, or a number of units, that is certain, as the only one there is."""
    is_one = isinstance(value, str | int) and not isinstance(value, bool)
    return {str(value): "100%"} if is_one else value


class Chance(Term):
    """How likely a child that reached every prerequisite reaches a milestone too, how long after
    its start it does, and how many units it then completes.
    """

    chance: ChancePhrase = Field(description="of whoever reached every prerequisite")
    after: Annotated[
        dict[SpanPhrase, ChancePhrase],
        BeforeValidator(_one_alone),
        Field(min_length=1, description="how long after the start: one, or each with its share"),
    ]
    units: Annotated[
        dict[NumberOfUnits, ChancePhrase],
        BeforeValidator(_one_alone),
        Field(description="how many units are completed: one number, or each with its share"),
    ] = Field(default_factory=dict)
    every: SpanPhrase | None = Field(
        default=None, description="how long after one unit the next is completed"
    )
    recorded: Annotated[
        dict[SpanPhrase, ChancePhrase],
        BeforeValidator(_one_alone),
        Field(description="how long after it its evidence is recorded: one, or with shares"),
    ] = Field(default_factory=dict)

    @property
    def shares_of_units(self) -> Mapping[int, Fraction]:
        """The shares in which so many units are completed: one, where nothing is said."""
        return self.units or {1: Fraction(1)}

    @property
    def ways(self) -> int:
        """How many ways there are to reach the milestone."""
        return len(self.after) * len(self.shares_of_units) * max(len(self.recorded), 1)


class Segment(Term):
    """What is assumed otherwise for the children with some attributes."""

    only: Only = Field(min_length=1, description="whom it is about")
    chances: dict[str, Chance] = Field(default_factory=dict)
    leaves: dict[SpanPhrase, ChancePhrase] | None = Field(
        default=None, description="when they leave, in place of what is said of all"
    )


MOST_TIMES = 12


class Refilled(Term):
    """How a place is filled again when whoever holds it leaves."""

    after: dict[SpanPhrase, ChancePhrase] = Field(
        min_length=1,
        description="how long it stands empty, each with its share; the rest stays empty",
    )
    times: int = Field(ge=1, le=MOST_TIMES, description="how often at most")


class Varying(Term):
    """Chances that are uncertain themselves, by how much, and who has the same luck."""

    chances: OneOrMany[str] = Field(
        min_length=1, description="milestones whose chances are high or low together"
    )
    by: ChancePhrase = Field(description="the standard deviation of each chance, in points")
    each: OneOrMany[str] = Field(
        default=("area",),
        min_length=1,
        description="who has the same luck: area, group, year of the start, or an attribute",
    )


class Area(FromText):
    """An area that has been read: who would take part, and what they are assumed to reach."""

    impactbond: Literal[1]
    area: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    groups: Listed[Group] = ()
    intake: Listed[Intake] = Field(default=(), description="children who start in cohorts")
    chances: dict[str, Chance]
    segments: Listed[Segment] = Field(
        default=(), description="what is assumed otherwise of some; a later one counts"
    )
    exclusive: Listed[Several] = Field(
        default=(), description="lists of milestones of which a child reaches at most one"
    )
    nested: Listed[Several] = Field(
        default=(),
        description="lists of milestones of which whoever reaches a later one reached those before",
    )
    varies: Listed[Varying] = Field(
        default=(), description="how uncertain chances are, and who has the same luck"
    )
    leaves: dict[SpanPhrase, ChancePhrase] = Field(
        default_factory=dict,
        description="how long after the start children leave: each with its"
        " share of all who started",
    )
    refilled: Refilled | None = Field(
        default=None, description="how places are filled again, where the contract has any"
    )
    costs: Listed[Cost] = Field(default=(), description="what the provider spends")
    inflation: Inflation | None = Field(default=None, description="by how much costs rise")

    @property
    def children(self) -> int:
        """How many children are assumed to take part."""
        return sum(group.children for group in self.cohorts)

    @property
    def cohorts(self) -> tuple[Group, ...]:
        """Every group: those that are written, and those of the intake after them."""
        return (*self.groups, *(group for intake in self.intake for group in intake.groups))

    def about(self, attributes: Mapping[str, str]) -> Area:
        """What is assumed of children with these attributes."""
        chances, leaves = dict(self.chances), self.leaves
        for segment in self.segments:
            if is_about(segment.only, attributes):
                chances |= segment.chances
                leaves = leaves if segment.leaves is None else segment.leaves
        return self.model_copy(update={"chances": chances, "leaves": leaves})

    def alike(self, attributes: Mapping[str, str]) -> tuple[bool, ...]:
        """Which segments children with these attributes are in."""
        return tuple(is_about(segment.only, attributes) for segment in self.segments)

    def varies_by(self, milestone: str) -> int | None:
        """The place of what is said of how a milestone's chance varies; None where it does not."""
        places = (place for place, one in enumerate(self.varies) if milestone in one.chances)
        return next(places, None)

    def __repr__(self) -> str:
        """What it is, in a line: its terms are in its `source`."""
        return f"<Area {self.area}: children {self.children:,}>"

    __str__ = __repr__

    def levels(self, milestone: str) -> tuple[Fraction, ...]:
        """The levels of a milestone's chance, equally likely; one alone where it does not vary."""
        chance, varies = self.chances[milestone].chance, self.varies_by(milestone)
        return (chance,) if varies is None else levels_of(chance, self.varies[varies].by)
