"""Claims under the applicable version: each version in force is evaluated on the same evidence, and
only the claims that it governs are kept.

Takes  the versions known at a stretch of claim dates, the evidence, and the closed lines.
Gives  claims at every claim date, each under the version that governs it, and the decisions.
Keeps  one milestone is claimed once by one participant, whatever the number of versions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cache, partial
from typing import TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number, from_day_number
from impactbond.dialect import Engine
from impactbond.evaluation.carried import Unchanged, attributes_of
from impactbond.evaluation.claims import Claims, Counted, evaluate
from impactbond.evaluation.decisions import DECISIONS, decisions_table
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.known_evidence import known_participants
from impactbond.evidence.evidence import Evidence
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.lots import period_of
from impactbond.tables import rows_table

# Participant, milestone, and where units are paid the period, under one version, by its first day.
Claimed = tuple[str, str, int]
At = TypeVar("At", int, date)  # a claim date, by its number or its day
ByPosition = dict[int, list[Counted]]  # by the position of the version among those in force
# Of a claim at a claim date, with what each version says of it: the version that it is under.
Applicable = Callable[[int, Claimed, ByPosition], int | None]
Governing = Callable[[date], int]  # the position of the version that governs a day
Starts = Mapping[tuple[int, int, str], date]  # by version, claim date and participant


def applicable_claims(
    known: Versions,
    evidence: Evidence,
    claims: Sequence[ClaimDate],
    asked: Sequence[ClaimDate],
    closed: pa.Table,
    engine: Engine,
    *,
    with_decisions: bool = False,
) -> Sequence[Claims]:
    """The claims that count under each version in force, at the dates `asked`, which are among all
    the `claims` of the settlement; `with_decisions` as in `evaluate`.
    """
    texts = texts_in_force(known)
    evaluated = [
        evaluate(text, evidence, asked, engine, with_decisions=with_decisions) for text in texts
    ]
    if len(known.all) == 1:
        # Whatever governs, it is this version: claims stay counted, and wait to be asked for singly
        return evaluated
    # Each version is asked about all evidence as if it governed; which of them is right is then
    # decided claim by claim, so that a milestone is neither lost between two nor paid by both.
    starts = _starts(known, evidence, asked, engine)
    is_by_making = known.terms.governs == "claims made"
    made = _made_before(known, claims, closed) if is_by_making else {}
    applicable = applicable_version(known, claims, starts, asked[0].number, made)
    said = [list(one.singly()) for one in evaluated]
    kept: list[list[Counted]] = [[] for _ in texts]
    for claim in asked:
        for of, by_position in _by_claimed(texts, said, claim.number).items():
            position = applicable(claim.number, of, by_position)
            if position is not None:
                kept[position] += by_position[position]
    return [
        Claims(one.segments, [row._replace(participant="") for row in own], own.copy, one.decided)
        for one, own in zip(evaluated, kept, strict=True)
    ]


def claims_beside(
    contract: Contract,
    evidence: Evidence,
    asked: Sequence[ClaimDate],
    closed: pa.Table,
    unchanged: Unchanged,
) -> Claims:
    """The claims of everybody but those unchanged, whose claims are the closed lines; among the
    segments are those in which these were achieved.
    """
    found = evaluate(contract, unchanged.else_, asked)
    keys = ["participant", "achieved_on", "milestone", "standing", "share_rule", "price_pence"]
    own = closed.filter(pc.is_in(closed["participant"], unchanged.participants))
    stand = own.group_by(keys).aggregate([("quantity", "sum")])
    stand = stand.filter(pc.not_equal(stand["quantity_sum"], 0))
    held = attributes_of(contract, evidence, asked[-1], stand.select(keys[:2]))
    more = [one for one in held if one not in found.segments.values()]
    beyond = 1 + max(found.segments, default=-1)
    return replace(found, segments={**found.segments, **dict(enumerate(more, beyond))})


def applicable_version(
    known: Versions,
    claims: Sequence[ClaimDate],
    starts: Starts,
    first: int = 0,
    made_before: Mapping[Claimed, int] | None = None,
) -> Applicable:
    """What finds the version that a claim is under, at the claim dates from number `first` on, one
    after another.
    """
    governing = governing_place(known)
    match known.terms.governs:
        case "claims made":
            return _when_made(governing, claims, first, made_before or {})
        case "participants started":
            return _when_started(governing, starts)
        case _:
            return _when_achieved(governing)


def applicable_decisions(
    known: Versions,
    evidence: Evidence,
    claim: ClaimDate,
    applicable: Sequence[Claims],
    engine: Engine,
) -> Callable[[], pa.Table]:
    """What finds the decisions of the latest claim date (DECISIONS), under the versions that the
    claims are under.
    """
    # Of each version as if it governed: found with its claims, or when they are asked for.
    said = [
        partial(_as_found, own.decided)
        if own.decided is not None
        else partial(decisions_table, text, evidence, claim, engine)
        for text, own in zip(texts_in_force(known), applicable, strict=True)
    ]
    if len(known.all) == 1:
        return said[0]
    claimed = {
        (row.participant, text.payables[row.milestone]): position
        for position, (text, own) in enumerate(zip(texts_in_force(known), applicable, strict=True))
        for row in own.singly()
        if row.claim == claim.number
    }
    starts = partial(_starts, known, evidence, [claim], engine)
    return partial(_decisions, known, claim, claimed, said, starts)


def _as_found(decided: pa.Table) -> pa.Table:
    return decided


def _decisions(
    known: Versions,
    claim: ClaimDate,
    claimed: Mapping[tuple[str, str], int],
    found: Sequence[Callable[[], pa.Table]],
    started: Callable[[], Starts],
) -> pa.Table:
    """The decisions of the latest claim date: for each participant and milestone, that of the
    version that governs. `claimed` are those that are claimed, each under its version.
    """
    said, starts = [], started()
    for table in (find() for find in found):
        stated = zip(*(table[name].to_pylist() for name in DECISIONS.names), strict=True)
        said.append({(row[0], row[1]): row for row in stated})

    def deciding(pair: tuple[str, str]) -> int:
        """What is not claimed is decided by the start, where that governs; otherwise by the last
        version that says anything.
        """
        for position, stretch in enumerate(known.stretches):
            start = starts.get((position, claim.number, pair[0]))
            governs = start is not None and known.governing(start) is stretch.terms
            if governs and pair in said[position]:
                return position
        # The latest text is the one that people have in their hands.
        return max(position for position, decided in enumerate(said) if pair in decided)

    order = {name: position for position, name in enumerate(known.whole.milestones)}
    pairs = sorted(
        {pair for decided in said for pair in decided}, key=lambda p: (p[0], order[p[1]])
    )
    rows = []
    for pair in pairs:
        # Each version decides as if it governed: taken as it is, a milestone could stand here as
        # achieved and have no line.
        row = said[claimed.get(pair, deciding(pair))][pair]
        rows.append(row if pair in claimed else _unclaimed(row))
    return rows_table(rows, DECISIONS)


def _unclaimed(row: tuple[object, ...]) -> tuple[object, ...]:
    """A decision; what is achieved by the terms of a version that does not govern it, is not."""
    participant, milestone, verdict, _, _, known_on = row
    if verdict == Verdict.ACHIEVED:
        told = (Verdict.NOT_ACHIEVED.value, Reason.ANOTHER_VERSION.value)
        return participant, milestone, *told, None, known_on
    return row


def texts_in_force(known: Versions) -> list[Contract]:
    """The versions in force, each with the names that it has in common with the others."""
    return [known.within(stretch.terms) for stretch in known.stretches]


def every_text(known: Versions) -> list[Contract]:
    """The versions in force, and after them those that a correction has taken the place of."""
    in_force = [stretch.terms for stretch in known.stretches]
    gone = (one for one in known.all if not any(one is other for other in in_force))
    return [*texts_in_force(known), *map(known.within, gone)]


def _by_claimed(
    texts: Sequence[Contract], rows: Sequence[Sequence[Counted]], claim: int
) -> dict[Claimed, ByPosition]:
    found: dict[Claimed, ByPosition] = {}
    for position, (text, own) in enumerate(zip(texts, rows, strict=True)):
        for row in own:
            if row.claim != claim:
                continue
            name = text.payables[row.milestone]
            # Units of one period are one claim, of which each version may count others.
            period = first_of_units(text, name, row.day)
            claimed = (row.participant, name, period)
            found.setdefault(claimed, {}).setdefault(position, []).append(row)
    return found


def _when_achieved(governing: Governing) -> Applicable:
    """Claims achieved on a day that their own version governs; of several, the first achieved. The
    units of a period under one version are one claim, of the day of the first, however they stand.
    """

    def applicable(_: int, of: Claimed, by_position: ByPosition) -> int | None:
        # First achieved, first asked: where two versions each see it on a day of their own, the
        # earlier day is when it happened.
        days = sorted((min(row.day for row in own), at) for at, own in by_position.items())
        return next((at for day, at in days if governing(from_day_number(day)) == at), None)

    return applicable


def _when_started(governing: Governing, starts: Starts) -> Applicable:
    """Claims of participants who started on a day that their own version governs."""

    def applicable(claim: int, of: Claimed, by_position: ByPosition) -> int | None:
        # The start as that version knows it: what a version does not cover has no start under it.
        own = (at for at in sorted(by_position) if governing(starts[at, claim, of[0]]) == at)
        return next(own, None)

    return applicable


def _when_made(
    governing: Governing,
    claims: Sequence[ClaimDate],
    first: int,
    made_before: Mapping[Claimed, int],
) -> Applicable:
    """Claims under the version that governed the claim date at which they were made, as long as
    they stand. Claim dates are asked about one after another, from the first that is asked.
    """
    # When it was made, and the latest claim date at which it stood. What stands no more and comes
    # again is made anew.
    made = {of: (since, first - 1) for of, since in made_before.items()}

    def applicable(claim: int, of: Claimed, by_position: ByPosition) -> int | None:
        since, stood = made.get(of, (claim, claim))
        # Under the version of its first claim as long as it stood at the last one too; where that
        # version does not see it any more, it is made anew under today's.
        for at in (since, claim) if stood == claim - 1 else (claim,):
            position = governing(claims[at].known_by)
            if position in by_position:
                made[of] = (at, claim)
                return position
        return None

    return applicable


def _made_before(
    known: Versions, claims: Sequence[ClaimDate], closed: pa.Table
) -> dict[Claimed, int]:
    """The claim date at which each claim that stands was made, by the closed lines."""
    number = {claim.label: claim.number for claim in claims}
    by_name = {name: one for one in known.all for name in one.milestones}
    moved: dict[Claimed, dict[int, int]] = {}
    for row in closed.to_pylist():
        name = row["milestone"]
        # A fee or a result is nobody's claim, and is governed by its day alone.
        if name not in by_name:
            continue
        period = first_of_units(by_name[name], name, day_number(row["achieved_on"]))
        by_claim = moved.setdefault((row["participant"], name, period), {})
        claim = number[row["claim_period"]]
        by_claim[claim] = by_claim.get(claim, 0) + row["quantity"]
    made = {claimed: made_at(by_claim) for claimed, by_claim in moved.items()}
    return {claimed: claim for claimed, claim in made.items() if claim is not None}


def made_at(moved: Mapping[At, int]) -> At | None:
    """The claim date at which a claim that stands was made, by what moved of it at each in all;
    None where it does not stand. Within one claim date a line can go and come again, under another
    standing or other terms.
    """
    made, stands = None, 0
    for claim, quantity in sorted(moved.items()):
        # From nothing to something: what was taken back and comes again is another claim.
        if not stands and quantity:
            made = claim
        stands += quantity
    return made if stands else None


def first_of_units(contract: Contract, milestone: str, day: int) -> int:
    """The first day of the period that units are counted in, or on which another version begins to
    govern within it; -1 where there is one claim for ever.
    """
    if contract.milestones[milestone].units is None:
        return -1
    periods = contract.calendar.periods
    first = day_number(periods[period_of(periods, day)].first)
    return max([first, *(turn for turn in map(day_number, contract.version_turns) if turn <= day)])


def governing_place(known: Versions) -> Governing:
    """The position of the version that governs a day; days are asked about again and again."""
    # By identity: two versions may be equal texts, and each governs days of its own.
    order = {id(stretch.terms): position for position, stretch in enumerate(known.stretches)}
    return cache(lambda day: order[id(known.governing(day))])


def _starts(
    known: Versions, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine
) -> Starts:
    """The day on which every participant started, as known at each claim date and covered by each
    version, where starts decide which version governs.
    """
    starts: dict[tuple[int, int, str], date] = {}
    texts = texts_in_force(known) if known.terms.governs == "participants started" else []
    for position, text in enumerate(texts):
        inputs = EvaluationInput.of(text, evidence, claims, engine)
        people = known_participants(inputs).select("claim", "participant", "started_on")
        table = inputs.session.collect(people)
        for row in table.to_pylist():
            starts[position, row["claim"], row["participant"]] = from_day_number(row["started_on"])
    return starts
