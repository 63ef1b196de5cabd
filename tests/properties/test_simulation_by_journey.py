"""Futures under a limit on each participant are counts of journeys, each settled once. Dealt out to
children, every trial comes to the same pence claim by claim; and as evidence, in the ordinary way.
"""

from __future__ import annotations

import os
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.drawn_areas import area_of
from tests.properties.drawn_money import contracts

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.settlement.settle import settle
from impactbond.simulation.area import Area, Chance, Group
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.settle_drawn import settled_one_by_one
from impactbond.simulation.simulate import simulate
from impactbond.simulation.trial_evidence import by_events
from impactbond.simulation.withheld import withheld_by_limit
from impactbond.terms.limits import WholeLimit
from impactbond.terms.limits.whole import ContractLimit, MilestoneLimit

EXAMPLES = int(os.environ.get("IMPACTBOND_JOURNEYS", "12"))
TRIALS = 12


@st.composite
def limited(draw: st.DrawFn) -> Contract:
    """A drawn contract with a limit on each participant before or after its other limits."""
    contract = draw(contracts())
    own = draw(limits_on_each(list(contract.milestones)))
    others = [limit for limit in contract.limits if limit.name != own.name]
    first_on_funders = sum(isinstance(limit, WholeLimit) for limit in others)
    others.insert(draw(st.sampled_from([0, first_on_funders])), own)
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    return by_events(Contract.model_construct(**{**terms, "limits": tuple(others)}))


@st.composite
def limits_on_each(draw: st.DrawFn, milestones: list[str]) -> WholeLimit:
    every = ["100.00", "60.01", "143.33", "1 claims", "2 claims", "50% of claims"]
    most = draw(st.sampled_from(every))
    in_money = "claims" not in most
    terms: dict[str, Any] = {"each": "participant", "beyond": "unpaid"}
    terms["at_most"] = Decimal(most) if in_money else most
    orders = ("earliest", "earliest", "earliest", "highest price", "in proportion")
    terms["first"] = draw(st.sampled_from(orders))
    if "of" in most or draw(st.integers(0, 4)) == 4:
        terms["only"] = {"borough": ("west",)}
    if in_money and terms["first"] != "in proportion" and draw(st.integers(0, 3)) == 3:
        terms["straddling"] = "unpaid"
    if draw(st.booleans()):
        return ContractLimit(contract="whole", **terms)
    some = draw(st.lists(st.sampled_from(milestones), min_size=1, unique=True))
    return MilestoneLimit(milestone=tuple(some), **terms)


@st.composite
def areas(draw: st.DrawFn, contract: Contract) -> Area:
    """Up to three small groups, days that differ, and evidence that comes late."""
    groups = [
        Group(
            name=f"Group {number}",
            children=draw(st.integers(1, 7)),
            start=draw(st.dates(date(2016, 11, 1), date(2017, 6, 1))),
            attributes={
                "school": draw(st.sampled_from(["Ark", "Bay"])),
                "borough": draw(st.sampled_from(["west", "east"])),
            },
        )
        for number in range(draw(st.integers(1, 3)))
    ]
    chances = {}
    for name in contract.milestones:
        first, second = draw(st.integers(0, 120)), draw(st.integers(121, 300))
        after: Any = f"{first} days"
        if draw(st.booleans()):
            after = {after: "50%", f"{second} days": "50%"}
        late = {"1 days": "60%", "7 months": "40%"} if draw(st.integers(0, 3)) == 3 else {}
        chance = draw(st.sampled_from(["1/2", "80%", "100%"]))
        chances[name] = Chance(chance=chance, after=after, recorded=late)
    return Area(impactbond=1, area="drawn", title="Drawn", groups=groups, chances=chances)


@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data(), seed=st.integers(0, 2**32))
def test_every_trial_comes_to_what_its_children_claim(data: st.DataObject, seed: int) -> None:
    contract = data.draw(limited())
    forecast = simulate(contract, data.draw(areas(contract)), trials=TRIALS, seed=seed)
    assume(not forecast.draws.is_single)
    assert_comes_to_what_is_claimed(forecast)
    assert_settles_as_evidence(forecast, seed % TRIALS)


def assert_comes_to_what_is_claimed(forecast: Forecast) -> None:
    singly = settled_one_by_one(forecast.draws, 0, range(TRIALS), pooled=True)
    np.testing.assert_array_equal(forecast.due_pence, singly.due)
    held = withheld_by_limit(forecast.contract, singly)
    np.testing.assert_array_equal(forecast.held_back_pence, held)


def assert_settles_as_evidence(forecast: Forecast, trial: int) -> None:
    contract, evidence = forecast.as_evidence(trial)
    settlement = settle(contract, evidence, as_of=contract.calendar.claim_dates[-1])
    paid = settlement.balances_table["due_pence"].to_numpy()
    places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
    np.testing.assert_array_equal(forecast.due_pence[trial][:, places].ravel(), paid)
    np.testing.assert_array_equal(forecast.settled(trial).due[0], forecast.due_pence[trial])


# Two of them in the suite, with units and with relief; all in the long job.
EVERY = sorted((Path(__file__).parents[2] / "fixtures" / "contracts").glob("*.yaml"))
SOME = [one for one in EVERY if one.stem in ("work_programme", "west_london_zone_scale_up")]


@pytest.mark.parametrize("place", [0, 1], ids=["first", "last"])
@pytest.mark.parametrize("path", EVERY if EXAMPLES > 100 else SOME, ids=lambda path: path.stem)
def test_an_example_contract_with_a_limit_on_each_comes_to_what_its_children_claim(
    path: Path, place: int
) -> None:
    contract = by_events(read_contract(path))
    prices = sorted(milestone.price for milestone in contract.milestones.values())
    most = round(prices[len(prices) // 2] * Decimal("1.5"), contract.decimals)
    own = ContractLimit(contract="whole", each="participant", at_most=most, beyond="unpaid")
    limits = [limit for limit in contract.limits if limit.name != own.name]
    limits.insert(place * len(contract.limits_on_the_whole), own)
    terms = {name: getattr(contract, name) for name in Contract.model_fields}
    contract = Contract.model_construct(**{**terms, "limits": tuple(limits)})
    area = area_of(contract)
    on_one_day = {
        name: chance.model_copy(update={"after": {list(chance.after)[-1]: Fraction(1)}})
        for name, chance in area.chances.items()
    }
    area = area.model_copy(update={"chances": on_one_day})
    forecast = simulate(contract, area, trials=TRIALS, seed=1)
    if not forecast.draws.is_single:
        assert_comes_to_what_is_claimed(forecast)
    assert_settles_as_evidence(forecast, 3)
