"""Whether results and fees can be worked out: measures that exist and end somewhere, amounts in
order, dates within the term.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain, islice

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_days, check_in_term
from impactbond.contract.diagnostics.errors.money import check_amount
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    entry,
    fault_at,
    unknown,
)
from impactbond.terms.fees import Every, Fee
from impactbond.terms.measures import Measure, parts_of
from impactbond.terms.results import Result


def check_results(contract: Contract) -> Diagnostics:
    """Every fault of measures, results and fees."""
    yield from _check_names(contract)
    for path, measure in _every_measure(contract):
        if not isinstance(measure, str):
            yield from measure.check(contract, path)
    for name, result in contract.results.items():
        yield from _check_result(contract, name, result)
    for name, fee in contract.fees.items():
        yield from _check_fee(contract, fee, ("fees", name))
    for path, amount in _amounts(contract):
        yield from check_amount(amount, contract.currency, path, (("currency",),))


def _check_names(contract: Contract) -> Diagnostics:
    homes: dict[str, Mapping[str, object]] = {
        "milestones": contract.milestones,
        "results": contract.results,
        "fees": contract.fees,
    }
    seen: dict[str, str] = {}
    for home, terms in homes.items():
        for name in terms:
            if name in seen:
                problem = f"'{name}' is also the name of one of the {seen[name]}"
                hint = "Give one of them another name"
                yield fault_at((home, name), "same_name", problem, hint=hint)
            seen.setdefault(name, home)


def _every_measure(contract: Contract) -> Iterator[tuple[Path, Measure]]:
    """Every measure and every part of one, each where it is written."""
    for name, measure in contract.measures.items():
        yield from parts_of(("measures", name), measure)
    for name, result in contract.results.items():
        for place, measure in result.measures:
            yield from parts_of(("results", name, *place), measure)


def _check_result(contract: Contract, name: str, result: Result) -> Diagnostics:
    path: Path = ("results", name)
    attributes = contract.participants.attributes
    if result.each is not None and result.each not in attributes:
        fault = unknown("attribute", result.each, attributes)
        yield Diagnostic((*path, "each"), fault, (("participants", "attributes"),))
    if result.over > 1 and result.counted == "to date":
        problem = "a measure to date cannot be over so many periods"
        hint = "Write counted: each period or each year, or take over out"
        rests = ((*path, "counted"),)
        yield fault_at((*path, "over"), "over_to_date", problem, hint=hint, rests=rests)
    if result.on is not None:
        yield from check_in_term(contract, result.on, (*path, "on"))
    earlier = list(contract.results)[: list(contract.results).index(name)]
    for index, other in enumerate(result.less):
        if other not in earlier:
            place = entry((*path, "less"), index, len(result.less))
            yield Diagnostic(place, unknown("earlier result", other, earlier), (("results",),))
    yield from result.pays.errors((*path, "pays"))


def _check_fee(contract: Contract, fee: Fee, path: Path) -> Diagnostics:
    if (fee.pay is None) == (fee.in_all is None):
        problem = "a fee says either what is paid on each date, or what is paid in all"
        found = "neither" if fee.pay is None else "both"
        allowed = "pay or in_all"
        rests = ((*path, "pay"), (*path, "in_all"))
        yield fault_at(path, "pay_or_in_all", problem, found=found, allowed=allowed, rests=rests)
    if isinstance(fee.on, Every):
        days = [fee.on.from_, fee.on.through]
        yield from check_days(fee.on.from_, fee.on.through, (*path, "on"))
    else:
        days = list(fee.on) if isinstance(fee.on, tuple) else [fee.on]
    outside = chain.from_iterable(check_in_term(contract, day, (*path, "on")) for day in days)
    # One day is enough: a mistaken year would otherwise be told for every date of the fee.
    yield from islice(outside, 1)
    if fee.deferred_until and fee.deferred_until.milestone not in contract.milestones:
        fault = unknown("milestone", fee.deferred_until.milestone, contract.milestones)
        yield Diagnostic((*path, "deferred_until", "milestone"), fault, (("milestones",),))
    if fee.instead_of is not None:
        place: Path = (*path, "instead_of")
        names = fee.instead_of.milestones
        for index, name in enumerate(names):
            if name not in contract.milestones:
                fault = unknown("milestone", name, contract.milestones)
                at = entry((*place, "milestones"), index, len(names))
                yield Diagnostic(at, fault, (("milestones",),))
        yield from check_days(fee.instead_of.from_, fee.instead_of.through, place)


def _amounts(contract: Contract) -> Iterator[tuple[Path, Decimal]]:
    for name, fee in contract.fees.items():
        written = {"pay": fee.pay, "in_all": fee.in_all}
        yield from ((("fees", name, key), one) for key, one in written.items() if one is not None)
    for name, result in contract.results.items():
        if result.times is None:
            amounts = result.pays.amounts
            yield from ((("results", name, "pays", *place), one) for place, one in amounts.items())
