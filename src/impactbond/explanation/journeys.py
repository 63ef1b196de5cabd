"""Journeys: how far everybody has come, milestone by milestone, in columns.

Takes  a settlement.
Gives  for each participant covered and each milestone how it stands and why, what is missing, until
       when evidence can come, what it is worth and what stands claimed; and each funder's part.
Keeps  verdicts, days and amounts are those that were settled; words are those of explanations. What
       is still to be earned is worth its price on the day until which it is open, before limits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf
from impactbond.contract.contract import Contract
from impactbond.explanation.case import TOGETHER, AskedAbout, Case, cases_by_milestone
from impactbond.explanation.parts import ConditionExplained
from impactbond.explanation.verdicts import open_until, reason
from impactbond.money import round_fraction, show_share
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.counted_claims import nobody_behind
from impactbond.settlement.funding import share_rule
from impactbond.settlement.lots import price_pence
from impactbond.settlement.settlement import Settlement
from impactbond.settlement.values import part_paid
from impactbond.tables import rows_table, schema_of, sorted_by
from impactbond.terms.words import counted

JOURNEYS = schema_of(
    *("participant", "milestone", "title", "verdict", "reason", "achieved_on", "known_on"),
    *("why", "missing", "steps_missing", "open_until", "evidence_until", "worth_pence"),
    *("quantity", "value_pence", "withheld_pence", "entitled_pence"),
    steps_missing=pa.int64(),
    quantity=pa.int64(),
)
PARTS = schema_of("participant", "milestone", "funder", "share", "worth_pence", "amount_pence")
_AMOUNTS = ("quantity", "value_pence", "withheld_pence", "entitled_pence")


@dataclass(frozen=True, eq=False, repr=False)
class Journeys:
    """How far everybody has come, as frames in the kind of the evidence; money is whole pence.

    It shows participants and what is missing of their evidence: keep it as the evidence is kept.
    """

    contract: str
    claim_period: str
    table: pa.Table
    parts_table: pa.Table
    kind: str

    journeys = FrameOf(
        "A row for each participant covered and each milestone. `missing` says what is wanting, "
        "`steps_missing` in how many places. `open_until` is the last day that can change a "
        "verdict of not yet due, `evidence_until` the last day on which a row can be recorded "
        "and still earn it, null where nothing can come any more. `worth_pence` is what it "
        "would then earn before limits, of units one; the amounts are what its claims came to.",
        "table",
    )
    parts = FrameOf(
        "A row for each funder of each: its share as a fraction, its part of what it would be "
        "worth by itself, and the amount of its part of the lines, null where it has none."
    )

    def __repr__(self) -> str:
        people = counted(pc.count_distinct(self.table["participant"]).as_py(), "participant")
        return f"<Journeys of {self.contract}, claim {self.claim_period}: {people}>"


def journeys(settlement: Settlement) -> Journeys:
    """How far everybody whom the contract covers has come, at the latest claim date.

    The engine is asked once for every thousand participants. Raises SettlementError where counts
    stand in place of evidence, since nobody is behind them.
    """
    if settlement.counts is not None:
        raise nobody_behind("a journey")
    worth = _Worth(settlement)
    covered = settlement.decisions_table["participant"].unique().to_pylist()
    claimed = _amounts(settlement)
    paid = _paid(settlement)
    rows: list[tuple[Any, ...]] = []
    parts: list[tuple[Any, ...]] = []
    for place in range(0, len(covered), TOGETHER):
        several = covered[place : place + TOGETHER]
        asked = AskedAbout(settlement, several, settlement.claim, with_rows=False)
        for participant in several:
            cases = cases_by_milestone(asked, participant, list(settlement.contract.milestones))
            for name, case in cases.items():
                row, can_earn = _row(case, name, worth)
                amounts = claimed.get((participant, name), (0, 0, 0, 0))
                rows.append((participant, name, *row, *amounts))
                held = paid.get((participant, name), {})
                parts += _parts((participant, name), can_earn, held)
    return Journeys(
        contract=settlement.contract.contract,
        claim_period=settlement.claim.label,
        table=rows_table(rows, JOURNEYS),
        parts_table=rows_table(parts, PARTS),
        kind=settlement.evidence.kind,
    )


@dataclass(frozen=True)
class _CanEarn:
    """What a milestone would still earn: its worth, and of each funder the share and its part."""

    worth_pence: int
    shares: Mapping[str, tuple[Fraction, int]]


def _row(case: Case, name: str, worth: _Worth) -> tuple[tuple[Any, ...], _CanEarn | None]:
    """What is told of one milestone of a participant, up to what it would be worth."""
    judged = case.judged
    assert judged is not None  # those whom the contract covers are judged
    decision = judged.decisions[name]
    wanting = [] if decision.verdict == Verdict.ACHIEVED else _missing(case, name)
    until = open_until(judged, name)
    evidence_until = _evidence_until(case, name, until)
    can_earn = None
    if evidence_until is not None:
        # What is decided by evidence that has yet to come is earned in its window.
        day = until or judged.findings[name].due_on
        can_earn = worth.of(case, name, min(day, judged.contract.calendar.term[1]))
    told = (
        judged.contract.milestones[name].title or name,
        *(decision.verdict, decision.reason, decision.achieved_on, decision.known_on),
        *(reason(judged, name), "; ".join(wanting), len(wanting), until, evidence_until),
        None if can_earn is None else can_earn.worth_pence,
    )
    return told, can_earn


def _missing(case: Case, name: str) -> list[str]:
    """What is wanting of a milestone that is not achieved, each in a few words."""
    judged = case.judged
    assert judged is not None
    found = [f"{judged.title(other)} first" for other in judged.blocking(name)]
    if (unmet := judged.unmet_eligibility) is not None:
        found += [f"eligibility: {one}" for one in _wanting(unmet)]
    return [*found, *_wanting(judged.findings[name])]


def _wanting(finding: ConditionExplained) -> Iterator[str]:
    """The parts of a condition that are not met; of a choice, how many of it are."""
    if finding.state == "met":
        return
    if finding.kind == "all" and finding.parts:
        for part in finding.parts:
            yield from _wanting(part)
        return
    about = finding.name or (finding.what if not finding.parts else finding.kind)
    yield f"{about}: {finding.found}, {finding.needed} needed"


def _evidence_until(case: Case, name: str, until: date | None) -> date | None:
    """The last day on which a row can be recorded and still earn a milestone; None where none can.

    What is open can be earned until the claim for the last of its days is made. Of what was not
    evidenced rows can still come: to the next claim, where late evidence earns something.
    """
    judged = case.judged
    assert judged is not None
    calendar, decision = judged.contract.calendar, judged.decisions[name]
    if decision.verdict == Verdict.NOT_YET_DUE and until is not None:
        last = min(until, calendar.term[1])
        claims = (calendar.claim_date(one) for one in calendar.periods if one.last >= last)
        made = next(claims, None)
        in_time = calendar.evidence.within.after(last)
        # What is late where late evidence earns nothing is lost at the deadline, although the claim
        # is made after it.
        return min(in_time, made) if made and calendar.evidence.earns_nothing else made
    is_wanting = decision.verdict == Verdict.NO_EVIDENCE
    # A place that another took is no prerequisite that a row could still bring.
    if not is_wanting or (decision.reason == Reason.PREREQUISITE and not judged.blocking(name)):
        return None
    later = (calendar.claim_date(one) for one in calendar.periods)
    following = next((day for day in later if day > case.claim.known_by), None)
    if not calendar.evidence.earns_nothing or following is None:
        return following
    in_time = calendar.evidence.within.after(judged.findings[name].due_on)
    return min(in_time, following) if in_time > case.claim.known_by else None


class _Worth:
    """What a claim would be worth by itself, and to whom, before limits: by the prices and share
    rules by which lots are made. Found once for all with the same attributes.
    """

    def __init__(self, settlement: Settlement) -> None:
        self._settlement = settlement
        self._known: dict[tuple[Any, ...], _CanEarn] = {}

    def of(self, case: Case, name: str, day: date) -> _CanEarn:
        """The worth of a milestone that a participant achieves on a day."""
        held = _attributes_on(case, day)
        contract = case.settlement.contract
        asked = (id(contract), name, day, *held.values())
        if asked not in self._known:
            self._known[asked] = _would_earn(contract, name, day, held)
        return self._known[asked]


def _would_earn(contract: Contract, name: str, day: date, held: Mapping[str, str]) -> _CanEarn:
    halves = contract.rounding.rule
    price = np.array([price_pence(contract, name, day, held)], dtype=np.int64)
    part = part_paid(contract, contract.milestones[name])
    paid = price if part == 1 else round_fraction(price, part, halves)
    entry = next((one for one in contract.fundings_of(name) if one.applies(day, held)), None)
    if entry is None:
        return _CanEarn(int(paid[0]), {})
    rule = share_rule(contract, entry, held)
    cut = rule.cut(paid, halves)[0].tolist()
    shares = dict(zip(rule.funders, zip(rule.shares, cut, strict=True), strict=True))
    return _CanEarn(int(paid[0]), shares)


def _attributes_on(case: Case, day: date) -> Mapping[str, str]:
    """What holds of a participant on a day, as known at the claim date: the latest row from that
    day or before, or where there is none the earliest.
    """
    rows = [row for row in case.participant_rows if row.is_known]
    held = [row for row in rows if row.from_on <= day]
    if held:
        return max(held, key=lambda row: (row.from_on, row.recorded_on)).attributes
    first = min(row.from_on for row in rows)
    earliest = [row for row in rows if row.from_on == first]
    return max(earliest, key=lambda row: row.recorded_on).attributes


def _amounts(settlement: Settlement) -> Mapping[tuple[str, str], Sequence[int]]:
    """What the lines of each participant and milestone came to."""
    keys = ["participant", "milestone"]
    added = settlement.lines_table.group_by(keys).aggregate([(name, "sum") for name in _AMOUNTS])
    columns = (added[name].to_pylist() for name in (*keys, *(f"{one}_sum" for one in _AMOUNTS)))
    return {(who, what): amounts for who, what, *amounts in zip(*columns, strict=True)}


def _paid(settlement: Settlement) -> Mapping[tuple[str, str], Mapping[str, int]]:
    """What every funder carries of each participant's milestone."""
    lines = settlement.lines_table.select(["line", "participant", "milestone"])
    shares = settlement.shares_table.select(["line", "funder", "amount_pence"])
    keys = ["participant", "milestone", "funder"]
    added = shares.join(lines, "line").group_by(keys).aggregate([("amount_pence", "sum")])
    ordered = sorted_by(added, *keys)
    found: defaultdict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    columns = (ordered[name].to_pylist() for name in (*keys, "amount_pence_sum"))
    for who, what, funder, amount in zip(*columns, strict=True):
        found[who, what][funder] = amount
    return found


def _parts(
    key: tuple[str, str], can_earn: _CanEarn | None, held: Mapping[str, int]
) -> Iterator[tuple[Any, ...]]:
    shares = can_earn.shares if can_earn is not None else {}
    for funder in dict.fromkeys([*shares, *held]):
        share, worth = shares.get(funder, (None, None))
        told = None if share is None else show_share(share)
        yield (*key, funder, told, worth, held.get(funder))
