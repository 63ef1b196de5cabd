"""Journeys: what can become of the children of every group, stage by stage.

Takes  a contract or its versions, an area that fits it, and what is known of those on record.
Gives  the stages of every group.
Keeps  what is drawn together, and in which order, is the same for all that are alike.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import zip_longest

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import claim_dates
from impactbond.settlement.each_participant import limits_on_each, milestones_of_each
from impactbond.simulation.area import Area
from impactbond.simulation.compiler import Compiler, TooManyToTellApartError
from impactbond.simulation.joint import Family, families
from impactbond.simulation.knowledge import NOTHING_KNOWN, Knowledge
from impactbond.simulation.paying_by_version import paying_of
from impactbond.simulation.place_compiler import PlaceCompiler
from impactbond.simulation.stage_order import in_order, needs_of
from impactbond.simulation.stages import Stage


def journeys(
    contract: Contract | Versions,
    area: Area,
    known: Sequence[Knowledge] = (),
    told: Callable[[Mapping[str, str]], Collection[int]] = lambda _: (),
) -> tuple[tuple[Stage, ...], ...]:
    """The stages of every group, in the order in which milestones need one another; `known` is what
    is known of the first groups. `told` gives the milestones, by their numbers, by the claims of
    which journeys are told apart, for the attributes of a group. Raises TooManyToTellApartError.
    """
    versions = Versions.of(contract)
    whole, needs = versions.whole, needs_of(versions)
    claims = claim_dates(versions, whole.calendar.claim_dates[-1])
    # What is drawn together, and in which order, is the same for all that are in the same segments.
    worked_out: dict[tuple[bool, ...], tuple[Area, list[list[Family]]]] = {}
    found = []
    for group, on_record in zip_longest(area.cohorts, known):
        alike = area.alike(group.attributes)
        if alike not in worked_out:
            of_these = area.about(group.attributes)
            worked_out[alike] = of_these, in_order(whole, needs, families(whole, of_these))
        of_these, ordered = worked_out[alike]
        knowledge = on_record or NOTHING_KNOWN
        paying = paying_of(versions, of_these, group, claims, knowledge)
        is_held = whole.participants.places is not None
        compiler_of = PlaceCompiler if is_held else Compiler
        compiler = compiler_of(whole, needs, of_these, group, knowledge, paying)
        found.append(compiler.stages(ordered, told(group.attributes)))
    return tuple(found)


def journeys_and_limits(
    versions: Versions, area: Area, known: Sequence[Knowledge], *, is_drawn: bool
) -> tuple[tuple[int, ...], tuple[tuple[Stage, ...], ...]]:
    """The limits that are worked out journey by journey, by their positions, and the stages of
    every group: none where not everybody `is_drawn`, because of those on record it is not known
    how they came to their claims one by one. Nor where a place is held by several participants, or
    where several versions each have limits of their own.
    """
    whole = versions.whole
    is_of_children = is_drawn and whole.participants.places is None
    limits = limits_on_each(whole) if is_of_children and len(versions.all) == 1 else ()
    if limits:
        try:
            return limits, journeys(versions, area, told=partial(milestones_of_each, whole, limits))
        except TooManyToTellApartError:
            pass  # children one by one cost less
    return (), journeys(versions, area, known)
