"""Places in a simulation: whoever leaves is followed by another, after the place has stood empty
for as long as the area says; every milestone is paid once for a place, to the first who reaches it.

Children start on 9 January 2017, and leave on 20 February (6 weeks).
"""

from __future__ import annotations

import numpy as np
import pytest
from tests.spec.drawn_tables import contract_of, settled
from tests.spec.test_who_and_how import slots

from impactbond.errors import AssumptionError
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Area
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.learn import area_from
from impactbond.simulation.read import parse_area
from impactbond.simulation.reforecast import reforecast
from impactbond.simulation.simulate import simulate
from impactbond.simulation.trial_evidence import by_events

AREA = """
impactbond: 1
area: here
title: Here
groups:
  - {name: One, children: %d, start: 2017-01-09,
     attributes: {school: Elm, borough: north, place: home}}
"""
ALL = "leaves: {6 weeks: 100%}\n"
JOINS = "chances: {joins: {chance: 100%, after: 10 days}, stays: {chance: 100%, after: 8 weeks}}\n"


def area_of(rest: str, children: int = 1) -> Area:
    return parse_area((AREA % children + rest).encode(), name="area.yaml")


def drawn(rest: str, clock: str = "restarts", children: int = 1, trials: int = 1) -> Forecast:
    contract = contract_of(slots(clock))
    return simulate(contract, area_of(rest, children), trials=trials, seed=1)


def reached(forecast: Forecast) -> list[tuple[str, str]]:
    rows = forecast.reached_table(0).to_pylist()
    return [(row["milestone"], row["reached_on"].isoformat()) for row in rows]


def test_who_comes_next_reaches_what_is_left_to_the_place() -> None:
    # The first joins on 19 January and has left before 8 weeks are over. The next starts on 6
    # March, and leaves on 17 April: 8 weeks are 1 May. The third starts on 1 May and leaves on 12
    # June.
    twice = "refilled: {after: {2 weeks: 100%}, times: 2}\n"
    assert reached(drawn(JOINS + ALL + twice)) == [("joins", "2017-01-19")]
    # Who stays longer gets to 8 weeks: one in two of all, so that of many places some do late.
    half = "leaves: {6 weeks: 50%}\n"
    forecast = drawn(JOINS + half + twice, children=400, trials=3)
    days = {row["reached_on"].isoformat() for row in forecast.reached_table(0).to_pylist()}
    # 9 January, 6 March and 1 May, each and 8 weeks.
    assert days == {"2017-01-19", "2017-03-06", "2017-05-01", "2017-06-26"}
    # Of eight places four, two and one get there in time for the first, second and third child.
    joined, stayed = 400 * 1_000, forecast.total_pence - 400 * 1_000
    assert (forecast.total_pence >= joined).all()
    assert abs(stayed.mean() / 10_000 - 400 * 7 / 8) < 5 * np.sqrt(400 * 7 / 64 / 3)


def joins(chance: str, after: str) -> str:
    """Chances of joining alone."""
    return f"""
chances:
  joins: {{chance: {chance}, after: {after}}}
  stays: {{chance: 0%, after: 8 weeks}}
"""


def test_a_place_that_stays_empty_earns_nothing_more() -> None:
    sometimes = "refilled: {after: {2 weeks: 40%}, times: 1}\n"
    forecast = drawn(joins("50%", "10 days") + ALL + sometimes, children=1_000, trials=50)
    # Half join at once; of the other half two in five places get a second child, who joins or not.
    share = 0.5 + 0.5 * 0.4 * 0.5
    error = np.sqrt(1_000 * share * (1 - share) / 50)
    assert abs(forecast.total_pence.mean() / 1_000 - 1_000 * share) < 5 * error


def test_a_clock_that_goes_on_leaves_who_comes_later_what_is_left_of_the_time() -> None:
    # Joining takes 41 days, to 19 February; half leave after 40, on 18 February. The next starts on
    # 4 March and would join on 14 April; the time that goes on ended on 9 April.
    half = "leaves: {40 days: 50%}\nrefilled: {after: {2 weeks: 100%}, times: 1}\n"
    chances = joins("100%", "41 days")
    afresh = {day for _, day in reached(drawn(chances + half, "restarts", children=50))}
    assert afresh == {"2017-02-19", "2017-04-14"}
    goes_on = {day for _, day in reached(drawn(chances + half, "goes on", children=50))}
    assert goes_on == {"2017-02-19"}


def test_nobody_starts_whom_the_contract_does_not_cover_any_more() -> None:
    # The next would start on 6 March.
    started = "started: 2017-01-01 through 2017-03-01\n  attributes:"
    terms = slots("restarts").replace("attributes:", started)
    half = "leaves: {6 weeks: 50%}\nrefilled: {after: {2 weeks: 100%}, times: 1}\n"
    area = area_of(joins("100%", "50 days") + half, 50)
    forecast = simulate(contract_of(terms), area, trials=1, seed=1)
    assert {day for _, day in reached(forecast)} == {"2017-02-28"}


