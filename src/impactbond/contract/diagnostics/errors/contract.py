"""Whether the terms of a contract fit together: names that exist, shares that make a whole, windows
that can be met.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import chain

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_only
from impactbond.contract.diagnostics.errors.conditions import check_conditions
from impactbond.contract.diagnostics.errors.examples import check_examples
from impactbond.contract.diagnostics.errors.funding import check_funding
from impactbond.contract.diagnostics.errors.investment import check_investment
from impactbond.contract.diagnostics.errors.limits import check_limits
from impactbond.contract.diagnostics.errors.milestones import check_milestones
from impactbond.contract.diagnostics.errors.money import check_money
from impactbond.contract.diagnostics.errors.periods import check_periods
from impactbond.contract.diagnostics.errors.plans import check_plans, check_vat
from impactbond.contract.diagnostics.errors.prices import check_prices
from impactbond.contract.diagnostics.errors.results import check_results
from impactbond.contract.diagnostics.errors.sheets import check_sheets
from impactbond.contract.diagnostics.errors.tranches import check_tranches
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.errors import Fault
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    listed_twice,
    unknown,
)
from impactbond.terms.phrases import Window
from impactbond.terms.sheets import PARTICIPANT_COLUMNS

__all__ = ["check_terms", "unknown"]

_TERM: Path = ("calendar", "term")
# Columns that tables of participants and of claims have besides the attributes.
_TAKEN = (
    *PARTICIPANT_COLUMNS,
    *("segment", "milestone", "period", "achieved_on", "price_pence", "file", "sheet", "row"),
)
_UNFUNDED = "unfunded"  # what statements call the money that no funder pays


def check_terms(contract: Contract) -> list[Diagnostic]:
    """Every fault of meaning, each with the path of the term it is in."""
    checks: list[Callable[[Contract], Diagnostics]] = [
        _check_dates,
        _check_windows,
        _check_participants,
        _check_funders,
        _check_metrics,
        check_conditions,
        check_milestones,
        check_prices,
        check_results,
        check_periods,
        check_money,
        check_funding,
        check_tranches,
        check_limits,
        check_sheets,
        check_vat,
        check_plans,
        check_investment,
        check_examples,
    ]
    return list(chain.from_iterable(check(contract) for check in checks))


def _check_dates(contract: Contract) -> Diagnostics:
    first, last = contract.calendar.term
    earliest, latest = EPOCH, from_day_number(LAST_DAY_NUMBER)
    if last < first:
        fault = Fault(
            code="term_reversed",
            problem="the term ends before it starts",
            found=f"{first} through {last}",
            hint="Write the first day, then the last",
        )
        yield Diagnostic(_TERM, fault)
    elif first < earliest or last > latest:
        fault = Fault(
            code="term_too_far",
            problem="the term is outside the days that can be reckoned with",
            found=f"{first} through {last}",
            allowed=f"{earliest} through {latest}",
        )
        yield Diagnostic(_TERM, fault)
    if contract.version.effective_on > last:
        fault = Fault(
            code="effective_after_term",
            problem="the version takes effect after the term has ended",
            found=str(contract.version.effective_on),
            allowed=f"a day up to {last}, the last of the term",
        )
        yield Diagnostic(("version", "effective_on"), fault, (_TERM,))


def _check_windows(contract: Contract) -> Diagnostics:
    for name, window in contract.windows.items():
        # Where one end is a date, it depends on the start whether the window has a day at all.
        is_mixed = (window.opens.fixed is None) != (window.closes.fixed is None)
        starts = contract.calendar.term if is_mixed else contract.calendar.term[:1]
        if all(_is_reversed(window, start) for start in starts):
            fault = Fault(
                code="window_reversed",
                problem=f"the window '{name}' ends before it starts",
                found=str(window),
                hint="Write the earlier end first; 'A to B' ends the day before B, 'A through B'"
                " on B",
            )
            yield Diagnostic(("windows", name), fault, (_TERM,) if is_mixed else ())


def _is_reversed(window: Window, start: date) -> bool:
    opens, closes = window.days(start)
    return closes < opens


def _check_participants(contract: Contract) -> Diagnostics:
    attributes = contract.participants.attributes
    place: Path = ("participants", "attributes")
    for name, values in attributes.items():
        if name.casefold() in _TAKEN:
            fault = Fault(
                code="taken_name",
                problem=f"'{name}' is a column of its own and cannot be an attribute too",
                hint="Give the attribute another name",
            )
            yield Diagnostic((*place, name), fault)
        if isinstance(values, tuple):
            yield from listed_twice((*place, name), values, "value")
    people = contract.participants
    yield from check_only(contract, people.covered, ("participants", "covered"))
    if people.places is not None and people.places.by not in attributes:
        fault = unknown("attribute", people.places.by, attributes)
        yield Diagnostic(("participants", "places", "by"), fault, (place,))
    if people.started is not None:
        yield from _check_started(contract, *people.started)


def _check_started(contract: Contract, first: date, last: date) -> Diagnostics:
    if last < first:
        fault = Fault(
            code="started_reversed",
            problem="the last day of starting is before the first",
            found=f"{first} through {last}",
            hint="Write the first day, then the last",
        )
        yield Diagnostic(("participants", "started"), fault)
    elif first > contract.calendar.term[1]:
        fault = Fault(
            code="started_after_term",
            problem="nobody can start before the term has ended",
            found=f"{first} through {last}",
            allowed=f"days up to {contract.calendar.term[1]}, the last of the term",
        )
        yield Diagnostic(("participants", "started"), fault, (_TERM,))


def _check_funders(contract: Contract) -> Diagnostics:
    attributes = contract.participants.attributes
    named: dict[str, str] = {}
    for name, funder in contract.funders.items():
        path: Path = ("funders", name)
        if funder.each is not None and funder.each not in attributes:
            rests: Path = ("participants", "attributes")
            yield Diagnostic(
                (*path, "each"), unknown("attribute", funder.each, attributes), (rests,)
            )
        if name == _UNFUNDED:
            fault = Fault(
                code="taken_name",
                problem=f"'{name}' means the money that no funder pays",
                hint="Give the funder another name",
            )
            yield Diagnostic(path, fault)
        if funder.name in named:
            fault = Fault(
                code="same_name",
                problem=f"two funders are called '{funder.name}'",
                hint=f"The other is '{named[funder.name]}'; statements must tell them apart",
            )
            other: Path = ("funders", named[funder.name], "name")
            yield Diagnostic((*path, "name"), fault, (other,))
        named.setdefault(funder.name, name)


def _check_metrics(contract: Contract) -> Diagnostics:
    for name, metric in contract.metrics.items():
        path: Path = ("metrics", name)
        yield from listed_twice((*path, "sources"), metric.sources, "source")
        yield from metric.check(path)
