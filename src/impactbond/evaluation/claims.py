"""Claims: one milestone achieved once by one participant, in the segment it held on that day; of a
milestone that pays for every so many rows, days or so much of a quantity, the units of one period.

Takes  what was achieved at every claim date, the rows about participants, and the rows that count
       towards units from the day of achievement.
Gives  claim, participant, milestone, reached (day number), segment, standing, quantity; and the
       same counted, which is what money needs. Units are reached on the first day that completed
       one in their period (or the part of it in which they come to the same money), so that what
       becomes known later adds to the same claim.
Keeps  nothing but achieved decisions becomes a claim. Whole units on the running total, no more
       than at most so many, none after leaving.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, NamedTuple, overload

import narwhals as nw
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from impactbond.contract.contract import Contract
from impactbond.dialect import Engine
from impactbond.evaluation.decisions import achieved, decisions_at
from impactbond.evaluation.facts import Frame
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import segments_on
from impactbond.evaluation.units import units_of
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Standing

# Of so many participants at claim dates, to plan another query costs more than to find the reasons
# at every claim date and not only at the last.
MOST_AT_ONCE = 50_000
# Rows about participants, times claim dates: an engine holds some hundreds of bytes for each.
MOST_EVALUATED = 3_500_000
_ROWS_IN_CHUNK = 2**24
CLAIM_KEYS = ["claim", "milestone", "reached", "standing", "quantity"]


class Counted(NamedTuple):
    """So many equal claims, as known at one claim date; `segment` numbers a combination of
    attributes.
    """

    claim: int
    milestone: int
    day: int
    segment: int
    quantity: int
    participant: str = ""
    standing: int = Standing.FULL.number


_NUMBERS = ("claim", "milestone", "day", "segment", "quantity", "standing")


@dataclass(frozen=True, eq=False, repr=False)
class ClaimRows(Sequence[Counted]):
    """Claims as columns, each of them a Counted where somebody asks for it: of very many, an object
    for each would cost more than all the rest of a settlement.

    `numbers` are whole numbers by the names of Counted; `participants` is None where nobody is told
    apart.
    """

    numbers: Mapping[str, NDArray[Any]]
    participants: pa.ChunkedArray | None

    @classmethod
    def of(cls, rows: Iterable[Counted]) -> ClaimRows:
        """Claims as columns, whatever they came as."""
        if isinstance(rows, ClaimRows):
            return rows
        listed = list(rows)
        numbers = {
            name: np.array([getattr(row, name) for row in listed], dtype=np.int64)
            for name in _NUMBERS
        }
        names = [row.participant for row in listed]
        return cls(numbers, pa.chunked_array([names], pa.string()) if any(names) else None)

    @classmethod
    def together(cls, parts: Iterable[Iterable[Counted]]) -> ClaimRows:
        """Claims of several parts as one: all of them of somebody, or none."""
        every = [cls.of(part) for part in parts]
        numbers = {
            name: np.concatenate([part.numbers[name] for part in every]) for name in _NUMBERS
        }
        who = [part.participants for part in every if part.participants is not None]
        chunks = [chunk for one in who for chunk in one.chunks]
        return cls(numbers, pa.chunked_array(chunks, pa.string()) if who else None)

    @classmethod
    def of_table(cls, table: pa.Table) -> ClaimRows:
        """Claims as an engine gives them, in its columns."""
        named = {name: "reached" if name == "day" else name for name in _NUMBERS}
        numbers = {name: table[column].to_numpy() for name, column in named.items()}
        is_single = "participant" in table.column_names
        return cls(numbers, _texts(table["participant"]) if is_single else None)

    def __len__(self) -> int:
        return len(self.numbers["claim"])

    def __iter__(self) -> Iterator[Counted]:
        who = repeat("") if self.participants is None else self.participants.to_pylist()
        claim, milestone, day, segment, quantity, standing = (
            self.numbers[name].tolist() for name in _NUMBERS
        )
        return map(Counted, claim, milestone, day, segment, quantity, who, standing)

    @overload
    def __getitem__(self, at: int) -> Counted: ...

    @overload
    def __getitem__(self, at: slice) -> list[Counted]: ...

    def __getitem__(self, at: int | slice) -> Counted | list[Counted]:
        return list(self)[at]


def _texts(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # Engines have texts of two widths, and a chunk of the narrow one ends at two gigabytes.
    parts = [
        chunk.slice(at, _ROWS_IN_CHUNK).cast(pa.string())
        for chunk in column.chunks
        for at in range(0, len(chunk), _ROWS_IN_CHUNK)
    ]
    return pa.chunked_array(parts, pa.string())


@dataclass(frozen=True)
class Claims:
    """The claims under one version of a contract: `counted` does not tell participants apart,
    `singly` finds them one by one for whoever asks. `segments` are the attributes by their number,
    `decided` the decisions at the last claim date (DECISIONS), where they were found as well.
    """

    segments: Mapping[int, Mapping[str, str]]
    counted: Sequence[Counted]
    singly: Callable[[], Sequence[Counted]]
    decided: pa.Table | None = field(default=None, repr=False)


def evaluate(
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    engine: Engine = "duckdb",
    *,
    with_decisions: bool = False,
) -> Claims:
    """The claims at those claim dates; of very many participants, some dates at a time.
    `with_decisions`, and with the decisions at the last of them where finding both at once takes
    less.
    """
    people = evidence.participants_table.num_rows
    small = engine == "duckdb" and people * len(claims) <= MOST_AT_ONCE
    some = len(claims)
    if engine != "pyspark":  # a cluster has the memory for it
        some = max(1, MOST_EVALUATED // max(people, 1))
    parts = [
        _evaluated(contract, evidence, claims[at : at + some], engine, with_decisions and small)
        for at in range(0, len(claims), some)
    ]
    if len(parts) == 1:
        return parts[0]
    segments = {number: held for part in parts for number, held in part.segments.items()}
    return Claims(
        segments,
        ClaimRows.together([part.counted for part in parts]),
        lambda: ClaimRows.together([part.singly() for part in parts]),
    )


def _evaluated(
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    engine: Engine,
    with_decisions: bool,
) -> Claims:
    inputs = EvaluationInput.of(contract, evidence, claims, engine)
    found, session = claims_of(inputs, reasons=with_decisions), inputs.session
    decided = decisions_at(inputs, claims[-1]) if with_decisions else None
    lots = ClaimRows.of_table(session.collect(counted(found)))
    held = np.unique(lots.numbers["segment"]).tolist()
    segments = {number: inputs.segments.named(number) for number in held}
    # Found now and collected when somebody asks: money needs only the counts, which are far fewer.
    single = session.collect_later(found, *_narrow())
    return Claims(segments, lots, lambda: ClaimRows.of_table(single()), decided)


def _narrow() -> list[nw.Expr]:
    """The columns of single claims in as few bytes as hold them: there is a row for every claim
    date at which a claim stood.
    """
    narrow = {"claim": nw.Int16, "milestone": nw.Int16, "standing": nw.Int8, "segment": nw.Int32}
    narrow["reached"] = nw.Int32
    return [
        nw.col("participant"),
        nw.col("quantity"),
        *(nw.col(name).cast(kind) for name, kind in narrow.items()),
    ]


def claims_of(inputs: EvaluationInput, *, reasons: bool = False) -> Frame:
    """What was achieved, and units, with the segment of the participant on the day of achievement,
    as then known; with `reasons`, from what decisions rest on, for whoever asks for these too.
    """
    terms = inputs.contract.milestones.values()

    def found() -> Frame:
        earned = achieved(inputs, reasons=reasons)
        asked = [
            units_of(inputs, own, number) if term.units else own
            for number, (term, own) in enumerate(zip(terms, earned, strict=True))
        ]
        every = nw.concat(asked) if len(asked) > 1 else asked[0]
        # By the day of achievement: the price is that of who the child was then, whatever is
        # recorded of later days.
        held = segments_on(inputs, every, "reached", CLAIM_KEYS)
        return held.select(*CLAIM_KEYS, "participant", "segment")

    # Under another name where rows are in dispute: what was compiled for evidence without any looks
    # for no standing.
    name = f"claims_found{'_disputed' * inputs.is_disputed}{'_with_reasons' * reasons}"
    return inputs.session.materialize(name, found)


def counted(claims: Frame) -> Frame:
    """Equal claims counted: claim, milestone, reached, segment, standing, quantity."""
    return claims.group_by("claim", "milestone", "reached", "segment", "standing").agg(
        nw.col("quantity").sum()
    )
