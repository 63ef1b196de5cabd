"""The payments really made under West London Zone's scale-up, against its contract's settlement.

Facts of the INDIGO Impact Bond Dataset, project 0184: eleven payments to December 2023, £15,147,230
in all, one of them a relief payment for the summer of 2020. The contract is that of the fixtures.
Four claims hold outcomes without a published price: what was paid for them beside sign-ups stands
here as one sum each, a quarter of it for a child of each borough. How each payment was cut among
the payers, and the day on which it came, are not published: as the contract cuts it, and sixty days
after the quarter.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from functools import cache

import pandas as pd
import pytest
from tests.spec.published import CONTRACTS
from tests.spec.test_west_london_zone_scale_up import (
    EXPLAINED,
    UNEXPLAINED,
    book_of_four_cohorts,
    held_by,
)

from impactbond.contract.read import parse_contract
from impactbond.receipts.read import read_receipts
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import Reconciliation, reconcile
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source

PAID = {claim: pounds * 100 for claim, pounds in (EXPLAINED | UNEXPLAINED).items()}
SIGN_UPS = {"2023-Q1": 621 * 1680_00}  # of the last cohort, priced, within an unexplained payment
SUMS = {
    f"outcomes_{claim.replace('-', '_').lower()}": (claim, PAID[claim] - SIGN_UPS.get(claim, 0))
    for claim in UNEXPLAINED
}
REACHED_ON = {"2021-Q4": "2021-11-01", "2022-Q4": "2022-11-01", "2023-Q1": "2023-02-01"}
REACHED_ON |= {"2023-Q4": "2023-11-01"}
FIRST = "2019-08 to 2020-03"


@cache
def settlement() -> Settlement:
    """All claims to December 2023, the last of them made in January 2024."""
    text = (CONTRACTS / "west_london_zone_scale_up.yaml").read_text()
    events = "".join(f"  {name}: {{kind: event}}\n" for name in SUMS)
    milestones = "".join(
        f"  {name}: {{when: {{observed: {name}, in: five years}}, price: {pence / 400:.2f}}}\n"
        for name, (_, pence) in SUMS.items()
    )
    for part, more in (
        ("metrics", events),
        ("windows", "  five years: start to 60 months after start\n"),
        ("milestones", milestones),
    ):
        text = text.replace(f"\n{part}:", f"\n{part}:\n{more}#", 1)
    about = parse_contract(text.encode(), name="scale_up.yaml")
    book = book_of_four_cohorts()
    for name, (claim, _) in SUMS.items():
        book.saw(["a1", "a2", "a3", "a4"], name, REACHED_ON[claim])  # a child of each borough
    return settle(about, book.evidence(about), as_of="2024-01-31")


def came_on(claim: str) -> date:
    """Sixty days after the quarter."""
    (period,) = [one for one in settlement().contract.calendar.periods if one.label == claim]
    return period.last + timedelta(days=60)


@cache
def receipts() -> Receipts:
    """Every published payment, cut among its payers in the parts that the contract gives each."""
    due: Counter[tuple[str, str]] = Counter()
    for row in settlement().balances_table.to_pylist():
        due[row["claim_period"], row["funder"]] += row["due_pence"]
    rows = []
    for claim, paid in PAID.items():
        asked = {funder: pence for (of, funder), pence in due.items() if of == claim and pence}
        whole, running, before = sum(asked.values()), 0, 0
        for funder, pence in asked.items():
            running += pence
            cut = paid * running // whole
            rows.append((f"INDIGO-0184/{claim}/{funder}", funder, came_on(claim), cut - before))
            before = cut
    names = ("receipt", "funder", "received_on", "amount")
    frame = pd.DataFrame([(*row[:3], f"{row[3] / 100:.2f}") for row in rows], columns=list(names))
    read = read_receipts(frame, settlement().contract)
    assert read.refused_table.num_rows == 0
    return read


def by_claim(found: Reconciliation, column: str) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for row in found.dues_table.to_pylist():
        sums[row["claim_period"]] += row[column]
    return {claim: pence for claim, pence in sums.items() if pence}


@pytest.mark.mechanic(97)
def test_the_published_payments_reconcile_with_the_settlement_to_the_penny() -> None:
    assert receipts().total_pence == 1_514_723_000
    found = reconcile(settlement(), receipts(), on="2024-03-31")
    assert by_claim(found, "due_pence") == PAID
    assert by_claim(found, "matched_pence") == PAID
    assert (found.open_pence, found.carried_pence) == (0, 0)
    assert found.unmatched_table.num_rows == 0
    latest = {row["funder"]: row["closing_pence"] for row in found.account_table.to_pylist()}
    assert set(latest.values()) == {0}
    assert {"philanthropy", "dcms", "lbhf", "rbkc", "wcc", "brent"} < set(latest)


@pytest.mark.mechanic(97)
def test_the_summer_of_2020_is_a_relief_line_paid_instead_of_the_claims_of_that_summer() -> None:
    relief = [
        (row["kind"], row["claim_period"], row["because"], row["entitled_pence"])
        for row in settlement().lines_table.to_pylist()
        if row["milestone"] == "covid_summer_2020"
    ]
    assert relief == [("claim", "2020-Q3", "relief", 600_225_00)]
    assert held_by(settlement()) == {"relief covid_summer_2020": 329 * 1675_00}
    statement = make_statement(statement_source(settlement()), claim_period="2020-Q3")
    shown = [line for line in statement.lines if line.milestone == "covid_summer_2020"]
    assert len(shown) == 1
    assert statement.due_pence == 600_225_00
    assert statement.failing == ()


def test_before_a_payment_came_its_claim_was_open_and_nothing_else() -> None:
    found = reconcile(settlement(), receipts(), on="2020-11-28")
    assert by_claim(found, "open_pence") == {"2020-Q3": 600_225_00}
    after = reconcile(settlement(), receipts(), on="2020-11-29")
    assert by_claim(after, "open_pence") == {}
    in_2024 = reconcile(settlement(), receipts(), on="2024-02-15")
    assert by_claim(in_2024, "open_pence") == {"2023-Q4": 2_985_713_00}
