"""Prices that fall to nothing, and points at which one more outcome pays less than it should."""

from __future__ import annotations

from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.money import show_share
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.limits import WholeLimit
from impactbond.terms.measures import parts_of
from impactbond.terms.milestones import Milestone


def look_at_prices(contract: Contract) -> Diagnostics:
    """Every price of nothing, and every point at which better results earn less."""
    counted = _counted_by_measures(contract)
    for name, milestone in contract.milestones.items():
        path: Path = ("milestones", name)
        yield from _nothing(path, milestone, is_counted=name in counted)
        yield from _bands(path, milestone)
        if milestone.paid_for is not None and milestone.paid_for < 1:
            problem = "not every claim is paid in full: only a share of all their value is"
            hint = "Check that providers know it: the price is not what an outcome earns"
            share = show_share(milestone.paid_for)
            yield fault_at((*path, "paid_for"), "paid_in_part", problem, found=share, hint=hint)
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, WholeLimit):
            yield from _limit(contract, limit, ("limits", index))
    for name, result in contract.results.items():
        yield from result.pays.warnings(("results", name, "pays"))


def _counted_by_measures(contract: Contract) -> set[str]:
    """The milestones that results pay for: their own price may well be nothing."""
    tops = [*contract.measures.values()]
    # A measure that only opens a gate, or multiplies, has its claims paid for too.
    tops += [measure for one in contract.results.values() for _, measure in one.measures]
    parts = [part for top in tops for _, part in parts_of((), top)]
    return {name for part in parts if not isinstance(part, str) for name in part.counted}


def _nothing(path: Path, milestone: Milestone, *, is_counted: bool) -> Diagnostics:
    # A milestone that a result counts may be worth nothing by itself: the result pays for it.
    prices = {} if is_counted else {(*path, "price"): milestone.price}
    prices |= {(*path, "rates", at, "price"): one.price for at, one in enumerate(milestone.rates)}
    prices |= {(*path, "bands", at, "price"): one.price for at, one in enumerate(milestone.bands)}
    for place, price in prices.items():
        if price == 0:
            problem = "a price of nothing: one more outcome earns nothing"
            hint = "Write a price, or take the milestone out if it is only a step to others"
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


def _bands(path: Path, milestone: Milestone) -> Diagnostics:
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


def _limit(contract: Contract, limit: WholeLimit, path: Path) -> Diagnostics:
    if limit.straddling == "unpaid":
        yield fault_at(
            (*path, "straddling"),
            "straddling_pays_nothing",
            "the claim that reaches over the limit earns nothing, nor does any after it",
            hint="Write part paid, if the room that is left should be used",
        )
    names = [name for name in contract.milestones if limit.is_on(name)]
    prices = {contract.milestones[name].price for name in names}
    in_number = limit.at_most.of in ("claims", "share of claims")
    if in_number and limit.first == "earliest" and len(prices) > 1:
        yield fault_at(
            path,
            "cheaper_displaces_dearer",
            "the earliest claims come first, so that a cheaper outcome takes the place of a dearer"
            " one",
            found=f"prices from {min(prices)} to {max(prices)} under one limit in number",
            hint="Write first: highest price, or a limit in money",
        )
    one = contract.milestones[names[0]] if len(names) == 1 else None
    if one is not None and limit.at_most.of == "money" and _is_plain(one):
        # Only where all claims have one price is it known beforehand what the last of them finds
        # left.
        left = limit.at_most.amount % one.price
        if left and limit.straddling == "part paid":
            yield fault_at(
                (*path, "at_most"),
                "limit_cuts_a_claim",
                "the limit is no whole number of prices: the last claim under it is paid in part",
                found=f"{left} is left after {limit.at_most.amount // one.price:,} claims",
            )


def _is_plain(milestone: Milestone) -> bool:
    """Whether every claim of a milestone has the same price, above nothing."""
    changed = milestone.rates or milestone.bands or milestone.changes or milestone.paid_for
    return not changed and milestone.price > 0
