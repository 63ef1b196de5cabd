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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import NamedTuple

import narwhals as nw
import pyarrow as pa

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


@dataclass(frozen=True)
class Claims:
    """The claims under one version of a contract: `counted` does not tell participants apart,
    `singly` finds them one by one for whoever asks. `segments` are the attributes by their number,
    `decided` the decisions at the last claim date (DECISIONS), where they were found as well.
    """

    segments: Mapping[int, Mapping[str, str]]
    counted: Sequence[Counted]
    singly: Callable[[], Sequence[Counted]]
    decided: pa.Table | None = None


def evaluate(
    contract: Contract,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    engine: Engine = "duckdb",
    *,
    with_decisions: bool = False,
) -> Claims:
    """The claims at those claim dates; `with_decisions`, and with the decisions at the last of them
    where finding both at once takes less.
    """
    inputs = EvaluationInput.of(contract, evidence, claims, engine)
    asked = evidence.participants_table.num_rows * len(claims)
    at_once = with_decisions and engine == "duckdb" and asked <= MOST_AT_ONCE
    found, session = claims_of(inputs, reasons=at_once), inputs.session
    decided = decisions_at(inputs, claims[-1]) if at_once else None
    lots = _rows(session.collect(counted(found)))
    segments = {number: inputs.segments.named(number) for number in {lot.segment for lot in lots}}
    # Found now and collected when somebody asks: money needs only the counts, which are far fewer.
    single = session.collect_later(found)
    return Claims(segments, lots, lambda: _rows(single()), decided)


def _rows(table: pa.Table) -> list[Counted]:
    columns = [table[name].to_pylist() for name in ("claim", "milestone", "reached", "segment")]
    columns.append(table["quantity"].to_pylist())
    is_single = "participant" in table.column_names
    who = table["participant"].to_pylist() if is_single else repeat("", table.num_rows)
    return list(map(Counted, *columns, who, table["standing"].to_pylist()))


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
