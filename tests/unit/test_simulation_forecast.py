"""Forecasts: nearest-rank percentiles, tables that add up, and what people are shown."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as parquet
import pytest

from impactbond.contract.read import read_contract
from impactbond.errors import AssumptionError, InvariantError, SimulationError
from impactbond.settlement.lot_settlement import settle_lots
from impactbond.simulation.forecast import Forecast
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate
from impactbond.simulation.spread import percentile, spread
from impactbond.simulation.withheld import withheld_by_limit
from impactbond.terms.limits.funder import FunderLimit, PassedTo
from impactbond.terms.limits.whole import ContractLimit

FIXTURES = Path(__file__).parents[2] / "fixtures"
CONTRACT = read_contract(FIXTURES / "contracts" / "west_london_zone.yaml")
AREA = read_area(FIXTURES / "areas" / "new_borough.yaml", CONTRACT)


@pytest.fixture(scope="module")
def forecast() -> Forecast:
    return simulate(CONTRACT, AREA, trials=300, seed=1)


@pytest.fixture(scope="module")
def limited() -> Forecast:
    """A forecast in which the lottery's limit binds in about half of the trials."""
    free = simulate(CONTRACT.model_copy(update={"limits": ()}), AREA, trials=300, seed=1)
    middle = {row["funder"]: row["p50_pence"] for row in free.totals_table.to_pylist()}
    at_most = Decimal(middle["lottery"]) / 100
    limits = (
        ContractLimit(contract="whole", at_most=Decimal(10**9), beyond="unpaid"),
        FunderLimit(funder="lottery", at_most=at_most, beyond=PassedTo(funder="trust")),
    )
    contract = CONTRACT.model_copy(update={"limits": limits})
    return simulate(contract, AREA, trials=300, seed=1)


@pytest.mark.parametrize(
    ("trials", "percent", "place"),
    [
        *((1, 5, 1), (1, 95, 1), (2, 50, 1), (3, 50, 2), (19, 95, 19), (20, 5, 1), (20, 95, 19)),
        *((21, 5, 2), (100, 5, 5), (100, 50, 50), (100, 95, 95), (101, 5, 6)),
    ],
)
def test_a_percentile_is_the_amount_at_its_rank(trials: int, percent: int, place: int) -> None:
    ascending = np.arange(1, trials + 1, dtype=np.int64)
    assert percentile(ascending, percent) == place


def test_a_spread_has_the_exact_sum_and_its_mean_to_a_penny() -> None:
    columns = spread(np.array([[3, 0], [1, 1]], dtype=np.int64))
    assert {name: column.tolist() for name, column in columns.items()} == {
        "trials": [2, 2],
        "sum_pence": [4, 1],
        "mean_pence": [2, 1],
        "p5_pence": [1, 0],
        "p50_pence": [1, 0],
        "p95_pence": [3, 1],
    }


def test_payments_and_totals_add_up_to_the_paths(forecast: Forecast) -> None:
    paths = forecast.paths_table()
    assert paths.num_rows == 300 * 10 * 9
    assert pc.sum(paths["due_pence"]).as_py() == int(forecast.due_pence.sum())
    tables = {
        ("claim_period", "funder"): forecast.payments_table,
        ("funder",): forecast.totals_table,
    }
    for keys, table in tables.items():
        summed = paths.group_by(list(keys)).aggregate([("due_pence", "sum")]).to_pylist()
        paid = {tuple(row[key] for key in keys): row["due_pence_sum"] for row in summed}
        assert paid == {
            tuple(row[key] for key in keys): row["sum_pence"] for row in table.to_pylist()
        }


def test_paths_hold_every_trial_in_order(forecast: Forecast) -> None:
    row = forecast.paths_table().slice(7 * 90 + 2 * 9 + 3, 1).to_pylist()[0]
    assert row == {
        "trial": 7,
        "claim_period": "2017-Q2",
        "funder": forecast.funders.all[3].id,
        "due_pence": int(forecast.due_pence[7, 2, 3]),
    }


def test_nobody_asks_nobody_for_money(forecast: Forecast) -> None:
    assert not forecast.due_pence[..., -1].any()
    assert "unfunded" not in forecast.payments_table["funder"].to_pylist()


