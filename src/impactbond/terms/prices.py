"""Prices: what one claim is worth, what raises, lowers and rounds it, and how VAT stands to it.

A kind of change of a price is one class, which says everything about itself: to add one, write a
`PriceChange` and register it in `PRICE_CHANGES`.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Annotated, ClassVar, Literal, Protocol

from pydantic import Field

from impactbond.dates import said_day
from impactbond.money import RoundingRule, always_down, always_up, rounded, show_share
from impactbond.terms.applicability import Dated
from impactbond.terms.calendar import Calendar
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.kind import Kind, Kinds, OfKind
from impactbond.terms.phrases import ChangePhrase, SharePhrase
from impactbond.terms.reference import EVERY_MILESTONE, IndexName, MilestoneOrEvery
from impactbond.terms.term import Amount, Cited, Day, Number, OneOrMany, Term
from impactbond.terms.words import listed, number, quoted


class PricesIn(Cited):
    """Prices are in one currency and payments in another, at a rate that the contract states."""

    currency: str
    """The currency of prices, by its ISO code, such as EUR."""
    rate: Number = Field(gt=0, description="how much of the contract's currency one is")


class IndexValue(Term):
    """What an index stands at, from a day until its next value."""

    from_: Day = Field(alias="from")
    """The day from which the value holds, such as 2017-04-01."""
    is_: Number = Field(alias="is", gt=0)
    """The value, such as 103.5."""


class Rate(Dated):
    """A price that takes the place of the milestone's; the first that applies does."""

    price: Amount
    """What one claim is paid, in the currency of prices, such as 500.00."""


class Band(Term):
    """The price of every claim after the first so many, in settlement order."""

    after: int = Field(ge=1)
    """How many claims come before it, such as 300."""
    price: Amount
    """What each further claim is paid, in the currency of prices, such as 900.00."""


Who = Mapping[str, str]  # somebody, by attributes


class PricedContract(Protocol):
    """What a change of a price may look at in its contract."""

    @property
    def indices(self) -> Mapping[str, tuple[IndexValue, ...]]:
        """The values of every index, in the order written."""

    @property
    def calendar(self) -> Calendar:
        """The days of the contract."""


class PriceChange(Kind):
    """A change of a price; of several, each changes what those before it have made of the price.

    Where a kind is `Dated` as well, its attributes and days are checked for it.
    """

    @abstractmethod
    def changed(self, price: Fraction, contract: PricedContract, day: date, of: Who) -> Fraction:
        """What it makes of a price on a day, for somebody with these attributes, exactly."""

    @abstractmethod
    def most(self, price: Fraction, contract: PricedContract) -> Fraction:
        """The most that it can make of a price, on any day and for anybody."""

    @property
    def amounts(self) -> dict[str, Decimal]:
        """Its amounts in the currency of prices by their keys; none may be finer than that.

        Nothing, unless the change is by an amount: most are by a proportion.
        """
        return {}

    @abstractmethod
    def errors(self, contract: PricedContract, path: Path) -> Diagnostics:
        """Every fault of meaning, which stands at a place."""

    @abstractmethod
    def warnings(self, path: Path) -> Diagnostics:
        """What is allowed and may not be meant."""

    @abstractmethod
    def says(self) -> str:
        """The change in the contract's wording."""

    def states(self, contract: PricedContract) -> Iterator[tuple[str, str]]:
        """What an explanation states beside it, each with what it is called.

        Nothing, unless the change stands on another term: most say all there is to say themselves.
        """
        yield from ()


PRICE_CHANGES: Kinds[PriceChange] = Kinds("change", PriceChange, "write one of")
AnyPriceChange = Annotated[PriceChange, OfKind(PRICE_CHANGES)]


