"""What was refused and left out of a year end, by reason.

Takes  evidence and receipts.
Gives  the table REFUSED: of which, why, and how many rows.
Keeps  no row, no reference and no value: the rows themselves are told where the files are read.
"""

from __future__ import annotations

from collections import Counter

import pyarrow as pa

from impactbond.evidence.evidence import Evidence
from impactbond.receipts.receipts import Receipts
from impactbond.tables import rows_table, schema_of

REFUSED = schema_of("of", "reason", "rows", rows=pa.int64())


def refused_rows_table(evidence: Evidence, receipts: Receipts | None) -> pa.Table:
    """The table `refused`, the most frequent reason first."""
    given = {"evidence": evidence.refused_table}
    if receipts is not None:
        given["receipts"] = receipts.refused_table
    rows = []
    for of, refused in given.items():
        counts = Counter(refused["code"].to_pylist())
        rows += [(of, code, count) for code, count in sorted(counts.items(), key=_most_first)]
    return rows_table(rows, REFUSED)


def _most_first(counted: tuple[str, int]) -> tuple[int, str]:
    return -counted[1], counted[0]
