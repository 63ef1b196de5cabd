"""What every term of a contract has in common: frozen, strict, and no keys but its own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, WithJsonSchema

T = TypeVar("T")


class Term(BaseModel):
    """A part of a contract. Unknown keys are refused; nothing is converted silently."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Cited(Term):
    """A term that may cite the clause of the paper contract it encodes."""

    clause: str = ""


def _as_tuple(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _one_or_many(value: Any) -> Any:
    return (value,) if isinstance(value, str) else _as_tuple(value)


def _as_decimal(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _not_negative(value: Decimal) -> Decimal:
    if value < 0:
        raise ValueError("an amount below nothing")
    return value


Listed = Annotated[tuple[T, ...], BeforeValidator(_as_tuple)]
OneOrMany = Annotated[tuple[T, ...], BeforeValidator(_one_or_many)]
Number = Annotated[
    Decimal,
    BeforeValidator(_as_decimal),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "number"}),
]


def phrase(parse: Callable[[str], Any]) -> BeforeValidator:
    """A validator for a short phrase of the fixed grammar: text in, the parsed term out."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            raise ValueError("should be a phrase, written as text")
        return parse(value)

    return BeforeValidator(read)


def _checked_amount(value: Any) -> Any:
    value = _as_decimal(value)
    return _not_negative(value) if isinstance(value, Decimal) else value


Amount = Annotated[
    Decimal,
    BeforeValidator(_checked_amount),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
