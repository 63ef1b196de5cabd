"""What is paid for the results of whole groups, and how money follows a measure: steps, a line, so
much a point.

A way to pay is one class, which says everything about itself: to add one, write a `WayToPay` and
register it in `WAYS_TO_PAY`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from impactbond.terms.calendar import Calendar
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.measures import Measure, Sums
from impactbond.terms.phrases import Distance, DistancePhrase, ThresholdPhrase
from impactbond.terms.reference import AttributeName, ResultName
from impactbond.terms.term import Cited, Day, Listed, Money, OneOrMany, Some, Term
from impactbond.terms.words import MoneyWords, listed, number


class WayToPay(Kind):
    """How money follows what was measured. Amounts are in pounds or the like."""

    @abstractmethod
    def pays_for(self, measured: Fraction) -> Fraction:
        """What it pays for a number, exactly."""

    @property
    @abstractmethod
    def most(self) -> Decimal | None:
        """The most that it can pay, for any number; None where nothing bounds it."""

    @property
    @abstractmethod
    def amounts(self) -> Mapping[Path, Decimal]:
        """Its amounts that are paid as they are written, by their places from here: none may be
        finer than the currency. What is worked out in proportion is rounded when it is paid.
        """

    @abstractmethod
    def errors(self, path: Path) -> Diagnostics:
        """Every fault of meaning, which stands at a place."""

    @abstractmethod
    def warnings(self, path: Path) -> Diagnostics:
        """What is allowed and may not be meant."""

    @abstractmethod
    def says(self, words: MoneyWords) -> str:
        """What it pays, in the contract's wording; with parts, what leads to them."""

    def parts(self, words: MoneyWords) -> Iterator[str]:
        """What it breaks down into, each by itself; most kinds are one sentence."""
        yield from ()


WAYS_TO_PAY: Kinds[WayToPay] = Kinds(
    "way to pay for a result", WayToPay, "write one of", code="not_a_way_to_pay"
)
Pays = Annotated[WayToPay, OfKind(WAYS_TO_PAY)]


class Tier(Term):
    """An amount that is paid while the measure is on the right side of a bar."""

    is_: ThresholdPhrase = Field(alias="is")
    """The bar that the measure must pass, such as at least 55%."""
    pays: Money
    """What is paid, in the currency of payments, such as 210.00."""


@WAYS_TO_PAY.register
class Tiers(WayToPay):
    """The amount of the last tier, in the order written, whose bar is passed; otherwise nothing."""

    key: ClassVar[str] = "tiers"
    tiers: Some[Tier]
    """The bars with their amounts; the last that is passed counts."""

    def pays_for(self, measured: Fraction) -> Fraction:
        passed = self._passed(measured)
        return Fraction(passed[-1].pays) if passed else Fraction(0)

    def _passed(self, measured: Fraction) -> list[Tier]:
        return [tier for tier in self.tiers if tier.is_.is_passed_by(measured)]

    @property
    def most(self) -> Decimal:
        return max(tier.pays for tier in self.tiers)

    @property
    def amounts(self) -> Mapping[Path, Decimal]:
        return {("tiers", at, "pays"): tier.pays for at, tier in enumerate(self.tiers)}

    def errors(self, path: Path) -> Diagnostics:
        """A bar that stands there twice."""
        bars = [str(tier.is_) for tier in self.tiers]
        for index, bar in enumerate(bars):
            if bar in bars[:index]:
                problem = f"two tiers have the bar '{bar}'"
                hint = "Keep one: the last whose bar is passed is paid"
                yield fault_at((*path, "tiers", index, "is"), "tier_twice", problem, hint=hint)

    def warnings(self, path: Path) -> Diagnostics:
        """Better results that earn less, and tiers that are never paid."""
        # What holds can change at a bar only: just below, at and just above each are all the places
        # that need a look. No bar can be written as fine as the step.
        step = Fraction(1, 10**11)
        bars = sorted({tier.is_.exact for tier in self.tiers})
        held = [self._passed(point) for bar in bars for point in (bar - step, bar, bar + step)]
        pays = [passed[-1].pays if passed else Decimal(0) for passed in held]
        sides = {tier.is_.comparison in ("at least", "above") for tier in self.tiers}
        wrong_way = len(sides) == 1 and pays != sorted(pays, reverse=sides == {False})
        if wrong_way or (len(sides) == 2 and _turns(pays)):
            problem = "a better result pays less than a worse one: the last tier that holds is paid"
            found = _in_order(value for value, _ in groupby(pays))
            place, hint = (*path, "tiers"), "Write the tiers from the worst result to the best"
            yield fault_at(place, "pays_less_for_more", problem, found=found, hint=hint)
        for index, tier in enumerate(self.tiers):
            if not any(passed and passed[-1] is tier for passed in held):
                problem = "this tier is never the last that holds, and so never paid"
                yield fault_at((*path, "tiers", index), "tier_never_paid", problem, found=tier.is_)

    def says(self, words: MoneyWords) -> str:
        return "it pays the amount of the last of these that holds, or nothing:"

    def parts(self, words: MoneyWords) -> Iterator[str]:
        yield from (f"{words.money(tier.pays)} while it is {tier.is_}" for tier in self.tiers)


