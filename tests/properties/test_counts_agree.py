"""Counts settle to the pence that the claims they count settle to: of the plain reference, where
claims are drawn, and of evidence, where that is. What counts cannot tell is refused, never guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties import drawn
from tests.properties.drawn import evidence_of
from tests.properties.test_limits_hold import AMOUNTS, Case, cases, reference_balances

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.errors import SettlementError
from impactbond.evaluation.claims import evaluate
from impactbond.evaluation.inputs import claim_dates
from impactbond.evidence.counts import Counts
from impactbond.evidence.read_counts import read_claims
from impactbond.reasons import Standing
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

Counted = tuple[str, date, str, tuple[str, ...]]  # milestone, day, standing, attributes
STANDINGS = [one.value for one in Standing]
several = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def counts_of(contract: Contract, known: Iterable[tuple[date, Counter[Counted]]]) -> Counts:
    """Counts that say at every claim date what stands by then: each number that changes is a row
    that replaces the row before.
    """
    names = list(contract.participants.attributes)
    rows: list[dict[str, Any]] = []
    before: dict[Counted, tuple[str, int]] = {}
    for made, stands in known:
        for of in sorted({*stands, *before}):
            ref, number = before.get(of, (None, 0))
            if number == stands[of]:
                continue
            milestone, day, standing, attributes = of
            asked = "number" if contract.milestones[milestone].units is None else "units"
            now = f"count {len(rows)}"
            before[of] = (now, stands[of])
            rows.append(
                {"milestone": milestone, "achieved_on": day, asked: stands[of], "ref": now}
                | {"recorded_on": made, "replaces": ref, "standing": standing}
                | dict(zip(names, attributes, strict=True))
            )
    kinds = {"achieved_on": pa.date32(), "recorded_on": pa.date32(), "number": pa.int64(),
             "units": pa.int64()}  # fmt: skip
    columns = ["milestone", "standing", "ref", "replaces", *kinds, *names]
    arrays = {
        name: pa.array([row.get(name) for row in rows], kinds.get(name, pa.string()))
        for name in columns
    }
    read = read_claims(pa.table(arrays), contract)
    assert read.refused_table.num_rows == 0, read.refused_table.to_pylist()[:3]
    return read


def balances(settlement: Settlement) -> dict[tuple[date, str], list[int]]:
    """Every balance in which anything is other than nothing."""
    rows = {
        (row["claim_date"], row["funder"]): [row[f"{name}_pence"] for name in AMOUNTS]
        for row in settlement.balances_table.to_pylist()
    }
    return {key: amounts for key, amounts in rows.items() if any(amounts)}


def settled_or_refused(contract: Contract, counts: Counts, as_of: date) -> Settlement | None:
    """The settlement; None where a limit looks at single claims, which alone may be refused."""
    if not contract.claim_by_claim:
        return settle(contract, counts, as_of=as_of)
    try:
        return settle(contract, counts, as_of=as_of)
    except SettlementError as error:
        codes = {fault.code for fault in error.faults}
    assert codes == {"limit_on_singles"}
    return None


def counted(case: Case) -> Counts:
    names = list(case.contract.participants.attributes)
    known = [
        (
            made,
            Counter(
                (one.milestone, one.achieved_on, "full", tuple(one.attributes[n] for n in names))
                for one in claims
            ),
        )
        for made, claims in case.history
    ]
    return counts_of(case.contract, known)


@given(case=cases(), at=st.integers(1, 5))
@settings(several, max_examples=50)
def test_counts_settle_to_the_pence_of_the_plain_reference_or_are_refused(
    case: Case, at: int
) -> None:
    contract, counts = case.contract, counted(case)
    last, middle = case.history[-1][0], case.history[min(at, len(case.history) - 1) - 1][0]
    settlement = settled_or_refused(contract, counts, last)
    if settlement is None:
        return
    expected = reference_balances(case)
    assert balances(settlement) == expected
    # One claim after another, each closed to the next, comes to the same: what was replaced since
    # is an adjustment.
    earlier = settle(contract, counts.known_on(middle), as_of=middle)
    later = settle(contract, counts, as_of=last, earlier=earlier)
    assert balances(later) == expected
    closed = earlier.lines_table.num_rows
    assert later.lines_table.slice(0, closed).equals(earlier.lines_table)


@given(case=drawn.cases(whole=True))
@settings(several, max_examples=8)
def test_counts_made_from_evidence_settle_to_the_pence_of_the_evidence(case: drawn.Drawn) -> None:
    contract, evidence = case.contract, evidence_of(case)
    dates = claim_dates(contract, date.max)
    found = evaluate(contract, evidence, dates)
    names = list(contract.milestones)
    known = [(claim.known_by, Counter[Counted]()) for claim in dates]
    for row in found.counted:
        held = tuple(found.segments[row.segment].values())
        of = (names[row.milestone], from_day_number(row.day), STANDINGS[row.standing], held)
        known[row.claim][1][of] += row.quantity
    last = dates[-1].known_by
    settlement = settled_or_refused(contract, counts_of(contract, known), last)
    if settlement is not None:
        assert balances(settlement) == balances(settle(contract, evidence, as_of=last))
