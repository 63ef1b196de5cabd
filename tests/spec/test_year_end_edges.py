"""What a year end counts at its edges: limits, late evidence, corrections, fees, results, versions.

The base contract pays £100.00 for consent; a claim is made a month after every quarter.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.spec.drawn_tables import contract_of, evidence_of, versions_of

import impactbond as ib
from impactbond.closing.exports import beancount_text
from impactbond.closing.year_end import YearEnd

FOUR = """
    child | metric  | on         | recorded   | value
    c1    | consent | 2017-02-01 | 2017-02-01 | yes
    c2    | consent | 2017-08-10 | 2017-08-10 | yes
    c3    | consent | 2017-09-20 | 2017-09-20 | yes
    c4    | consent | 2017-10-05 | 2017-10-05 | yes
"""
MORE = "    c4    | consent | 2017-12-23 | 2018-05-02 | yes   | r9  |          |\n"


def closed(terms: Any, table: str, on: str, to: str | None = None, **more: Any) -> YearEnd:
    contract = contract_of(terms) if isinstance(terms, str) else terms
    # An engine without files to read: a few rows cost a quarter of what they cost in the other.
    more = {"engine": "polars"} | more
    year = ib.year_end(contract, evidence_of(table, contract), on=on, evidence_to=to, **more)
    assert not year.failed
    return year


def figures(year: YearEnd, *names: str, table: str = "position") -> dict[str, tuple[int, ...]]:
    """Whole pounds of every funder that has any."""
    rows = {
        row["funder"]: tuple(row[f"{name}_pence"] // 100 for name in names)
        for row in year.tables[table].to_pylist()
    }
    return {funder: amounts for funder, amounts in rows.items() if any(amounts)}


def layers(year: YearEnd) -> dict[tuple[str, str], int]:
    rows = year.tables["cut_off"].to_pylist()
    return {(row["participant"], row["layer"]): row["amount_pence"] // 100 for row in rows}


@pytest.mark.parametrize(
    ("on", "claimed", "unclaimed"),
    # Claims are made on 30 April, 31 July and 31 October: by mid-August only c1's.
    [("2017-08-15", 100, 100), ("2017-09-30", 100, 150), ("2017-10-31", 250, 0)],
)
def test_a_limit_is_filled_by_the_outcomes_of_the_year_alone(
    on: str, claimed: int, unclaimed: int
) -> None:
    terms = "limits: [{contract: whole, at_most: 250.00, beyond: unpaid}]"
    year = closed(terms, FOUR, on, "2017-12-31")
    names = ("claimed", "unclaimed", "earned")
    assert figures(year, *names) == {"council": (claimed, unclaimed, claimed + unclaimed)}
    (limit,) = year.tables["limits"].to_pylist()
    assert limit["headroom_pence"] == 25000 - 100 * (claimed + unclaimed)


def test_no_dearer_outcome_after_the_year_end_takes_the_room_of_one_before_it() -> None:
    """£100 are earned in February. The £150 of March would come first under the limit, and leave
    nothing of them; they are known by the sign-off, and are of the next year.
    """
    terms = """
