"""The schedule: dated payments of every funder, and the balances behind them, as tables.

Takes  lines with their shares, balances, and the bank holidays used.
Gives  the tables `payments` and `balances`.
Keeps  the payments of a claim date add up to what is due at it, for every funder.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import working_day
from impactbond.errors import InvariantError
from impactbond.evaluation.knowledge import ClaimDate
from impactbond.settlement.balances import Balances
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.lots import Lots
from impactbond.settlement.movements import Movements
from impactbond.settlement.shares import Parts

PAYMENTS = pa.schema(
    [
        ("claim_period", pa.string()),
        ("claim_date", pa.date32()),
        ("due_on", pa.date32()),
        ("funder", pa.string()),
        ("kind", pa.string()),
        ("name", pa.string()),
        ("amount_pence", pa.int64()),
    ]
)
BALANCE_COLUMNS = ("value", "moved", "entitled", "withheld", "on_account", "settled", "due")
BALANCES = pa.schema(
    [
        ("claim_period", pa.string()),
        ("claim_date", pa.date32()),
        ("funder", pa.string()),
        *((f"{name}_pence", pa.int64()) for name in BALANCE_COLUMNS),
    ]
)


def due_on(contract: Contract, day: date, holidays: Sequence[date]) -> date:
    """The day on which what is claimed on `day` must be paid."""
    terms = contract.calendar.payment
    return working_day(terms.within.after(day), holidays, terms.if_closed)


def payments_table(
    contract: Contract,
    claims: Sequence[ClaimDate],
    lots: Lots,
    funders: Funders,
    history: Movements,
    parts: Parts,
    balances: Balances,
    holidays: Sequence[date],
) -> pa.Table:
    """The table `payments`: what each funder is asked for at each claim date, by kind, with the day
    it is due.
    """
    rows: list[tuple[Any, ...]] = []
    is_late = (
        lots.period[history.lot] != history.claim if history.lot.size else np.zeros(0, dtype=bool)
    )
    tranches = list(contract.tranches.items())
    up_front = np.diff(balances.up_front[:, 0], axis=1, prepend=0)
    recovered = np.diff(balances.recovered[:, 0], axis=1, prepend=0)
    for claim in claims:
        due = due_on(contract, claim.known_by, holidays)
        now = history.claim == claim.number
        by_kind = {
            "milestones": parts.amount[0][now & ~is_late].sum(axis=0),
            "adjustments": parts.amount[0][now & is_late].sum(axis=0),
        }
        for place, funder in enumerate(funders.all):
            if funder.id == UNFUNDED:
                continue
            start = (claim.label, claim.known_by)
            found = [
                (*start, due, funder.id, kind, "", int(sums[place]))
                for kind, sums in by_kind.items()
            ]
            for index, (name, tranche) in enumerate(tranches):
                opened = working_day(tranche.on, holidays, contract.calendar.payment.if_closed)
                paid, back = (
                    int(up_front[index, claim.number, place]),
                    int(recovered[index, claim.number, place]),
                )
                found.append((*start, opened, funder.id, "up-front", name, paid))
                found.append((*start, due, funder.id, "recovered", name, -back))
            found = [row for row in found if row[-1]]
            if sum(row[-1] for row in found) != balances.due[0, claim.number, place]:
                raise InvariantError("the payments of a claim date do not add up to what is due")
            rows += found
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(PAYMENTS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, PAYMENTS, strict=True)]
    return pa.table(arrays, schema=PAYMENTS)


def balances_table(claims: Sequence[ClaimDate], funders: Funders, balances: Balances) -> pa.Table:
    """The table `balances`: to date at every claim date, for every funder."""
    labels = [
        (claim.label, claim.known_by, funder.id) for claim in claims for funder in funders.all
    ]
    period, day, funder = zip(*labels, strict=True)
    amounts = [getattr(balances, name)[0].reshape(-1) for name in BALANCE_COLUMNS]
    return pa.table(
        [
            pa.array(period),
            pa.array(day, pa.date32()),
            pa.array(funder),
            *(pa.array(column) for column in amounts),
        ],
        schema=BALANCES,
    )


def holiday_years(contract: Contract) -> tuple[int, int]:
    """The years in which a payment of the contract can fall due."""
    first, last = contract.calendar.term
    latest = contract.calendar.payment.within.after(contract.calendar.claims.made.after(last))
    return first.year, latest.year + 1