class Point(Term):
    """An amount at a value of the measure."""

    at: DistancePhrase
    """The value of the measure, such as 50%."""
    pays: Money
    """What is paid at that value, in the currency of payments, such as 1000.00."""


@WAYS_TO_PAY.register
class Slides(WayToPay):
    """Amounts that slide in a straight line from point to point; flat before and after them."""

    key: ClassVar[str] = "slides"
    slides: Annotated[Some[Point], Field(min_length=2)]
    """The points between which the amount slides, from the lowest value on."""

    def pays_for(self, measured: Fraction) -> Fraction:
        points = [(point.at.exact, Fraction(point.pays)) for point in self.slides]
        if measured <= points[0][0]:
            return points[0][1]
        for (at, pays), (following, more) in pairwise(points):
            if measured <= following:
                return pays + (more - pays) * (measured - at) / (following - at)
        return points[-1][1]

    @property
    def most(self) -> Decimal:
        return max(point.pays for point in self.slides)

    @property
    def amounts(self) -> Mapping[Path, Decimal]:
        return {}

    def errors(self, path: Path) -> Diagnostics:
        """Points that do not stand in their order."""
        for index, (before, after) in enumerate(pairwise(self.slides), 1):
            if after.at.exact <= before.at.exact:
                place, allowed = (*path, "slides", index, "at"), f"more than {before.at}"
                problem = "a point stands at the same value as the one before it, or lower"
                yield fault_at(place, "not_in_order", problem, found=after.at, allowed=allowed)

    def warnings(self, path: Path) -> Diagnostics:
        """Amounts that rise and fall."""
        pays = [point.pays for point in self.slides]
        if _turns(pays):
            problem = "the amount rises and falls again as the measure rises"
            yield fault_at((*path, "slides"), "pays_less_for_more", problem, found=_in_order(pays))

    def says(self, words: MoneyWords) -> str:
        points = listed(f"{words.money(one.pays)} at {_distance(one.at)}" for one in self.slides)
        return (
            f"it pays {points}, in a straight line from each to the next and the same before the "
            "first and after the last"
        )


