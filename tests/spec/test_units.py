"""Units: milestones that pay for every so many days, rows or so much of a quantity."""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import lines, paid, settled, verdicts

HOME = """
metrics:
  home: {kind: state, states: [family, care, approved move]}
  earned: {kind: quantity, decimals: 2}
windows: {second half: 6 months after start to 1 year after start}
"""


def weekly(units: str, price: str = "50.00") -> str:
    """A contract that pays for these units from consent on."""
    return f"""{HOME}
milestones:
  weeks: {{when: {{observed: consent, in: year one}}, units: {{{units}}}, price: {price}}}
"""


@pytest.mark.mechanic(27)
def test_whole_weeks_in_a_state_are_paid_up_to_so_many_in_the_period_that_completes_them() -> None:
    terms = weekly("days: home, as: family, in: year one, every: 7 days, at_most: 4")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c1    | home    | 2017-01-20 | family
        c1    | home    | 2017-02-20 | care
        c1    | home    | 2017-03-27 | family
        c1    | home    | 2017-06-01 | family
    """
    # From consent on: 1 to 19 February, two weeks and 5 days. On the first claim date 27 March is
    # known and not yet that it goes on: 28 March completes the third week, and 4 April the fourth.
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "100.00"},
        "2017-Q2": {"council": "100.00"},
    }
    rows = settled(terms, evidence).lines_table.to_pylist()
    assert [(row["quantity"], row["kind"], str(row["achieved_on"])) for row in rows] == [
        (2, "claim", "2017-02-07"),
        (1, "adjustment", "2017-02-07"),
        (1, "claim", "2017-04-04"),
    ]
    assert verdicts(terms, evidence) == {"c1 weeks": "achieved 2017-02-01"}
    claims = settled(terms, evidence).claims_table.to_pylist()
    assert [(row["period"], row["quantity"], row["value_pence"]) for row in claims] == [
        ("2017-Q1", 3, 15000),
        ("2017-Q2", 1, 5000),
    ]


@pytest.mark.mechanic(28, 30)
def test_a_lump_for_the_first_weeks_and_then_a_price_for_every_day() -> None:
    terms = f"""{HOME}
conditions: {{settled: {{sustained: home, as: family, for: 14 weeks, in: year one}}}}
milestones:
  lump: {{when: settled, price: 1000.00}}
  days:
    {{after: lump, when: settled, units: {{days: home, as: family, in: year one}}, price: 10.00}}
"""
    evidence = """
        child | metric | on                    | value
        c1    | home   | 2017-01-09 2017-07-01 | family
        c2    | home   | 2017-01-09            | family
        c2    | home   | 2017-04-16            | care
    """
    # 98 days from 9 January end on 16 April. 16 April to 30 June are 76 days, and then 1 July is
    # known. c2 comes to 97 days.
    assert paid(terms, evidence) == {
        "2017-Q2": {"council": "1,760.00"},
        "2017-Q3": {"council": "10.00"},
    }


@pytest.mark.mechanic(29)
def test_days_are_paid_until_the_day_on_which_it_fails() -> None:
    terms = weekly("days: home, as: family, in: second half", "5.00")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c1    | home    | 2017-01-09 | family
        c1    | home    | 2017-08-01 | care
    """
    assert paid(terms, evidence) == {"2017-Q3": {"council": "115.00"}}  # 9 to 31 July


@pytest.mark.mechanic(31)
def test_units_go_on_after_an_approved_move_and_stop_when_somebody_leaves() -> None:
    terms = weekly("days: home, as: [family, approved move], in: year one", "1.00")
    evidence = """
        child | start      | left
        c2    | 2017-01-09 | 2017-02-03
        ---
        child | metric  | on         | value
        c1 c2 | consent | 2017-02-01 | yes
        c1 c2 | home    | 2017-01-09 | family
        c1 c2 | home    | 2017-02-11 | approved move
        c1 c2 | home    | 2017-02-21 | care
    """
    # c1: 1 to 20 February, c2: 1 to 3 February.
    assert paid(terms, evidence) == {"2017-Q1": {"council": "23.00"}}


