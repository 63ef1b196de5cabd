"""A delivery that was checked: what the next one need not check again, where the same files are in
it, byte for byte.

Takes  the parts of a file that was carried forward.
Gives  the digests of its files, how they were read, and what checks found in them.
Keeps  it says nothing of any file by its name, and nothing of a row but whose it is.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from os import PathLike

import narwhals as nw
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.canonical import sha256
from impactbond.contract.contract import Contract
from impactbond.evidence.carried_parts import (
    CLAIMED,
    DELIVERY,
    LATER,
    CarriedParts,
    as_written,
    carried_parts,
)
from impactbond.evidence.external_checks import Summary
from impactbond.evidence.external_columns import Reading

CARRIED = pa.schema(
    [(name, pa.string()) for name in ("participant", "person", "rows")] + [("moves", pa.bool_())]
)


@dataclass(frozen=True, eq=False, repr=False)
class CheckedDelivery:
    """The observations in files that were checked before.

    `read_as` is the digest of what else decides what checks find in them (see `read_as`), `summary`
    what they found. `carried` is what was known of each participant on `day`, a day number
    (CARRIED), and `later` are the participants with rows that were recorded after it.
    """

    files: tuple[str, ...]
    read_as: str
    summary: Summary
    day: int
    later: pa.Array
    carried: pa.Table

    @property
    def rows(self) -> int:
        """How many rows there are in all files."""
        return sum(self.summary.rows.values())

    @property
    def participants(self) -> pa.Array:
        """Whoever has rows; some may stand twice."""
        own = self.carried.filter(pc.not_equal(self.carried["rows"], ""))["participant"]
        return pa.concat_arrays([own.combine_chunks(), self.later])

    def among(self, digests: Sequence[str]) -> list[int] | None:
        """The positions at which its files stand in a delivery, by the digest of each file there;
        None where one is not there any more.
        """
        left = Counter(self.files)
        found = []
        for place, digest in enumerate(digests):
            if left[digest]:
                left[digest] -= 1
                found.append(place)
        return None if left.total() else found

    def as_parts(self) -> dict[str, bytes]:
        """The parts of a file that carries it forward."""
        return {
            CLAIMED: _parquet(self.carried),
            LATER: _parquet(pa.table({"participant": self.later})),
            DELIVERY: json.dumps(
                {
                    "files": self.files,
                    "read_as": self.read_as,
                    "rows": self.summary.rows,
                    "days": self.summary.days,
                    "statuses": sorted(self.summary.statuses),
                    "day": self.day,
                }
            ).encode(),
        }


def read_as(contract: Contract, values: str, kinds: Mapping[str, nw.dtypes.DType]) -> str:
    """The digest of what decides, beside the rows, what checks find in them: the contract, how
    values are written, and of which type each column is in all files together.
    """
    types = [[name, str(kinds[name])] for name in sorted(kinds)]
    return sha256(json.dumps([contract.digest, values, types]).encode())


def is_read_as(before: CheckedDelivery, reading: Reading) -> bool:
    """Whether a reading finds in the same rows what was found before."""
    return before.read_as == read_as(reading.contract, reading.values, reading.kinds)


def checked_before(path: str | PathLike[str]) -> CheckedDelivery | None:
    """The delivery in a file that was carried forward; None where it carries none, or another
    version wrote it. Raises RecordError where the file is damaged.
    """
    found = carried_parts(path)
    if DELIVERY not in found.parts:
        return None
    with as_written(found.file):
        said = json.loads(found.parts[DELIVERY])
        first, last = said["days"]
        summary = Summary((), said["rows"], (first, last), frozenset(said["statuses"]))
        later = _table(found.parts[LATER])["participant"].combine_chunks()
        files, how, day = tuple(said["files"]), said["read_as"], said["day"]
        return CheckedDelivery(files, how, summary, day, later, carried_table(found))


def carried_table(found: CarriedParts) -> pa.Table:
    """What was known of each participant (CARRIED), in the parts of a file; of nobody, where it has
    none. Raises RecordError where it is something else.
    """
    if not found.parts:
        return CARRIED.empty_table()
    with as_written(found.file):
        return _table(found.parts[CLAIMED]).cast(CARRIED)


def carried_as_part(table: pa.Table) -> dict[str, bytes]:
    """The part that `carried_table` reads."""
    return {CLAIMED: _parquet(table)}


def _parquet(table: pa.Table) -> bytes:
    from pyarrow import parquet  # a command that carries nothing need not load it

    content = BytesIO()
    parquet.write_table(table, content, compression="zstd")
    return content.getvalue()


def _table(content: bytes) -> pa.Table:
    from pyarrow import parquet

    return parquet.read_table(BytesIO(content))
