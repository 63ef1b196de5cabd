"""Scores, percentages and quantities: metrics whose values are numbers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import ClassVar, Literal

from pydantic import Field

from impactbond.errors import Fault
from impactbond.money import thousands_in
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, around, fault_at
from impactbond.terms.metrics.metric import LARGEST, Numbered
from impactbond.terms.phrases import Distance, Threshold
from impactbond.terms.term import Number, Pair
from impactbond.terms.words import number


def may_be_thousands(
    amount: Decimal, decimals: int, path: Path, rests: Iterable[Path]
) -> Diagnostics:
    """A number that fits its decimals, with three digits after the point that it does not need."""
    if thousands := thousands_in(amount, decimals):
        problem = "three digits after the point may be thousands, and nobody guesses"
        found = f"the number {amount:f}"
        hint = f"Write {thousands} if thousands are meant, and otherwise {number(amount)}"
        yield fault_at(path, "may_be_thousands", problem, found=found, hint=hint, rests=rests)


class Scale(Numbered):
    """A measure on a scale, of which one end is better."""

    takes_percent: ClassVar[bool]
    """Whether a bar for it may be written with a percent sign."""
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = True

    range: Pair[Number]
    """The lowest and the highest value, such as [0, 40]."""
    better: Literal["higher", "lower"]
    """Which end is better."""
    decimals: int = Field(default=0, ge=0, le=4)
    """How many decimals a value has, from 0 through 4."""

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        return self.range[0], self.range[1]

    @property
    def better_by(self) -> int:
        """1 where a rise is better, -1 where a fall is."""
        return 1 if self.better == "higher" else -1

    def check(self, path: Path) -> Diagnostics:
        rests = (*around((*path, "range"), range(2)), (*path, "decimals"))
        low, high = self.range
        if low >= high:
            place, problem, found = (*path, "range"), "the range has no values", f"{low} to {high}"
            hint = "Write the lowest value, then the highest"
            yield fault_at(place, "range_empty", problem, found=found, hint=hint, rests=rests)
        for index, end in enumerate(self.range):
            if end * 10**self.decimals % 1:
                fault = self.too_fine(f"the end {end} of the range")
                yield Diagnostic((*path, "range", index), fault, rests)

    def check_steps(self, home: Path) -> Diagnostics:
        """Whether its values can be compared: they must fit this many steps either side of 0."""
        rests = (*around((*home, "range"), range(2)), (*home, "decimals"))
        if max(map(abs, self.range)) * 10**self.decimals >= LARGEST:
            fault = Fault(
                code="range_too_wide",
                problem="the range has more steps than can be compared",
                found=f"{self.range[0]} to {self.range[1]} with {self.decimals} decimals",
                allowed=f"fewer than {LARGEST:,} steps either side of 0",
                hint="Write a narrower range, or fewer decimals",
            )
            yield Diagnostic((*home, "range"), fault, rests)

    def faults_of_bar(self, bar: Threshold | Distance, *, is_mean: bool = False) -> Iterator[Fault]:
        """Why a bar cannot be met, or always is, or is not one of this measure."""
        low, high = self.range
        size = bar.bar if isinstance(bar, Threshold) else bar.size
        if bar.percent and not self.takes_percent:
            problem = f"'{bar}' is a percentage and the metric is a {self.kind}"
            yield Fault(code="percent_of_score", problem=problem, hint="Write it without the %")
        # A mean lies between the steps of its metric, and so may its bar.
        if size * 10**self.decimals % 1 and not is_mean:
            yield self.too_fine(f"'{bar}'")
        if isinstance(bar, Threshold) and not _can_differ(bar, low, high):
            problem = f"'{bar}' is the same for every value of the metric"
            allowed = f"a threshold within the range, {low} to {high}"
            yield Fault(code="threshold_outside_range", problem=problem, allowed=allowed)
        if isinstance(bar, Distance) and not 0 < size <= high - low:
            code, problem = "no_improvement", "an improvement by nothing, or by less, is none"
            if size > 0:
                code = "cannot_be_met"
                problem = f"an improvement by {bar} is wider than the metric's range"
            allowed = f"more than 0 and at most {high - low}"
            yield Fault(code=code, problem=problem, allowed=allowed)

    def faults_of_way(self, threshold: Threshold) -> Iterator[Fault]:
        """A way leads to where the metric is better."""
        sides = ("at least", "above") if self.better == "higher" else ("at most", "below")
        if threshold.comparison not in sides:
            problem = f"'{threshold}' is where the metric gets worse: {self.better} is better"
            allowed = f"{sides[0]} or {sides[1]} a threshold"
            yield Fault(code="wrong_way", problem=problem, allowed=allowed)


def _can_differ(bar: Threshold, low: Decimal, high: Decimal) -> bool:
    match bar.comparison:
        case "at least" | "below":
            return low < bar.bar <= high
        case _:
            return low <= bar.bar < high


class Score(Scale):
    """A measure on a scale. In evidence: the score times 10 to the power of `decimals`."""

    key: ClassVar[str] = "score"
    takes_percent: ClassVar[bool] = False

    kind: Literal["score"]
    """A measure on a scale: score."""
    instrument: str = ""
    """What measures it, such as SDQ total difficulties."""

    @property
    def label(self) -> str:
        return self.instrument

    def says(self) -> str:
        low, high = map(number, self.range)
        by = f", measured by {self.instrument}" if self.instrument else ""
        return (
            f"a score from {low} to {high}{self.says_fineness}, where {self.better} is better{by}"
        )


class Percentage(Scale):
    """A percentage of something.

    In evidence: the percentage times 10 to the power of `decimals`.
    """

    key: ClassVar[str] = "percentage"
    takes_percent: ClassVar[bool] = True
    sign: ClassVar[str] = "%"

    kind: Literal["percentage"]
    """A percentage of something: percentage."""
    range: Pair[Number] = (Decimal(0), Decimal(100))
    """The lowest and the highest value, such as [0, 100]."""
    decimals: int = Field(default=1, ge=0, le=4)
    """How many decimals a value has, from 0 through 4."""

    def says(self) -> str:
        low, high = map(number, self.range)
        fine = self.says_fineness
        return f"a percentage from {low}% to {high}%{fine}, where {self.better} is better"


class Quantity(Numbered):
    """Something that adds up, such as earnings, hours or bed days; never below nothing.

    In evidence: the quantity times 10 to the power of `decimals`.
    """

    key: ClassVar[str] = "quantity"
    lasts: ClassVar[bool] = False
    one_a_day: ClassVar[bool] = False

    kind: Literal["quantity"]
    """Something that adds up: quantity."""
    unit: str = ""
    """What it is counted in, such as hours."""
    decimals: int = Field(default=0, ge=0, le=4)
    """How many decimals a value has, from 0 through 4."""

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        return Decimal(0), Decimal(LARGEST - 1).scaleb(-self.decimals)

    @property
    def label(self) -> str:
        return self.unit

    @property
    def within(self) -> str:
        return "of 0 or more"

    @property
    def in_units(self) -> str:
        """The unit as it follows a number; nothing where there is none."""
        return f" {self.unit}" if self.unit else ""

    def says(self) -> str:
        of = f" in {self.unit}" if self.unit else ""
        return f"a quantity{of} that adds up{self.says_fineness}"

    def check(self, path: Path) -> Diagnostics:
        yield from ()

    def check_amount(self, name: str, amount: Decimal, path: Path) -> Diagnostics:
        """Whether an amount of the metric, which is called `name`, is more than nothing and no
        finer than it.
        """
        if amount == 0:
            problem = "an amount of nothing is always reached"
            yield fault_at(path, "always_met", problem, allowed="more than 0")
        elif amount * 10**self.decimals % 1:
            rests = around(("metrics", name), ["kind", "decimals"])
            yield Diagnostic(path, self.too_fine(f"'{amount}'"), rests)
        else:
            rests = around(("metrics", name), ["kind", "decimals"])
            yield from may_be_thousands(amount, self.decimals, path, rests)
