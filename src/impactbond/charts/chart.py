"""One call for every chart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impactbond.charts.drawing import Drawing
from impactbond.charts.of_designs import comparison_chart, tornado_chart
from impactbond.charts.of_forecasts import (
    cash_chart,
    exposure_chart,
    fan_chart,
    multiples_chart,
    plans_chart,
    returns_chart,
)
from impactbond.designs.compare import DesignComparison
from impactbond.designs.sensitivity import Sensitivity
from impactbond.errors import AssumptionError, Fault, assert_one_of
from impactbond.forecasts.plans import PlansBeside
from impactbond.forecasts.returns import FutureReturns
from impactbond.investment.investor_schedule import InvestorSchedule
from impactbond.simulation.forecast import Forecast

KINDS: dict[str, tuple[type, Callable[..., Drawing]]] = {
    "fan": (Forecast, fan_chart),
    "exposure": (Forecast, exposure_chart),
    "cash": (Forecast, cash_chart),
    "returns": (InvestorSchedule, returns_chart),
    "tornado": (Sensitivity, tornado_chart),
    "comparison": (DesignComparison, comparison_chart),
    "plans": (PlansBeside, plans_chart),
    "multiples": (FutureReturns, multiples_chart),
}


def chart(kind: str, shows: Any, **more: Any) -> Drawing:
    """A chart: `svg` and `png` as bytes, the same for the same data, and `alt`, its words.

    "fan", "exposure" and "cash" (with opening_pence=) are of a forecast, "returns" of an investor's
    schedule, "tornado" of what `one_at_a_time` found, "comparison" (with of=) of compared designs,
    "plans" of what `plans_beside` gives, "multiples" of what `returns_of` gives.
    All are in greys that are told apart, with amounts in the contract's currency.

    Raises AssumptionError for another kind, or something else than it is of; SimulationError where
    matplotlib, of the extra `charts`, is not installed.
    """
    assert_one_of(kind, "kind", KINDS, AssumptionError)
    wanted, draw = KINDS[kind]
    if not isinstance(shows, wanted):
        found, allowed = f"a {type(shows).__name__}", f"a {wanted.__name__}"
        problem = f"this is not what a chart '{kind}' shows"
        fault = Fault(code="other_kind", problem=problem, found=found, allowed=allowed)
        raise AssumptionError("The chart cannot be drawn.", [fault])
    return draw(shows, **more)
