"""Every example contract simulates, and a drawn trial of it, delivered as evidence, settles to the
same pence.

A simulation draws that a milestone is reached, whatever its condition. So the evidence is of the
same contract with one event for each milestone in place of its condition; everything that decides
money is its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.drawn_areas import area_of

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.dates import Span, from_day_number
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Chance
from impactbond.simulation.draw import child_name
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.simulate import simulate
from impactbond.terms.calendar import EvidenceDeadline
from impactbond.terms.conditions.counts import Observed
from impactbond.terms.metrics.choices import Event
from impactbond.terms.milestones import Rows, alternatives
from impactbond.terms.phrases import Window

CONTRACTS = sorted((Path(__file__).parents[2] / "fixtures" / "contracts").glob("*.yaml"))
TRIALS = int(os.environ.get("IMPACTBOND_FUTURES", "1"))


def by_events(contract: Contract) -> Contract:
    """The same contract with an event for each milestone, on any day, in place of its condition."""
    every_day = Window.parse("2000-01-01 through 2099-12-31")
    metrics: dict[str, Any] = {}
    milestones = {}
    for name, milestone in contract.milestones.items():
        metrics[f"is {name}"] = Event(kind="event")
        when = Observed.model_validate({"observed": f"is {name}", "in": "ever"})
        units = None
        if milestone.units is not None:
            metrics[f"unit of {name}"] = Event(kind="event", repeats=True)
            units = Rows.model_validate({"rows": f"unit of {name}", "in": "ever"})
        milestones[name] = milestone.model_copy(update={"when": when, "units": units})
    same = {name: getattr(contract, name) for name in Contract.model_fields}
    changed = {"metrics": metrics, "milestones": milestones, "windows": {"ever": every_day}}
    people = contract.participants.model_copy(update={"eligible": None})
    return Contract.model_construct(**{**same, **changed, "participants": people})


def rows_of(forecast: Forecast, trial: int) -> Iterator[tuple[str, str, date, date]]:
    """A row for every milestone that a child reaches, and for every unit: whose, of what, the day
    that it speaks of and the day on which it is recorded.
    """
    names = list(forecast.contract.milestones)
    for group, child, turn in forecast.draws.turns(trial):
        who = child_name(forecast.area.groups[group].name, child)
        for one in turn.reached:
            days = from_day_number(one.day), from_day_number(one.recorded)
            yield who, f"is {names[one.milestone]}", *days
        for claim in turn.claims:
            name = names[claim.milestone]
            if forecast.contract.milestones[name].units is not None:
                # All units of a period on one day: they are one claim, of its first day.
                for _ in range(claim.quantity):
                    yield who, f"unit of {name}", *[from_day_number(claim.day)] * 2


def evidence_of(forecast: Forecast, trial: int) -> Evidence:
    people = [
        {
            "participant": child_name(group.name, child),
            **dict.fromkeys(("started_on", "from_on", "recorded_on"), group.start),
            **group.attributes,
        }
        for group in forecast.area.groups
        for child in range(group.children)
    ]
    seen = [
        {
            "observation": str(number),
            "participant": who,
            "metric": metric,
            "value": 1,
            "observed_on": day,
            "recorded_on": recorded,
            "status": "recorded",
        }
        for number, (who, metric, day, recorded) in enumerate(rows_of(forecast, trial))
    ]
    schema = participants_schema(tuple(forecast.contract.participants.attributes))
    return Evidence(
        participants_table=pa.Table.from_pylist(people, schema=schema),
        observations_table=pa.Table.from_pylist(seen, schema=OBSERVATIONS_SCHEMA),
        refused_table=REFUSED_SCHEMA.empty_table(),
    )


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_an_example_contract_simulates_and_its_futures_settle_as_their_evidence_would(
    path: Path,
) -> None:
    contract = by_events(read_contract(path))
    assert_settles_as_evidence(
        contract, simulate(contract, area_of(contract), trials=TRIALS, seed=1)
    )


def assert_settles_as_evidence(contract: Contract, forecast: Forecast) -> None:
    last = contract.calendar.claim_date(contract.calendar.periods[-1])
    for trial in range(TRIALS):
        settlement = settle(contract, evidence_of(forecast, trial), as_of=last)
        paid = settlement.balances_table["due_pence"].to_numpy()
        places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
        np.testing.assert_array_equal(forecast.due_pence[trial][:, places].ravel(), paid)
        assert forecast.due_pence[trial].sum() == paid.sum()
    assert forecast.due_pence.any()


NEXT = {"late": "next claim"}
LATE_WAYS = (NEXT, {"late": "nothing"}, {**NEXT, "late_pays": "50%"})


@pytest.mark.parametrize("late", LATE_WAYS, ids=str)
@pytest.mark.parametrize("name", ["west_london_zone", "chances"])
def test_evidence_that_is_recorded_late_is_claimed_as_the_contract_says(
    name: str, late: dict[str, str]
) -> None:
    # Within 90 days evidence is in time; a fifth of it comes after that, some after two claims.
    contract = by_events(read_contract(CONTRACTS[0].parent / f"{name}.yaml"))
    deadline = EvidenceDeadline.model_validate({"within": "90 days", **late})
    calendar = contract.calendar.model_copy(update={"evidence": deadline})
    same = {field: getattr(contract, field) for field in Contract.model_fields}
    contract = Contract.model_construct(**{**same, "calendar": calendar})
    area = area_of(contract)
    rivals = {one for names in alternatives(contract.milestones) for one in names[1:] and names}
    recorded = {"20 days": "50%", "80 days": "30%", "100 days": "10%", "8 months": "10%"}
    chances = {
        milestone: assumed
        if milestone in rivals or contract.milestones[milestone].units
        else Chance.model_validate(assumed.model_dump() | {"recorded": recorded})
        for milestone, assumed in area.chances.items()
    }
    area = area.model_copy(
        update={"chances": chances, "leaves": {Span(2, "month"): Fraction(1, 4)}}
    )
    forecast = simulate(contract, area, trials=TRIALS, seed=2)
    assert forecast.draws.later
    assert_settles_as_evidence(contract, forecast)
