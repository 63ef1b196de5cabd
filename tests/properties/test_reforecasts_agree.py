"""What is left of a contract, drawn from where it stands: every future, delivered as evidence and
settled in the ordinary way, comes to the same pence at every claim date; whatever versions the
contract went through, and whatever they govern by.
"""

from __future__ import annotations

import os
from datetime import date

import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.properties.test_versions_fold import evidence, written
from tests.spec.drawn_tables import amended, versions_of

from impactbond.contract.versions import Versions
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import parse_area
from impactbond.simulation.reforecast import reforecast

EXAMPLES = int(os.environ.get("IMPACTBOND_REFORECASTS", "3"))
TRIALS = 1 if EXAMPLES < 10 else 2
drawn_widely = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
)


LATE = (
    ("next claim", "nothing"),
    ("next claim, late_pays: 50%", "next claim, late_pays: 20%"),
)


@st.composite
def amended_widely(draw: st.DrawFn) -> Versions:
    """Versions that also differ in what comes before what, for whom it is, what late evidence is
    worth, and what one child can earn.
    """
    found, ways = [], draw(st.sampled_from(LATE))
    for text in draw(written()):
        if draw(st.booleans()):
            text = text.replace("after: consent, ", "")
        if draw(st.booleans()):
            text = text.replace(
                "in: year one}, price", "in: year one}, only: {borough: [north]}, price", 1
            )
        if draw(st.booleans()):
            each = f"each: participant, at_most: {draw(st.integers(2, 12))}.00"
            limit = f"{{contract: whole, {each}, beyond: unpaid}}"
            text = text.replace("limits:\n", f"limits:\n  - {limit}\n")
        late = draw(st.sampled_from(ways))
        found.append(f"{text}calendar: {{evidence: {{within: 90 days, late: {late}}}}}\n")
    return versions_of(*found)


@st.composite
def areas(draw: st.DrawFn) -> Area:
    """Short and long ways to every milestone, evidence in time and late, and children who start
    later.
    """
    lags = "{0 days: 60%, 50 days: 20%, 130 days: 10%, 9 months: 10%}"
    ways = [draw(st.integers(5, 150)) + more for more in (0, 150, 0, 150)]
    return parse_area(
        f"""
impactbond: 1
area: drawn
title: Drawn
groups:
  - {{name: June, children: 3, start: 2017-06-12, attributes: {{school: Oak, borough: south}}}}
  - {{name: Later, children: 2, start: 2018-02-05, attributes: {{school: Elm, borough: north}}}}
chances:
  consent: {{chance: 1/2, after: {{{ways[0]} days: 1/2, {ways[1]} days: 1/2}}, recorded: {lags}}}
  sign_up: {{chance: 2/3, after: {{{ways[2]} days: 1/4, {ways[3]} days: 3/4}}, recorded: {lags}}}
leaves: {{4 months: 20%}}
""".encode(),
        name="area.yaml",
    )


def assert_agrees(settlement: Settlement, forecast: Forecast) -> None:
    """Every future, settled from its evidence; what was settled before is not worked out anew."""
    for trial in range(TRIALS):
        contract, rows = forecast.as_evidence(trial)
        again = settle(contract, rows, as_of="2030-12-31")
        due = again.balances_table["due_pence"].to_numpy().reshape(len(again.claim_dates), -1)
        places = [forecast.funders.position(funder.id) for funder in again.funders.all]
        np.testing.assert_array_equal(forecast.due_pence[trial][:, places], due)
        assert forecast.due_pence[trial].sum() == due.sum()
    before = settlement.balances_table["due_pence"].to_numpy()
    places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
    claims = len(settlement.claim_dates)
    for trial in range(TRIALS):
        now = forecast.due_pence[trial, :claims][:, places]
        np.testing.assert_array_equal(now.ravel(), before)


@drawn_widely
@given(
    contract=amended_widely(),
    drawn=evidence(corrected=False),
    area=areas(),
    cut=st.integers(0, 6),
    waits=st.integers(0, 80),
)
def test_an_amended_contract_is_forecast_as_its_evidence_would_settle(
    contract: Versions, drawn: str, area: Area, cut: int, waits: int
) -> None:
    at_once = amended(contract, drawn)
    day = at_once.claim_dates[cut].known_by
    nxt = at_once.claim_dates[cut + 1].known_by
    as_of = min(date.fromordinal(day.toordinal() + waits), date.fromordinal(nxt.toordinal() - 1))
    settlement = amended(contract.known_by(as_of), drawn, str(as_of))
    forecast = reforecast(settlement, area, trials=TRIALS, seed=1, contract=contract)
    assert_agrees(settlement, forecast)
