"""Every example contract simulates, and a drawn trial of it, delivered as evidence, settles to the
same pence.

A simulation draws that a milestone is reached, whatever its condition. So the evidence is of the
same contract with one event for each milestone in place of its condition; everything that decides
money is its own.
"""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from tests.drawn_areas import area_of

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.dates import Span
from impactbond.errors import AssumptionError
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Chance
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.reforecast import reforecast
from impactbond.simulation.simulate import simulate
from impactbond.simulation.trial_evidence import by_events
from impactbond.terms.calendar import EvidenceDeadline
from impactbond.terms.milestones import alternatives

CONTRACTS = sorted((Path(__file__).parents[2] / "fixtures" / "contracts").glob("*.yaml"))
TRIALS = int(os.environ.get("IMPACTBOND_FUTURES", "1"))


@pytest.mark.parametrize("path", CONTRACTS, ids=lambda path: path.stem)
def test_an_example_contract_simulates_and_its_futures_settle_as_their_evidence_would(
    path: Path,
) -> None:
    contract = by_events(read_contract(path))
    assert_settles_as_evidence(simulate(contract, area_of(contract), trials=TRIALS, seed=1))


def assert_settles_as_evidence(forecast: Forecast) -> None:
    last = forecast.contract.calendar.claim_dates[-1]
    for trial in range(TRIALS):
        contract, evidence = forecast.as_evidence(trial)
        settlement = settle(contract, evidence, as_of=last)
        paid = settlement.balances_table["due_pence"].to_numpy()
        places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
        np.testing.assert_array_equal(forecast.due_pence[trial][:, places].ravel(), paid)
        assert forecast.due_pence[trial].sum() == paid.sum()
    assert forecast.due_pence.any()


# Two of them in the suite, and all in the long job.
LEFT = CONTRACTS if TRIALS > 1 else [one for one in CONTRACTS if one.stem in ("chances", "newpin")]


@pytest.mark.parametrize("path", LEFT, ids=lambda path: path.stem)
def test_what_is_left_settles_as_its_evidence_would_and_what_was_claimed_stays(path: Path) -> None:
    contract = by_events(read_contract(path))
    first = simulate(contract, area_of(contract), trials=1, seed=1)
    dates = contract.calendar.claim_dates
    paid = np.flatnonzero(first.due_pence[0].sum(axis=1))
    middle = min(int(paid[len(paid) // 3]), len(dates) - 2)
    settlement = settle(*first.as_evidence(0), as_of=dates[middle])
    if len(dates) == 1:  # once it is settled nothing is left
        with pytest.raises(AssumptionError, match="nothing is left"):
            reforecast(settlement, area_of(contract), trials=1, seed=2)
        return
    left = reforecast(settlement, area_of(contract), trials=2, seed=2)
    for trial in range(2):
        again = settle(*left.as_evidence(trial), as_of=dates[-1])
        places = [left.funders.position(funder.id) for funder in again.funders.all]
        due = again.balances_table["due_pence"].to_numpy()
        np.testing.assert_array_equal(left.due_pence[trial][:, places].ravel(), due)
        # Nothing of it can be lost on the way: what had come stays as it was settled.
        np.testing.assert_array_equal(
            left.due_pence[trial, : middle + 1], first.due_pence[0, : middle + 1]
        )


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
    assert_settles_as_evidence(forecast)
