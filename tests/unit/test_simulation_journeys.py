"""Journeys: units, alternatives, days that differ, and milestones that hang together.

Every figure is worked out by hand: chances are certain, or the mean of drawn numbers is held within
five standard errors of the exact one, from a fixed seed.
"""

from __future__ import annotations

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.contract.contract import Contract
from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.journeys import journeys
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate


def forecast(terms: str, chances: str, children: int = 10, trials: int = 4) -> Forecast:
    """What is drawn for children who start at Elm in the north on 9 January 2017."""
    contract = contract_of(terms)
    return simulate(contract, area_of(contract, chances, children), trials=trials, seed=1)


def area_of(contract: Contract, chances: str, children: int = 10) -> Area:
    text = f"""
impactbond: 1
area: somewhere
title: Somewhere
groups:
  - name: All
    children: {children}
    start: 2017-01-09
    attributes: {{school: Elm, borough: north}}
{chances}
"""
    return parse_area(text.encode(), name="area.yaml", contract=contract)


def quarters(drawn: Forecast) -> list[int]:
    """What is due at each claim date of the first trial, in pence."""
    found: list[int] = drawn.due_pence[0].sum(axis=1).tolist()
    return found


UNITS = """
milestones:
  meetings:
    when: {observed: consent, in: year one}
    units: {rows: meeting, in: year one}
    price: 7.00
"""


def test_units_are_claimed_in_the_periods_in_which_they_are_completed() -> None:
    """Reached on 8 February; five meetings a month apart are on 8 February and March in the first
    quarter, on 8 April, May and June in the second: 2 and 3 at £7 for each of ten children.
    """
    drawn = forecast(
        UNITS,
        "chances: {meetings: {chance: 100%, after: 30 days, units: {5: 100%}, every: 1 month}}",
    )
    assert quarters(drawn) == [14000, 21000, 0, 0, 0, 0, 0, 0]


def test_no_unit_is_completed_after_the_term_nor_beyond_the_most() -> None:
    """Months on the 8th from February 2017 through December 2018 are 23; the contract pays 20."""
    chances = (
        "chances: {meetings: {chance: 100%, after: 30 days, units: {99: 100%}, every: 1 month}}"
    )
    assert forecast(UNITS, chances).total_pence[0] == 10 * 23 * 700
    most = UNITS.replace("meeting, in: year one}", "meeting, in: year one, at_most: 20}")
    assert forecast(most, chances).total_pence[0] == 10 * 20 * 700


def test_the_number_of_units_is_drawn_by_its_shares() -> None:
    """One unit or four, evenly: 2.5 on average for each of ten children."""
    drawn = forecast(
        UNITS,
        "chances: {meetings: {chance: 100%, after: 30 days, units: {1: 50%, 4: 50%}}}",
        trials=4_000,
    )
    error = 700 * (10 * 2.25 / 4_000) ** 0.5  # each child: 1.5 above the mean or below it
    assert abs(drawn.total_pence.mean() - 10 * 2.5 * 700) < 5 * error


@pytest.mark.parametrize(
    ("chances", "code"),
    [
        ("chances: {meetings: {chance: 100%, after: 30 days}}", "units_missing"),
        ("chances: {meetings: {chance: 1/2, after: 1 day, units: {1: 50%}}}", "not_the_whole"),
        (
            "chances: {meetings: {chance: 1/2, after: {1 day: 50%, 9 days: 49%}, units: {1: 1/1}}}",
            "not_the_whole",
        ),
    ],
)
def test_shares_that_leave_something_open_are_refused(chances: str, code: str) -> None:
    with pytest.raises(AssumptionError) as refused:
        forecast(UNITS, chances)
    assert [fault.code for fault in refused.value.faults] == [code]


ALTERNATIVES = """
milestones:
  short: {instead_of: long, when: {observed: consent, in: year one}, price: 300.00}
  long:  {instead_of: short, when: {observed: agreement, in: year one}, price: 450.00}
"""


def test_of_alternatives_the_first_pays() -> None:
    """Long after 20 days, short after 30: ten times £450. On one day, the one written first."""
    sure = "chances: {{short: {{chance: 100%, after: {}}}, long: {{chance: 100%, after: {}}}}}"
    assert forecast(ALTERNATIVES, sure.format("30 days", "20 days")).total_pence[0] == 450000
    assert forecast(ALTERNATIVES, sure.format("30 days", "30 days")).total_pence[0] == 300000


def test_an_alternative_pays_where_the_other_was_not_reached() -> None:
    """Short for half of them, long for everybody but later: £300 or £450, £375 on average."""
    chances = "chances: {short: {chance: 50%, after: 1 day}, long: {chance: 100%, after: 9 days}}"
    drawn = forecast(ALTERNATIVES, chances, trials=4_000)
    error = 7500 * (10 / 4_000) ** 0.5
    assert abs(drawn.total_pence.mean() - 375000) < 5 * error
    claims = drawn.claimed_table(0).to_pylist()
    assert len({row["child"] for row in claims}) == len(claims) == 10


