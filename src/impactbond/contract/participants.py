"""Who the contract is about."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from impactbond.contract.conditions import Condition
from impactbond.contract.term import Cited, Some


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


class Participants(Cited):
    """Who the contract is about: their attributes, which of them it covers, and who is eligible."""

    attributes: dict[str, Values] = Field(default_factory=dict)
    covered: dict[str, Some[str]] = Field(default_factory=dict)
    eligible: Condition | None = None
