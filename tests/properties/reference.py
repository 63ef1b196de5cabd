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
from datetime import date
from decimal import Decimal
from enum import Enum
from fractions import Fraction
from typing import Any

from impactbond.contract.conditions import (
    All,
    AnyOf,
    AtLeast,
    Condition,
    Count,
    Crosses,
    Improves,
    Level,
    Observed,
    Share,
)
from impactbond.contract.contract import Contract
from impactbond.contract.metrics import Event, Measure, Session
from impactbond.contract.phrases import Threshold

Row = Mapping[str, Any]
Rows = Sequence[Row]
LONG_AGO = date.min


class State(Enum):
    """What evidence says of a condition."""

    MET = "met"
    NOT_EVIDENCED = "not evidenced"
    NOT_MET = "not met"


@dataclass(frozen=True)
class Finding:
    """What evidence says of one condition: its state, the day it was met, the last day to tell."""

    state: State
    on: date | None
    due: date


@dataclass(frozen=True)
class Participant:
    """What is known of one participant at a claim date; `rows` are all rows known by then."""

    participant: str
    started_on: date
    left_on: date | None
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Decision:
    """What is decided of one milestone of one participant, and why."""

    participant: str
    milestone: str
    verdict: str
    reason: str
    achieved_on: date | None


@dataclass(frozen=True)
class Claim:
    """One milestone achieved by one participant, with the attributes of that day, priced."""

    participant: str
    milestone: str
    period: str
    achieved_on: date
    attributes: Mapping[str, str]
    price_pence: int


def decide(
    contract: Contract, participants: Rows, observations: Rows, claim_date: date
) -> list[Decision]:
    """Every milestone of every covered participant: by participant, in the contract's order."""
    rows = live(observations, claim_date)
    end = period_end(contract, claim_date)
    decisions: list[Decision] = []
    for one in known_participants(participants, claim_date):
        own_rows = [row for row in rows if row["participant"] == one.participant]
        if is_covered(contract, one):
            decisions += decide_participant(contract, one, own_rows, end)
    return decisions


def claims(
    contract: Contract, participants: Rows, observations: Rows, claim_date: date
) -> list[Claim]:
    """Every milestone achieved as of a claim date, priced, in the order of the decisions."""
    known = {one.participant: one for one in known_participants(participants, claim_date)}
    return [
        Claim(
            participant=decision.participant,
            milestone=decision.milestone,
            period=period_of(contract, decision.achieved_on),
            achieved_on=decision.achieved_on,
            attributes=attributes_on(contract, known[decision.participant], decision.achieved_on),
            price_pence=pence(contract, contract.milestones[decision.milestone].price),
        )
        for decision in decide(contract, participants, observations, claim_date)
        if decision.achieved_on is not None
    ]


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


def is_covered(contract: Contract, one: Participant) -> bool:
    """Whether the contract is about the participant, by the attributes of the day of the start."""
    attributes = attributes_on(contract, one, one.started_on)
    return all(attributes[name] in named for name, named in contract.participants.covered.items())


def decide_participant(
    contract: Contract, one: Participant, rows: Rows, end: date
) -> list[Decision]:
    """One participant's milestones; where late evidence earns nothing, with it and without it."""
    names = list(contract.milestones)
    with_late = [decide_milestone(contract, one, rows, end, name) for name in names]
    if contract.calendar.evidence.late == "next claim":
        return with_late
    kept = in_time(contract, rows)
    without = [decide_milestone(contract, one, kept, end, name) for name in names]
    return [
        Decision(second.participant, second.milestone, "late", "recorded_late", None)
        if first.verdict == "achieved" and second.verdict != "achieved"
        else second
        for first, second in zip(with_late, without, strict=True)
    ]


def decide_milestone(
    contract: Contract, one: Participant, rows: Rows, end: date, milestone: str
) -> Decision:
    """One milestone of one participant, from these rows, after the milestones it comes after."""
    terms = contract.milestones[milestone]
    eligible = eligibility(contract, one, rows)
    earlier = [decide_milestone(contract, one, rows, end, name) for name in terms.after]
    own = find(contract, terms.when, one.started_on, rows)

    def decided(verdict: str, reason: str, achieved_on: date | None = None) -> Decision:
        return Decision(one.participant, milestone, verdict, reason, achieved_on)

    if eligible.on is None and end < eligible.due:
        return decided("not yet due", "window_open")
    if eligible.state == State.NOT_MET:
        return decided("ineligible", "not_eligible")
    if eligible.on is None:
        return decided("not evidenced", "eligibility_not_evidenced")

    missing = [part.verdict for part in earlier if part.verdict != "achieved"]
    if "not yet due" in missing:
        return decided("not yet due", "prerequisite")
    if missing:
        return decided("not achieved", "prerequisite")

    if own.on is not None:
        before = [part.achieved_on for part in earlier if part.achieved_on is not None]
        return decided(*when_met(contract, one, max([own.on, eligible.on, *before]), end))
    return decided(*when_not_met(one, own, end))


def eligibility(contract: Contract, one: Participant, rows: Rows) -> Finding:
    """Whether the participant is eligible; always so where the contract does not ask."""
    if contract.participants.eligible is None:
        return Finding(State.MET, LONG_AGO, LONG_AGO)
    return find(contract, contract.participants.eligible, one.started_on, rows)


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