@PRICE_CHANGES.register
class ChangedBy(Dated, PriceChange):
    """A price raised or lowered by a percentage."""

    key: ClassVar[str] = "by"
    by: ChangePhrase
    """By what share, such as +10% or -50%."""

    def changed(self, price: Fraction, contract: PricedContract, day: date, of: Who) -> Fraction:
        """The price and so many per cent of it, where the change applies."""
        return price * (1 + self.by) if self.applies(day, of) else price

    def most(self, price: Fraction, contract: PricedContract) -> Fraction:
        """A price that is lowered for some stays what it is for others."""
        return price * (1 + max(self.by, Fraction(0)))

    def errors(self, contract: PricedContract, path: Path) -> Diagnostics:
        """None beside those of everything that is dated."""
        yield from ()

    def warnings(self, path: Path) -> Diagnostics:
        """A price that is lowered by all of it."""
        if self.by == -1:
            place, problem = (*path, "by"), "the price is lowered to nothing"
            yield fault_at(place, "price_of_nothing", problem, found="-100%")

    def says(self) -> str:
        """By how much, for whom and when."""
        way = "raised" if self.by >= 0 else "lowered"
        return f"the price is {way} by {show_share(abs(self.by))} {self.applies_to()}".strip()


@PRICE_CHANGES.register
class Indexed(PriceChange):
    """A price that follows an index: times its value on the day, over its value on the base day."""

    key: ClassVar[str] = "index"
    index: IndexName
    """The name of the index."""
    base: Day
    """The day at whose value the price is written, such as 2016-04-01."""

    def changed(self, price: Fraction, contract: PricedContract, day: date, of: Who) -> Fraction:
        """The price in the proportion of the two values."""
        values = contract.indices[self.index]
        return price * _stands_at(values, day) / _stands_at(values, self.base)

    def most(self, price: Fraction, contract: PricedContract) -> Fraction:
        """The price at the highest value that the contract knows."""
        values = contract.indices[self.index]
        highest = Fraction(max(value.is_ for value in values))
        return price * highest / _stands_at(values, self.base)

    def errors(self, contract: PricedContract, path: Path) -> Diagnostics:
        """An index that has no value on the base day or when the term starts."""
        if self.index not in contract.indices:  # told with the names
            return
        first = contract.indices[self.index][0].from_
        needed = min(self.base, contract.calendar.term[0])
        if first > needed:
            place, code = (*path, "base"), "no_index_value"
            rests = (("indices",), ("calendar", "term"))
            problem = f"the index '{self.index}' has no value on a day on which it is needed"
            found, allowed = f"its first value is from {first}", f"a value from {needed} or before"
            yield fault_at(place, code, problem, found=found, allowed=allowed, rests=rests)

    def warnings(self, path: Path) -> Diagnostics:
        """None: no index stands at nothing."""
        yield from ()

    def says(self) -> str:
        """Which index, from which day."""
        base = f"its value on {said_day(self.base)}"
        return f"the price follows the index {quoted(self.index)}: times its value over {base}"

    def states(self, contract: PricedContract) -> Iterator[tuple[str, str]]:
        """The values of the index."""
        values = contract.indices[self.index]
        stands = (f"{number(value.is_)} from {said_day(value.from_)}" for value in values)
        yield f"index {self.index}", listed(stands)


def _stands_at(values: Sequence[IndexValue], day: date) -> Fraction:
    """What an index stands at on a day: its latest value from that day or before."""
    past = [value for value in values if value.from_ <= day]
    # Before its first value an index stands at that one; that such a day is not needed has been
    # checked.
    return Fraction(max(past, key=lambda value: value.from_).is_ if past else values[0].is_)


