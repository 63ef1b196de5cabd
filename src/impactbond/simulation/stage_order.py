"""In which order milestones are decided: each after those that it needs, alternatives together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import AssumptionError, Fault
from impactbond.simulation.joint import Family
from impactbond.terms.milestones import alternatives

# Of every milestone, those that it comes after in any version.
Needs = Mapping[str, Sequence[str]]


def needs_of(versions: Versions) -> Needs:
    """What every milestone comes after, in any version of a contract."""
    found: dict[str, tuple[str, ...]] = {name: () for name in versions.whole.milestones}
    for text in (stretch.terms for stretch in versions.stretches):
        for name, term in text.milestones.items():
            found[name] = tuple(dict.fromkeys((*found[name], *term.after)))
    return found


def in_order(contract: Contract, needs: Needs, found: Iterable[Family]) -> list[list[Family]]:
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
        ready = [stage for stage in stages if placed.issuperset(needed_by(needs, stage))]
        if not ready:
            raise _in_a_circle(contract)
        for stage in ready:
            placed.update(name for family in stage for name in family.names)
        ordered += sorted(ready, key=lambda stage: _place(contract, stage))
        stages = [stage for stage in stages if stage not in ready]
    return ordered


def _holds(stage: Sequence[Family], name: str) -> bool:
    return any(name in family.names for family in stage)


def needed_by(needs: Needs, stage: Sequence[Family]) -> set[str]:
    names = {name for family in stage for name in family.names}
    return {earlier for name in names for earlier in needs[name]}


def _place(contract: Contract, stage: Sequence[Family]) -> int:
    order = list(contract.milestones)
    return min(order.index(name) for family in stage for name in family.names)


def _in_a_circle(contract: Contract) -> AssumptionError:
    problem = "milestones that are drawn together need others that need them"
    fault = Fault(code="drawn_in_a_circle", problem=problem, hint="Leave one out of 'nested'")
    return AssumptionError(f"The contract {contract.contract} cannot be simulated.", [fault])