def find(contract: Contract, condition: Condition, started_on: date, rows: Rows) -> Finding:
    """What one participant's rows say of a condition."""

    def seen(metric: str, window: str) -> list[Row]:
        return rows_in(metric, contract.windows[window].days(started_on), rows)

    def due(window: str) -> date:
        return contract.windows[window].days(started_on)[1]

    def found(parts: Sequence[Condition]) -> list[Finding]:
        return [find(contract, part, started_on, rows) for part in parts]

    match condition:
        case Observed(observed=metric, window=window):
            happened = [row for row in seen(metric, window) if row["value"] == 1]
            return find_count(happened, seen(metric, window), 1, due(window))
        case Count(count=metric, window=window, at_least=needed):
            counted = counting(contract, metric, condition.marked, seen(metric, window))
            return find_count(counted, seen(metric, window), needed, due(window))
        case Share(share=metric, window=window, at_least=needed):
            counted = counting(contract, metric, condition.marked, seen(metric, window))
            return find_share(counted, seen(metric, window), needed, due(window))
        case Level(level=metric, window=window):
            row = pick(condition.pick, seen(metric, window))
            return find_level(contract, row, condition.is_, due(window))
        case Improves(improves=metric, between=(early, late)):
            baseline, last = pick("first", seen(metric, early)), pick("last", seen(metric, late))
            return find_gain(contract, baseline, last, condition.by.size, due(late))
        case Crosses(crosses=metric, between=(early, late)):
            baseline, last = pick("first", seen(metric, early)), pick("last", seen(metric, late))
            before = find_level(contract, baseline, condition.from_, due(late))
            after = find_level(contract, last, condition.to, due(late))
            return find_at_least(2, [before, after])
        case All(all=parts):
            return find_at_least(len(parts), found(parts))
        case AnyOf(any=parts):
            return find_at_least(1, found(parts))
        case AtLeast(at_least=needed, of=parts):
            return find_at_least(needed, found(parts))
        case str():
            return find(contract, contract.conditions[condition], started_on, rows)
    raise TypeError("not a condition")


def rows_in(metric: str, days: tuple[date, date], rows: Rows) -> list[Row]:
    """The metric's rows observed on those days: by day observed, then day recorded, then value."""
    inside = [row for row in rows if days[0] <= row["observed_on"] <= days[1]]
    found = [row for row in inside if row["metric"] == metric]
    return sorted(found, key=lambda row: (row["observed_on"], row["recorded_on"], row["value"]))


def find_count(counted: Rows, seen: Rows, needed: int, due: date) -> Finding:
    """Met on the day of the n-th row that counts; not evidenced only where nobody looked."""
    if len(counted) >= needed:
        return Finding(State.MET, counted[needed - 1]["observed_on"], due)
    return Finding(State.NOT_MET if seen else State.NOT_EVIDENCED, None, due)


def find_share(counted: Rows, seen: Rows, needed: Fraction, due: date) -> Finding:
    """Met on the window's last day when the rows that count are at least that share of all."""
    if not seen:
        return Finding(State.NOT_EVIDENCED, None, due)
    return met_if(Fraction(len(counted), len(seen)) >= needed, due, due)


def counting(contract: Contract, metric: str, mark: str | None, rows: Rows) -> list[Row]:
    """The rows that count: with the mark, where one is given; of events those that happened."""
    terms = contract.metrics[metric]
    if isinstance(terms, Session) and mark is not None:
        return [row for row in rows if terms.marks[row["value"]] == mark]
    return [row for row in rows if row["value"] == 1 or not isinstance(terms, Event)]


def pick(which: str, rows: Rows) -> Row | None:
    """The first or the last row, where there is any."""
    return (rows[0] if which == "first" else rows[-1]) if rows else None


def find_level(contract: Contract, row: Row | None, threshold: Threshold, due: date) -> Finding:
    """Met on the row's day when its measure is on the right side of the threshold."""
    if row is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    size = Decimal(row["value"]) / 10 ** measure(contract, row).decimals
    met = {
        "at least": size >= threshold.bar,
        "at most": size <= threshold.bar,
        "above": size > threshold.bar,
        "below": size < threshold.bar,
    }
    return met_if(met[threshold.comparison], row["observed_on"], due)


def find_gain(
    contract: Contract, baseline: Row | None, last: Row | None, by: Decimal, due: date
) -> Finding:
    """Met on the last row's day when its measure is better than the baseline by that much."""
    if baseline is None or last is None:
        return Finding(State.NOT_EVIDENCED, None, due)
    terms = measure(contract, last)
    rise = Decimal(last["value"] - baseline["value"]) / 10**terms.decimals
    return met_if((rise if terms.better == "higher" else -rise) >= by, last["observed_on"], due)


def find_at_least(needed: int, parts: Sequence[Finding]) -> Finding:
    """Met when so many parts are, on the day that the last needed one was.

    Otherwise not evidenced while the parts without evidence could still make it so many. `all` is
    at least as many as there are parts, `any` is at least one.
    """
    due = max(part.due for part in parts)
    days = sorted(part.on for part in parts if part.on is not None)
    if len(days) >= needed:
        return Finding(State.MET, days[needed - 1], due)
    possible = [part for part in parts if part.state != State.NOT_MET]
    return Finding(State.NOT_EVIDENCED if len(possible) >= needed else State.NOT_MET, None, due)


def met_if(true: bool, on: date, due: date) -> Finding:
    """Met on a day, or not met."""
    return Finding(State.MET, on, due) if true else Finding(State.NOT_MET, None, due)


def measure(contract: Contract, row: Row) -> Measure:
    """The terms of the score or percentage that a row holds."""
    terms = contract.metrics[row["metric"]]
    assert not isinstance(terms, Event | Session)
    return terms
