"""Promise 6: same inputs, same bytes, whatever the engine, its threads, and how files hold rows.

Spark runs on real Java; where there is none, its tests are skipped. `IMPACTBOND_SPARK_CASES=100`
says how many drawn contracts it evaluates.
"""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, reject, settings
from tests.benchmarks import generate
from tests.benchmarks.settlement import AS_OF, CONTRACT
from tests.properties.drawn import Drawn, cases, evidence_of
from tests.spark import spark_session
from tests.spec.drawn_tables import contract_of
from tests.spec.drawn_tables import evidence_of as drawn_evidence
from tests.spec.test_every_term_pays import SCENARIOS

from impactbond.canonical import csv_bytes
from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.dialect import Engine
from impactbond.duckdb_instances import close_idle_instances
from impactbond.errors import EvidenceError
from impactbond.evaluation.claims import claims_of, counted
from impactbond.evaluation.decisions import decide
from impactbond.evaluation.inputs import EvaluationInput, claim_dates
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.settlement.settle import settle

pytestmark = pytest.mark.filterwarnings(
    "ignore:PySpark does not yet fully support pandas:FutureWarning"
)
few = settings(deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
TABLES = ("decisions", "lines", "shares", "payments", "balances")
SPARK_CASES = int(os.environ.get("IMPACTBOND_SPARK_CASES", "1"))
ORDER = ["claim", "participant", "milestone", "reached", "segment"]


def evaluated(
    contract: Contract, evidence: Evidence, engine: Engine, *, with_lots: bool = True
) -> dict[str, bytes]:
    """Decisions, claims and lots of every claim date as bytes, in an order of their own."""
    question = EvaluationInput.of(contract, evidence, claim_dates(contract, date.max), engine)
    decisions = decide(question)
    claims = claims_of(question)
    found = {"decisions": decisions, "claims": claims}
    if with_lots:
        found["lots"] = counted(claims)
    return {name: in_order(question.session.collect(frame)) for name, frame in found.items()}


def in_order(table: pa.Table) -> bytes:
    names = sorted(table.column_names, key=lambda name: (name not in ORDER, name))
    plain = [
        table[name].cast(pa.string() if name == "participant" else pa.int64()) for name in names
    ]
    placed = pa.Table.from_arrays(plain, names=names)
    return csv_bytes(placed.sort_by([(name, "ascending") for name in names]))


def settled(contract: Contract, evidence: Evidence, as_of: date = AS_OF) -> dict[str, pa.Table]:
    settlement = settle(contract, evidence, as_of=as_of)
    return {name: getattr(settlement, f"{name}_table") for name in TABLES}


@given(drawn=cases())
@settings(few, max_examples=4)
def test_engines_on_one_machine_give_the_same_bytes(drawn: Drawn) -> None:
    evidence = evidence_of(drawn)
    expected = evaluated(drawn.contract, evidence, "duckdb")
    assert evaluated(drawn.contract, evidence, "polars") == expected
    assert evaluated(drawn.contract, evidence, "pandas") == expected


# The suite has every term on Spark below; one drawn case of a few terms is added to them there.
@given(drawn=cases(whole=SPARK_CASES > 1))
@settings(few, max_examples=SPARK_CASES)
def test_spark_gives_the_same_bytes(drawn: Drawn) -> None:
    spark_session()
    evidence = evidence_of(drawn)
    expected = evaluated(drawn.contract, evidence, "duckdb")
    assert evaluated(drawn.contract, evidence, "pyspark") == expected


# An engine decides and counts claims; limits, shares, fees and results of groups are worked out of
# the counts, by one code for all of them. Spark takes seconds to plan each, and minutes for the two
# with a milestone of every kind of condition and of unit: here it has the others of what engines
# do, and with IMPACTBOND_SPARK_CASES (`python -m tests.long spark`) every one.
DECIDED = ("reached and confirmed", "people", "attendance", "prices")


@pytest.mark.spark
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_every_engine_gives_the_same_bytes_under_every_term(scenario: str) -> None:
    contract = contract_of(SCENARIOS[scenario]["terms"])
    evidence = drawn_evidence(SCENARIOS[scenario]["evidence"], contract)
    expected = evaluated(contract, evidence, "duckdb")
    for engine in ("polars", "pandas"):
        assert evaluated(contract, evidence, engine) == expected
    if scenario not in DECIDED and SPARK_CASES == 1:
        return
    spark_session()
    # To count claims is the same for every term, and plans them all once more: the drawn case on
    # Spark does it.
    found = evaluated(contract, evidence, "pyspark", with_lots=False)
    assert found == {name: expected[name] for name in found}


@given(drawn=cases(whole=True))
@settings(few, max_examples=5)
def test_evidence_that_stays_in_files_settles_to_the_same_bytes(drawn: Drawn) -> None:
    evidence = evidence_of(drawn)
    with TemporaryDirectory() as folder:
        path = Path(folder, "observations.parquet")
        pq.write_table(evidence.observations_table, path)
        source = {"participants": evidence.participants_table, "observations": path}
        try:
            resting = read_evidence(source, drawn.contract, values="as held")
        except EvidenceError:
            reject()  # what was drawn contradicts itself, and is not read at all
        assert resting.has_status("disputed") == evidence.has_status("disputed")
        found, expected = (settled(drawn.contract, one, date.max) for one in (resting, evidence))
        assert found == expected


def in_files(folder: Path, evidence: Evidence, name: str, *, turned: bool) -> dict[str, Any]:
    """The observations in three files of small row groups, as they come or back to front."""
    seen = evidence.observations_table
    if turned:
        seen = seen.take(pa.array(range(seen.num_rows - 1, -1, -1)))
    inside = folder / name
    inside.mkdir()
    part = seen.num_rows // 3 + 1
    for place in range(3):
        path = inside / f"{'cba'[place] if turned else 'abc'[place]}.parquet"
        pq.write_table(seen.slice(place * part, part), path, row_group_size=2048)
    return {"participants": evidence.participants_table, "observations": inside}


def test_threads_and_the_order_of_files_and_row_groups_change_no_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract, population = read_contract(CONTRACT), generate.population(400)
    expected = settled(contract, population)
    connect = duckdb.connect
    for threads in (1, 2):

        def connected(*given: Any, config: dict[str, Any], threads: int = threads) -> Any:
            return connect(*given, config=config | {"threads": threads})

        monkeypatch.setattr(duckdb, "connect", connected)
        close_idle_instances()  # those at hand were opened with as many threads as there are
        for turned in (False, True):
            source = in_files(tmp_path, population, f"{threads}{turned}", turned=turned)
            evidence = read_evidence(source, contract, values="as held")
            assert settled(contract, evidence) == expected
