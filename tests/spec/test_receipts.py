"""Receipts: what funders sent, against what they were asked for."""

from __future__ import annotations

from decimal import Decimal

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spec.drawn_tables import Row, pounds, rows, settled

from impactbond.errors import ReceiptError, SettlementError
from impactbond.receipts.interest import statutory_interest
from impactbond.receipts.read import read_receipts
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import Reconciliation, band, reconcile
from impactbond.settlement.settlement import Settlement

# Due: £100.00 on 2017-05-30 and £200.00 on 2017-08-30, less £100.00 given back on 2018-03-02.
EVIDENCE = """
    child | metric  | on         | value | recorded   | ref | replaces
    c1    | consent | 2017-02-01 | yes   | 2017-02-01 | a   |
    c2 c3 | consent | 2017-05-01 | yes   | 2017-05-01 |     |
    c1    | consent | 2017-02-01 | no    | 2017-12-01 | b   | a
"""
LATE = "2018-12-31"


def receipts_of(drawn: str, settlement: Settlement) -> Receipts:
    cells = [{key: cell or None for key, cell in row.items()} for row in rows(drawn)]
    headings = [heading.strip() for heading in drawn.strip().splitlines()[0].split("|")]
    return read_receipts(pd.DataFrame(cells, columns=headings), settlement.contract)


def reconciled(drawn: str, on: str, terms: str = "") -> Reconciliation:
    settlement = settled(terms, EVIDENCE, "2018-01-31")
    return reconcile(settlement, receipts_of(drawn, settlement), on=on)


def matches(found: Reconciliation) -> list[Row]:
    return [
        {
            "receipt": row["receipt"] or "",
            "pays": row["claim_period"],
            "on": str(row["matched_on"]),
            "amount": pounds(row["amount_pence"]),
        }
        for row in found.matches_table.to_pylist()
    ]


def account(found: Reconciliation) -> list[Row]:
    names = ("opening", "due", "received", "closing")
    told = found.account_table.to_pylist()
    names = (*names[:3], "written_off", "closing") if any(map(_written_off, told)) else names
    return [
        {"claim": row["claim_period"] or "since"}
        | {name: pounds(row[f"{name}_pence"]) for name in names}
        for row in told
    ]


def _written_off(row: dict[str, int]) -> bool:
    return row["written_off_pence"] != 0


def test_what_is_paid_back_takes_up_what_is_carried() -> None:
    # £120.00 came for £100.00: £20.00 is carried, and goes back.
    found = reconciled(
        """
        receipt | funder  | received_on | amount | kind
        A1      | council | 2017-06-01  | 120.00 |
        A2      | council | 2017-06-20  | 20.00  | refund
        """,
        on="2017-07-01",
    )
    assert matches(found) == rows(
        """
        receipt | pays      | on         | amount
        A1      | 2017-Q1   | 2017-06-01 | 100.00
        A1      | refund A2 | 2017-06-20 | 20.00
        """
    )
    assert (found.open_pence, found.carried_pence, found.paid_back_pence) == (0, 0, 2_000)
    assert account(found) == rows(
        """
        claim   | opening | due    | received | closing
        2017-Q1 | 0.00    | 100.00 | 0.00     | 100.00
        since   | 100.00  | 0.00   | 100.00   | 0.00
        """
    )


def test_what_is_paid_back_and_not_carried_is_open_again() -> None:
    # The whole £100.00 came, and £30.00 of it went back by mistake: the council owes that again.
    found = reconciled(
        """
        receipt | funder  | received_on | amount | kind
        A1      | council | 2017-06-01  | 100.00 | received
        A2      | council | 2017-06-20  | 30.00  | refund
        A3      | council | 2017-07-05  | 10.00  |
        """,
        on="2017-07-10",
    )
    assert matches(found)[1:] == rows(
        """
        receipt | pays      | on         | amount
        A3      | refund A2 | 2017-07-05 | 10.00
        """
    )
    assert (found.open_pence, found.received_pence) == (2_000, 8_000)
    assert "Paid back, and taken off that: £30.00" in found.text


