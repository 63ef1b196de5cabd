"""The same lots, and the same settlement, by the plain references: loops, one child at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any

import pyarrow as pa
from tests.benchmarks.references import LOTS
from tests.properties import reference, reference_settlement

from impactbond.contract.contract import Contract
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.evidence import Evidence

Apart = tuple[list[Any], list[Any]]


def children(evidence: Evidence) -> Iterator[Apart]:
    """The rows of each child, about it and of it, apart: the plain reference looks at every row for
    every child, which no program in earnest would.
    """
    key = itemgetter("participant")
    rows = sorted(evidence.observations_table.to_pylist(), key=key)
    seen = {child: list(group) for child, group in groupby(rows, key)}
    people = sorted(evidence.participants_table.to_pylist(), key=key)
    for child, group in groupby(people, key):
        yield list(group), seen.get(child, [])


def by_reference(contract: Contract, evidence: Evidence, claim: ClaimDate) -> pa.Table:
    """The lots of one claim date by the plain reference evaluator."""
    lots = Counter(
        (one.milestone, one.achieved_on, *one.attributes.values())
        for people, rows in children(evidence)
        for one in reference.claims(contract, people, rows, claim.known_by)
    )
    rows = [dict(zip(LOTS.names, (*lot, quantity), strict=True)) for lot, quantity in lots.items()]
    return pa.Table.from_pylist(rows, schema=LOTS)


def settle_plainly(
    contract: Contract, apart: list[Apart], as_of: date
) -> list[reference_settlement.Balance]:
    """The balances at every claim date so far, by the plain evaluator and settlement."""
    dates = [day for day in reference.claim_dates(contract) if day <= as_of]
    by_date = [
        (day, [one for rows in apart for one in reference.claims(contract, *rows, day)])
        for day in dates
    ]
    return reference_settlement.settle(contract, by_date)
