"""Whether the places of a contract can be drawn, and an area says how they are filled again.

Takes  a contract, and an area.
Gives  every fault, at the path of the term in the area that it is about.
Keeps  every child of a group begins a place of its own, so that no money may hang on what a place
       is called.
"""

from __future__ import annotations

from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evidence.counts import asked_of_counts
from impactbond.money import show_share
from impactbond.simulation.area import Area
from impactbond.terms.diagnostic import Diagnostics, fault_at


def check_places(contract: Contract, area: Area) -> Diagnostics:
    """What an area and a contract with places, or without, say otherwise of them."""
    places, refilled = contract.participants.places, area.refilled
    if refilled is not None:
        total = sum(refilled.after.values(), Fraction(0))
        if total > 1:
            problem, found = "more are filled again than are empty", show_share(total)
            here = ("refilled", "after")
            yield fault_at(here, "all_filled", problem, found=found, allowed="100%")
    if places is None:
        if refilled is not None:
            problem = "the contract has no places that could be filled again"
            yield fault_at(("refilled",), "no_places", problem, hint="Leave it out")
        return
    leaves = area.leaves or any(segment.leaves for segment in area.segments)
    if leaves and refilled is None:
        problem = "the contract pays for places, and nothing says whether they are filled again"
        hint = "Write refilled: {after: {4 weeks: 80%}, times: 2}, or leave out who leaves"
        yield fault_at(("leaves",), "no_refill", problem, hint=hint)
    for name in contract.milestones:
        chance = area.chances.get(name)
        if chance is not None and chance.recorded:
            problem = f"when evidence of '{name}' is recorded cannot be drawn"
            hint = "Leave it out: of a place the first who reaches a milestone is paid"
            yield fault_at(("chances", name, "recorded"), "recorded_apart", problem, hint=hint)
    # Whom milestones are for is asked of no count, and would be asked of a place.
    only = {name for term in contract.milestones.values() for name in term.only}
    asked = {*asked_of_counts(Versions.of(contract)), *contract.participants.covered, *only}
    if places.by in asked:
        problem = f"money hangs on which place it is, '{places.by}', and places are drawn alike"
        yield fault_at(("groups",), "not_drawn", problem)
