"""Work on the fixture: reading, settling, simulating, and the same by plainer means."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import date
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from python_calamine import CalamineWorkbook
from tests.benchmarks.measure import ROOT, Work
from tests.benchmarks.references_plain import children, settle_plainly

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evidence.evidence import REFUSED_SCHEMA, Evidence
from impactbond.evidence.read import read_evidence
from impactbond.settlement.lot_settlement import settle_lots
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.draw import Draws
from impactbond.simulation.read import read_area
from impactbond.simulation.simulate import simulate

CONTRACT = ROOT / "fixtures" / "contracts" / "west_london_zone.yaml"
WORKBOOK = ROOT / "fixtures" / "evidence" / "west_london_zone.xlsx"
AREA = ROOT / "fixtures" / "areas" / "new_borough.yaml"
AS_OF = date(2019, 4, 30)
SEED = 1


def _evidence(contract: Contract, folder: str) -> Evidence:
    """The fixture, or what `made` left in a folder."""
    if not folder:
        return read_evidence(WORKBOOK, contract)
    participants = pq.read_table(Path(folder, "people.parquet"))
    observations = pq.read_table(Path(folder, "seen.parquet"))
    return Evidence(participants, observations, REFUSED_SCHEMA.empty_table())


def made(folder: str, children: int) -> Work:
    """The evidence of the fixture's generator about more children, left in a folder."""
    sys.path.insert(0, str(ROOT / "fixtures"))
    maker, keeper = import_module("make_evidence"), import_module("evidence_maker.workbook")

    def make() -> Evidence:
        workbook = Path(folder, "made.xlsx")
        keeper.write_workbook(maker.make_book(2017, children), workbook, 2017, children)
        evidence = read_evidence(workbook, read_contract(CONTRACT))
        pq.write_table(evidence.participants_table, Path(folder, "people.parquet"))
        pq.write_table(evidence.observations_table, Path(folder, "seen.parquet"))
        return evidence

    return Work(make, lambda evidence: f"{evidence.observations_table.num_rows:,} observations")


def settled(folder: str = "", lines: bool = True) -> Work:
    """The settlement of evidence that has been read: every line and share of it, or what is due and
    when.
    """
    contract = read_contract(CONTRACT)
    evidence = _evidence(contract, folder)

    def run() -> Settlement:
        settlement = settle(contract, evidence, as_of=AS_OF, leave_out_refused=True)
        if lines:
            assert settlement.lines_table.num_rows < settlement.shares_table.num_rows
        return settlement

    return Work(
        run,
        lambda settlement: _told(
            (row["claim_date"], row["funder"], row["due_pence"])
            for row in settlement.balances_table.to_pylist()
        ),
    )


def settled_plainly(folder: str = "", every: int = 1) -> Work:
    """The same by the plain references, over every so many of the children."""
    contract = read_contract(CONTRACT)
    apart = list(islice(children(_evidence(contract, folder)), 0, None, every))
    return Work(
        lambda: settle_plainly(contract, apart, AS_OF),
        lambda balances: _told((one.claim_date, one.funder, one.due_pence) for one in balances),
    )


def _told(rows: Iterable[tuple[date, str, int]]) -> str:
    due = sorted((str(day), funder, pence) for day, funder, pence in rows if pence)
    return f"{len(due)} amounts due, {sum(pence for _, _, pence in due)} pence, {due[-1:]}"


def read() -> Work:
    """The intake of the fixture workbook: every cell checked, every fault told."""
    contract = read_contract(CONTRACT)
    return Work(lambda: read_evidence(WORKBOOK, contract))


def read_barely() -> Work:
    """Every cell of the fixture workbook as the file holds it."""

    def cells() -> list[Any]:
        with CalamineWorkbook.from_path(WORKBOOK) as book:
            return [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]

    return Work(cells)


def simulated(trials: int, told: int) -> Work:
    """Drawn futures settled together; told are the totals of the first."""
    contract, area = read_contract(CONTRACT), read_area(AREA)
    return Work(
        lambda: simulate(contract, area, trials=trials, seed=SEED),
        lambda forecast: str(forecast.total_pence[:told].tolist()),
    )


def simulated_singly(trials: int) -> Work:
    """The first of the same futures settled in a plain loop; drawing is not counted."""
    contract = read_contract(CONTRACT)
    draws = Draws.of(contract, read_area(AREA), SEED)
    futures = draws.quantities(draws.counts(0)[:trials])

    def settle_singly() -> list[int]:
        settled = (settle_lots(contract, draws.lots, draws.funders, one[None]) for one in futures)
        return [int(one.due.sum()) for one in settled]

    return Work(settle_singly, str)
