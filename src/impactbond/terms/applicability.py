"""For whom and when a term applies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pydantic import Field

from impactbond.dates import between
from impactbond.terms.reference import AttributeName
from impactbond.terms.term import Day, Some, Term
from impactbond.terms.words import listed, plain

Only = dict[AttributeName, Some[str]]


class Dated(Term):
    """A term for participants with some attributes, or for what is achieved between two days."""

    only: Only = Field(default_factory=dict)
    """Whom it is for: an attribute with the values that count, {borough: [north]}."""
    from_: Day | None = Field(default=None, alias="from")
    """The first day for which it holds, such as 2018-04-01."""
    through: Day | None = None
    """The last day for which it holds, such as 2019-03-31."""

    def applies(self, day: date, attributes: Mapping[str, str]) -> bool:
        """Whether it is about a claim of that day, by somebody with these attributes."""
        first, last = self.from_ or date.min, self.through or date.max
        return first <= day <= last and is_about(self.only, attributes)

    def in_short(self) -> str:
        """The same as the files write it: `borough north or south; from 2018-01-01`."""
        days = [f"from {self.from_}"] if self.from_ is not None else []
        days += [f"through {self.through}"] if self.through is not None else []
        who = [f"{name} {' or '.join(values)}" for name, values in self.only.items()]
        return "; ".join(filter(None, [*who, " ".join(days)]))

    def applies_to(self) -> str:
        """For whom and for which days of achievement it is, in words; nothing where always."""
        who, when = with_attributes(self.only), between(self.from_, self.through)
        parts = [f"for {who}" if who else "", f"for what is achieved {when}" if when else ""]
        return ", ".join(filter(None, parts))


def with_attributes(only: Mapping[str, Sequence[str]]) -> str:
    """The participants that have these attributes; nothing where all are meant."""
    if not only:
        return ""
    each = (f"{plain(name)} {listed(values, 'or')}" for name, values in only.items())
    return f"participants with {listed(each)}"


def is_about(only: Mapping[str, Sequence[str]], attributes: Mapping[str, str]) -> bool:
    """Whether a term for participants with some attributes is about one with these."""
    return all(attributes.get(name) in values for name, values in only.items())
