"""Whether results and fees can be worked out: measures that exist and end somewhere, amounts in
order, dates within the term.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import chain, islice, pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_days, check_in_term
from impactbond.contract.diagnostics.errors.money import check_amount
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, circles, entry, unknown
from impactbond.terms.fees import Every, Fee
from impactbond.terms.results import (
    ClaimsCounted,
    Difference,
    Measure,
    PerPoint,
    Product,
    Ratio,
    Reduction,
    Result,
    Slides,
    Tiers,
    Value,
)


def check_results(contract: Contract) -> Diagnostics:
    """Every fault of measures, results and fees."""
    yield from _check_names(contract)
    for path, measure in _every_measure(contract):
        yield from _check_measure(contract, path, measure)
    named = {
        name: [part for _, part in _within(("measures", name), term) if isinstance(part, str)]
        for name, term in contract.measures.items()
    }
    for circle in circles(named):
        fault = Fault(
            code="circular_measure",
            problem=f"the measure '{circle[-1]}' refers to itself",
            found=" needs ".join(map(repr, circle)),
            hint="Take one of these references out",
        )
        yield Diagnostic(("measures", circle[-2]), fault)
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
                fault = Fault(
                    code="same_name",
                    problem=f"'{name}' is also the name of one of the {seen[name]}",
                    hint="Give one of them another name",
                )
                yield Diagnostic((home, name), fault)
            seen.setdefault(name, home)


def _every_measure(contract: Contract) -> Iterator[tuple[Path, Measure]]:
    for name, measure in contract.measures.items():
        yield from _within(("measures", name), measure)
    for name, result in contract.results.items():
        path: Path = ("results", name)
        yield from _within((*path, "measure"), result.measure)
        if result.times is not None:
            yield from _within((*path, "times"), result.times)
        for index, gate in enumerate(result.only_if):
            yield from _within((*path, "only_if", index, "measure"), gate.measure)


def _within(path: Path, measure: Measure) -> Iterator[tuple[Path, Measure]]:
    """A measure and every part of it, each where it is written."""
    yield path, measure
    match measure:
        case Ratio(ratio=inside):
            key = "ratio"
        case Difference(difference=inside):
            key = "difference"
        case Reduction(reduction=inside):
            key = "reduction"
        case Product(product=inside):
            key = "product"
        case _:
            return
    for index, part in enumerate(inside):
        yield from _within((*path, key, index), part)


def _check_measure(contract: Contract, path: Path, measure: Measure) -> Diagnostics:
    if isinstance(measure, str):
        if measure not in contract.measures:
            yield Diagnostic(path, unknown("measure", measure, contract.measures), (("measures",),))
        return
    match measure:
        case ClaimsCounted(claims=names):
            key = "claims"
        case Value(value=names):
            key = "value"
        case _:
            return
    for index, name in enumerate(names):
        if name not in contract.milestones:
            place = entry((*path, key), index, len(names))
            fault = unknown("milestone", name, contract.milestones)
            yield Diagnostic(place, fault, (("milestones",),))
    if not names:
        fault = Fault(code="measures_nothing", problem="the measure names no milestone")
        yield Diagnostic((*path, key), fault)


def _check_result(contract: Contract, name: str, result: Result) -> Diagnostics:
    path: Path = ("results", name)
    attributes = contract.participants.attributes
    if result.each is not None and result.each not in attributes:
        fault = unknown("attribute", result.each, attributes)
        yield Diagnostic((*path, "each"), fault, (("participants", "attributes"),))
    if result.over > 1 and result.counted == "to date":
        fault = Fault(
            code="over_to_date",
            problem="a measure to date cannot be over so many periods",
            hint="Write counted: each period or each year, or take over out",
        )
        yield Diagnostic((*path, "over"), fault, ((*path, "counted"),))
    if result.on is not None:
        yield from check_in_term(contract, result.on, (*path, "on"))
    earlier = list(contract.results)[: list(contract.results).index(name)]
    for index, other in enumerate(result.less):
        if other not in earlier:
            place = entry((*path, "less"), index, len(result.less))
            yield Diagnostic(place, unknown("earlier result", other, earlier), (("results",),))
    yield from _check_pays(result, (*path, "pays"))


def _check_pays(result: Result, path: Path) -> Diagnostics:
    match result.pays:
        case Slides(slides=points):
            for index, (before, after) in enumerate(pairwise(points), 1):
                if after.at.exact <= before.at.exact:
                    fault = Fault(
                        code="not_in_order",
                        problem="a point stands at the same value as the one before it, or lower",
                        found=str(after.at),
                        allowed=f"more than {before.at}",
                    )
                    yield Diagnostic((*path, "slides", index, "at"), fault)
        case Tiers(tiers=tiers):
            bars = [str(tier.is_) for tier in tiers]
            for index, bar in enumerate(bars):
                if bar in bars[:index]:
                    fault = Fault(
                        code="tier_twice",
                        problem=f"two tiers have the bar '{bar}'",
                        hint="Keep one: the last whose bar is passed is paid",
                    )
                    yield Diagnostic((*path, "tiers", index, "is"), fault)
        case PerPoint() as each:
            yield from _check_per_point(each, path)


def _check_per_point(term: PerPoint, path: Path) -> Diagnostics:
    if term.each.exact <= 0:
        fault = Fault(
            code="each_nothing",
            problem="an amount for each of nothing",
            found=str(term.each),
            allowed="more than 0, such as 1 or 1%",
        )
        yield Diagnostic((*path, "each"), fault)
    if term.at_most is not None and term.at_least is not None and term.at_most < term.at_least:
        fault = Fault(
            code="bounds_reversed",
            problem="the most that is paid is below the least",
            found=f"{term.at_least} to {term.at_most}",
        )
        yield Diagnostic((*path, "at_most"), fault, ((*path, "at_least"),))


def _check_fee(contract: Contract, fee: Fee, path: Path) -> Diagnostics:
    if (fee.pay is None) == (fee.in_all is None):
        fault = Fault(
            code="pay_or_in_all",
            problem="a fee says either what is paid on each date, or what is paid in all",
            found="neither" if fee.pay is None else "both",
            allowed="pay or in_all",
        )
        yield Diagnostic(path, fault, ((*path, "pay"), (*path, "in_all")))
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
        path: Path = ("results", name, "pays")
        if isinstance(result.pays, Tiers) and result.times is None:
            for index, tier in enumerate(result.pays.tiers):
                yield (*path, "tiers", index, "pays"), tier.pays
