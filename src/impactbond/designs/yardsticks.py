"""What futures are judged by: an amount in every future, and a condition on it.

Takes  a forecast, and the words for an amount: due, due from a funder, unpaid, spent, surplus,
       lowest cash; or any function of a forecast.
Gives  whole pence in every trial; whether a condition holds, and by how much it is missed.
Keeps  a condition is decided on exact counts and sums; the amount that it turns on occurs in a
       future, or is the mean to the nearest penny.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from impactbond.errors import AssumptionError, Fault, assert_one_of
from impactbond.forecasts.cash import cash_of, unpaid_pence
from impactbond.money import Pence, half_up, rounded, show
from impactbond.simulation.forecast import Forecast

Judged = str | Callable[[Forecast], Pence]
DUE_FROM = "due from "
_OF: dict[str, Callable[[Forecast, int], Pence]] = {
    "due": lambda forecast, _: forecast.due_pence[..., :-1].sum(axis=(1, 2)),
    "unpaid": lambda forecast, _: unpaid_pence(forecast),
    "spent": lambda forecast, _: forecast.cost_pence.sum(axis=(1, 2)),
    "surplus": lambda forecast, opening: (
        opening
        + forecast.due_pence[..., :-1].sum(axis=(1, 2))
        - forecast.cost_pence.sum(axis=(1, 2))
    ),
    "lowest cash": lambda forecast, opening: cash_of(forecast, opening).lowest_pence,
}
YARDSTICKS = (*_OF, f"{DUE_FROM}FUNDER")


def judged(forecast: Forecast, of: Judged, opening_pence: int = 0) -> Pence:
    """The amount in every trial. `opening_pence` is what the provider begins with, for its cash and
    its surplus.

    Raises AssumptionError for words that are none, a funder that the contract has not, or a
    function that gives anything but one whole number for each trial.
    """
    if not isinstance(of, str):
        amounts = np.asarray(of(forecast))
        if amounts.shape != (forecast.trials,) or not np.issubdtype(amounts.dtype, np.integer):
            fault = Fault(
                code="no_amounts",
                problem="what futures are judged by is not a whole number for each of them",
                found=f"{amounts.dtype} shaped {amounts.shape}",
                allowed=f"whole numbers shaped ({forecast.trials},)",
            )
            raise AssumptionError("The futures cannot be judged.", [fault])
        return amounts.astype(np.int64)
    if of.startswith(DUE_FROM):
        funder, names = of.removeprefix(DUE_FROM), [one.id for one in forecast.funders.all[:-1]]
        assert_one_of(funder, "the funder", names, AssumptionError)
        return np.asarray(forecast.due_pence[..., names.index(funder)].sum(axis=1))
    if of not in _OF:
        assert_one_of(of, "of", YARDSTICKS, AssumptionError)
    return np.asarray(_OF[of](forecast, opening_pence))


@dataclass(frozen=True)
class Condition:
    """That an amount is at least, or at most, so many pence: in the mean, or in a share of futures.

    `of` is due, due from FUNDER, unpaid, spent, surplus, lowest cash, or a function of a forecast.
    """

    of: Judged
    at_least: int | None = None
    at_most: int | None = None
    in_share: Fraction | None = None
    opening_pence: int = 0

    def __post_init__(self) -> None:
        faults = []
        if (self.at_least is None) == (self.at_most is None):
            problem = "a condition has either at_least or at_most"
            faults.append(Fault(code="no_bar", problem=problem))
        if self.in_share is not None and not 0 < self.in_share <= 1:
            problem, allowed = "no share of futures", "above 0% and up to 100%"
            faults.append(Fault(code="no_share", problem=problem, allowed=allowed))
        if any(isinstance(bar, float) for bar in (self.at_least, self.at_most)):
            problem, hint = "a bar is whole minor units", "Write 1050 for £10.50"
            faults.append(Fault(code="not_whole", problem=problem, hint=hint))
        if faults:
            raise AssumptionError("The condition cannot be used.", faults)

    def turns_on(self, forecast: Forecast) -> Fraction:
        """The exact amount that it turns on: the mean, or what so large a share of futures reaches.
        It holds where that is on the right side of its bar, and only there.
        """
        amounts = judged(forecast, self.of, self.opening_pence)
        if self.in_share is None:
            return Fraction(int(amounts.sum()), len(amounts))
        needed = -(-self.in_share.numerator * len(amounts) // self.in_share.denominator)
        ascending = np.sort(amounts)
        return Fraction(int(ascending[-needed if self.at_most is None else needed - 1]))

    def missed_by(self, turns_on: Fraction) -> Fraction:
        """How far the amount is from the bar; nothing where the condition holds."""
        if self.at_least is not None:
            return max(Fraction(0), self.at_least - turns_on)
        assert self.at_most is not None
        return max(Fraction(0), turns_on - self.at_most)

    def said(self, currency: str) -> str:
        """The condition in words."""
        of = self.of if isinstance(self.of, str) else "the amount"
        bar, side = (
            (self.at_most, "at most") if self.at_least is None else (self.at_least, "at least")
        )
        told = f"{of} is {side} {show(bar or 0, currency)}"
        if self.in_share is None:
            return f"on average, {told}"
        return f"in {100 * self.in_share}% of futures, {told}".replace(".0%", "%")


def shown(amount: Fraction, currency: str) -> str:
    """An exact amount to the nearest minor unit, as people write it."""
    return show(rounded(amount, half_up), currency)
