"""Who the contract is about."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.terms.conditions import Condition
from impactbond.terms.phrases import TermPhrase
from impactbond.terms.reference import AttributeName
from impactbond.terms.term import Cited, Some, Term


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
    clock: Literal["restarts", "goes on"]


class Participants(Cited):
    """Who the contract is about: their attributes, which of them it covers, who is eligible, and
    between which days they must have started.
    """

    attributes: dict[str, Values] = Field(default_factory=dict)
    covered: dict[AttributeName, Some[str]] = Field(default_factory=dict)
    started: TermPhrase | None = None
    eligible: Condition | None = None
    places: Places | None = None
