"""Whether what is paid for can be reached and priced: conditions that fit the metrics they look at,
milestones that do not come after themselves or their alternatives, rates and bands that apply,
and results whose measures end somewhere. Worth a look: what nobody can reach, by its days or by
bars that exclude others, prices that fall to nothing, and better results that earn less.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import chain, pairwise

from impactbond.contract.conditions import every_condition, in_term, reach_of
from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import check_dated, check_in_term
from impactbond.contract.diagnostics.units import check_units
from impactbond.money import show_share
from impactbond.terms.applicability import Dated
from impactbond.terms.conditions import Condition, ConditionTerm, Junction, Looking
from impactbond.terms.conditions.condition import written_bars
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    circles,
    entry,
    fault_at,
    listed_twice,
    listing,
    unknown,
)
from impactbond.terms.measures import Measure, parts_of
from impactbond.terms.metrics.metric import check_kind
from impactbond.terms.metrics.numbers import Percentage
from impactbond.terms.milestones import DaysIn, Milestone, alternatives
from impactbond.terms.phrases import Threshold
from impactbond.terms.results import Result
from impactbond.terms.words import number


def check_conditions(contract: Contract) -> Diagnostics:
    """Every fault of the metrics by themselves and of the conditions, named or written where they
    are needed. What a name stands for is told with the names.
    """
    for name, metric in contract.metrics.items():
        yield from listed_twice(("metrics", name, "sources"), metric.sources, "source")
        yield from metric.check(("metrics", name))
    for path, part in every_condition(contract):
        if isinstance(part, Looking):
            yield from _check_looking(contract, part, path)
        if isinstance(part, Junction):
            yield from part.check_parts(contract, path)


def _check_looking(contract: Contract, looking: Looking, path: Path) -> Diagnostics:
    """Every fault of a condition that looks at evidence itself."""
    key = looking.key
    is_alone = isinstance(getattr(looking, key), str)
    for name in looking.metrics:
        if name in contract.metrics:
            where = (*path, key) if is_alone else (*path, key, name)
            faults = list(check_kind(contract.metrics, name, looking.takes, key, where))
            yield from faults or looking.check(contract, name, path)


def check_milestones(contract: Contract) -> Diagnostics:
    """Every fault of what milestones come after, stand instead of, and count."""
    for name, milestone in contract.milestones.items():
        if milestone.units is not None:
            yield from check_units(contract, milestone.units, ("milestones", name, "units"))
        if name in milestone.instead_of:
            place: Path = ("milestones", name, "instead_of")
            problem = f"the milestone '{name}' stands instead of itself"
            hint = "Name the other milestones of which one is paid"
            yield fault_at(place, "instead_of_itself", problem, hint=hint)
    after = {name: milestone.after for name, milestone in contract.milestones.items()}
    in_circle = list(circles(after))
    for circle in in_circle:
        place = ("milestones", circle[-2], "after")
        problem = f"the milestone '{circle[-1]}' comes after itself"
        found = " after ".join(map(repr, circle))
        hint = "Take one of these out of 'after'"
        yield fault_at(place, "circular_prerequisite", problem, found=found, hint=hint)
    if not in_circle:
        yield from _check_alternatives(contract)


def _check_alternatives(contract: Contract) -> Diagnostics:
    """Of alternatives one is achieved, so that none of them can wait for another."""
    # Of alternatives all are judged before one is paid: what one of them waits for, all wait for,
    # so that circles are sought among groups.
    milestones = contract.milestones
    of = {name: group for group in alternatives(milestones) for name in group}
    waits = {name: [of[one][0] for one in milestones[name].after if one in of] for name in of}
    leads_to = {
        group[0]: [first for name in group for first in waits[name]] for group in of.values()
    }
    for circle in circles(leads_to):
        name = next(name for name in of[circle[-2]] if circle[-1] in waits[name])
        problem = f"the milestone '{name}' comes after one of which it, or what comes after it,"
        problem += " stands instead"
        found = f"of {listing(of[circle[-1]])} one is paid"
        hint = "Take it out of 'after' or of 'instead_of'"
        place = ("milestones", name, "after")
        rests = [("milestones", other, "instead_of") for other in milestones]
        yield fault_at(place, "after_alternative", problem, found=found, hint=hint, rests=rests)


def check_indices(contract: Contract) -> Diagnostics:
    """Values of an index that do not stand in the order of their days."""
    for name, values in contract.indices.items():
        for index, (before, after) in enumerate(pairwise(values), 1):
            if after.from_ <= before.from_:
                path: Path = ("indices", name, index, "from")
                problem = "a value of the index stands from the same day as the one before it, or"
                problem += " earlier"
                found, allowed = after.from_, f"a day after {before.from_}"
                yield fault_at(path, "not_in_order", problem, found=found, allowed=allowed)


def check_prices(contract: Contract) -> Diagnostics:
    """Every fault of what the prices of milestones depend on."""
    for name, term in contract.milestones.items():
        path: Path = ("milestones", name)
        for index, rate in enumerate(term.rates):
            yield from check_dated(contract, rate, (*path, "rates", index))
        yield from _check_unreached_rates(term, (*path, "rates"))
        yield from _check_bands(term, (*path, "bands"))
        for index, change in enumerate(term.changes):
            place = (*path, "changes", index)
            if isinstance(change, Dated):
                yield from check_dated(contract, change, place)
            yield from change.errors(contract, place)
        yield from _check_rounded(term, path, has_discount=bool(contract.discounts_of(name)))
        if term.paid_for == 0:
            problem = "no part of any claim is paid"
            hint = "Write price: 0.00 for a milestone that is tracked and not paid"
            yield fault_at((*path, "paid_for"), "pays_nothing", problem, found="0%", hint=hint)
    yield from contract.calendar.evidence.errors(("calendar", "evidence"))


def _check_unreached_rates(term: Milestone, path: Path) -> Diagnostics:
    always = [at for at, one in enumerate(term.rates) if not (one.only or one.from_ or one.through)]
    for index in range(always[0] if always else len(term.rates), len(term.rates)):
        code = "never_applies"
        problem = "an earlier rate always applies, so that this one never does"
        if index == always[0]:
            code = "always_applies"
            problem = "this rate always applies, so that the price itself never does"
        hint = "Say whom it is for under only, or from and through which day"
        yield fault_at((*path, index), code, problem, hint=hint, rests=(path,))


def _check_bands(term: Milestone, path: Path) -> Diagnostics:
    for index, (before, after) in enumerate(pairwise(term.bands), 1):
        if after.after <= before.after:
            problem = "a band starts after as many claims as the one before it, or fewer"
            found, allowed = f"after {after.after}", f"more than {before.after}"
            place = (*path, index, "after")
            yield fault_at(place, "not_in_order", problem, found=found, allowed=allowed)
    if term.bands and (term.rates or term.changes or term.rounded):
        problem = "bands stand beside rates or changes, and which price comes first is not said"
        hint = "Write a milestone for each, with the same condition"
        yield fault_at(path, "bands_beside_rates", problem, hint=hint)


def _check_rounded(term: Milestone, path: Path, *, has_discount: bool) -> Diagnostics:
    place = (*path, "rounded")
    if term.rounded is not None and term.rounded.to <= 0:
        problem = "a price cannot be rounded to steps of nothing"
        allowed = "an amount above 0, such as 1.00 or 0.50"
        yield fault_at((*place, "to"), "rounded_to_nothing", problem, allowed=allowed)
    if term.rounded is not None and not (term.changes or has_discount):
        problem = "the price is rounded and nothing changes it"
        hint = "Write the rounded price, or the changes that it is rounded after"
        rests = ((*path, "changes"), ("discounts",))
        yield fault_at(place, "nothing_to_round", problem, hint=hint, rests=rests)


def look_at_reach(contract: Contract) -> Diagnostics:
    """Everything that nobody who starts when the contract allows can reach in its term."""
    for name, milestone in contract.milestones.items():
        yield from _look_at_days(contract, name)
        yield from _look_at_order(contract, name, milestone.after)
    for path, condition in every_condition(contract):
        if isinstance(condition, Junction):
            yield from condition.look_at_parts(contract, path)
        if isinstance(condition, Junction) and condition.alternatives:
            for place, part in condition.inside:
                if not in_term(contract, reach_of(contract, part)):
                    problem = "nobody who starts in time can meet this alternative within the term"
                    found, hint = _told(contract, part), "Move its window, or take it out"
                    where = (*path, *place)
                    yield fault_at(where, "dead_alternative", problem, found=found, hint=hint)
        if isinstance(condition, ConditionTerm):
            for metric, bars in _contradictions(contract, condition):
                problem = f"no value of '{metric}' meets all of these at once"
                found, hint = " and ".join(map(str, bars)), "Join them with any, or move a bar"
                yield fault_at(path, "contradiction", problem, found=found, hint=hint)


def look_at_bars(contract: Contract) -> Diagnostics:
    """Every bar for a percentage that is written as a fraction of one may be meant: 0.9 is less
    than one per cent.
    """
    for path, condition in every_condition(contract):
        if not isinstance(condition, ConditionTerm):
            continue
        for place, metric, bar in written_bars(condition):
            size = abs(bar.bar if isinstance(bar, Threshold) else bar.size)
            is_percentage = isinstance(contract.metrics[metric], Percentage)
            if is_percentage and not bar.percent and 0 < size < 1:
                problem = "a bar for a percentage is below 1, and may be meant as a fraction"
                hint = f"Write {number(size * 100)}%, or {number(size)}% if so little is meant"
                where = (*path, *place)
                yield fault_at(where, "bar_of_a_fraction", problem, found=bar, hint=hint)


def _look_at_days(contract: Contract, name: str) -> Diagnostics:
    milestone = contract.milestones[name]
    needs = [milestone.when]
    if contract.participants.eligible is not None:
        needs.append(contract.participants.eligible)
    reached = [reach_of(contract, need) for need in needs]
    spans = [span for span in reached if span is not None]
    is_met = len(spans) == len(reached)
    first, last = contract.calendar.term
    if is_met and max(span[0] for span in spans) <= last and spans[0][1] >= first:
        return
    place = ("milestones", name, "when")
    problem = f"nobody who starts in time can reach '{name}' within the term"
    found = _told(contract, milestone.when)
    hint = f"Move its window, or the term ({first} through {last})"
    yield fault_at(place, "cannot_be_reached", problem, found=found, hint=hint)


def _told(contract: Contract, condition: Condition) -> str:
    span = reach_of(contract, condition)
    return f"met from {span[0]} through {span[1]}" if span else "a window in which it cannot be met"


def _look_at_order(contract: Contract, name: str, after: tuple[str, ...]) -> Diagnostics:
    own = reach_of(contract, contract.milestones[name].when)
    for earlier in after:
        before = reach_of(contract, contract.milestones[earlier].when)
        if own is not None and before is not None and before[1] > own[1]:
            problem = f"'{name}' comes after '{earlier}', which can still be reached when its own"
            problem += " window has closed"
            found = f"{before[1]} against {own[1]}, for whoever starts last"
            hint = "It is then reached on the later day; check that both windows are meant"
            path, code = ("milestones", name, "after"), "prerequisite_closes_later"
            yield fault_at(path, code, problem, found=found, hint=hint)


def _contradictions(
    contract: Contract, condition: ConditionTerm
) -> Iterator[tuple[str, list[Threshold]]]:
    by_value: dict[tuple[str, ...], list[Threshold]] = {}
    for value, bar in condition.bars(contract):
        by_value.setdefault(value, []).append(bar)
    for (metric, *_), bars in by_value.items():
        if not _together(bars):
            yield metric, bars


def _together(bars: list[Threshold]) -> bool:
    lowest = [bar for bar in bars if bar.comparison in ("at least", "above")]
    highest = [bar for bar in bars if bar.comparison in ("at most", "below")]
    return all(_overlap(low, high) for low in lowest for high in highest)


def _overlap(low: Threshold, high: Threshold) -> bool:
    gap: Decimal = high.bar - low.bar
    touches = low.comparison == "at least" and high.comparison == "at most"
    return gap > 0 or (gap == 0 and touches)


def look_at_prices(contract: Contract) -> Diagnostics:
    """Every price of nothing, and every number of claims from which one more earns less."""
    counted = _counted_by_measures(contract)
    steps = {name for milestone in contract.milestones.values() for name in milestone.after}
    for at, discount in enumerate(contract.discounts):
        yield from discount.warnings(("discounts", at))
    for name, milestone in contract.milestones.items():
        path: Path = ("milestones", name)
        needed = name in steps
        yield from _look_at_zero(path, milestone, is_counted=name in counted, is_step=needed)
        yield from _look_at_bands(path, milestone)
        units = milestone.units
        if isinstance(units, DaysIn) and units.lapses is not None and units.every.days == 1:
            problem = "every day is a unit by itself, so that no lapse changes what is paid"
            hint = "Where a longer one ends it for good, evidence says so by the day of leaving"
            yield fault_at((*path, "units", "lapses"), "lapse_of_no_effect", problem, hint=hint)
        if milestone.paid_for is not None and milestone.paid_for < 1:
            problem = "not every claim is paid in full: only a share of all their value is"
            hint = "Check that providers know it: the price is not what an outcome earns"
            share = show_share(milestone.paid_for)
            yield fault_at((*path, "paid_for"), "paid_in_part", problem, found=share, hint=hint)


def _counted_by_measures(contract: Contract) -> set[str]:
    """The milestones that results pay for: their own price may well be nothing."""
    tops = [*contract.measures.values()]
    # A measure that only opens a gate, or multiplies, has its claims paid for too.
    tops += [measure for one in contract.results.values() for _, measure in one.measures]
    parts = [part for top in tops for _, part in parts_of((), top)]
    return {name for part in parts if not isinstance(part, str) for name in part.counted}


def _look_at_zero(
    path: Path, milestone: Milestone, *, is_counted: bool, is_step: bool
) -> Diagnostics:
    # A milestone that a result counts may be worth nothing by itself: the result pays for it.
    prices = {} if is_counted else {(*path, "price"): milestone.price}
    prices |= {(*path, "rates", at, "price"): one.price for at, one in enumerate(milestone.rates)}
    prices |= {(*path, "bands", at, "price"): one.price for at, one in enumerate(milestone.bands)}
    for place, price in prices.items():
        if price == 0:
            problem = "a price of nothing: one more outcome earns nothing"
            hint = "Write a price, or take the milestone out if nothing needs it"
            if is_step:
                hint = "Write a price, or accept it if it is only a step to what comes after it"
            yield fault_at(place, "price_of_nothing", problem, hint=hint)
    for at, change in enumerate(milestone.changes):
        yield from change.warnings((*path, "changes", at))
    rounded = milestone.rounded
    if rounded is not None and rounded.way == "down":
        for place, price in prices.items():
            if 0 < price < rounded.to:
                problem = "the price is rounded down to nothing"
                found = f"{price} rounded down to a whole {rounded.to}"
                yield fault_at(place, "price_of_nothing", problem, found=found)


def _look_at_bands(path: Path, milestone: Milestone) -> Diagnostics:
    prices = [milestone.price, *(band.price for band in milestone.bands)]
    for at, (before, after) in enumerate(pairwise(prices)):
        if 0 < after < before:
            problem = "after so many claims each further one earns less than those before it"
            found = f"{after} after {before}, from claim {milestone.bands[at].after + 1:,} on"
            hint = "Check that the cost of one more outcome falls as well"
            place = (*path, "bands", at, "price")
            yield fault_at(place, "band_price_falls", problem, found=found, hint=hint)
    for at, (one, other) in enumerate(pairwise(milestone.bands), 1):
        if other.after <= one.after:
            problem = "the bands do not stand in the order of their numbers"
            found = f"after {other.after:,} below after {one.after:,}"
            place = (*path, "bands", at, "after")
            yield fault_at(place, "bands_out_of_order", problem, found=found)


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
            yield from part.check(place)


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


def look_at_results(contract: Contract) -> Diagnostics:
    """Every point at which better results earn less."""
    for name, result in contract.results.items():
        yield from result.pays.warnings(("results", name, "pays"))
