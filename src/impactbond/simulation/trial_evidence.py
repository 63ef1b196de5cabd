"""A drawn trial as evidence, to be settled in the ordinary way.

Takes  the draws of an area.
Gives  the contract with an event in place of each milestone's condition, and rows of one trial.
Keeps  settled, they come to the same pence as the trial: whatever decides money is the contract's
       own. A simulation draws that a milestone is reached, whatever its condition; so what is
       evidenced is that it was.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import product
from typing import Any

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number, from_day_number
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.settlement.applicable_claims import every_text
from impactbond.simulation.columns import name_of
from impactbond.simulation.draw import Draws
from impactbond.simulation.knowledge import AlreadyReached
from impactbond.simulation.stages import DrawnMilestone, Holder
from impactbond.terms.conditions.counts import Observed
from impactbond.terms.metrics.choices import Event
from impactbond.terms.milestones import Rows
from impactbond.terms.phrases import Window


def by_events(contract: Contract) -> Contract:
    """The same contract with an event for each milestone, on any day, in place of its condition."""
    return _by_events(contract, "")


def versions_by_events(versions: Versions) -> Contract | Versions:
    """The same for every version of a contract; of an amended one each has events of its own: what
    one has as reached another need not.
    """
    if len(versions.all) == 1:
        return by_events(versions.whole)
    return Versions(tuple(_by_events(one, _mark(one)) for one in versions.all))


def _mark(contract: Contract) -> str:
    return f" by version {contract.version.number}"


def _by_events(contract: Contract, mark: str) -> Contract:
    every_day = Window.parse("2000-01-01 through 2099-12-31")
    metrics: dict[str, Any] = {}
    milestones = {}
    for name, milestone in contract.milestones.items():
        metrics[f"is {name}{mark}"] = Event(kind="event")
        when = Observed.model_validate({"observed": f"is {name}{mark}", "in": "ever"})
        units = None
        if milestone.units is not None:
            metrics[f"unit of {name}"] = Event(kind="event", repeats=True)
            units = Rows.model_validate({"rows": f"unit of {name}", "in": "ever"})
        milestones[name] = milestone.model_copy(update={"when": when, "units": units})
    same = {name: getattr(contract, name) for name in Contract.model_fields}
    changed = {"metrics": metrics, "milestones": milestones, "windows": {"ever": every_day}}
    people = contract.participants.model_copy(update={"eligible": None})
    return Contract.model_construct(**{**same, **changed, "participants": people})


def _rows_of(draws: Draws, trial: int) -> Iterator[tuple[str, str, date, date]]:
    """A row for every milestone that a child reaches, and for every unit: whose, of what, the day
    that it speaks of and the day on which it is recorded.
    """
    names, texts = list(draws.contract.milestones), every_text(draws.versions)
    yield from _corrected(draws, names)
    turns = list(draws.turns(trial))
    reached = defaultdict[tuple[int, int], list[DrawnMilestone]](list)  # each stage has a turn
    for group, child, turn in turns:
        reached[group, child] += turn.reached
    for group, child, turn in turns:
        for one in turn.reached:
            who = name_of(draws.cohorts, draws.outturn, group, child, one.holder)
            name, already = names[one.milestone], _already(draws, group, one.milestone)
            on_record = reached[group, child] if already is not None else ()
            for mark, seen in _seen(texts, names, one, on_record):
                on, recorded = map(from_day_number, seen)
                yield who, f"is {name}{mark}", on, recorded
            is_by_unit = draws.contract.milestones[name].units is not None
            for claimed, units in already.claimed if already and is_by_unit else ():
                for _ in range(units):
                    day = from_day_number(claimed)
                    yield who, f"unit of {name}", day, day
        for claim in turn.claims:
            who = name_of(draws.cohorts, draws.outturn, group, child)
            name = names[claim.milestone]
            if draws.contract.milestones[name].units is not None:
                # All units of a period on one day: they are one claim, of its first day.
                first = from_day_number(claim.day)
                for _ in range(claim.quantity):
                    yield who, f"unit of {name}", first, first


def _seen(
    texts: Sequence[Contract],
    names: Sequence[str],
    one: DrawnMilestone,
    on_record: Sequence[DrawnMilestone],
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Of a milestone, by each version that has it as reached: the day that its row speaks of, and
    the day on which it is recorded. `on_record` is all that its child reaches, of one that is.
    """
    if not one.under:
        yield "", (_own_day(texts[0], names, one, on_record), one.recorded)
        return
    for place, (text, own) in enumerate(zip(texts, one.under, strict=True)):
        if own is not None:
            # A drawn row is of the day on which it is seen: a version that asks for more before it
            # has it as reached later.
            others = [other.under[place] for other in on_record]
            known = [other for other in others if other is not None]
            seen = _own_day(text, names, own, known) if on_record else one.day
            yield _mark(text), (seen, own.recorded)


