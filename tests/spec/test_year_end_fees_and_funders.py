"""A fee across a year end, two contracts with one funder, room that a correction frees, and what is
withheld: drawn tables, by hand. The base contract pays £100.00 for consent.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.spec.test_year_end_edges import FOUR, closed, figures, layers
from tests.spec.test_year_end_money import UP_FRONT, ledger_of

import impactbond as ib

# £184.00 for the 184 days of 1 August 2017 to 31 January 2018: £1.00 a day. It falls due on
# 15 August, and so in the claim of 31 October.
FEE = "fees: {standing: {kind: standing charge, pay: 184.00, on: 2017-08-15}}"
DAYS = "fee_days: {standing: {from: 2017-08-01, through: 2018-01-31}}\n"


def test_a_fee_across_the_year_end_is_deferred_by_days(tmp_path: Path) -> None:
    # By 31 December 153 days are over: £153.00. £31.00 is of the next year.
    ledger = ledger_of(tmp_path, DAYS, FEE)
    first = closed(FEE, FOUR, "2017-12-31", ledger=ledger)
    names = ("claimed", "unclaimed", "ahead", "earned", "asked", "contract_asset")
    assert figures(first, *names) == {"council": (484, 100, 31, 553, 484, 69)}
    assert figures(first, "this_year", "fees", table="income") == {"council": (400, 153)}
    deferred = [row for row in first.tables["journals"].to_pylist() if row["journal"] == "J5"]
    assert [(one["account"], one["debit_pence"] - one["credit_pence"]) for one in deferred] == [
        ("income", 3100),
        ("up_front", -3100),
    ]
    second = closed(FEE, FOUR, "2018-12-31", ledger=ledger, previous=first)
    assert figures(second, "ahead", "earned") == {"council": (0, 584)}
    assert figures(second, "opening", "income", "fees", table="income") == {
        "council": (553, 31, 31)
    }


def test_a_fee_of_two_funders_is_cut_to_the_penny(tmp_path: Path) -> None:
    # £100.00 in thirds: 33.33 and 66.67. 153 of 184 days are £83.15: of it 33.33 of 100.00 is
    # 27.7139, so 27.71, and the rest 55.44. Deferred: 5.62 and 11.23, together £16.85.
    thirds = "funding: [{for: [consent, standing], shares: {council: 1/3, trust: 2/3}}]"
    terms = f"{FEE.replace('184.00', '100.00')}\n{thirds}"
    year = closed(terms, FOUR, "2017-12-31", ledger=ledger_of(tmp_path, DAYS, terms))
    ahead = {row["funder"]: row["ahead_pence"] for row in year.tables["position"].to_pylist()}
    assert ahead == {"council": 562, "lottery": 0, "trust": 1123}


@pytest.mark.parametrize(
    ("on", "ahead"),
    # Two instalments of £92.00, on 1 August and 1 November, for the same 184 days: £92.00 are
    # £92 days. No more is earned than fell due, and nothing before it does.
    [("2017-08-31", 61), ("2017-10-31", 0), ("2017-11-01", 91), ("2018-01-31", 0)],
)
def test_instalments_are_earned_by_days_and_never_before_they_fall_due(
    tmp_path: Path, on: str, ahead: int
) -> None:
    terms = "fees: {standing: {kind: standing charge, pay: 92.00, on: [2017-08-01, 2017-11-01]}}"
    year = closed(terms, FOUR, on, ledger=ledger_of(tmp_path, DAYS, terms))
    assert year.total("position", "ahead") == 100 * ahead


def test_the_days_of_a_fee_are_checked_against_the_contract(tmp_path: Path) -> None:
    wrong = "fee_days: {standin: {from: 2018-02-01, through: 2018-01-31}}\n"
    with pytest.raises(ib.YearEndError) as refused:
        ledger_of(tmp_path, wrong, FEE)
    assert [fault.code for fault in refused.value.faults] == ["unknown_fee", "days_out_of_order"]


def test_two_contracts_with_one_funder_are_two_packs_and_nothing_is_netted() -> None:
    # One: £300.00 claimed and £100.00 more earned, an asset. The other: £500.00 up-front in
    # November, nothing earned: a liability. The council owes £100.00 and holds £500.00 of claims.
    other = f"""
