"""What a year end makes of money that came, went back, is in dispute or is given up; of up-front
money; and of a trial balance. Whole pounds, by hand.

The base contract pays £100.00 for consent; a claim is made a month after every quarter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, rows
from tests.spec.test_year_end_edges import FOUR, closed, figures

import impactbond as ib
from impactbond.closing.exports import beancount_text

LEDGER = """
accounts: {receivable: "1100", accrued: "1105", up_front: "2115", in_advance: "2116",
           income: "4105", bad_debt: "7100"}
funders:
  council: {nature: exchange}
  lottery: {nature: grant}
  trust: {nature: grant}
  school: {nature: exchange}
"""


def ledger_of(tmp_path: Path, more: str = "", terms: str = "") -> Any:
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER + more, "utf-8")
    return ib.read_ledger(path, contract_of(terms))


def receipts_of(drawn: str, terms: str = "") -> Any:
    cells = [{key: cell or None for key, cell in row.items()} for row in rows(drawn)]
    return ib.read_receipts(pd.DataFrame(cells), contract_of(terms))


MONEY = """
    receipt | funder  | received_on | amount | kind
    R1      | council | 2017-05-20  | 130.00 |
    R2      | council | 2017-08-01  | 30.00  | refund
    R3      | council | 2017-12-20  | 150.00 |
    R4      | council | 2017-12-28  | 40.00  | write-off
    R5      | council | 2018-01-20  | 10.00  |
"""


def test_what_went_back_and_what_is_given_up_stand_beside_what_came() -> None:
    # Claimed £100.00 in April and £200.00 in October. £130.00 and £150.00 came and £30.00 went
    # back: £250.00. Of the £50.00 that is open £40.00 is written off: £10.00 stands.
    year = closed("", FOUR, "2017-12-31", "2018-01-31", receipts=receipts_of(MONEY))
    names = ("asked", "received", "refunded", "written_off", "receivable", "in_advance")
    assert figures(year, *names) == {"council": (300, 250, 30, 40, 10, 0)}
    names = ("opening_receivable", "asked", "received", "refunded", "written_off")
    told = figures(year, *names, "closing_receivable", table="movement")
    assert told == {"council": (0, 300, 280, 30, 40, 10)}
    # A debt given up is an expense, and takes nothing off what was earned.
    assert figures(year, "earned", "claimed", "unclaimed") == {"council": (400, 300, 100)}
    text = beancount_text(year)
    assert "2018-01-01 balance Expenses:BadDebt  40.00 ~ 0.00 GBP" in text
    assert "Refund R2" in text
    (paid,) = [row for row in year.tables["after"].to_pylist() if row["what"] == "paid"]
    assert (paid["about"], paid["amount_pence"], paid["counted"]) == ("R5", 1000, "no")


def test_payment_times_are_of_money_alone() -> None:
    # £130.00 came on day 20 of the claim of 30 April, which it paid; £150.00 on day 50 of that of
    # 31 October. The refund took up what was carried, and the write-off is no payment.
    year = closed("", FOUR, "2017-12-31", receipts=receipts_of(MONEY))
    (row,) = year.tables["payment_times"].to_pylist()
    assert (row["payments"], row["average_days"], row["unpaid"]) == (2, "35.0", 1)
    assert (row["within_30_percent"], row["from_31_to_60_percent"]) == ("50.0", "50.0")


def test_what_one_school_paid_for_another_is_not_netted() -> None:
    terms = "funding: [{for: every milestone, shares: {school: 100%}}]"
    table = """
        child | start      | school
        c1    | 2017-01-09 | Elm
        c2    | 2017-01-09 | Oak
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    money = """
        receipt | funder      | received_on | amount
        R1      | school: Elm | 2017-06-01  | 160.00
    """
    year = closed(terms, table, "2017-06-30", receipts=receipts_of(money, terms))
    assert figures(year, "receivable", "in_advance") == {
        "school: Elm": (0, 60),
        "school: Oak": (100, 0),
    }


CONSTRAINED = """
constraints:
  - {funder: council, amount: 60.00, since: 2017-11-01, until: 2018-06-30, reason: A validation}
  - {funder: council, amount: 15.00, since: 2018-02-01, reason: A claim is disputed}
"""


def test_what_is_in_dispute_is_taken_off_by_the_providers_own_figure(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path, CONSTRAINED)
    first = closed("", FOUR, "2017-12-31", ledger=ledger)
    names = ("claimed", "unclaimed", "constrained", "earned", "asked", "contract_asset")
    assert figures(first, *names) == {"council": (300, 100, 60, 340, 300, 40)}
    (row,) = first.tables["disputed"].to_pylist()
    assert (row["reason"], row["amount_pence"]) == ("A validation", 6000)
    lines = [row for row in first.tables["journals"].to_pylist() if row["journal"] == "J4"]
    assert [(one["account"], one["debit_pence"] - one["credit_pence"]) for one in lines] == [
        ("income", 6000),
        ("accrued", -6000),
    ]
    # The next year frees 60.00, of earlier years, and holds back 15.00.
    second = closed("", FOUR, "2018-12-31", ledger=ledger, previous=first)
    names = ("opening", "earned", "income", "constrained")
    assert figures(second, *names, table="income") == {"council": (340, 385, 45, 45)}


