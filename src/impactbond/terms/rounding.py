"""Where pennies are cut, and what becomes of half a penny.

A rule for halves is one class here: add it to `HALVES`, and everything that is rounded by the
contract obeys it, in words and in figures.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, GetJsonSchemaHandler
from pydantic_core import PydanticKnownError
from pydantic_core.core_schema import CoreSchema

from impactbond.money import RoundingRule, half_up
from impactbond.terms.kind import watch
from impactbond.terms.term import Cited


class Half(ABC):
    """A rule for what lies exactly between two minor units."""

    key: str  # as a contract writes it
    says: str  # in the contract's wording

    @staticmethod
    @abstractmethod
    def rule(below: Any, rest: Any, whole: int) -> Any:
        """Whether it goes to the next above; see `money.RoundingRule`."""

    @abstractmethod
    def short(self, coin: str) -> str:
        """Where half a coin goes, in a word or two of a statement."""


class HalfUp(Half):
    """Half a minor unit goes up, towards +infinity."""

    key, says = "up", "half a penny is rounded up"
    rule = staticmethod(half_up)

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
    """

    on: Literal["running totals"] = "running totals"
    """What is rounded: running totals."""
    half: Annotated[str, BeforeValidator(_known_half), _OneOfHalves()] = "up"
    """What becomes of half a minor unit."""
    odd_penny: Annotated[Literal["in the order of the shares"], BeforeValidator(_odd_penny)] = (
        "in the order of the shares"
    )
    """Who bears the penny that does not divide: in the order of the shares."""

    @property
    def rule(self) -> RoundingRule:
        """The rule by which everything under the contract is rounded to a minor unit."""
        return HALVES[self.half].rule
