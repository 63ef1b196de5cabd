"""Luck: what befalls many at once, such as a bad year of a school, as levels of chances.

Takes  an area, the stages of every group, and raw bits of everybody who shares a luck.
Gives  the level of a chance in every trial.
Keeps  every level is as likely as the others; where some who share a luck are on record, as likely
       as what is known of all of them is at it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.settlement.lots import Numbers
from impactbond.simulation.area import Area, Group
from impactbond.simulation.binomial import MOST_LEVELS, Bits
from impactbond.simulation.stages import Stage

_LEVEL_BITS = MOST_LEVELS.bit_length() - 1
_FLOAT_BITS = 53


class Luck:
    """Everything that varies in an area, and who shares it."""

    def __init__(
        self,
        contract: Contract,
        area: Area,
        stages: Sequence[Sequence[Stage]],
        of_those_counted: Mapping[str, str] | None = None,
    ) -> None:
        self._contract, self._area, self._stages = contract, area, stages
        self._of_those_counted = of_those_counted or {}
        self._cohorts = area.cohorts
        self._known: dict[tuple[int, int], Bits | None] = {}

    def levels(self, varies: int, group: int, bits: Bits) -> Numbers:
        """The level of what varies, for a group, in every trial."""
        bars = self._luck_known(varies, self.alike[varies][group])
        if bars is not None:
            return np.searchsorted(bars, bits, side="right")
        # Levels are a power of two, as likely as each other: the leading bits are the level.
        return np.asarray(bits >> np.uint64(64 - _LEVEL_BITS), dtype=np.int64)

    def _luck_known(self, varies: int, alike: int) -> Bits | None:
        """The bits from which on each next level is drawn, where some who share this luck are on
        record: a level is as likely as what is known of all of them is at it. Otherwise None.
        """
        if (varies, alike) not in self._known:
            weights = np.ones(MOST_LEVELS)
            for group, stages in enumerate(self._stages):
                if self.alike[varies][group] != alike:
                    continue
                for stage in stages:
                    if stage.varies == varies and stage.likely:
                        # The likelihood of everybody alike at once: a power can leave what a float
                        # holds, so only its proportion is kept.
                        known = _power(np.array(stage.likely), self._cohorts[group].children)
                        weights = _scaled(weights * known)
            below = np.cumsum(weights)[:-1] / np.cumsum(weights)[-1]
            is_known = (weights != 1).any()
            # Not the very top: its step would need a bit more than there are.
            bars = np.minimum(np.floor(below * 2.0**_FLOAT_BITS), 2.0**_FLOAT_BITS - 1)
            scaled = bars.astype(np.uint64) << np.uint64(64 - _FLOAT_BITS)
            self._known[varies, alike] = scaled if is_known else None
        return self._known[varies, alike]

    @cached_property
    def alike(self) -> list[list[int]]:
        """Of everything that varies, the number of those with whom a group shares its luck."""
        found = []
        for varying in self._area.varies:
            number: dict[tuple[str, ...], int] = {}
            keys = [
                tuple(self._held(group, word) for word in varying.each) for group in self._cohorts
            ]
            found.append([number.setdefault(key, len(number)) for key in keys])
        return found

    def _held(self, group: Group, word: str) -> str:
        match word:
            case "area":
                return ""
            case "group":
                return self._of_those_counted.get(group.name, group.name)
            case "year":
                return str(self._contract.calendar.year_of(group.start))
            case attribute:
                return group.attributes[attribute]


def _scaled(weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Weights of which the largest is one; where all are nothing, nothing is known."""
    most = weights.max()
    return weights / most if most > 0 else np.ones_like(weights)


def _power(likely: NDArray[np.float64], times: int) -> NDArray[np.float64]:
    """Each to a power but for their scale, by multiplication alone, which every machine does
    alike.
    """
    found = np.ones_like(likely)
    while times:
        if times & 1:
            found = _scaled(found * likely)
        likely, times = _scaled(likely * likely), times >> 1
    return found
