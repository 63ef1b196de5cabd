"""What is counted: the claims that stand, each with where its child was on the day, as linked cells
of one milestone after another.

An attribute of a child is that of the day of achievement, as for funders: the latest row that holds
by then and was known at the claim, or the earliest where all rows hold from later days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from math import gcd
from typing import NamedTuple

import numpy as np
import pyarrow.compute as pc

from impactbond.disclosure.rules import ALL, CellKey, Linked, Whole
from impactbond.settlement.settlement import Settlement


class Achieved(NamedTuple):
    """One claim that stands: whose, in which period, with the attributes, and its value."""

    child: str
    period: str
    groups: tuple[str, ...]
    pence: int


class Axes(NamedTuple):
    """What the tables are laid out by: attributes, their values together as children have them, and
    periods.
    """

    attributes: tuple[str, ...]
    groups: tuple[tuple[str, ...], ...]
    periods: tuple[str, ...]

    def values(self, attribute: int) -> list[str]:
        """The values of an attribute, in order."""
        return sorted({group[attribute] for group in self.groups})


def achieved(settlement: Settlement, attributes: Sequence[str]) -> dict[str, list[Achieved]]:
    """The claims that stand at the latest claim date, by milestone."""
    held = _held(settlement, attributes)
    found: dict[str, list[Achieved]] = {name: [] for name in settlement.contract.milestones}
    for claim in settlement.claims_table.to_pylist():
        groups = _on(held[claim["participant"]], claim["achieved_on"])
        one = Achieved(claim["participant"], claim["period"], groups, claim["value_pence"])
        found[claim["milestone"]].append(one)
    return found


_Held = list[tuple[date, date, tuple[str, ...]]]  # from which day, recorded when, what holds


def _held(settlement: Settlement, attributes: Sequence[str]) -> dict[str, _Held]:
    table = settlement.evidence.participants_table
    known = pc.less_equal(table["recorded_on"], settlement.claim.known_by)
    held: defaultdict[str, _Held] = defaultdict(list)
    names = ("participant", "from_on", "recorded_on", *attributes)
    chosen = table.filter(known).select(names).to_pydict()
    for who, since, recorded, *values in zip(*(chosen[name] for name in names), strict=True):
        held[who].append((since, recorded, tuple(map(str, values))))
    return held


def _on(rows: _Held, day: date) -> tuple[str, ...]:
    first = min(row[0] for row in rows)
    return max(row for row in rows if row[0] <= max(day, first))[2]


def axes_of(settlement: Settlement, attributes: Sequence[str]) -> Axes:
    """What the tables are laid out by: every value that children known at the claim have, and every
    period up to it.
    """
    held = _held(settlement, attributes)
    groups = {values for rows in held.values() for *_, values in rows}
    periods = tuple(one.label for one in settlement.claim_dates)
    return Axes(tuple(attributes), tuple(sorted(groups)), periods)


def linked_cells(
    milestone: str, claims: Sequence[Achieved], axes: Axes, *, money: bool
) -> tuple[Linked, list[Whole], int]:
    """The cells of a milestone in every table, what children come to in each, the largest first,
    and the amount of which values are multiples.
    """
    unit = gcd(*(one.pence for one in claims)) if money else 0
    unit = unit or 1
    units = sorted({one.pence // unit for one in claims}) if money and claims else [0]
    parts = {part: at for at, part in enumerate(product(axes.groups, axes.periods, units))}
    keys = list(_keys(milestone, axes))
    sums = np.array([[_adds(key, *part[:2], axes) for part in parts] for key in keys], np.int64)
    counted = np.zeros(len(parts), np.int64)
    whose: defaultdict[int, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for one in claims:
        place = parts[one.groups, one.period, one.pence // unit if money else 0]
        counted[place] += 1
        for cell in np.flatnonzero(sums[:, place]):
            # By child: one with several claims in a cell is one child, who could be found.
            whose[int(cell)][one.child] += one.pence // unit
    amounts = [
        np.array(sorted(whose[cell].values(), reverse=True), np.int64) for cell in range(len(keys))
    ]
    children = np.array([one.size for one in amounts], np.int64)
    worth = np.array([part[2] for part in parts], np.int64)
    return Linked(tuple(keys), sums, counted, worth, children), amounts, unit


def _keys(milestone: str, axes: Axes) -> Iterator[CellKey]:
    """The cells of the tables: of each attribute, and over all of them."""
    for period in (*axes.periods, ALL):
        yield CellKey(milestone, ALL, ALL, period)
    for place, attribute in enumerate(axes.attributes):
        for group, period in product(axes.values(place), (*axes.periods, ALL)):
            yield CellKey(milestone, attribute, group, period)


def _adds(key: CellKey, groups: tuple[str, ...], period: str, axes: Axes) -> bool:
    """Whether a cell adds up a part."""
    is_of_group = key.attribute == ALL or groups[axes.attributes.index(key.attribute)] == key.group
    return is_of_group and key.period in (ALL, period)