@pytest.mark.mechanic(17)
def test_a_soft_outcome_is_paid_every_time_up_to_so_many_times() -> None:
    # DfE care leavers: soft outcomes at £220, claimable several times.
    terms = weekly("rows: meeting, in: year one, at_most: 3", "220.00")
    evidence = """
        child | metric  | on                                          | value
        c1 c2 | consent | 2017-02-01                                  | yes
        c1    | meeting | 2017-01-31 2017-02-01 2017-03-01 2017-04-01 | yes
        c1    | meeting | 2017-03-08                                  | no
        c1    | meeting | 2017-05-01 2017-06-01                       | yes
    """
    # The one before consent does not count, nor does the one that did not happen.
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "440.00"},
        "2017-Q2": {"council": "220.00"},
    }


@pytest.mark.mechanic(17, 116)
def test_a_unit_that_is_taken_back_is_a_negative_line_and_a_later_one_fills_its_place() -> None:
    terms = weekly("rows: meeting, in: year one, at_most: 2", "220.00")
    evidence = """
        child | metric  | on         | value | ref | replaces | recorded   | status
        c1    | consent | 2017-02-01 | yes   |     |          | 2017-02-01 |
        c1    | meeting | 2017-02-02 | yes   | a   |          | 2017-02-02 |
        c1    | meeting | 2017-03-02 | yes   | b   |          | 2017-03-02 |
        c1    | meeting | 2017-05-02 | yes   | c   |          | 2017-05-02 |
        c1    | meeting | 2017-03-02 |       | d   | b        | 2017-06-01 | withdrawn
    """
    told = [
        (row["claimed"], row["achieved"], row["because"], row["value"])
        for row in lines(terms, evidence)
    ]
    assert told == [
        ("2017-Q1", "2017-Q1", "achieved", "440.00"),
        ("2017-Q2", "2017-Q1", "taken back", "-220.00"),
        ("2017-Q2", "2017-Q2", "achieved", "220.00"),
    ]


@pytest.mark.mechanic(21)
def test_every_whole_thousand_of_earnings_is_a_unit() -> None:
    terms = weekly("amounts: earned, in: year one, every: 1000.00", "70.00")
    evidence = """
        child | metric  | on         | value
        c1    | consent | 2017-02-01 | yes
        c1    | earned  | 2017-02-28 | 999.99
        c1    | earned  | 2017-03-31 | 0.01
        c1    | earned  | 2017-04-30 | 2500.00
        c1    | earned  | 2017-07-31 | 499.99
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "70.00"},
        "2017-Q2": {"council": "140.00"},
    }


MEETINGS = "units: {rows: meeting, in: year one}, price: 10.00"
HALF_THROUGH = [
    # a term that begins or ends on 15 February; what 1 February and 1 March then come to
    (f"{MEETINGS}, rates: [{{price: 20.00, from: 2017-02-15}}]", "", {"council": "30.00"}),
    (f"{MEETINGS}, changes: [{{by: +50%, through: 2017-02-14}}]", "", {"council": "25.00"}),
    (
        f"{MEETINGS}, changes: [{{index: cpi, base: 2016-01-01}}]",
        "indices: {cpi: [{from: 2016-01-01, is: 100}, {from: 2017-02-15, is: 150}]}",
        {"council": "25.00"},
    ),
    (MEETINGS, "discounts: [{off: 50%, from: 2017-02-15}]", {"council": "15.00"}),
    (
        MEETINGS,
        """
funding:
  - {for: meetings, through: 2017-02-14, shares: {council: 100%}}
  - {for: meetings, shares: {lottery: 100%}}
