"""Late and disputed evidence: what a row earns that was recorded after the contract's deadline, or
that is in dispute.

A late row counts at the first claim date by which it is recorded, for the whole price or for a
share of it (`late_pays`), or it earns nothing. What rests on a row in dispute is claimed, and
withheld until the dispute is settled.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.facts import KEYS
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Reason, Standing, Verdict

Frame = nw.LazyFrame[Any]


@dataclass(frozen=True, slots=True)
class Basis:
    """Which evidence is weighed: that recorded late or in dispute can be left out."""

    in_time: bool = False
    undisputed: bool = False

    def named(self, what: str) -> str:
        """A name for what rests on this evidence."""
        return f"{what}{'_in_time' * self.in_time}{'_undisputed' * self.undisputed}"


def bases(contract: Contract, *, is_disputed: bool) -> list[tuple[Basis, Standing]]:
    """The evidence that can earn something, one basis after the other, and how what each earns
    stands; `is_disputed` where any row is.

    What evidence in time earns is not asked of late evidence again, and what undisputed evidence
    earns not of that in dispute: each basis is weighed only for what those before it did not earn.
    """
    only_in_time = earns_nothing(contract)
    found: list[tuple[Basis, Standing]] = []
    if contract.calendar.evidence.late_pays is not None:
        found.append((Basis(in_time=True, undisputed=is_disputed), Standing.FULL))
        found.append((Basis(undisputed=is_disputed), Standing.LATE))
    else:
        found.append((Basis(only_in_time, is_disputed), Standing.FULL))
    if is_disputed:
        found.append((Basis(only_in_time), Standing.DISPUTED))
    return found


def earns_nothing(contract: Contract) -> bool:
    """Whether late evidence earns nothing."""
    return contract.calendar.evidence.late == "nothing"


def deadlines_table(contract: Contract, evidence: Evidence) -> pa.Table | None:
    """The day by which what was observed on a day must be recorded: observed_on, deadline; None
    where a late row earns as much as any.
    """
    terms = contract.calendar.evidence
    if not earns_nothing(contract) and terms.late_pays is None:
        return None
    days = evidence.observed_days
    return pa.table(
        {
            "observed_on": pa.array([day_number(day) for day in days], pa.int64()),
            "deadline": pa.array([day_number(terms.within.after(day)) for day in days], pa.int64()),
        }
    )


def recorded_in_time(rows: Frame, deadlines: Frame) -> Frame:
    """The rows recorded by their deadline."""
    dated = rows.join(deadlines, on="observed_on", how="inner")
    return dated.filter(nw.col("recorded_on") <= nw.col("deadline")).drop("deadline")


def with_standing(rows: Frame, deadlines: Frame | None) -> Frame:
    """Rows that count one by one, with how what each earns stands; `deadlines` where late ones earn
    a share. A row both late and in dispute is in dispute.
    """
    standing = nw.lit(Standing.FULL.number)
    if deadlines is not None:
        rows = rows.join(deadlines, on="observed_on", how="inner")
        is_late = nw.col("recorded_on") > nw.col("deadline")
        standing = nw.when(is_late).then(nw.lit(Standing.LATE.number)).otherwise(standing)
    is_disputed = nw.col("status") == "disputed"
    disputed = nw.lit(Standing.DISPUTED.number)
    return rows.with_columns(
        standing=nw.when(is_disputed).then(disputed).otherwise(standing).cast(nw.Int64)
    )


def with_late(in_time: Frame, whenever: Frame) -> Frame:
    """The decisions on evidence recorded in time; late where later evidence alone achieves."""
    achieves, late = Verdict.ACHIEVED.number, nw.lit(Verdict.LATE.number)
    ever = whenever.select(*KEYS, "milestone", verdict_ever=nw.col("verdict"))
    both = in_time.join(ever, on=[*KEYS, "milestone"], how="inner")
    is_late = (nw.col("verdict") != achieves) & (nw.col("verdict_ever") == achieves)
    recorded_late = nw.lit(Reason.RECORDED_LATE.number)
    return both.with_columns(
        verdict=nw.when(is_late).then(late).otherwise(nw.col("verdict")),
        reason=nw.when(is_late).then(recorded_late).otherwise(nw.col("reason")),
    ).drop("verdict_ever")
