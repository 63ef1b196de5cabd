"""What the names in a contract stand for: all of it follows from one walk over the types of terms.

A name is known by the section that defines it, so that a milestone that is called as a window is,
or a title that reads like a name, is never taken for another thing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from pydantic import BaseModel

from impactbond.contract.contract import Contract
from impactbond.terms.diagnostic import Path
from impactbond.terms.reference import PAYABLE, NameOf, Reference, references

# What the money of a payable can rest on; attributes and funders say for whom and by whom.
DEFINED = ("metrics", "windows", "conditions", "measures", "indices", *PAYABLE)


class Defined(NamedTuple):
    """Something that the contract defines: the section that it stands in, and its name."""

    section: str
    name: str


def home_of(section: str) -> Path:
    """The place of a section whose entries have names."""
    if section == "attributes":
        return ("participants", "attributes")
    return ("investment", section) if section in ("investors", "classes") else (section,)


def names_of(contract: Contract, section: str) -> Iterable[str]:
    """The names that a section defines, in their order. `provider` is a name of its own."""
    if section == "provider":
        return ("provider",)
    whole: object = contract
    for part in home_of(section):
        whole = getattr(whole, str(part), {})
    return list(whole) if isinstance(whole, Mapping) else ()


def meant_by(contract: Contract, reference: Reference) -> Defined | None:
    """What a name stands for; None where nothing of the kind has that name."""
    for section in reference.to.sections:
        names = names_of(contract, section)
        if reference.name in names:
            return Defined(section, reference.name)
        # In expected payments one of the many that a funder stands for: `school: Elm`.
        funder = reference.name.partition(": ")[0]
        if section == "funders" and funder in names and not reference.to.noun:
            return Defined(section, funder)
    return None


def allowed_for(contract: Contract, to: NameOf) -> list[str]:
    """Every name, and every word in place of one, that may stand where such a name does."""
    return [*to.besides, *(name for section in to.sections for name in names_of(contract, section))]


def terms_along(contract: Contract, path: Path) -> Iterator[Any]:
    """What stands at each step of the way to a place, the contract left out."""
    at: Any = contract
    for part in path:
        if isinstance(at, BaseModel):
            fields = type(at).model_fields.items()
            at = next(getattr(at, key) for key, field in fields if part in (key, field.alias))
        else:
            at = at[part]
        yield at


def used_in(contract: Contract, *, besides: tuple[str, ...] = ()) -> set[Defined]:
    """Everything that some term names, but for the parts of the contract that are left out."""
    meant = (meant_by(contract, one) for one in references(contract) if one.path[0] not in besides)
    return {one for one in meant if one is not None}


def leads_to(contract: Contract, section: str) -> dict[str, dict[str, Path]]:
    """For every entry of a section the entries of the same section that it names, and where."""
    found: dict[str, dict[str, Path]] = {name: {} for name in names_of(contract, section)}
    for one in references(contract):
        if one.path[0] == section and section in one.to.sections:
            found[str(one.path[1])][one.name] = one.path
    return found


def rests_on(contract: Contract) -> dict[str, set[Defined]]:
    """For everything that is paid for, in its order, what its money rests on: itself, conditions,
    metrics, windows, measures, indices, what comes before it, and who is eligible.
    """
    leads: dict[Defined, list[Defined]] = {}
    eligible: list[Defined] = []
    for one in references(contract):
        meant = meant_by(contract, one)
        if meant is None or meant.section not in DEFINED:
            continue
        if one.path[0] in DEFINED:
            leads.setdefault(Defined(str(one.path[0]), str(one.path[1])), []).append(meant)
        elif one.path[:2] == ("participants", "eligible"):
            eligible.append(meant)
    paid = (Defined(section, name) for section in PAYABLE for name in names_of(contract, section))
    return {one.name: _reached(one, eligible, leads) for one in paid}


def _reached(
    start: Defined, eligible: list[Defined], leads: Mapping[Defined, list[Defined]]
) -> set[Defined]:
    found: set[Defined] = set()
    waiting = [start, *eligible]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += leads.get(one, [])
    return found
