"""What was known on each claim date: who the participants were, and which observations stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import narwhals as nw
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import day_number, from_day_number
from impactbond.evaluation.facts import NEVER
from impactbond.evidence.evidence import Evidence
from impactbond.tables import Workshop, with_day_numbers

FROM_SHIFT = 2**40
SEGMENT_SHIFT = 2**24
LAST_SEGMENT = SEGMENT_SHIFT - 1
LAST_DAY = 2**16 - 1


@dataclass(frozen=True, slots=True)
class ClaimDate:
    """One claim: `number` counts from 0; evidence recorded by `known_by` counts; what was achieved
    by `ends_on` is claimed.
    """

    number: int
    label: str
    ends_on: date
    known_by: date


def claim_dates(contract: Contract, as_of: date) -> tuple[ClaimDate, ...]:
    """Every claim date of the contract up to and including `as_of`, in order."""
    calendar = contract.calendar
    dated = [(period, calendar.claim_date(period)) for period in calendar.periods]
    return tuple(
        ClaimDate(number, period.label, period.last, day)
        for number, (period, day) in enumerate(dated)
        if day <= as_of
    )


@dataclass(frozen=True, slots=True)
class Segments:
    """The distinct combinations of attributes among the participants; a number stands for each."""

    names: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]

    @classmethod
    def of(cls, contract: Contract, participants: pa.Table) -> Segments:
        """The segments in a table of participants, in order of their values."""
        names = tuple(contract.participants.attributes)
        if not names:
            return cls((), ((),))
        distinct = participants.group_by(list(names)).aggregate([])
        rows = zip(*(distinct[name].to_pylist() for name in names), strict=True)
        return cls(names, tuple(sorted(tuple(value or "" for value in row) for row in rows)))

    def covered(self, contract: Contract) -> list[int]:
        """The segments whose participants the contract covers."""
        wanted = contract.participants.covered
        return [
            number
            for number, values in enumerate(self.values)
            if all(
                dict(zip(self.names, values, strict=True))[name] in allowed
                for name, allowed in wanted.items()
            )
        ]

    def numbered(self, participants: pa.Table) -> pa.Table:
        """The participants with a column `segment`."""
        number = {values: index for index, values in enumerate(self.values)}
        columns = [participants[name].to_pylist() for name in self.names]
        rows = zip(*columns, strict=True) if columns else iter([()] * participants.num_rows)
        segment = [number[tuple(value or "" for value in row)] for row in rows]
        return participants.append_column("segment", pa.array(segment, pa.int64()))


def known_participants(
    shop: Workshop,
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    segments: Segments,
) -> nw.LazyFrame[Any]:
    """Who was known at each claim date: claim, participant, ends_on, started_on, left_on (NEVER
    while not left).

    The most recently recorded row decides the start and the leaving.
    """
    rows = nw_rows(shop, evidence, segments)
    dated = shop.take(claims_table(claims))
    known = rows.join(dated, how="cross").filter(nw.col("recorded_on") <= nw.col("known_by"))
    order = (nw.col("recorded_on") * 2**16 + nw.col("from_on")) * 2**16
    known = known.with_columns(
        start=order + nw.col("started_on"), leave=order + nw.col("left_on").fill_null(0)
    )
    keys = ("claim", "participant", "ends_on", "known_by")
    picked = known.group_by(*keys).agg(nw.col("start").max(), nw.col("leave").max())
    left = nw.col("leave") % 2**16
    people = picked.select(
        "claim",
        "participant",
        "ends_on",
        "known_by",
        started_on=nw.col("start") % 2**16,
        left_on=nw.when(left > 0).then(left).otherwise(nw.lit(NEVER)),
    )
    if not contract.participants.covered:
        return people
    return _covered(shop, contract, rows, people, segments)


def _covered(
    shop: Workshop,
    contract: Contract,
    rows: nw.LazyFrame[Any],
    people: nw.LazyFrame[Any],
    segments: Segments,
) -> nw.LazyFrame[Any]:
    covered = segments.covered(contract)
    starts = segments_on(
        rows,
        people.select("claim", "participant", "known_by", "started_on"),
        "started_on",
        ["claim"],
    )
    allowed = shop.take(pa.table({"segment": pa.array(covered, pa.int64())}))
    return people.join(
        starts.join(allowed, on="segment", how="semi"), on=["claim", "participant"], how="semi"
    )


def nw_rows(shop: Workshop, evidence: Evidence, segments: Segments) -> nw.LazyFrame[Any]:
    """The rows about participants, with their segment and dates as day numbers."""
    columns = ["participant", "started_on", "left_on", "from_on", "recorded_on", "segment"]
    return shop.take(
        with_day_numbers(segments.numbered(evidence.participants_table)).select(columns)
    )


def segments_on(
    rows: nw.LazyFrame[Any], asked: nw.LazyFrame[Any], day: str, keys: list[str]
) -> nw.LazyFrame[Any]:
    """The segment of each participant on a day, as known by `known_by`: keys, participant, segment.

    The latest row that holds from that day or before; where all rows hold from later days, the
    earliest of them.
    """
    about = rows.select("participant", "from_on", "segment", recorded_row=nw.col("recorded_on"))
    joined = asked.join(about, on="participant", how="inner").filter(
        nw.col("recorded_row") <= nw.col("known_by")
    )
    held = (
        nw.col("from_on") * FROM_SHIFT + nw.col("recorded_row") * SEGMENT_SHIFT + nw.col("segment")
    )
    later = (
        nw.col("from_on") * FROM_SHIFT
        + (LAST_DAY - nw.col("recorded_row")) * SEGMENT_SHIFT
        + (LAST_SEGMENT - nw.col("segment"))
    )
    is_held = nw.col("from_on") <= nw.col(day)
    joined = joined.with_columns(
        held=nw.when(is_held).then(held).otherwise(nw.lit(-1)), later=later
    )
    picked = joined.group_by(*keys, "participant").agg(nw.col("held").max(), nw.col("later").min())
    segment = nw.when(nw.col("held") >= 0).then(nw.col("held") % SEGMENT_SHIFT)
    return picked.select(
        *keys,
        "participant",
        segment=segment.otherwise(LAST_SEGMENT - nw.col("later") % SEGMENT_SHIFT),
    )


def claims_table(claims: Sequence[ClaimDate]) -> pa.Table:
    """The claim dates as a table of day numbers: claim, ends_on, known_by."""
    return pa.table(
        {
            "claim": pa.array([claim.number for claim in claims], pa.int64()),
            "ends_on": pa.array([day_number(claim.ends_on) for claim in claims], pa.int64()),
            "known_by": pa.array([day_number(claim.known_by) for claim in claims], pa.int64()),
        }
    )


def live_observations(
    shop: Workshop,
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    *,
    in_time: bool,
) -> nw.LazyFrame[Any]:
    """The observations that stood at each claim date: known, not superseded, not withdrawn;
    `metric` by its number.

    With `in_time`, only those recorded within the contract's deadline.
    """
    columns = [
        "observation",
        "participant",
        "metric",
        "value",
        "observed_on",
        "recorded_on",
        "supersedes",
        "status",
    ]
    table = with_day_numbers(evidence.observations_table.select(columns))
    metrics = pa.table(
        {
            "metric": list(contract.metrics),
            "number": pa.array(range(len(contract.metrics)), pa.int64()),
        }
    )
    rows = (
        shop.take(table)
        .join(shop.take(metrics), on="metric", how="inner")
        .drop("metric")
        .rename({"number": "metric"})
    )
    known = rows.join(shop.take(claims_table(claims)).drop("ends_on"), how="cross").filter(
        nw.col("recorded_on") <= nw.col("known_by")
    )
    superseded = known.filter(~nw.col("supersedes").is_null()).select(
        "claim", observation=nw.col("supersedes")
    )
    live = known.join(superseded, on=["claim", "observation"], how="anti").filter(
        nw.col("status") != "withdrawn"
    )
    if in_time:
        live = live.join(
            shop.take(_deadlines(contract, table)), on="observed_on", how="inner"
        ).filter(nw.col("recorded_on") <= nw.col("deadline"))
    return live.drop("supersedes", "status", "known_by")


def _deadlines(contract: Contract, observations: pa.Table) -> pa.Table:
    days = sorted(set(observations["observed_on"].to_pylist()))
    within = contract.calendar.evidence.within
    return pa.table(
        {
            "observed_on": pa.array(days, pa.int64()),
            "deadline": pa.array(
                [day_number(within.after(from_day_number(day))) for day in days], pa.int64()
            ),
        }
    )


def windows_table(contract: Contract, evidence: Evidence) -> pa.Table:
    """First and last day of every window for every start date in the evidence: started_on,
    opens_<i>, closes_<i>.
    """
    starts = sorted(set(evidence.participants_table["started_on"].to_pylist()))
    spans = [[window.days(start) for start in starts] for window in contract.windows.values()]
    table = {"started_on": pa.array([day_number(start) for start in starts], pa.int64())}
    for index, days in enumerate(spans):
        table[f"opens_{index}"] = pa.array(
            [max(0, day_number(opens)) for opens, _ in days], pa.int64()
        )
        table[f"closes_{index}"] = pa.array([day_number(closes) for _, closes in days], pa.int64())
    return pa.table(table)