""",
        {"council": "10.00", "lottery": "10.00"},
    ),
    (
        MEETINGS,
        "fees: {help: {kind: relief, pay: 3.00, on: 2017-03-31, instead_of:"
        " {milestones: meetings, from: 2017-02-15, through: 2017-03-31}}}",
        {"council": "13.00"},
    ),
    (
        MEETINGS,
        "funding: [{for: every milestone, shares: {school: 100%}}]",
        {"school: Elm": "10.00", "school: Oak": "10.00"},
    ),
]


@pytest.mark.mechanic(17, 56, 57, 84, 97, 114, 145)
@pytest.mark.parametrize(("milestone", "terms", "due"), HALF_THROUGH)
def test_each_unit_has_the_price_the_shares_and_the_school_of_its_own_day(
    milestone: str, terms: str, due: dict[str, str]
) -> None:
    terms = f"""
milestones:
  meetings: {{when: {{observed: consent, in: year one}}, {milestone}}}
{terms}
"""
    evidence = """
        child | school | from       | recorded
        c1    | Elm    | 2017-01-09 | 2017-01-09
        c1    | Oak    | 2017-02-15 | 2017-02-15
        ---
        child | metric  | on                    | value
        c1    | consent | 2017-01-12            | yes
        c1    | meeting | 2017-02-01 2017-03-01 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": due}


@pytest.mark.mechanic(56)
def test_two_units_of_one_day_are_two() -> None:
    """Two meetings on 1 February, each written down by itself, one on 1 March: three at £10.00."""
    terms = f"""
milestones:
  meetings: {{when: {{observed: consent, in: year one}}, {MEETINGS}}}
"""
    evidence = """
        child | metric  | on                    | recorded   | value
        c1    | consent | 2017-01-12            | 2017-01-12 | yes
        c1    | meeting | 2017-02-01 2017-03-01 | 2017-03-02 | yes
        c1    | meeting | 2017-02-01            | 2017-03-03 | yes
    """
    assert paid(terms, evidence) == {"2017-Q1": {"council": "30.00"}}


@pytest.mark.mechanic(27, 56)
def test_weeks_that_are_over_after_a_price_rose_are_paid_at_the_price_that_rose() -> None:
    """Weeks end on 7 and 14 February at £50.00, on 21 and 28 February and on 7 and 14 March at
    £60.00; of the last two it is known in May, when the quarter was claimed.
    """
    terms = weekly(
        "days: home, as: family, in: year one, every: 1 week, lapses: none",
        "50.00, rates: [{price: 60.00, from: 2017-02-15}]",
    )
    evidence = """
        child | metric  | on         | value  | recorded
        c1    | consent | 2017-02-01 | yes    |
        c1    | home    | 2017-02-01 | family |
        c1    | home    | 2017-02-28 | family |
        c1    | home    | 2017-03-15 | care   | 2017-05-10
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "220.00"},
        "2017-Q2": {"council": "120.00"},
    }


@pytest.mark.mechanic(70)
def test_a_unit_counts_towards_the_limit_of_the_year_of_its_own_day() -> None:
    """One claim for both years; each has room for £25.00 of its three meetings."""
    terms = f"""
calendar:
  claims:
    every: listed
    made: 1 month after the period
    listed: {{all: 2017-01-01 through 2018-12-31}}
milestones:
  meetings: {{when: {{observed: consent, in: year one}}, {MEETINGS.replace("year one", "both")}}}
windows: {{both: start to 2 years after start}}
limits: [{{contract: whole, each: year, at_most: 25.00, beyond: unpaid}}]
"""
    evidence = """
        child | metric  | on                               | value
        c1    | consent | 2017-01-12                       | yes
        c1    | meeting | 2017-02-01 2017-03-01 2017-12-31 | yes
        c1    | meeting | 2018-01-01 2018-02-01 2018-03-01 | yes
    """
    assert paid(terms, evidence) == {"all": {"council": "50.00"}}
