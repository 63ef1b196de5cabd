"""Settling again: what was settled earlier stays settled, and later claims carry the difference."""

from __future__ import annotations

from random import Random

import pytest
from tests.spec.drawn_tables import (
    BASE,
    contract_of,
    due_of,
    evidence_of,
    lines_of,
    rows,
    settled,
)

from impactbond.errors import SettlementError
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

# A contract in which everything moves: thirds, schools, limits, an up-front payment.
EVERYTHING = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 100.00}
  sign_up: {after: consent, when: {observed: agreement, in: year one}, price: 333.33}
funding: [{for: every milestone, shares: {council: 1/3, school: 1/3, lottery: the rest}}]
tranches:
  start-up: {pay: 100.01, on: 2017-01-16, by: {council: 1/2, lottery: 1/2}, recovered: {at: 1/3}}
limits:
  - {contract: whole, at_most: 1000.00, beyond: unpaid}
  - {funder: lottery, at_most: 250.00, beyond: {funder: trust}}
"""
EVENTFUL = """
    child | start      | from       | recorded   | school
    c1    | 2017-01-09 | 2017-01-09 | 2017-01-09 | Elm
    c1    | 2017-01-09 | 2017-03-01 | 2017-08-02 | Oak
    c2 c3 | 2017-01-09 | 2017-01-09 | 2017-01-09 | Oak
    ---
    child | metric    | on         | recorded   | value | ref | replaces
    c1    | consent   | 2017-02-01 | 2017-02-01 | yes   | r1  |
    c2    | consent   | 2017-02-03 | 2017-05-05 | yes   | r2  |
    c3    | consent   | 2017-02-02 | 2017-02-03 | yes   | r3  |
    c1    | agreement | 2017-03-08 | 2017-04-08 | yes   | r4  |
    c2    | agreement | 2017-05-08 | 2017-05-08 | yes   | r5  |
    c3    | agreement | 2017-05-09 | 2017-05-10 | yes   | r6  |
    c3    | consent   | 2017-02-02 | 2017-08-03 | no    | r7  | r3
"""
DATES = ("2017-04-30", "2017-07-31", "2017-10-31", "2018-01-31")


def tables(settlement: Settlement) -> list[object]:
    """Everything that a settlement settles."""
    return [
        settlement.lines_table,
        settlement.shares_table,
        settlement.payments_table,
        settlement.balances_table,
    ]


@pytest.mark.mechanic(116)
@pytest.mark.parametrize("cut", DATES[:3])
def test_settling_with_an_earlier_settlement_gives_the_same_as_settling_all_at_once(
    cut: str,
) -> None:
    earlier = settled(EVERYTHING, EVENTFUL, as_of=cut)
    at_once = settled(EVERYTHING, EVENTFUL, as_of=DATES[3])
    assert tables(settled(EVERYTHING, EVENTFUL, DATES[3], earlier)) == tables(at_once)
    assert at_once.lines_table[: len(earlier.lines_table)] == earlier.lines_table


@pytest.mark.mechanic(116)
def test_evidence_recorded_later_changes_nothing_that_was_settled_before() -> None:
    later = """
    ---
    child | metric  | on         | recorded   | value | ref | replaces
    c1    | consent | 2017-02-01 | 2017-08-01 | no    | r8  | r1
    c4    | consent | 2017-02-01 | 2017-08-01 | yes   |     |
    """
    children = "c4 | 2017-01-09 | 2017-01-09 | 2017-08-01 | Ash\n    ---"  # another school too
    more = EVENTFUL.replace("---", children, 1) + later
    for as_of in DATES[:2]:
        assert tables(settled(EVERYTHING, more, as_of)) == tables(
            settled(EVERYTHING, EVENTFUL, as_of)
        )
    assert due_of(settled(EVERYTHING, more, DATES[2])) != due_of(
        settled(EVERYTHING, EVENTFUL, DATES[2])
    )


@pytest.mark.mechanic(116)
def test_a_closed_period_is_never_rewritten_even_where_the_evidence_was() -> None:
    # The charity typed over its workbook: no correction, the old row is simply gone.
    before = """
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    after = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | no
        c2    | consent | 2017-02-01 | yes
    """
    closed = settled(BASE, before, as_of="2017-04-30")
    assert lines_of(settled(BASE, after, "2017-07-31", closed)) == rows("""
        claimed | kind       | child | milestone | achieved | because    | value   | withheld
        2017-Q1 | claim      | c1    | consent   | 2017-Q1  | achieved   | 100.00  | 0.00
        2017-Q1 | claim      | c2    | consent   | 2017-Q1  | achieved   | 100.00  | 0.00
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | taken back | -100.00 | 0.00
    """)


@pytest.mark.mechanic(116)
def test_the_order_of_rows_and_deliveries_made_twice_change_nothing() -> None:
    contract = contract_of(EVERYTHING)
    children, observations = EVENTFUL.strip().split("---")
    found = tables(settled(EVERYTHING, EVENTFUL, DATES[3]))
    for seed in range(3):
        shuffled = "---".join(_shuffled(part, Random(seed)) for part in (children, observations))
        again = evidence_of(shuffled, contract)
        assert tables(settle(contract, again, as_of=DATES[3])) == found


def _shuffled(drawn: str, chance: Random) -> str:
    """The table with every row delivered twice, in another order."""
    heading, *below = [line for line in drawn.splitlines() if line.strip()]
    return "\n".join([heading, *chance.sample(below * 2, len(below) * 2), ""])


@pytest.mark.mechanic(116)
def test_to_date_everything_entitled_was_settled_is_due_or_is_withheld() -> None:
    for row in settled(EVERYTHING, EVENTFUL).balances_table.to_pylist():
        assert (
            row["entitled_pence"] + row["on_account_pence"]
            == row["settled_pence"] + row["due_pence"] + row["withheld_pence"]
        )


@pytest.mark.mechanic(116)
def test_settling_the_same_claim_date_again_changes_nothing() -> None:
    once = settled(EVERYTHING, EVENTFUL, DATES[1])
    assert tables(settled(EVERYTHING, EVENTFUL, DATES[1], once)) == tables(once)


@pytest.mark.mechanic(116)
def test_only_an_earlier_settlement_of_the_same_contract_can_be_continued() -> None:
    settlement = settled(EVERYTHING, EVENTFUL, DATES[1])
    with pytest.raises(SettlementError, match="another contract"):
        settled(BASE, EVENTFUL, DATES[2], settlement)
    with pytest.raises(SettlementError, match="is later"):
        settled(EVERYTHING, EVENTFUL, DATES[0], settlement)
