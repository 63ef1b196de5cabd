"""What every term of a contract has in common: frozen, strict, and no keys but its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema

from impactbond.texts import one_spelling

T = TypeVar("T")

# Beyond these no contract goes, and exact arithmetic in 64 bits would not either.
MOST_DIGITS = 12
MOST_DECIMALS = 10
# A hundred years from any of these there still is a calendar.
FIRST_YEAR, LAST_YEAR = 1800, 2999


class Term(BaseModel):
    """A part of a contract. Unknown keys are refused; nothing is converted silently."""

    # A model is made ready when it is first used: of those within a contract, that is once with it.
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, populate_by_name=True, defer_build=True
    )


class Cited(Term):
    """A term that may cite the clause of the paper contract it encodes."""

    clause: str = ""
    """The clause of the paper contract that this encodes, such as Sch 2 §1."""


class OneAlone:
    """Marks a list of names of which one alone may be written without a list around it."""


def _plain(value: Any) -> Any:
    return one_spelling(value) if isinstance(value, str) else value


def _as_tuple(value: Any) -> Any:
    # The words of a list are what evidence is compared with, and evidence has one spelling.
    return tuple(map(_plain, value)) if isinstance(value, list) else value


def _one_or_many(value: Any) -> Any:
    return (_plain(value),) if isinstance(value, str) else _as_tuple(value)


def _as_decimal(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked_number(value: Any) -> Any:
    number = _as_decimal(value)
    if isinstance(number, Decimal):
        if not number.is_finite() or (number and number.adjusted() >= MOST_DIGITS):
            raise ValueError(f"the number is too large: write one below {10**MOST_DIGITS:,}")
        if int(number.as_tuple().exponent) < -MOST_DECIMALS:
            raise ValueError(f"the number is too fine: write at most {MOST_DECIMALS} decimals")
    return number


def checked_amount(value: Any) -> Any:
    """An amount as a Decimal, exactly. Raises ValueError for one below nothing or too large."""
    amount = _checked_number(value)
    if isinstance(amount, Decimal) and amount < 0:
        raise ValueError("an amount below nothing: write an amount of 0 or more")
    return amount


def parse_day(text: str) -> date | None:
    """A day from `2017-01-31`; None for what is not written so.

    Raises ValueError for a day that does not exist, or that nobody means.
    """
    stripped = text.strip()
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", stripped):
        return None
    try:
        day = date.fromisoformat(stripped)
    except ValueError:
        raise ValueError(
            "a day that does not exist: write year-month-day, such as 2017-01-31"
        ) from None
    return _meant(day)


def _meant(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"a day too far away: write one from {FIRST_YEAR} through {LAST_YEAR}")
    return day


def _as_day(value: Any) -> Any:
    if isinstance(value, date):
        return _meant(value)
    return (parse_day(value) or value) if isinstance(value, str) else value


Listed = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
Some = Annotated[tuple[T, ...], Field(min_length=1), BeforeValidator(_as_tuple)]
Pair = Annotated[tuple[T, ...], Field(min_length=2, max_length=2), BeforeValidator(_as_tuple)]
OneOrMany = Annotated[
    tuple[T, ...],
    OneAlone(),
    BeforeValidator(_one_or_many),
    WithJsonSchema(
        {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
    ),
]
Number = Annotated[
    Decimal,
    BeforeValidator(_checked_number),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "number"}),
]
Amount = Annotated[
    Decimal,
    BeforeValidator(checked_amount),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "number", "minimum": 0, "exclusiveMaximum": 10**MOST_DIGITS}),
]
Money = Annotated[
    Decimal,
    BeforeValidator(_checked_number),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "number"}),
]
Day = Annotated[date, BeforeValidator(_as_day)]
Word = Annotated[str, BeforeValidator(_plain)]  # one that evidence is compared with


def kind_of(value: Any, kinds: Mapping[str, type[Term]]) -> str | None:
    """The mark of the kind of a term that one of its keys names; marks are no key of any term."""
    if isinstance(value, Term):
        named = (key for key, kind in kinds.items() if isinstance(value, kind))
    else:
        named = (key for key in kinds if isinstance(value, dict) and key in value)
    return next((f"({key})" for key in named), None)


def phrase(parse: Callable[[str], Any]) -> BeforeValidator:
    """A validator for a short phrase of the fixed grammar: text in, the parsed term out."""

    # What is no text fits no grammar: an empty phrase says what would.
    return BeforeValidator(lambda value: parse(value if isinstance(value, str) else ""))
