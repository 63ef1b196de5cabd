"""Limits in number, by itself on each year, participant or attribute, and which claims come first.

The rules are those that contracts were seen to have; the orders of application are all stated.
"""

from __future__ import annotations

import pytest
from tests.spec.drawn_tables import lines, paid, pounds, rows, settled
from tests.spec.test_published_figures import happened, rate_card


def held(terms: str, evidence: str) -> dict[str, str]:
    """What limits withhold of every child's milestones in all, where it is not nothing."""
    found: dict[str, float] = {}
    for row in lines(terms, evidence):
        name = f"{row['child']} {row['milestone']}"
        found[name] = found.get(name, 0) + float(row["withheld"].replace(",", ""))
    return {name: f"{amount:.2f}" for name, amount in found.items() if amount}


LADDER = {"entering": 600, "months_6": 4400, "job": 5500, "months_26": 9000}


@pytest.mark.mechanic(65, 74)
@pytest.mark.parametrize(
    ("straddling", "withheld", "due"),
    [
        ("part paid", "500.00", "29,500.00"),  # 19,000 + 10,500
        ("unpaid", "9000.00", "21,000.00"),  # 10,500 + 10,500
    ],
)
def test_a_limit_on_each_person_truncates_the_last_step_of_the_ladder(
    straddling: str, withheld: str, due: str
) -> None:
    # The Rough Sleeping bonds: at most £19,000 for each person; the steps are illustrative. One
    # reaches 600 + 4,400 + 5,500 + 9,000 = 19,500, the other 600 + 5,500 + 4,400 = 10,500.
    terms = f"""
{rate_card(LADDER)}
limits:
  - {{contract: whole, each: participant, at_most: 19000, straddling: {straddling}, beyond: unpaid}}
"""
    evidence = """
        child | metric    | on         | value
        c1    | entering  | 2017-01-10 | yes
        c1    | months_6  | 2017-02-10 | yes
        c1    | job       | 2017-02-20 | yes
        c1    | months_26 | 2017-03-10 | yes
        c2    | entering  | 2017-01-10 | yes
        c2    | job       | 2017-02-10 | yes
        c2    | months_6  | 2017-03-11 | yes
    """
    assert held(terms, evidence) == {"c1 months_26": withheld}
    assert paid(terms, evidence) == {"2017-Q1": {"payers": due}}


@pytest.mark.mechanic(65, 95)
def test_a_step_taken_back_makes_room_for_the_same_persons_last_one_only() -> None:
    terms = f"""
{rate_card({"first": 100, "second": 100})}
limits: [{{contract: whole, each: participant, at_most: 150, straddling: unpaid, beyond: unpaid}}]
"""
    evidence = """
        child | metric | on         | recorded   | value | ref | replaces
        c1 c2 | first  | 2017-01-10 | 2017-01-10 | yes   |     |
        c2    | second | 2017-02-10 | 2017-02-10 | yes   |     |
        c1    | second | 2017-02-10 | 2017-02-10 | yes   |     |
        c3    | first  | 2017-01-10 | 2017-01-10 | yes   | r1  |
        c3    | second | 2017-02-10 | 2017-02-10 | yes   |     |
        c3    | first  | 2017-01-10 | 2017-05-10 | no    | r2  | r1
    """
    assert lines(terms, evidence)[6:] == rows("""
        claimed | kind       | child | milestone | achieved | because        | value   | withheld
        2017-Q2 | adjustment | c3    | first     | 2017-Q1  | taken back     | -100.00 | 0.00
        2017-Q2 | adjustment | c3    | second    | 2017-Q1  | limit released | 0.00    | -100.00
    """)


@pytest.mark.mechanic(66, 73)
def test_hounslow_is_paid_for_the_first_300_claims_of_each_step() -> None:
    # INDIGO 0170: 513 and 620 achieved, 300 + 300 paid, £810,000; prices inferred.
    terms = f"""
{rate_card({"first": 900, "second": 1800})}
limits:
  - {{milestone: first, at_most: 300 claims, beyond: unpaid}}
  - {{milestone: second, at_most: 300 claims, beyond: unpaid}}
"""
    evidence = happened({"first": 513, "second": 620})
    assert paid(terms, evidence) == {"2017-Q1": {"payers": "810,000.00"}}
    achieved = {"first": 0, "second": 0}
    for row in settled(terms, evidence).lines_table.to_pylist():
        achieved[row["milestone"]] += row["value_pence"]
    assert list(map(pounds, achieved.values())) == ["461,700.00", "1,116,000.00"]


