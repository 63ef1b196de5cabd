"""Whatever the contract and the evidence: a year end adds up, rolls, and balances; what it claims
nothing of is what the claims to come hold; and two years together are one.
"""

from __future__ import annotations

import os
from datetime import date, timedelta

import pyarrow as pa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.properties import drawn

import impactbond as ib
from impactbond.closing.year_end import YearEnd
from impactbond.contract.contract import Contract
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.funding import UNFUNDED

thorough = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    max_examples=int(os.environ.get("IMPACTBOND_YEAR_ENDS", "4")),
)


@st.composite
def receipts(draw: st.DrawFn, contract: Contract, days: st.SearchStrategy[date]) -> Receipts:
    """Money from any funder on any day, of the contract or not."""
    senders = st.sampled_from([*contract.funders, "school: Ark", "nobody"])
    rows = [
        {"receipt": f"R{number}", "funder": draw(senders), "received_on": str(draw(days))}
        | {"amount": draw(st.integers(1, 90))}
        for number in range(draw(st.integers(0, 6)))
    ]
    names = ("receipt", "funder", "received_on", "amount")
    frame = pa.table({name: [str(row[name]) for row in rows] for name in names})
    return ib.read_receipts(frame, contract)


@given(st.data())
@thorough
def test_a_year_end_adds_up_rolls_and_balances(data: st.DataObject) -> None:
    case = data.draw(drawn.cases(whole=True))
    contract, evidence = case.contract, drawn.evidence_of(case)
    first, last = contract.calendar.term
    days = st.dates(first - timedelta(days=10), last + timedelta(days=200))
    ends = sorted(data.draw(st.lists(days, min_size=2, max_size=2, unique=True)))
    received = data.draw(receipts(contract, days))
    previous: YearEnd | None = None
    for on in ends:
        sign_off = on + timedelta(days=data.draw(st.sampled_from([0, 0, 30, 120, 400])))
        previous = year = ib.year_end(
            contract,
            evidence,
            on=on,
            evidence_to=sign_off,
            receipts=received,
            previous=previous,
            leave_out_refused=True,
        )
        assert not year.failed, year.failed
    assert previous is not None
    whole = ib.year_end(
        contract,
        evidence,
        on=ends[-1],
        evidence_to=previous.evidence_to,
        receipts=received,
        leave_out_refused=True,
    )
    # The two years together are all that was earned to date, however it was filed in between.
    assert whole.tables["position"].equals(previous.tables["position"])
    earned = previous.tables["income"].to_pylist()
    for row in earned:
        assert row["opening_pence"] + row["income_pence"] == row["earned_pence"]


@given(drawn.cases(whole=True), st.sampled_from([0, 1, 2]))
@thorough
def test_a_cut_on_the_last_day_of_a_period_is_the_claim_of_it(case: drawn.Drawn, back: int) -> None:
    """By the evidence of its claim date, what a period earned is what its claim then holds."""
    contract, evidence = case.contract, drawn.evidence_of(case)
    periods = contract.calendar.periods
    period = periods[max(len(periods) - 1 - back, 0)]
    claimed_on = contract.calendar.claim_date(period)
    year = ib.year_end(contract, evidence, on=period.last, evidence_to=claimed_on)
    settled = ib.settle(contract, evidence, as_of=claimed_on)
    entitled = {row["funder"]: 0 for row in year.tables["position"].to_pylist()}
    for row in settled.shares_table.to_pylist():
        if row["funder"] != UNFUNDED:
            entitled[row["funder"]] = entitled.get(row["funder"], 0) + row["amount_pence"]
    earned = {row["funder"]: row["earned_pence"] for row in year.tables["position"].to_pylist()}
    assert sum(earned.values()) == sum(entitled.values())
