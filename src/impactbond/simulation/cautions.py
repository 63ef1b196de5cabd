"""What a modeller should know of assumptions that can be simulated, and hardly are meant.

Takes  the draws of an area.
Gives  sentences: milestones that never pay, and days on which none is reached.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.simulation.area import Area, Group
from impactbond.simulation.draw import Draws
from impactbond.simulation.held_by_journey import ask_whose
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.stages import Stage


def cautions(draws: Draws) -> tuple[str, ...]:
    """What a modeller should know: milestones that never pay, and days on which none is reached."""
    contract, area = draws.contract, draws.area
    # Of those on record it is known what they reached, and nothing is assumed.
    on_record = 0 if draws.outturn is None else len(draws.outturn.groups)
    groups, found = area.cohorts[on_record:], list(_of_those_on_record(draws))
    paying = [set(_paying(stages)) for stages in draws.stages[on_record:]]
    for number, name in enumerate(contract.milestones):
        unpaid = sum(number not in pays for pays in paying)
        # That what is never reached is never paid needs no telling.
        if unpaid and any(area.about(one.attributes).chances[name].chance for one in groups):
            found.append(
                f"'{name}' never pays in {unpaid} of {len(groups)} groups: it, or a milestone that "
                "it comes after, is reached outside the contract's term or is for others only"
            )
    for name in contract.milestones:
        spans = (span for one in groups for span in area.about(one.attributes).chances[name].after)
        for after in dict.fromkeys(spans):
            found += _cannot_be_met(contract, area, groups, name, after)
    if contract.participants.places is not None:
        found.append("Children follow one another in places: what is told of a child is of a place")
    if draws.is_single:
        found.append("Every child is drawn by itself: a limit looks at single claims")
    elif draws.held is not None and ask_whose(contract, draws.held.limits):
        found.append(
            "Futures in which another limit stops among claims that the limit on each participant "
            "has left unlike are settled child by child, which takes longer"
        )
    return tuple(found)


def _of_those_on_record(draws: Draws) -> Iterator[str]:
    """What is settled, who is left out, and what is open and not drawn."""
    outturn = draws.outturn
    if outturn is None:
        return
    yield (
        f"What was claimed up to {outturn.claim.known_by} is settled, and stays; what may still"
        " come is drawn given what is known by then"
    )
    if outturn.luck is not None:
        yield (
            "Counts do not tell whose they are: they are given to the groups of the area that have"
            " started, in the proportion in which the area expects them"
        )
    if outturn.not_eligible:
        yield f"{outturn.not_eligible:,} on record who are not eligible are left out"
    for version in outturn.not_signed:
        yield (
            f"Version {version} is not signed by the day of the settlement, and nothing is drawn"
            " under it"
        )
    for number, name in enumerate(draws.contract.milestones):
        yield from _of_a_milestone(draws, outturn, number, name)


def _of_a_milestone(draws: Draws, outturn: Outturn, number: int, name: str) -> Iterator[str]:
    """Who may still reach a milestone, or did, and is drawn no more."""
    # Each of these would otherwise be silent: the forecast is lower, and nothing in it says why.
    elsewhere, without = 0, 0
    for group, known in zip(outturn.groups, outturn.known, strict=True):
        if known.by_version and number in known.unclaimed:
            elsewhere += group.children
        has_chance = draws.area.about(group.attributes).chances[name].chance
        if known.is_open(number) and not has_chance:
            without += group.children
    if elsewhere:
        yield (
            f"'{name}' was reached by {elsewhere:,} on record as one version has it, on a day"
            " that another governs, which pays nothing for it: none is drawn of it"
        )
    if without:
        yield f"'{name}' is still open for {without:,} on record, and has no chance in the area"
    passed = sum(
        group.children
        for group, stages in zip(outturn.groups, draws.stages, strict=False)
        if any(number in stage.passed for stage in stages)
    )
    if passed:
        yield (
            f"'{name}' is still open for {passed:,} on record, and every length of time that"
            " the area gives is over: none is drawn; write a longer one, if it may come"
        )


def _paying(stages: Sequence[Stage]) -> Iterator[int]:
    """The milestones that can pay in a group."""
    for stage in stages:
        for turns in stage.of_cell:
            for turn in turns:
                yield from (one.milestone for one in turn.reached if one.pays)


def _cannot_be_met(
    contract: Contract, area: Area, groups: Sequence[Group], milestone: str, after: Span
) -> list[str]:
    """A caution where a milestone is assumed on a day on which its condition cannot be met."""
    when = contract.milestones[milestone].when
    ranges = []
    assumed = [
        one for one in groups if after in area.about(one.attributes).chances[milestone].after
    ]
    for group in assumed:
        reach = reach_from(contract, when, group.start)
        if reach is None or not reach[0] <= after.after(group.start) <= reach[1]:
            ranges.append((group.start, reach))
    if not ranges:
        return []
    start, reach = ranges[0]
    seen = "it cannot be met at all"
    if reach is not None:
        opens, closes = ((day - start).days for day in reach)
        seen = f"it can be met from {opens} to {closes} days after the start"
    return [
        f"'{milestone}' is assumed {after} after the start, when the contract cannot see it, in "
        f"{len(ranges)} of {len(groups)} groups; for the first of them {seen}"
    ]
