"""The money of lots, once settled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from impactbond.errors import InvariantError
from impactbond.money import Pence
from impactbond.settlement.balances import Balances
from impactbond.settlement.lots import Lots
from impactbond.settlement.movements import Movements
from impactbond.settlement.shares import Parts


@dataclass(frozen=True)
class Settled:
    """The money of lots: their history, its parts, and the balances; amounts carry a trial axis."""

    lots: Lots
    history: Movements
    parts: Parts
    balances: Balances


def _by_claim(settled: Settled, amounts: Pence) -> Pence:
    sums = np.zeros((settled.balances.value.shape[1], amounts.shape[-1]), dtype=np.int64)
    np.add.at(sums, settled.history.claim, amounts[0])
    return sums


def assert_lines_add_up(settled: Settled, singly: Settled) -> None:
    """Promise: attribution back to lines adds up to the lots, funder by funder and claim date by
    claim date.
    """
    for whole, single in (
        (settled.parts.value, singly.parts.value),
        (settled.parts.amount, singly.parts.amount),
    ):
        if (_by_claim(settled, whole) != _by_claim(singly, single)).any():
            raise InvariantError("the lines do not add up to the lots")
