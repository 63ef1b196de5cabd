"""What nobody can reach: milestones outside the term, alternatives, bars that exclude others."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from impactbond.contract.contract import Contract
from impactbond.contract.reach import in_term, reach_of
from impactbond.contract.walk import every_condition
from impactbond.terms.conditions import Condition, ConditionTerm, Junction
from impactbond.terms.diagnostic import Diagnostics, fault_at
from impactbond.terms.phrases import Threshold


def look_at_reach(contract: Contract) -> Diagnostics:
    """Everything that nobody who starts when the contract allows can reach in its term."""
    for name, milestone in contract.milestones.items():
        yield from _milestone(contract, name)
        yield from _order(contract, name, milestone.after)
    for path, condition in every_condition(contract):
        if isinstance(condition, Junction) and condition.alternatives:
            for place, part in condition.inside:
                if not in_term(contract, reach_of(contract, part)):
                    yield fault_at(
                        (*path, *place),
                        "dead_alternative",
                        "nobody who starts in time can meet this alternative within the term",
                        found=_told(contract, part),
                        hint="Move its window, or take it out",
                    )
        if isinstance(condition, ConditionTerm):
            yield from (
                fault_at(
                    path,
                    "contradiction",
                    f"no value of '{metric}' meets all of these at once",
                    found=" and ".join(map(str, bars)),
                    hint="Join them with any, or move a bar",
                )
                for metric, bars in _contradictions(contract, condition)
            )


def _milestone(contract: Contract, name: str) -> Diagnostics:
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
    yield fault_at(
        ("milestones", name, "when"),
        "cannot_be_reached",
        f"nobody who starts in time can reach '{name}' within the term",
        found=_told(contract, milestone.when),
        hint=f"Move its window, or the term ({first} through {last})",
    )


def _told(contract: Contract, condition: Condition) -> str:
    span = reach_of(contract, condition)
    return f"met from {span[0]} through {span[1]}" if span else "a window in which it cannot be met"


def _order(contract: Contract, name: str, after: tuple[str, ...]) -> Diagnostics:
    own = reach_of(contract, contract.milestones[name].when)
    for earlier in after:
        before = reach_of(contract, contract.milestones[earlier].when)
        if own is not None and before is not None and before[1] > own[1]:
            yield fault_at(
                ("milestones", name, "after"),
                "prerequisite_closes_later",
                f"'{name}' comes after '{earlier}', which can still be reached when its own window"
                " has closed",
                found=f"{before[1]} against {own[1]}, for whoever starts last",
                hint="It is then reached on the later day; check that both windows are meant",
            )


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
