"""In which order milestones are decided: each after those that it needs, alternatives together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError, Fault
from impactbond.simulation.joint import Family
from impactbond.terms.milestones import alternatives


def in_order(contract: Contract, found: Iterable[Family]) -> list[list[Family]]:
    """Families in stages: each needs only what earlier stages decide, and alternatives are decided
    in one stage.
    """
    stages = [[family] for family in found]
    # Which of them pays is decided by who is first, and so only once all of them are drawn.
    for names in alternatives(contract.milestones):
        joined = [stage for stage in stages if any(_holds(stage, name) for name in names)]
        stages = [stage for stage in stages if stage not in joined]
        stages.append([family for stage in joined for family in stage])
    ordered: list[list[Family]] = []
    placed: set[str] = set()
    while stages:
        ready = [stage for stage in stages if placed.issuperset(needed_by(contract, stage))]
        if not ready:
            raise _in_a_circle(contract)
        for stage in ready:
            placed.update(name for family in stage for name in family.names)
        ordered += sorted(ready, key=lambda stage: _place(contract, stage))
        stages = [stage for stage in stages if stage not in ready]
    return ordered


def _holds(stage: Sequence[Family], name: str) -> bool:
    return any(name in family.names for family in stage)


def needed_by(contract: Contract, stage: Sequence[Family]) -> set[str]:
    names = {name for family in stage for name in family.names}
    return {earlier for name in names for earlier in contract.milestones[name].after}


def _place(contract: Contract, stage: Sequence[Family]) -> int:
    order = list(contract.milestones)
    return min(order.index(name) for family in stage for name in family.names)


def _in_a_circle(contract: Contract) -> AssumptionError:
    problem = "milestones that are drawn together need others that need them"
    fault = Fault(code="drawn_in_a_circle", problem=problem, hint="Leave one out of 'nested'")
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