def test_what_is_written_off_is_open_no_more_and_is_no_money() -> None:
    # Of £100.00, £60.00 came and £40.00 is written off; £5.00 more than is open cannot be.
    found = reconciled(
        """
        receipt | funder  | received_on | amount | kind
        A1      | council | 2017-06-01  | 60.00  |
        A2      | council | 2017-07-03  | 45.00  | write-off
        """,
        on="2017-07-10",
    )
    assert account(found) == rows(
        """
        claim   | opening | due    | received | written_off | closing
        2017-Q1 | 0.00    | 100.00 | 0.00     | 0.00        | 100.00
        since   | 100.00  | 0.00   | 60.00    | 45.00       | -5.00
        """
    )
    assert found.received_pence == 6_000
    (left,) = found.unmatched_table.to_pylist()
    assert (left["unmatched_pence"], left["reason"]) == (500, "not_open")
    assert "written off, though it was not open" in found.text


def test_how_long_a_funder_took_is_counted_from_the_day_after_the_claim() -> None:
    # Claimed on 30 April and 31 July 2017. Day 30 of the first is 30 May, day 31 is 31 May, day 61
    # is 30 June; money before a claim is made takes no day: 30, 31, 61 and 0 days, 30.5 on average.
    found = reconciled(
        """
        receipt | funder  | received_on | amount | kind      | claim_period
        A1      | council | 2017-05-30  | 40.00  |           |
        A2      | council | 2017-05-31  | 20.00  |           |
        A3      | council | 2017-06-30  | 30.00  |           |
        A4      | council | 2017-07-01  | 10.00  | write-off |
        A5      | council | 2017-07-30  | 50.00  |           | 2017-Q2
        """,
        on="2017-10-01",
    )
    assert found.payment_times_table.to_pylist() == [
        {
            "funder": "council",
            "payments": 4,
            "average_days": "30.5",
            "within_30_percent": "50.0",
            "from_31_to_60_percent": "25.0",
            "after_60_percent": "25.0",
            "unpaid": 1,
        }
    ]


RATES = {"2016-12-31": "0.25", "2017-06-30": Decimal("0.25")}


def test_statutory_interest_is_simple_and_of_the_rate_at_which_a_debt_became_late() -> None:
    # £100.00 due on 30 May and £200.00 due on 30 August; 8.25% a year. Of the first, £60.00 is 10
    # days late and £40.00 124 days, on 1 October: (600 + 4,960) pound-days. The second is 32 days
    # late. 5,560 × 0.0825 / 365 = 1.2567, and 6,400 × 0.0825 / 365 = 1.4466.
    found = reconciled(
        """
        receipt | funder  | received_on | amount | claim_period
        A1      | council | 2017-06-09  | 60.00  |
        """,
        on="2017-10-01",
    )
    told = statutory_interest(found, RATES, funders=["council"]).to_pylist()
    assert [
        (str(row["runs_from_on"]), row["percent"], row["interest_pence"], row["fixed_sum_pence"])
        for row in told
    ] == [("2017-05-31", "8.25", 126, 4_000), ("2017-08-31", "8.25", 145, 4_000)]


@pytest.mark.parametrize(
    ("rates", "funders", "code"),
    [
        ({"2016-12-31": "0.25"}, ["council"], "rate_missing"),
        ({"2016-12-30": "0.25"}, ["council"], "no_reference_rate"),
        ({"2016-12-31": "a quarter"}, ["council"], "no_reference_rate"),
        (RATES, ["trust"], "unknown_funder"),
    ],
)
def test_no_rate_is_guessed(rates: dict[str, str], funders: list[str], code: str) -> None:
    found = reconciled("receipt | funder | received_on | amount", on="2017-10-01")
    with pytest.raises(ReceiptError) as refused:
        statutory_interest(found, rates, funders=funders)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_money_pays_the_oldest_due_first_and_a_part_pays_a_part() -> None:
    found = reconciled(
        """
        receipt | funder  | received_on | amount
        A1      | council | 2017-06-01  | 40.00
        A2      | council | 2017-09-01  | 110.00
        """,
        on="2017-10-01",
    )
    assert matches(found) == rows(
        """
        receipt | pays    | on         | amount
        A1      | 2017-Q1 | 2017-06-01 | 40.00
        A2      | 2017-Q1 | 2017-09-01 | 60.00
        A2      | 2017-Q2 | 2017-09-01 | 50.00
        """
    )
    assert found.open_pence == 15_000
    assert found.carried_pence == 0


