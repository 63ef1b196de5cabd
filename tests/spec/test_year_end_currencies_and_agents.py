"""A ledger in another currency, and a provider that acts for another party: by hand, from rates and
shares. The base contract pays £100.00 for consent; a claim is made a month after every quarter.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.spec.drawn_tables import contract_of
from tests.spec.test_year_end_edges import FOUR, closed, figures
from tests.spec.test_year_end_money import LEDGER, UP_FRONT, ledger_of, receipts_of

import impactbond as ib
from impactbond.closing.exports import beancount_text, export_files
from impactbond.closing.year_end import YearEnd

EUROS = "currency: EUR"
RATES = """
    - {from: 2017-01-31, is: 0.80}
    - {from: 2017-04-30, is: 0.84}
    - {from: 2017-05-20, is: 0.86}
    - {from: 2017-10-31, is: 0.88}
    - {from: 2017-12-31, is: 0.89}
    - {from: 2018-01-31, is: 0.875}
    - {from: 2018-02-20, is: 0.88}
    - {from: 2018-12-31, is: 0.90}
"""
EXCHANGED = f"exchange:\n  currency: GBP\n  rates:{RATES}"


def abroad(tmp_path: Path, more: str = EXCHANGED, terms: str = EUROS, **accounts: str) -> Any:
    named = accounts or {"exchange": "7900"}
    codes = "".join(f', {name}: "{code}"' for name, code in named.items())
    path = tmp_path / "ledger.yaml"
    path.write_text(LEDGER.replace('"7100"', f'"7100"{codes}') + more, "utf-8")
    return ib.read_ledger(path, contract_of(terms))


def items(year: YearEnd, column: str = "ledger") -> dict[str, int]:
    """What stands in the ledger's currency, of the council."""
    return {
        row["item"]: row[f"{column}_pence"]
        for row in year.tables["exchange"].to_pylist()
        if row["funder"] == "council"
    }


def test_what_is_owed_is_at_the_closing_rate_and_the_rest_is_an_exchange_difference(
    tmp_path: Path,
) -> None:
    # €100.00 claimed on 30 April at 0.84 and paid on 20 May at 0.86: £2.00 gained. €200.00 claimed
    # on 31 October at 0.88, and open at 0.89: £2.00. €100.00 earned, not asked for: at 0.89.
    money = """
        receipt | funder  | received_on | amount
        R1      | council | 2017-05-20  | 100.00
        R2      | council | 2018-02-20  | 300.00
    """
    given = {"ledger": abroad(tmp_path), "receipts": receipts_of(money, EUROS)}
    first = closed(EUROS, FOUR, "2017-12-31", **given)
    assert items(first) == {
        "receivable, less in advance": 17800,
        "earned, not asked for": 8900,
        "up-front and deferred": 0,
        "received": 8600,
        "written off": 0,
        "income to date": 8400 + 17600 + 8900,
        "exchange difference": 400,
    }
    assert "In GBP, exchange difference of the year: £4.00" in first.text
    # The claim of 31 January is at 0.875, and €300.00 came at 0.88. To date £347.50 of income and
    # £350.00 of money: £2.50 gained, of which £4.00 stood in the year before.
    second = closed(EUROS, FOUR, "2018-12-31", previous=first, **given)
    to_date, of_year = items(second), items(second, "year")
    assert (to_date["income to date"], to_date["received"]) == (34750, 35000)
    assert (to_date["exchange difference"], of_year["exchange difference"]) == (250, -150)
    assert of_year["income to date"] == 34750 - 34900
    # It is posted in pounds: Dr 7900, Cr 1100.
    name = "specification_2018-12-31_exchange_journal.csv"
    posted = export_files(second)[name].decode().splitlines()[1:]
    assert [line.split(",")[3:7] for line in posted] == [
        ["7900", "exchange", "1.50", "0.00"],
        ["1100", "receivable", "0.00", "1.50"],
    ]


