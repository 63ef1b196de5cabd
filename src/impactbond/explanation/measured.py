"""What a result of a group was measured on, step by step, down to the claims that were counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import pyarrow.compute as pc

from impactbond.explanation.parts import StepExplained
from impactbond.money import show
from impactbond.settlement.results import MeasuredResult
from impactbond.settlement.settlement import Settlement
from impactbond.terms.words import counted
from impactbond.terms.workings import Step


def explained_steps(settlement: Settlement, one: MeasuredResult) -> tuple[StepExplained, ...]:
    """The steps of a measured result; a count of claims tells when they were achieved."""
    currency = settlement.contract.currency
    return tuple(
        StepExplained(
            step=number,
            part=step.part,
            says=step.says,
            found=_found(step, currency),
            given=not step.formula,
            milestone=step.name if step.kind in ("claims", "value") else "",
            counted=_claims(settlement, one, step) if step.kind in ("claims", "value") else "",
        )
        for number, step in enumerate(one.steps, 1)
    )


def _found(step: Step, currency: str) -> str:
    """What a step comes to, as people write it."""
    if step.value is None:
        return "not known"
    if step.unit == "yes or no":
        return "yes" if step.numerator else "no"
    if step.unit == "minor units" and step.value.denominator == 1:
        return show(int(step.value), currency)
    minor = " minor units" if step.unit == "minor units" else ""
    return f"{_number(step.value)}{minor}"


def _number(exact: Fraction) -> str:
    if exact.denominator == 1:
        return f"{exact.numerator:,}"
    if 10**6 % exact.denominator == 0:
        return f"{float(exact):.6f}".rstrip("0")
    return f"{exact.numerator}/{exact.denominator} (about {float(exact):.6f})"


def _claims(settlement: Settlement, one: MeasuredResult, step: Step) -> str:
    """The claims of a count: of how many participants, and how many in each period, as the lines
    up to the claim date have them.
    """
    participants: Counter[str] = Counter()
    periods: Counter[str] = Counter()
    for line in _lines_counted(settlement, one, step.name):
        participants[line["participant"]] += line["quantity"]
        periods[line["period"]] += line["quantity"]
    people = sum(number != 0 for number in participants.values())
    told = [f"{number:,} in {period}" for period, number in periods.items() if number]
    claims = "" if step.kind == "claims" else f"{counted(periods.total(), 'claim')} "
    return f"{claims}of {counted(people, 'participant')}: {', '.join(told)}" if told else ""


def _lines_counted(
    settlement: Settlement, one: MeasuredResult, milestone: str
) -> Iterator[dict[str, Any]]:
    """The lines of a milestone in the stretch and group of a measured result, up to its claim
    date.
    """
    contract = settlement.contract
    places = [period.label for period in contract.calendar.periods]
    stretch = places[places.index(one.from_period) : one.place[2] + 1]
    each = contract.results[one.result].each
    position = None if each is None else contract.grouping.index(each)
    lines = settlement.lines_table
    for line in lines.filter(pc.equal(lines["milestone"], milestone)).to_pylist():
        held = line["group"]
        is_own = position is None or held[position : position + 1] == [one.group]
        if line["claim_date"] <= one.claim_date and line["period"] in stretch and is_own:
            yield line