def test_money_that_names_a_claim_pays_that_claim_first() -> None:
    found = reconciled(
        """
        receipt | funder  | received_on | amount | claim_period
        A1      | council | 2017-09-01  | 250.00 | 2017-Q2
        """,
        on="2017-10-01",
    )
    assert matches(found) == rows(
        """
        receipt | pays    | on         | amount
        A1      | 2017-Q2 | 2017-09-01 | 200.00
        A1      | 2017-Q1 | 2017-09-01 | 50.00
        """
    )


def test_what_is_overpaid_is_carried_and_pays_what_is_asked_for_next() -> None:
    drawn = """
        receipt | funder  | received_on | amount
        A1      | council | 2017-06-01  | 170.00
    """
    before, after = reconciled(drawn, on="2017-07-30"), reconciled(drawn, on="2017-07-31")
    assert before.unmatched[["receipt", "unmatched_pence", "reason"]].to_numpy().tolist() == [
        ["A1", 7_000, "overpaid"]
    ]
    assert matches(after)[-1] == {
        "receipt": "A1",
        "pays": "2017-Q2",
        "on": "2017-07-31",
        "amount": "70.00",
    }
    assert after.carried_pence == 0


def test_money_for_a_claim_not_made_yet_waits_for_it() -> None:
    drawn = """
        receipt | funder  | received_on | amount | claim_period
        A1      | council | 2017-06-01  | 200.00 | 2017-Q2
    """
    assert reconciled(drawn, on="2017-06-30").unmatched["reason"].tolist() == ["claim_not_made"]
    assert [row["pays"] for row in matches(reconciled(drawn, on="2017-08-01"))] == ["2017-Q2"]


def test_what_a_claim_gives_back_is_taken_off_what_is_open() -> None:
    found = reconciled("receipt | funder | received_on | amount", on="2018-03-01")
    assert matches(found) == [
        {"receipt": "", "pays": "2017-Q1", "on": "2018-01-31", "amount": "100.00"}
    ]
    assert found.open_pence == 20_000


def test_money_of_a_funder_whom_the_settlement_does_not_know_is_told_and_not_lost() -> None:
    found = reconciled(
        """
        receipt | funder      | received_on | amount
        A1      | school: Elm | 2017-09-01  | 5.00
        """,
        on="2017-10-01",
    )
    assert found.unmatched["reason"].tolist() == ["unknown_funder"]
    assert "£5.00 of receipt A1, school: Elm: the settlement has no such funder: look" in found.text


def test_opening_with_what_is_due_less_what_was_received_makes_closing() -> None:
    found = reconciled(
        """
        receipt | funder  | received_on | amount
        A1      | council | 2017-04-30  | 10.00
        A2      | council | 2017-05-01  | 20.00
        A3      | council | 2018-02-01  | 300.00
        """,
        on="2018-02-28",
    )
    assert account(found) == rows(
        """
        claim   | opening | due     | received | closing
        2017-Q1 | 0.00    | 100.00  | 10.00    | 90.00
        2017-Q2 | 90.00   | 200.00  | 20.00    | 270.00
        2017-Q3 | 270.00  | 0.00    | 0.00     | 270.00
        2017-Q4 | 270.00  | -100.00 | 0.00     | 170.00
        since   | 170.00  | 0.00    | 300.00   | -130.00
        """
    )


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        (-5, "not yet due"),
        (0, "not yet due"),
        (1, "1-30 days"),
        (30, "1-30 days"),
        (31, "31-60 days"),
        (60, "31-60 days"),
        (61, "61-90 days"),
        (90, "61-90 days"),
        (91, "over 90 days"),
        (5_000, "over 90 days"),
    ],
)
def test_what_is_open_is_aged_from_the_day_after_it_was_due(days: int, expected: str) -> None:
    assert band(days) == expected


def test_aged_balances_add_up_to_the_account() -> None:
    found = reconciled("receipt | funder | received_on | amount", on="2017-08-31")
    (aged,) = found.aged_table.to_pylist()
    # Due 2017-05-30, 93 days before, and 2017-08-30, one day before.
    assert aged["overdue_over_90_days_pence"] == 10_000
    assert aged["overdue_1_to_30_days_pence"] == 20_000
    assert aged["balance_pence"] == found.account_table["closing_pence"][-1].as_py()