@pytest.mark.mechanic(66)
def test_a_limit_on_several_milestones_counts_their_claims_together() -> None:
    terms = f"""
{rate_card({"first": 100, "second": 10})}
limits: [{{milestone: [first, second], at_most: 3 claims, beyond: unpaid}}]
"""
    evidence = """
        child       | metric | on         | value
        c1          | first  | 2017-02-03 | yes
        c1 c2       | second | 2017-02-02 | yes
        c2          | first  | 2017-02-04 | yes
    """
    assert held(terms, evidence) == {"c2 first": "100.00"}


SANTA_CLARA = f"""
{rate_card({"half_a_million": 500000})}
calendar: {{term: 2016-01-01 through 2022-12-31, year_starts: 1 July}}
limits:
  - {{contract: whole, each: year, at_most: 2000000, beyond: BEYOND}}
  - {{contract: whole, at_most: 12000000, beyond: unpaid}}
"""


def every_year(count: int, *days: str) -> str:
    drawn = [
        f"{letter}1..{letter}{count} | half_a_million | {day} | yes"
        for letter, day in zip("abcdefg", days, strict=False)
    ]
    return "\n".join(["child | metric | on | value", *drawn])


FISCAL_YEARS = [f"{year}-10-01" for year in range(2016, 2023)]


@pytest.mark.mechanic(70, 69, 74)
def test_santa_clara_pays_at_most_2_million_a_year_and_12_million_in_all() -> None:
    # Five achieve half a million's worth in each of seven years that start in July.
    due = paid(SANTA_CLARA.replace("BEYOND", "unpaid"), every_year(5, *FISCAL_YEARS))
    assert due == {f"{year}-Q4": {"payers": "2,000,000.00"} for year in range(2016, 2022)}


@pytest.mark.mechanic(70)
def test_what_lies_beyond_one_years_limit_may_be_paid_from_the_next_years_room() -> None:
    # 2016/17: 5 x 500,000, of which 2,000,000. The year after: nobody, 500,000 from the year
    # before, as soon as it has begun. The year after that: the room that was left is not carried.
    evidence = every_year(5, "2016-10-01", "2018-10-01")
    assert paid(SANTA_CLARA.replace("BEYOND", "next year"), evidence) == {
        "2016-Q4": {"payers": "2,000,000.00"},
        "2017-Q3": {"payers": "500,000.00"},
        "2018-Q4": {"payers": "2,000,000.00"},
        "2019-Q3": {"payers": "500,000.00"},
    }


@pytest.mark.mechanic(70)
def test_what_is_carried_from_the_year_before_comes_first() -> None:
    evidence = every_year(5, "2016-10-01", "2017-08-01")
    terms = SANTA_CLARA.replace("BEYOND", "next year")
    released = [row for row in lines(terms, evidence) if row["claimed"] == "2017-Q3"]
    assert [(row["child"], row["because"], row["withheld"]) for row in released] == [
        ("a5", "limit released", "-500,000.00"),
        ("b1", "achieved", "0.00"),
        ("b2", "achieved", "0.00"),
        ("b3", "achieved", "0.00"),
        ("b4", "achieved", "500,000.00"),
        ("b5", "achieved", "500,000.00"),
    ]


@pytest.mark.mechanic(70)
def test_a_limit_on_each_period_starts_afresh_with_every_period() -> None:
    terms = "limits: [{contract: whole, each: period, at_most: 150.00, beyond: unpaid}]"
    evidence = """
        child    | metric  | on         | value
        c1 c2 c3 | consent | 2017-02-01 | yes
        c4       | consent | 2017-05-01 | yes
        c5 c6    | consent | 2017-08-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "150.00"},
        "2017-Q2": {"council": "100.00"},
        "2017-Q3": {"council": "150.00"},
    }


@pytest.mark.mechanic(66, 79)
@pytest.mark.parametrize(
    ("limit", "withheld"),
    [
        # the first claim of each borough
        ("each: borough, at_most: 1 claims", {"c2": "100.00", "c4": "100.00"}),
        # the first two claims of the south; the north has no limit
        ("only: {borough: [south]}, at_most: 1 claims", {"c4": "100.00"}),
        ("only: {borough: [north]}, each: school, at_most: 50.00", {"c1": "50.00", "c2": "50.00"}),
    ],
)
def test_a_limit_may_be_on_each_value_of_an_attribute_or_on_some_of_them_only(
    limit: str, withheld: dict[str, str]
) -> None:
    terms = f"limits: [{{contract: whole, {limit}, beyond: unpaid}}]"
    evidence = """
        child | start      | school | borough
        c1    | 2017-01-09 | Elm    | north
        c2    | 2017-01-09 | Oak    | north
        c3 c4 | 2017-01-09 | Elm    | south
        ---
        child       | metric  | on         | value
        c1 c2 c3 c4 | consent | 2017-02-01 | yes
    """
    assert held(terms, evidence) == {f"{name} consent": kept for name, kept in withheld.items()}


@pytest.mark.mechanic(68)
def test_a_share_of_all_claims_holds_one_route_to_its_part_of_them() -> None:
    # At most 40% of participants by one route, the south: of five claims two, of four one.
    terms = """
