"""Who: the provider and the funders, the version that they signed, and the participants."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.conditions import Condition
from impactbond.terms.phrases import TermPhrase
from impactbond.terms.reference import AttributeName, FunderName
from impactbond.terms.term import Amount, Cited, Day, Listed, Some, Term

FunderKind = Literal[
    "council",
    "school",
    "lottery",
    "central government",
    "philanthropy",
    "health",
    "foundation",
    "other",
]


class Version(Term):
    """Which whole version of the contract this is; an amendment or correction is a new one."""

    number: int = Field(ge=1)
    """The number of the version, from 1."""
    kind: Literal["original", "amendment", "correction"]
    """Whether it is the first, an agreed change, or puts a mistake right."""
    signed_on: Day
    """The day on which it was signed, from which it is known."""
    effective_on: Day
    """The day from which it governs."""
    corrects: int | None = Field(
        default=None, ge=1, description="the number of the version that a correction puts right"
    )

    @property
    def corrected(self) -> int:
        """The number of the version that a correction puts right: the one before, unless said."""
        return self.number - 1 if self.corrects is None else self.corrects


class Commitment(Term):
    """What a funder has committed to pay in all, from a day until its next commitment."""

    from_: Day = Field(alias="from")
    """The day from which it holds, such as 2017-04-01."""
    amount: Amount
    """What is committed in all, in the currency of payments, such as 500000.00."""


# Fewer children than these are not told apart, wherever nobody has agreed to less.
FEWEST = 5


class Sees(Cited):
    """What a funder may see in its own statement beside its lines: what it pays for the people of
    each of those that another funder stands for, such as of each school.
    """

    each: FunderName
    """The funder that is one for each value of an attribute, such as school."""
    least: int = Field(default=FEWEST, ge=1)
    """How many participants must have moved in every claim for one of them to be told apart, such
    as 5; with 1 all are told, however few."""


class Funder(Cited):
    """Whoever pays for outcomes.

    With `each`, one funder for every value of that attribute: each school for its own pupils.
    """

    name: str = Field(min_length=1)
    """What statements call the funder."""
    kind: FunderKind
    """What kind of body it is."""
    each: AttributeName | None = None
    """The attribute each of whose values is a funder by itself, such as school."""
    commits: Listed[Commitment] = ()
    """What it has committed to pay in all, from a day on."""
    sees: Sees | None = None
    """Of whose people its own statement says what it pays for them: {each: school}."""

    def committed_on(self, day: date) -> Decimal:
        """What it has committed in all by a day: its latest commitment from that day or before."""
        past = [one for one in self.commits if one.from_ <= day]
        return max(past, key=lambda one: one.from_).amount if past else Decimal(0)


def _values_kind(value: Any) -> str | None:
    is_listed = isinstance(value, list | tuple)
    return "(text)" if value == "text" else "(listed)" if is_listed else None


Values = Annotated[
    Annotated[Literal["text"], Tag("(text)")] | Annotated[Some[str], Tag("(listed)")],
    Discriminator(
        _values_kind,
        custom_error_type="not_a_list_of_values",
        custom_error_message="not the values of an attribute: write text, or a list of values such"
        " as [north, south]",
    ),
]


class Places(Term):
    """Participants with the same value of an attribute hold one place, one after another.

    Every milestone is paid once for a place. The clock of who comes later starts afresh, or goes on
    from the start of the first.
    """

    by: AttributeName
    """The attribute whose values are places."""
    clock: Literal["restarts", "goes on"]
    """Whether the next participant's time starts afresh or goes on."""


class Participants(Cited):
    """Who the contract is about: their attributes, which of them it covers, who is eligible, and
    between which days they must have started.
    """

    attributes: dict[str, Values] = Field(default_factory=dict)
    """What is told of each participant: text, or the list of values allowed."""
    covered: dict[AttributeName, Some[str]] = Field(default_factory=dict)
    """The values of attributes that the contract covers, {borough: [north]}."""
    started: TermPhrase | None = None
    """Between which days a participant must have started."""
    eligible: Condition | None = None
    """The condition, or its name, without which nothing is paid."""
    places: Places | None = None
    """Places that participants hold one after another."""
