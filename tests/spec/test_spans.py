"""Units by lengths of time: months, further days, lapses; and years of the contract."""

from __future__ import annotations

from collections import Counter

import pytest
from tests.spec.drawn_tables import contract_of, paid, settled

from impactbond.contract.diagnostics.check import check
from impactbond.contract.wording.render import render
from impactbond.contract.wording.words import ContractWords
from impactbond.dates import Span
from impactbond.terms.measures import ClaimsCounted, said

HOME = """
calendar: {term: 2016-01-01 through 2020-12-31}
metrics:
  home: {kind: state, states: [housed, away]}
windows: {always: start to 5 years after start}
"""


def stays(units: str, price: str, evidence: str, *, start: str = "2016-01-31") -> dict[str, str]:
    """What is paid in each year, from the day of the start on, for units of days housed."""
    terms = f"""{HOME}
milestones:
  stays:
    when: {{observed: consent, in: always}}
    units: {{days: home, as: housed, in: always, {units}}}
    price: {price}
"""
    table = f"""
        child | start
        c1    | {start}
        ---
        child | metric  | on         | value
        c1    | consent | {start}    | yes
        {evidence}
    """
    return {period: by["council"] for period, by in paid(terms, table).items()}


@pytest.mark.mechanic(130)
def test_every_further_three_months_are_paid_once_and_no_more_than_so_many_times() -> None:
    # From 31 January 2016: three months end before 30 April, six before 31 July, nine before 31
    # October, and so on, every time counted from 31 January. By 29 December 2017 there are seven
    # (the seventh before 31 October 2017), of which the contract pays five.
    # A row on the last day of each quarter says in time that it has lasted.
    evidence = """c1 | home | 2016-01-31 2016-03-31 2016-06-30 2016-09-30 2016-12-31 | housed
        c1    | home    | 2017-03-31 2017-06-30 2017-09-30 2017-12-29 | housed"""
    assert stays("every: 3 months", "840.00", evidence) == {
        "2016-Q2": "840.00",
        "2016-Q3": "840.00",
        "2016-Q4": "840.00",
        "2017-Q1": "840.00",
        "2017-Q2": "840.00",
        "2017-Q3": "840.00",
        "2017-Q4": "840.00",
    }
    assert list(stays("every: 3 months, at_most: 5", "840.00", evidence))[-1] == "2017-Q2"


@pytest.mark.mechanic(130)
@pytest.mark.parametrize(
    ("every", "stretches"),
    [
        (
            "1 month",
            [
                # A month from 31 January 2016 is to 29 February, and complete on the 28th.
                ("2016-01-31", "2016-02-27", 0),
                ("2016-01-31", "2016-02-28", 1),
                # Two months from it are to 31 March, not to 29 March.
                ("2016-01-31", "2016-03-29", 1),
                ("2016-01-31", "2016-03-30", 2),
                # In a year that is no leap year, to 28 February.
                ("2017-01-31", "2017-02-26", 0),
                ("2017-01-31", "2017-02-27", 1),
            ],
        ),
        (
            "1 year",
            [
                # A year from 29 February 2016 is to 28 February 2017; four are to 29 February 2020.
                ("2016-02-29", "2017-02-26", 0),
                ("2016-02-29", "2017-02-27", 1),
                ("2016-02-29", "2020-02-27", 3),
                ("2016-02-29", "2020-02-28", 4),
            ],
        ),
        ("2 weeks", [("2016-02-28", "2016-03-11", 0), ("2016-02-28", "2016-03-12", 1)]),
    ],
)
def test_a_month_or_a_year_is_as_long_as_the_calendar_makes_it(
    every: str, stretches: list[tuple[str, str, int]]
) -> None:
    people = [f"c{n} | {first}" for n, (first, _, _) in enumerate(stretches)]
    rows = [f"c{n} | consent | {first} | yes" for n, (first, _, _) in enumerate(stretches)]
    # The row on the last day says that it lasted until then.
    rows += [f"c{n} | home | {one} {last} | housed" for n, (one, last, _) in enumerate(stretches)]
    about, observed = "\n".join(people), "\n".join(rows)
    evidence = f"child | start\n{about}\n---\nchild | metric | on | value\n{observed}"
    terms = f"""{HOME}
milestones:
  stays:
    when: {{observed: consent, in: always}}
    units: {{days: home, as: housed, in: always, every: {every}}}
    price: 1.00
"""
    found = Counter[str]()
    for row in settled(terms, evidence).claims_table.to_pylist():
        found[row["participant"]] += row["quantity"]
    assert [found[f"c{n}"] for n in range(len(stretches))] == [many for _, _, many in stretches]


