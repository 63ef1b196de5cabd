"""How amounts spread over the trials of a forecast, as tables and for people to read.

Percentiles are nearest-rank: of n trials in ascending order, the p-th percentile is the one at
place p × n / 100, rounded up. It is an amount that occurs in a trial; nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.money import Pence, half_up, round_fraction, show

PERCENTS = (5, 50, 95)
SPREAD_HEADINGS = ("Mean", "5%", "Median", "95%")
SPREAD = [
    ("trials", pa.int64()),
    ("sum_pence", pa.int64()),
    ("mean_pence", pa.int64()),
    *((f"p{percent}_pence", pa.int64()) for percent in PERCENTS),
]
DATED = [("claim_period", pa.string()), ("claim_date", pa.date32())]
PAYMENTS = pa.schema([*DATED, ("funder", pa.string()), *SPREAD])
TOTALS = pa.schema([("funder", pa.string()), *SPREAD])
LIMITS = pa.schema(
    [
        *DATED,
        ("limit", pa.string()),
        ("funder", pa.string()),
        ("at_most_pence", pa.int64()),
        ("trials", pa.int64()),
        ("bound_trials", pa.int64()),
        ("chance", pa.float64()),
        ("mean_held_back_pence", pa.int64()),
    ]
)
REACHED = pa.schema(
    [
        ("group", pa.string()),
        ("child", pa.int64()),
        ("milestone", pa.string()),
        ("reached_on", pa.date32()),
        ("pays", pa.bool_()),
    ]
)


def percentile(ascending: Pence, percent: int) -> Pence:
    """The nearest-rank percentile along the first axis of amounts in ascending order."""
    place = -(-percent * len(ascending) // 100)
    return np.asarray(ascending[max(place, 1) - 1])


def spread(amounts: Pence) -> dict[str, Pence]:
    """The columns of SPREAD for amounts shaped (trial, ...): sum, mean to a penny, percentiles."""
    ascending = np.sort(amounts, axis=0)
    total = np.asarray(amounts.sum(axis=0))
    columns = {
        "trials": np.full(total.shape, len(amounts), dtype=np.int64),
        "sum_pence": total,
        "mean_pence": round_fraction(total, Fraction(1, len(amounts)), half_up),
    }
    return columns | {f"p{of}_pence": percentile(ascending, of) for of in PERCENTS}


def with_spread(
    keys: list[tuple[Any, ...]], columns: dict[str, Pence], schema: pa.Schema
) -> pa.Table:
    """A table of that schema: a row for every key, with its columns of SPREAD."""
    amounts = zip(*(columns[name].reshape(-1).tolist() for name, _ in SPREAD), strict=True)
    return rows_table([(*key, *row) for key, row in zip(keys, amounts, strict=True)], schema)


def rows_table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """A table of that schema from rows."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    typed = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.table(typed, schema=schema)


def amounts(columns: dict[str, Pence], currency: str) -> list[list[str]]:
    """Mean and percentiles as people write them, row by row, under SPREAD_HEADINGS."""
    names = ["mean_pence", *(f"p{percent}_pence" for percent in PERCENTS)]
    rows = zip(*(columns[name].reshape(-1).tolist() for name in names), strict=True)
    return [[show(pence, currency) for pence in row] for row in rows]


@dataclass(frozen=True)
class Shown:
    """A table for people: the first `words` columns hold words, the others amounts."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int

    @property
    def html(self) -> str:
        """The table for a notebook."""

        def line(cells: Sequence[str], tag: str) -> str:
            aligned = ("left" if place < self.words else "right" for place in range(len(cells)))
            return "".join(
                f"<{tag} style='text-align:{side}'>{escape(cell)}</{tag}>"
                for cell, side in zip(cells, aligned, strict=True)
            )

        body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in self.rows)
        return f"<table><tr>{line(self.headings, 'th')}</tr>{body}</table>"

    @property
    def text(self) -> str:
        """The table for a terminal."""
        lines = [self.headings, *self.rows]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(
                cell.ljust(width) if place < self.words else cell.rjust(width)
                for place, (cell, width) in enumerate(zip(line, widths, strict=True))
            ).rstrip()
            for line in lines
        )