def test_days_are_drawn_by_their_shares() -> None:
    """A consent at £100 in the first quarter for a quarter of the children, in the second for the
    rest.
    """
    chances = "chances: {consent: {chance: 100%, after: {30 days: 25%, 120 days: 75%}}}"
    drawn = forecast("", chances, children=100, trials=2_000)
    first, second = (drawn.due_pence[:, claim].sum(axis=1) for claim in (0, 1))
    assert (first + second == 100 * 10000).all()
    assert abs(first.mean() - 25 * 10000) < 5 * 10000 * (100 * 3 / 16 / 2_000) ** 0.5


STATES = """
metrics: {exit: {kind: state, states: [restored, not restored, unknown]}}
milestones:
  back: {when: {state: exit, in: year one, is: restored}, price: 1.00}
  gone: {when: {state: exit, in: year one, is: not restored}, price: 100.00}
  kept: {when: {state: exit, in: year one, is: restored}, price: 10000.00}
"""


def per_child(drawn: Forecast, trial: int) -> list[set[str]]:
    """What each child reaches in a trial, of those who reach anything."""
    found: dict[int, set[str]] = {}
    for row in drawn.reached_table(trial).to_pylist():
        found.setdefault(row["child"], set()).add(row["milestone"])
    return list(found.values())


def test_another_state_at_the_same_look_excludes_and_the_same_condition_comes_along() -> None:
    chances = """chances:
  back: {chance: 60%, after: 364 days}
  gone: {chance: 30%, after: 364 days}
  kept: {chance: 60%, after: 364 days}
"""
    drawn = forecast(STATES, chances, trials=50)
    for trial in range(50):
        assert all(one in ({"back", "kept"}, {"gone"}) for one in per_child(drawn, trial))


def test_a_higher_bar_is_passed_only_by_those_who_pass_the_lower_one() -> None:
    """A fifth pass the higher of two bars, half the lower one: so 30% pass the lower one alone."""
    terms = """
milestones:
  high: {when: {count: meeting, in: year one, at_least: 9}, price: 1.00}
  low:  {when: {count: meeting, in: year one, at_least: 3}, price: 1.00}
"""
    chances = "chances: {high: {chance: 20%, after: 300 days}, low: {chance: 50%, after: 200 days}}"
    drawn = forecast(terms, chances, children=100, trials=200)
    alone = [sum(one == {"low"} for one in per_child(drawn, trial)) for trial in range(200)]
    assert all({"low"} <= one for trial in range(200) for one in per_child(drawn, trial))
    assert abs(np.mean(alone) - 30) < 5 * (100 * 0.3 * 0.7 / 200) ** 0.5


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("observed: consent, in: year one", "observed: consent, in: year one"),
        ("all: [{observed: consent, in: year one, clause: '4.1'}]",) * 2,
    ],
)
def test_one_condition_under_two_clauses_is_met_by_the_same_children(one: str, other: str) -> None:
    """Two milestones cite two clauses for the same consent: a child who gives it reaches both."""
    terms = f"""
milestones:
  first:  {{when: {{{one}, clause: "4.1"}}, price: 1.00}}
  second: {{when: {{{other.replace("4.1", "4.2")}, clause: "4.2"}}, price: 1.00}}
"""
    chances = "chances: {first: {chance: 50%, after: 1 day}, second: {chance: 50%, after: 1 day}}"
    drawn = forecast(terms, chances, trials=50)
    for trial in range(50):
        reached = per_child(drawn, trial)
        assert all(child in (set(), {"first", "second"}) for child in reached)


def test_an_area_may_say_what_excludes_and_what_contains() -> None:
    terms = """
milestones:
  one:   {when: {observed: consent, in: year one}, price: 1.00}
  two:   {when: {observed: agreement, in: year one}, price: 1.00}
  three: {when: {observed: assessed, in: year one}, price: 1.00}
"""
    chances = """chances:
  one: {chance: 50%, after: 1 day}
  two: {chance: 50%, after: 1 day}
  three: {chance: 25%, after: 1 day}
exclusive: [[one, two]]
nested: [[two, three]]
"""
    drawn = forecast(terms, chances, trials=50)
    for trial in range(50):
        assert all(one in ({"one"}, {"two"}, {"two", "three"}) for one in per_child(drawn, trial))
        assert len(per_child(drawn, trial)) == 10


