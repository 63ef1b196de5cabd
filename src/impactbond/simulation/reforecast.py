"""Re-forecasting: what is left of a contract from where it stands, beside what is settled.

Takes  a settlement, an area whose chances say what is assumed from here on, trials and a seed.
Gives  a Forecast of the whole term: the settled claim dates as they are, the others drawn.
Keeps  what was claimed stays, to the penny; nothing is drawn for what has lapsed.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import replace

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import AssumptionError, Fault, SimulationError
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area
from impactbond.simulation.draw import Draws
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.outturn import Outturn, assert_can_be_told
from impactbond.simulation.read import assert_fits
from impactbond.simulation.simulate import assert_can_be_drawn, forecast_of


def reforecast(
    settlement: Settlement,
    area: Area,
    *,
    trials: int,
    seed: int,
    contract: Contract | Versions | None = None,
    executor: Executor | None = None,
    progress: Callable[[int], object] | None = None,
) -> Forecast:
    """`trials` futures of a contract from where a settlement leaves it, drawn from `seed`.

    Participants on record stand in place of the groups of the area that have started; its later
    groups are drawn beside them. What each has reached stays. What may still come is drawn with the
    chances of the area, given what is known by the settlement's last claim date: a milestone that
    would be known by then, had it come, has not come. Chances that vary are learnt from what is
    known of all who share the same luck. For `executor` and `progress` see `simulate`.

    Of an amended contract, what was settled stays as it was under the versions then known, and what
    is drawn is under the version that governs it. `contract` are its versions with those signed
    since the settlement's last claim date; those signed after its day (`as_of`) are left out.

    Of a settlement on counts, the groups of the area that have started are those who are counted:
    what is counted is given to them in the proportion in which the area expects it.

    Raises AssumptionError for a settlement of the whole term, for counts that do not tell enough,
    for versions that no one future can be drawn under, and for everything in the area that the
    contract cannot take;
    SimulationError where what was settled is not what the contract makes of these claims today, or
    an executor did not return every future.
    """
    versions = _versions_from_here_on(settlement, contract)
    whole = versions.whole
    assert_can_be_drawn(trials, seed)
    assert_can_be_told(settlement, versions, area)
    assert_fits(whole, area)
    later = () if contract is None else Versions.of(contract).all[len(versions.all) :]
    not_signed = tuple(text.version.number for text in later)
    outturn = replace(Outturn.of(settlement, versions, area), not_signed=not_signed)
    joined = outturn.joined(area)
    if not joined.cohorts:
        fault = Fault(code="no_children", problem="nobody is on record, and nobody starts later")
        raise AssumptionError("Nothing is left to be forecast.", [fault])
    forecast = forecast_of(Draws.of(versions, joined, seed, outturn), trials, executor, progress)
    _assert_settled_so(settlement, forecast)
    return forecast


def _versions_from_here_on(
    settlement: Settlement, contract: Contract | Versions | None
) -> Versions:
    """The versions that a settlement knows, and those signed since, up to its day."""
    if contract is None:
        return settlement.known
    versions = Versions.of(contract).known_by(settlement.as_of)
    known = settlement.known.digests
    if versions.digests[: len(known)] != known:
        problem = "the contract, up to the settlement's last claim date, is not the one settled"
        fault = Fault(code="other_contract", problem=problem)
        raise AssumptionError("What is left cannot be forecast.", [fault])
    return versions


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
