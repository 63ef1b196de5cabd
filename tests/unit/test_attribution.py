"""Lines and shares are found when they are asked for, once, and from what was settled."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from tests.benchmarks import generate
from tests.benchmarks.settlement import AS_OF, CONTRACT
from tests.spec.drawn_tables import THE_END, contract_of, evidence_of

from impactbond import duckdb_instances
from impactbond.contract.read import read_contract
from impactbond.duckdb_instances import close_idle_instances
from impactbond.errors import InvariantError
from impactbond.evaluation.claims import ClaimRows, Claims, Counted
from impactbond.settlement import settle as course
from impactbond.settlement.lines import Attribution
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

CONSENTS = """
    child | metric  | on         | value
    c1    | consent | 2017-02-01 | yes
    c2    | consent | 2017-03-01 | yes
"""


def two_consents() -> Settlement:
    contract = contract_of("")
    return settle(contract, evidence_of(CONSENTS, contract), as_of=THE_END)


def test_what_is_due_waits_for_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def asked(*_: Any) -> pa.Table:
        raise AssertionError("lines were asked for")

    monkeypatch.setattr("impactbond.settlement.lines.lines_table", asked)
    settlement = two_consents()
    assert settlement.due_pence() == 0  # nothing new at the latest claim date
    assert sum(settlement.payments_table["amount_pence"].to_pylist()) == 20000
    with pytest.raises(AssertionError, match="asked for"):
        _ = settlement.lines_table


def test_lines_are_found_once_and_what_they_were_found_from_is_let_go() -> None:
    times = []
    tables = two_consents().attribution.tables

    def find() -> tuple[pa.Table, pa.Table]:
        times.append(1)
        return tables

    once = Attribution(find)
    assert (once.tables, once.tables, len(times)) == (tables, tables, 1)
    assert find not in vars(once).values()


def test_a_settlement_goes_to_another_process_with_its_lines() -> None:
    settlement = two_consents()
    other = pickle.loads(pickle.dumps(settlement))
    assert other.lines_table == settlement.lines_table
    assert other.shares_table == settlement.shares_table
    assert other.decisions_table == settlement.decisions_table


TABLES = ("lines", "shares", "claims", "payments", "balances", "decisions")


def test_what_is_worked_out_some_at_a_time_is_what_is_worked_out_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    contract, population = read_contract(CONTRACT), generate.population(60)

    def tables() -> dict[str, pa.Table]:
        settlement = settle(contract, population, as_of=AS_OF)
        return {name: getattr(settlement, f"{name}_table") for name in TABLES}

    at_once = tables()
    assert at_once["lines"].num_rows > 50
    assert len(at_once["lines"]["claim_period"].unique()) > 5
    rows = population.participants_table.num_rows
    monkeypatch.setattr("impactbond.evaluation.claims.MOST_EVALUATED", 3 * rows)
    monkeypatch.setattr("impactbond.settlement.lines.LINES_AT_ONCE", 7)
    assert tables() == at_once


def test_claims_are_the_same_as_columns_and_one_by_one() -> None:
    rows = [Counted(0, 1, 17_000, 2, 3, "c2"), Counted(4, 0, 17_100, 0, 1, "c1", 2)]
    columns = ClaimRows.of(rows)
    assert (list(columns), len(columns), columns[1], columns[:1]) == (rows, 2, rows[1], rows[:1])
    assert ClaimRows.of(columns) is columns
    assert list(ClaimRows.together([rows[:1], columns])) == [rows[0], *rows]
    counted = [row._replace(participant="") for row in rows]
    assert ClaimRows.of(counted).participants is None
    assert list(ClaimRows.of(counted)) == counted


def test_an_engine_that_held_much_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    close_idle_instances()
    two_consents()
    assert len(duckdb_instances._IDLE) == 1
    monkeypatch.setattr(duckdb_instances, "_MOST_KEPT", -1)
    two_consents()
    assert duckdb_instances._IDLE == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_can_ask_for_lines_and_let_a_settlement_go() -> None:
    asked = """
import os
from tests.unit.test_attribution import two_consents
settlement = two_consents()
if os.fork() == 0:
    assert settlement.lines_table.num_rows == 2
    del settlement
    assert two_consents().lines_table.num_rows == 2
    os._exit(0)
assert os.wait()[1] == 0
"""
    root = Path(__file__).parents[2]
    subprocess.run([sys.executable, "-c", asked], cwd=root, check=True, timeout=60)


def test_lines_that_do_not_add_up_to_the_lots_are_never_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = course.applicable_claims

    def one_less(*asked: Any, **how: Any) -> list[Claims]:
        (only,) = found(*asked, **how)
        return [replace(only, singly=lambda: only.singly()[1:])]

    monkeypatch.setattr(course, "applicable_claims", one_less)
    settlement = two_consents()
    with pytest.raises(InvariantError, match="the lines do not add up to the lots"):
        _ = settlement.lines_table