@pytest.mark.parametrize(
    ("chances", "code"),
    [
        (("60%", "41%", "60%"), "exclude_each_other"),
        (("60%", "30%", "61%"), "more_than_contains_it"),
    ],
)
def test_chances_that_cannot_hold_together_are_refused(
    chances: tuple[str, str, str], code: str
) -> None:
    names = ("back", "gone", "kept")
    said = [
        f"  {name}: {{chance: {chance}, after: 364 days}}"
        for name, chance in zip(names, chances, strict=True)
    ]
    with pytest.raises(AssumptionError) as refused:
        forecast(STATES, "\n".join(["chances:", *said]))
    assert [fault.code for fault in refused.value.faults] == [code]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("exclusive: [[consent, nobody]]", "unknown_milestone"),
        ("exclusive: [[consent, later]]", "comes_after"),
        ("nested: [[consent, other], [other, consent]]", "related_twice"),
        ("exclusive: [[other, consent]]\nnested: [[later, consent]]", "comes_after"),
    ],
)
def test_relations_that_mean_nothing_are_refused(said: str, code: str) -> None:
    terms = """
milestones:
  consent: {when: {observed: consent, in: year one}, price: 1.00}
  later:   {after: consent, when: {observed: agreement, in: year one}, price: 1.00}
  other:   {when: {observed: assessed, in: year one}, price: 1.00}
"""
    names = ("consent", "later", "other")
    chances = "\n".join(f"  {name}: {{chance: 10%, after: 1 day}}" for name in names)
    with pytest.raises(AssumptionError) as refused:
        forecast(terms, f"chances:\n{chances}\n{said}")
    assert code in [fault.code for fault in refused.value.faults]


def test_a_rate_of_outcomes_that_exclude_one_another_has_its_exact_mean() -> None:
    """Ten leave, each back with its family by a chance of 60%: the rate of those who left is in
    the tier from 60% (£5,250) where six or seven are back, from 70% up £10,500, below it £3,500.
    """
    terms = f"""{STATES.replace("price: 1.00", "price: 0").replace("price: 100.00", "price: 0")}
measures:
  left: {{claims: [back, gone]}}
  rate: {{ratio: [{{claims: back}}, left]}}
results:
  coupon:
    measure: rate
    counted: to date
    pays:
      tiers:
        - {{is: at least 0%, pays: 3500.00}}
        - {{is: at least 60%, pays: 5250.00}}
        - {{is: at least 80%, pays: 10500.00}}
"""
    terms = terms.replace(
        "  kept: {when: {state: exit, in: year one, is: restored}, price: 10000.00}\n", ""
    )
    chances = (
        "chances: {back: {chance: 60%, after: 364 days}, gone: {chance: 40%, after: 364 days}}"
    )
    drawn = forecast(terms, chances, trials=4_000)
    chance = [
        float(comb(10, back) * Fraction(3, 5) ** back * Fraction(2, 5) ** (10 - back))
        for back in range(11)
    ]
    paid = [350000 if back < 6 else 525000 if back < 8 else 1050000 for back in range(11)]
    mean = sum(p * amount for p, amount in zip(chance, paid, strict=True))
    spread = sum(p * (amount - mean) ** 2 for p, amount in zip(chance, paid, strict=True)) ** 0.5
    assert set(drawn.total_pence.tolist()) == {350000, 525000, 1050000}
    assert abs(drawn.total_pence.mean() - mean) < 5 * spread / 4_000**0.5


def test_milestones_of_one_condition_are_reached_together_and_each_on_a_day_of_its_own() -> None:
    """Twelve milestones at £1, reached together by half of the children, each on 8 February or, by
    three quarters of those, on 28 July: one child in one trial is paid £12 in all or nothing, and
    of those who are paid (3/4)^12 are paid nothing in the first quarter. Not 4,096 ways in one
    stage, but two in each of thirteen.
    """
    names = [f"one_{number}" for number in range(12)]
    term = "{when: {observed: consent, in: year one}, price: 1.00}"
    terms = "\n".join(["milestones:", *(f"  {name}: {term}" for name in names)])
    assumed = "{chance: 1/2, after: {30 days: 1/4, 200 days: 3/4}}"
    chances = "\n".join(["chances:", *(f"  {name}: {assumed}" for name in names)])
    contract = contract_of(terms)
    (stages,) = journeys(contract, area_of(contract, chances))
    assert [max(map(len, stage.of_cell)) for stage in stages] == [2] * 13
    drawn = forecast(terms, chances, children=1, trials=4_000)
    assert set(drawn.total_pence.tolist()) == {0, 1200}
    first = drawn.due_pence.sum(axis=2)[:, 0]
    paid, chance = drawn.total_pence == 1200, 0.75**12
    assert abs(paid.mean() - 0.5) < 5 * (0.25 / 4_000) ** 0.5
    error = (chance * (1 - chance) / paid.sum()) ** 0.5
    assert abs((first[paid] == 0).mean() - chance) < 5 * error
    error = 100 * (12 * 3 / 16 / paid.sum()) ** 0.5
    assert abs(first[paid].mean() - 300) < 5 * error
