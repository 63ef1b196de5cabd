"""Every field of every term shows in the rendered contract: change one, and the text changes."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, singledispatch
from typing import Any, Literal, cast, get_args, get_origin

import pytest
from pydantic import BaseModel
from tests.rich_contracts import rich_contract

import impactbond.contract
from impactbond.contract.contract import Contract
from impactbond.contract.phrases import Edge, Most
from impactbond.contract.read import read_contract
from impactbond.contract.term import Term
from impactbond.dates import Span
from impactbond.money import CURRENCIES
from impactbond.rendering.schedule import schedule_of

WLZ = "fixtures/contracts/west_london_zone.yaml"
# Fields with one allowed value: the version of the language, and what tells a term's kind.
ONE_VALUE = {
    ("Contract", "impactbond"),
    ("ContractLimit", "contract"),
    ("Rounding", "on"),
    ("Rounding", "odd_penny"),
    *((kind, "kind") for kind in ("Event", "Session", "Score", "Percentage", "Quantity", "State")),
}
Field = tuple[str, str]
Changed = tuple[tuple[Field, ...], Any]  # the fields on the way, and another value for the whole
CONTRACTS = {"rich": rich_contract, "wlz": lambda: read_contract(WLZ)}


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


@cache
def tried(contract: str) -> tuple[set[Field], set[tuple[Field, ...]]]:
    """The fields whose changes were rendered, and the changes that nothing in the text shows."""
    whole = CONTRACTS[contract]()
    before, shown, hidden = schedule_of(whole), set[Field](), set[tuple[Field, ...]]()
    for on_the_way, other in of_term(whole, whole):
        try:
            after = schedule_of(cast(Contract, other))
        except (LookupError, ValueError):
            continue  # a name that stands for nothing here, or money finer than its currency
        shown |= set(on_the_way)
        if after == before:
            hidden.add(on_the_way)
    return shown, hidden


def every_field() -> set[tuple[str, str]]:
    """Every field of every term in the packages of the contract."""
    modules = [
        importlib.import_module(f"impactbond.contract.{found.name}")
        for found in pkgutil.iter_modules(impactbond.contract.__path__)
    ]
    terms = {
        one
        for module in modules
        for one in vars(module).values()
        if inspect.isclass(one) and issubclass(one, Term)
    }
    parents = {parent for term in terms for parent in term.__mro__[1:]}
    return {(term.__name__, field) for term in terms - parents for field in term.model_fields}


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_field_that_changes_changes_the_text(contract: str) -> None:
    _, hidden = tried(contract)
    assert hidden == set()


def test_every_field_of_every_term_is_changed_by_the_test_above() -> None:
    shown = {field for contract in CONTRACTS for field in tried(contract)[0]}
    assert every_field() - shown - ONE_VALUE == set()


def test_a_field_that_nobody_renders_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("impactbond.rendering.funding._HALVES", {"up": "", "even": ""})
    whole = rich_contract()
    rounding = whole.rounding.model_copy(update={"half": "up"})
    assert schedule_of(whole) == schedule_of(whole.model_copy(update={"rounding": rounding}))
