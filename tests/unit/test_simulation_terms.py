"""What a simulation does with the wider language: results, fees, relief, who is covered."""

from __future__ import annotations

from datetime import date

import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

MILESTONES = """
milestones:
  consent:   {when: {observed: consent, in: year one}, price: 100.00}
  agreement: {only: {borough: [north]}, when: {observed: agreement, in: year one}, price: 0.00}
"""


def area(
    start: date = date(2017, 1, 9), chances: tuple[str, ...] = ("consent", "agreement")
) -> Area:
    """Ten children in the north and five in the south, who all reach everything."""
    sure = "\n".join(
        f"  {name}: {{chance: 100%, after: 30 days}}" for name in ("consent", "agreement")
    )
    text = f"""
impactbond: 1
area: somewhere
title: Somewhere
groups:
  - {{name: north, children: 10, start: {start}, attributes: {{school: Elm, borough: north}}}}
  - {{name: south, children: 5, start: {start}, attributes: {{school: Elm, borough: south}}}}
chances:
{sure}
"""
    return parse_area(text.encode(), name="area.yaml")


def totals(terms: str) -> set[int]:
    """What all funders pay over the whole term, in every trial, in pence."""
    return set(simulate(contract_of(terms), area(), trials=3, seed=1).total_pence.tolist())


def test_results_and_fees_are_settled_in_every_future() -> None:
    """15 consents at £100, a service fee of £60, and £7 for each of the ten agreements."""
    terms = f"""{MILESTONES}
results: {{agreed: {{measure: {{claims: agreement}}, pays: {{each: 1, pays: 7.00}}}}}}
fees: {{service: {{kind: service fee, pay: 60.00, on: 2017-03-31}}}}
"""
    assert totals(terms) == {150000 + 6000 + 7000}


def test_relief_stands_instead_of_drawn_claims_too() -> None:
    terms = f"""{MILESTONES}
fees:
  relief:
    kind: relief
    pay: 60.00
    on: 2017-03-31
    instead_of: {{milestones: consent, from: 2017-01-01, through: 2017-03-31}}
"""
    assert totals(terms) == {6000}


def test_children_who_start_outside_the_referral_window_do_not_fit() -> None:
    contract = contract_of(f"participants: {{started: 2017-01-01 through 2017-01-31}}{MILESTONES}")
    simulate(contract, area(), trials=1, seed=1)
    with pytest.raises(AssumptionError) as error:
        simulate(contract, area(date(2017, 2, 1)), trials=1, seed=1)
    assert {fault.code for fault in error.value.faults} == {"not_covered"}