@WAYS_TO_PAY.register
class PerPoint(WayToPay):
    """An amount for each so much of the measure above a mark, in proportion or for whole steps;
    nothing below the mark.
    """

    key: ClassVar[str] = "each"
    each: DistancePhrase
    """How much of the measure makes a point, such as 1, or 1%."""
    pays: Money
    """What a point is paid, in the currency of payments, such as 1000.00."""
    above: DistancePhrase | None = None
    """The mark above which points are counted, such as 2."""
    steps: Literal["whole", "in proportion"] = "in proportion"
    """Whether parts of a point are paid, or whole points alone."""
    at_most: Money | None = None
    """What is paid at most, in the currency of payments, such as 5000.00."""
    at_least: Money | None = None
    """What is paid at least, in the currency of payments, such as 0.00."""

    def pays_for(self, measured: Fraction) -> Fraction:
        above = Fraction(0) if self.above is None else self.above.exact
        steps = max(Fraction(0), (measured - above) / self.each.exact)
        if self.steps == "whole":
            steps = Fraction(steps.numerator // steps.denominator)
        paid = steps * Fraction(self.pays)
        if self.at_most is not None:
            paid = min(paid, Fraction(self.at_most))
        return paid if self.at_least is None else max(paid, Fraction(self.at_least))

    @property
    def most(self) -> Decimal | None:
        return self.at_most

    @property
    def amounts(self) -> Mapping[Path, Decimal]:
        return {}

    def errors(self, path: Path) -> Diagnostics:
        """Steps of nothing, and bounds that cross."""
        if self.each.exact <= 0:
            place, problem = (*path, "each"), "an amount for each of nothing"
            allowed = "more than 0, such as 1 or 1%"
            yield fault_at(place, "each_nothing", problem, found=self.each, allowed=allowed)
        if self.at_most is not None and self.at_least is not None and self.at_most < self.at_least:
            problem = "the most that is paid is below the least"
            found = f"{self.at_least} to {self.at_most}"
            rests = ((*path, "at_least"),)
            yield fault_at((*path, "at_most"), "bounds_reversed", problem, found=found, rests=rests)

    def warnings(self, path: Path) -> Diagnostics:
        """Steps that pay nothing."""
        if self.pays == 0:
            problem = "each further step of the measure pays nothing"
            yield fault_at((*path, "pays"), "price_of_nothing", problem)

    def says(self, words: MoneyWords) -> str:
        above = f" above {_distance(self.above)}" if self.above is not None else ""
        each = f"it pays {words.money(self.pays)} for each {_distance(self.each)}{above}"
        whole = self.steps == "whole"
        says = f"{each}, {'for whole steps only' if whole else 'and in proportion for a part'}"
        if self.at_least is not None:
            says += f", at least {words.money(self.at_least)}"
        return says if self.at_most is None else f"{says}, at most {words.money(self.at_most)}"


def _turns(values: Sequence[Decimal]) -> bool:
    """Whether values rise and then fall, or fall and then rise."""
    return list(values) not in (sorted(values), sorted(values, reverse=True))


def _in_order(values: Iterable[Decimal]) -> str:
    return ", then ".join(map(str, values))


def _distance(value: Distance) -> str:
    """A value of a measure, or how far it moves, as the contract writes it: 5, or 5%."""
    return f"{number(value.size)}{'%' if value.percent else ''}"


class Gate(Term):
    """A test on a measure without which nothing is paid."""

    measure: Measure
    """The measure that is tested, or its name."""
    is_: ThresholdPhrase = Field(alias="is")
    """The bar that it must pass, such as at least 5."""


class Result(Cited):
    """A payment for the measured result of a group: the whole, or each value of an attribute.

    `counted` says over which claims the measure is taken: all to date, those achieved in the
    period, the year, or so many periods up to it. With `on`, it is taken at the claims for periods
    that end on that day or later, otherwise at every claim. What `less` names is taken off.
    """

    title: str = ""
    """What people call it."""
    measure: Measure
    """What is measured: a measure, or the name of one."""
    each: AttributeName | None = None
    """The attribute by whose values participants are measured apart, such as borough."""
    counted: Literal["to date", "each period", "each year"] = "to date"
    """Which claims are measured: all to date, or those of a period or a year."""
    over: int = Field(default=1, ge=1, description="how many periods or years, up to this one")
    on: Day | None = None
    """The day from which it is measured at all, such as 2018-12-31."""
    only_if: Listed[Gate] = ()
    """Tests that must be passed, or nothing is paid."""
    pays: Pays
    """How the amount follows the measure: tiers, slides, or each so much."""
    times: Measure | None = None
    """A measure by which the amount is multiplied, or its name."""
    less: OneOrMany[ResultName] = ()
    """The result, or the list of them, whose amount is taken off."""

    @property
    def measures(self) -> tuple[tuple[Path, Measure], ...]:
        """Every measure that is written in it, each with its place from here."""
        gates = ((("only_if", at, "measure"), one.measure) for at, one in enumerate(self.only_if))
        times = () if self.times is None else ((("times",), self.times),)
        return ((("measure",), self.measure), *times, *gates)

    @property
    def most(self) -> Decimal | None:
        """The most that it ever pays; None where that is not known: it is paid time and again, for
        each of many, or times what is measured.
        """
        is_once = self.counted == "to date" and self.each is None and self.times is None
        return self.pays.most if is_once else None

    def worth(self, sums: Sums) -> Fraction:
        """What it pays for what is measured, before what is taken off, in pounds or the like."""
        measured = sums.measured(self.measure)
        gates = [(sums.measured(gate.measure), gate.is_) for gate in self.only_if]
        is_open = all(found is not None and bar.is_passed_by(found) for found, bar in gates)
        times = Fraction(1) if self.times is None else sums.measured(self.times)
        if measured is None or times is None or not is_open:
            return Fraction(0)
        return self.pays.pays_for(measured) * times

    def first_period(self, calendar: Calendar, period: int) -> int:
        """The first period that a measure at the end of a period looks at."""
        if self.counted == "to date":
            return 0
        if self.counted == "each period":
            return max(0, period - self.over + 1)
        years = [calendar.year_of(one.last) for one in calendar.periods]
        return next(n for n, year in enumerate(years) if year > years[period] - self.over)

    def starts_anew(self, calendar: Calendar, period: int) -> bool:
        """Whether what it paid for the period before is of another stretch than this one's."""
        if self.counted == "to date" or period == 0:
            return period == 0
        before, now = (calendar.year_of(one.last) for one in calendar.periods[period - 1 :][:2])
        return self.counted == "each period" or before != now