@pytest.mark.mechanic(131)
def test_each_further_day_is_paid_from_the_day_after_the_year_is_complete() -> None:
    terms = f"""{HOME}
milestones:
  year: {{when: {{sustained: home, as: housed, for: 1 year, in: always}}, price: 1000.00}}
  days:
    after: year
    when: {{sustained: home, as: housed, for: 1 year, in: always}}
    units: {{days: home, as: housed, in: always, from: %s}}
    price: 15.12
"""
    evidence = """
        child | start
        c1    | 2016-01-01
        ---
        child | metric | on                    | value
        c1    | home   | 2016-01-01 2017-01-31 | housed
    """
    # 2016 is a leap year: the year is complete on 31 December, and there are 31 further days.
    assert paid(terms % "the day after", evidence) == {
        "2016-Q4": {"council": "1,000.00"},
        "2017-Q1": {"council": "468.72"},
    }
    assert paid(terms % "that day", evidence)["2016-Q4"] == {"council": "1,015.12"}


@pytest.mark.mechanic(131)
def test_the_day_that_is_counted_twice_is_worth_a_look_until_the_contract_says_which() -> None:
    terms = f"""{HOME}
milestones:
  year: {{when: {{sustained: home, as: housed, for: 1 year, in: always}}, price: 1000.00}}
  days:
    after: year
    when: {{observed: consent, in: always}}
    units: {{days: home, as: housed, in: always%s}}
    price: 15.12
"""
    codes = [
        {one.code for one in check(contract_of(terms % said)) if one.code == "day_counted_twice"}
        for said in ("", ", from: that day", ", from: the day after")
    ]
    assert codes == [{"day_counted_twice"}, set(), set()]


AWAY = """c1 | home | 2016-02-01 | housed
        c1    | home    | 2016-04-21 | away
        c1    | home    | 2016-06-20 2016-06-30 2016-08-31 | housed"""


@pytest.mark.mechanic(132)
def test_units_that_must_be_unbroken_start_again_after_a_lapse() -> None:
    # 80 days from 1 February to 20 April: 2 units of 30 days. 73 days from 20 June to 31 August: 2
    # more, on 19 July and 18 August. Added up, 153 days are 5 units, on 1 March, 31 March, and
    # after 20 more days 29 June, then 29 July and 28 August.
    unbroken = stays("every: 30 days, lapses: none", "100.00", AWAY)
    assert unbroken == {"2016-Q1": "200.00", "2016-Q3": "200.00"}
    added = stays("every: 30 days", "100.00", AWAY)
    assert added == {"2016-Q1": "200.00", "2016-Q2": "100.00", "2016-Q3": "200.00"}
    assert stays("every: 30 days, lapses: any", "100.00", AWAY) == added


@pytest.mark.mechanic(133)
def test_a_lapse_of_up_to_so_long_does_not_break_a_unit_and_is_not_counted() -> None:
    # Away from 21 April through 19 June: 60 days, two days less than two months from 21 April.
    added = {"2016-Q1": "200.00", "2016-Q2": "100.00", "2016-Q3": "200.00"}
    assert stays("every: 30 days, lapses: up to 60 days", "100.00", AWAY) == added
    assert stays("every: 30 days, lapses: up to 2 months", "100.00", AWAY) == added
    broken = {"2016-Q1": "200.00", "2016-Q3": "200.00"}
    assert stays("every: 30 days, lapses: up to 59 days", "100.00", AWAY) == broken
    assert stays("every: 30 days, lapses: up to 8 weeks", "100.00", AWAY) == broken


@pytest.mark.mechanic(130, 133)
def test_months_across_a_lapse_are_as_many_days_as_they_have_from_the_first() -> None:
    # Two months from 1 February 2016 are 60 days (29 and 31), four are 121. The 60th day is 31
    # March. 80 days are counted by 20 April; the 121st is the 41st from 20 June: 30 July.
    together = stays("every: 2 months, lapses: up to 60 days", "100.00", AWAY)
    assert together == {"2016-Q1": "100.00", "2016-Q3": "100.00"}
    # From 20 June two months are 61 days: the 61st is 19 August, and not the 41st.
    evidence = AWAY.replace("2016-08-31", "2016-08-18")
    assert stays("every: 2 months, lapses: up to 60 days", "1.00", evidence)["2016-Q3"] == "1.00"
    assert "2016-Q3" not in stays("every: 2 months, lapses: none", "1.00", evidence)