def test_up_front_money_stays_at_the_rate_of_its_day(tmp_path: Path) -> None:
    # €250.00 at 0.80 is £200.00. Claims of €100.00 and €200.00 recover half, €150.00 at 0.80; the
    # rest, €50.00 at 0.84 and €100.00 at 0.88, is asked for. €100.00 more is earned and set off, at
    # 0.80. Nobody paid: €400.00 is open at 0.89, £356.00, of £330.00 that was asked for.
    terms = f"{EUROS}\n{UP_FRONT}"
    year = closed(terms, FOUR, "2017-12-31", ledger=abroad(tmp_path, terms=terms))
    found = items(year)
    assert found["income to date"] == 12000 + 4200 + 8800 + 8000
    assert (found["up-front and deferred"], found["earned, not asked for"]) == (0, 0)
    assert (found["receivable, less in advance"], found["exchange difference"]) == (35600, 2600)


BACK = """
tranches:
  start: {pay: 500.00, on: 2017-01-31, by: {council: 100%}, held_by: A bank, recovered: {at: 1/4},
          left_over: returned}
"""


def test_up_front_money_that_goes_back_is_owed_at_the_rate_of_that_day(tmp_path: Path) -> None:
    # €500.00 at 0.80. Claims of €100.00, €200.00 and €100.00 recover a quarter, €100.00 at 0.80,
    # and ask for €75.00 at 0.84, €150.00 at 0.88 and €75.00 at 0.875. €400.00, which stood at
    # £320.00, goes back on 31 January 2019 at 0.90, £360.00: £40.00 lost. Nobody paid: €400.00 is
    # open at 0.91, £364.00, of 400.00 + 63.00 + 132.00 + 65.63 - 360.00 = £300.63.
    more = f"{EXCHANGED}    - {{from: 2019-12-31, is: 0.91}}\n"
    terms = f"{EUROS}\n{BACK}"
    year = closed(terms, FOUR, "2019-12-31", ledger=abroad(tmp_path, more, terms))
    found = items(year)
    assert found["income to date"] == 6300 + 13200 + 6563 + 8000
    assert found["receivable, less in advance"] == 36400
    assert found["up-front and deferred"] == 0
    assert found["exchange difference"] == 36400 - 30063 - 4000


def test_a_fee_for_later_days_is_deferred_at_the_rate_of_its_claim(tmp_path: Path) -> None:
    # €1.00 a day from 1 August, of which 31 days are after December; claimed on 31 October at 0.88,
    # with €200.00. Before it €100.00 at 0.84, and €100.00 more at 0.89.
    terms = f"{EUROS}\nfees: {{standing: {{kind: standing charge, pay: 184.00, on: 2017-08-15}}}}"
    days = "fee_days: {standing: {from: 2017-08-01, through: 2018-01-31}}\n"
    ledger = abroad(tmp_path, f"{days}{EXCHANGED}", terms)
    found = items(closed(terms, FOUR, "2017-12-31", ledger=ledger))
    assert found["up-front and deferred"] == 2728  # 31.00 × 0.88
    assert found["income to date"] == 8400 + 33792 + 8900 - 2728


@pytest.mark.parametrize(("currency", "income"), [("JPY", 349), ("KWD", 349000)])
def test_minor_units_of_the_ledger_are_its_own(tmp_path: Path, currency: str, income: int) -> None:
    # €100.00 at 0.84, €200.00 at 0.88 and €100.00 at 0.89 is 349.00 of another currency, in whole
    # yen, or in thousandths.
    ledger = abroad(tmp_path, EXCHANGED.replace("GBP", currency))
    assert items(closed(EUROS, FOUR, "2017-12-31", ledger=ledger))["income to date"] == income


def test_prices_at_a_rate_that_the_contract_fixes_leave_no_difference(tmp_path: Path) -> None:
    # €120.00 for each at 0.85 is £102.00, whatever euros cost on any day.
    terms = """
prices_in: {currency: EUR, rate: 0.85}
milestones: {consent: {when: {observed: consent, in: year one}, price: 120.00}}
"""
    year = closed(terms, FOUR, "2017-12-31", ledger=ledger_of(tmp_path, terms=terms))
    assert figures(year, "claimed", "unclaimed", "earned") == {"council": (306, 102, 408)}
    assert year.tables["exchange"].num_rows == 0
    told = {row["subject"]: row["text"] for row in year.tables["policy"].to_pylist()}
    assert "no exchange difference" in told["Prices in another currency"]


