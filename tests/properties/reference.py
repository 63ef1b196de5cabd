"""The plain reference evaluator: what a contract means, in loops, one participant at a time.

To be read beside the paper contract. It takes nothing but terms from the contract package and
shares no code with the engine, whose decisions must be the same as these.

A row of evidence is a dict with the columns of the evidence tables: dates are `datetime.date`;
`value` is an int (an event is 1 or 0, a session the place of its mark among the marks, a score or
percentage counts units of its last decimal).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from tests.properties.reference_conditions import Finding, Row, Rows, State, find
from tests.properties.reference_units import units

from impactbond.contract.contract import Contract

LONG_AGO = date.min


@dataclass(frozen=True)
class Participant:
    """What is known of one participant at a claim date; `rows` are all rows known by then."""

    participant: str
    started_on: date
    left_on: date | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Decision:
    """What is decided of one milestone of one participant, and why.

    `standing` is 0 for what is achieved in full, 1 on late evidence alone, 2 on disputed evidence.
    """

    participant: str
    milestone: str
    verdict: str
    reason: str
    achieved_on: date | None
    standing: int = 0


@dataclass(frozen=True)
class Claim:
    """One milestone achieved by one participant, with the attributes of that day, priced."""

    participant: str
    milestone: str
    period: str
    achieved_on: date
    attributes: Mapping[str, str]
    price_pence: int
    quantity: int = 1
    standing: int = 0


def decide(
    contract: Contract, participants: Rows, observations: Rows, claim_date: date
) -> list[Decision]:
    """Every milestone of every covered participant: by participant, in the contract's order."""
    everybody = covered_participants(contract, participants, claim_date)
    end = period_end(contract, claim_date)
    rows = live(observations, claim_date)
    found: dict[tuple[str, str], Decision] = {}
    for standing, wanted in passes(contract, rows):
        earned = {key: one for key, one in found.items() if one.verdict == "achieved"}
        found = decide_all(contract, everybody, wanted, end, standing, earned)
    if contract.calendar.evidence.late == "nothing":
        ever = decide_all(contract, everybody, rows, end, 0, {})
        for key, one in found.items():
            if ever[key].verdict == "achieved" != one.verdict:
                found[key] = Decision(*key, "late", "recorded_late", None, one.standing)
    names = [one.participant for one in everybody]
    return [found[name, milestone] for name in names for milestone in contract.milestones]


def passes(contract: Contract, rows: Rows) -> list[tuple[int, Rows]]:
    """The evidence that can earn something, first what earns most; what it earns stands as told."""
    terms = contract.calendar.evidence
    undisputed = [row for row in rows if row["status"] != "disputed"]
    if terms.late_pays is not None:
        return [(0, in_time(contract, undisputed)), (1, undisputed), (2, rows)]
    if terms.late == "nothing":
        return [(0, in_time(contract, undisputed)), (2, in_time(contract, rows))]
    return [(0, undisputed), (2, rows)]


def claims(
    contract: Contract, participants: Rows, observations: Rows, claim_date: date
) -> list[Claim]:
    """Every milestone achieved as of a claim date, priced, in the order of the decisions."""
    everybody = covered_participants(contract, participants, claim_date)
    known = {one.participant: one for one in everybody}
    rows, end = live(observations, claim_date), period_end(contract, claim_date)
    found = []
    for decision in decide(contract, participants, observations, claim_date):
        one, terms = known[decision.participant], contract.milestones[decision.milestone]
        if decision.achieved_on is None:
            continue
        made = [(decision.achieved_on, decision.standing, 1)]
        if terms.units is not None:
            own = [
                (standing, [row for row in wanted if row["participant"] == one.participant])
                for standing, wanted in passes(contract, rows)
            ]
            days = (decision.achieved_on, min(end, one.left_on or end))
            clock = clock_of(contract, one, everybody)
            name = decision.milestone
            told = partial(money_of_a_day, contract, name, one)
            made = units(contract, terms.units, own, clock, days, decision.standing, told)
        for day, standing, quantity in made:
            found.append(
                Claim(
                    participant=decision.participant,
                    milestone=decision.milestone,
                    period=period_of(contract, day),
                    achieved_on=day,
                    attributes=attributes_on(contract, one, day),
                    price_pence=pence(contract, terms.price),
                    quantity=quantity,
                    standing=standing,
                )
            )
    return found


def money_of_a_day(
    contract: Contract, name: str, one: Participant, day: date
) -> tuple[int, dict[str, str]]:
    """What decides the money of a unit on a day: how many terms of the milestone's money have begun
    or ended by then, and what is known of the participant.
    """
    terms, turns = contract.milestones[name], set[date]()
    dated: list[Any] = [*terms.rates, *terms.changes]
    dated += [rule for rule in contract.discounts if name in rule.for_ or "every" in rule.for_[0]]
    dated += [rule for rule in contract.funding if name in rule.for_ or "every" in rule.for_[0]]
    reliefs = [fee.instead_of for fee in contract.fees.values() if fee.instead_of is not None]
    dated += [relief for relief in reliefs if name in relief.milestones]
    for term in dated:
        if getattr(term, "from_", None) is not None:
            turns.add(term.from_)
        if getattr(term, "through", None) is not None:
            turns.add(term.through + timedelta(days=1))
        if hasattr(term, "index"):
            turns |= {value.from_ for value in contract.indices[term.index]}
    if any(getattr(limit, "each", None) == "year" for limit in contract.limits):
        first, last = contract.calendar.term
        years = range(first.year, last.year + 1)
        turns |= {date(year, *contract.calendar.year_starts) for year in years}
    return sum(turn <= day for turn in turns), attributes_on(contract, one, day)


