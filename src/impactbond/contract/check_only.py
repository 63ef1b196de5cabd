"""Whether terms for some participants, and between two days, can ever apply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from impactbond.contract.contract import Contract
from impactbond.contract.findings import Finding, Found, around, did_you_mean, listing, unknown
from impactbond.contract.milestones import Dated
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault

ATTRIBUTES: Path = ("participants", "attributes")


def check_only(contract: Contract, only: Mapping[str, Sequence[str]], path: Path) -> Found:
    """Every fault of the attributes that a term is about."""
    attributes = contract.participants.attributes
    for name, values in only.items():
        if name not in attributes:
            fault = unknown("attribute", name, attributes)
            yield Finding((*path, name), fault, (ATTRIBUTES,))
            continue
        known = attributes[name]
        for index, value in enumerate(values):
            here = (*path, name, index)
            if isinstance(known, tuple) and value not in known:
                fault = Fault(
                    code="unknown_value",
                    problem=f"'{value}' is not a value of the attribute '{name}'",
                    allowed=listing(known),
                    hint=did_you_mean(value, known),
                )
                rests = around((*ATTRIBUTES, name), range(len(known)))
                yield Finding(here, fault, (ATTRIBUTES, *rests))
            elif value in values[:index]:
                fault = Fault(
                    code="value_twice",
                    problem=f"the value '{value}' is listed twice",
                    hint="Keep one",
                )
                yield Finding(here, fault)


def check_days(term: Dated, path: Path) -> Found:
    """A term that ends before it starts."""
    if term.from_ is not None and term.through is not None and term.through < term.from_:
        fault = Fault(
            code="dates_reversed",
            problem="the term ends before it starts",
            found=f"from {term.from_} through {term.through}",
            hint="Write the first day as from, the last as through",
        )
        yield Finding((*path, "through"), fault, ((*path, "from"),))