def _own_day(
    text: Contract, names: Sequence[str], one: DrawnMilestone, on_record: Sequence[DrawnMilestone]
) -> int:
    """The day that the row of a milestone speaks of: that on which it was reached; of one on record
    whose row was late, though what it needs was reached after it, the last day that makes it late.
    """
    day, within = one.day, text.calendar.evidence.within
    needed = text.milestones[names[one.milestone]].after
    if any(other.is_late for other in on_record if names[other.milestone] in needed):
        return day  # it is late with what it rests on, whenever its own row came
    while on_record and one.is_late and _is_by(within.after(from_day_number(day)), one.recorded):
        day -= 1
    return day


def _is_by(deadline: date, recorded: int) -> bool:
    return recorded <= day_number(deadline)


def _corrected(draws: Draws, names: Sequence[str]) -> Iterator[tuple[str, str, date, date]]:
    """What those on record have reached by a version that a correction has taken the place of, and
    by no other: it was claimed, and is taken back.
    """
    texts = every_text(draws.versions)
    for group, known in enumerate(() if draws.outturn is None else draws.outturn.known):
        for child, one in product(range(draws.cohorts[group].children), known.corrected):
            who = name_of(draws.cohorts, draws.outturn, group, child)
            for text, days in zip(texts, one.under, strict=True):
                if days:
                    day, recorded = map(from_day_number, days)
                    yield who, f"is {names[one.milestone]}{_mark(text)}", day, recorded


def _already(draws: Draws, group: int, milestone: int) -> AlreadyReached | None:
    """What is on record of a milestone, of a group of those on record."""
    known = () if draws.outturn is None else draws.outturn.known
    reached = known[group].reached if group < len(known) else ()
    return next((one for one in reached if one.milestone == milestone), None)


def evidence_of(draws: Draws, trial: int) -> Evidence:
    """One drawn trial as evidence: rows of every child, and of every milestone and unit, each with
    the day by which it is recorded.
    """
    people = list(_people_of(draws, trial))
    seen = [
        {
            "observation": str(number),
            "participant": who,
            "metric": metric,
            "value": 1,
            "observed_on": day,
            "recorded_on": recorded,
            "status": "recorded",
        }
        for number, (who, metric, day, recorded) in enumerate(_rows_of(draws, trial))
    ]
    schema = participants_schema(tuple(draws.contract.participants.attributes))
    return Evidence(
        participants_table=pa.Table.from_pylist(people, schema=schema),
        observations_table=pa.Table.from_pylist(seen, schema=OBSERVATIONS_SCHEMA),
        refused_table=REFUSED_SCHEMA.empty_table(),
    )


def _people_of(draws: Draws, trial: int) -> Iterator[dict[str, Any]]:
    """A row for every child of every group; of a place, for everybody who holds it."""
    places = draws.contract.participants.places
    held = {
        (group, child): turn.holders
        for group, child, turn in (draws.turns(trial) if places is not None else ())
        if turn.holders
    }
    for place, group in enumerate(draws.cohorts):
        for child in range(group.children):
            chain = held.get((place, child), (Holder(group.start, None),))
            attributes = dict(group.attributes)
            if places is not None:
                attributes[places.by] = name_of(draws.cohorts, draws.outturn, place, child)
            for holder, (start, left) in enumerate(chain):
                yield {
                    "participant": name_of(draws.cohorts, draws.outturn, place, child, holder),
                    **dict.fromkeys(("started_on", "from_on", "recorded_on"), start),
                    "left_on": left if places is not None else None,
                    **attributes,
                }
