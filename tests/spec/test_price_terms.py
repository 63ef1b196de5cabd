"""What a price depends on: the day, the participant, how many claims came before, an index."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import contract_of, lines, paid, rows

from impactbond.errors import ContractError

ONE_YES = "consent: {when: {observed: consent, in: year one}, price: "


def consent(price: str, **parts: str) -> str:
    """The milestone `consent` at a price with further terms."""
    further = "".join(f", {name}: {value}" for name, value in parts.items())
    return f"milestones:\n  {ONE_YES}{price}{further}}}\n"


@pytest.mark.mechanic(3, 56)
def test_a_price_may_fall_by_date_and_the_day_of_achievement_decides() -> None:
    """The share of £4,000 that a troubled family's attachment pays: 80%, then 60%, then 40%."""
    terms = consent(
        "1600.00",
        rates="[{price: 3200.00, through: 2017-03-31}, {price: 2400.00, through: 2017-06-30}]",
    )
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-03-31 | yes
        c2    | consent | 2017-04-01 | yes
        c3    | consent | 2017-06-30 | yes
        c4    | consent | 2017-07-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "3,200.00"},
        "2017-Q2": {"council": "4,800.00"},  # 2 × 2,400
        "2017-Q3": {"council": "1,600.00"},
    }


@pytest.mark.mechanic(62)
def test_a_temporary_price_holds_between_its_days_only() -> None:
    terms = consent("0.00", rates="[{price: 2000.00, from: 2017-02-01, through: 2017-02-28}]")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-31 | yes
        c2    | consent | 2017-02-01 | yes
        c3    | consent | 2017-02-28 | yes
        c4    | consent | 2017-03-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "4,000.00"}}


@pytest.mark.mechanic(25)
def test_a_price_may_depend_on_who_the_participant_is_on_that_day() -> None:
    terms = consent(
        "100.00",
        rates="[{price: 400.00, only: {borough: [north], school: [Elm, Oak]}},"
        " {price: 250.00, only: {borough: [north]}}]",
    )
    evidence = """
        child | school | borough
        c1    | Elm    | north
        c2    | Ash    | north
        c3    | Elm    | south
        ---
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
    """
    # c1 400, c2 the second rate 250, c3 neither: 100
    assert paid(terms, evidence) == {"2017-Q1": {"council": "750.00"}}


@pytest.mark.mechanic(25, 60)
def test_an_uplift_for_some_is_rounded_up_to_the_pound() -> None:
    terms = consent(
        "1675.00",
        changes="[{by: +3.5%, only: {borough: [south]}}]",
        rounded="{to: 1.00, way: up}",
    )
    evidence = """
        child | borough
        c1    | north
        c2    | south
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    # 1,675 + 1,675 × 1.035 = 1,733.625, up to 1,734
    assert paid(terms, evidence) == {"2017-Q1": {"council": "3,409.00"}}


@pytest.mark.mechanic(58)
def test_a_discount_that_was_bid_comes_off_every_price() -> None:
    terms = consent("4730.00", changes="[{by: -12.5%}]")
    evidence = """
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
    """
    # 4,730 × 87.5% = 4,138.75 each
    assert paid(terms, evidence) == {"2017-Q1": {"council": "8,277.50"}}


CPI = "[{index: cpi, base: 2016-04-01}]"


@pytest.mark.mechanic(57)
@pytest.mark.parametrize(
    ("way", "price"),
    [("nearest", "1,734.00"), ("up", "1,734.00"), ("down", "1,733.00")],
)
def test_an_indexed_price_follows_the_dated_table(way: str, price: str) -> None:
    """£1,675 × 103.5 / 100 = £1,733.625; before April the index stands at its base."""
    terms = f"""
indices: {{cpi: [{{from: 2016-04-01, is: 100}}, {{from: 2017-04-01, is: 103.5}}]}}
{consent("1675.00", changes=CPI, rounded=f"{{to: 1.00, way: {way}}}")}
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-03-31 | yes
        c2    | consent | 2017-04-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "1,675.00"},
        "2017-Q2": {"council": price},
    }


