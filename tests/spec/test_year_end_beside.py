"""What a year end shows beside its position, and what it cautions about or refuses: funds,
interest, a failure rate, materiality, what is left of up-front money, accounts that are missing,
and a previous year end that is not the last. By hand; the base contract pays £100.00 for consent.
"""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest
from tests.spec.test_year_end_edges import FOUR, closed, figures
from tests.spec.test_year_end_money import LEDGER, MONEY, ledger_of, receipts_of

import impactbond as ib
from impactbond.closing.exports import write_year_end
from impactbond.closing.filed import filed_bytes


def test_a_fund_has_its_income_what_it_received_and_what_stands(tmp_path: Path) -> None:
    # £300.00 claimed and £100.00 more earned, half of each from the lottery, whose fund is
    # restricted. £130.00 came of it and £30.00 went back. A charity whose accounts are of receipts
    # and payments needs these two alone.
    terms = "funding: [{for: every milestone, shares: {council: 1/2, lottery: 1/2}}]"
    restricted = (
        "funds: {default: {name: General}, project: {name: The project, restricted: true}}\n"
    )
    path = tmp_path / "ledger.yaml"
    text = LEDGER.replace("lottery: {nature: grant}", "lottery: {nature: grant, fund: project}")
    path.write_text(restricted + text, "utf-8")
    money = MONEY.replace("council", "lottery")
    year = closed(
        terms, FOUR, "2017-12-31", ledger=path, receipts=receipts_of(money), framework="SORP 2019"
    )
    rows = {row["fund"]: row for row in year.tables["funds"].to_pylist()}
    names = ("income", "received", "paid_back", "contract_asset", "receivable", "in_advance")
    told = {
        fund: (row["restricted"], *(row[f"{name}_pence"] // 100 for name in names))
        for fund, row in rows.items()
    }
    # Of the lottery £150.00 was asked for, £250.00 came after what went back, and £40.00 more is
    # written off, though nothing was open: £140.00 is in advance.
    assert told == {
        "General": ("unrestricted", 200, 0, 0, 50, 150, 0),
        "The project": ("restricted", 200, 280, 30, 50, 0, 140),
    }


INTEREST = "reference_rates: [{from: 2016-12-31, is: 0.25}, {from: 2017-06-30, is: 0.25}]\n"


def test_interest_is_on_what_an_exchange_paid_late_and_in_no_figure(tmp_path: Path) -> None:
    # £100.00 due on 30 May and £200.00 due on 30 November, half each from the trust, whose money is
    # a grant. The council's £50.00 was late by 215 days at 8.25%: 5000 × 8.25% × 215/365 is 242.98;
    # its £100.00 by 31 days: 10000 × 8.25% × 31/365 is 70.07. The trust's bear none.
    terms = "funding: [{for: every milestone, shares: {council: 1/2, trust: 1/2}}]"
    year = closed(terms, FOUR, "2017-12-31", ledger=ledger_of(tmp_path, INTEREST))
    told = [
        (row["funder"], str(row["runs_from_on"]), row["interest_pence"], row["fixed_sum_pence"])
        for row in year.tables["interest"].to_pylist()
    ]
    assert told == [
        ("council", "2017-05-31", 243, 4000),
        ("council", "2017-12-01", 70, 4000),
    ]
    without = closed(terms, FOUR, "2017-12-31", ledger=ledger_of(tmp_path))
    assert year.tables["position"].equals(without.tables["position"])
    assert year.tables["journals"].equals(without.tables["journals"])


def test_a_rate_of_interest_that_is_missing_is_refused(tmp_path: Path) -> None:
    one = "reference_rates: [{from: 2017-06-30, is: 0.25}]\n"
    with pytest.raises(ib.YearEndError, match="no rate of 2016-12-31"):
        closed("", FOUR, "2017-12-31", ledger=ledger_of(tmp_path, one))
    with pytest.raises(ib.YearEndError) as refused:
        ledger_of(tmp_path, one.replace("06-30", "07-01"))
    assert [fault.code for fault in refused.value.faults] == ["no_reference_rate"]
    with pytest.raises(ib.YearEndError, match="law of the United Kingdom"):
        closed("currency: EUR", FOUR, "2017-12-31", ledger=ledger_of(tmp_path, INTEREST))


SHARE = "{funder: council, share: 5%, claims: [2017-Q3, 2017-Q4], since: 2017-12-01, reason: It}"


def test_a_failure_rate_is_extrapolated_to_the_claims_of_its_periods(tmp_path: Path) -> None:
    # Of £200.00 in the claim of 2017-Q3 5% is £10.00; that of 2017-Q4 is not made yet.
    year = closed("", FOUR, "2017-12-31", ledger=ledger_of(tmp_path, f"constraints: [{SHARE}]"))
    assert figures(year, "constrained", "earned") == {"council": (10, 390)}
    (row,) = year.tables["disputed"].to_pylist()
    assert (row["basis"], row["amount_pence"]) == ("5% of 2017-Q3, 2017-Q4", 1000)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("share: 5%, ", "", "no_amount"),
        (", claims: [2017-Q3, 2017-Q4]", "", "no_amount"),
        ("share: 5%", "share: 5%, amount: 1.00", "no_amount"),
        ("2017-Q3", "2017-Q5", "unknown_claim"),
        ("share: 5%, claims: [2017-Q3, 2017-Q4]", "amount: 1.005", "too_many_decimals"),
    ],
)
def test_a_constraint_is_an_amount_or_a_share_of_claims(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    assert old in SHARE
    with pytest.raises(ib.YearEndError) as refused:
        ledger_of(tmp_path, f"constraints: [{SHARE.replace(old, new)}]")
    assert code in {fault.code for fault in refused.value.faults}


CAME = """
    child | metric  | on         | recorded   | value | ref | replaces | status
    c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |          |
    c1    | consent | 2017-02-01 | 2018-06-01 | yes   | r2  | r1       | withdrawn
    c3    | consent | 2017-12-21 | 2018-05-01 | yes   | r4  |          |
"""


@pytest.mark.parametrize(("most", "count"), [("99.99", 1), ("100.00", 0)])
def test_what_came_after_its_year_was_filed_is_a_caution_above_materiality(
    tmp_path: Path, most: str, count: int
) -> None:
    # £100.00 late of c3, and £100.00 of c1 taken back: of the year that was filed before.
    ledger = ledger_of(tmp_path, f"materiality: {most}\n")
    first = closed("", CAME, "2017-12-31", "2018-02-28", ledger=ledger)
    early = [one for one in first.cautions if "Is the sign-off too early?" in one]
    second = closed("", CAME, "2018-12-31", "2019-02-28", previous=first, ledger=ledger)
    wrong = [one for one in second.cautions if "Was an earlier year wrong?" in one]
    assert (len(early), len(wrong)) == (count, count)
    assert all("£100.00" in one and "£99.99" in one for one in (*early, *wrong))
    # A caution is told, and filed nowhere.
    assert b"too early" not in first.filed


LEFT = """
tranches:
  start: {pay: 500.00, on: 2017-01-31, by: {council: 100%}, recovered: {at: 1/4}, left_over: WHAT}
"""


@pytest.mark.parametrize(("what", "left"), [("kept", 400), ("carried", 400), ("returned", 0)])
def test_up_front_money_that_nothing_uses_up_is_asked_about(what: str, left: int) -> None:
    # Claims of £400.00 recover £100.00 of £500.00. What becomes of £400.00 the contract says.
    terms = LEFT.replace("WHAT", what)
    if what == "returned":
        terms = terms.replace("by:", "held_by: A bank, by:")
    before, after = (closed(terms, FOUR, on) for on in ("2018-12-31", "2019-12-31"))
    assert figures(after, "contract_liability") == ({"council": (left,)} if left else {})
    (row,) = after.tables["up_front"].to_pylist()
    assert (row["left_over"], row["remaining_pence"]) == (what, 100 * left)
    told = [one for one in after.cautions if "Is it still a liability?" in one]
    assert len(told) == bool(left)
    assert not [one for one in before.cautions if "liability" in one]


def test_an_up_front_grant_that_nobody_recovers_is_a_fee_of_its_day() -> None:
    fee = "fees: {grant: {kind: grant, pay: 500.00, on: 2017-01-31}}"
    year = closed(fee, FOUR, "2017-03-31")
    assert figures(year, "fees", "this_year", table="income") == {"council": (500, 100)}


def test_a_result_that_is_measured_later_is_on_the_way() -> None:
    # £50.00 where three consents are counted, which is done on 31 December and not before.
    pays = "pays: {tiers: [{is: at least 3, pays: 50.00}]}"
    terms = f"results: {{reached: {{measure: {{claims: consent}}, on: 2017-12-31, {pays}}}}}"
    early = closed(terms, FOUR, "2017-09-30", "2018-02-28")
    told = [tuple(row.values()) for row in early.tables["in_progress"].to_pylist()]
    assert told == [("consent", 1, 10000, 10000, 10000), ("reached", None, None, 5000, 5000)]
    assert figures(early, "earned") == {"council": (300,)}
    later = closed(terms, FOUR, "2017-12-31", "2018-02-28")
    assert figures(later, "earned") == {"council": (450,)}
    assert later.tables["in_progress"].num_rows == 0


EACH = "limits: [{milestone: consent, each: participant, at_most: 100.00, beyond: unpaid}]"


@pytest.mark.parametrize(
    ("limits", "consent", "reached", "together"),
    [
        # £300.00 of consents is earned by 30 September; c4 can still bring £100.00, the result £50.
        ("", 100, 50, 150),
        # £380.00 leaves £80.00 of everything: for each as much as it is, for both £80.00.
        ("limits: [{contract: whole, at_most: 380.00, beyond: unpaid}]", 80, 50, 80),
        # A limit on consents leaves £20.00 of them, and the result as it is.
        ("limits: [{milestone: consent, at_most: 320.00, beyond: unpaid}]", 20, 50, 70),
        # Three consents are as many as are paid.
        ("limits: [{milestone: consent, at_most: 3 claims, beyond: unpaid}]", 0, 50, 50),
        # What is beyond £250.00 already leaves nothing, and not less.
        ("limits: [{contract: whole, at_most: 250.00, beyond: unpaid}]", 0, 0, 0),
        # A limit on each participant is not looked at: what is said is the most.
        (EACH, 100, 50, 150),
    ],
)
def test_what_is_on_the_way_stops_at_limits(
    limits: str, consent: int, reached: int, together: int
) -> None:
    pays = "pays: {tiers: [{is: at least 3, pays: 50.00}]}"
    terms = f"results: {{reached: {{measure: {{claims: consent}}, on: 2017-12-31, {pays}}}}}"
    year = closed(f"{terms}\n{limits}", FOUR, "2017-09-30", "2018-02-28")
    rows = year.tables["in_progress"].to_pylist()
    within = {row["milestone"]: row["within_limits_pence"] for row in rows}
    assert within == {"consent": 100 * consent, "reached": 100 * reached}
    *_, last = year.tables["disclosure"].to_pylist()
    assert last["label"] == "On the way, not earned, at most"
    assert (last["this_year_pence"], last["previous_year_pence"]) == (100 * together, None)


def test_what_is_in_dispute_takes_no_room_of_those_on_the_way() -> None:
    # One of three consents is in dispute: of three that are paid, one is left for the fourth.
    limit = "limits: [{milestone: consent, at_most: 3 claims, beyond: unpaid}]"
    seen = """
        child | metric  | on         | value | recorded   | status
        c1 c2 | consent | 2017-02-01 | yes   | 2017-02-01 | recorded
        c3    | consent | 2017-02-01 | yes   | 2017-02-01 | disputed
        c4    | meeting | 2017-02-01 | yes   | 2017-02-01 | recorded
    """
    (row,) = closed(limit, seen, "2017-09-30", "2018-02-28").tables["in_progress"].to_pylist()
    assert (row["participants"], row["within_limits_pence"]) == (1, 100_00)


def test_the_income_of_the_year_before_stands_as_it_was_filed(tmp_path: Path) -> None:
    ledger = ledger_of(tmp_path)
    first = closed("", FOUR, "2017-09-30", ledger=ledger)
    second = closed("", FOUR, "2017-12-31", ledger=ledger, previous=first)
    shown = {row["label"]: row for row in second.tables["disclosure"].to_pylist()}
    income = shown["Income of the year"]
    assert (income["this_year_pence"], income["previous_year_pence"]) == (10000, 30000)
    assert shown["Contract asset"]["previous_year_pence"] == 20000


def test_a_year_end_that_is_not_the_last_one_is_refused(tmp_path: Path) -> None:
    first = closed("", FOUR, "2017-03-31")
    second = closed("", FOUR, "2017-09-30", previous=first)
    for year in (first, second):
        write_year_end(year, tmp_path, replace=True)
    with pytest.raises(ib.YearEndError) as refused:
        closed("", FOUR, "2017-12-31", previous=tmp_path / first.file_name)
    (fault,) = refused.value.faults
    assert (fault.code, fault.found) == ("not_the_last", second.file_name)
    third = closed("", FOUR, "2017-12-31", previous=tmp_path / second.file_name)
    assert third.total("income", "income") == 10000
    # Drawn up once more, a year that follows the first is no later one.
    assert closed("", FOUR, "2017-09-30", previous=tmp_path / first.file_name).filed == second.filed


def test_a_year_end_that_an_earlier_engine_filed_is_gone_on_from(tmp_path: Path) -> None:
    # It had neither agents nor another currency, and its position fewer columns.
    first = closed("", FOUR, "2017-09-30")
    plain = json.loads(first.filed)
    for name in ("impactbond_year_end", "sha256", "exchange", "ledger_currency", "income"):
        del plain[name]
    for row in plain["position"]:
        del row["passed_on_pence"], row["constrained_pence"]
    (tmp_path / "old.json").write_bytes(filed_bytes(plain)[0])
    second = closed("", FOUR, "2017-12-31", previous=tmp_path / "old.json")
    assert second.total("income", "income") == 10000
    assert second.tables["disclosure"].to_pylist()[0]["previous_year_pence"] is None


def test_what_is_written_off_needs_an_account(tmp_path: Path) -> None:
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER.replace(', bad_debt: "7100"', ""), "utf-8")
    given = {"receipts": receipts_of(MONEY), "ledger": path}
    with pytest.raises(ib.YearEndError) as refused:
        closed("", FOUR, "2017-12-31", **given)
    assert [fault.code for fault in refused.value.faults] == ["account_missing"]
    assert closed("", FOUR, "2017-11-30", **given)  # nothing is written off by then


