"""Investors' schedules: published bonds followed to the end, by hand or as published."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from tests.spec.drawn_tables import contract_of
from tests.spec.test_counts import counts_of
from tests.spec.test_investment import BENEVOLENT, NEWPIN, RIKERS, agreed

from impactbond.contract.contract import Contract
from impactbond.contract.read import parse_contract
from impactbond.errors import SettlementError
from impactbond.investment.cash_flows import CashFlows
from impactbond.investment.schedule import investor_schedule
from impactbond.records.following import settle

CONTRACTS = Path(__file__).parents[2] / "fixtures" / "contracts"


def rows(schedule: object) -> list[tuple[str, str, int]]:
    return [(str(row.on), row.kind, row.pence) for row in schedule.rows]  # type: ignore[attr-defined]


@pytest.mark.mechanic(121, 72)
def test_newpin_pays_the_band_of_each_year_and_never_less_than_the_floor() -> None:
    # A$7m. The rate to date was 60% after the first year (published: 7.5%); 57% and 66% are ours.
    # 57% is in the band of 3%, and the floor of 5% holds through the third year; 66% pays 12%.
    schedule = investor_schedule(
        agreed(NEWPIN),
        {
            date(2014, 9, 30): 525_000_00,
            date(2015, 9, 30): 350_000_00,
            date(2016, 9, 30): 9_000_000_00,
        },
        measured={
            "rate": {date(2014, 8, 31): "60%", date(2015, 8, 31): "57%", date(2016, 8, 31): "66%"}
        },
        principal_from="2016-07-01",
        until=date(2016, 9, 30),
    )
    # The quarter after the third year, 1 July to 30 September 2016, is 91 of 365 days at 12%: the
    # measure is known, and the floor is over. 7,000,000 × 12% × 91/365 = 209,424.6575.
    assert rows(schedule) == [
        ("2013-07-01", "called", -7_000_000_00),
        ("2014-09-30", "return", 525_000_00),
        ("2015-09-30", "return", 350_000_00),
        ("2016-09-30", "return", 840_000_00 + 209_424_66),
        ("2016-09-30", "principal", 7_000_000_00),
    ]
    assert schedule.account_pence("left") == -(9_000_000_00 - 7_000_000_00 - 1_049_424_66)


def test_peterborough_gives_capital_and_three_percent_a_year() -> None:
    # Published: about 9% fewer over both cohorts, above the bar of 7.5%, and "just over 3%" a year;
    # £5m was raised. The days are ours: 2,548 days. 5,000,000 × 1.03^(2548/365) = 6,145,884.35.
    terms = """
investment:
  investors: {trusts: {name: Trusts and foundations}}
  classes:
    all:
      commits: {trusts: 5000000.00}
      drawn: [{on: 2010-09-01, amount: 5000000.00}]
      measured: rate
      returned: internal rate of return
      tiers: [{is: at least 7.5%, returns: 3%}]
  repaid: [all]
"""
    contract = agreed(terms, "GBP")
    paid = {date(2017, 8, 23): 8_000_000_00}
    flows = investor_schedule(contract, paid, measured={"rate": "9%"}).flows()
    assert flows.came_back_pence == 6_145_884_35
    assert flows.internal_rate.rate == pytest.approx(0.03, abs=1e-9)
    # The first cohort alone had 8.4%, below its bar of 10%: in 2014 nothing was paid.
    lost = investor_schedule(contract, {}, measured={"rate": "7.4%"}, until="2017-08-23").flows()
    assert (lost.internal_rate.status, lost.multiple) == ("total loss", 0)


@pytest.mark.mechanic(124)
@pytest.mark.parametrize(
    ("measured", "rate"),
    [("11%", 0.012), ("12%", 0.015), ("13%", 0.019), ("16%", 0.033), ("20%", 0.051)],
)
def test_the_tiers_of_rikers_island_are_internal_rates_of_return(
    measured: str, rate: float
) -> None:
    paid = {date(2016, 9, 1): 20_000_000_00}
    schedule = investor_schedule(agreed(RIKERS, "USD"), paid, measured={"rate": measured})
    assert schedule.flows().internal_rate.rate == pytest.approx(rate, abs=1e-8)


def test_rikers_island_had_no_effect_and_the_guarantee_paid_three_quarters() -> None:
    # Published: no payment by the city; 75% of $9.6m guaranteed by Bloomberg Philanthropies.
    schedule = investor_schedule(
        agreed(RIKERS, "USD"), {}, measured={"rate": 0}, until="2015-08-31"
    )
    assert rows(schedule)[1:] == [("2015-08-31", "made good", 7_200_000_00)]
    flows = schedule.flows()
    assert (flows.multiple, flows.gain_pence) == (Fraction(3, 4), -2_400_000_00)
    assert schedule.classes_table["lost_pence"].to_pylist() == [2_400_000_00]


def test_denver_paid_what_was_published_on_its_bond() -> None:
    # Published: $9,638,911.36 came back on $8.6m. The day is ours. Whatever the city pays goes to
    # lenders here, up to twice their money: 963,891,136 / 860,000,000 cents, a gain of
    # $1,038,911.36, 12.08%.
    terms = """
