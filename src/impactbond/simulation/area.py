"""An area where the contract might run: groups of children, and how likely each milestone is."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, PrivateAttr, WithJsonSchema

from impactbond.money import parse_share, show_share
from impactbond.terms.phrases import SpanPhrase
from impactbond.terms.term import Listed, Term, phrase


def _parse_chance(text: str) -> Fraction:
    try:
        return parse_share(text)
    except ValueError:
        raise ValueError(
            "not a chance: write a percentage from 0% to 100%, or a fraction such as 2/3"
        ) from None


ChancePhrase = Annotated[
    Fraction,
    phrase(_parse_chance),
    PlainSerializer(show_share, return_type=str),
    WithJsonSchema({"type": "string", "examples": ["95%", "2/3"]}),
]


class Group(Term):
    """Children who start on the same day with the same attributes, each eligible by that day."""

    name: str = Field(min_length=1)
    children: int = Field(ge=1, le=1_000_000)
    start: date
    attributes: dict[str, str] = Field(default_factory=dict)


class Chance(Term):
    """How likely a child that reached every prerequisite reaches a milestone too, and how long
    after its start it does.
    """

    chance: ChancePhrase
    after: SpanPhrase


class Area(Term):
    """An area that has been read: who would take part, and what they are assumed to reach."""

    impactbond: Literal[1]
    area: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str = Field(min_length=1)
    groups: Listed[Group] = Field(min_length=1)
    chances: dict[str, Chance]

    _source: bytes = PrivateAttr(default=b"")
    _source_name: str = PrivateAttr(default="")

    @property
    def source(self) -> bytes:
        """The text that was read, byte for byte; nothing for an area that was built in Python."""
        return self._source

    @property
    def children(self) -> int:
        """How many children are assumed to take part."""
        return sum(group.children for group in self.groups)