milestones:
  consent:   {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {when: {observed: agreement, in: year one}, price: 150.00}
limits: [{contract: whole, at_most: 150.00, first: highest price, beyond: unpaid}]
"""
    table = """
        child | metric    | on         | value
        c1    | consent   | 2017-02-01 | yes
        c2    | agreement | 2017-03-15 | yes
    """
    year = closed(terms, table, "2017-02-28", "2017-03-31")
    assert figures(year, "claimed", "unclaimed", "earned") == {"council": (0, 100, 100)}


def test_what_was_achieved_on_the_last_day_and_is_told_later_is_late_and_not_of_this_year() -> None:
    table = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-12-31 | 2018-05-02 | yes
        c2    | consent | 2018-01-01 | 2018-01-01 | yes
    """
    first = closed("", table, "2017-12-31")
    second = closed("", table, "2018-12-31", previous=first)
    assert figures(first, "income", table="income") == {}
    assert figures(second, "this_year", "late", table="income") == {"council": (100, 100)}


def test_the_oldest_up_front_money_is_set_off_first() -> None:
    """£100 are earned and not claimed: £60 of them use up the first tranche, £40 of the second."""
    terms = """
tranches:
  second: {pay: 80.00, on: 2017-02-16, by: {council: 100%}, recovered: {at: 100%}}
  first:  {pay: 60.00, on: 2017-01-16, by: {council: 100%}, recovered: {at: 100%}}
"""
    year = closed(terms, FOUR, "2017-03-31")
    rows = year.tables["up_front"].to_pylist()
    assert [(row["tranche"], row["set_off_pence"] // 100) for row in rows] == [
        ("first", 60),
        ("second", 40),
    ]


def test_a_commitment_that_grows_after_the_year_end_is_of_the_next_year() -> None:
    # £100.00 is committed until 15 October, then £400.00: the claim of 31 October pays for both.
    terms = """
funders:
  council: {commits: [{from: 2017-01-01, amount: 100.00}, {from: 2017-10-15, amount: 400.00}]}
limits: [{funder: council, at_most: commitment, beyond: unpaid}]
"""
    year = closed(terms, FOUR, "2017-09-30", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (100, 0)}
    year = closed(terms, FOUR, "2017-10-20", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (100, 300)}


def test_a_limit_in_proportion_is_not_met_by_a_fee_after_the_year_end() -> None:
    # 4 consents of £100.00 are more than £350.00, of which £300.00 is claimed. With the fee of
    # £100.00 on 31 December they would be cut to £280.00.
    fee = "fees: {standing: {kind: standing charge, pay: 100.00, on: [2017-12-31]}}"
    limit = "{contract: whole, at_most: 350.00, beyond: unpaid, first: in proportion}"
    year = closed(f"{fee}\nlimits: [{limit}]", FOUR, "2017-11-30", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (300, 50)}


@pytest.mark.parametrize(("on", "unclaimed"), [("2017-12-31", 0), ("2018-01-01", 100)])
def test_what_a_year_withheld_waits_for_the_next_one_also_after_the_claim_of_its_last_day(
    on: str, unclaimed: int
) -> None:
    # Two of 2017 at £100.00 a year: the claim made on 31 December holds one. From 1 January the
    # other has the room of 2018.
    terms = """
calendar: {claims: {every: quarter, made: 0 days after the period}}
limits: [{contract: whole, at_most: 100.00, each: year, beyond: next year}]
"""
    table = """
        child | metric  | on         | value
        c1 c2 | consent | 2017-11-10 | yes
    """
    year = closed(terms, table, on, "2018-01-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (100, unclaimed)}


def test_a_share_of_all_claims_is_of_the_claims_of_the_year() -> None:
    # Half of 3 claims is 1; that c4 comes in October, which makes it 2 of 4, is of the next year.
    limit = "{milestone: consent, only: {borough: [north]}, at_most: 50% of claims, beyond: unpaid}"
    terms = f"limits: [{limit}]"
    year = closed(terms, FOUR, "2017-09-30", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (0, 100)}


def test_what_lies_beyond_a_funders_limit_is_earned_from_whoever_takes_it_over() -> None:
    terms = "limits: [{funder: council, at_most: 150.00, beyond: {funder: trust}}]"
    year = closed(terms, FOUR, "2017-09-30")
    assert figures(year, "claimed", "unclaimed") == {"council": (100, 50), "trust": (0, 150)}


def test_evidence_after_the_sign_off_is_late_and_what_is_taken_back_stands_apart() -> None:
    table = """
        child | metric  | on         | recorded   | value | ref | replaces | status
        c1    | consent | 2017-02-01 | 2017-02-01 | yes   | r1  |          |
        c1    | consent | 2017-02-01 | 2018-06-01 | yes   | r2  | r1       | withdrawn
        c2    | consent | 2017-12-20 | 2018-01-20 | yes   | r3  |          |
        c3    | consent | 2017-12-21 | 2018-05-01 | yes   | r4  |          |
        c4    | consent | 2017-12-22 | 2017-12-22 | yes   | r5  |          |
        c4    | consent | 2017-12-22 | 2018-02-01 | yes   | r6  | r5       | withdrawn
    """
    first = closed("", table, "2017-12-31", "2018-02-28")
    assert figures(first, "claimed", "unclaimed") == {"council": (100, 100)}
    assert layers(first) == {
        ("c2", "arrived by sign-off"): 100,
        ("c4", "in hand at year end"): 100,
        ("c4", "taken back by sign-off"): -100,
    }
    assert first.later == (10000, -10000)  # c3 and c1: of the next year
    assert "£100.00 added" in first.text
    # What came after the sign-off is told, and changes nothing that is filed.
    before, after = (evidence_of(one, contract_of("")) for one in (table, f"{table}{MORE}"))
    filed = [
        ib.year_end(contract_of(""), one, on="2017-12-31", evidence_to="2018-02-28").filed
        for one in (before, after)
    ]
    assert filed[0] == filed[1]
    second = closed("", table, "2018-12-31", "2019-02-28", previous=first)
    names = ("opening", "income", "this_year", "late", "taken_back", "moved")
    assert figures(second, *names, table="income") == {"council": (200, 0, 0, 100, -100, 0)}


def test_a_fee_is_of_the_year_of_its_date() -> None:
    terms = "fees: {standing: {kind: standing charge, pay: 60.00, on: [2017-11-30, 2017-12-31]}}"
    year = closed(terms, FOUR, "2017-12-15")
    names = ("claimed", "unclaimed")
    assert figures(year, *names) == {"council": (300, 160)}  # c4 and the fee of November
    assert figures(year, "fees", "this_year", table="income") == {"council": (60, 400)}
    year = closed(terms, FOUR, "2017-12-31")
    assert figures(year, *names) == {"council": (300, 220)}


def test_a_result_is_of_the_year_in_which_its_period_ends() -> None:
    # £10.00 for each consent of a quarter, measured at its end: 2 in the third quarter of 2017.
    terms = "results: {reached: {measure: {claims: consent}, pays: {each: 1, pays: 10.00}}}"
    year = closed(terms, FOUR, "2017-09-29", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (110, 200)}
    year = closed(terms, FOUR, "2017-09-30", "2017-12-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (110, 220)}


@pytest.mark.parametrize(("effective", "price"), [("2018-01-01", 100), ("2017-12-01", 50)])
def test_a_version_signed_after_the_year_end_counts_where_it_is_effective_by_it(
    effective: str, price: int
) -> None:
    versions = versions_of(
        "",
        f"""
version: {{number: 2, kind: amendment, signed_on: 2018-01-20, effective_on: {effective}}}
milestones: {{consent: {{when: {{observed: consent, in: year one}}, price: 50.00}}}}
limits: [{{contract: whole, at_most: 75.00, beyond: unpaid}}]
""",
    )
    table = """
        child | metric  | on         | value
        c1    | consent | 2017-12-10 | yes
    """
    year = closed(versions, table, "2017-12-31", "2018-02-28")
    assert figures(year, "unclaimed") == {"council": (price,)}


def test_a_claim_on_the_last_day_of_the_year_leaves_what_comes_by_the_sign_off() -> None:
    terms = "calendar: {claims: {every: quarter, made: 0 days after the period}}"
    table = """
        child | metric  | on         | recorded   | value
        c1    | consent | 2017-12-10 | 2017-12-10 | yes
        c2    | consent | 2017-12-20 | 2018-01-10 | yes
        c3    | consent | 2018-01-05 | 2018-01-05 | yes
    """
    year = closed(terms, table, "2017-12-31", "2018-01-31")
    assert figures(year, "claimed", "unclaimed") == {"council": (100, 100)}
    assert layers(year) == {("c2", "arrived by sign-off"): 100}


def test_after_the_last_claim_nothing_is_unclaimed() -> None:
    terms = "calendar: {claims: {every: quarter, made: 0 days after the period}}"
    table = """
        child | start      | school
        c1    | 2018-01-09 | Elm
        ---
        child | metric  | on         | recorded   | value
        c1    | consent | 2018-12-10 | 2019-01-10 | yes
    """
    assert figures(closed(terms, table, "2018-12-31", "2019-01-31"), "earned") == {}


def test_a_currency_without_decimals_has_none_in_an_export() -> None:
    terms = """
currency: JPY
milestones: {consent: {when: {observed: consent, in: year one}, price: 12000}}
"""
    text = beancount_text(closed(terms, FOUR, "2017-09-30"))
    assert "2017-10-01 balance Assets:Contract:Accrued  24000 ~ 0 JPY" in text


FROM_JUNE = """
tranches: {start: {pay: 500.00, on: 2017-06-30, by: {council: 100%}, recovered: {at: 1/4}}}
calendar: {payment: {working_days_of: null, bank_holidays: DAYS, weekend: [Friday, Saturday]}}
"""


@pytest.mark.parametrize(
    ("days", "asked_on"), [("none", "2017-07-02"), ("[2017-07-02, 2017-07-03]", "2017-07-04")]
)
def test_up_front_money_is_asked_on_the_first_day_of_work_of_any_calendar(
    days: str, asked_on: str
) -> None:
    # 30 June 2017 was a Friday, of a weekend that ends on Saturday; £100.00 was claimed in April.
    terms = FROM_JUNE.replace("DAYS", days)
    for on, asked in (("2017-07-01", 100), (asked_on, 600)):
        assert figures(closed(terms, FOUR, on), "asked") == {"council": (asked,)}
    (row,) = closed(terms, FOUR, asked_on).tables["up_front"].to_pylist()
    assert str(row["asked_on"]) == asked_on


def test_up_front_money_that_goes_back_at_the_end_is_on_account_no_more() -> None:
    # Of £500.00 claims of £400.00 recover a quarter of each, £100.00; £400.00 goes back with the
    # last claim. At the end of 2017 £300.00 is claimed, of which £75.00 was on account, and £100.00
    # more is earned and set off.
    terms = """
tranches:
  start:
    pay: 500.00
    on: 2017-01-31
    by: {council: 100%}
    held_by: A bank
    recovered: {at: 1/4}
    left_over: returned
"""
    amounts = ("amount", "recovered", "set_off", "returned", "remaining")
    for on, position, up_front in (
        ("2017-12-31", (400, 725, 425), (500, 75, 100, 0, 325)),
        ("2019-12-31", (400, 400, 0), (500, 100, 0, 400, 0)),
    ):
        year = closed(terms, FOUR, on)
        assert figures(year, "earned", "asked", "on_account") == {"council": position}
        assert figures(year, *amounts, table="up_front") == {"council": up_front}


def test_what_several_funders_sent_together_is_not_parted_among_them() -> None:
    contract = contract_of("")
    columns = ["receipt", "funder", "received_on", "amount"]
    rows = [["R1", "council; trust", "2017-05-01", "100.00"]]
    receipts = ib.read_receipts(pd.DataFrame(rows, columns=columns), contract)
    with pytest.raises(ib.ImpactBondError, match="R1") as refused:
        closed(contract, FOUR, "2017-12-31", receipts=receipts)
    assert [fault.code for fault in refused.value.faults] == ["sent_together"]


def test_the_cut_off_names_the_rows_by_which_each_outcome_became_known() -> None:
    # Both a consent and an agreement are needed; a meeting is not. c1's agreement came last, on 20
    # September, and after the year end it was recorded that c1's consent was another day.
    terms = """
milestones:
  both:
    when: {all: [{observed: consent, in: year one}, {observed: agreement, in: year one}]}
    price: 100.00
"""
    table = """
        child | metric    | on         | recorded   | value | ref | replaces
        c1    | consent   | 2017-08-01 | 2017-08-02 | yes   | a   |
        c1    | agreement | 2017-09-20 | 2017-09-21 | yes   | b   |
        c1    | meeting   | 2017-09-20 | 2017-09-21 | yes   | m   |
        c2    | consent   | 2017-08-01 | 2017-08-02 | yes   | c   |
        c2    | agreement | 2017-09-22 | 2017-11-05 | yes   | d   |
        c3    | consent   | 2017-09-01 | 2017-09-05 | yes   | e   |
        c3    | agreement | 2017-09-01 | 2017-09-05 | yes   | f   |
    """
    year = closed(terms, table, "2017-09-30", "2017-12-31")
    rows = year.tables["cut_off"].to_pylist()
    told = {row["participant"]: (str(row["recorded_on"]), row["evidence"]) for row in rows}
    assert told == {
        "c1": ("2017-09-21", "b"),
        "c2": ("2017-11-05", "d"),
        "c3": ("2017-09-05", "e; f"),
    }