def claim_dates(contract: Contract) -> list[date]:
    """The claim dates of the contract, in order."""
    return [contract.calendar.claim_date(period) for period in contract.calendar.periods]


def period_end(contract: Contract, claim_date: date) -> date:
    """The last day of the period whose claim is made on that date."""
    ends = [period.last for period in contract.calendar.periods]
    return ends[claim_dates(contract).index(claim_date)]


def period_of(contract: Contract, day: date) -> str:
    """The label of the period that a day of the term is in."""
    return next(one.label for one in contract.calendar.periods if one.first <= day <= one.last)


def pence(contract: Contract, amount: Decimal) -> int:
    """An amount of the contract in whole minor units of its currency."""
    return int(amount * 10**contract.decimals)


def live(observations: Rows, claim_date: date) -> list[Row]:
    """The rows that count: recorded by the claim date, replaced by none that is, not withdrawn."""
    known = [row for row in observations if row["recorded_on"] <= claim_date]
    replaced = {row["supersedes"] for row in known if row["supersedes"] is not None}
    kept = [row for row in known if row["observation"] not in replaced]
    return [row for row in kept if row["status"] != "withdrawn"]


def in_time(contract: Contract, rows: Rows) -> list[Row]:
    """The rows that were recorded within the evidence deadline."""
    within = contract.calendar.evidence.within
    return [row for row in rows if row["recorded_on"] <= within.after(row["observed_on"])]


def known_participants(participants: Rows, claim_date: date) -> list[Participant]:
    """The participants of whom a row is recorded by the claim date, in the order of their ids."""
    known = [row for row in participants if row["recorded_on"] <= claim_date]
    found = []
    for name in sorted({row["participant"] for row in known}):
        rows = tuple(row for row in known if row["participant"] == name)
        starts = [(row["recorded_on"], row["from_on"], row["started_on"]) for row in rows]
        leaves = [(row["recorded_on"], row["from_on"], row["left_on"] or LONG_AGO) for row in rows]
        left_on = None if max(leaves)[2] == LONG_AGO else max(leaves)[2]
        found.append(Participant(name, max(starts)[2], left_on, rows))
    return found


def attributes_on(contract: Contract, one: Participant, day: date) -> dict[str, str]:
    """The attributes on a day: of the latest row from that day or before, else of the earliest."""
    names = list(contract.participants.attributes)
    earliest = min(row["from_on"] for row in one.rows)
    rows = [row for row in one.rows if row["from_on"] <= max(day, earliest)]
    latest = max(
        (row["from_on"], row["recorded_on"], [row[name] for name in names]) for row in rows
    )
    return dict(zip(names, latest[2], strict=True))


def covered_participants(
    contract: Contract, participants: Rows, claim_date: date
) -> list[Participant]:
    """The participants known at a claim date whom the contract is about, by their ids."""
    known = known_participants(participants, claim_date)
    return [one for one in known if is_covered(contract, one)]


def is_covered(contract: Contract, one: Participant) -> bool:
    """Whether the contract is about the participant, by the day of the start and what was then."""
    terms = contract.participants
    if terms.started is not None and not terms.started[0] <= one.started_on <= terms.started[1]:
        return False
    return is_about(contract, one, terms.covered)


def is_about(contract: Contract, one: Participant, only: Mapping[str, Sequence[str]]) -> bool:
    """Whether a participant had on the day of the start the attributes that something is for."""
    attributes = attributes_on(contract, one, one.started_on)
    return all(attributes[name] in named for name, named in only.items())


def place_of(contract: Contract, one: Participant) -> str:
    """The place that a participant holds; where there are no places, everybody holds one."""
    places = contract.participants.places
    if places is None:
        return one.participant
    return attributes_on(contract, one, one.started_on)[places.by]


def clock_of(contract: Contract, one: Participant, everybody: Sequence[Participant]) -> date:
    """The day from which windows count: one's own start, or that of the first of the place."""
    places = contract.participants.places
    if places is None or places.clock == "restarts":
        return one.started_on
    place = place_of(contract, one)
    return min(each.started_on for each in everybody if place_of(contract, each) == place)