class Discount(Dated, Cited):
    """A share that is taken off the prices of the rate card, those of rates and bands too: after
    what a milestone's own changes have made of a price, and before it is rounded. Of several, each
    takes its share of what those before it have left.
    """

    off: SharePhrase = Field(description="the share that is taken off, such as 5%")
    for_: OneOrMany[MilestoneOrEvery] = Field(
        default=(EVERY_MILESTONE,), alias="for", description="milestones, or every milestone"
    )

    def is_of(self, milestone: str) -> bool:
        """Whether it is taken off the prices of a milestone."""
        return self.for_ == (EVERY_MILESTONE,) or milestone in self.for_

    def taken_off(self, price: Fraction, day: date, of: Who) -> Fraction:
        """What it leaves of a price on a day, for somebody with these attributes, exactly."""
        # Of what is left by those before it: two of 10% leave 81%, and not 80%.
        return price * (1 - self.off) if self.applies(day, of) else price

    def errors(self, banded: Sequence[str], path: Path) -> Diagnostics:
        """A discount of nothing, and one for some alone off prices that depend on all claims."""
        if self.off == 0:
            problem, more = "nothing is taken off", "more than 0%"
            place = (*path, "off")
            yield fault_at(place, "discount_of_nothing", problem, found="0%", allowed=more)
        if not self.for_:
            problem = "the discount is taken off the price of no milestone"
            hint = "Name milestones, or leave for out: then it is of every milestone"
            yield fault_at((*path, "for"), "discount_for_nothing", problem, hint=hint)
        if EVERY_MILESTONE in self.for_ and len(self.for_) > 1:
            problem = "a discount for every milestone names one as well"
            yield fault_at((*path, "for"), "every_and_one", problem, hint="Keep one of the two")
        if self.only and (named := [name for name in banded if self.is_of(name)]):
            problem = "a discount for some participants is taken off a price in bands, in which the"
            problem += " claims of all are counted"
            hint = "Take only out, or name under for the milestones without bands"
            yield fault_at(
                (*path, "only"), "discount_in_bands", problem, found=listed(named), hint=hint
            )

    def warnings(self, path: Path) -> Diagnostics:
        """A price of which all is taken off."""
        if self.off == 1:
            problem = "the discount takes off the whole price"
            yield fault_at((*path, "off"), "price_of_nothing", problem, found="100%")

    def says(self) -> str:
        """What is taken off, for whom and when."""
        says = f"a discount of {show_share(self.off)} is taken off the price {self.applies_to()}"
        return says.strip()


class RoundedTo(Term):
    """How a price is rounded after its changes; otherwise to the minor unit.

    Halves go as the contract's rounding says.
    """

    to: Amount
    """The step, in the currency of prices, such as 1.00."""
    way: Literal["up", "down", "nearest"]
    """Which way it is rounded."""

    def rounded(self, price: Fraction, halves: RoundingRule) -> Fraction:
        """A price in whole steps."""
        rules = {"up": always_up, "down": always_down, "nearest": halves}
        return rounded(price / Fraction(self.to), rules[self.way]) * Fraction(self.to)

    def says(self, step: str) -> str:
        """How it is rounded, to steps as people write them."""
        ways = {"up": "up to the next", "down": "down to the last", "nearest": "to the nearest"}
        return f"the price is then rounded {ways[self.way]} {step}"


class Vat(Cited):
    """How VAT stands to what is paid: not charged (exempt, or outside the scope), included in every
    price, or added on top of what is due.
    """

    treatment: Literal["exempt", "outside the scope", "included", "added"]
    """Whether VAT is not charged, in every amount already, or on top."""
    rate: SharePhrase | None = None
    """The rate, such as 20%, where VAT is included or added."""

    def errors(self, path: Path) -> Diagnostics:
        """A rate is stated where VAT is in the price or comes on top, and nowhere else."""
        needs_rate = self.treatment in ("included", "added")
        if needs_rate != (self.rate is not None):
            problem = "VAT is charged at no rate" if needs_rate else "VAT has a rate and no charge"
            hint = "Write a rate such as 20%" if needs_rate else "Leave the rate out"
            yield fault_at(
                path, "vat_rate", problem, found=f"treatment: {self.treatment}", hint=hint
            )