investment:
  investors: {lenders: {name: Lenders}}
  classes:
    bond:
      commits: {lenders: 8600000.00}
      drawn: [{on: 2016-02-16, amount: 8600000.00}]
      measured: rate
      returned: in all
      tiers: [{is: at least 0%, returns: 100%}]
  repaid: [bond]
"""
    paid = {date(2021, 6, 30): 9_638_911_36}
    schedule = investor_schedule(agreed(terms, "USD"), paid, measured={"rate": 1})
    flows = schedule.flows()
    assert (flows.gain_pence, flows.came_back_pence) == (1_038_911_36, 9_638_911_36)
    assert flows.multiple == Fraction(9_638_911_36, 8_600_000_00)
    assert f"{float(flows.multiple or 0):.4f}" == "1.1208"
    assert schedule.account_pence("left") == 0


@pytest.mark.mechanic(122, 123)
def test_a_capped_class_gives_its_surplus_away_and_senior_classes_come_first() -> None:
    contract = agreed(
        """
funders: {crown: {name: The Crown, kind: central government}}
investment:
  investors: {holders: {name: Holders}, fund: {name: A fund}}
  classes:
    A:
      commits: {holders: 600000.00, fund: 400000.00}
      drawn: [{on: 2017-02-01, amount: 1000000.00}]
      measured: rate
      tiers: [{is: at least 50%, returns: 12%}]
      at_most: 9%
      surplus_to: crown
    B:
      commits: {fund: 500000.00}
      drawn: [{on: 2017-02-01, amount: 500000.00}]
      measured: rate
      tiers: [{is: at least 50%, returns: 13%}]
  repaid: [A, B]
