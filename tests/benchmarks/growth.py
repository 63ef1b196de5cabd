"""Work on populations of growing size: the lots of one claim date, by the engine and by references
that were written for the one contract.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from tests.benchmarks.generate import (
    EVALUATED,
    PEOPLE,
    SEEN,
    population,
    read_population,
    write_population,
)
from tests.benchmarks.measure import Work
from tests.benchmarks.references import by_engine, by_sql, digest
from tests.benchmarks.settlement import AS_OF, CONTRACT

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evaluation.inputs import ClaimDate, claim_dates
from impactbond.evidence.evidence import Evidence, ExternalEvidence
from impactbond.evidence.external_checks import Summary
from impactbond.evidence.parquet_files import ParquetFiles
from impactbond.evidence.read import read_evidence
from impactbond.evidence.sources import ExternalTable
from impactbond.settlement.settle import settle
from impactbond.settlement.settlement import Settlement


def _claim(contract: Contract) -> ClaimDate:
    return claim_dates(contract, AS_OF)[-1]


def rested(contract: Contract, folder: Path) -> Evidence:
    """The evidence in the files of a folder, checked and left there."""
    source = {"participants": folder / PEOPLE, "observations": folder / SEEN}
    return read_evidence(source, contract, values="as held")


def made(folder: str, children: int) -> Work:
    """A population as files in a folder."""
    return Work(lambda: write_population(Path(folder), children))


def checked(folder: str, children: int) -> Work:
    """The checks of a delivery that stays where it is."""
    contract = read_contract(CONTRACT)
    return Work(lambda: rested(contract, Path(folder)), lambda evidence: repr(evidence))


def read_barely(folder: str, children: int) -> Work:
    """Every value that evaluation looks at read once by DuckDB, and nothing checked."""
    # A hash, because the largest value of a column is in the file's own statistics.
    columns = ", ".join(f"bit_xor(hash({name}))" for name in EVALUATED)
    query = f"SELECT {columns} FROM '{Path(folder, SEEN)}'"
    return Work(lambda: duckdb.sql(query).fetchall())


def by_the_engine(folder: str, children: int) -> Work:
    """The lots as the library finds them, from files that were checked before, when it has met the
    contract before.
    """
    contract, evidence = _checked_before(folder)
    by_engine(contract, population(100), _claim(contract))
    return Work(lambda: by_engine(contract, evidence, _claim(contract)), digest)


def every_line(folder: str, children: int) -> Work:
    """Every line and share of every claim date, from files that were checked before."""
    contract, evidence = _checked_before(folder)

    def run() -> Settlement:
        settlement = settle(contract, evidence, as_of=AS_OF)
        assert settlement.lines_table.num_rows < settlement.shares_table.num_rows
        return settlement

    return Work(run, lambda settlement: f"{settlement.lines_table.num_rows:,} lines")


def _checked_before(folder: str) -> tuple[Contract, Evidence]:
    contract = read_contract(CONTRACT)
    seen = ExternalTable(ParquetFiles.opened((str(Path(folder, SEEN)),), "observations", ()))
    # The checks have a figure, and a peak, of their own.
    summary = Summary((), {}, (0, 0), frozenset())
    people = pq.read_table(Path(folder, PEOPLE))
    return contract, ExternalEvidence(people, seen, contract, "as held", summary)


def by_hand_written_sql(folder: str, children: int) -> Work:
    """The lots by DuckDB, from the same files."""
    claim = _claim(read_contract(CONTRACT))
    return Work(lambda: by_sql(Path(folder), claim), digest)


def by_a_pandas_program(folder: str, children: int) -> Work:
    """The lots by pandas, from the same files. No other task holds pandas in memory."""
    from tests.benchmarks.references_pandas import frame_of, lots_by_pandas

    claim = _claim(read_contract(CONTRACT))

    def work() -> pa.Table:
        evidence = read_population(Path(folder))
        frames = (frame_of(evidence.participants_table), frame_of(evidence.observations_table))
        return lots_by_pandas(*frames, claim)

    return Work(work, digest)
