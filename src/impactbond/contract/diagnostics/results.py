"""Whether results and fees can be worked out: measures that end somewhere, dates within the term,
and a fee that says once what is paid.
"""

from __future__ import annotations

from itertools import chain, islice

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import check_days, check_in_term
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, entry, fault_at, unknown
from impactbond.terms.fees import Every, Fee
from impactbond.terms.measures import Measure, parts_of
from impactbond.terms.results import Result


def check_results(contract: Contract) -> Diagnostics:
    """Every fault of measures and of results."""
    measures: list[tuple[Path, Measure]]
    measures = [(("measures", name), measure) for name, measure in contract.measures.items()]
    earlier: list[str] = []
    for name, result in contract.results.items():
        path: Path = ("results", name)
        measures += [((*path, *place), measure) for place, measure in result.measures]
        yield from _check_result(contract, result, path, earlier)
        earlier.append(name)
    for place, part in chain.from_iterable(parts_of(*measure) for measure in measures):
        if not isinstance(part, str):
            yield from part.check(contract, place)


def _check_result(
    contract: Contract, result: Result, path: Path, earlier: list[str]
) -> Diagnostics:
    if result.over > 1 and result.counted == "to date":
        problem = "a measure to date cannot be over so many periods"
        hint = "Write counted: each period or each year, or take over out"
        rests = ((*path, "counted"),)
        yield fault_at((*path, "over"), "over_to_date", problem, hint=hint, rests=rests)
    if result.on is not None:
        yield from check_in_term(contract, result.on, (*path, "on"))
    for index, other in enumerate(result.less):
        if other not in earlier:
            place = entry((*path, "less"), index, len(result.less))
            yield Diagnostic(place, unknown("earlier result", other, earlier), (("results",),))
    yield from result.pays.errors((*path, "pays"))


def check_fees(contract: Contract) -> Diagnostics:
    """Every fault of fees."""
    for name, fee in contract.fees.items():
        path: Path = ("fees", name)
        if (fee.pay is None) == (fee.in_all is None):
            problem = "a fee says either what is paid on each date, or what is paid in all"
            found, allowed = "neither" if fee.pay is None else "both", "pay or in_all"
            code, rests = "pay_or_in_all", ((*path, "pay"), (*path, "in_all"))
            yield fault_at(path, code, problem, found=found, allowed=allowed, rests=rests)
        yield from _check_days(contract, fee, path)


def look_at_results(contract: Contract) -> Diagnostics:
    """Every point at which better results earn less."""
    for name, result in contract.results.items():
        yield from result.pays.warnings(("results", name, "pays"))


def _check_days(contract: Contract, fee: Fee, path: Path) -> Diagnostics:
    if isinstance(fee.on, Every):
        days = [fee.on.from_, fee.on.through]
        yield from check_days(fee.on.from_, fee.on.through, (*path, "on"))
    else:
        days = list(fee.on) if isinstance(fee.on, tuple) else [fee.on]
    outside = chain.from_iterable(check_in_term(contract, day, (*path, "on")) for day in days)
    # One day is enough: a mistaken year would otherwise be told for every date of the fee.
    yield from islice(outside, 1)
    if (instead := fee.instead_of) is not None:
        yield from check_days(instead.from_, instead.through, (*path, "instead_of"))