@pytest.mark.mechanic(56)
def test_a_yearly_discount_lowers_the_price_from_each_anniversary() -> None:
    terms = consent(
        "1000.00", changes="[{by: -10%, from: 2017-07-01}, {by: -10%, from: 2018-07-01}]"
    )
    evidence = """
        child | start      |
        c1    | 2017-01-09 |
        c2    | 2017-07-01 |
        c3    | 2018-07-02 |
        ---
        child | metric  | on         | value
        c1    | consent | 2017-06-30 | yes
        c2    | consent | 2017-07-01 | yes
        c3    | consent | 2018-07-02 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q2": {"council": "1,000.00"},
        "2017-Q3": {"council": "900.00"},
        "2018-Q3": {"council": "810.00"},  # 1,000 × 0.9 × 0.9
    }


BANDS = consent("1000.00", bands="[{after: 3, price: 900.00}, {after: 5, price: 1200.00}]")


@pytest.mark.mechanic(54, 55)
def test_the_price_of_a_claim_depends_on_how_many_came_before_it_and_may_fall_and_rise() -> None:
    evidence = """
        child  | metric  | on         | value
        c1..c4 | consent | 2017-02-01 | yes
        c5..c7 | consent | 2017-05-01 | yes
    """
    assert paid(BANDS, evidence) == {
        "2017-Q1": {"council": "3,900.00"},  # 3 × 1,000 + 900
        "2017-Q2": {"council": "3,300.00"},  # 900 + 2 × 1,200
    }


@pytest.mark.mechanic(54, 116)
def test_a_claim_taken_back_moves_the_later_ones_into_earlier_bands() -> None:
    """Three at 1,000 become two; the fourth moves from 900 to 1,000."""
    evidence = """
        child  | metric  | on         | value | recorded   | ref | replaces
        c1     | consent | 2017-02-01 | yes   | 2017-02-01 | r1  |
        c1     | consent | 2017-02-01 | no    | 2017-06-01 | r2  | r1
        c2..c4 | consent | 2017-02-02 | yes   | 2017-02-02 |     |
    """
    assert paid(BANDS, evidence) == {
        "2017-Q1": {"council": "3,900.00"},
        "2017-Q2": {"council": "-900.00"},
    }
    assert lines(BANDS, evidence)[4:] == rows("""
        claimed | kind       | child | milestone | achieved | because    | value     | withheld
        2017-Q2 | adjustment | c1    | consent   | 2017-Q1  | taken back | -1,000.00 | 0.00
        2017-Q2 | adjustment | c4    | consent   | 2017-Q1  | repriced   | 100.00    | 0.00
    """)


@pytest.mark.mechanic(33)
def test_deadweight_is_taken_off_the_running_total_not_off_each_claim() -> None:
    """Five of six families are paid for: £4,000 × 5/6 is no whole penny, three together are."""
    terms = consent("4000.00", paid_for="5/6")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c2    | consent | 2017-02-02 | yes
        c3    | consent | 2017-02-03 | yes
    """
    values = [row["value"] for row in lines(terms, evidence)]
    assert values == ["3,333.33", "3,333.34", "3,333.33"]  # cuts of 3,333.33 6,666.67 10,000.00
    assert paid(terms, evidence) == {"2017-Q1": {"council": "10,000.00"}}


@pytest.mark.mechanic(61)
def test_prices_in_one_currency_are_paid_in_another_at_the_stated_rate() -> None:
    """Waste to Wealth, Nigeria: EUR 46 each at 1.077 dollars; five are $247.71, not 5 × $49.54."""
    terms = f"""
currency: USD
prices_in: {{currency: EUR, rate: 1.077}}
{consent("46.00")}
"""
    evidence = """
        child  | metric  | on         | value
        c1..c5 | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "247.71"}}  # 230 × 1.077


@pytest.mark.mechanic(61)
@pytest.mark.parametrize(
    ("currency", "prices", "rate", "price", "total"),
    [
        ("JPY", "GBP", "150.5", "10.01", "1,507"),  # 10.01 × 150.5 = 1,506.505
        ("GBP", "JPY", "0.0066", "5000", "33.00"),
        ("KWD", "GBP", "0.385", "100.00", "38.500"),
        ("GBP", "KWD", "2.6", "0.005", "0.01"),  # 0.013
    ],
)
def test_currencies_may_have_no_two_or_three_decimals(
    currency: str, prices: str, rate: str, price: str, total: str
) -> None:
    terms = f"""
