"""Whether somebody, and one rule only, pays for everything that can be paid for, at every day of
the term and for everybody.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import (
    ANY_OTHER,
    ATTRIBUTES,
    Region,
    check_days,
    check_only,
    left_of,
)
from impactbond.contract.diagnostics.errors.money import check_shares
from impactbond.errors import Fault
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    closest,
    entry,
    listing,
    unknown,
)
from impactbond.terms.funding import Funding
from impactbond.terms.reference import EVERY_MILESTONE


@dataclass(frozen=True)
class _Entry:
    """A funding entry for one payable: its number, where it applies, and what it leaves to it."""

    index: int
    rule: Funding
    applies: Region
    is_reached: bool


def check_funding(contract: Contract) -> Diagnostics:
    """Every fault of who pays."""
    twice: dict[int, dict[str, tuple[int, ...]]] = {}
    for index, rule in enumerate(contract.funding):
        path: Path = ("funding", index)
        yield from check_shares(contract, rule.shares, (*path, "shares"))
        yield from _check_for(contract, rule.for_, (*path, "for"))
        yield from check_only(contract, rule.only, (*path, "only"))
        yield from check_days(rule.from_, rule.through, path)
        repeated = [name for name in rule.for_ if rule.for_.count(name) > 1]
        twice[index] = {name: (index,) for name in repeated}
    meant = [_meant(contract, rule) for rule in contract.funding]
    # The first entry that applies pays: one is never reached where those before it, perhaps only
    # several together, leave it nothing.
    for name in contract.payables:
        entries, left = _entries(contract, name, meant)
        for number, one in enumerate(entries):
            if not one.is_reached and not one.applies.is_empty:
                before = (o.index for o in entries[:number] if o.applies.meets(one.applies))
                twice[one.index].setdefault(name, tuple(before))
        yield from _check_resolved(contract, name, entries)
        if entries and left:
            yield _left_unfunded(contract, name, left[0])
    yield from _check_reached(contract, twice, meant)
    yield from _check_overlaps(contract, meant)
    yield from _check_unfunded(contract, meant)


def _meant(contract: Contract, rule: Funding) -> list[str | None]:
    """What an entry names; a misspelt name is told where it stands, and what it means is funded."""
    if rule.for_ == (EVERY_MILESTONE,):
        return list(contract.payables)
    return [closest(name, contract.payables) for name in rule.for_]


def _entries(
    contract: Contract, name: str, meant: Sequence[Sequence[str | None]]
) -> tuple[list[_Entry], list[Region]]:
    """The entries that name a payable, and for whom and when none of them applies.

    Where an attribute is not known, or the term is no stretch of days, that is told elsewhere and
    nothing is left.
    """
    known = _attributes(contract, name)
    rules = [(index, rule) for index, rule in enumerate(contract.funding) if name in meant[index]]
    every = _everybody(contract, known, [rule for _, rule in rules])
    left, found = [every], []
    for index, rule in rules:
        if not rule.only.keys() <= contract.participants.attributes.keys():
            return [], []
        applies = every.of(rule)
        if not rule.only.keys() <= known:
            applies = Region({}, every.first, date.min)  # of nobody with attributes
        is_reached = any(region.meets(applies) for region in left)
        found.append(_Entry(index, rule, applies, is_reached))
        if not applies.is_empty:
            left = left_of(left, applies)
    return found, [] if every.is_empty else left


def _attributes(contract: Contract, name: str) -> set[str]:
    """The attributes that claims of a payable have: a fee is of no participant."""
    if name in contract.milestones:
        return set(contract.participants.attributes)
    result = contract.results.get(name)
    return {result.each} if result is not None and result.each else set()


def _everybody(contract: Contract, known: set[str], rules: Sequence[Funding]) -> Region:
    values: dict[str, frozenset[str]] = {}
    for name in sorted({name for rule in rules for name in rule.only} & known):
        held = contract.participants.attributes[name]
        named = {value for rule in rules for value in rule.only.get(name, ())}
        values[name] = frozenset(held if isinstance(held, tuple) else {*named, ANY_OTHER})
    first, last = contract.calendar.term
    return Region(values, first, last)


def _check_reached(
    contract: Contract,
    twice: Mapping[int, Mapping[str, tuple[int, ...]]],
    meant: Sequence[Sequence[str | None]],
) -> Diagnostics:
    for index, names in twice.items():
        rule, path = contract.funding[index], ("funding", index)
        if names:
            others = sorted({other + 1 for before in names.values() for other in before})
            told = ", ".join(f"entry {number}" for number in others)
            plain = not (rule.only or rule.from_ or rule.through)
            hint = f"Also in {told}; keep one" if plain else f"Put it before {told}"
            where = "" if plain else " wherever and whenever this entry applies"
            fault = Fault(
                code="funded_twice", problem=f"funded twice{where}: {listing(names)}", hint=hint
            )
            yield Diagnostic((*path, "for"), fault, (("milestones",), *_rests(contract)))
        applies = [_entries(contract, name, meant)[0] for name in meant[index] if name]
        own = [one for found in applies for one in found if one.index == index]
        # Days in the wrong order, of the entry or of the term, leave it empty as well and are a
        # fault of their own: one mistake is told once.
        is_told = rule.from_ is not None and _days(rule)[1] < rule.from_
        is_told |= contract.calendar.term[1] < contract.calendar.term[0]
        if own and not is_told and all(one.applies.is_empty for one in own):
            fault = Fault(
                code="never_applies",
                problem="the entry never applies to what it names",
                hint="Its days must meet the term, and what has no participant has no attributes",
            )
            yield Diagnostic((*path, "for"), fault, _rests(contract))


def _check_overlaps(contract: Contract, meant: Sequence[Sequence[str | None]]) -> Diagnostics:
    """Two entries for the same, of which each applies on days that the other does not."""
    for index, rule in enumerate(contract.funding):
        for before, other in enumerate(contract.funding[:index]):
            shared = [name for name in meant[index] if name and name in meant[before]]
            days = sorted([_days(other), _days(rule)])
            if (
                shared
                and rule.only == other.only
                and days[0][0] < days[1][0] <= days[0][1] < days[1][1]
            ):
                fault = Fault(
                    code="dates_overlap",
                    problem=f"entries {before + 1} and {index + 1} both apply to {listing(shared)}",
                    found=f"from {days[1][0]} through {days[0][1]}",
                    hint="Let one end the day before the other starts",
                )
                yield Diagnostic(("funding", index), fault, _rests(contract))


def _days(rule: Funding) -> tuple[date, date]:
    return rule.from_ or date.min, rule.through or date.max


def _check_resolved(contract: Contract, name: str, entries: Sequence[_Entry]) -> Diagnostics:
    """A funder that an attribute resolves can pay only for whom that attribute is known."""
    known = _attributes(contract, name)
    if name in contract.milestones:
        return
    for one in entries:
        for funder in one.rule.shares if one.is_reached else ():
            each = contract.funders[funder].each if funder in contract.funders else None
            if each is not None and each not in known:
                fault = Fault(
                    code="resolved_funder",
                    problem=f"'{funder}' stands for one funder for each {each}, and '{name}' is of"
                    " no participant",
                    hint="Put an entry for it before this one, with single funders",
                )
                path: Path = ("funding", one.index, "shares", funder)
                yield Diagnostic(path, fault, (("funders", funder, "each"), *_rests(contract)))


def _left_unfunded(contract: Contract, name: str, left: Region) -> Diagnostic:
    where = [f"{attribute} {_told(held)}" for attribute, held in left.values.items()
             if not _is_everything(contract, attribute, held)]  # fmt: skip
    days = (left.first, left.last) != contract.calendar.term
    where += [f"from {left.first} through {left.last}"] if days else []
    fault = Fault(
        code="not_funded",
        problem=f"nobody funds '{name}' for everybody and at all times",
        found=f"nobody for {', '.join(where)}",
        hint="Add an entry for it, last and without conditions, or one for what is missing",
    )
    return Diagnostic((_part(contract, name), name), fault, _rests(contract))


def _told(held: frozenset[str]) -> str:
    named = sorted(held - {ANY_OTHER})
    return listing([*named, *(["any other"] if ANY_OTHER in held else [])])


def _is_everything(contract: Contract, attribute: str, held: frozenset[str]) -> bool:
    known = contract.participants.attributes[attribute]
    return isinstance(known, tuple) and held == frozenset(known)


def _check_unfunded(contract: Contract, meant: Sequence[Sequence[str | None]]) -> Diagnostics:
    """What nobody funds; names that mean none of it may mean so many of these."""
    unclear = sum(names.count(None) if names else len(contract.payables) for names in meant)
    funded = {name for names in meant for name in names}
    unfunded = [name for name in contract.payables if name not in funded]
    for name in unfunded if len(unfunded) > unclear else ():
        part = _part(contract, name)
        fault = Fault(
            code="not_funded",
            problem=f"nobody funds the {part.removesuffix('s')} '{name}'",
            hint="Add it to an entry of funding",
        )
        yield Diagnostic((part, name), fault, _rests(contract))


def _part(contract: Contract, name: str) -> str:
    parts: Iterator[str] = (
        part for part in ("milestones", "results", "fees") if name in getattr(contract, part)
    )
    return next(parts)


def _rests(contract: Contract) -> tuple[Path, ...]:
    """What must have been readable to say what is funded and what is not."""
    places: list[Path] = [("funding",), ATTRIBUTES, ("calendar", "term")]
    for index, rule in enumerate(contract.funding):
        places += [("funding", index), *around(("funding", index, "for"), range(len(rule.for_)))]
        places += [("funding", index, part) for part in ("only", "from", "through")]
    return tuple(places)


def _check_for(contract: Contract, milestones: tuple[str, ...], path: Path) -> Diagnostics:
    known = (EVERY_MILESTONE, *contract.payables)
    if not milestones:
        fault = Fault(
            code="funds_nothing", problem="the entry names no milestone", allowed=listing(known)
        )
        yield Diagnostic(path, fault)
    for index, name in enumerate(milestones):
        place = entry(path, index, len(milestones))
        if name == EVERY_MILESTONE and len(milestones) > 1:
            fault = Fault(
                code="not_alone",
                problem=f"'{EVERY_MILESTONE}' stands beside others",
                hint="Write it alone, or name the milestones",
            )
            yield Diagnostic(place, fault)
        elif name not in known:
            fault = unknown("milestone", name, known)
            yield Diagnostic(place, fault, (("milestones",), (*path, index)))
