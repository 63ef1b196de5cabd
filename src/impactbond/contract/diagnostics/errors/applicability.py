"""Whether terms for some participants, and between two days, can ever apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    did_you_mean,
    listed_twice,
    listing,
    unknown,
)

ATTRIBUTES: Path = ("participants", "attributes")
_TERM: Path = ("calendar", "term")


def check_only(contract: Contract, only: Mapping[str, Sequence[str]], path: Path) -> Diagnostics:
    """Every fault of the attributes that a term is about."""
    attributes = contract.participants.attributes
    for name, values in only.items():
        if name not in attributes:
            fault = unknown("attribute", name, attributes)
            yield Diagnostic((*path, name), fault, (ATTRIBUTES,))
            continue
        known = attributes[name]
        for index, value in enumerate(values):
            if isinstance(known, tuple) and value not in known:
                fault = Fault(
                    code="unknown_value",
                    problem=f"'{value}' is not a value of the attribute '{name}'",
                    allowed=listing(known),
                    hint=did_you_mean(value, known),
                )
                rests = around((*ATTRIBUTES, name), range(len(known)))
                yield Diagnostic((*path, name, index), fault, (ATTRIBUTES, *rests))
        yield from listed_twice((*path, name), values, "value")


def check_dated(contract: Contract, term: Dated, path: Path) -> Diagnostics:
    """Every fault of whom a dated term is about, and when."""
    yield from check_only(contract, term.only, (*path, "only"))
    yield from check_days(term.from_, term.through, path)
    first, last = contract.calendar.term
    if first <= last and ((term.from_ or first) > last or (term.through or last) < first):
        fault = Fault(
            code="outside_term",
            problem="its dates are outside the term, so that it never applies",
            found=f"{term.from_ or first} through {term.through or last}",
            allowed=f"days from {first} through {last}",
        )
        yield Diagnostic(path, fault, (_TERM, (*path, "from"), (*path, "through")))


def check_days(first: date | None, last: date | None, path: Path) -> Diagnostics:
    """A term at a place that ends before it starts."""
    if first is not None and last is not None and last < first:
        fault = Fault(
            code="dates_reversed",
            problem="it ends before it starts",
            found=f"{first} through {last}",
            hint="Write the earlier day under from, the later one under through",
        )
        yield Diagnostic((*path, "through"), fault, ((*path, "from"),))


def check_in_term(contract: Contract, day: date, path: Path) -> Diagnostics:
    """A day that is not in the term; nothing is told where the term is reversed."""
    first, last = contract.calendar.term
    if first <= last and not first <= day <= last:
        fault = Fault(
            code="outside_term",
            problem="the date is outside the term",
            found=str(day),
            allowed=f"{first} through {last}",
        )
        yield Diagnostic(path, fault, (_TERM,))
