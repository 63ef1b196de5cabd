"""Where pennies are cut, and what becomes of half a penny.

A rule for halves is one class here: add it to `HALVES`, and everything that is rounded by the
contract obeys it, in words and in figures.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler
from pydantic_core import PydanticKnownError
from pydantic_core.core_schema import CoreSchema

from impactbond.money import (
    Pence,
    RoundingRule,
    always_down,
    always_up,
    half_up,
    minor_units,
    round_fraction,
)
from impactbond.terms.kind import watch
from impactbond.terms.term import Amount, Cited


class Half(ABC):
    """A rule for what lies exactly between two minor units."""

    key: str  # as a contract writes it
    says: str  # in the contract's wording

    @staticmethod
    @abstractmethod
    def rule(below: Any, rest: Any, whole: int) -> Any:
        """Whether it goes to the next above; see `money.RoundingRule`."""

    @staticmethod
    @abstractmethod
    def formula(number: str) -> str:
        """The same as `rule`, as a spreadsheet rounds a number."""

    @abstractmethod
    def short(self, coin: str) -> str:
        """Where half a coin goes, in a word or two of a statement."""


class HalfUp(Half):
    """Half a minor unit goes up, towards +infinity."""

    key, says = "up", "half a penny is rounded up"
    rule = staticmethod(half_up)

    @staticmethod
    def formula(number: str) -> str:
        """Down from a half above it."""
        return f"INT({number}+0.5)"

    def short(self, coin: str) -> str:
        """It goes up."""
        return "up"


class HalfEven(Half):
    """Half a minor unit goes to the even neighbour, so that over many halves nobody gains."""

    key, says = "even", "half a penny goes to the even penny"

    @staticmethod
    def rule(below: Any, rest: Any, whole: int) -> Any:
        """Up beyond the half, and on it from an odd number."""
        return (2 * rest > whole) | ((2 * rest == whole) & (below % 2 == 1))

    @staticmethod
    def formula(number: str) -> str:
        """On the half, twice what half of it is rounded to."""
        is_half = f"{number}-INT({number})=0.5"
        return f"IF({is_half},2*ROUND(({number})/2,0),ROUND({number},0))"

    def short(self, coin: str) -> str:
        """It goes to the even one."""
        return f"to the even {coin}"


HALVES: dict[str, Half] = {half.key: half for half in (HalfUp(), HalfEven())}
watch(HALVES)


def _known_half(value: Any) -> Any:
    if not isinstance(value, str) or value not in HALVES:
        choices = " or ".join(f"'{key}'" for key in HALVES)
        raise PydanticKnownError("literal_error", {"expected": choices})
    return value


class _OneOfHalves:
    """The schema of a rule for halves: whichever are known when it is asked for."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"enum": list(HALVES), "type": "string"}


def _odd_penny(value: Any) -> Any:
    return " ".join(value.split()) if isinstance(value, str) else value


class Rounding(Cited):
    """Where pennies are cut: on running totals under one share rule, at cumulative boundaries in
    the order of the shares.

    With `to`, what each funder has paid to date is in whole units of so much, after its limits;
    what is left over is asked of nobody until later claims make another unit of it.
    """

    on: Literal["running totals"] = "running totals"
    """What is rounded: running totals."""
    half: Annotated[str, BeforeValidator(_known_half), _OneOfHalves()] = "up"
    """What becomes of half a minor unit."""
    odd_penny: Annotated[Literal["in the order of the shares"], BeforeValidator(_odd_penny)] = (
        "in the order of the shares"
    )
    """Who bears the penny that does not divide: in the order of the shares."""
    to: Amount | None = Field(
        default=None,
        description="what each funder pays is in whole units of so much, such as 1.00 or 0.05",
    )
    way: Literal["down", "nearest", "up"] = Field(
        default="down", description="which way a part of such a unit goes"
    )

    def whole_units(self, running: Pence, currency: str) -> Pence:
        """Running totals of a funder in whole units of what it pays in, in minor units."""
        assert self.to is not None, "asked only where there is a unit"
        unit = minor_units(self.to, currency)
        rules = {"down": always_down, "nearest": self.rule, "up": always_up}
        return round_fraction(running, Fraction(1, unit), rules[self.way]) * unit

    @property
    def rule(self) -> RoundingRule:
        """The rule by which everything under the contract is rounded to a minor unit."""
        return HALVES[self.half].rule

    def formula(self, number: str) -> str:
        """The same rule, as a spreadsheet works it out."""
        return HALVES[self.half].formula(number)
