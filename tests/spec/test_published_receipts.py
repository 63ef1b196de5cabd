"""The payments that were really made under West London Zone's scale-up contract, as receipts.

Facts of the INDIGO Impact Bond Dataset, project 0184: eleven payments to December 2023, £15,147,230
in all, one of them a relief payment for the summer of 2020. Two prices are inferred, see
`test_published_figures.py`. The outcomes of four claims have no published price: what was paid for
them stands as one sum each, and shows nothing but that the reconciliation is exact. The days on
which money arrived are not published: sixty days after the quarter, here.
"""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd
from tests.spec.drawn_tables import settled

from impactbond.receipts.read import read_receipts
from impactbond.receipts.reconcile import reconcile

PAID = {
    "2020-Q1": "739200.00",
    "2020-Q3": "600225.00",
    "2020-Q4": "440160.00",
    "2021-Q3": "1144025.00",
    "2021-Q4": "1421238.00",
    "2022-Q1": "1458240.00",
    "2022-Q3": "1780525.00",
    "2022-Q4": "985370.00",
    "2023-Q1": "1152059.00",
    "2023-Q3": "2440475.00",
    "2023-Q4": "2985713.00",
}
# One sum each: the relief payment, and claims of outcomes without a published price.
SUMS = {"relief": "2020-Q3"} | {f"autumn_{claim[:4]}": claim for claim in ("2021-Q4", "2022-Q4")}
SUMS |= {"spring_2023": "2023-Q1", "autumn_2023": "2023-Q4"}
EVENTS = ", ".join(f"{name}: {{kind: event}}" for name in ("sign_up", "engaged", *SUMS))
MILESTONES = "\n".join(
    f"  {name}: {{when: {{observed: {name}, in: delivery}}, price: {price}}}"
    for name, price in (
        {"sign_up": "1680.00", "engaged": "1675.00"}
        | {name: PAID[claim] for name, claim in SUMS.items()}
    ).items()
)
TERMS = f"""
funders: {{payers: {{name: All payers together, kind: other}}}}
funding: [{{for: every milestone, shares: {{payers: 100%}}}}]
calendar: {{term: 2019-09-01 through 2023-12-31}}
metrics: {{{EVENTS}}}
windows: {{delivery: 2019-01-01 through 2024-12-31}}
milestones:
{MILESTONES}
"""
EVIDENCE = """
    child | metric | on | value
    a1..a440 | sign_up | 2020-02-01 | yes
    r1 | relief | 2020-09-30 | yes
    b1..b262 | sign_up | 2020-11-01 | yes
    c1..c683 | engaged | 2021-07-31 | yes
    o1 | autumn_2021 | 2021-11-01 | yes
    d1..d868 | sign_up | 2022-02-01 | yes
    e1..e1063 | engaged | 2022-07-31 | yes
    o2 | autumn_2022 | 2022-11-01 | yes
    o3 | spring_2023 | 2023-02-01 | yes
    f1..f1457 | engaged | 2023-07-31 | yes
    o4 | autumn_2023 | 2023-11-01 | yes
"""


def quarter_end(claim: str) -> date:
    year, quarter = int(claim[:4]), int(claim[-1])
    return date(year + quarter // 4, quarter * 3 % 12 + 1, 1) - timedelta(days=1)


def test_what_was_paid_to_december_2023_is_what_was_due_with_the_relief_payment_by_itself() -> None:
    settlement = settled(TERMS, EVIDENCE, "2024-03-31")
    rows = {
        "receipt": [f"INDIGO-0184/{claim}" for claim in PAID],
        "funder": ["payers"] * len(PAID),
        "received_on": [quarter_end(claim) + timedelta(days=60) for claim in PAID],
        "amount": list(PAID.values()),
    }
    receipts = read_receipts(pd.DataFrame(rows), settlement.contract)
    assert receipts.refused_table.num_rows == 0
    assert receipts.total_pence == 1_514_723_000
    found = reconcile(settlement, receipts, on="2024-03-31")
    assert (found.open_pence, found.carried_pence) == (0, 0)
    due = {row["claim_period"]: row["due_pence"] for row in found.dues_table.to_pylist()}
    assert due == {claim: int(amount.replace(".", "")) for claim, amount in PAID.items()}
    lines = settlement.lines_table.to_pylist()
    relief = [
        (row["period"], row["entitled_pence"]) for row in lines if row["milestone"] == "relief"
    ]
    assert relief == [("2020-Q3", 60_022_500)]


def test_before_the_last_payment_came_its_claim_was_open_and_nothing_else() -> None:
    settlement = settled(TERMS, EVIDENCE, "2024-03-31")
    claims = list(PAID)[:-1]
    rows = {
        "receipt": claims,
        "funder": ["payers"] * len(claims),
        "received_on": [quarter_end(claim) + timedelta(days=60) for claim in claims],
        "amount": [PAID[claim] for claim in claims],
    }
    receipts = read_receipts(pd.DataFrame(rows), settlement.contract)
    found = reconcile(settlement, receipts, on="2024-03-01")
    still = [row for row in found.dues_table.to_pylist() if row["open_pence"]]
    assert [(row["claim_period"], row["open_pence"], row["band"]) for row in still] == [
        ("2023-Q4", 298_571_300, "not yet due")
    ]
