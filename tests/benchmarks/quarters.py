"""The quarter that follows: one more delivery, settled on what the quarter before carried forward,
on its lines alone, and all again.

Of the children one in six has rows in the quarter, which are some two in a hundred of all rows.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from tests.benchmarks.generate import PEOPLE, SEEN, write_population
from tests.benchmarks.measure import Work
from tests.benchmarks.settlement import CONTRACT

from impactbond.canonical import csv_bytes, sha256
from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evaluation.carried import carried
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement

THEN, NOW = date(2018, 7, 31), date(2018, 10, 31)
BEFORE, SINCE = "before.parquet", "since.parquet"
GO_ON = 6


def made(folder: str, children: int) -> Work:
    """The deliveries up to the first claim date, and the one after it, left in a folder."""

    def make() -> tuple[int, int]:
        write_population(Path(folder), children)
        rows = pq.read_table(Path(folder, SEEN))
        before = rows.filter(pc.less_equal(rows["recorded_on"], pa.scalar(THEN)))
        since = rows.filter(pc.greater(rows["recorded_on"], pa.scalar(THEN)))
        since = since.filter(pc.less_equal(since["recorded_on"], pa.scalar(NOW)))
        number = pc.cast(pc.utf8_slice_codeunits(since["participant"], 1), pa.int64())
        turn = pc.subtract(number, pc.multiply(pc.divide(number, GO_ON), GO_ON))
        since = since.filter(pc.equal(turn, 0))
        pq.write_table(before, Path(folder, BEFORE), compression="zstd")
        pq.write_table(since, Path(folder, SINCE), compression="zstd")
        return since.num_rows, before.num_rows + since.num_rows

    return Work(make, lambda rows: f"{rows[0]:,} of {rows[1]:,} rows new")


def _read(contract: Contract, folder: str, *names: str) -> Evidence:
    seen = [Path(folder, name) for name in names]
    given = {"participants": Path(folder, PEOPLE), "observations": seen}
    return read_evidence(given, contract, values="as held")


def follows(folder: str, way: str, read: bool = True, lines: bool = False) -> Work:
    """The second claim date, `all again`, on the `lines` of the first, or on what was `carried`;
    with the delivery read and checked, or not, and with every line, or not.
    """
    contract = read_contract(CONTRACT)
    before = settle(contract, _read(contract, folder, BEFORE), as_of=THEN)
    earlier = None if way == "all again" else before
    assert before.lines_table.num_rows
    table = None
    if way == "carried":
        table = carried(before.known, before.evidence, before.claim)
    delivered = _read(contract, folder, BEFORE, SINCE)

    def run() -> Settlement:
        evidence = _read(contract, folder, BEFORE, SINCE) if read else delivered
        settlement = settle(contract, evidence, as_of=NOW, earlier=earlier, carried=table)
        assert (settlement.unchanged is not None) == (way == "carried")
        assert not lines or settlement.lines_table.num_rows
        return settlement

    return Work(run, _told)


def _told(settlement: Settlement) -> str:
    tables = (settlement.payments_table, settlement.balances_table)
    return sha256(b"".join(map(csv_bytes, tables)))