def test_limits_count_the_trials_in_which_they_bind(limited: Forecast) -> None:
    contract, lottery = limited.limits_table.to_pylist()[-2:]
    assert (contract["limit"], contract["funder"], contract["bound_trials"]) == ("contract", "", 0)
    assert (lottery["limit"], lottery["funder"]) == ("funder lottery", "lottery")
    place, chosen = limited.funders.position("lottery"), range(0, 300, 10)
    passed_on = [-int(limited.settled(trial).moved[0, -1, place]) for trial in chosen]
    assert limited.held_back_pence[::10, -1, 1].tolist() == passed_on
    assert 100 < lottery["bound_trials"] < 200
    assert lottery["chance"] == lottery["bound_trials"] / 300
    assert lottery["mean_held_back_pence"] > 0
    assert limited.limits_table["bound_trials"].to_pylist()[:2] == [0, 0]


def test_one_trial_is_drawn_again_as_it_was_settled(forecast: Forecast) -> None:
    for trial in (0, 255, 256, 299):
        np.testing.assert_array_equal(forecast.settled(trial).due[0], forecast.due_pence[trial])


@pytest.mark.parametrize("trial", [-1, 300])
def test_a_trial_that_was_not_drawn_is_refused(forecast: Forecast, trial: int) -> None:
    for ask in (forecast.quantities, forecast.settled, forecast.reached_table):
        with pytest.raises(AssumptionError, match="allowed: 0 to 299"):
            ask(trial)


def test_children_counted_are_the_quantities(forecast: Forecast) -> None:
    table = forecast.reached_table(3)
    paid = table.filter(table["pays"])
    assert paid.num_rows == forecast.quantities(3)[-1].sum()
    assert set(table["group"].to_pylist()) == {group.name for group in AREA.groups}
    assert pc.min(table["child"]).as_py() == 1


def test_frames_are_of_the_kind_asked_for(forecast: Forecast) -> None:
    for name in ("payments", "totals", "limits", "paths"):
        assert isinstance(getattr(forecast, name), pd.DataFrame)
        assert isinstance(getattr(replace(forecast, kind="pyarrow"), name), pa.Table)


def test_the_forecast_is_plain_data_for_machines(forecast: Forecast) -> None:
    told = json.loads(json.dumps(forecast.as_dict()))
    assert (told["contract"], told["area"], told["trials"]) == ("wlz-lbhf", "new-borough", 300)
    assert told["payments"][0]["claim_date"] == date(2017, 1, 31).isoformat()
    assert sum(row["sum_pence"] for row in told["totals"]) == int(forecast.due_pence.sum())


def test_people_are_shown_pounds_and_cautions(forecast: Forecast) -> None:
    for shown in (forecast.text, forecast._repr_html_()):
        for words in ("All funders", "£24,000.00", "of 300 trials", "98 children", "Median"):
            assert words in shown
        assert "never pays in 1 of 5 groups" in shown
    assert "St Brigid&#x27;s" in forecast._repr_html_()
    assert repr(forecast) == ("Forecast(wlz-lbhf in new-borough: 98 children, 300 trials, seed 1)")


def test_limits_that_do_not_add_up_are_our_mistake(forecast: Forecast) -> None:
    draws, quantities = forecast.draws, forecast.quantities(0)[None]
    settled = settle_lots(CONTRACT, draws.lots, draws.funders, quantities)
    history = settled.history._replace(value=settled.history.value + 1)
    other = replace(settled, history=history)
    with pytest.raises(InvariantError, match="do not add up"):
        withheld_by_limit(CONTRACT, other)


def test_every_future_is_written_in_full_and_over_nothing(
    forecast: Forecast, tmp_path: Path
) -> None:
    file = forecast.write_paths(tmp_path / "paths.parquet")
    found = parquet.read_table(file)
    assert found.num_rows == forecast.trials * len(forecast.claim_dates) * (
        len(forecast.funders.all) - 1
    )
    assert pc.sum(found["due_pence"]).as_py() == forecast.total_pence.sum()
    assert file.stat().st_mode & 0o077 == 0
    file.write_bytes(b"of somebody else")
    with pytest.raises(SimulationError, match="cannot be written"):
        forecast.write_paths(file)
    assert file.read_bytes() == b"of somebody else"


def test_a_trial_that_was_not_drawn_is_no_evidence(forecast: Forecast) -> None:
    with pytest.raises(AssumptionError, match="not drawn"):
        forecast.as_evidence(forecast.trials)
