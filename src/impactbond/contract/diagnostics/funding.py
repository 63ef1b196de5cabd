"""Whether somebody, and one rule only, pays for everything that can be paid for, at every day of
the term and for everybody, in shares that make a whole; and whether funders commit in order.

A region is some values of each attribute, on the days from a first through a last. What a text
attribute may hold beside the values that are named is one more value, `ANY_OTHER`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import TERM, check_days
from impactbond.contract.diagnostics.names import ATTRIBUTES
from impactbond.dates import ONE_DAY
from impactbond.money import common_denominator, show_share
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import (
    Diagnostic,
    Diagnostics,
    Path,
    around,
    closest,
    entry,
    fault_at,
    listing,
)
from impactbond.terms.funding import Funding
from impactbond.terms.reference import EVERY_MILESTONE, PAYABLE

ANY_OTHER = "any other value"
# Running totals times a cumulative share must fit 64 bits.
_FINEST = 10**8

Meant = Sequence[Sequence[str | None]]  # for each entry what it names, as far as that is known


@dataclass(frozen=True, slots=True)
class Region:
    """Values of attributes, and a first and a last day, both included."""

    values: Mapping[str, frozenset[str]]
    first: date
    last: date

    @property
    def is_empty(self) -> bool:
        """Whether it holds nobody, or no day."""
        return self.last < self.first or not all(self.values.values())

    def of(self, term: Dated) -> Region:
        """The part of the region in which a term applies."""
        values = {name: held & set(term.only.get(name, held)) for name, held in self.values.items()}
        first, last = term.from_ or self.first, term.through or self.last
        return Region(values, max(first, self.first), min(last, self.last))

    def meets(self, other: Region) -> bool:
        """Whether the two have anything in common."""
        days = max(self.first, other.first) <= min(self.last, other.last)
        return days and all(held & other.values[name] for name, held in self.values.items())

    def without(self, other: Region) -> Iterator[Region]:
        """What is left of it, in regions that have nothing in common."""
        if not self.meets(other):
            yield self
            return
        within = self
        for name, held in self.values.items():
            if outside := held - other.values[name]:
                yield replace(within, values={**within.values, name: outside})
            within = replace(within, values={**within.values, name: held & other.values[name]})
        if self.first < other.first:
            yield replace(within, last=other.first - ONE_DAY)
        if other.last < self.last:
            yield replace(within, first=other.last + ONE_DAY)


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
        yield from check_shares(rule.shares, (*path, "shares"))
        yield from _check_for(contract, rule.for_, (*path, "for"))
        yield from check_days(rule.from_, rule.through, path)
        twice[index] = {name: (index,) for name in rule.for_ if rule.for_.count(name) > 1}
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
    for index, names in twice.items():
        yield from _check_reached(contract, index, names, meant)
        yield from _check_overlaps(contract, index, meant)
    yield from _check_unfunded(contract, meant)


def check_shares(shares: Mapping[str, Fraction | None], path: Path) -> Diagnostics:
    """Every fault of shares that must make a whole."""
    stated = [share for share in shares.values() if share is not None]
    total, rests, on = sum(stated, Fraction(0)), len(shares) - len(stated), around(path, shares)
    if rests > 1:
        problem = "'the rest' is given to more than one funder"
        found = listing(funder for funder, share in shares.items() if share is None)
        hint = "Give it to one, and write the shares of the others"
        yield fault_at(path, "two_rests", problem, found=found, hint=hint, rests=on)
    found, code, whole = f"{_told(total)} in all", "shares_not_whole", "100% in all"
    # Nothing left for 'the rest' adds up, and is refused: it reads as if that funder paid.
    if total > 1 or (total == 1 and rests):
        found += " before 'the rest'" if rests else ""
        problem = "the shares make more than a whole"
        problem = problem if total > 1 else "nothing is left for 'the rest'"
        yield fault_at(path, code, problem, found=found, allowed=whole, rests=on)
    elif total < 1 and not rests:
        problem = "the shares make less than a whole"
        hint = "Give one funder 'the rest' to complete it"
        yield fault_at(path, code, problem, found=found, allowed=whole, hint=hint, rests=on)
    if common_denominator(tuple(stated)) > _FINEST:
        problem = "the shares are too fine to be worked out exactly"
        hint = "Write percentages with at most six decimals, or simple fractions"
        yield fault_at(path, "shares_too_fine", problem, hint=hint, rests=on)


def _told(share: Fraction) -> str:
    """A share; where it is no percentage, about how many per cent it is."""
    text = show_share(share)
    return text if text.endswith("%") else f"{text} (about {float(share * 100):.2f}%)"


def _check_for(contract: Contract, names: tuple[str, ...], path: Path) -> Diagnostics:
    if not names:
        allowed = listing([EVERY_MILESTONE, *contract.payables])
        yield fault_at(path, "funds_nothing", "the entry names no milestone", allowed=allowed)
    for index, name in enumerate(names):
        if name == EVERY_MILESTONE and len(names) > 1:
            place = entry(path, index, len(names))
            problem = f"'{EVERY_MILESTONE}' stands beside others"
            hint = "Write it alone, or name the milestones"
            yield fault_at(place, "not_alone", problem, hint=hint)


def _meant(contract: Contract, rule: Funding) -> list[str | None]:
    """What an entry names; a misspelt name is told where it stands, and what it means is funded."""
    if rule.is_for_all:
        return list(contract.payables)
    return [closest(name, contract.payables) for name in rule.for_]


def _entries(contract: Contract, name: str, meant: Meant) -> tuple[list[_Entry], list[Region]]:
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
            left = [part for region in left for part in region.without(applies)]
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
    return Region(values, *contract.calendar.term)


def _check_reached(
    contract: Contract, index: int, names: Mapping[str, tuple[int, ...]], meant: Meant
) -> Diagnostics:
    """An entry of which some names are paid for by others, or that never applies to any."""
    rule, path = contract.funding[index], ("funding", index, "for")
    if names:
        others = sorted({other + 1 for before in names.values() for other in before})
        told = ", ".join(f"entry {number}" for number in others)
        plain = not (rule.only or rule.from_ or rule.through)
        hint = f"Also in {told}; keep one" if plain else f"Put it before {told}"
        where = "" if plain else " wherever and whenever this entry applies"
        problem = f"funded twice{where}: {listing(names)}"
        rests = (("milestones",), *_rests(contract))
        yield fault_at(path, "funded_twice", problem, hint=hint, rests=rests)
    entries = [one for name in meant[index] if name for one in _entries(contract, name, meant)[0]]
    own = [one for one in entries if one.index == index]
    # Days in the wrong order, of the entry or of the term, leave it empty as well and are a
    # fault of their own: one mistake is told once.
    is_told = rule.from_ is not None and _days(rule)[1] < rule.from_
    is_told |= contract.calendar.term[1] < contract.calendar.term[0]
    if own and not is_told and all(one.applies.is_empty for one in own):
        problem = "the entry never applies to what it names"
        hint = "Its days must meet the term, and what has no participant has no attributes"
        yield fault_at(path, "never_applies", problem, hint=hint, rests=_rests(contract))


def _check_overlaps(contract: Contract, index: int, meant: Meant) -> Diagnostics:
    """An earlier entry for the same, where each applies on days that the other does not."""
    rule = contract.funding[index]
    for before, other in enumerate(contract.funding[:index]):
        shared = [name for name in meant[index] if name and name in meant[before]]
        (first, ends), (begins, last) = sorted([_days(other), _days(rule)])
        if shared and rule.only == other.only and first < begins <= ends < last:
            problem = f"entries {before + 1} and {index + 1} both apply to {listing(shared)}"
            place, rests = ("funding", index), _rests(contract)
            found = f"from {begins} through {ends}"
            hint = "Let one end the day before the other starts"
            yield fault_at(place, "dates_overlap", problem, found=found, hint=hint, rests=rests)


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
                path = ("funding", one.index, "shares", funder)
                problem = f"'{funder}' stands for one funder for each {each}, and '{name}' is of no"
                problem += " participant"
                hint = "Put an entry for it before this one, with single funders"
                rests = (("funders", funder, "each"), *_rests(contract))
                yield fault_at(path, "resolved_funder", problem, hint=hint, rests=rests)


def _left_unfunded(contract: Contract, name: str, left: Region) -> Diagnostic:
    where = []
    for attribute, held in left.values.items():
        known = contract.participants.attributes[attribute]
        if not (isinstance(known, tuple) and held == frozenset(known)):
            other = ["any other"] if ANY_OTHER in held else []
            where.append(f"{attribute} {listing([*sorted(held - {ANY_OTHER}), *other])}")
    if (left.first, left.last) != contract.calendar.term:
        where.append(f"from {left.first} through {left.last}")
    path, rests = (_section(contract, name), name), _rests(contract)
    problem = f"nobody funds '{name}' for everybody and at all times"
    found = f"nobody for {', '.join(where)}"
    hint = "Add an entry for it, last and without conditions, or one for what is missing"
    return fault_at(path, "not_funded", problem, found=found, hint=hint, rests=rests)


def _check_unfunded(contract: Contract, meant: Meant) -> Diagnostics:
    """What nobody funds; names that mean none of it may mean so many of these."""
    unclear = sum(names.count(None) if names else len(contract.payables) for names in meant)
    funded = {name for names in meant for name in names}
    unfunded = [name for name in contract.payables if name not in funded]
    for name in unfunded if len(unfunded) > unclear else ():
        section = _section(contract, name)
        problem = f"nobody funds the {section.removesuffix('s')} '{name}'"
        path, hint = (section, name), "Add it to an entry of funding"
        yield fault_at(path, "not_funded", problem, hint=hint, rests=_rests(contract))


def _section(contract: Contract, payable: str) -> str:
    return next(section for section in PAYABLE if payable in getattr(contract, section))


def _rests(contract: Contract) -> tuple[Path, ...]:
    """What must have been readable to say what is funded and what is not."""
    places: list[Path] = [("funding",), ATTRIBUTES, TERM]
    for index, rule in enumerate(contract.funding):
        places += [("funding", index), *around(("funding", index, "for"), range(len(rule.for_)))]
        places += [("funding", index, part) for part in ("only", "from", "through")]
    return tuple(places)


def check_commitments(contract: Contract) -> Diagnostics:
    """What funders commit must be in the order of the days, and never become less."""
    for name, funder in contract.funders.items():
        for index, (before, after) in enumerate(pairwise(funder.commits), 1):
            path: Path = ("funders", name, "commits", index)
            if after.from_ <= before.from_:
                problem = "a commitment does not stand after the one before it"
                found = f"{after.from_} after {before.from_}"
                hint = "Write them in the order of their days"
                yield fault_at((*path, "from"), "commitment_order", problem, found=found, hint=hint)
            elif after.amount < before.amount:
                place, problem = (*path, "amount"), "a commitment is less than the one before it"
                found = f"{after.amount:,f} after {before.amount:,f}"
                hint = "Write all that is committed by then, not only what is added"
                yield fault_at(place, "commitment_falls", problem, found=found, hint=hint)


def check_sights(contract: Contract) -> Diagnostics:
    """What a funder sees apart must be those whom another funder stands for."""
    for name, funder in contract.funders.items():
        seen = funder.sees
        if seen is None or seen.each not in contract.funders:
            continue
        if contract.funders[seen.each].each is None:
            path: Path = ("funders", name, "sees", "each")
            problem = f"the funder '{seen.each}' is one, and not one for each value of an attribute"
            hint = f"Name a funder with each:, or give '{seen.each}' the attribute by which it pays"
            rests = (("funders", seen.each, "each"),)
            yield fault_at(path, "sees_only_one", problem, hint=hint, rests=rests)


def look_at_idle_funders(contract: Contract) -> Diagnostics:
    """Every funder that never pays anything."""
    shares = (each for rule in contract.funding for each in rule.shares.items())
    paying = {name for name, share in shares if share != 0} | contract.pays_unshared
    for name in contract.funders:
        if name not in paying:
            problem = f"the funder '{name}' never pays anything"
            hint = "Give it a share, or take it out"
            yield fault_at(("funders", name), "funder_pays_nothing", problem, hint=hint)
