"""The quarter that follows: one more file of the delivery, settled on what the quarter before
carried forward, on its record alone, and all again.

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
from impactbond.evidence.evidence import Evidence
from impactbond.evidence.read import read_evidence
from impactbond.records.following import settle
from impactbond.records.record import read_record, write_record
from impactbond.settlement.settlement import Settlement

THEN, NOW = date(2018, 7, 31), date(2018, 10, 31)
BEFORE, SINCE = "before.parquet", "since.parquet"
RECORD, FORWARD = "first.record", "first.carried"
GO_ON = 6


def made(folder: str, children: int) -> Work:
    """The deliveries up to the first claim date, with its record, and the delivery after it, left
    in a folder.
    """

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
        contract = read_contract(CONTRACT)
        settlement = settle(contract, _read(contract, folder, BEFORE), as_of=THEN)
        write_record(settlement, Path(folder, RECORD), carried=Path(folder, FORWARD))
        return since.num_rows, before.num_rows + since.num_rows

    return Work(make, lambda rows: f"{rows[0]:,} of {rows[1]:,} rows new")


def _read(contract: Contract, folder: str, *names: str, carried: Path | None = None) -> Evidence:
    seen = [Path(folder, name) for name in names]
    given = {"participants": Path(folder, PEOPLE), "observations": seen}
    return read_evidence(given, contract, values="as held", carried=carried)


def follows(folder: str, way: str) -> Work:
    """The second claim date with every line, from files: the contract, the delivery, and unless
    `all again` the record of the first, its `lines` alone or also what was `carried`.
    """
    record = None if way == "all again" else Path(folder, RECORD)
    forward = Path(folder, FORWARD) if way == "carried" else None

    def run() -> Settlement:
        contract = read_contract(CONTRACT)
        evidence = _read(contract, folder, BEFORE, SINCE, carried=forward)
        settlement = settle(contract, evidence, as_of=NOW, earlier=record, carried=forward)
        assert settlement.lines_table.num_rows
        return settlement

    return Work(run, _told)


def follows_read(folder: str, way: str) -> Work:
    """The same without lines, of a delivery and a record that have been read."""
    contract = read_contract(CONTRACT)
    record = None if way == "all again" else read_record(Path(folder, RECORD))
    assert record is None or record.lines_table.num_rows
    forward = Path(folder, FORWARD) if way == "carried" else None
    evidence = _read(contract, folder, BEFORE, SINCE, carried=forward)

    def run() -> Settlement:
        settlement = settle(contract, evidence, as_of=NOW, earlier=record, carried=forward)
        assert (settlement.unchanged is not None) == (way == "carried")
        return settlement

    return Work(run, _told)


def _told(settlement: Settlement) -> str:
    tables = (settlement.payments_table, settlement.balances_table)
    return sha256(b"".join(map(csv_bytes, tables)))