@pytest.mark.mechanic(132)
def test_what_evidence_in_time_earned_is_kept_when_late_evidence_joins_two_stretches() -> None:
    late = """
calendar:
  term: 2016-01-01 through 2020-12-31
  evidence: {within: 60 days, late: next claim, late_pays: 50%}
metrics:
  home: {kind: state, states: [housed, away]}
windows: {always: start to 5 years after start}
milestones:
  stays:
    when: {observed: consent, in: always}
    units: {days: home, as: housed, in: always, every: 10 days, lapses: none}
    price: 100.00
"""
    evidence = """
        child | start
        c1    | 2016-01-01
        ---
        child | metric  | on         | value  | recorded
        c1    | consent | 2016-01-01 | yes    | 2016-01-01
        c1    | home    | 2016-01-01 | housed | 2016-01-01
        c1    | home    | 2016-01-16 | away   | 2016-01-16
        c1    | home    | 2016-01-16 | housed | 2016-05-01
        c1    | home    | 2016-01-17 | housed | 2016-01-17
        c1    | home    | 2016-01-30 | housed | 2016-01-30
    """
    # In time: 15 days and then 14, a unit each, £200.00. With the late row 30 days in one stretch,
    # three units: the two are kept, and the third earns half.
    assert paid(late, evidence) == {
        "2016-Q1": {"council": "200.00"},
        "2016-Q2": {"council": "50.00"},
    }


@pytest.mark.mechanic(134)
def test_there_is_one_claim_for_each_year_of_the_contract() -> None:
    terms = """
calendar:
  term: 2016-07-01 through 2018-12-31
  year_starts: 6 April
  claims: {every: year, made: 1 month after the period}
milestones:
  signed: {when: {count: meeting, in: year one, at_least: 1}, price: 100.00}
"""
    contract = contract_of(terms)
    assert [(one.label, str(one.first), str(one.last)) for one in contract.calendar.periods] == [
        ("2016-2017", "2016-07-01", "2017-04-05"),
        ("2017-2018", "2017-04-06", "2018-04-05"),
        ("2018-2019", "2018-04-06", "2018-12-31"),
    ]
    assert str(contract.calendar.claim_date(contract.calendar.periods[1])) == "2018-05-05"
    evidence = """
        child | metric  | on         | value
        c1    | meeting | 2017-04-05 | yes
        c2 c3 | meeting | 2017-04-06 | yes
    """
    assert paid(terms, evidence) == {
        "2016-2017": {"council": "100.00"},
        "2017-2018": {"council": "200.00"},
    }
    assert "every year of the contract" in render(contract)


@pytest.mark.mechanic(135)
def test_relief_that_is_paid_twice_for_the_same_claims_is_worth_a_look() -> None:
    terms = """
milestones:
  signed: {when: {observed: consent, in: year one}, price: 100.00}
  other: {when: {observed: agreement, in: year one}, price: 100.00}
fees:
  one:
    kind: relief
    pay: 600.00
    on: 2017-03-31
    instead_of: {milestones: [signed, other], from: 2017-01-01, through: 2017-03-31}
  two:
    kind: relief
    pay: 300.00
    on: 2017-03-31
    instead_of: {milestones: signed, from: %s, through: 2017-06-30}
"""

    def told(since: str) -> list[str]:
        findings = check(contract_of(terms % since))
        return [one.found for one in findings if one.code == "instead_of_twice"]

    assert told("2017-03-31") == ["claims of 'signed' achieved from 2017-03-31 through 2017-03-31"]
    assert told("2017-04-01") == []


@pytest.mark.mechanic(136)
def test_a_number_of_units_says_what_one_unit_is() -> None:
    terms = f"""{HOME}
milestones:
  weeks:
    when: {{observed: consent, in: always}}
    units: {{days: home, as: housed, in: always, every: 7 days}}
    price: 1.00
    bands: [{{after: 90, price: 2.00}}]
  signed: {{when: {{observed: agreement, in: always}}, price: 1.00}}
"""
    contract = contract_of(terms)
    measure = ClaimsCounted(claims=("weeks", "signed"))
    assert said(measure, ContractWords(contract)) == (
        "the number of claims of “weeks” (in units of 7 days) and “signed”"
    )
    assert "after its first 90 units, in the order of settlement" in render(contract)


def test_the_claims_of_units_are_worth_their_units() -> None:
    terms = f"""{HOME}
milestones:
  stays:
    when: {{observed: consent, in: always}}
    units: {{days: home, as: housed, in: always, every: 1 month, lapses: none}}
    price: 10.00
"""
    evidence = """
        child | start
        c1    | 2016-01-31
        ---
        child | metric  | on                    | value
        c1    | consent | 2016-01-31            | yes
        c1    | home    | 2016-01-31 2016-05-31 | housed
    """
    # Complete on 28 February, 30 March, 29 April and 30 May: two in the second quarter.
    claims = settled(terms, evidence).claims_table.to_pylist()
    assert [(row["period"], row["quantity"], row["value_pence"]) for row in claims] == [
        ("2016-Q1", 2, 2000),
        ("2016-Q2", 2, 2000),
    ]


def test_a_span_is_multiplied_from_its_first_day() -> None:
    assert Span(1, "month").times(3) == Span(3, "month")
    assert (Span(2, "week").days, Span(2, "month").days) == (14, None)
