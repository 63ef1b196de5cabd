"""Units by lengths of time: every engine counts them as the plain reference does, in stretches that
lapses part, of months, on late and disputed evidence.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.properties.drawn import Drawn
from tests.properties.drawn_conditions import LAPSES, STATES
from tests.properties.test_engines_agree import (
    ENGINES,
    TIMES,
    engine_claims,
    reference_claims,
    thorough,
)

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.rules import check_terms
from impactbond.dialect import Engine

FIRST, LAST = date(2016, 1, 1), date(2017, 3, 31)
EVERY = ("3 days", "1 week", "1 month", "1 month", "2 months", "1 year")


@st.composite
def stays(draw: st.DrawFn) -> Drawn:
    """A contract that pays for time in a state, and two who were in and out of it for a year."""
    units: dict[str, Any] = {"days": "home", "as": draw(st.sampled_from((["in"], ["in", "on"])))}
    units |= {"in": "always", "every": draw(st.sampled_from(EVERY))}
    units |= draw(st.sampled_from(({}, {"lapses": draw(st.sampled_from(LAPSES))})))
    units |= draw(st.sampled_from(({}, {"from": "the day after"}, {"at_most": 3})))
    late = draw(st.sampled_from(({"late_pays": "50%"}, {})))
    milestones = {
        "stays": {
            "when": {"observed": "consent", "in": "always"},
            "units": units,
            "price": 1,
        }
    }
    contract = Contract.model_validate(
        {
            **{"impactbond": 1, "contract": "drawn", "title": "Drawn", "provider": "Provider"},
            "version": {
                "number": 1,
                "kind": "original",
                "signed_on": FIRST,
                "effective_on": FIRST,
            },
            "currency": "GBP",
            "funders": {"council": {"name": "Council", "kind": "council"}},
            "calendar": {
                "term": f"{FIRST} through {LAST}",
                "evidence": {"within": "10 days", "late": "next claim", **late},
                "claims": {"every": "quarter", "made": "1 month after the period"},
                "payment": {"within": "30 days", "working_days_of": "England"},
            },
            "participants": {"attributes": {}},
            "metrics": {
                "consent": {"kind": "event"},
                "home": {"kind": "state", "states": list(STATES)},
            },
            "windows": {"always": "start to 1 year after start"},
            "milestones": milestones,
            "funding": [{"for": "every milestone", "shares": {"council": "100%"}}],
        }
    )
    assert check_terms(contract) == []
    days = st.dates(FIRST, LAST)
    start = draw(st.sampled_from((FIRST, date(2016, 1, 31), date(2016, 2, 29))))
    people, rows = [], []
    for name in ("c1", "c2"):
        left = draw(st.sampled_from((None, None, date(2016, 10, 10))))
        people.append({"participant": name, "started_on": start, "left_on": left})
        told = [("consent", start + timedelta(days=draw(st.integers(0, 9))), 1)]
        states = st.tuples(st.just("home"), days, st.sampled_from((0, 1, 1, 1, 2)))
        told += draw(st.lists(states, min_size=1, max_size=9))
        for metric, day, value in told:
            recorded = day + timedelta(days=draw(st.sampled_from((0, 0, 0, 30, 100))))
            status = draw(st.sampled_from(("recorded", "recorded", "recorded", "disputed")))
            row = {"participant": name, "metric": metric, "value": value, "observed_on": day}
            row |= dict.fromkeys(("source", "evidence_ref", "supersedes"))
            row |= {"recorded_on": recorded, "status": status, "observation": f"o{len(rows)}"}
            rows.append(row)
    for one in people:
        one |= {"from_on": start, "recorded_on": start}
    return Drawn(contract, people, rows)


@pytest.mark.parametrize("engine", ENGINES)
@given(drawn=stays())
@settings(thorough, max_examples=int(6 * TIMES))
def test_every_engine_counts_time_in_stretches_as_the_plain_reference_does(
    engine: Engine, drawn: Drawn
) -> None:
    assert engine_claims(drawn, engine) == reference_claims(drawn)