def test_what_is_spent_is_spent_on_everybody_who_holds_the_place() -> None:
    costs = "costs: [{name: Mentor, amount: 10.00, per: child}]\n"
    twice = "refilled: {after: {2 weeks: 100%}, times: 2}\n"
    assert drawn(JOINS + ALL + twice + costs).cost_pence.sum() == 3_000


NINE = "limits: [{contract: whole, at_most: 9 participants, beyond: unpaid}]"
EACH = "limits: [{contract: whole, each: participant, at_most: 105.00, beyond: unpaid}]"


@pytest.mark.parametrize("clock", ["restarts", "goes on"])
@pytest.mark.parametrize("limits", ["", NINE, EACH])
def test_every_future_settles_from_its_evidence_to_the_same_pence(clock: str, limits: str) -> None:
    terms = """
milestones:
  joins: {when: {observed: consent, in: quarter}, price: 10.00}
  other: {instead_of: joins, when: {observed: agreement, in: quarter}, price: 7.00}
  stays: {after: joins, when: {observed: assessed, in: year one}, price: 100.00}
"""
    contract = by_events(contract_of(slots(clock).partition("milestones:")[0] + terms + limits))
    rest = """
chances:
  joins: {chance: 50%, after: {10 days: 1/2, 5 weeks: 1/2}}
  other: {chance: 40%, after: {12 days: 1/2, 5 weeks: 1/2}}
  stays: {chance: 60%, after: {8 weeks: 1/2, 7 months: 1/2}}
leaves: {6 weeks: 40%, 4 months: 30%}
refilled: {after: {0 days: 30%, 3 weeks: 60%}, times: 2}
"""
    forecast = simulate(contract, area_of(rest, 12), trials=2, seed=3)
    for trial in range(2):
        by, evidence = forecast.as_evidence(trial)
        assert evidence.participants_table.num_rows > 12
        settlement = settle(by, evidence, as_of="2030-12-31")
        due = settlement.balances_table["due_pence"].to_numpy().reshape(8, -1)
        places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
        np.testing.assert_array_equal(forecast.due_pence[trial][:, places], due)
    assert forecast.due_pence.any()
    assert forecast.held_back_pence.any() == bool(limits)
    assert forecast.draws.is_single == bool(limits)


PLAIN = """
milestones: {joins: {when: {observed: consent, in: year one}, price: 1.00}}
participants: {attributes: {place: text}}
"""
BY_SCHOOL = """
participants: {places: {by: school, clock: restarts}}
milestones: {joins: {when: {observed: consent, in: year one}, price: 1.00}}
funding: [{for: every milestone, shares: {council: 50%, school: the rest}}]
"""
JOINS_ALONE = "chances: {joins: {chance: 1%, after: 1 day}}\n"
TOO_MANY = "refilled: {after: {1 week: 60%, 2 weeks: 50%}, times: 1}"
SLOTS = slots("restarts")
REFUSED = {
    "no_refill": (SLOTS, JOINS + ALL),
    "all_filled": (SLOTS, JOINS + TOO_MANY),
    "no_places": (PLAIN, JOINS_ALONE + "refilled: {after: {1 week: 60%}, times: 1}"),
    "not_drawn": (BY_SCHOOL, JOINS_ALONE),
    "recorded_apart": (SLOTS, JOINS.replace("after: 10 days", "after: 1 day, recorded: 1 day")),
}


@pytest.mark.parametrize("code", REFUSED)
def test_what_cannot_be_drawn_of_places_is_refused(code: str) -> None:
    terms, rest = REFUSED[code]
    place = "" if code == "not_drawn" else ", place: home"
    area = parse_area(
        (AREA % 1).replace(", place: home", place).encode() + rest.encode(), name="area.yaml"
    )
    with pytest.raises(AssumptionError) as refused:
        simulate(contract_of(terms), area, trials=1, seed=1)
    assert [fault.code for fault in refused.value.faults] == [code]


def test_what_is_left_of_places_is_refused() -> None:
    evidence = """
        child | place
        c1    | P1
        ---
        child | metric  | on         | value
        c1    | consent | 2017-01-20 | yes
    """
    settlement = settled(slots("restarts"), evidence, "2017-04-30")
    with pytest.raises(AssumptionError) as refused:
        reforecast(settlement, area_of(JOINS), trials=1, seed=1)
    assert [fault.code for fault in refused.value.faults] == ["not_drawn"]


def test_how_places_are_filled_again_is_learnt_from_results() -> None:
    evidence = """
        child | start      | left       | place
        c1    | 2017-01-09 | 2017-02-20 | P1
        c2    | 2017-03-06 |            | P1
        c3    | 2017-01-09 | 2017-02-20 | P2
        c4    | 2017-01-09 |            | P3
        ---
        child | metric  | on         | value
        c2 c4 | consent | 2017-03-20 | yes
    """
    area = area_from(settled(slots("restarts"), evidence, "2017-07-31"))
    # Two of four have left after 42 days; one place of two was filled again, after 14.
    assert (
        b"leaves:\n  42 days: 50%\nrefilled:\n  after:\n    14 days: 50%\n  times: 1\n"
        in area.source
    )
    assert area.children == 3
    simulate(contract_of(slots("restarts")), area, trials=2, seed=1)
