"""References: names in a term that stand for something the contract defines elsewhere.

A field says by its type what its name stands for (`window: WindowName`). So one walk over the terms
finds every reference, and whoever adds a term need not tell anybody where names stand in it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from impactbond.terms.diagnostic import Path
from impactbond.terms.term import OneAlone, Term


@dataclass(frozen=True, slots=True)
class NameOf:
    """Marks a text as the name of something that a part of the contract defines.

    `sections` are the parts in which it may be defined, in the order in which they are looked
    through; `besides` are words that may stand in place of a name, such as `every milestone`.
    `noun` is what a fault calls it. Without one, an unknown name is told by whoever checks the
    term, who knows more of what may stand there.
    """

    sections: tuple[str, ...]
    besides: tuple[str, ...] = ()
    noun: str = ""


class Reference(NamedTuple):
    """A name, the place at which it stands, and what it may stand for."""

    path: Path
    name: str
    to: NameOf


EVERY_MILESTONE = "every milestone"
PAYABLE = ("milestones", "results", "fees")

MILESTONE = NameOf(("milestones",), noun="milestone")
MetricName = Annotated[str, NameOf(("metrics",), noun="metric")]
WindowName = Annotated[str, NameOf(("windows",), noun="window")]
ConditionName = Annotated[str, NameOf(("conditions",), noun="condition")]
MilestoneName = Annotated[str, MILESTONE]
PayableName = Annotated[str, NameOf(PAYABLE, noun="milestone")]
PayableOrEvery = Annotated[str, NameOf(PAYABLE, (EVERY_MILESTONE,), "milestone")]
MilestoneOrEvery = Annotated[str, NameOf(("milestones",), (EVERY_MILESTONE,), "milestone")]
MeasureName = Annotated[str, NameOf(("measures",), noun="measure")]
MeasureOrResult = Annotated[str, NameOf(("measures", "results"), noun="measure")]
ResultName = Annotated[str, NameOf(("results",))]
IndexName = Annotated[str, NameOf(("indices",), noun="index")]
FunderName = Annotated[str, NameOf(("funders",), noun="funder")]
PayeeName = Annotated[str, NameOf(("funders", "provider"), noun="funder")]
AttributeName = Annotated[str, NameOf(("attributes",), noun="attribute")]
InvestorName = Annotated[str, NameOf(("investors",), noun="investor")]
ClassName = Annotated[str, NameOf(("classes",), noun="class")]


class Naming(Term, ABC):
    """A term in which names stand where the type of a field cannot say so."""

    @abstractmethod
    def named(self, path: Path) -> Iterator[Reference]:
        """Those names, each with its place."""


def references(term: Term, path: Path = ()) -> Iterator[Reference]:
    """Every name in a term, and in the terms inside it, that stands for something defined."""
    for name, field in type(term).model_fields.items():
        place = (*path, field.alias or name)
        marks = tuple(field.metadata)
        yield from _inside(getattr(term, name), field.annotation, marks, place)
    if isinstance(term, Naming):
        yield from term.named(path)


def _inside(value: Any, annotation: Any, marks: tuple[Any, ...], path: Path) -> Iterator[Reference]:
    """The references in a value that stands where a type and the marks beside it say."""
    if get_origin(annotation) is Annotated:
        annotation, *more = get_args(annotation)
        yield from _inside(value, annotation, (*marks, *more), path)
    elif isinstance(value, Term):
        # Of a union of terms the value itself says which one it is.
        yield from references(value, path)
    elif get_origin(annotation) in (Union, UnionType):
        for choice in get_args(annotation):
            yield from _inside(value, choice, marks, path)
    elif isinstance(value, str):
        named = (mark for mark in marks if isinstance(mark, NameOf))
        yield from (Reference(path, value, mark) for mark in named if value not in mark.besides)
    elif isinstance(value, Mapping) and get_origin(annotation) is dict:
        of_key, of_value = get_args(annotation)
        for key, inside in value.items():
            yield from _inside(key, of_key, (), (*path, key))
            yield from _inside(inside, of_value, (), (*path, key))
    elif isinstance(value, tuple) and get_origin(annotation) is tuple:
        is_alone = len(value) == 1 and any(isinstance(mark, OneAlone) for mark in marks)
        for index, inside in enumerate(value):
            yield from _inside(
                inside, get_args(annotation)[0], (), path if is_alone else (*path, index)
            )
