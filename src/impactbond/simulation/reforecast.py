"""Re-forecasting: what is left of a contract from where it stands, beside what is settled.

Takes  a settlement, an area whose chances say what is assumed from here on, trials and a seed.
Gives  a Forecast of the whole term: the settled claim dates as they are, the others drawn.
Keeps  what was claimed stays, to the penny; nothing is drawn for what has lapsed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor

from impactbond.errors import AssumptionError, Fault, SimulationError
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.outturn import Outturn
from impactbond.simulation.read import assert_fits
from impactbond.simulation.simulate import assert_can_be_drawn, forecast_of


def reforecast(
    settlement: Settlement,
    area: Area,
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
    progress: Callable[[int], object] | None = None,
) -> Forecast:
    """`trials` futures of a contract from where a settlement leaves it, drawn from `seed`.

    Participants on record stand in place of the groups of the area that have started; its later
    groups are drawn beside them. What each has reached stays. What may still come is drawn with the
    chances of the area, given what is known by the settlement's last claim date: a milestone that
    would be known by then, had it come, has not come. Chances that vary are learnt from what is
    known of all who share the same luck. For `executor` and `progress` see `simulate`.

    Raises AssumptionError for a settlement on counts, of an amended contract or of the whole term,
    and for everything in the area that the contract cannot take; SimulationError where what was
    settled is not what the contract makes of these claims today, or an executor did not return
    every future.
    """
    contract = settlement.contract
    assert_can_be_drawn(contract, trials, seed)
    assert_fits(contract, area)
    outturn = Outturn.of(settlement)
    joined = outturn.joined(area)
    if not joined.cohorts:
        fault = Fault(code="no_children", problem="nobody is on record, and nobody starts later")
        raise AssumptionError("Nothing is left to be forecast.", [fault])
    draws = Draws.of(contract, joined, seed, outturn)
    forecast = forecast_of(draws, trials, executor, progress)
    _assert_settled_so(settlement, forecast)
    return forecast


def _assert_settled_so(settlement: Settlement, forecast: Forecast) -> None:
    claims = len(settlement.claim_dates)
    settled = settlement.balances_table["due_pence"].to_numpy().reshape(claims, -1)
    places = [forecast.funders.position(funder.id) for funder in settlement.funders.all]
    if (forecast.due_pence[:, :claims][..., places] != settled).any():
        fault = Fault(
            code="settled_otherwise",
            problem="what is due at the settled claim dates is not what the contract makes of their"
            " claims now",
            hint="Settle again without an earlier record, and forecast from that",
        )
        raise SimulationError("What is left cannot be forecast.", [fault])
