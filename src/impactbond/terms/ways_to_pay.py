"""How money follows a measure: steps, a line, so much a point.

A way to pay is one class, which says everything about itself: to add one, write a `WayToPay` and
register it in `WAYS_TO_PAY`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import groupby, pairwise
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.phrases import Distance, DistancePhrase, ThresholdPhrase
from impactbond.terms.term import Money, Some, Term
from impactbond.terms.words import MoneyWords, capital, listed, number
from impactbond.terms.workings import SIGNS, Quotient, Workings, whole


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
    def reached(self, measured: Fraction) -> str:
        """The tier, stretch or steps that a number reaches, in a few words."""

    @abstractmethod
    def work(self, workings: Workings, measured: Quotient) -> Quotient:
        """What it pays for a number, in minor units, in steps: the amounts and bars that it states,
        and what follows from them.
        """

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

    def reached(self, measured: Fraction) -> str:
        passed = self._passed(measured)
        return str(passed[-1].is_) if passed else "no tier"

    def work(self, workings: Workings, measured: Quotient) -> Quotient:
        paid = whole(0)
        for place, tier in enumerate(self.tiers, 1):
            says = f"Tier {place}, {tier.is_}"
            bar = workings.given("bar", f"{says}: the bar", tier.is_.exact, "number")
            pays = workings.amount("pays", f"{says}: pays", Fraction(tier.pays))
            passed = measured.compared(SIGNS[tier.is_.comparison], bar)
            paid = workings.worked(
                "tier", f"{says}: paid up to here", passed.chosen(pays, paid), "minor units"
            )
        return paid

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

    def reached(self, measured: Fraction) -> str:
        passed = [point for point in self.slides if point.at.exact <= measured]
        if not passed:
            return f"below {self.slides[0].at}"
        following = self.slides[len(passed) : len(passed) + 1]
        return f"from {passed[-1].at}" + "".join(f" towards {point.at}" for point in following)

    def work(self, workings: Workings, measured: Quotient) -> Quotient:
        steps = []
        for place, point in enumerate(self.slides, 1):
            at = workings.given("at", f"Point {place}: at", point.at.exact, "number")
            pays = workings.amount("pays", f"Point {place}: pays", Fraction(point.pays))
            steps.append((at, pays))
        paid = steps[0][1]
        for place, ((at, pays), (following, more)) in enumerate(pairwise(steps), 2):
            # Points stand in their order, so that the way between two is not below nought.
            way = replace(following - at, signed=False)
            line = pays + (more - pays) * (measured - at) / way
            within = measured.compared("<", following).chosen(line, more)
            reached = measured.compared(">", at).chosen(within, paid)
            says = f"Paid up to point {place}"
            paid = workings.worked("line", says, reached, "minor units")
        return paid

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

    def _steps(self, measured: Fraction) -> Fraction:
        above = Fraction(0) if self.above is None else self.above.exact
        steps = max(Fraction(0), (measured - above) / self.each.exact)
        return Fraction(steps.numerator // steps.denominator) if self.steps == "whole" else steps

    def pays_for(self, measured: Fraction) -> Fraction:
        paid = self._steps(measured) * Fraction(self.pays)
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

    def reached(self, measured: Fraction) -> str:
        steps = self._steps(measured)
        told = f"about {float(steps):.4f}"
        if 10**4 % steps.denominator == 0:
            told = number(Decimal(steps.numerator) / Decimal(steps.denominator))
        above = f" above {_distance(self.above)}" if self.above is not None else ""
        return f"{told} times {_distance(self.each)}{above}"

    def work(self, workings: Workings, measured: Quotient) -> Quotient:
        beyond, nothing = measured, whole(0)
        if self.above is not None:
            beyond -= workings.given("above", "Counted above", self.above.exact, "number")
        each = workings.given("each", "For each", self.each.exact, "number")
        steps = beyond.compared(">", nothing).chosen(beyond, nothing) / each
        if self.steps == "whole":
            steps = Quotient(
                steps.n // (steps.d or 1),
                1,
                f"IF({steps.known.formula},INT({steps.ratio}),0)",
                signed=False,
            )
        steps = workings.worked("steps", f"{capital(self.steps)} steps", steps)
        paid = steps * workings.amount("pays", "Each of them pays", Fraction(self.pays))
        for bound, sign, says in ((self.at_most, "<", "most"), (self.at_least, ">", "least")):
            if bound is not None:
                held = workings.amount(f"at_{says}", f"The {says} that is paid", Fraction(bound))
                paid = paid.compared(sign, held).chosen(paid, held)
        return workings.worked("points", "Paid for these steps", paid, "minor units")

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
