"""Every way to change one leaf of a contract, or the order or the number of what it holds."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import singledispatch
from typing import Any, Literal, TypeVar, cast, get_args, get_origin

from pydantic import BaseModel

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.money import CURRENCIES
from impactbond.terms.limits.limit import Most
from impactbond.terms.metrics.sessions import Session
from impactbond.terms.phrases import Edge

Told = TypeVar("Told")
Field = tuple[str, str]
Ways = set[tuple[Field, ...]]
Changed = tuple[tuple[Field, ...], Any]  # the fields on the way, and another value for the whole
# Fields with one allowed value: the version of the language, and what tells a term's kind.
ONE_VALUE = {
    ("Contract", "impactbond"),
    ("ContractLimit", "contract"),
    ("Rounding", "on"),
    ("Rounding", "odd_penny"),
    *((kind, "kind") for kind in ("Event", "Session", "Score", "Percentage", "Quantity", "State")),
}


def told_of_changes(whole: Contract, tell: Callable[[Contract], Told]) -> tuple[Ways, Ways]:
    """The ways to fields of which a change makes a difference to what is told, and of which one
    makes none; a way may be among both.
    """
    before, shown, hidden = tell(whole), Ways(), Ways()
    for on_the_way, other in of_term(whole, whole):
        try:
            after = tell(cast(Contract, other))
        except (LookupError, ValueError):
            continue  # a name that stands for nothing here, or money finer than its currency
        (hidden if after == before else shown).add(on_the_way)
    return shown, hidden


@singledispatch
def others(value: Any) -> Iterator[Any]:
    """Other values that may stand where a value does; the first ones are the likeliest."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        for field in dataclasses.fields(value):
            for other in others(getattr(value, field.name)):
                yield dataclasses.replace(value, **{field.name: other})
    elif value is not None:
        raise TypeError(f"no other value for {type(value)}")


@others.register
def _(value: bool) -> Iterator[bool]:
    yield not value


@others.register
def _(value: int) -> Iterator[int]:
    yield value + 1


@others.register
def _(value: Decimal) -> Iterator[Decimal]:
    yield value + 1


@others.register
def _(value: Fraction) -> Iterator[Fraction]:
    yield value / 2


@others.register
def _(value: date) -> Iterator[date]:
    yield value + timedelta(days=1)


@others.register
def _(value: str) -> Iterator[str]:
    yield f"{value}x"


@others.register
def _(value: Span) -> Iterator[Span]:
    yield Span(value.count + 1, value.unit)
    yield Span(value.count, "week" if value.unit != "week" else "day")


@others.register
def _(value: Most) -> Iterator[Most]:
    for other in (Most("money", Decimal(7)), Most("claims", number=8), Most("commitment")):
        if other.of != value.of:
            yield other
    if value.of == "money":
        yield dataclasses.replace(value, amount=value.amount + 1)
    elif value.of == "share of claims":
        yield dataclasses.replace(value, share=value.share / 2)
    elif value.of != "commitment":
        yield dataclasses.replace(value, number=value.number + 1)


@others.register
def _(value: Edge) -> Iterator[Edge]:
    yield Edge(fixed=date(2020, 2, 2))
    yield Edge(span=Span(99, "day"), side="before")


def literals(annotation: Any) -> set[Any]:
    """Every literal that an annotation allows, however deep."""
    if get_origin(annotation) is Literal:
        return set(get_args(annotation))
    inside = getattr(annotation, "__value__", None) or get_args(annotation)
    return {found for one in inside for found in literals(one)} if inside else set()


def names_in(contract: Contract) -> dict[str, list[str]]:
    """Names that may stand where another name of the contract does."""
    kinds: list[list[str]] = [
        list(getattr(contract, field))
        for field in (
            "funders",
            "windows",
            "conditions",
            "milestones",
            "measures",
            "fees",
            "indices",
        )
    ]
    kinds += [list(contract.participants.attributes), list(CURRENCIES)]
    for metric in contract.metrics.values():
        kinds.append([n for n, m in contract.metrics.items() if type(m) is type(metric)])
        kinds.append(list(metric.marks) if isinstance(metric, Session) else [])
    return {
        name: [other for kind in kinds if name in kind for other in kind if other != name]
        for kind in kinds
        for name in kind
    }


def changes(value: Any, contract: Contract, allowed: set[Any]) -> Iterator[Changed]:
    """Every way to change one leaf of a value, or the order or the number of what it holds."""
    if isinstance(value, BaseModel):
        yield from of_term(value, contract)
    elif isinstance(value, dict):
        for key, one in value.items():
            for on_the_way, other in changes(one, contract, allowed):
                yield on_the_way, {k: other if k == key else v for k, v in value.items()}
            for name in (f"{key}x", *names_in(contract).get(key, ())):
                if name not in value:
                    yield (), {name if k == key else k: v for k, v in value.items()}
        if len(value) > 1:
            yield (), dict(list(value.items())[:-1])
    elif isinstance(value, tuple):
        for place, one in enumerate(value):
            for on_the_way, other in changes(one, contract, allowed):
                yield on_the_way, (*value[:place], other, *value[place + 1 :])
        is_pair_of_days = len(value) == 2 and isinstance(value[0], date | int)
        if len(value) > 1 and not is_pair_of_days:
            yield (), value[:-1]
        if len(value) > 1 and value[0] != value[1]:
            yield (), (value[1], value[0], *value[2:])
    elif isinstance(value, str) and value in allowed:
        yield from (((), other) for other in sorted(allowed - {value}))
    elif isinstance(value, str):
        yield from (((), other) for other in (*others(value), *names_in(contract).get(value, ())))
    else:
        yield from (((), other) for other in others(value))


def of_term(term: BaseModel, contract: Contract) -> Iterator[Changed]:
    for field, about in type(term).model_fields.items():
        here, value = (type(term).__name__, field), getattr(term, field)
        if here in ONE_VALUE:
            continue
        for on_the_way, other in changes(value, contract, literals(about.annotation)):
            yield (here, *on_the_way), term.model_copy(update={field: other})
        if not about.is_required():
            default = about.get_default(call_default_factory=True)
            if value != default:
                yield (here,), term.model_copy(update={field: default})
