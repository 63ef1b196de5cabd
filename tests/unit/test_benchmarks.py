"""The benchmarks compare like with like: on the same population all programs find the same lots."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest
from tests.benchmarks import futures, generate
from tests.benchmarks.__main__ import line
from tests.benchmarks.measure import DifferentResultsError, Measurer, Spent, figure
from tests.benchmarks.references import by_engine, by_sql, digest
from tests.benchmarks.references_pandas import by_pandas
from tests.benchmarks.references_plain import by_reference

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evaluation.inputs import claim_dates
from impactbond.evidence.evidence import Evidence

CONTRACT = Path(__file__).parents[2] / "fixtures" / "contracts" / "west_london_zone.yaml"
CHILDREN = 200


@pytest.fixture(scope="module")
def contract() -> Contract:
    return read_contract(CONTRACT)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return generate.population(CHILDREN)


@pytest.mark.parametrize("number", [2, 9])
def test_engine_sql_pandas_and_plain_reference_find_the_same_lots(
    contract: Contract, evidence: Evidence, number: int
) -> None:
    claim = claim_dates(contract, date.max)[number]
    lots = by_engine(contract, evidence, claim)
    assert set(lots["milestone"].to_pylist()) >= {"consent", "sign_up"}
    assert digest(lots) == digest(by_sql(evidence, claim))
    assert digest(lots) == digest(by_pandas(evidence, claim))
    assert digest(lots) == digest(by_reference(contract, evidence, claim))


def test_every_milestone_is_reached_by_some(contract: Contract, evidence: Evidence) -> None:
    lots = by_sql(evidence, claim_dates(contract, date.max)[-1])
    assert set(lots["milestone"].to_pylist()) == set(contract.milestones)


def test_another_lot_is_another_digest(contract: Contract, evidence: Evidence) -> None:
    lots = by_sql(evidence, claim_dates(contract, date.max)[-1])
    assert digest(lots) == digest(lots.take(pa.array(reversed(range(lots.num_rows)))))
    assert digest(lots) != digest(lots.slice(1))


def test_the_population_holds_what_real_deliveries_hold(evidence: Evidence) -> None:
    people, seen = evidence.participants_table, evidence.observations_table
    assert 46 < seen.num_rows / CHILDREN < 50
    ids = pc.unique(seen["observation"])
    assert len(ids) == seen.num_rows
    replaced = seen["supersedes"].drop_null()
    assert pc.all(pc.is_in(replaced, ids)).as_py()
    assert 0.005 < len(replaced) / seen.num_rows < 0.02
    assert set(seen["status"].to_pylist()) == {"recorded", "withdrawn"}
    late = pc.days_between(seen["observed_on"], seen["recorded_on"])
    assert 0.005 < pc.sum(pc.greater(late, 90)).as_py() / seen.num_rows < 0.03
    assert len(pc.unique(people["participant"])) == CHILDREN < people.num_rows
    assert 0 < len(people["left_on"].drop_null()) < CHILDREN / 5


def test_the_first_children_are_the_same_however_many_are_asked_for(evidence: Evidence) -> None:
    fewer = generate.population(CHILDREN // 2).observations_table
    assert fewer == evidence.observations_table.slice(0, fewer.num_rows)
    assert fewer != generate.population(CHILDREN // 2, seed=2).observations_table


def test_files_hold_the_population(tmp_path: Path, evidence: Evidence) -> None:
    generate.write_population(tmp_path, CHILDREN)
    read = generate.read_population(tmp_path)
    assert read.participants_table == evidence.participants_table
    assert read.observations_table == evidence.observations_table.select(generate.EVALUATED)


def test_different_results_are_no_figure() -> None:
    with pytest.raises(DifferentResultsError, match="reference"):
        figure("ours", Spent(1, 1, "3 lots"), "reference", Spent(1, 1, "4 lots"), same=True)


def test_a_task_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    given = {"folder": str(tmp_path), "children": 20}
    spent = Measurer().task("growth:made", given, repeats=1)
    assert spent.seconds > 0
    assert spent.peak_mb > 10
    assert (tmp_path / generate.SEEN).exists()
    one = figure("making", spent, "the same", spent)
    assert one.as_dict()["ratio"] == 1
    assert "× 1" in line(one)


@pytest.mark.parametrize("each", [None, "1500", "571.01"])
@pytest.mark.parametrize(("children", "groups"), [(98, 5), (2_240, 5), (1_000, 100)])
def test_futures_settled_by_hand_are_the_engines_on_the_same_counts(
    children: int, groups: int, each: str | None
) -> None:
    ours, theirs = (
        task(children=children, groups=groups, trials=100, each=each)
        for task in (futures.by_the_engine, futures.by_hand)
    )
    assert ours.tell(ours.run()) == theirs.tell(theirs.run())