limits:
  - {milestone: consent, only: {borough: [south]}, at_most: 40% of claims, beyond: unpaid}
"""
    evidence = """
        child    | start      | borough
        s1 s2 s3 | 2017-01-09 | south
        n1 n2    | 2017-01-09 | north
        ---
        child    | metric  | on         | value
        s1 s2 s3 | consent | 2017-02-01 | yes
        n1       | consent | 2017-03-01 | yes
        n2       | consent | 2017-04-01 | yes
    """
    assert paid(terms, evidence) == {
        "2017-Q1": {"council": "200.00"},  # s1 and n1: 40% of four is 1.6
        "2017-Q2": {"council": "200.00"},  # n2, and s2 is released: 40% of five is two
    }
    assert held(terms, evidence) == {"s3 consent": "100.00"}


@pytest.mark.mechanic(65, 115)
def test_a_limit_on_the_number_of_participants_pays_everything_of_the_first_so_many() -> None:
    terms = f"""
{rate_card({"first": 100, "second": 10})}
limits: [{{contract: whole, at_most: 2 participants, beyond: unpaid}}]
"""
    evidence = """
        child    | metric | on         | value
        c1       | second | 2017-01-10 | yes
        c2       | first  | 2017-01-12 | yes
        c3       | first  | 2017-01-20 | yes
        c1 c2 c3 | second | 2017-05-10 | yes
        c1       | first  | 2017-08-10 | yes
    """
    assert held(terms, evidence) == {"c3 first": "100.00", "c3 second": "10.00"}


ORDERS = f"""
{rate_card({"small": 100, "large": 300})}
limits: [{{contract: whole, at_most: 450.00, first: FIRST, beyond: unpaid}}]
"""
FOUR = """
    child | metric | on         | value
    c1    | small  | 2017-02-01 | yes
    c2    | large  | 2017-02-02 | yes
    c3    | small  | 2017-02-03 | yes
    c4    | small  | 2017-02-04 | yes
"""


@pytest.mark.mechanic(74)
@pytest.mark.parametrize(
    ("first", "withheld"),
    [
        # 100 + 300 + 50
        ("earliest", {"c3 small": "50.00", "c4 small": "100.00"}),
        # 300 + 100 + 50
        ("highest price", {"c3 small": "50.00", "c4 small": "100.00"}),
        # 450 of 600: three quarters of each
        ("in proportion",
         {"c1 small": "25.00", "c2 large": "75.00", "c3 small": "25.00", "c4 small": "25.00"}),
    ],
)  # fmt: skip
def test_which_claims_come_first_is_a_term(first: str, withheld: dict[str, str]) -> None:
    assert held(ORDERS.replace("FIRST", first), FOUR) == withheld


@pytest.mark.mechanic(74)
def test_with_the_highest_price_first_a_later_dear_claim_takes_the_room_of_a_cheap_one() -> None:
    terms = ORDERS.replace("450.00", "350.00").replace("FIRST", "highest price")
    evidence = FOUR.replace("2017-02-02", "2017-05-02")
    assert lines(terms, evidence)[3:] == rows("""
        claimed | kind       | child | milestone | achieved | because         | value  | withheld
        2017-Q2 | adjustment | c1    | small     | 2017-Q1  | limit displaced | 0.00   | 50.00
        2017-Q2 | adjustment | c3    | small     | 2017-Q1  | limit displaced | 0.00   | 100.00
        2017-Q2 | adjustment | c4    | small     | 2017-Q1  | limit displaced | 0.00   | 100.00
        2017-Q2 | claim      | c2    | large     | 2017-Q2  | achieved        | 300.00 | 0.00
    """)


@pytest.mark.mechanic(60, 74)
def test_parts_in_proportion_add_up_to_the_limit_to_the_penny() -> None:
    # 100.00 for three claims of 100.00: boundaries 33.33, 66.66 and 100.00.
    terms = "limits: [{contract: whole, at_most: 100.00, first: in proportion, beyond: unpaid}]"
    evidence = happened({"consent": 3})
    kept = [row["withheld"] for row in lines(terms, evidence)]
    assert kept == ["66.67", "66.67", "66.66"]


@pytest.mark.mechanic(74)
@pytest.mark.parametrize("in_all", [150, 250])
def test_in_proportion_may_be_in_number_too(in_all: int) -> None:
    # One claim of two: half of each, and whoever else is over the limit of the contract after it.
    terms = f"""
