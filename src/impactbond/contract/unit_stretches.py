"""Stretches of days on which a unit of a milestone comes to the same money, by days alone: its
price, who pays it, whether relief stands in its place, the year of the contract, and the version
that governs it. Units of one stretch are counted together; those of another are priced and shared
by themselves.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from impactbond.contract.contract import Contract
from impactbond.terms.prices import Indexed
from impactbond.terms.term import Term

_ONE_DAY = timedelta(days=1)


def unit_stretches(contract: Contract, milestone: str) -> list[date]:
    """The first days of the stretches, in order: of every period, and wherever a term of the money
    of the milestone starts or ends within one.
    """
    first, last = contract.calendar.term
    turns = {one.first for one in contract.calendar.periods}
    terms = {*_turns(contract, milestone), *contract.version_turns}
    turns |= {day for day in terms if first <= day <= last}
    # A limit on each year looks at the day of every unit: none may lie in two years.
    if any(limit.is_yearly for limit in contract.limits):
        month, day = contract.calendar.year_starts
        years = (date(year, month, day) for year in range(first.year, last.year + 1))
        turns |= {start for start in years if first <= start <= last}
    return sorted(turns)


def _turns(contract: Contract, milestone: str) -> Iterator[date]:
    term = contract.milestones[milestone]
    indexed = [one for one in term.changes if isinstance(one, Indexed)]
    dated: list[Term] = [*term.rates, *contract.discounts_of(milestone)]
    dated += contract.fundings_of(milestone)
    dated += [one for one in term.changes if one not in indexed]
    dated += _reliefs(contract, milestone)
    for one in dated:
        yield from _ends(getattr(one, "from_", None), getattr(one, "through", None))
    for change in indexed:
        yield from (value.from_ for value in contract.indices[change.index])


def _reliefs(contract: Contract, milestone: str) -> Iterator[Term]:
    """What is paid in place of a milestone, over days of its own."""
    for fee in contract.fees.values():
        if fee.instead_of is not None and milestone in fee.instead_of.milestones:
            yield fee.instead_of


def _ends(from_: date | None, through: date | None) -> Iterator[date]:
    if from_ is not None:
        yield from_
    if through is not None:
        # The day after the last on which it holds is the first of what follows.
        yield through + _ONE_DAY