currency: {currency}
prices_in: {{currency: {prices}, rate: {rate}}}
{consent(price)}
"""
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": total}}


POINTS = """
metrics: {points: {kind: quantity, unit: points}}
milestones:
  point: {when: {observed: consent, in: year one},
    units: {amounts: points, in: year one, every: 1}, PRICE}
"""
A_THOUSAND = "price: 125.00, paid_for: 1/1000"


@pytest.mark.mechanic(60)
def test_a_rate_finer_than_a_penny_is_that_of_a_thousand_of_which_a_thousandth_is_paid() -> None:
    """Twelve and a half pence a point: 3 points are 37.5 pence, paid as 38; 5 are 62.5, paid as 63
    in all.
    """
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-01-12 | yes
        c1    | points  | 2017-01-20 | 3
        c1    | points  | 2017-04-20 | 2
    """
    assert paid(POINTS.replace("PRICE", A_THOUSAND), evidence) == {
        "2017-Q1": {"council": "0.38"},
        "2017-Q2": {"council": "0.25"},
    }


@pytest.mark.mechanic(60, 65, 103, 145)
def test_limits_discounts_and_late_evidence_are_those_of_the_milestone_at_a_finer_rate() -> None:
    """A tenth off leaves 11.25 pence a point. 101 points are £11.3625, of which the limit on each
    child leaves £5.00. 33 points that come late earn half, £1.85625: £13.21875 in all is paid as
    £13.22, of which £11.36 were the first child's, so that £1.86 are left for the second.
    """
    terms = f"""
{POINTS.replace("PRICE", A_THOUSAND)}
calendar: {{evidence: {{within: 10 days, late: next claim, late_pays: 50%}}}}
discounts: [{{off: 10%}}]
limits: [{{contract: whole, each: participant, at_most: 5.00, beyond: unpaid}}]
"""
    evidence = """
        child | metric  | on         | value | recorded
        c1 c2 | consent | 2017-01-12 | yes   |
        c1    | points  | 2017-02-01 | 101   |
        c2    | points  | 2017-02-01 | 33    | 2017-09-01
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "5.00"},
        "2017-Q3": {"council": "1.86"},
    }


@pytest.mark.mechanic(57, 145)
@pytest.mark.parametrize("bands", ["", "[{after: 10, price: 0.03}]"])
@pytest.mark.parametrize("children", ["c1 c2 c3", "c1"])
def test_late_claims_at_a_price_in_bands_are_halved_one_by_one(bands: str, children: str) -> None:
    """Half of 5 pence is 2.5, paid as 3 for each child: 9 for three, where half of the 15 that they
    come to together would be paid as 8. With bands as without.
    """
    terms = f"""
{consent("0.05", **({"bands": bands} if bands else {}))}
calendar: {{evidence: {{within: 10 days, late: next claim, late_pays: 50%}}}}
"""
    evidence = f"""
        child      | metric  | on         | value | recorded
        {children} | consent | 2017-02-01 | yes   | 2017-09-01
    """
    total = {"c1 c2 c3": "0.09", "c1": "0.03"}[children]
    assert paid(terms, evidence) == {"2017-Q3": {"council": total}}


@pytest.mark.mechanic(60)
@pytest.mark.parametrize(
    ("finer", "instead"),
    [
        ("price: 0.125", "price: 125.00, paid_for: 1/1000"),
        ("price: 0.125, paid_for: 5/6", "price: 125.00, paid_for: 1/1200"),
        ("price: 0.00025", "price: 0.25, paid_for: 1/1000"),
        ("price: 0.000025", "price: 0.25, paid_for: 1/10000"),
    ],
)
def test_a_rate_finer_than_a_penny_is_refused_with_what_to_write_in_its_place(
    finer: str, instead: str
) -> None:
    with pytest.raises(ContractError) as refused:
        contract_of(POINTS.replace("PRICE", finer))
    (fault,) = refused.value.faults
    assert fault.hint.endswith(instead)
    assert contract_of(POINTS.replace("PRICE", instead)).milestones["point"].paid_for
