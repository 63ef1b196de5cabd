"""Which version of a contract governs a participant's milestones, and a settlement seen by it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import ClaimDate
from impactbond.explanation.participant_view import find_person
from impactbond.explanation.reasons import Judged
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.applicable_claims import made_at
from impactbond.settlement.settlement import Settlement


def by_version(
    settlement: Settlement, participant: str, claim: ClaimDate, milestones: Iterable[str]
) -> dict[str, Settlement]:
    """For every milestone, the settlement with the terms of the version that governs it."""
    names = list(milestones)
    if not settlement.is_amended:
        return dict.fromkeys(names, settlement)
    known = settlement.known.known_by(claim.known_by)
    by_text: dict[int, Settlement] = {}
    found = {}
    for name in names:
        text = _governing(settlement, known, participant, claim, name)
        number = text.version.number
        if number not in by_text:
            by_text[number] = replace(settlement, contract=settlement.known.stated(text))
        found[name] = by_text[number]
    return found


def standing(settlement: Settlement, participant: str, until: date) -> Mapping[str, int]:
    """How many claims of each milestone stand by the lines up to a claim date."""
    found: dict[str, int] = {}
    for row in _rows(settlement, participant, until):
        found[row["milestone"]] = found.get(row["milestone"], 0) + row["quantity"]
    return found


def judged_by_version(settlement: Settlement, participant: str, judged: Judged) -> Judged:
    """What a version decides, without what it does not govern."""
    if not settlement.is_amended:
        return judged
    stands = standing(settlement, participant, judged.claim.known_by)
    decisions = {
        name: replace(
            one, verdict=Verdict.NOT_ACHIEVED, reason=Reason.ANOTHER_VERSION, achieved_on=None
        )
        if one.verdict == Verdict.ACHIEVED and not stands.get(name)
        else one
        for name, one in judged.decisions.items()
    }
    quantities = {name: held for name, held in judged.quantities.items() if stands.get(name)}
    return replace(judged, decisions=decisions, quantities=quantities)


def _governing(
    settlement: Settlement, known: Versions, participant: str, claim: ClaimDate, milestone: str
) -> Contract:
    naming = [text.terms for text in known.stretches if milestone in text.terms.milestones]
    governs = known.terms.governs
    if governs == "participants started":
        person = find_person(settlement.contract, settlement.evidence.about(participant), claim)
        by_start = known.governing(person.started_on) if person else naming[-1]
        return by_start if milestone in by_start.milestones else naming[-1]
    moved: Counter[date] = Counter()
    achieved: date | None = None
    for row in _rows(settlement, participant, claim.known_by):
        if row["milestone"] == milestone and row["quantity"]:
            moved[row["claim_date"]] += row["quantity"]
            achieved = row["achieved_on"]
    made = made_at(moved)
    # What no claim stands of has no day to be governed by: the last version that names it tells
    # of it, as in the table of decisions.
    if made is None or achieved is None:
        return naming[-1]
    return known.governing(made if governs == "claims made" else achieved)


def _rows(settlement: Settlement, participant: str, until: date) -> list[dict[str, Any]]:
    lines = settlement.lines_table
    rows = lines.filter(pc.equal(lines["participant"], participant)).to_pylist()
    return [row for row in rows if row["claim_date"] <= until]
