"""Limits of every form in a statement: said in words, and every check of the statement holds."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import settled
from tests.spec.test_commitments import MATCHED, ONE_A_QUARTER, committed

from impactbond.explanation.explain import explain
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import statement_source

LIMITED = """
funding:
  - {for: every milestone, only: {borough: [north]}, shares: {council: 60%, lottery: 40%}}
  - {for: every milestone, shares: {trust: 100%}}
limits:
  - {contract: whole, each: participant, at_most: 90.00, straddling: unpaid, beyond: unpaid}
  - {milestone: consent, only: {borough: [north]}, at_most: 40% of claims, beyond: unpaid}
  - {contract: whole, each: year, at_most: 120.00, first: highest price, beyond: next year}
  - {contract: whole, at_most: 900.00, first: in proportion, beyond: unpaid}
  - {funder: lottery, each: year, at_most: 30.00, beyond: {funder: trust}}
"""


@pytest.mark.parametrize("terms", [LIMITED, MATCHED, committed("unpaid")])
@pytest.mark.parametrize("claimed", ["2017-04-30", "2017-07-31", "2017-10-31", "2018-01-31"])
@pytest.mark.parametrize("funder", [None, "lottery"])
def test_every_check_of_a_statement_holds(terms: str, claimed: str, funder: str | None) -> None:
    source = statement_source(settled(terms, ONE_A_QUARTER, as_of=claimed))
    statement = make_statement(source, funder)
    assert [check.key for check in statement.checks if not check.holds] == []


def test_limits_and_shares_are_said_in_words() -> None:
    source = statement_source(settled(LIMITED, ONE_A_QUARTER))
    assert [(term.what, term.at_most_pence, term.beyond) for term in source.limits] == [
        ("Everything paid under the contract, for each participant", 90_00,
         "unpaid; the claim that reaches over it is not paid, nor any after it"),
        ("Milestone: consent, only borough north: 40% of all claims, paid or not", None, "unpaid"),
        ("Everything paid under the contract, in each year of the contract", 120_00,
         "paid from the room of the next year; the highest price comes first"),
        ("Everything paid under the contract", 900_00,
         "unpaid; every claim is paid in proportion"),
        ("Funder: The lottery, in each year of the contract", 30_00, "paid by A trust"),
    ]  # fmt: skip
    assert [term.whole_contract for term in source.limits] == [False, False, False, True, False]
    assert [term.funder for term in source.limits] == [None] * 5
    assert [term.applies for term in source.share_rules] == ["borough north"] * 2 + [""]


@pytest.mark.parametrize(
    ("claimed", "most"), [("2017-04-30", 0), ("2017-07-31", 130_00), ("2018-01-31", 130_00)]
)
def test_a_funders_limit_is_what_it_has_committed_by_the_claim_date(
    claimed: str, most: int
) -> None:
    (term,) = statement_source(settled(MATCHED, ONE_A_QUARTER, as_of=claimed)).limits
    assert (term.funder, term.at_most_pence) == ("lottery", most)
    assert "nothing until council, trust have committed £1,500.00 in all" in term.beyond


def test_what_a_commitment_releases_is_explained() -> None:
    told = explain(settled(committed("unpaid"), ONE_A_QUARTER), participant="c2").text
    assert "paid by a funder that left it unpaid, because its limit has room now" in told
    assert "limit on funder lottery, £60.00: £40.00 passed on from lottery to unfunded" in told
    assert "limit on funder lottery, £130.00: £40.00 back from unfunded to lottery" in told
    assert "committed: £60.00 from 2017-01-01, £130.00 from 2017-08-15" in told


def test_every_limit_that_can_change_a_payment_is_explained() -> None:
    told = explain(settled(LIMITED, ONE_A_QUARTER), participant="c1").text
    for words in (
        "limit on contract each participant: at most £90.00, for each participant; beyond it: ",
        "limit on milestone consent only borough north in share of claims: at most 40% of all"
        " claims, paid or not",
        "shares: council 60%, lottery 40%; borough north",
        "shares: trust 100%",
        "limit on funder lottery each year: at most £30.00, in each year of the contract; beyond",
    ):
        assert words in told, words
