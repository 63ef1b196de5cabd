"""The money of lots, once settled."""

from __future__ import annotations

from dataclasses import dataclass

from impactbond.settlement.balances import Balances
from impactbond.settlement.lots import Lots
from impactbond.settlement.movements import Movements
from impactbond.settlement.shares import Parts


@dataclass(frozen=True)
class LotSettlement:
    """The money of lots: their history, its parts, and the balances; amounts carry a trial axis."""

    lots: Lots
    history: Movements
    parts: Parts
    balances: Balances
