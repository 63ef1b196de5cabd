"""Who starts and when, what is assumed of some of them, and evidence that comes late: by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of

from impactbond.errors import AssumptionError
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area
from impactbond.simulation.simulate import simulate

CONTRACT = contract_of(
    "milestones: {joined: {when: {observed: consent, in: year one}, price: 100.00}}"
)
TEXT = """
impactbond: 1
area: here
title: Here
intake:
  - name: Elm
    children: [2, 0, 5]
    start: 2017-01-09
    every: 4 months
    attributes: {school: Elm, borough: north}
  - name: Oak
    children: [7]
    start: 2017-01-09
    every: 1 year
    attributes: {school: Oak, borough: south}
chances:
  joined: {chance: 100%, after: 10 days}
"""


def area_of(more: str = "", **changes: str) -> Area:
    text = TEXT + more
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return parse_area(text.encode(), name="area.yaml", contract=CONTRACT)


def test_an_intake_starts_in_cohorts() -> None:
    area = area_of()
    assert [(one.name, one.children, one.start) for one in area.cohorts] == [
        ("Elm 1", 2, date(2017, 1, 9)),
        ("Elm 3", 5, date(2017, 9, 9)),
        ("Oak 1", 7, date(2017, 1, 9)),
    ]
    assert area.children == 14
    forecast = simulate(CONTRACT, area, trials=2, seed=1)
    # Nine in January and five in September, at £100.
    assert forecast.due_pence[1].sum(axis=1).tolist()[:3] == [900_00, 0, 500_00]
    assert {row["group"] for row in forecast.reached_table(0).to_pylist()} == {
        *("Elm 1", "Elm 3", "Oak 1")
    }


def test_a_segment_has_chances_of_its_own() -> None:
    south = "segments:\n  - {only: {borough: [south]}, "
    more = south + "chances: {joined: {chance: 0%, after: 1 day}}}\n"
    forecast = simulate(CONTRACT, area_of(more), trials=3, seed=1)
    assert forecast.total_pence.tolist() == [700_00] * 3
    leaves = south + "leaves: {5 days: 100%}}\n"
    forecast = simulate(CONTRACT, area_of(leaves), trials=3, seed=1)
    assert forecast.total_pence.tolist() == [700_00] * 3


def test_what_is_recorded_after_a_claim_date_is_in_a_later_claim() -> None:
    # Joined on 19 January and 19 September; claims are made after each quarter. Eight months after
    # 19 January is 19 September, before the claim of the third quarter; eight months after that,
    # 19 May, nothing is claimed any more where the term has ended.
    late = {"after: 10 days": "after: 10 days, recorded: 8 months"}
    forecast = simulate(CONTRACT, area_of(**late), trials=2, seed=1)
    on_time = simulate(CONTRACT, area_of(), trials=2, seed=1)
    by_claim = on_time.due_pence[0].sum(axis=1)
    moved = forecast.due_pence[0].sum(axis=1)
    assert by_claim[0] == 900_00
    assert moved[0] == 0
    assert moved[2] == 900_00
    later = [claim.number for claim in forecast.claim_dates if claim.known_by >= date(2018, 5, 19)]
    assert moved[3:].sum() == (500_00 if later else 0)


def test_half_of_evidence_late_moves_half_of_the_money_in_the_mean() -> None:
    half = {"after: 10 days": "after: 10 days, recorded: {1 day: 50%, 5 months: 50%}"}
    forecast = simulate(CONTRACT, area_of(**half), trials=2_000, seed=1)
    first = forecast.due_pence[:, 0].sum(axis=1)
    # Of nine children each is in time or not: a binomial number of mean 4.5 and variance 2.25.
    error = 100_00 * np.sqrt(2.25 / 2_000)
    assert abs(first.mean() - 450_00) < 5 * error
    assert forecast.total_pence.min() == 14 * 100_00


def test_every_fault_of_intake_and_segments_is_told_at_once() -> None:
    more = """segments:
  - {only: {borough: [west], ward: [x]}, chances: {joind: {chance: 5%, after: 1 day}}}
  - only: {borough: [south]}
    chances: {joined: {chance: 5%, after: {1 day: 50%}, recorded: {1 day: 50%}}}
"""
    with pytest.raises(AssumptionError) as caught:
        area_of(more, **{"name: Oak": "name: Elm", "school: Oak, ": ""})
    assert {(fault.clause, fault.code) for fault in caught.value.faults} == {
        ("intake > entry 2 > name", "group_twice"),
        ("intake > entry 2 > attributes > school", "no_attribute"),
        ("segments > entry 1 > only > borough", "unknown_value"),
        ("segments > entry 1 > only > ward", "unknown_attribute"),
        ("segments > entry 1 > chances > joind", "unknown_milestone"),
        ("segments > entry 2 > chances > joined > after", "not_the_whole"),
        ("segments > entry 2 > chances > joined > recorded", "not_the_whole"),
    }


def test_an_area_without_children_is_told() -> None:
    with pytest.raises(AssumptionError, match="nobody starts"):
        area_of(**{"children: [2, 0, 5]": "children: [0]", "children: [7]": "children: [0]"})