def test_no_more_than_was_earned_is_constrained(tmp_path: Path) -> None:
    more = "constraints: [{funder: council, amount: 400.01, since: 2017-01-01, reason: All}]"
    with pytest.raises(ib.YearEndError, match=r"£400\.01"):
        closed("", FOUR, "2017-12-31", ledger=ledger_of(tmp_path, more))
    more = more.replace("council", "school")  # which school?
    with pytest.raises(ib.YearEndError) as refused:
        ledger_of(tmp_path, more)
    assert [fault.code for fault in refused.value.faults] == ["unknown_funder"]


UP_FRONT = """
tranches: {start: {pay: 250.00, on: 2017-01-31, by: {council: 100%}, recovered: {at: 1/2}}}
"""


def test_up_front_money_partly_earned_is_one_position_with_a_funder() -> None:
    # £250.00 asked in January. Claims of £100.00 and £200.00 recover half: £150.00, so that £100.00
    # is on account. £100.00 more is earned: it is set off in full, and nothing is owed either way.
    year = closed(UP_FRONT, FOUR, "2017-12-31")
    names = ("earned", "asked", "on_account", "set_off", "contract_asset", "contract_liability")
    assert figures(year, *names) == {"council": (400, 400, 100, 100, 0, 0)}
    (row,) = year.tables["up_front"].to_pylist()
    told = ("amount", "recovered", "set_off", "remaining")
    assert [row[f"{name}_pence"] // 100 for name in told] == [250, 150, 100, 0]
    held = [row for row in year.tables["confirmations"].to_pylist() if row["open_pence"] == 0]
    told = [(row["item"], row["asked_pence"]) for row in held]
    # £100.00 is earned and in no claim yet: the funder is told, and owes nothing of it today.
    assert told == [("earned, not claimed yet", 10000), ("up-front money held", 10000)]


def test_shares_are_cut_on_the_running_total_at_the_year_end() -> None:
    # Thirds of £100.00: of one consent 33.33, 33.34, 33.33 by running totals; of three, 100.00
    # each. What the cut gives each funder is its share to date, less what it was claimed.
    shares = "{council: 1/3, lottery: 1/3, trust: 1/3}"
    terms = f"funding: [{{for: every milestone, shares: {shares}}}]"
    year = closed(terms, FOUR, "2017-09-30")
    rows_ = {row["funder"]: row for row in year.tables["position"].to_pylist()}
    assert {row["earned_pence"] for row in rows_.values()} == {10000}
    assert sum(row["claimed_pence"] for row in rows_.values()) == 10000
    for row in rows_.values():
        assert row["unclaimed_pence"] == 10000 - row["claimed_pence"]


@pytest.mark.parametrize(
    ("on", "earned", "waiting"),
    [("2018-01-07", 0, 1), ("2018-01-08", 100, 0)],
)
def test_a_share_of_sessions_counts_on_the_last_day_of_its_window(
    on: str, earned: int, waiting: int
) -> None:
    terms = """
milestones:
  came: {when: {share: session, marked: attended, in: year one, at_least: 1/2}, price: 100.00}
"""
    table = """
        child | metric  | on         | value
        c1    | session | 2017-02-01 | attended
    """
    year = closed(terms, table, on)
    assert year.total("position", "earned") == 100 * earned
    on_the_way = year.tables["in_progress"].to_pylist()
    told = [(row["participants"], row["in_all_pence"]) for row in on_the_way]
    assert told == ([(waiting, 10000)] if waiting else [])
    names = {row["account"] for row in year.tables["journals"].to_pylist()}
    assert bool(names) == bool(earned)  # what is on the way is in no journal


def test_a_year_may_end_on_any_day() -> None:
    # 29 February, and a year of 52 weeks: no month is counted.
    table = """
        child | metric  | on         | value
        c1    | consent | 2017-02-28 | yes
        c2    | consent | 2017-03-01 | yes
    """
    terms = "calendar: {term: 2016-01-01 through 2018-12-31}"
    for on, earned in (("2016-02-29", 0), ("2017-02-28", 100), ("2017-03-05", 200)):
        year = closed(terms, table, on)
        assert year.total("position", "earned") == earned * 100


@pytest.mark.parametrize(
    ("on", "earned"), [("2016-02-28", 1), ("2016-02-29", 2), ("2016-03-01", 3)]
)
def test_the_29th_of_february_is_a_day_like_any_other(on: str, earned: int) -> None:
    table = """
        child | start      | school
        c1    | 2016-01-09 | Elm
        c2    | 2016-01-09 | Elm
        c3    | 2016-01-09 | Elm
        ---
        child | metric  | on         | value
        c1    | consent | 2016-02-28 | yes
        c2    | consent | 2016-02-29 | yes
        c3    | consent | 2016-03-01 | yes
    """
    year = closed("calendar: {term: 2016-01-01 through 2018-12-31}", table, on)
    assert year.total("position", "earned") == 10000 * earned


def test_rows_refused_and_left_out_are_told_and_a_repair_is_late() -> None:
    contract = contract_of("")
    broken = FOUR.replace("2017-09-20 | yes", "2017-09-20 | perhaps", 1)
    year = ib.year_end(
        contract, evidence_of(broken, contract), on="2017-12-31", leave_out_refused=True
    )
    assert figures(year, "earned") == {"council": (300,)}
    assert "Refused and left out of the evidence: 1 row" in year.text
    repaired = FOUR.replace("2017-09-20 | 2017-09-20", "2017-09-20 | 2018-05-05")
    second = closed("", repaired, "2018-12-31", previous=year)
    names = ("opening", "income", "this_year", "late")
    assert figures(second, *names, table="income") == {"council": (300, 100, 0, 100)}


def test_a_trial_balance_that_ties_and_one_that_does_not(tmp_path: Path) -> None:
    # Before the journals: debtors 300.00 - 280.00 + 30.00 - 40.00 = 10.00, bad debts 40.00, income
    # of claims 300.00. J1 brings 100.00: accrued 100.00, income 400.00.
    path, ledger = tmp_path / "tb.csv", ledger_of(tmp_path)
    path.write_text("Account,Debit,Credit\n1100,10.00,\n7100,40.00,0\n4105,,300.00\n", "utf-8")
    given = {"ledger": ledger, "receipts": receipts_of(MONEY), "trial_balance": path}
    year = closed("", FOUR, "2017-12-31", **given)
    told = {row["account"]: row for row in year.tables["trial_balance"].to_pylist()}
    assert {code: row["journals_pence"] for code, row in told.items() if row["journals_pence"]} == {
        "1105": 10000,
        "4105": -10000,
    }
    assert told["4105"]["should_be_pence"] == -40000
    # A claim that was posted twice: 100.00 too much in two accounts. Shown, and nothing is plugged.
    path.write_text("account,debit,credit\n1100,110.00,\n7100,40.00,0\n4105,,400.00\n", "utf-8")
    contract = contract_of("")
    year = ib.year_end(contract, evidence_of(FOUR, contract), on="2017-12-31", **given)
    rest = {row["account"]: row["rest_pence"] for row in year.tables["trial_balance"].to_pylist()}
    assert {code: pence for code, pence in rest.items() if pence} == {"1100": -10000, "4105": 10000}
    assert {row["check"] for row in year.failed} == {"the trial balance ties"}
    assert "DO NOT HOLD" in year.text
    # Income of the second year alone: what the first earned is in no account of it.
    second = closed("", FOUR, "2018-12-31", previous=year, ledger=ledger)
    path.write_text("account,debit,credit\n1100,400.00,\n", "utf-8")
    second = closed(
        "",
        FOUR,
        "2018-12-31",
        previous=closed("", FOUR, "2017-12-31"),
        **{"ledger": ledger, "trial_balance": path},
    )
    assert not second.failed


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("account,debit\n1100,1.00\n", "headings account, debit, credit"),
        ("account,debit,credit\n1100,1.00,\n1100,,2.00\n", "stands above"),
        ("account,debit,credit\n,1.00,\n", "names no account"),
        ("account,debit,credit\n1100,many,\n", "not an amount"),
        ("account,debit,credit\n1100,-1.00,\n", "negative"),
        # £1,200.00 without quotation marks: a debit of £1 and a credit of £200, or a cell too many.
        ("account,debit,credit\n1100,1,200.00\n", "a debit and a credit"),
        ("account,debit,credit\n1100,1,200.00,0.00\n", "more cells than there are headings"),
    ],
)
def test_a_trial_balance_that_cannot_be_read_is_refused(
    tmp_path: Path, text: str, problem: str
) -> None:
    path = tmp_path / "tb.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(ib.YearEndError, match=problem):
        closed("", FOUR, "2017-12-31", ledger=ledger_of(tmp_path), trial_balance=path)
    if "many" in text:
        path.write_text("account,debit,credit\n", "utf-8")
        with pytest.raises(ib.YearEndError, match="codes of accounts"):
            closed("", FOUR, "2017-12-31", trial_balance=path)


def test_a_previous_year_end_that_is_hardly_the_last_one_is_asked_about() -> None:
    first = closed("", FOUR, "2017-03-31")
    after_a_year = closed("", FOUR, "2018-03-31", previous=first)
    after_two = closed("", FOUR, "2019-03-31", previous=first)
    assert "IS IT THE LAST?" not in after_a_year.text
    assert "CAUTION: The previous year end is of 2017-03-31, more than a year" in after_two.text
    # One that was forgotten: c1 was earned on 1 February 2017, a year and 333 days before.
    forgotten = closed("", FOUR, "2018-12-31")
    assert any("since 2017-02-01: IS IT RIGHT?" in one for one in forgotten.cautions)
    assert closed("", FOUR, "2017-12-31").cautions == ()
