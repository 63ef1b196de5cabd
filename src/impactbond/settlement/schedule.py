"""The schedule: dated payments of every funder, and the balances behind them, as tables.

Takes  lines with their shares, balances, and the bank holidays used.
Gives  the tables `payments` and `balances`.
Keeps  the payments of a claim date add up to what is due at it, for every funder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import working_day
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.settlement.balances import Balances
from impactbond.settlement.funders import UNFUNDED, Funders
from impactbond.settlement.lot_settlement import LotSettlement, TermsInForce
from impactbond.terms.tranches import Tranche

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
    terms: Sequence[TermsInForce],
    claims: Sequence[ClaimDate],
    funders: Funders,
    settled: LotSettlement,
    holidays: Sequence[date],
) -> pa.Table:
    """The table `payments`: what each funder is asked for at each claim date, and when it is due by
    the days for payment in force on it.
    """
    rows: list[tuple[Any, ...]] = []
    last = terms[-1].contract
    for stretch in terms:
        then = stretch.contract.tranches
        tranches = {name: then.get(name, term) for name, term in last.tranches.items()}
        for claim in claims[stretch.first : stretch.end]:
            rows += _payments(stretch.contract, tranches, claim, funders, settled, holidays)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(PAYMENTS)
    arrays = [pa.array(column, term.type) for column, term in zip(columns, PAYMENTS, strict=True)]
    return pa.table(arrays, schema=PAYMENTS)


def _payments(
    contract: Contract,
    tranches: Mapping[str, Tranche],
    claim: ClaimDate,
    funders: Funders,
    settled: LotSettlement,
    holidays: Sequence[date],
) -> Iterator[tuple[Any, ...]]:
    """The payments of one claim date."""
    by_kind = _claimed(settled, claim)
    due = due_on(contract, claim.known_by, holidays)
    for place, funder in enumerate(funders.all):
        if funder.id == UNFUNDED:
            continue
        found = [(due, kind, "", int(sums[place])) for kind, sums in by_kind.items()]
        found += _on_account(contract, tranches, settled, claim, place, due, holidays)
        if sum(row[-1] for row in found) != settled.balances.due[0, claim.number, place]:
            raise InvariantError("the payments of a claim date do not add up to what is due")
        for day, kind, name, amount in found:
            if amount:
                yield claim.label, claim.known_by, day, funder.id, kind, name, amount


def _claimed(settled: LotSettlement, claim: ClaimDate) -> dict[str, Pence]:
    """What each funder is asked for at a claim date: for its own period, and for closed ones."""
    history, amount = settled.history, settled.parts.amount[0]
    now = history.claim == claim.number
    own = settled.lots.period[history.lot] == claim.number if history.lot.size else now
    return {
        "milestones": amount[now & own].sum(axis=0),
        "adjustments": amount[now & ~own].sum(axis=0),
    }


def _on_account(
    contract: Contract,
    tranches: Mapping[str, Tranche],
    settled: LotSettlement,
    claim: ClaimDate,
    place: int,
    due: date,
    holidays: Sequence[date],
) -> list[tuple[date, str, str, int]]:
    """Up-front money and its recovery at a claim date, for one funder."""
    found = []
    for index, (name, tranche) in enumerate(tranches.items()):
        opened = working_day(tranche.on, holidays, contract.calendar.payment.if_closed)
        paid, back = (
            np.diff(amounts[index, 0, :, place], prepend=0)[claim.number]
            for amounts in (settled.balances.up_front, settled.balances.recovered)
        )
        found += [(opened, "up-front", name, int(paid)), (due, "recovered", name, -int(back))]
    return found


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
