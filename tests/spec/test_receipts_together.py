"""A payment from several funders together: matched against the sum of their dues, unsplit."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.spec.drawn_tables import Row, pounds, rows, settled
from tests.spec.test_receipts import EVIDENCE, account, matches, receipts_of

from impactbond.errors import ReceiptError
from impactbond.receipts.reconcile import Reconciliation, reconcile
from impactbond.receipts.together import TOGETHER
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source
from impactbond.statements.write import with_receipts

# Of £100.00 due on 2017-05-30 and £200.00 due on 2017-08-30 the council pays half, the lottery 30%
# and the trust 20%.
SHARES = "funding: [{for: every milestone, shares: {council: 50%, lottery: 30%, trust: 20%}}]"


def reconciled(drawn: str, on: str = "2017-10-01") -> Reconciliation:
    settlement = settled(SHARES, EVIDENCE, "2018-01-31")
    return reconcile(settlement, receipts_of(drawn, settlement), on=on)


def dues(found: Reconciliation) -> list[Row]:
    return [
        {
            "funder": row["funder"],
            "claim": row["claim_period"],
            **{name: pounds(row[f"{name}_pence"]) for name in ("due", "matched", "open")},
        }
        for row in found.dues_table.to_pylist()
    ]


@pytest.mark.mechanic(149)
def test_what_two_sent_together_pays_the_sum_of_what_they_owe_and_is_not_split() -> None:
    found = reconciled("""
        receipt | funder         | received_on | amount
        A1      | council; trust | 2017-06-01  | 70.00
        A2      | trust+council  | 2017-09-01  | 100.00
    """)
    # Council and trust owe 50 + 20 for Q1 and 100 + 40 for Q2; of the second 40 is open, and
    # nobody says whose.
    assert dues(found) == rows("""
        funder          | claim   | due    | matched | open
        lottery         | 2017-Q1 | 30.00  | 0.00    | 30.00
        lottery         | 2017-Q2 | 60.00  | 0.00    | 60.00
        council + trust | 2017-Q1 | 70.00  | 70.00   | 0.00
        council + trust | 2017-Q2 | 140.00 | 100.00  | 40.00
    """)
    assert matches(found) == rows("""
        receipt | pays    | on         | amount
        A1      | 2017-Q1 | 2017-06-01 | 70.00
        A2      | 2017-Q2 | 2017-09-01 | 100.00
    """)
    assert set(found.matches_table["funder"].to_pylist()) == {"council + trust"}
    assert "The council and A trust, together" in found.text


@pytest.mark.mechanic(149)
def test_what_one_sent_alone_pays_first_what_that_one_owes() -> None:
    # The council pays its 50 alone, later than the two of them 45: of 70, 20 was left, so that
    # 25 goes on to Q2 and 115 of 140 stays open.
    found = reconciled("""
        receipt | funder         | received_on | amount
        A1      | council; trust | 2017-08-01  | 45.00
        A2      | council        | 2017-09-01  | 50.00
    """)
    assert dues(found)[2:] == rows("""
        funder          | claim   | due    | matched | open
        council + trust | 2017-Q1 | 70.00  | 70.00   | 0.00
        council + trust | 2017-Q2 | 140.00 | 25.00   | 115.00
    """)
    assert account(found)[-3:] == rows("""
        claim   | opening | due    | received | closing
        2017-Q1 | 0.00    | 70.00  | 0.00     | 70.00
        2017-Q2 | 70.00   | 140.00 | 0.00     | 210.00
        since   | 210.00  | 0.00   | 95.00    | 115.00
    """)


@pytest.mark.mechanic(149)
def test_what_two_sent_over_is_theirs_together_and_pays_nobody_elses_due() -> None:
    found = reconciled("""
        receipt | funder         | received_on | amount
        A1      | council; trust | 2017-09-01  | 300.00
    """)
    assert found.unmatched_table.select(["funder", "unmatched_pence", "reason"]).to_pylist() == [
        {"funder": "council + trust", "unmatched_pence": 90_00, "reason": "overpaid"}
    ]
    assert found.open_pence == 90_00  # the lottery's 30 and 60
    assert (
        "£90.00 of receipt A1, The council and A trust, together: more than was due" in found.text
    )
    aged = {row["funder"]: row["balance_pence"] for row in found.aged_table.to_pylist()}
    assert aged == {"lottery": 90_00, "council + trust": -90_00}


@pytest.mark.mechanic(149)
def test_a_group_may_hold_another_and_none_may_cross_one() -> None:
    # All three owe 100 and 200. 70 of council and trust pays their Q1; 200 of all three pays the
    # lottery's 30 of Q1 and 170 of 200.
    both = """
        receipt | funder                  | received_on | amount
        A1      | council; trust          | 2017-06-01  | 70.00
        A2      | council; lottery; trust | 2017-09-01  | 200.00
    """
    assert dues(reconciled(both)) == rows("""
        funder                    | claim   | due    | matched | open
        council + lottery + trust | 2017-Q1 | 100.00 | 100.00  | 0.00
        council + lottery + trust | 2017-Q2 | 200.00 | 170.00  | 30.00
    """)
    with pytest.raises(ReceiptError, match="only some are named together elsewhere"):
        reconciled(both.replace("council; lottery; trust", "lottery; trust         "))


@pytest.mark.mechanic(149)
def test_a_statement_shows_money_of_several_in_an_account_of_its_own() -> None:
    settlement = settled(SHARES, EVIDENCE, "2017-10-31")
    drawn = """
        receipt | funder         | received_on | amount
        A1      | council; trust | 2017-09-01  | 170.00
        A2      | lottery        | 2017-09-01  | 90.00
    """
    source = with_receipts(statement_source(settlement), receipts_of(drawn, settlement))
    told = {}
    for funder in ("council", "lottery", None):
        found = make_statement(source, funder).account
        assert found is not None
        last = {one.name: one.closing_pence for one in found.balances}
        told[funder] = last
    together = {"The council and A trust, together": -170_00}
    assert told["council"] == {"The council": 150_00, **together}
    assert told["lottery"] == {"The lottery": 0}
    everybody = {"The council": 150_00, "The lottery": 0, "A trust": 60_00}
    assert told[None] == {**everybody, **together}


@pytest.mark.mechanic(149)
@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("council; trust", ["council + trust"]),
        ("trust, council", ["council + trust"]),
        ("The council and A trust", ["council + trust"]),
        ("school: Oak; council; school: Elm", ["council + school: Elm + school: Oak"]),
        ("school: Elm + Oak", ["school: Elm + Oak"]),  # one school, of that name
        ("council; nobody", ["several_funders"]),
        ("council; council", ["several_funders"]),
        ("nobody; somebody", ["unknown_funder"]),
    ],
)
def test_which_funders_a_cell_names(cell: str, found: list[str]) -> None:
    settlement = settled(SHARES, EVIDENCE, "2018-01-31")
    drawn = f"receipt | funder | received_on | amount\nA1 | {cell} | 2017-06-01 | 40.00"
    receipts = receipts_of(drawn, settlement)
    refused = receipts.refused_table["code"].to_pylist()
    assert [*receipts.received_table["funder"].to_pylist(), *refused] == found


WHO = st.sampled_from(["council", "lottery", "trust", "council; trust", "council; trust; lottery"])


@pytest.mark.mechanic(149)
@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(WHO, st.integers(1, 12), st.integers(1, 20_000)), max_size=8))
def test_nothing_of_several_is_lost_and_nobody_owes_more(drawn: list[tuple[str, int, int]]) -> None:
    lines = ["receipt | funder | received_on | amount"]
    lines += [
        f"A{at} | {who} | 2017-{month:02d}-11 | {pence / 100:.2f}"
        for at, (who, month, pence) in enumerate(drawn)
    ]
    found = reconciled("\n".join(lines), on="2017-12-31")
    came = sum(pence for *_, pence in drawn)
    matched = sum(found.matches_table["amount_pence"].to_pylist())
    assert matched + found.carried_pence == came
    assert matched + found.open_pence == 300_00
    # Who is in one account is in no other, and each account ends on what all of its funders owe
    # less all that they sent.
    owes = {"council": 150_00, "lottery": 90_00, "trust": 60_00}
    last = {row["funder"]: row["closing_pence"] for row in found.account_table.to_pylist()}
    assert sorted(one for who in last for one in who.split(TOGETHER)) == sorted(owes)
    for who, closing in last.items():
        inside = set(who.split(TOGETHER))
        sent = sum(pence for by, _, pence in drawn if set(by.split("; ")) <= inside)
        assert closing == sum(owes[one] for one in inside) - sent