def test_later_receipts_change_nothing_on_the_day() -> None:
    drawn = "receipt | funder | received_on | amount\nA1 | council | 2017-06-01 | 40.00"
    later = f"{drawn}\nA2 | council | 2017-11-01 | 60.00"
    one, two = (reconciled(text, on="2017-10-31") for text in (drawn, later))
    assert one.matches_table.equals(two.matches_table)
    assert one.account_table.equals(two.account_table)
    assert two.later_receipts == 1


def test_refused_rows_stop_a_reconciliation_until_they_are_left_out_by_word() -> None:
    settlement = settled("", EVIDENCE, "2018-01-31")
    drawn = "receipt | funder | received_on | amount\nA1 | council | 2017-06-01 | =D41-D36"
    receipts = receipts_of(drawn, settlement)
    with pytest.raises(ReceiptError, match="holds a formula written as text"):
        reconcile(settlement, receipts, on="2018-01-31")
    found = reconcile(settlement, receipts, on="2018-01-31", leave_out_refused=True)
    assert found.refused_left_out == 1


def test_receipts_of_another_contract_and_a_day_before_any_claim_are_refused() -> None:
    other = settled("contract: another", EVIDENCE, "2018-01-31")
    settlement = settled("", EVIDENCE, "2018-01-31")
    drawn = "receipt | funder | received_on | amount\nA1 | council | 2017-06-01 | 1.00"
    with pytest.raises(ReceiptError, match="read for the contract 'another'"):
        reconcile(settlement, receipts_of(drawn, other), on="2018-01-31")
    with pytest.raises(SettlementError, match="no claim had been made by 2017-01-01"):
        reconcile(settlement, receipts_of(drawn, settlement), on="2017-01-01")


AMOUNT = st.integers(1, 40_000)
DAY = st.dates(pd.Timestamp("2017-01-01").date(), pd.Timestamp("2018-12-31").date())
CLAIM = st.sampled_from([None, "2017-Q1", "2017-Q2", "2017-Q4", "2018-Q3"])
FUNDER = st.sampled_from(["council", "lottery", "school: Elm", "school: Ash"])
SHARES = "funding: [{for: every milestone, shares: {council: 1/3, school: 1/3, lottery: the rest}}]"


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(FUNDER, DAY, AMOUNT, CLAIM), max_size=12), DAY)
def test_nothing_received_is_lost_and_nothing_is_paid_twice(
    drawn: list[tuple[str, object, int, str | None]], on: object
) -> None:
    settlement = settled(SHARES, EVIDENCE, "2018-01-31")
    table = [
        {
            "receipt": f"A{place}",
            "funder": funder,
            "received_on": day,
            "amount": f"{pence / 100:.2f}",
        }
        | {"claim_period": claim}
        for place, (funder, day, pence, claim) in enumerate(drawn)
    ]
    columns = ["receipt", "funder", "received_on", "amount", "claim_period"]
    receipts = read_receipts(
        pd.DataFrame(table, columns=columns, dtype=object), settlement.contract
    )
    day = max(str(on), "2017-04-30")
    found = reconcile(settlement, receipts, on=day)
    by_receipt: dict[str, int] = {}
    for row in found.matches_table.to_pylist():
        assert row["amount_pence"] > 0
        if row["receipt"]:
            name = row["receipt"]
            by_receipt[name] = by_receipt.get(name, 0) + row["amount_pence"]
    for row in found.unmatched_table.to_pylist():
        if row["receipt"]:
            name = row["receipt"]
            by_receipt[name] = by_receipt.get(name, 0) + row["unmatched_pence"]
    counted = receipts.received_by(pd.Timestamp(day).date()).received_table.to_pylist()
    assert by_receipt == {row["receipt"]: row["amount_pence"] for row in counted}
    for row in found.dues_table.to_pylist():
        assert row["matched_pence"] + row["open_pence"] == row["due_pence"]
        assert row["open_pence"] >= 0
    aged = {row["funder"]: row["balance_pence"] for row in found.aged_table.to_pylist()}
    last = {row["funder"]: row["closing_pence"] for row in found.account_table.to_pylist()}
    assert aged == last
    # Nobody has an open due while money of its own that is free lies unused.
    free = {
        row["funder"]
        for row in found.unmatched_table.to_pylist()
        if row["reason"] != "claim_not_made"
    }
    owing = {row["funder"] for row in found.dues_table.to_pylist() if row["open_pence"]}
    assert not free & owing
