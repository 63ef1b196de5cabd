"""Where a contract stands: what each participant on record has reached by a claim date, and what
may still come.

Takes  a settlement of evidence, under one version of a contract.
Gives  participants who are alike counted as groups, each with what is known of it; and the lines
       that are settled.
Keeps  what was judged is a fact: whatever a participant reached by the end of the claim's period
       and is recorded by its claim date. All else is open, unless its window is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.conditions import reach_from
from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.evaluation.inputs import ClaimDate
from impactbond.reasons import Reason, Verdict
from impactbond.settlement.closed_lines import ClosedLines
from impactbond.settlement.funding import ShareRule, named_rule
from impactbond.settlement.lots import Rulebook
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area, Group

NOT_ELIGIBLE = {Reason.NOT_ELIGIBLE, Reason.ELIGIBILITY_NOT_EVIDENCED}
# These say nothing of whether it is still to come; of any other reason it is over.
_OPEN = {Reason.WINDOW_OPEN, Reason.PREREQUISITE, Reason.LEFT}
# Its window is over: it was reached by now and is not recorded yet, or it is not reached.
_OVER = {Reason.NOT_MET, Reason.NO_EVIDENCE}


class OnRecord(NamedTuple):
    """When a participant started and left, and the values of its attributes, as last recorded."""

    start: date
    left: date | None
    held: tuple[str, ...]


class AlreadyReached(NamedTuple):
    """A milestone that was reached on a day and known by another; and what is claimed for it: on
    which days how many units.
    """

    milestone: int
    day: int
    recorded: int
    claimed: tuple[tuple[int, int], ...]

    @property
    def units(self) -> int:
        """How many units are claimed."""
        return sum(units for _, units in self.claimed)


class Knowledge(NamedTuple):
    """What is known of participants who are alike. `until` is the last day that was judged,
    `known_by` the day by which all was recorded that counted; milestones are by their number: those
    `reached`, those whose windows are `over`, and those that can pay `never`.
    """

    until: int
    known_by: int
    left: int | None
    reached: tuple[AlreadyReached, ...]
    over: frozenset[int]
    never: frozenset[int]

    def is_open(self, milestone: int) -> bool:
        """Whether a milestone may still be reached, as far as is known."""
        reached = (one.milestone for one in self.reached)
        return milestone not in {*reached, *self.over, *self.never} and self.left is None


@dataclass(frozen=True, eq=False, repr=False)
class Outturn:
    """What a settlement found: `groups` of participants who are alike, with what is known of each
    and their references, the lines that are settled, and how many are not eligible.
    """

    claim: ClaimDate
    groups: tuple[Group, ...]
    known: tuple[Knowledge, ...]
    references: tuple[tuple[str, ...], ...]
    lines: pa.Table
    not_eligible: int

    @classmethod
    def of(cls, settlement: Settlement) -> Outturn:
        """Raises AssumptionError where it cannot be told who stands where."""
        _assert_can_be_told(settlement)
        people = people_of(settlement)
        known = _known(settlement, people)
        alike = defaultdict[tuple[OnRecord, Knowledge], list[str]](list)
        for who, person in people.items():
            if who in known:
                alike[person, known[who]].append(who)
        names = tuple(settlement.contract.participants.attributes)
        ordered = sorted(alike.items(), key=lambda one: _order(*one[0]))
        groups = (
            Group(
                name=f"On record {number}",
                children=len(references),
                start=person.start,
                attributes=dict(zip(names, person.held, strict=True)),
            )
            for number, ((person, _), references) in enumerate(ordered, 1)
        )
        return cls(
            settlement.claim,
            tuple(groups),
            tuple(knowledge for (_, knowledge), _ in ordered),
            tuple(tuple(sorted(references)) for _, references in ordered),
            settlement.lines_table,
            len(people) - len(known),
        )

    def joined(self, area: Area) -> Area:
        """The area with the participants on record in place of its groups that have started."""
        later = (group for group in area.cohorts if group.start > self.claim.known_by)
        return area.model_copy(update={"groups": (*self.groups, *later), "intake": ()})

    def share_rules(self, contract: Contract) -> list[ShareRule]:
        """The share rules of what is settled: their funders may be gone from the area."""
        names = self.lines["share_rule"].unique().to_pylist()
        return [named_rule(contract, name) for name in names]

    def claims_in(
        self, contract: Contract, claims: Sequence[ClaimDate], rulebook: Rulebook
    ) -> ClosedLines:
        """The settled lines of milestones, in lots as the contract's limits tell claims apart."""
        of_milestones = pc.is_in(self.lines["milestone"], pa.array(list(contract.milestones)))
        lines = self.lines.filter(of_milestones)
        singly = contract.claim_by_claim
        return ClosedLines.of(contract, claims, rulebook.all, lines, singly=singly)