limits:
  - {{milestone: consent, at_most: 2 claims, first: in proportion, beyond: unpaid}}
  - {{contract: whole, at_most: {in_all}.00, beyond: unpaid}}
"""
    assert paid(terms, happened({"consent": 4})) == {
        "2017-Q1": {"council": f"{min(in_all, 200)}.00"}
    }


@pytest.mark.mechanic(67, 74, 88)
def test_what_stands_besides_a_limit_does_not_count_towards_it() -> None:
    terms = f"""
{rate_card({"grant": 1000, "outcome": 100})}
limits: [{{contract: whole, besides: grant, at_most: 150.00, beyond: unpaid}}]
"""
    assert paid(terms, happened({"grant": 1, "outcome": 2})) == {"2017-Q1": {"payers": "1,150.00"}}


@pytest.mark.mechanic(74)
def test_caps_from_the_person_to_the_contract_are_applied_in_the_order_written() -> None:
    # Each child 150, then each milestone three claims, then 250 in a year.
    terms = f"""
{rate_card({"first": 100, "second": 100})}
limits:
  - {{contract: whole, each: participant, at_most: 150.00, beyond: unpaid}}
  - {{milestone: second, at_most: 1 claims, beyond: unpaid}}
  - {{contract: whole, each: year, at_most: 270.00, beyond: unpaid}}
"""
    # c1 100 and 50 of the second; c2 the same; of the seconds, only c1's 50 is paid; 100 + 100 +
    # 50 is within 270; c3's first has 20 left.
    evidence = """
        child | metric | on         | value
        c1 c2 | first  | 2017-02-01 | yes
        c1 c2 | second | 2017-02-02 | yes
        c3    | first  | 2017-02-03 | yes
    """
    assert held(terms, evidence) == {
        "c1 second": "50.00", "c2 second": "100.00", "c3 first": "80.00",
    }  # fmt: skip


@pytest.mark.mechanic(73)
def test_every_limit_that_withholds_from_a_line_is_named() -> None:
    terms = """
limits:
  - {contract: whole, each: participant, at_most: 90.00, beyond: unpaid}
  - {contract: whole, each: year, at_most: 1 claims, beyond: unpaid}
"""
    found = settled(terms, happened({"consent": 2})).lines_table["withheld_by"].to_pylist()
    assert found == [
        "contract each participant",
        "contract each participant; contract each year in claims",
    ]


@pytest.mark.mechanic(67, 74, 88)
def test_results_and_fees_meet_the_limits_that_name_them_and_no_limit_on_participants() -> None:
    # Each child 90 of 100; consent and the result 95 in each borough, the result last; the grant
    # is under neither, and within the 104.00 that the contract pays in a year.
    terms = """
fees: {grant: {kind: grant, pay: 10.00, on: 2017-01-16}}
results: {gain: {measure: {claims: consent}, each: borough, pays: {each: 1, pays: 20.00}}}
limits:
  - {contract: whole, each: participant, at_most: 90.00, beyond: unpaid}
  - {milestone: [gain, consent], each: borough, first: highest price, at_most: 95.00,
     beyond: unpaid}
  - {contract: whole, each: year, at_most: 104.00, beyond: unpaid}
"""
    assert held(terms, happened({"consent": 2})) == {
        "c1 consent": "10.00",
        "c2 consent": "96.00",  # 10, then 85, then 1 because the grant comes first
        " gain": "40.00",
    }
    assert paid(terms, happened({"consent": 2})) == {"2017-Q1": {"council": "104.00"}}
