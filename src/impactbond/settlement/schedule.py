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
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Numbers
from impactbond.settlement.running import added_at
from impactbond.tables import rows_table, schema_of
from impactbond.terms.funding import Tranche

PAYMENTS = schema_of(
    *("claim_period", "claim_date", "due_on", "funder", "kind", "name", "amount_pence"),
)
# The kinds of payments that are money on account, ahead of claims: paid, taken off claims, and what
# goes back at the end.
ON_ACCOUNT = UP_FRONT, RECOVERED, RETURNED = ("up-front", "recovered", "returned")
BALANCE_COLUMNS = ("value", "moved", "entitled", "withheld", "on_account", "settled", "due")
BALANCES = schema_of(
    *("claim_period", "claim_date", "funder"), *(f"{name}_pence" for name in BALANCE_COLUMNS)
)


def due_on(contract: Contract, day: date, holidays: Sequence[date]) -> date:
    """The day on which what is claimed on `day` must be paid."""
    terms = contract.calendar.payment
    return terms.open_day(terms.within.after(day), holidays)


def payments_table(
    claims: Sequence[ClaimDate], settled: LotSettlement, holidays: Sequence[date]
) -> pa.Table:
    """The table `payments`: what each funder is asked for at each claim date, and when it is due by
    the days for payment in force on it.
    """
    rows: list[tuple[Any, ...]] = []
    last = settled.terms[-1].contract
    for stretch in settled.terms:
        then = stretch.contract.tranches
        # The last version lists them all; each claim date takes a tranche as its own version has
        # it.
        tranches = {name: then.get(name, term) for name, term in last.tranches.items()}
        for claim in claims[stretch.first : stretch.end]:
            rows += _payments(stretch.contract, tranches, claim, settled, holidays)
    return rows_table(rows, PAYMENTS)


def _payments(
    contract: Contract,
    tranches: Mapping[str, Tranche],
    claim: ClaimDate,
    settled: LotSettlement,
    holidays: Sequence[date],
) -> Iterator[tuple[Any, ...]]:
    """The payments of one claim date: for its own period and for closed ones; up-front money and
    its recovery.
    """
    number, history = claim.number, settled.history
    now = history.claim == number
    lots, of = settled.lots, history.lot
    # By the period in which it was achieved: what belongs to a closed one is an adjustment,
    # whatever it is for.
    own = lots.period[of] == number if of.size else now
    names = settled.terms[-1].contract
    results = [names.payables.index(name) for name in names.results]
    measured = np.isin(lots.milestone[of], results) if of.size else now
    claimed = {
        "milestones": _summed(settled, now & own & ~measured),
        "results": _summed(settled, now & own & measured),
        "adjustments": _summed(settled, now & ~own),
    }
    # Shaped (tranche, funder): what is paid, recovered, and goes back at the end, at this claim
    # date.
    paid, back, left = (
        np.diff(to_date[:, 0], axis=1, prepend=0)[:, number]
        for to_date in (settled.up_front, settled.recovered, settled.returned)
    )
    due, due_pence = due_on(contract, claim.known_by, holidays), settled.due[0, number]
    for position, funder in enumerate(settled.funders.all):
        if funder.id == UNFUNDED:
            continue
        found = [(due, kind, "", int(sums[position])) for kind, sums in claimed.items()]
        for index, (name, tranche) in enumerate(tranches.items()):
            # Up-front money has a day of its own: it is there before claims are, and waits for no
            # payment term.
            opened = contract.calendar.payment.open_day(tranche.on, holidays)
            found.append((opened, UP_FRONT, name, int(paid[index, position])))
            found.append((due, RECOVERED, name, -int(back[index, position])))
            found.append((due, RETURNED, name, -int(left[index, position])))
        # What a funder is asked for and what its balance says come by two ways: a penny between
        # them must never reach an invoice.
        if sum(row[-1] for row in found) != due_pence[position]:
            raise InvariantError("the payments of a claim date do not add up to what is due")
        for day, kind, name, pence in found:
            if pence:
                yield claim.label, claim.known_by, day, funder.id, kind, name, pence


def _summed(settled: LotSettlement, moved: NDArray[np.bool_]) -> Numbers:
    """What each funder pays of some movements together."""
    entries = settled.parts.entries
    chosen = np.flatnonzero(moved[entries.movement])
    amounts = settled.parts.amounts[:1, chosen]
    return np.asarray(added_at(amounts, entries.funder[chosen], entries.funders)[0])


def balances_table(claims: Sequence[ClaimDate], settled: LotSettlement) -> pa.Table:
    """The table `balances`: to date at every claim date, for every funder."""
    everybody = settled.funders.all
    labels = [(claim.label, claim.known_by, funder.id) for claim in claims for funder in everybody]
    amounts = (getattr(settled, name)[0].reshape(-1) for name in BALANCE_COLUMNS)
    columns = zip([*zip(*labels, strict=True), *amounts], BALANCES, strict=True)
    return pa.table([pa.array(one, field.type) for one, field in columns], schema=BALANCES)
