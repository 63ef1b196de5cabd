"""Worth a look: what a term passes by, though its reader may count on it. A limit, or shares, for
some participants are not for a result, which is of none; a limit, a discount or relief on what is
worth nothing moves no money, though a result pays for it; and late evidence counts in a result in
full.
"""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.money import show_share
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at, listing
from impactbond.terms.limits.whole import ContractLimit, MilestoneLimit
from impactbond.terms.measures import ClaimsCounted, Measure, parts_of


def look_at_passed_by(contract: Contract) -> Diagnostics:
    """Every limit, discount and share of late evidence that does not reach what it seems to."""
    yield from _passed_by_limits(contract)
    yield from _discounts_off_nothing(contract)
    yield from _passed_by_funding(contract)
    yield from _relief_of_nothing(contract)
    yield from _late_in_full(contract)


def _passed_by_limits(contract: Contract) -> Diagnostics:
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, ContractLimit):
            yield from _beside_limit(contract, limit, ("limits", index))
        if isinstance(limit, MilestoneLimit):
            yield from _limit_on_nothing(contract, limit, ("limits", index))


def _beside_limit(contract: Contract, limit: ContractLimit, path: Path) -> Diagnostics:
    """A limit that tells participants apart is not on a result, which is of none."""
    named = [name for name in contract.results if limit.is_on(name)]
    if beside := [name for name in named if limit.passes_by(contract, name)]:
        problem = "the limit tells participants apart, and what a result pays is of none: "
        problem += "it is not limited"
        hint = "Write a limit of its own on it, or name it under besides if that is meant"
        yield fault_at(path, "result_beside_limit", problem, found=listing(beside), hint=hint)


def _limit_on_nothing(contract: Contract, limit: MilestoneLimit, path: Path) -> Diagnostics:
    """A limit on what is worth nothing withholds nothing."""
    if all(_worth_nothing(contract, name) for name in limit.milestone):
        problem = "the limit is on what is worth nothing: it withholds no money, not from a "
        problem += "result that counts it either"
        hint = "Name what pays, or take the limit out"
        place, found = (*path, "milestone"), listing(limit.milestone)
        yield fault_at(place, "limit_on_nothing", problem, found=found, hint=hint)


def _discounts_off_nothing(contract: Contract) -> Diagnostics:
    """A discount off prices of nothing takes nothing off."""
    for index, discount in enumerate(contract.discounts):
        names = [name for name in contract.milestones if discount.is_of(name)]
        if all(_worth_nothing(contract, name) for name in names):
            problem = "the discount is off prices of nothing: it takes no money off, not off a "
            problem += "result either"
            hint = "Write less in what the result pays, or take the discount out"
            yield fault_at(("discounts", index), "discount_on_nothing", problem, hint=hint)


def _passed_by_funding(contract: Contract) -> Diagnostics:
    """Shares for some participants alone are not for a result, which is of none."""
    for index, rule in enumerate(contract.funding):
        named = {name: one for name, one in contract.results.items() if rule.names(name)}
        if beside := [name for name, one in named.items() if not set(rule.only) <= {one.each}]:
            problem = "the shares are for some participants alone, and never for a result, which "
            problem += "is of none: an entry below pays for it"
            hint = "Name under for what the entry is for, or let the result be worked out for each"
            path, found = ("funding", index), listing(beside)
            yield fault_at(path, "result_beside_shares", problem, found=found, hint=hint)


def _relief_of_nothing(contract: Contract) -> Diagnostics:
    """Relief in place of claims worth nothing stands beside what a result pays for them."""
    for name, fee in contract.fees.items():
        instead = fee.instead_of
        if instead and all(_worth_nothing(contract, each) for each in instead.milestones):
            problem = "it is paid in place of claims that are worth nothing: no money is left out "
            problem += "for it, not of a result that counts them either"
            hint = "Name what pays, or take instead_of out"
            path, found = ("fees", name, "instead_of"), listing(instead.milestones)
            yield fault_at(path, "relief_of_nothing", problem, found=found, hint=hint)


def _worth_nothing(contract: Contract, name: str) -> bool:
    """Whether it is a milestone none of whose claims is ever worth anything."""
    milestone = contract.milestones.get(name)
    return milestone is not None and not any(milestone.prices)


def _late_in_full(contract: Contract) -> Diagnostics:
    share = contract.calendar.evidence.late_pays
    if share is None or share == 1:
        return
    for name, result in contract.results.items():
        counted = {each for _, top in result.measures for each in _claims_in(contract, top, ())}
        if counted:
            problem = f"late evidence earns {show_share(share)} of a price, and a result has none: "
            problem += "what it counts, it counts in full, however late"
            hint = "Accept it if that is meant, or measure by value"
            found, path = listing(sorted(counted)), ("results", name, "measure")
            yield fault_at(path, "late_counts_in_full", problem, found=found, hint=hint)


def _claims_in(contract: Contract, measure: Measure, passed: tuple[str, ...]) -> Iterator[str]:
    """The milestones whose claims are counted in a measure, and in those that it names."""
    for _, part in parts_of((), measure):
        if isinstance(part, str) and part in contract.measures and part not in passed:
            yield from _claims_in(contract, contract.measures[part], (*passed, part))
        elif isinstance(part, ClaimsCounted):
            yield from part.claims
