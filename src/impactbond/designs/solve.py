"""The value of a term at which a condition just holds: a price, a share, up-front money, a limit.

Takes  a contract and an area, a term by its path, the values between which to look, a condition.
Gives  a Solution: the last value that holds, the next that does not, and what each came to.
Keeps  every value is judged on the same drawn futures; the two are one step apart. Where nothing
       holds, it says so, and how near it came.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, NamedTuple

from impactbond.contract.contract import Contract
from impactbond.designs.design import Overrides, Value, Written
from impactbond.designs.sensitivity import Steps, steps_between
from impactbond.designs.yardsticks import Condition, shown
from impactbond.simulation.area import Area
from impactbond.simulation.simulate import simulate

_LOOKS = 8  # values between the two ends that are tried where neither of them holds
TRIALS = 2_000


class Tried(NamedTuple):
    """A value, the amount that the condition turns on there, and by how much it is missed."""

    value: str
    turns_on: Fraction
    missed_by: Fraction

    @property
    def holds(self) -> bool:
        """Whether the condition holds there."""
        return not self.missed_by


@dataclass(frozen=True)
class Solution:
    """What was found. `answer` is the value at which the condition just holds and `beside` the next
    one, at which it does not; where it holds at both ends, `beside` is None, and where it holds
    nowhere `answer` is None and `nearest` came nearest.
    """

    path: str
    condition: str
    currency: str
    trials: int
    seed: int
    answer: Tried | None
    beside: Tried | None
    nearest: Tried
    tried: tuple[Tried, ...]

    @property
    def value(self) -> str | None:
        """The value, as a file would have it; None where there is none."""
        return None if self.answer is None else self.answer.value

    def as_dict(self) -> dict[str, Any]:
        """The solution as plain data, for `--json`: exact amounts, in minor units, are texts."""

        def plain(one: Tried | None) -> dict[str, str] | None:
            if one is None:
                return None
            return {
                "value": one.value,
                "turns_on_pence": str(one.turns_on),
                "missed_by_pence": str(one.missed_by),
            }

        return {
            "path": self.path,
            "condition": self.condition,
            "trials": self.trials,
            "seed": self.seed,
            "answer": plain(self.answer),
            "beside": plain(self.beside),
            "nearest": plain(self.nearest),
            "tried": [plain(one) for one in self.tried],
        }

    @property
    def text(self) -> str:
        """The solution in plain words."""
        about = f"{self.trials:,} futures from seed {self.seed}, the same for every value"
        asked = f"{self.path} such that {self.condition} ({about})"

        def came(one: Tried) -> str:
            told = f"at {one.value}: {shown(one.turns_on, self.currency)}"
            missed = shown(one.missed_by, self.currency)
            return f"{told}, so it holds" if one.holds else f"{told}, missed by {missed}"

        if self.answer is None:
            return f"{asked}\nNo solution. Nearest {came(self.nearest)}"
        if self.beside is None:
            return f"{asked}\nIt holds at both ends of what was looked at\n  {came(self.answer)}"
        found = f"{self.answer.value}\n  {came(self.answer)}\n  {came(self.beside)}"
        return f"{asked}\n{found}"


def solve(
    contract: Contract,
    area: Area,
    path: str | Callable[[Value], Overrides],
    *,
    between: tuple[Decimal | str | int, Decimal | str | int],
    condition: Condition,
    step: Decimal | str | int | None = None,
    trials: int = TRIALS,
    seed: int = 1,
) -> Solution:
    """The value of a term at which a condition just holds, by halving.

    `path` is where the term stands, such as "milestones.sign_up.price", or a function from a value
    to overrides where several terms move together. `between` are the two ends: amounts
    ("100.00", "900.00") in steps of a minor unit, shares ("10%", "60%") in steps of 0.01%, or whole
    numbers; `step` says otherwise. Where neither end holds, values between them are tried.

    It takes for granted that the condition turns once between a value that holds and one that does
    not; if it turns more often, one of the turns is found, and the two values beside it prove it.

    Raises AssumptionError for ends that are none, and what reading a changed contract raises.
    """
    scale = steps_between(between, step, contract.currency)
    written = Written(contract, area)
    known: dict[int, Tried] = {}

    def at(place: int) -> Tried:
        if place not in known:
            value = scale.value(place)
            overrides = {path: value} if isinstance(path, str) else path(value)
            design = written.design(overrides)
            forecast = simulate(design.contract, design.area, trials=trials, seed=seed)
            turns_on = condition.turns_on(forecast)
            known[place] = Tried(scale.said(place), turns_on, condition.missed_by(turns_on))
        return known[place]

    answer, beside = _turn(at, scale)
    tried = tuple(known[place] for place in sorted(known))
    return Solution(
        path if isinstance(path, str) else "the terms",
        condition.said(contract.currency),
        contract.currency,
        trials,
        seed,
        None if answer is None else at(answer),
        None if beside is None else at(beside),
        min(tried, key=lambda one: one.missed_by),
        tried,
    )


def _turn(at: Callable[[int], Tried], scale: Steps) -> tuple[int | None, int | None]:
    """A place that holds and its neighbour that does not; the first alone where both ends hold, and
    neither where nothing does.
    """
    low, high = 0, scale.steps
    if at(low).holds and at(high).holds:
        return low, None
    holds, fails = (low, high) if at(low).holds else (high, low)
    # Neither end holds. In between it may, as where a price is too low at one end, and a limit is
    # reached too soon at the other.
    if not at(holds).holds:
        looks = {high * look // (_LOOKS + 1) for look in range(1, _LOOKS + 1)} - {low, high}
        inside = next((place for place in sorted(looks) if at(place).holds), None)
        if inside is None:
            return None, None
        holds, fails = inside, low
    while abs(holds - fails) > 1:
        middle = (holds + fails) // 2
        if at(middle).holds:
            holds = middle
        else:
            fails = middle
    return holds, fails
