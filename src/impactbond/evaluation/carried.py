"""What is carried forward from one claim date to the next: of each participant, what was known of
it, and whether its claims can change although nothing more becomes known.

Takes  a contract, the evidence known on a claim date, and that claim date.
Gives  participant, person, rows, moves.
Keeps  it decides nothing: whoever is told to be as before keeps the claims that were settled, and
       everybody else is evaluated again. Where it cannot be told who is as before, nobody is.

The same rows do not give the same claims: time alone achieves what is reached on a day after the
period, and completes units. No kind of term is asked when that is. The rows that are known are
evaluated as at claim dates still to come: evaluation looks at nothing of a claim date but the rows
known by it and the last day that it claims, so whoever has the same claims at all of these has them
until another row comes, whatever the terms are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.evaluation.claims import claims_of
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput, Segments
from impactbond.evaluation.known_evidence import segments_on
from impactbond.evaluation.known_rows import (
    KNOWN,
    concerned_in,
    known_rows,
    rows_about,
    superseded_by_others,
)
from impactbond.evidence.checked_delivery import CARRIED
from impactbond.evidence.evidence import Evidence
from impactbond.tables import EngineSession, sorted_by, with_day_numbers

# Of what has changed so much, nothing is gained by telling apart what has not.
_MOST_CHANGED = 0.5


@dataclass(frozen=True, eq=False, repr=False)
class Unchanged:
    """The `participants` whose claims at the open claim dates are those that stand in the closed
    lines, and the rows of everybody `else_`. `known` is what is known now of each (participant,
    person, rows).
    """

    participants: pa.Array
    else_: Evidence
    known: pa.Table


def can_be_carried(versions: Versions) -> bool:
    """Whether one participant's claims follow from its own rows alone: not where places are held
    one after another. Of several versions nothing is carried: which governs may depend on lines.
    """
    return len(versions.all) == 1 and versions.whole.participants.places is None


def carried(
    versions: Versions, evidence: Evidence, claim: ClaimDate, before: Unchanged | None = None
) -> pa.Table:
    """What is carried forward from a claim date (CARRIED), in order of participants; empty where
    nobody can be told to be as before. Who was unchanged `before` is not evaluated again.
    """
    contract, known_then = versions.whole, evidence.known_on(claim.known_by)
    if not can_be_carried(versions) or evidence.engine != "duckdb":
        return CARRIED.empty_table()
    asked = known_then if before is None else before.else_
    if superseded_by_others(contract, asked):
        return CARRIED.empty_table()
    known = known_rows(contract, known_then) if before is None else before.known
    moves = pc.is_in(known["participant"], _moving(contract, asked, claim))
    return known.append_column("moves", moves).cast(CARRIED)


def unchanged(versions: Versions, evidence: Evidence, table: pa.Table) -> Unchanged | None:
    """Who is as it was by a table of what was carried forward (CARRIED); None where everybody is to
    be evaluated again.
    """
    contract = versions.whole
    if not table.num_rows or not can_be_carried(versions) or evidence.engine != "duckdb":
        return None
    known = known_rows(contract, evidence, table)
    # Who moves by time alone is evaluated again though no row of it changed.
    was = table.filter(pc.invert(table["moves"])).select(KNOWN)
    # By the digest of all that is known: a row more, a row less or one that is another makes it
    # another text.
    same = known.join(was, list(KNOWN), join_type="left semi")
    if known.num_rows - same.num_rows > _MOST_CHANGED * known.num_rows:
        return None
    as_before = sorted_by(same, "participant")["participant"].combine_chunks()
    is_other = pc.invert(pc.is_in(known["participant"], as_before))
    others = known["participant"].filter(is_other).combine_chunks()
    concerned = concerned_in(evidence, table)
    if concerned is None or not _all_in(others, concerned.participants):
        rows = rows_about(contract, evidence, others)
    else:
        # Their rows are at hand: to evaluate a few more of them costs less than to leave them out.
        rows = concerned.evidence
        is_other = pc.is_in(as_before, concerned.participants)
        as_before = as_before.filter(pc.invert(is_other))
    # A row about one of them may supersede one that is about somebody else.
    return None if superseded_by_others(contract, rows) else Unchanged(as_before, rows, known)


def _all_in(participants: pa.Array, others: pa.Array) -> bool:
    return bool(pc.all(pc.is_in(participants, others), min_count=0).as_py())


def _moving(contract: Contract, evidence: Evidence, claim: ClaimDate) -> pa.Array:
    """The participants whose claims are others at a later claim date if no row comes until then."""
    ends = [period.last for period in contract.calendar.periods[claim.number + 1 :]]
    if not any(term.units for term in contract.milestones.values()):
        # What is achieved without units is achieved at every later claim date too, unless another
        # variant takes its place, which is achieved at every later one in turn: who has the same
        # claims at the first and the last has them at all between. Of units nobody proved it.
        ends = ends[-1:]
    dates = [claim, *_later(claim, ends)]
    if len(dates) == 1:
        return pa.array([], pa.string())
    inputs = EvaluationInput.of(contract, evidence, dates, "duckdb")
    found = inputs.session.collect(claims_of(inputs))
    # All but the claim date itself: the same claim at every date is counted as often as there are
    # dates.
    said = [name for name in found.column_names if name != "claim"]
    stood = found.group_by(said).aggregate([("claim", "count")])
    moves = pc.not_equal(stood["claim_count"], len(dates))
    return stood.filter(moves)["participant"].unique()


def _later(claim: ClaimDate, ends: Sequence[date]) -> list[ClaimDate]:
    """Claims of later periods, on what is known by this claim date."""
    return [
        replace(claim, number=claim.number + place, ends_on=end)
        for place, end in enumerate(ends, 1)
    ]


def attributes_of(
    contract: Contract, evidence: Evidence, claim: ClaimDate, claimed: pa.Table
) -> list[Mapping[str, str]]:
    """The combinations of attributes that participants held on days, as known at a claim date.
    `claimed` says who on which day (participant, achieved_on).
    """
    who = pc.is_in(evidence.participants_table["participant"], claimed["participant"].unique())
    people = evidence.participants_table.filter(who)
    segments = Segments.of(contract, people)
    session = EngineSession("duckdb")
    session.register("participants", with_day_numbers(segments.numbered(people)))
    known_by = pa.repeat(day_number(claim.known_by), claimed.num_rows)
    session.register("asked", with_day_numbers(claimed).append_column("known_by", known_by))
    inputs = EvaluationInput(contract, evidence, (claim,), segments, session)
    held = segments_on(inputs, session.table("asked"), "achieved_on", ["achieved_on"])
    numbers = session.collect(held.select("segment").unique())["segment"].to_pylist()
    return [segments.named(number) for number in sorted(numbers)]
