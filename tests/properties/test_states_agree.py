"""States that must be confirmed, and measures that reach a bar, of many participants at once, as in
the plain reference: rows that come a day too late are rare among drawn contracts.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from functools import cache
from typing import Any

import pytest
from tests.properties.drawn import Drawn
from tests.properties.test_engines_agree import (
    ENGINES,
    engine_claims,
    engine_decisions,
    reference_claims,
    reference_decisions,
)
from tests.spec.drawn_tables import contract_of

from impactbond.dialect import Engine

HELD = "sustained: home, as: [in, on], in: spring"
LASTED = f"{{{HELD}, for: 2 weeks}}"
BAR = "reaches: sdq, in: spring, is: below 12"
CONTRACT = f"""
calendar: {{term: 2017-01-01 through 2017-06-30}}
metrics:
  home: {{kind: state, states: [out, in, on], confirmed: every 9 days}}
  seen: {{kind: state, states: [out, in, on]}}
windows: {{spring: 2017-02-01 through 2017-03-31, early: start through 2017-02-14}}
milestones:
  lasted:  {{when: {LASTED}, price: 1.00}}
  in all:  {{when: {{{HELD}, for: 3 weeks, within: 1 month}}, price: 1.00}}
  not so:  {{when: {{not: {LASTED}}}, price: 1.00}}
  shown:   {{when: {{not: {LASTED}, shown_by: {{state: seen, in: spring, is: in}}}}, price: 1.00}}
  unknown: {{when: {{not: {{sustained: seen, as: in, for: 2 weeks, in: spring}}}}, price: 1.00}}
  days:
    when: {{observed: consent, in: year one}}
    units: {{days: home, as: in, in: spring}}
    price: 1.00
  reached: {{when: {{{BAR}}}, price: 1.00}}
  gained:  {{when: {{reaches: sdq, by: 4, between: [early, spring]}}, price: 1.00}}
  neither: {{when: {{not: {{any: [{{{BAR}}}, {LASTED}]}}}}, price: 1.00}}
"""


def drawn(seed: int, children: int = 25) -> Drawn:
    """Children with some rows each of the first quarter of 2017, of the same seed the same."""
    dice, start = random.Random(seed), date(2017, 1, 9)
    blank = {"source": None, "evidence_ref": None, "supersedes": None, "status": "recorded"}
    people: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    for number in range(children):
        own = {"participant": f"c{number}", "school": "Elm", "borough": "north"}
        dated = {"started_on": start, "left_on": None, "from_on": start, "recorded_on": start}
        people.append(own | dated)
        found = {("consent", start): 1}
        for metric, gap in (("home", 6), ("seen", 20), ("sdq", 20)):
            day = start + timedelta(days=dice.randint(0, 30))
            while day < date(2017, 4, 9):
                high = (0, 1, 1, 1, 2) if metric != "sdq" else (10, 12, 14, 16)
                found[metric, day] = dice.choice(high)
                # Mostly in time, at times a day before or after it.
                day += timedelta(days=dice.choice((gap, 8, 9, 9, 10)))
        rows += [
            {"metric": metric, "value": value, "observed_on": day, "recorded_on": day, **blank}
            | {"participant": f"c{number}", "observation": f"c{number} {metric} {day}"}
            for (metric, day), value in found.items()
        ]
    return Drawn(contract_of(CONTRACT), people, rows)


@cache
def told() -> tuple[object, object]:
    """What the reference says of it."""
    return reference_decisions(drawn(seed=1)), reference_claims(drawn(seed=1))


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_decides_of_states_and_bars_as_the_reference_does(engine: Engine) -> None:
    case = drawn(seed=1)
    decided = engine_decisions(case, engine)
    assert decided == told()[0]
    # Of every milestone some are achieved and some are not: nothing here holds by itself.
    last = decided[max(decided)]
    for milestone in case.contract.milestones:
        verdicts = {verdict for _, name, verdict, *_ in last if name == milestone}
        assert len(verdicts) > 1 or milestone in ("days", "consent"), milestone
    assert engine_claims(case, engine) == told()[1]
