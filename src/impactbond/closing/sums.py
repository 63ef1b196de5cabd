"""What was earned, by outcome, and how it is added up.

Takes  lines and their shares.
Gives  whole pence by funder and outcome, by funder, and by outcome.
Keeps  what lies beyond the funders' limits, which nobody pays, is no income.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa

from impactbond.settlement.funding import UNFUNDED


class EarnedOutcome(NamedTuple):
    """What was achieved, and by whom it is paid: a result or a fee is of no participant."""

    funder: str
    participant: str
    milestone: str
    period: str
    achieved_on: date


Sums = dict[EarnedOutcome, int]


def by_outcome(lines: pa.Table, shares: pa.Table) -> Sums:
    """What each funder owes for each outcome, by lines and their shares (LINES, SHARES)."""
    columns = ["participant", "milestone", "period", "achieved_on"]
    rows = zip(*(lines[name].to_pylist() for name in ["line", *columns]), strict=True)
    of_line = {line: about for line, *about in rows}
    sums: Sums = defaultdict(int)
    columns = ["line", "funder", "amount_pence"]
    for line, funder, pence in zip(*(shares[name].to_pylist() for name in columns), strict=True):
        # Nobody owes it, so nobody earned it: it stands in the table of what is withheld.
        if funder != UNFUNDED and pence:
            sums[EarnedOutcome(funder, *of_line[line])] += pence
    return sums


def by_funder(sums: Sums) -> dict[str, int]:
    """The same for each funder in all."""
    return summed((outcome.funder, pence) for outcome, pence in sums.items())


def summed_by_outcome(sums: Sums) -> dict[tuple[Any, ...], int]:
    """The same for each outcome, whoever pays it."""
    found: dict[tuple[Any, ...], int] = defaultdict(int)
    for outcome, pence in sums.items():
        found[outcome[1:]] += pence
    return found


def summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Amounts added up by their names."""
    found: dict[str, int] = defaultdict(int)
    for name, pence in pairs:
        found[name] += pence
    return found