def people_of(settlement: Settlement) -> dict[str, OnRecord]:
    """The participants whom decisions are about, by reference: as last recorded by the day of the
    settlement.
    """
    names = tuple(settlement.contract.participants.attributes)
    decided = set(settlement.decisions_table["participant"].to_pylist())
    found: dict[str, tuple[tuple[date, date], OnRecord]] = {}
    for row in settlement.evidence.participants_table.to_pylist():
        who, order = row["participant"], (row["recorded_on"], row["from_on"])
        if who not in decided or row["recorded_on"] > settlement.claim.known_by:
            continue
        if who not in found or found[who][0] < order:
            held = tuple(row[name] or "" for name in names)
            found[who] = order, OnRecord(row["started_on"], row["left_on"], held)
    return {who: person for who, (_, person) in found.items()}


def _order(person: OnRecord, knowledge: Knowledge) -> tuple[Any, ...]:
    never_left = knowledge.left is None
    sets = (sorted(knowledge.over), sorted(knowledge.never))
    return (person.start, person.held, never_left, knowledge.left or 0, knowledge.reached, *sets)


def _known(settlement: Settlement, people: dict[str, OnRecord]) -> dict[str, Knowledge]:
    """What is known of everybody who may be eligible."""
    contract, claim = settlement.contract, settlement.claim
    number = {name: place for place, name in enumerate(contract.milestones)}
    claimed = _claimed(settlement)
    decided = defaultdict[str, list[dict[str, Any]]](list)
    for row in settlement.decisions_table.to_pylist():
        decided[row["participant"]].append(row)
    days = day_number(claim.ends_on), day_number(claim.known_by)
    found = {}
    for who, rows in decided.items():
        if who not in people or any(row["reason"] in NOT_ELIGIBLE for row in rows):
            continue
        reached = [
            AlreadyReached(
                number[row["milestone"]],
                day_number(row["achieved_on"]),
                day_number(row["known_on"]),
                tuple(claimed[who, row["milestone"]]),
            )
            for row in rows
            if row["verdict"] == Verdict.ACHIEVED
        ]
        missed = [(number[row["milestone"]], row["reason"]) for row in rows]
        # What has no day left is over; a prerequisite that is open keeps its milestone open, unless
        # the milestone's own days have passed meanwhile. Any other reason no later row can change.
        over = frozenset(
            number[row["milestone"]]
            for row in rows
            if row["reason"] in _OVER
            or (
                row["reason"] == Reason.PREREQUISITE
                and _is_over(contract, row["milestone"], people[who].start, claim.ends_on)
            )
        )
        never = {one for one, reason in missed if reason not in {Reason.MET, *_OPEN, *_OVER}}
        left = people[who].left
        left_on = None if left is None or left > claim.known_by else day_number(left)
        found[who] = Knowledge(*days, left_on, tuple(sorted(reached)), over, frozenset(never))
    return found


def _is_over(contract: Contract, milestone: str, start: date, until: date) -> bool:
    """Whether no day is left on which the condition of a milestone can be met."""
    reach = reach_from(contract, contract.milestones[milestone].when, start)
    return reach is None or reach[1] <= until


def _claimed(settlement: Settlement) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """The claims of each milestone that stand, by participant: days and units."""
    columns = ["participant", "milestone", "achieved_on", "quantity"]
    found = defaultdict[tuple[str, str], list[tuple[int, int]]](list)
    for row in settlement.claims_table.select(columns).to_pylist():
        on = day_number(row["achieved_on"])
        found[row["participant"], row["milestone"]].append((on, row["quantity"]))
    return found


def _assert_can_be_told(settlement: Settlement) -> None:
    faults = list(_unable(settlement.contract, settlement))
    if faults:
        raise AssumptionError("What is left cannot be forecast from this settlement.", faults)


def _unable(contract: Contract, settlement: Settlement) -> Iterator[Fault]:
    if settlement.counts is not None:
        problem = "counts do not tell who reached what, nor who may reach more"
        hint = "Settle on evidence, or simulate an area learnt from the counts"
        yield Fault(code="nobody_known", problem=problem, hint=hint)
    if settlement.is_amended:
        problem = "the contract was amended, and its futures are drawn under one version"
        hint = "Settle the evidence under the newest version alone"
        yield Fault(code="amended", problem=problem, hint=hint)
    if settlement.claim.number + 1 == len(contract.calendar.periods):
        problem, found = "every claim date is settled: nothing is left", settlement.claim.label
        yield Fault(code="nothing_left", problem=problem, found=found)
