"""An area in which any contract can be simulated: what it needs, and nothing that it refuses."""

from __future__ import annotations

from datetime import timedelta

from impactbond.contract.contract import Contract
from impactbond.simulation.area import Area
from impactbond.simulation.read import parse_area


def area_of(contract: Contract) -> Area:
    """Two groups of ten who start some weeks apart, an even chance of everything, on days that
    differ.
    """
    first, last = contract.participants.started or contract.calendar.term
    lines = ["impactbond: 1", "area: drawn", "title: Drawn", "groups:"]
    for place in range(2):
        attributes = {
            name: f"text {place}"
            if isinstance(values, str)
            else (contract.participants.covered.get(name) or values)[-place]
            for name, values in contract.participants.attributes.items()
        }
        start = min(first + timedelta(days=20 + 40 * place), last)
        lines.append(
            f"  - {{name: group {place}, children: 10, start: {start}, attributes: {attributes}}}"
        )
    lines.append("chances:")
    for place, (name, milestone) in enumerate(contract.milestones.items()):
        after = f"{{{10 + place} days: 25%, {60 + 7 * place} days: 75%}}"
        units = "" if milestone.units is None else ", units: {1: 1/2, 4: 1/2}, every: 1 month"
        lines.append(f"  {name}: {{chance: 1/2, after: {after}{units}}}")
    if contract.participants.places is not None:
        lines.append("leaves: {40 days: 50%}")
        lines.append("refilled: {after: {10 days: 80%}, times: 1}")
    return parse_area("\n".join(lines).encode(), name="area.yaml", contract=contract)
