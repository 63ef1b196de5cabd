"""Claims under several versions: each version is evaluated on the same evidence, and only the
claims that it governs are kept.

Takes  the versions known at a turn of claim dates, the evidence, and the closed lines.
Gives  claims at every claim date, each under the version that governs it, and the decisions.
Keeps  one milestone is claimed once by one participant, whatever the number of versions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number, from_day_number
from impactbond.evaluation.inputs import ClaimDate, EvaluationInput
from impactbond.evaluation.knowledge import known_participants
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.decisions_table import DECISIONS, decided
from impactbond.settlement.evaluated import evaluate
from impactbond.settlement.lots import Counted, period_of
from impactbond.tables import Engine

ANOTHER_VERSION = "another_version"
Claimed = tuple[str, str, int]  # participant, milestone, and the period where units are paid
At = TypeVar("At", int, date)  # a claim date, by its number or its day
Rows = dict[Claimed, dict[int, list[Counted]]]  # by the place of the version among the texts


@dataclass(frozen=True)
class Governed:
    """What every version in force says, and which of it counts.

    `texts` are the versions in force, `segments` those that each tells apart, `kept` the claims of
    each that it governs, one by one.
    """

    known: Versions
    texts: tuple[Contract, ...]
    segments: tuple[Mapping[int, Mapping[str, str]], ...]
    kept: tuple[tuple[Counted, ...], ...]
    starts: Mapping[tuple[int, int, str], date]
    claim: ClaimDate
    evidence: Evidence
    engine: Engine

    @classmethod
    def of(
        cls,
        known: Versions,
        evidence: Evidence,
        claims: Sequence[ClaimDate],
        asked: Sequence[ClaimDate],
        closed: pa.Table | None,
        engine: Engine,
    ) -> Governed:
        """The claims at the dates `asked`, which are among all the `claims` of the settlement."""
        texts = tuple(stretch.terms for stretch in known.stretches)
        within = [known.within(text) for text in texts]
        evaluated = [evaluate(text, evidence, asked, engine) for text in within]
        starts: dict[tuple[int, int, str], date] = {}
        if known.terms.governs == "participants started":
            for place, text in enumerate(within):
                found = _starts(text, evidence, asked, engine)
                starts |= {(place, *who): day for who, day in found.items()}
        claimed = [one.singly() for one in evaluated]
        rows = {claim.number: _by_claimed(texts, claimed, claim.number) for claim in asked}
        picked: Iterable[tuple[int, Counted]]
        match known.terms.governs:
            case "claims made":
                picked = _when_made(known, texts, rows, claims, closed)
            case "participants started":
                picked = _when_started(known, texts, rows, starts)
            case _:
                picked = _when_achieved(known, texts, rows)
        kept: list[list[Counted]] = [[] for _ in texts]
        for place, row in picked:
            kept[place].append(row)
        governed = tuple(map(tuple, kept))
        segments = tuple(one.segments for one in evaluated)
        return cls(known, texts, segments, governed, starts, asked[-1], evidence, engine)

    def decisions(self) -> pa.Table:
        """The decisions of the latest claim date: for each participant and milestone, that of the
        version that governs.
        """
        said = [self._said(place) for place in range(len(self.texts))]
        names = self.known.whole.milestones
        order = {name: place for place, name in enumerate(names)}
        pairs = sorted({pair for one in said for pair in one}, key=lambda p: (p[0], order[p[1]]))
        claimed = {
            (row.participant, self.texts[place].payables[row.milestone]): place
            for place, rows in enumerate(self.kept)
            for row in rows
            if row.claim == self.claim.number
        }
        rows = []
        for pair in pairs:
            place = claimed.get(pair, self._deciding(pair, said))
            rows.append(_told(said[place][pair], is_claimed=pair in claimed))
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(DECISIONS)
        arrays = [
            pa.array(column, field.type) for column, field in zip(columns, DECISIONS, strict=True)
        ]
        return pa.table(arrays, schema=DECISIONS)

    def _said(self, place: int) -> dict[tuple[str, str], tuple[object, ...]]:
        text = self.known.within(self.texts[place])
        table = decided(text, self.evidence, self.claim, self.engine)
        rows = zip(*(table[name].to_pylist() for name in DECISIONS.names), strict=True)
        return {(row[0], row[1]): row for row in rows}

    def _deciding(
        self, pair: tuple[str, str], said: Sequence[Mapping[tuple[str, str], object]]
    ) -> int:
        """The version that decides on what is not claimed: by the start where that governs, and
        otherwise the last that says anything.
        """
        for place, text in enumerate(self.texts):
            start = self.starts.get((place, self.claim.number, pair[0]))
            if start is not None and self.known.governing(start) is text and pair in said[place]:
                return place
        return max(place for place, one in enumerate(said) if pair in one)


def _told(row: tuple[object, ...], *, is_claimed: bool) -> tuple[object, ...]:
    """A decision; what is achieved by the terms of a version that does not govern it, is not."""
    participant, milestone, verdict, _, _, known_on = row
    if verdict == "achieved" and not is_claimed:
        return participant, milestone, "not achieved", ANOTHER_VERSION, None, known_on
    return row


def _by_claimed(texts: Sequence[Contract], rows: Sequence[Sequence[Counted]], claim: int) -> Rows:
    found: Rows = {}
    for place, (text, own) in enumerate(zip(texts, rows, strict=True)):
        for row in own:
            if row.claim != claim:
                continue
            name = text.payables[row.milestone]
            period = _period_of_units(text, name, row.day)
            claimed = (row.participant, name, period)
            found.setdefault(claimed, {}).setdefault(place, []).append(row)
    return found


def _when_achieved(
    known: Versions, texts: Sequence[Contract], rows: Mapping[int, Rows]
) -> Iterable[tuple[int, Counted]]:
    """Claims achieved on a day that their own version governs; of several, the first achieved. The
    units of a period have the day of its first unit.
    """
    governing = _kept(known, texts)
    for of_claim in rows.values():
        for by_place in of_claim.values():
            own = sorted(
                (row.day, place, row)
                for place, found in by_place.items()
                for row in found
                if governing(from_day_number(row.day)) == place
            )
            yield from ((place, row) for _, place, row in own[:1])


def _when_started(
    known: Versions,
    texts: Sequence[Contract],
    rows: Mapping[int, Rows],
    starts: Mapping[tuple[int, int, str], date],
) -> Iterable[tuple[int, Counted]]:
    """Claims of participants who started on a day that their own version governs."""
    governing = _kept(known, texts)
    for claim, of_claim in rows.items():
        for (participant, _, _), by_place in of_claim.items():
            own = [
                place
                for place in sorted(by_place)
                if governing(starts[place, claim, participant]) == place
            ]
            yield from ((place, row) for place in own[:1] for row in by_place[place])


def _when_made(
    known: Versions,
    texts: Sequence[Contract],
    rows: Mapping[int, Rows],
    claims: Sequence[ClaimDate],
    closed: pa.Table | None,
) -> Iterable[tuple[int, Counted]]:
    """Claims under the version that governed the claim date at which they were made, as long as
    they stand.
    """
    governing = _kept(known, texts)
    made = _made_before(known, claims, closed)
    for claim, of_claim in rows.items():
        standing: dict[Claimed, int] = {}
        for claimed, by_place in of_claim.items():
            for since in (made.get(claimed, claim), claim):
                place = governing(claims[since].known_by)
                if place in by_place:
                    standing[claimed] = since
                    yield from ((place, row) for row in by_place[place])
                    break
        made = standing


def _made_before(
    known: Versions, claims: Sequence[ClaimDate], closed: pa.Table | None
) -> dict[Claimed, int]:
    """The claim date at which each claim that stands was made, by the closed lines."""
    number = {claim.label: claim.number for claim in claims}
    by_name = {name: one for one in known.all for name in one.milestones}
    moved: dict[Claimed, dict[int, int]] = {}
    for row in [] if closed is None else closed.to_pylist():
        name = row["milestone"]
        if name not in by_name:
            continue
        period = _period_of_units(by_name[name], name, day_number(row["achieved_on"]))
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
        if not stands and quantity:
            made = claim
        stands += quantity
    return made if stands else None


def _period_of_units(contract: Contract, milestone: str, day: int) -> int:
    """The place of the period that units are counted in; -1 where there is one claim for ever."""
    if contract.milestones[milestone].units is None:
        return -1
    return period_of(contract.calendar.periods, day)


def _kept(known: Versions, texts: Sequence[Contract]) -> Callable[[date], int]:
    """The place of the version that governs a day; days are asked about again and again."""
    places: dict[date, int] = {}
    order = {id(text): place for place, text in enumerate(texts)}

    def governing(day: date) -> int:
        if day not in places:
            places[day] = order[id(known.governing(day))]
        return places[day]

    return governing


def _starts(
    contract: Contract, evidence: Evidence, claims: Sequence[ClaimDate], engine: Engine
) -> dict[tuple[int, str], date]:
    """The day on which every participant started, as known at each claim date."""
    question = EvaluationInput.of(contract, evidence, claims, engine)
    table = question.shop.give(
        known_participants(question).select("claim", "participant", "started_on")
    )
    rows = zip(*(table[name].to_pylist() for name in table.column_names), strict=True)
    return {(claim, who): from_day_number(day) for claim, who, day in rows}