def test_accounts_of_a_trial_balance_that_the_map_does_not_name_are_told(tmp_path: Path) -> None:
    path = tmp_path / "tb.csv"
    rows = "1100,300.00,\n4105,,300.00\n1106,5.00,\n8000,,5.00\n"
    path.write_text(f"account,debit,credit\n{rows}", "utf-8")
    year = closed("", FOUR, "2017-12-31", ledger=ledger_of(tmp_path), trial_balance=path)
    (told,) = year.cautions
    assert told.startswith(
        "The ledger map names 2 accounts of the trial balance nowhere: 1106, 8000"
    )


def test_two_packs_are_put_together_by_adding_rows() -> None:
    # As the page on the year end says: nothing of one contract is netted against another.
    other = "contract: second\ntranches: {start: {pay: 500.00, on: 2017-11-15, by: {council: 100%},"
    other += " recovered: {at: 1/2}}}"
    nobody = "child | metric | on | value\n c1 | consent | 2017-02-01 | no"
    years = [closed("", FOUR, "2017-12-31"), closed(other, nobody, "2017-12-31")]
    together = pd.concat([one.position.assign(contract=one.contract) for one in years])
    council = together[together["funder"] == "council"].set_index("contract")
    assert council["contract_asset_pence"].to_dict() == {"specification": 10000, "second": 0}
    assert council["contract_liability_pence"].to_dict() == {"specification": 0, "second": 50000}
