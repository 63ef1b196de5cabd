"""What is worth a look in a contract and is meant so."""

from __future__ import annotations

from pydantic import Field

from impactbond.terms.term import Cited


class Accepted(Cited):
    """Something that a check says is worth a look, and that is meant as it stands.

    It is told by its code and its place, both as the check tells them, so that nothing else is
    accepted with it; what is accepted and is not there any more is told.
    """

    code: str = Field(min_length=1)
    """The code of what is worth a look, such as unused_metric."""
    at: str = Field(min_length=1)
    """Its place, as the check tells it: metrics > spare."""
    because: str = Field(min_length=1)
    """Why it is meant so."""
