"""Work on populations of growing size: the lots of one claim date, by the engine and by references
that were written for the one contract.
"""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks.generate import population, read_population, write_population
from tests.benchmarks.measure import Work
from tests.benchmarks.references import by_engine, by_sql, digest
from tests.benchmarks.settlement import AS_OF, CONTRACT

from impactbond.contract.contract import Contract
from impactbond.contract.read import read_contract
from impactbond.evaluation.question import ClaimDate, claim_dates

COMPACT_FROM = 2_000_000  # children; with fewer, texts are held as a delivery holds them


def _claim(contract: Contract) -> ClaimDate:
    return claim_dates(contract, AS_OF)[-1]


def made(folder: str, children: int) -> Work:
    """A population as files in a folder."""
    return Work(lambda: write_population(Path(folder), children))


def by_the_engine(folder: str, children: int) -> Work:
    """The lots as the library finds them, when it has met the contract before."""
    contract = read_contract(CONTRACT)
    by_engine(contract, population(100), _claim(contract))
    evidence = read_population(Path(folder), compact=children >= COMPACT_FROM)
    return Work(lambda: by_engine(contract, evidence, _claim(contract)), digest)


def by_hand_written_sql(folder: str, children: int) -> Work:
    """The lots by DuckDB, from the same tables."""
    claim = _claim(read_contract(CONTRACT))
    evidence = read_population(Path(folder), compact=children >= COMPACT_FROM)
    return Work(lambda: by_sql(evidence, claim), digest)


def by_a_pandas_program(folder: str, children: int) -> Work:
    """The lots by pandas, from the same tables as frames. No other task holds pandas in memory."""
    from tests.benchmarks.references_pandas import frame_of, lots_by_pandas

    claim = _claim(read_contract(CONTRACT))
    evidence = read_population(Path(folder), compact=children >= COMPACT_FROM)
    frames = (frame_of(evidence.participants_table), frame_of(evidence.observations_table))
    return Work(lambda: lots_by_pandas(*frames, claim), digest)
