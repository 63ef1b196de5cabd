"""What is paid for single participants: milestones, and what their price depends on."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import Field

from impactbond.terms.applicability import Only
from impactbond.terms.conditions import Condition
from impactbond.terms.phrases import SharePhrase
from impactbond.terms.prices import AnyPriceChange, Band, Rate, RoundedTo
from impactbond.terms.reference import MilestoneName
from impactbond.terms.term import Amount, Cited, Listed, OneOrMany
from impactbond.terms.units import Units


class Milestone(Cited):
    """Something that can be paid for, with its price: once for each participant, or for every unit.

    Units are counted from the day on which the condition and everything before it are met.
    `instead_of` names milestones of which only the first that is achieved is paid.
    """

    title: str = ""
    only: Only = Field(default_factory=dict)
    after: OneOrMany[MilestoneName] = ()
    instead_of: OneOrMany[MilestoneName] = ()
    when: Condition
    units: Units | None = None
    price: Amount
    rates: Listed[Rate] = ()
    bands: Listed[Band] = ()
    changes: Listed[AnyPriceChange] = ()
    rounded: RoundedTo | None = None
    paid_for: SharePhrase | None = Field(
        default=None, description="the share of all claims that is paid, such as 5/6"
    )


def alternatives(milestones: Mapping[str, Milestone]) -> list[tuple[str, ...]]:
    """The milestones, each with those that it stands instead of or that stand instead of it, in the
    order written; of such a group one is paid.
    """
    group_of: dict[str, set[str]] = {}
    for name, milestone in milestones.items():
        alike = (name, *milestone.instead_of)
        joined = {*alike}.union(*(group_of.get(one, ()) for one in alike))
        group_of |= dict.fromkeys(joined, joined)
    groups: dict[int, list[str]] = {}
    for name in milestones:
        groups.setdefault(id(group_of[name]), []).append(name)
    return [tuple(group) for group in groups.values()]
