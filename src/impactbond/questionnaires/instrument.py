"""A questionnaire as data: its items without their texts, the answers that are valid, and how
scores and bands are made of them.

An instrument is a YAML file in the manner of a contract: it knows no keys but its own, it has a
version, and it cites where its arithmetic is published. Whoever scores with it can be asked which.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from pydantic import Field

from impactbond.contract.contract import FromText
from impactbond.terms.term import Listed, Number, OneOrMany, Pair, Some, Term, Word

Answers = dict[str, OneOrMany[str]]


class Scored(Term):
    """How one score is made: of items, or of scores that stand above it."""

    of: Some[Word]
    """The items, or the scores above, that it is made of."""
    at_least: int | None = Field(default=None, ge=1)
    """How many of them must be answered; all, unless it says less. With fewer there is no score."""
    unanswered: Literal["pro rata", "left out"] = "pro rata"
    """What stands for those that are not answered: the mean of the others, or nothing."""
    way: Literal["sum", "mean"] = "sum"
    """Whether they are added up, or their mean is taken."""
    times: Number = Decimal(1)
    """What that is multiplied by, such as 4."""
    rounded: Literal["half up"] | None = None
    """Whether it is rounded, a half going up; exact, unless it says so."""
    decimals: int = Field(default=0, ge=0, le=6)
    """To how many decimals it is rounded."""
    table: dict[str, Number] = Field(default_factory=dict)
    """What each raw score is in the published table, such as 21: 19.25."""
    better: Literal["higher", "lower"] | None = None
    """Whether a higher or a lower score is the better one; unsaid where neither is."""


class Banding(Term):
    """A published set of cut-points: which band each score lies in."""

    cited: str = Field(min_length=1)
    """The document that publishes these cut-points."""
    informants: OneOrMany[str] = ()
    """Whose answers they are for; of anybody's, unless it says."""
    scores: dict[str, dict[str, Pair[Number]]] = Field(min_length=1)
    """For each score its bands, each from a lowest to a highest value: raised: [12, 15]."""


class Instrument(FromText):
    """A questionnaire that has been read and checked."""

    impactbond: Literal[1]
    """The version of this language: 1."""
    instrument: str = Field(
        pattern=r"^[a-z0-9][a-z0-9-]*$", description="small letters, digits and hyphens"
    )
    """The short name, such as sdq."""
    title: str = Field(min_length=1)
    """What people call it."""
    version: str = Field(min_length=1)
    """Which version of this file it is, such as '1'."""
    cited: Some[str]
    """Where its scoring is published."""
    licence: str = Field(min_length=1)
    """What whoever uses the questionnaire must have agreed, and with whom."""
    informants: dict[str, Listed[str]] = Field(default_factory=dict)
    """Who may answer, each with what is written for it: teacher: [T]."""
    items: Some[Word]
    """The items, in the order of the form. Their texts are no part of it."""
    reversed: Listed[Word] = ()
    """The items in which the lowest answer counts as the highest."""
    answers: Answers = Field(min_length=2)
    """The valid answers: the number that each counts as, with the words that stand for it."""
    answers_of: dict[str, Answers] = Field(default_factory=dict)
    """Items whose valid answers are others."""
    no_answer: Listed[str] = ()
    """What is written where somebody did not answer, besides nothing, such as N/A or '-9'."""
    written_from: Number | None = None
    """The number that is written for the lowest answer, where it is not the one it counts as."""
    scores: dict[str, Scored] = Field(min_length=1)
    """The scores, by name, in their order."""
    bands: dict[str, Banding] = Field(default_factory=dict)
    """Sets of cut-points, by name."""

    def starting_at(self, number: int) -> Instrument:
        """The same instrument for answers that are written as numbers from this one on: with 1,
        what counts from 0 to 2 is written 1, 2, 3.
        """
        return self.model_copy(update={"written_from": Decimal(number)})

    def answers_to(self, item: str) -> Answers:
        """The valid answers of an item."""
        return self.answers_of.get(item, self.answers)

    @property
    def shift(self) -> Fraction:
        """How far a number that is written lies above the one that it counts as."""
        if self.written_from is None:
            return Fraction(0)
        return Fraction(self.written_from) - min(map(Fraction, self.answers))

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {item: place for place, item in enumerate(self.items)}

    def values_of(self, item: str) -> frozenset[Fraction]:
        """The numbers that the answers of an item count as; reversed, they are the same ones."""
        counted = frozenset(map(Fraction, self.answers_to(item)))
        if item in self.reversed:
            return frozenset(min(counted) + max(counted) - one for one in counted)
        return counted
