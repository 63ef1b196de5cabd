"""Attribution: the money of the lots led back to single claims, when somebody first asks for it.

What is due follows from the lots alone, of which there are few; lines are as many as there are
claims.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.settlement.funders import Funders
from impactbond.settlement.lines import lines_table, shares_table
from impactbond.settlement.lot_settlement import LotSettlement


class Attributed(NamedTuple):
    """The tables `lines` and `shares`."""

    lines: pa.Table
    shares: pa.Table


class Attribution:
    """Lines and shares that are found once, when they are first asked for."""

    def __init__(self, find: Callable[[], Attributed]) -> None:
        self._find: Callable[[], Attributed] | None = find
        self._lock = Lock()

    @cached_property
    def tables(self) -> Attributed:
        """The tables; what they were found from is let go."""
        with self._lock:
            if self._find is not None:
                self._found, self._find = self._find(), None
            return self._found

    def __getstate__(self) -> Mapping[str, Attributed]:
        """What another process gets: the tables, as an engine cannot go along."""
        return {"tables": self.tables}


def attribute(
    contract: Contract,
    claims: Sequence[ClaimDate],
    funders: Funders,
    settled: LotSettlement,
    singly: LotSettlement,
) -> Attributed:
    """The lines and shares of what was settled, from the same settled claim by claim.

    Raises InvariantError where the two do not add up to the same.
    """
    assert_lines_add_up(settled, singly)
    lines = lines_table(contract, claims, singly.lots, singly.history)
    return Attributed(
        lines, shares_table(singly.lots, funders, singly.history, singly.parts, lines)
    )


def assert_lines_add_up(settled: LotSettlement, singly: LotSettlement) -> None:
    """Promise: attribution back to lines adds up to the lots, funder by funder and claim date by
    claim date.
    """
    for whole, single in (
        (settled.parts.value, singly.parts.value),
        (settled.parts.amount, singly.parts.amount),
    ):
        if (_by_claim(settled, whole) != _by_claim(singly, single)).any():
            raise InvariantError("the lines do not add up to the lots")


def _by_claim(settled: LotSettlement, amounts: Pence) -> Pence:
    sums = np.zeros((settled.balances.value.shape[1], amounts.shape[-1]), dtype=np.int64)
    np.add.at(sums, settled.history.claim, amounts[0])
    return sums
