"""Whether the terms of a contract fit together: names that exist, shares that make a whole, windows
that can be met.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import chain

from impactbond.contract.check_conditions import check_conditions
from impactbond.contract.check_examples import check_examples
from impactbond.contract.check_funding import check_funding
from impactbond.contract.check_investment import check_investment
from impactbond.contract.check_limits import check_limits
from impactbond.contract.check_milestones import check_milestones
from impactbond.contract.check_money import check_money
from impactbond.contract.check_only import check_only
from impactbond.contract.check_periods import check_periods
from impactbond.contract.check_plans import check_plans, check_vat
from impactbond.contract.check_prices import check_prices
from impactbond.contract.check_results import check_results
from impactbond.contract.check_sheets import check_sheets
from impactbond.contract.check_tranches import check_tranches
from impactbond.contract.contract import Contract
from impactbond.contract.delivery import PARTICIPANT_COLUMNS
from impactbond.contract.findings import (
    Finding,
    Found,
    around,
    listed_twice,
    unknown,
)
from impactbond.contract.metrics import Percentage, Score, Session, State, decimals_of
from impactbond.contract.phrases import Window
from impactbond.contract.yaml_lines import Path
from impactbond.dates import EPOCH, LAST_DAY_NUMBER, from_day_number
from impactbond.errors import Fault

__all__ = ["check_terms", "unknown"]

_TERM: Path = ("calendar", "term")
# Columns that tables of participants and of claims have besides the attributes.
_TAKEN = (
    *PARTICIPANT_COLUMNS,
    *("segment", "milestone", "period", "achieved_on", "price_pence", "file", "sheet", "row"),
)
_UNFUNDED = "unfunded"  # what statements call the money that no funder pays


def check_terms(contract: Contract) -> list[Finding]:
    """Every fault of meaning, each with the path of the term it is in."""
    checks: list[Callable[[Contract], Found]] = [
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


def _check_dates(contract: Contract) -> Found:
    first, last = contract.calendar.term
    earliest, latest = EPOCH, from_day_number(LAST_DAY_NUMBER)
    if last < first:
        fault = Fault(
            code="term_reversed",
            problem="the term ends before it starts",
            found=f"{first} through {last}",
            hint="Write the first day, then the last",
        )
        yield Finding(_TERM, fault)
    elif first < earliest or last > latest:
        fault = Fault(
            code="term_too_far",
            problem="the term is outside the days that can be reckoned with",
            found=f"{first} through {last}",
            allowed=f"{earliest} through {latest}",
        )
        yield Finding(_TERM, fault)
    if contract.version.effective_on > last:
        fault = Fault(
            code="effective_after_term",
            problem="the version takes effect after the term has ended",
            found=str(contract.version.effective_on),
            allowed=f"a day up to {last}, the last of the term",
        )
        yield Finding(("version", "effective_on"), fault, (_TERM,))


def _check_windows(contract: Contract) -> Found:
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
            yield Finding(("windows", name), fault, (_TERM,) if is_mixed else ())


def _is_reversed(window: Window, start: date) -> bool:
    opens, closes = window.days(start)
    return closes < opens


def _check_participants(contract: Contract) -> Found:
    attributes = contract.participants.attributes
    place: Path = ("participants", "attributes")
    for name, values in attributes.items():
        if name.casefold() in _TAKEN:
            fault = Fault(
                code="taken_name",
                problem=f"'{name}' is a column of its own and cannot be an attribute too",
                hint="Give the attribute another name",
            )
            yield Finding((*place, name), fault)
        if isinstance(values, tuple):
            yield from listed_twice((*place, name), values, "value")
    people = contract.participants
    yield from check_only(contract, people.covered, ("participants", "covered"))
    if people.places is not None and people.places.by not in attributes:
        fault = unknown("attribute", people.places.by, attributes)
        yield Finding(("participants", "places", "by"), fault, (place,))
    if people.started is not None:
        yield from _check_started(contract, *people.started)


def _check_started(contract: Contract, first: date, last: date) -> Found:
    if last < first:
        fault = Fault(
            code="started_reversed",
            problem="the last day of starting is before the first",
            found=f"{first} through {last}",
            hint="Write the first day, then the last",
        )
        yield Finding(("participants", "started"), fault)
    elif first > contract.calendar.term[1]:
        fault = Fault(
            code="started_after_term",
            problem="nobody can start before the term has ended",
            found=f"{first} through {last}",
            allowed=f"days up to {contract.calendar.term[1]}, the last of the term",
        )
        yield Finding(("participants", "started"), fault, (_TERM,))


def _check_funders(contract: Contract) -> Found:
    attributes = contract.participants.attributes
    named: dict[str, str] = {}
    for name, funder in contract.funders.items():
        path: Path = ("funders", name)
        if funder.each is not None and funder.each not in attributes:
            rests: Path = ("participants", "attributes")
            yield Finding((*path, "each"), unknown("attribute", funder.each, attributes), (rests,))
        if name == _UNFUNDED:
            fault = Fault(
                code="taken_name",
                problem=f"'{name}' means the money that no funder pays",
                hint="Give the funder another name",
            )
            yield Finding(path, fault)
        if funder.name in named:
            fault = Fault(
                code="same_name",
                problem=f"two funders are called '{funder.name}'",
                hint=f"The other is '{named[funder.name]}'; statements must tell them apart",
            )
            other: Path = ("funders", named[funder.name], "name")
            yield Finding((*path, "name"), fault, (other,))
        named.setdefault(funder.name, name)


def _check_metrics(contract: Contract) -> Found:
    for name, metric in contract.metrics.items():
        path: Path = ("metrics", name)
        yield from listed_twice((*path, "sources"), metric.sources, "source")
        if isinstance(metric, Session):
            yield from listed_twice((*path, "marks"), metric.marks, "mark")
        if isinstance(metric, State):
            yield from listed_twice((*path, "states"), metric.states, "state")
        if isinstance(metric, Score | Percentage):
            yield from _check_range(metric, path)


def _check_range(metric: Score | Percentage, path: Path) -> Found:
    rests = (*around((*path, "range"), range(2)), (*path, "decimals"))
    low, high = metric.range
    if low >= high:
        fault = Fault(
            code="range_empty",
            problem="the range has no values",
            found=f"{low} to {high}",
            hint="Write the lowest value, then the highest",
        )
        yield Finding((*path, "range"), fault, rests)
    for index, end in enumerate(metric.range):
        if end * 10**metric.decimals % 1:
            fault = Fault(
                code="finer_than_metric",
                problem=f"the end {end} of the range is finer than the metric",
                allowed=decimals_of(metric),
                hint="Round it, or give the metric more decimals",
            )
            yield Finding((*path, "range", index), fault, rests)
