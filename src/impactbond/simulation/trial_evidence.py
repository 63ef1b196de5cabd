"""A drawn trial as evidence, to be settled in the ordinary way.

Takes  the draws of an area.
Gives  the contract with an event in place of each milestone's condition, and rows of one trial.
Keeps  settled, they come to the same pence as the trial: whatever decides money is the contract's
       own. A simulation draws that a milestone is reached, whatever its condition; so what is
       evidenced is that it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import from_day_number
from impactbond.evidence.evidence import (
    OBSERVATIONS_SCHEMA,
    REFUSED_SCHEMA,
    Evidence,
    participants_schema,
)
from impactbond.simulation.columns import child_name
from impactbond.simulation.draw import Draws
from impactbond.terms.conditions.counts import Observed
from impactbond.terms.metrics.choices import Event
from impactbond.terms.milestones import Rows
from impactbond.terms.phrases import Window


def by_events(contract: Contract) -> Contract:
    """The same contract with an event for each milestone, on any day, in place of its condition."""
    every_day = Window.parse("2000-01-01 through 2099-12-31")
    metrics: dict[str, Any] = {}
    milestones = {}
    for name, milestone in contract.milestones.items():
        metrics[f"is {name}"] = Event(kind="event")
        when = Observed.model_validate({"observed": f"is {name}", "in": "ever"})
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
    names = list(draws.contract.milestones)
    for group, child, turn in draws.turns(trial):
        who = child_name(draws.cohorts[group].name, child)
        for one in turn.reached:
            days = from_day_number(one.day), from_day_number(one.recorded)
            yield who, f"is {names[one.milestone]}", *days
            for on, units in _claimed(draws, group, one.milestone):
                for _ in range(units):
                    day = from_day_number(on)
                    yield who, f"unit of {names[one.milestone]}", day, day
        for claim in turn.claims:
            name = names[claim.milestone]
            if draws.contract.milestones[name].units is not None:
                # All units of a period on one day: they are one claim, of its first day.
                first = from_day_number(claim.day)
                for _ in range(claim.quantity):
                    yield who, f"unit of {name}", first, first


def _claimed(draws: Draws, group: int, milestone: int) -> Sequence[tuple[int, int]]:
    """The units that those on record have claimed: on which days how many."""
    known = () if draws.outturn is None else draws.outturn.known
    is_by_unit = list(draws.contract.milestones.values())[milestone].units is not None
    if not is_by_unit or group >= len(known):
        return ()
    return next((one.claimed for one in known[group].reached if one.milestone == milestone), ())


def evidence_of(draws: Draws, trial: int) -> Evidence:
    """One drawn trial as evidence: rows of every child, and of every milestone and unit, each with
    the day by which it is recorded.
    """
    people = [
        {
            "participant": child_name(group.name, child),
            **dict.fromkeys(("started_on", "from_on", "recorded_on"), group.start),
            **group.attributes,
        }
        for group in draws.cohorts
        for child in range(group.children)
    ]
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