def groups_of(contract: Contract) -> list[list[str]]:
    """The milestones in groups of which one is paid, each after what its members come after."""
    groups = [[name] for name in contract.milestones]
    for name, terms in contract.milestones.items():
        for other in terms.instead_of:
            one = next(group for group in groups if name in group)
            two = next(group for group in groups if other in group)
            if one is not two:
                groups = [group for group in groups if group not in (one, two)] + [one + two]
    ordered: list[list[str]] = []
    while len(ordered) < len(groups):
        done = {name for group in ordered for name in group}
        ordered.append(
            next(
                group
                for group in groups
                if group not in ordered
                and all(done.issuperset(contract.milestones[name].after) for name in group)
            )
        )
    return ordered


def decide_all(
    contract: Contract,
    everybody: Sequence[Participant],
    rows: Rows,
    end: date,
    standing: int,
    earned: Mapping[tuple[str, str], Decision],
) -> dict[tuple[str, str], Decision]:
    """Every milestone of everybody on this evidence; what was earned on better evidence is kept."""
    found: dict[tuple[str, str], Decision] = {}
    for group in groups_of(contract):
        for one in everybody:
            own = [row for row in rows if row["participant"] == one.participant]
            clock = clock_of(contract, one, everybody)
            mates = [
                each.participant
                for each in everybody
                if place_of(contract, each) == place_of(contract, one)
            ]
            for name in group:
                before = [
                    (
                        found[one.participant, earlier].verdict,
                        [
                            day
                            for mate in mates
                            if (day := found[mate, earlier].achieved_on) is not None
                        ],
                    )
                    for earlier in contract.milestones[name].after
                ]
                key = (one.participant, name)
                found[key] = earned.get(key) or decide_milestone(
                    contract, one, own, clock, end, name, before, standing
                )
        settle_group(contract, everybody, group, found)
    return found


def settle_group(
    contract: Contract,
    everybody: Sequence[Participant],
    group: Sequence[str],
    found: dict[tuple[str, str], Decision],
) -> None:
    """Of a group, and for a place, only the first that was achieved is."""
    order = list(contract.milestones)
    for place in {place_of(contract, one) for one in everybody}:
        achieved = [
            (decision.standing, decision.achieved_on, order.index(name), one.participant)
            for one in everybody
            if place_of(contract, one) == place
            for name in group
            if (decision := found[one.participant, name]).achieved_on is not None
        ]
        for _, _, number, participant in achieved:
            winner = min(achieved)
            if (number, participant) != winner[2:]:
                reason = "place_taken" if number == winner[2] else "alternative"
                key = (participant, order[number])
                found[key] = Decision(*key, "not achieved", reason, None, found[key].standing)


def decide_milestone(
    contract: Contract,
    one: Participant,
    rows: Rows,
    clock: date,
    end: date,
    milestone: str,
    before: Sequence[tuple[str, Sequence[date]]],
    standing: int,
) -> Decision:
    """One milestone of one participant, from these rows.

    `before` tells of each milestone it comes after one's own verdict, and the days on which anybody
    of the place achieved it.
    """
    terms = contract.milestones[milestone]
    eligible = eligibility(contract, clock, rows)
    own = find(contract, terms.when, clock, rows)

    def decided(verdict: str, reason: str, achieved_on: date | None = None) -> Decision:
        return Decision(one.participant, milestone, verdict, reason, achieved_on, standing)

    if not is_about(contract, one, terms.only):
        return decided("ineligible", "not_for_segment")
    if eligible.on is None and end < eligible.due:
        return decided("not yet due", "window_open")
    if eligible.state == State.NOT_MET:
        return decided("ineligible", "not_eligible")
    if eligible.on is None:
        return decided("not evidenced", "eligibility_not_evidenced")

    missing = [verdict for verdict, days in before if not days]
    if "not yet due" in missing:
        return decided("not yet due", "prerequisite")
    if missing:
        return decided("not achieved", "prerequisite")

    if own.on is not None:
        reached_on = max([own.on, eligible.on, *(days[0] for _, days in before)])
        return decided(*when_met(contract, one, reached_on, end))
    return decided(*when_not_met(one, own, end))


def eligibility(contract: Contract, clock: date, rows: Rows) -> Finding:
    """Whether the participant is eligible; always so where the contract does not ask."""
    if contract.participants.eligible is None:
        return Finding(State.MET, LONG_AGO, LONG_AGO)
    return find(contract, contract.participants.eligible, clock, rows)


def when_met(
    contract: Contract, one: Participant, reached_on: date, end: date
) -> tuple[str, str, date | None]:
    """The decision of a milestone for which everything needed had been met by a day."""
    first, last = contract.calendar.term
    if one.left_on is not None and reached_on > one.left_on:
        return "withdrawn", "left", None
    if not first <= reached_on <= last:
        return "not achieved", "outside_term", None
    if reached_on > end:
        return "not yet due", "window_open", None
    return "achieved", "met", reached_on


def when_not_met(one: Participant, own: Finding, end: date) -> tuple[str, str]:
    """The decision of a milestone whose own condition is not met."""
    if one.left_on is not None and one.left_on < own.due:
        return "withdrawn", "left"
    if end < own.due:
        return "not yet due", "window_open"
    if own.state == State.NOT_MET:
        return "not achieved", "not_met"
    return "not evidenced", "no_evidence"
