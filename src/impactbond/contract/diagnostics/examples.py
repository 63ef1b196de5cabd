"""Whether worked examples and plans speak of what the contract has."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.names import ATTRIBUTES
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, around, fault_at, unknown
from impactbond.terms.expected import (
    CLAIMS,
    EACH,
    OF_CLAIMS,
    OF_PERSON,
    OF_ROW,
    ON,
    PERSON,
    TOTAL,
    Example,
    Plan,
    days_of,
    times_of,
)
from impactbond.terms.reference import PAYABLE
from impactbond.terms.term import parse_day

# An example speaks of everything: where a part of that could not be read, nothing is told of it.
_RESTS_ON: tuple[Path, ...] = (
    *((part,) for part in ("funders", "participants", "metrics", "calendar", *PAYABLE)),
    *(ATTRIBUTES, ("calendar", "term"), ("calendar", "claims")),
)


def _unknown_payment(name: str, known: Iterable[str]) -> Fault:
    """A name of nothing that is paid for, and of nobody who pays."""
    problem = f"there is no milestone, result, fee or funder '{name}'"
    return replace(unknown("payable_or_funder", name, known), problem=problem)


def check_plans(contract: Contract) -> Diagnostics:
    """Every fault of the plans: periods and names that the contract does not have."""
    known = (*contract.payables, *contract.funders, TOTAL)
    for name, plan in contract.plans.items():
        path = ("plans", name, "payments")
        for label, sums in plan.payments.items():
            yield from _check_planned(contract, label, path)
            for paid in sums:
                if paid not in known:
                    fault = _unknown_payment(paid, known)
                    yield Diagnostic((*path, label, paid), fault, (("milestones",), ("funders",)))


def _check_planned(contract: Contract, label: str, path: Path) -> Diagnostics:
    """A plan has claim periods or its own, which meet the term."""
    known = {one.label: (one.first, one.last) for one in contract.calendar.periods}
    if not known:  # a term that is reversed has none
        return
    first, last = contract.calendar.term
    try:
        begins, ends = Plan.days_of(label, known)
    except ValueError:
        own = "2017, 2017-Q1, 2017-03, to 2017-06-30, 2017-01-16 through 2017-06-30"
        fault = unknown("period", label, known)
        allowed = f"{fault.allowed}; or a period of its own, such as {own}"
        yield Diagnostic((*path, label), replace(fault, allowed=allowed), (("calendar",),))
        return
    if ends < begins or ends < first or last < begins:
        problem = "the period has no day of the term"
        found, allowed = f"{begins} through {ends}", f"days from {first} through {last}"
        rests = (("calendar",),)
        yield fault_at(
            (*path, label), "unknown_period", problem, found=found, allowed=allowed, rests=rests
        )


def _check_period(contract: Contract, label: str, path: Path) -> Diagnostics:
    labels = [period.label for period in contract.calendar.periods]
    if labels and label not in labels:  # a term that is reversed has none
        yield Diagnostic((*path, label), unknown("period", label, labels), (("calendar",),))


def check_examples(contract: Contract) -> Diagnostics:
    """Every fault of the worked examples; whether they hold is found by settling them."""
    seen: set[str] = set()
    for index, example in enumerate(contract.examples):
        path: Path = ("examples", index)
        if example.name in seen:
            problem = f"two examples are called '{example.name}'"
            yield fault_at((*path, "name"), "same_name", problem, hint="Give one another name")
        seen.add(example.name)
        for finding in chain(
            _check_given(contract, example, (*path, "given")),
            _check_expected(contract, example, (*path, "expect")),
        ):
            yield finding._replace(rests_on=(*finding.rests_on, *_RESTS_ON))


def _check_given(contract: Contract, example: Example, path: Path) -> Diagnostics:
    attributes, is_somebody = tuple(contract.participants.attributes), False
    for index, row in enumerate(example.given):
        place = (*path, index)
        known: tuple[str, ...]
        if PERSON in row:
            known, is_somebody = (*OF_PERSON, *attributes), True
        elif CLAIMS in row:
            known = (*OF_CLAIMS, *attributes)
        else:
            known = (*OF_ROW, *contract.metrics)
            if not is_somebody:
                problem = "a row of evidence comes before any participant"
                hint = "Begin with a row such as {participant: c1, start: 2017-01-09}"
                yield fault_at(place, "nobody_named", problem, hint=hint)
        for name in row:
            if name not in known:
                yield Diagnostic((*place, name), unknown("key", name, known), (("metrics",),))
        yield from _check_days(row, place, singly=contract.claim_by_claim)


def _check_days(row: dict[str, str], place: Path, *, singly: bool) -> Diagnostics:
    needed = "start" if PERSON in row else next((key for key in EACH if key in row), ON)
    rests = around(place, row)
    if needed not in row:
        problem, hint = f"the row does not say '{needed}'", "Add it, with its day"
        yield fault_at(place, "no_day", problem, hint=hint, rests=rests)
        return
    try:
        times_of(row, singly=singly)
        if PERSON not in row:
            list(days_of(row))
        for name in ("start", "left", "from", "recorded"):
            if name in row and parse_day(row[name]) is None:
                raise ValueError("write a day such as 2017-01-31")
    except (ValueError, OverflowError) as error:  # days after the year 9999 overflow
        hint, found = str(error).capitalize(), ""
        problem = "the row holds a day that is none"
        if "times" in hint:
            problem, found = (
                "the number of times is none that can be used",
                f"times: {row['times']}",
            )
            problem += ", where a limit looks at single claims" if singly else ""
        yield fault_at(place, "not_a_day", problem, found=found, hint=hint, rests=rests)


def _check_expected(contract: Contract, example: Example, path: Path) -> Diagnostics:
    named = [name for name, funder in contract.funders.items() if funder.each is None]
    many = tuple(f"{name}: " for name, one in contract.funders.items() if one.each is not None)
    known = (*contract.payables, *named, TOTAL)
    for label, sums in example.expect.items():
        yield from _check_period(contract, label, path)
        for name in sums:
            if name not in known and not name.startswith(many):
                yield Diagnostic((*path, label, name), _unknown_payment(name, known))


def look_at_examples(contract: Contract) -> Diagnostics:
    """Every worked example that expects nothing, and so holds whatever is paid."""
    for index, example in enumerate(contract.examples):
        if not any(example.expect.values()):
            problem = f"the example '{example.name}' says nothing of what is paid"
            hint = "Run check, and write down under expect what comes, once it is what was meant"
            yield fault_at(("examples", index), "nothing_expected", problem, hint=hint)