contract: second
{UP_FRONT.replace("250.00", "500.00").replace("2017-01-31", "2017-11-15")}
"""
    nobody = "child | metric | on | value\n c1 | consent | 2017-02-01 | no"
    one, two = closed("", FOUR, "2017-12-31"), closed(other, nobody, "2017-12-31")
    names = ("contract_asset", "contract_liability", "receivable")
    assert figures(one, *names) == {"council": (100, 0, 300)}
    assert figures(two, *names) == {"council": (0, 500, 500)}
    assert one.file_name != two.file_name
    with pytest.raises(ib.YearEndError) as refused:
        closed(other, nobody, "2018-12-31", previous=one)
    assert [fault.code for fault in refused.value.faults] == ["other_contract"]


@pytest.mark.parametrize(("known", "earned"), [("2018-01-20", 250), ("2018-03-20", 250)])
def test_room_that_a_correction_frees_by_the_sign_off_is_of_the_year(
    known: str, earned: int
) -> None:
    # Four of £100.00 under a limit of £250.00: £150.00 is withheld. c1 is taken back: by the
    # sign-off of 31 January £50.00 is withheld; after it, that is of the next year.
    terms = "limits: [{contract: whole, at_most: 250.00, beyond: unpaid}]"
    table = f"""
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |          |
        c1    | consent | 2017-02-01 | {known} | yes   | r2  | r1       | withdrawn
        c2    | consent | 2017-08-10 | 2017-08-10 | yes   | r3  |          |
        c3    | consent | 2017-09-20 | 2017-09-20 | yes   | r4  |          |
        c4    | consent | 2017-10-05 | 2017-10-05 | yes   | r5  |          |
    """
    year = closed(terms, table, "2017-12-31", "2018-01-31")
    in_time = known <= "2018-01-31"
    worth, withheld = (300, 50) if in_time else (400, 150)
    assert figures(year, "earned") == {"council": (earned,)}
    assert figures(year, "value", "withheld", table="withheld") == {"council": (worth, withheld)}
    told = {what: pence for (_, what), pence in layers(year).items()}
    assert ("taken back by sign-off" in told) == in_time


def test_what_passes_to_another_funder_is_told_of_both() -> None:
    # £300.00 by September; the council pays £150.00, the trust takes over the rest. What lies
    # beyond the trust's £100.00 nobody pays.
    terms = """
limits:
  - {funder: council, at_most: 150.00, beyond: {funder: trust}}
  - {funder: trust, at_most: 100.00, beyond: unpaid}
"""
    year = closed(terms, FOUR, "2017-09-30")
    names = ("value", "withheld", "moved", "entitled")
    assert figures(year, *names, table="withheld") == {
        "council": (300, 0, -150, 150),
        "trust": (0, 0, 100, 100),
        "unfunded": (0, 0, 50, 50),
    }
    assert figures(year, "earned") == {"council": (150,), "trust": (100,)}


def test_evidence_in_dispute_is_withheld_until_it_is_settled() -> None:
    table = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-11-01 | 2017-11-01 | yes   | r1  |          |
        c2    | consent | 2017-11-02 | 2017-11-02 | yes   | r2  |          | disputed
        c2    | consent | 2017-11-02 | 2018-03-01 | yes   | r3  | r2       |
    """
    names = ("value", "withheld", "entitled")
    open_ = closed("", table, "2017-12-31", "2018-01-31")
    assert figures(open_, *names, table="withheld") == {"council": (200, 100, 100)}
    settled = closed("", table, "2017-12-31", "2018-03-31")
    assert figures(settled, *names, table="withheld") == {"council": (200, 0, 200)}
    assert layers(settled) == {
        ("c1", "in hand at year end"): 100,
        ("c2", "arrived by sign-off"): 100,
    }
    (came,) = settled.tables["after"].to_pylist()
    assert str(came["on_or_by_on"]) == "2018-03-01"