""",
        "NZD",
    )
    paid = {date(2018, 2, 1): 1_600_000_00, date(2018, 3, 1): 200_000_00}
    schedule = investor_schedule(contract, paid, measured={"rate": "60%"}, until="2018-03-01")
    # On 1 February A is owed 90,000 and 1,000,000; B gets the 510,000 that are left of 565,000.
    # On 1 March B is owed 55,000 of principal, and 13% a year on it for 28 days: 548.49.
    assert rows(schedule)[3:] == [
        ("2018-02-01", "return", 54_000_00),
        ("2018-02-01", "return", 36_000_00),
        ("2018-02-01", "principal", 600_000_00),
        ("2018-02-01", "principal", 400_000_00),
        ("2018-02-01", "return", 65_000_00),
        ("2018-02-01", "principal", 445_000_00),
        ("2018-03-01", "return", 548_49),
        ("2018-03-01", "principal", 55_000_00),
    ]
    # 12% was earned and 9% paid: 3% of a million goes to the Crown.
    assert schedule.account_pence("surplus") == -30_000_00
    assert schedule.account_pence("left") == -(200_000_00 - 55_548_49 - 30_000_00)
    assert schedule.flows("fund", "A").gain_pence == 36_000_00


@pytest.mark.mechanic(126)
def test_recycled_receipts_and_fees_come_before_investors() -> None:
    contract = agreed(f"{NEWPIN}  recycled: {{share: 2/3, through: 2015-06-30}}\n")
    schedule = investor_schedule(
        contract,
        {date(2015, 6, 30): 300_000_00},
        measured={"rate": "60%"},
        fees={date(2015, 6, 30): 10_000_00},
    )
    kinds = ("recycled", "fees", "investors")
    assert [schedule.account_pence(kind) for kind in kinds] == [
        -200_000_00,
        -10_000_00,
        -90_000_00,
    ]
    # 7.5% of A$7m for a year is 525,000; the second year is due when the account closes: 364 days.
    [unpaid] = schedule.unpaid_pence.values()
    assert unpaid == 7_000_000_00 + 525_000_00 + round(525_000_00 * 364 / 365) - 90_000_00


def test_a_protected_class_gets_what_did_not_come_back() -> None:
    # Class P keeps its principal whatever is measured; class E, which ranks after it, loses all.
    schedule = investor_schedule(
        agreed(BENEVOLENT),
        {date(2018, 10, 1): 1_000_000_00},
        measured={"rate": "4%"},
    )
    assert schedule.flows(of_class="P").multiple == 1
    assert schedule.flows(of_class="E").internal_rate.status == "total loss"
    # Nothing was owed, so what came is left with the provider, and the guarantor pays all.
    assert schedule.account_pence("left") == -1_000_000_00
    assert schedule.flows("banks").came_back_pence == 5_000_000_00


def test_a_settlement_says_what_was_received_and_measured() -> None:
    text = (CONTRACTS / "newpin.yaml").read_text("utf-8")
    bond = NEWPIN.replace("measured: rate", "measured: restoration rate")
    contract = parse_contract((text + bond).encode(), name="newpin.yaml")
    counts = counts_of(
        contract,
        """
        milestone    | achieved_on | number
        restored     | 2014-03-31  | 6
        not_restored | 2014-03-31  | 4
        """,
    )
    settlement = settle(contract, claims=counts, as_of="2017-06-30")
    schedule = investor_schedule(contract, settlement)
    # The state pays 525,000 for each of three years, 60% being the rate of all of them.
    assert schedule.account_pence("received") == 3 * 525_000_00
    returns = [row.pence for row in schedule.rows if row.kind == "return"]
    assert returns == [525_000_00] * 3


def test_published_and_close_rates_have_a_status() -> None:
    # The example of pyxirr's own page: 0.1750 on -1000, 750, 500.
    days = [date(2020, 1, 1), date(2021, 1, 1), date(2022, 1, 1)]
    one = CashFlows.of(zip(days, (-1000_00, 750_00, 500_00), strict=True))
    assert one.internal_rate.rate == pytest.approx(0.1750092646)
    assert one.payback_on == days[2]
    # -100 + 230 / 1.1 - 132 / 1.21 = 0, and so with 1.2 and 1.44: 10 % and 20 %. pyxirr names one.
    later = [date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1)]
    two = CashFlows.of(zip(later, (-100, 230, -132), strict=True)).internal_rate
    assert (two.status, two.rate) == ("several", None)
    assert two.rates == pytest.approx((0.1, 0.2))
    # (x - 11/10)² touches nothing at 10 % and passes it nowhere.
    touch = CashFlows.of(zip(later, (-100, 220, -121), strict=True)).internal_rate
    assert touch.rates == pytest.approx((0.1,))
    never = CashFlows.of(zip(later, (-100, 230, -133), strict=True)).internal_rate
    assert (never.status, never.rates) == ("none", ())
    # Flows of one day gain or lose at no rate, and nothing was paid in where only money comes.
    for flows in ([(later[0], -5), (later[0], 7)], [(later[0], 7)], []):
        assert CashFlows.of(flows).internal_rate.status == "none"
    # Only proportions matter: the same in thousand-millionths and in minor units past 2**53.
    huge = CashFlows.of(zip(days, (-(10**18), 75 * 10**16, 5 * 10**17), strict=True))
    assert huge.internal_rate.rate == pytest.approx(0.1750092646)


def test_value_need_and_payback_by_hand() -> None:
    days = [date(2021, 1, 1), date(2022, 1, 1), date(2023, 1, 1)]
    flows = CashFlows.of(zip(days, (-1000_00, -210_00, 1452_00), strict=True))
    # At 10%: -1000 - 210 / 1.1 + 1452 / 1.21 = -1000 - 190.909… + 1200 = 9.0909…
    assert flows.value_pence(Fraction(1, 10), days[0]) == 9_09
    assert flows.value_pence(Fraction(1, 10), days[1]) == 10_00
    assert (flows.peak_need_pence, flows.peak_need_on) == (1210_00, days[1])
    assert (flows.payback_on, flows.multiple) == (days[2], Fraction(1452, 1210))
    with pytest.raises(SettlementError, match="above -100 %"):
        flows.value_pence(Fraction(-1), days[0])


def test_everything_missing_is_told_at_once() -> None:
    contract = agreed(BENEVOLENT)
    with pytest.raises(SettlementError) as refused:
        investor_schedule(contract, {}, measured={"rat": "60%"})
    codes = [fault.code for fault in refused.value.faults]
    assert sorted(codes) == ["not_measured", "not_measured", "unknown_measure"]
    wrong: dict[str, object] = {"rate": 0.6}
    with pytest.raises(SettlementError, match="no float holds a share"):
        investor_schedule(contract, {}, measured=wrong)  # type: ignore[arg-type]
    with pytest.raises(SettlementError, match="no whole number of minor units on 2018-10-01"):
        investor_schedule(contract, {date(2018, 10, 1): 1.5}, measured={"rate": 1})  # type: ignore[dict-item]
    with pytest.raises(SettlementError, match="after the account closes"):
        investor_schedule(
            contract, {date(2018, 10, 1): 1}, measured={"rate": 1}, until="2017-01-01"
        )
    plain: Contract = contract_of("")
    with pytest.raises(SettlementError, match="has no investment"):
        investor_schedule(plain, {})


def test_the_schedule_adds_up_and_is_told() -> None:
    schedule = investor_schedule(
        agreed(BENEVOLENT), {date(2015, 10, 1): 12_345_678_91}, measured={"rate": "19%"}
    )
    assert sum(schedule.account_table["amount_pence"].to_pylist()) == 0
    told = schedule.as_dict()
    assert told["all"]["gain_pence"] == schedule.flows().gain_pence
    paid = -schedule.account_pence("investors")
    assert schedule.flows().came_back_pence == paid
    assert all(one in schedule.text for one in ("Money multiple", "Class P", "banks"))
