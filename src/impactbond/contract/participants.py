"""Who the contract is about."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from impactbond.contract.conditions import Condition
from impactbond.contract.term import Cited, Listed


class Participants(Cited):
    """Who the contract is about: their attributes, which of them it covers, and who is eligible."""

    attributes: dict[str, Literal["text"] | Listed[str]] = Field(default_factory=dict)
    covered: dict[str, Listed[str]] = Field(default_factory=dict)
    eligible: Condition | None = None