@pytest.mark.parametrize(
    ("terms", "more", "codes"),
    [
        # No rate of the year end itself, and none as early as the claim of 30 April.
        (EUROS, EXCHANGED.replace("2017-12-31", "2017-12-30"), ["rate_missing"]),
        (
            EUROS,
            EXCHANGED.replace("2017-01-31", "2017-05-01").replace("2017-04-30", "2017-05-02"),
            ["rate_missing"],
        ),
        (EUROS, EXCHANGED.replace("GBP", "EUR"), ["not_another_currency"]),
        (EUROS, EXCHANGED.replace("2017-05-20", "2017-04-30"), ["days_out_of_order"]),
    ],
)
def test_rates_that_are_missing_or_wrong_are_refused(
    tmp_path: Path, terms: str, more: str, codes: list[str]
) -> None:
    with pytest.raises(ib.YearEndError) as refused:
        closed(terms, FOUR, "2017-12-31", ledger=abroad(tmp_path, more, terms))
    assert [fault.code for fault in refused.value.faults] == codes


def test_a_ledger_does_not_change_its_currency_between_two_years(tmp_path: Path) -> None:
    first = closed(EUROS, FOUR, "2017-12-31")
    with pytest.raises(ib.YearEndError) as refused:
        closed(EUROS, FOUR, "2018-12-31", previous=first, ledger=abroad(tmp_path))
    assert [fault.code for fault in refused.value.faults] == ["other_ledger_currency"]


THIRD = "funders:\n  council: {nature: exchange, agent: {keeps: 1/3, for: A partner}}"


def agents(tmp_path: Path, **accounts: str) -> Any:
    text = LEDGER.replace("funders:\n  council: {nature: exchange}", THIRD)
    codes = "".join(f', {name}: "{code}"' for name, code in accounts.items())
    path = tmp_path / "ledger.yaml"
    path.write_text(text.replace('"7100"', f'"7100"{codes}'), "utf-8")
    return ib.read_ledger(path, contract_of(""))


def test_an_agents_income_is_the_share_that_it_keeps(tmp_path: Path) -> None:
    # A third of £300.00 by September is £100.00. Of £400.00 by December it is £133.33: £33.33 of
    # the second year, so that the years add up. What the council owes is all of it.
    ledger = agents(tmp_path, passed_on="2200")
    first = closed("", FOUR, "2017-09-30", ledger=ledger)
    assert figures(first, "earned", "contract_asset", "passed_on") == {"council": (300, 200, 200)}
    assert first.total("income", "income") == 10000
    second = closed("", FOUR, "2017-12-31", ledger=ledger, previous=first)
    (row,) = [one for one in second.tables["income"].to_pylist() if one["funder"] == "council"]
    assert (row["this_year_pence"], row["passed_on_pence"], row["income_pence"]) == (
        *(10000, -6667, 3333),
    )
    moved = figures(
        second, "opening_asset", "passed_on", "asked", "closing_asset", table="movement"
    )
    assert moved == {"council": (200, 66, 200, 100)}
    lines = [one for one in second.tables["journals"].to_pylist() if one["journal"] == "J6"]
    assert [(one["account"], one["debit_pence"] - one["credit_pence"]) for one in lines] == [
        ("income", 26667),
        ("passed_on", -26667),
    ]
    # £400.00 posted and accrued, less £266.67.
    text = beancount_text(second)
    assert "balance Income:Outcomes  -133.33" in text
    assert "balance Liabilities:PassedOn  -266.67" in text
    assert "another party's, whose agent you are: -£66.67" in second.text


def test_an_agent_has_an_account_for_what_it_passes_on(tmp_path: Path) -> None:
    with pytest.raises(ib.YearEndError) as refused:
        agents(tmp_path)
    assert [fault.code for fault in refused.value.faults] == ["account_missing"]
