"""Where a contract stands: what each participant on record has reached by a claim date, and what
may still come.

Takes  a settlement of evidence or counts, and the versions of its contract in force from here on.
Gives  participants who are alike counted as groups, each with what is known of it; and the lines
       that are settled.
Keeps  what was judged is a fact: whatever a participant reached by the end of the claim's period
       and is recorded by its claim date. All else is open, unless its window is over.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.errors import AssumptionError, Fault
from impactbond.evaluation.claims import Claims
from impactbond.evaluation.inputs import ClaimDate
from impactbond.reasons import Standing, Verdict
from impactbond.settlement.closed_lines import ClosedLines
from impactbond.settlement.funding import ShareRule, named_rule
from impactbond.settlement.lots import Rulebook
from impactbond.settlement.settlement import Settlement
from impactbond.simulation.area import Area, Group
from impactbond.simulation.counted_outturn import counted_groups, unable_of_counts
from impactbond.simulation.knowledge import (
    NOT_ELIGIBLE,
    UNCLAIMED,
    AlreadyReached,
    Knowledge,
    OnRecord,
    closed_of,
    standing_of,
)
from impactbond.simulation.said_by_versions import SaidByVersions
from impactbond.terms.diagnostic import listing
from impactbond.terms.milestones import alternatives

_UNDER_ONE = "Settle the evidence under the newest version alone, and forecast from that"


@dataclass(frozen=True, eq=False, repr=False)
class Outturn:
    """What a settlement found: `groups` of participants who are alike, with what is known of each
    and what its participants are called in place of their references; the lines that are settled,
    with these names; and how many are not eligible. Of an amended contract, `claims` are those that
    stand under each version in force, with these names too; and `not_signed` the numbers of the
    versions that are signed only later. On counts, `luck` says which group of the area each is of.
    """

    claim: ClaimDate
    groups: tuple[Group, ...]
    known: tuple[Knowledge, ...]
    names: tuple[tuple[str, ...], ...]
    lines: pa.Table
    not_eligible: int
    claims: tuple[Claims, ...] = ()
    not_signed: tuple[int, ...] = ()
    luck: Mapping[str, str] | None = None

    @classmethod
    def of(cls, settlement: Settlement, versions: Versions, area: Area) -> Outturn:
        """What a settlement found, with the versions in force from here on; on counts, of the
        groups of an area that have started.
        """
        if settlement.counts is not None:
            return cls._of_counts(settlement, versions.whole, area)
        claims: Sequence[Claims] = ()
        if len(versions.all) == 1:
            people = people_of(settlement)
            known = _known(settlement, people)
        else:
            said = SaidByVersions.of(settlement, versions)
            people = people_of(settlement, said.decided)
            known, claims = said.known(people), said.claims
        alike = defaultdict[tuple[OnRecord, Knowledge], list[str]](list)
        for who, person in people.items():
            if who in known:
                alike[person, known[who]].append(who)
        attributes = tuple(versions.whole.participants.attributes)
        # In an order that references do not decide: the same evidence under other pseudonyms draws
        # the same futures.
        ordered = sorted(alike.items(), key=lambda one: _order(*one[0]))
        groups = (
            Group(
                name=f"On record {number}",
                children=len(references),
                start=person.start,
                attributes=dict(zip(attributes, person.held, strict=True)),
            )
            for number, ((person, _), references) in enumerate(ordered, 1)
        )
        names = _names_of(settlement, people)
        return cls(
            settlement.claim,
            tuple(groups),
            tuple(knowledge for (_, knowledge), _ in ordered),
            tuple(tuple(sorted(names[one] for one in references)) for _, references in ordered),
            _renamed(settlement.lines_table, names),
            len(people) - len(known),
            tuple(_claims_renamed(one, names) for one in claims),
        )

    @classmethod
    def _of_counts(cls, settlement: Settlement, contract: Contract, area: Area) -> Outturn:
        found = counted_groups(settlement, contract, area)
        groups = (
            one.of.model_copy(update={"name": one.name, "children": one.children}) for one in found
        )
        total = sum(one.children for one in found)
        number = iter(range(1, total + 1))
        return cls(
            settlement.claim,
            tuple(groups),
            tuple(one.known for one in found),
            tuple(
                tuple(_called(next(number), total) for _ in range(one.children)) for one in found
            ),
            settlement.lines_table,
            0,
            luck={one.name: one.of.name for one in found},
        )

    def joined(self, area: Area) -> Area:
        """The area with the participants on record in place of its groups that have started."""
        # Those of the area that have started are on record now; the others have not begun.
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


def _names_of(settlement: Settlement, people: Iterable[str]) -> dict[str, str]:
    """What everybody is called in place of a reference, in the same order: limits on single
    participants look at it.
    """
    # Those whose lines are closed too, though today's evidence knows them no more.
    known = sorted({*people, *settlement.lines_table["participant"].to_pylist()} - {""})
    return {"": ""} | {who: _called(place, len(known)) for place, who in enumerate(known, 1)}


def _called(place: int, of: int) -> str:
    """What somebody on record is called. No group that an area can name has a child called so."""
    return f"On record {place:07d} of {of}"


def _renamed(lines: pa.Table, names: Mapping[str, str]) -> pa.Table:
    place = lines.column_names.index("participant")
    who = [names[one] for one in lines["participant"].to_pylist()]
    return lines.set_column(place, lines.schema.field(place), pa.array(who, pa.string()))


def _claims_renamed(claims: Claims, names: Mapping[str, str]) -> Claims:
    rows = [row._replace(participant=names[row.participant]) for row in claims.singly()]
    return Claims(claims.segments, claims.counted, rows.copy)


def people_of(settlement: Settlement, decided: Set[str] | None = None) -> dict[str, OnRecord]:
    """The participants whom decisions are about, by reference: as last recorded by the day of the
    settlement.
    """
    names = tuple(settlement.contract.participants.attributes)
    if decided is None:
        decided = set(settlement.decisions_table["participant"].to_pylist())
    found: dict[str, tuple[tuple[date, date], OnRecord]] = {}
    for row in settlement.evidence.participants_table.to_pylist():
        who, order = row["participant"], (row["recorded_on"], row["from_on"])
        if who not in decided or row["recorded_on"] > settlement.claim.known_by:
            continue
        # Recorded last, and of one day the row that holds from the latest: as evaluation picks it.
        if who not in found or found[who][0] < order:
            held = tuple(row[name] or "" for name in names)
            found[who] = order, OnRecord(row["started_on"], row["left_on"], held)
    return {who: person for who, (_, person) in found.items()}


def _order(person: OnRecord, knowledge: Knowledge) -> tuple[Any, ...]:
    # None compares with no number.
    never_left = knowledge.left is None
    closed = ((knowledge.over, knowledge.never), *knowledge.by_version)
    sets = [sorted(one) for pair in closed for one in pair]
    reached = knowledge.reached, knowledge.corrected
    return (person.start, person.held, never_left, knowledge.left or 0, *reached, sets)


def _known(settlement: Settlement, people: dict[str, OnRecord]) -> dict[str, Knowledge]:
    """What is known of everybody who may be eligible."""
    contract, claim = settlement.contract, settlement.claim
    number = {name: place for place, name in enumerate(contract.milestones)}
    claimed, standing = _claimed(settlement), _standing(settlement)
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
                standing=standing.get((who, row["milestone"]), UNCLAIMED),
            )
            for row in rows
            if row["verdict"] == Verdict.ACHIEVED
        ]
        over, never = closed_of(contract, number, rows, people[who].start, claim.ends_on)
        # Who leaves on a day that is still to come is, as far as anybody knows, still there.
        left = people[who].left
        left_on = None if left is None or left > claim.known_by else day_number(left)
        found[who] = Knowledge(*days, left_on, tuple(sorted(reached)), over, never)
    return found


def _claimed(settlement: Settlement) -> dict[tuple[str, str], list[tuple[int, int]]]:
    """The claims of each milestone that stand, by participant: days and units."""
    columns = ["participant", "milestone", "achieved_on", "quantity"]
    found = defaultdict[tuple[str, str], list[tuple[int, int]]](list)
    for row in settlement.claims_table.select(columns).to_pylist():
        on = day_number(row["achieved_on"])
        found[row["participant"], row["milestone"]].append((on, row["quantity"]))
    return found


def _standing(settlement: Settlement) -> dict[tuple[str, str], int]:
    """The standing of each milestone that is claimed, by participant."""
    keys = ["participant", "milestone", "standing"]
    added = settlement.lines_table.group_by(keys).aggregate([("quantity", "sum")])
    found = defaultdict[tuple[str, str], set[int]](set)
    for row in added.to_pylist():
        # What was taken back stands as nothing.
        if row["quantity_sum"]:
            found[row["participant"], row["milestone"]].add(Standing(row["standing"]).number)
    return {of: standing_of(claims) for of, claims in found.items()}


def assert_can_be_told(settlement: Settlement, versions: Versions, area: Area) -> None:
    """Nothing, or AssumptionError saying why it cannot be told who stands where."""
    faults = [*_unable(settlement, versions), *_apart(versions)]
    if settlement.counts is not None:
        faults += unable_of_counts(versions, area)
    if faults:
        raise AssumptionError("What is left cannot be forecast from this settlement.", faults)


def _unable(settlement: Settlement, versions: Versions) -> Iterator[Fault]:
    if any(text.participants.places is not None for text in versions.all):
        problem = "children follow one another in places, and who will hold one next is not drawn"
        problem += " from where they stand"
        yield Fault(
            code="not_drawn", problem=problem, hint="Simulate the contract by an area alone"
        )
    if settlement.claim.number + 1 == len(versions.whole.calendar.periods):
        problem, found = "every claim date is settled: nothing is left", settlement.claim.label
        yield Fault(code="nothing_left", problem=problem, found=found)


def _apart(versions: Versions) -> Iterator[Fault]:
    """What versions must agree on, so that one drawn child can be looked at by all of them."""
    whole = versions.whole
    together = [set(names) for names in alternatives(whole.milestones)]
    for text in (stretch.terms for stretch in versions.stretches):
        for name, term in text.milestones.items():
            # A child is drawn once, and with it how many units: versions that count them otherwise
            # would need two children.
            if term.units != whole.milestones[name].units:
                problem = f"versions {text.version.number} and {whole.version.number} count units"
                problem += f" of '{name}' otherwise, and nothing says how its units are drawn then"
                yield Fault(code="units_amended", problem=problem, hint=_UNDER_ONE)
        for names in alternatives(text.milestones):
            if not any(own.issuperset(names) for own in together):
                problem = f"by version {text.version.number}, of {listing(names)} one is paid, and"
                problem += " later both are: nothing says how they are drawn then"
                yield Fault(code="alternatives_amended", problem=problem, hint=_UNDER_ONE)
