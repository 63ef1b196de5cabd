"""Milestones that are drawn together: what excludes or contains one another shares one draw.

Takes  a contract and an area that has a chance for each of its milestones.
Gives  families of milestones, each with what can come of one draw; and every fault of chances
       that cannot hold together.
Keeps  a milestone has its own chance, whatever it is drawn with: families move no mean, only what
       comes with what. A milestone that needs another is never drawn with it.

The contract says some of it by its conditions: the same condition, more of the same, another state
at the same look. An area says the rest, as `exclusive` and `nested`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from impactbond.contract.contract import Contract
from impactbond.dates import Span
from impactbond.money import show_share
from impactbond.simulation.area import Area
from impactbond.terms.conditions import Condition
from impactbond.terms.conditions.states import Stays
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, fault_at, unknown
from impactbond.terms.milestones import alternatives
from impactbond.terms.phrases import Distance, Threshold
from impactbond.terms.words import quoted

# The fields of which more is harder: whoever reached more of the same has reached less of it.
_SIZES = ("at_least", "for_", "by", "is_")
# Only to say which of two lengths is longer: nothing is dated by it.
_DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}

Stretch = tuple[Fraction, Fraction]
Levels = tuple[Fraction, ...]


@dataclass(frozen=True)
class Relation:
    """Milestones of which at most one is reached (`exclusive`), or of which whoever reaches one has
    reached those before it (`nested`). `path` is where an area says so; None where the contract
    does.
    """

    is_exclusive: bool
    names: tuple[str, ...]
    path: Path | None = None


@dataclass(frozen=True)
class Family:
    """Milestones of one draw, and what can come of it: which of them are reached, and how likely
    that is at each level of the chances. `varies` is the place of what the area says of their
    levels; None where their chances are certain.
    """

    names: tuple[str, ...]
    outcomes: tuple[tuple[Levels, tuple[str, ...]], ...]
    varies: int | None


def families(contract: Contract, area: Area) -> list[Family]:
    """Every milestone of the contract in one family; most are alone in theirs."""
    found = []
    related = relations(contract, area)
    # Each inner milestone has one container: of three that are nested the third is inside the
    # second alone.
    inside = {
        inner: outer
        for relation in related
        if not relation.is_exclusive
        for outer, inner in pairwise(relation.names)
    }
    # Those side by side are one family, found at the first of them.
    beside = {relation.names[0]: relation.names for relation in related if relation.is_exclusive}
    stand_beside = {name for names in beside.values() for name in names[1:]}
    for first in contract.milestones:
        if first not in inside and first not in stand_beside:
            found.append(_family(area, beside.get(first, (first,)), inside))
    return found


def _family(area: Area, side_by_side: Sequence[str], inside: Mapping[str, str]) -> Family:
    """The family of milestones that stand side by side, with everything inside them."""
    names = list(side_by_side)
    # What is inside something inside comes with it, however deep.
    while more := [name for name in inside if name not in names and inside[name] in names]:
        names += more
    levels = {name: area.levels(name) for name in names}
    # All of a family vary together, which the check of the area has seen to: any of them tells.
    entries = {area.varies_by(name) for name in names}
    varies = entries.pop()
    every = range(len(levels[names[0]]) if varies is not None else 1)
    chances: dict[tuple[str, ...], list[Fraction]] = {}
    for level in every:
        own = {name: levels[name][level] for name in names}
        for chance, reached in _outcomes(_laid_out(own, side_by_side, names, inside)):
            chances.setdefault(reached, [Fraction(0) for _ in every])[level] += chance
    outcomes = tuple((tuple(chance), reached) for reached, chance in chances.items())
    return Family(tuple(names), outcomes, varies)


def _laid_out(
    chance: Mapping[str, Fraction],
    side_by_side: Sequence[str],
    names: Sequence[str],
    inside: Mapping[str, str],
) -> dict[str, Stretch]:
    """The stretch of a draw from 0 to 1 in which each milestone is reached: side by side, or from
    where its container begins. Levels of chances that would not fit are cut to what does.
    """
    found: dict[str, Stretch] = {}
    # Side by side they can come to more than certain only at a level of luck, never on the whole:
    # there each is cut in proportion, and the others stay.
    begins, whole = Fraction(0), max(Fraction(1), sum(chance[name] for name in side_by_side))
    for name in names:
        if name in inside:
            begins_in, ends_in = found[inside[name]]
            # At the beginning of its container: whoever reaches the inner one reaches the outer
            # one, and the inner keeps its own chance.
            found[name] = (begins_in, min(begins_in + chance[name], ends_in))
        else:
            found[name] = (begins, begins + chance[name] / whole)
            begins += chance[name] / whole
    return found


def _outcomes(stretches: Mapping[str, Stretch]) -> Iterator[tuple[Fraction, tuple[str, ...]]]:
    """What can come of a draw: its chance, and the milestones that are then reached."""
    # Between two edges nothing begins or ends, so that everywhere in between the same is reached.
    edges = {Fraction(0), Fraction(1)}.union(*stretches.values())
    for first, last in pairwise(sorted(edges)):
        reached = (
            name for name, (opens, closes) in stretches.items() if opens <= first and last <= closes
        )
        yield last - first, tuple(reached)


def relations(contract: Contract, area: Area) -> list[Relation]:
    """What the area says, and what conditions say of milestones that the area is silent about."""
    said = [
        Relation(is_exclusive, names, (key, index))
        for key, is_exclusive in (("exclusive", True), ("nested", False))
        for index, names in enumerate(getattr(area, key))
    ]
    spoken_of = {name for relation in said for name in relation.names}
    silent = [name for name in contract.milestones if name not in spoken_of]
    return [*said, *_by_conditions(contract, silent)]


def _by_conditions(contract: Contract, names: Sequence[str]) -> Iterator[Relation]:
    """What conditions say of milestones that need the same and are for the same participants."""
    alike: dict[Any, dict[Any, list[str]]] = {}
    for name in names:
        term = contract.milestones[name]
        shape, size = _measured(contract, term.when)
        # Also for the same children: of milestones for others, no draw is shared.
        asks = (frozenset(term.after), repr(sorted(term.only.items())), shape)
        alike.setdefault(asks, {}).setdefault(size, []).append(name)
    for by_size in alike.values():
        if any(isinstance(size, frozenset) for size in by_size):
            yield from (Relation(False, tuple(same)) for same in by_size.values() if same[1:])
            # Only where every two of them have no state in common is one of them reached at most.
            if len(frozenset().union(*by_size)) == sum(map(len, by_size)) and len(by_size) > 1:
                yield Relation(True, tuple(same[0] for same in by_size.values()))
        else:
            ordered = tuple(name for size in sorted(by_size) for name in by_size[size])
            if len(ordered) > 1:
                yield Relation(False, ordered)


def _measured(contract: Contract, condition: Condition) -> tuple[str, Any]:
    """A condition without the size of what it asks for, and that size; a set of states, for one
    that asks for one of them.
    """
    while isinstance(condition, str):
        condition = contract.conditions[condition]
    # Without its clause: one condition that two milestones cite from two places is one, and whoever
    # meets it reaches both.
    said = condition.asks
    if isinstance(condition, Stays):
        return repr((said | {"is_": None}, "")), frozenset(condition.is_)
    for field in _SIZES:
        size = getattr(condition, field, None)
        if size is not None:
            side, number = _size_of(size)
            return repr((said | {field: None}, side)), number
    # Without a size of any sort, only the very same condition is alike: what is reached together.
    return repr((said, "")), ()


def _size_of(size: Any) -> tuple[str, Any]:
    """On which side of a bar it is harder, and how hard; a bar that must be passed is harder than
    the same one that may be met.
    """
    match size:
        case Threshold():
            is_up = size.comparison in ("at least", "above")
            is_strict = size.comparison in ("above", "below")
            return ("up" if is_up else "down"), (size.exact if is_up else -size.exact, is_strict)
        case Span():
            return "", _DAYS_OF[size.unit] * size.count
        case Distance():
            return "", size.exact
        case _:
            return "", Fraction(size)


def check_joint(contract: Contract, area: Area) -> Diagnostics:
    """Names that the contract has not, milestones that are related twice or need one another, and
    chances that cannot hold together.
    """
    faults = list(_check_names(contract, area))
    yield from faults
    # Whatever follows looks names up, and would fail on one that is not there.
    if faults or any(name not in area.chances for name in contract.milestones):
        return
    chance = {name: area.chances[name].chance for name in contract.milestones}
    decided_together = [
        *(family.names for family in families(contract, area)),
        *alternatives(contract.milestones),
    ]
    for together in decided_together:
        if len({area.varies_by(name) for name in together}) > 1:
            names = " and ".join(map(quoted, together))
            problem = f"{names} hang together, and do not vary together"
            hint = "Name all of them in one entry, or none"
            yield fault_at(("varies",), "vary_apart", problem, hint=hint)
    for relation in relations(contract, area):
        path = relation.path or ("chances",)
        by = "" if relation.path else ", as the conditions of the contract say"
        if relation.is_exclusive:
            total = sum((chance[name] for name in relation.names), Fraction(0))
            if total > 1:
                names = " and ".join(map(quoted, relation.names))
                problem = f"no child reaches more than one of {names}{by}, and their chances come"
                problem += " to more than certain"
                found = show_share(total)
                yield fault_at(path, "exclude_each_other", problem, found=found, allowed="100%")
            continue
        for outer, inner in pairwise(relation.names):
            if chance[inner] > chance[outer]:
                problem = f"whoever reaches {quoted(inner)} has reached {quoted(outer)}{by}"
                problem += ", which is less likely"
                found, allowed = show_share(chance[inner]), f"at most {show_share(chance[outer])}"
                here = ("chances", inner, "chance")
                yield fault_at(here, "more_than_contains_it", problem, found=found, allowed=allowed)


def _check_names(contract: Contract, area: Area) -> Diagnostics:
    seen: set[tuple[str, str]] = set()
    contained = {name for names in area.nested for name in names[1:]}
    for key in ("exclusive", "nested"):
        for index, names in enumerate(getattr(area, key)):
            for place, name in enumerate(names):
                path: Path = (key, index, place)
                if name not in contract.milestones:
                    yield Diagnostic(path, unknown("milestone", name, contract.milestones))
                # One draw has one place for a milestone: beside others, or inside another.
                elif (key, name) in seen or (key == "exclusive" and name in contained):
                    problem = f"{quoted(name)} is related to others twice"
                    hint = "Join the two lists; of what excludes one another, name what contains it"
                    yield fault_at(path, "related_twice", problem, hint=hint)
                elif needed := [other for other in names if _needs(contract, name, other)]:
                    problem = f"{quoted(name)} comes after {quoted(needed[0])} in the contract"
                    hint = "Its chance is of those who reached that one: leave it out here"
                    yield fault_at(path, "comes_after", problem, hint=hint)
                seen.add((key, name))


def _needs(contract: Contract, name: str, other: str) -> bool:
    """Whether a milestone comes after another, at once or by others between them."""
    after = contract.milestones[name].after
    return other in after or any(_needs(contract, one, other) for one in after)
