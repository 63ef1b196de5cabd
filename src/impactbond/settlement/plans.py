"""Plans beside actuals: what was planned for each claim period, what came, and the difference."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from impactbond.money import minor_units
from impactbond.settlement.settlement import Settlement
from impactbond.tables import as_kind
from impactbond.terms.examples import TOTAL

PLANNED = pa.schema(
    [
        ("plan", pa.string()),
        ("made_on", pa.date32()),
        ("claim_period", pa.string()),
        ("name", pa.string()),
        ("planned_pence", pa.int64()),
        ("actual_pence", pa.int64()),
        ("difference_pence", pa.int64()),
    ]
)


def planned_beside(settlement: Settlement) -> Any:
    """Every plan made by the latest claim date beside what was settled: a row for each plan, claim
    period and name that the plan speaks of, in whole minor units.

    For a milestone, result or fee what came is what was entitled at that claim, adjustments
    included; for a funder and in total it is what was due.
    """
    return as_kind(planned_table(settlement), settlement.evidence.kind)


def planned_table(settlement: Settlement) -> pa.Table:
    """The same as an Arrow table."""
    came = _came(settlement)
    rows = list(_rows(settlement, came))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(PLANNED)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, PLANNED, strict=True)]
    return pa.table(arrays, schema=PLANNED)


def _rows(settlement: Settlement, came: dict[tuple[str, str], int]) -> Iterator[tuple[Any, ...]]:
    contract = settlement.contract
    labels = [claim.label for claim in settlement.claim_dates]
    made = [
        (plan.made_on, name, plan)
        for name, plan in contract.plans.items()
        if plan.made_on <= settlement.claim.known_by
    ]
    for made_on, name, plan in sorted(made, key=lambda one: one[:2]):
        named = dict.fromkeys(paid for sums in plan.payments.values() for paid in sums)
        for label in labels:
            for paid in named:
                amount = plan.payments.get(label, {}).get(paid)
                planned = 0 if amount is None else minor_units(amount, contract.currency)
                actual = came[label, paid]
                yield name, made_on, label, paid, planned, actual, actual - planned


def _came(settlement: Settlement) -> dict[tuple[str, str], int]:
    """What came in each claim period, by payable, by funder of the contract, and in total."""
    came: dict[tuple[str, str], int] = defaultdict(int)
    lines = settlement.lines_table
    for label, name, pence in zip(
        *(lines[of].to_pylist() for of in ("claim_period", "milestone", "entitled_pence")),
        strict=True,
    ):
        came[label, name] += pence
    terms = {funder.id: funder.term for funder in settlement.funders.all}
    payments = settlement.payments_table
    for label, funder, pence in zip(
        *(payments[of].to_pylist() for of in ("claim_period", "funder", "amount_pence")),
        strict=True,
    ):
        came[label, terms[funder]] += pence
        came[label, TOTAL] += pence
    return came
