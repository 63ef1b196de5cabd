"""How amounts of many trials spread: sum, mean and percentiles, as tables and as people read them.

Takes  whole pence, the trials along the first axis.
Gives  rows of a key with the columns of SPREAD, and tables for a terminal or a notebook.
Keeps  percentiles are amounts that occur in a trial: nothing is interpolated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa

from impactbond.cards import card_table
from impactbond.money import Pence, half_up, round_fraction, show
from impactbond.tables import aligned, rows_table

PERCENTS = (5, 50, 95)
SPREAD_HEADINGS = ("Mean", "5%", "Median", "95%")
SPREAD = ("trials", "sum_pence", "mean_pence", *(f"p{percent}_pence" for percent in PERCENTS))


def percentile(ascending: Pence, percent: int) -> Pence:
    """The nearest-rank percentile along the first axis of amounts in ascending order.

    Of n trials, the p-th percentile is the one at place p × n / 100, rounded up. It is an amount
    that occurs in a trial; nothing is interpolated.
    """
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


def spread_table(keys: list[tuple[Any, ...]], pence: Pence, schema: pa.Schema) -> pa.Table:
    """A table of that schema: a row for every key, with the columns of SPREAD."""
    columns = spread(pence)
    amounts = zip(*(columns[name].reshape(-1).tolist() for name in SPREAD), strict=True)
    return rows_table([(*key, *row) for key, row in zip(keys, amounts, strict=True)], schema)


def spread_rows(
    keys: Sequence[tuple[str, ...]], pence: Pence, currency: str
) -> list[tuple[str, ...]]:
    """A row for every key, with mean and percentiles as people write them."""
    columns = spread(pence)
    names = ["mean_pence", *(f"p{percent}_pence" for percent in PERCENTS)]
    rows = zip(*(columns[name].reshape(-1).tolist() for name in names), strict=True)
    return [
        (*key, *(show(pence, currency) for pence in row))
        for key, row in zip(keys, rows, strict=True)
    ]


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
        return card_table(self.headings, self.rows, words=self.words, caption=self.title)

    @property
    def text(self) -> str:
        """The table for a terminal."""
        return "\n".join(aligned([self.headings, *self.rows], self.words))
