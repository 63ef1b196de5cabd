"""Whether every milestone, result and fee is funded: for everybody, on every day, by an entry that
can apply, and by funders that can be found.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import product

from impactbond.contract.check_money import check_shares
from impactbond.contract.check_prices import check_dated
from impactbond.contract.contract import EVERY_MILESTONE, Contract
from impactbond.contract.findings import (
    Finding,
    Found,
    around,
    closest,
    entry,
    listing,
    unknown,
)
from impactbond.contract.milestones import Dated
from impactbond.contract.payments import Every as EveryMonth
from impactbond.contract.payments import Fee, Funding
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault

_NAMED: tuple[Path, ...] = (("milestones",), ("results",), ("fees",))
# What stands for the values of a text attribute that no entry names.
_ANY_OTHER = "any other"


def check_funding(contract: Contract) -> Found:
    """Every fault of the funding, each with its path."""
    funded: dict[str, int] = {}
    always: dict[str, int] = {}
    unclear = 0
    for index, rule in enumerate(contract.funding):
        path: Path = ("funding", index)
        yield from check_shares(contract, rule.shares, (*path, "shares"))
        yield from _check_for(contract, rule.for_, (*path, "for"))
        yield from check_dated(contract, rule, path)
        named = _named(contract, rule)
        # "Every milestone" is what remains for results and fees that an entry before it names.
        own = list(contract.milestones) if rule.for_ == (EVERY_MILESTONE,) else named
        yield from _check_twice(own, always, index)
        # A misspelt name is told where it stands, and the milestone that it means is funded.
        meant = [closest(name, contract.payables) for name in named]
        unclear += meant.count(None) if named else len(contract.payables)
        for name in meant:
            if name:
                funded.setdefault(name, index)
                if not (rule.only or rule.from_ or rule.through):
                    always.setdefault(name, index)
    yield from _check_unfunded(contract, funded, unclear)
    for name in contract.payables:
        if name in funded and name not in always:
            yield from _check_gaps(contract, name)
    yield from _check_resolved(contract)


def _named(contract: Contract, rule: Funding) -> list[str]:
    """What an entry names, misspelt or not."""
    return list(contract.payables) if rule.for_ == (EVERY_MILESTONE,) else list(rule.for_)


def _check_twice(named: list[str], always: Mapping[str, int], index: int) -> Found:
    """An entry after one that always applies never does."""
    twice = [name for name in dict.fromkeys(named) if name in always or named.count(name) > 1]
    if twice:
        others = sorted({always.get(name, index) + 1 for name in twice})
        fault = Fault(
            code="funded_twice",
            problem=f"funded twice: {listing(twice)}",
            hint="Also in " + ", ".join(f"entry {number}" for number in others) + "; keep one",
        )
        yield Finding(("funding", index, "for"), fault, _NAMED)


def _check_unfunded(contract: Contract, funded: Mapping[str, int], unclear: int) -> Found:
    """What nobody funds; names that mean nothing may mean so many of these."""
    unfunded = [name for name in contract.payables if name not in funded]
    places: list[Path] = [("funding",)]
    for index, rule in enumerate(contract.funding):
        places += [("funding", index), *around(("funding", index, "for"), range(len(rule.for_)))]
    for name in unfunded if len(unfunded) > unclear else ():
        home, noun = _home(contract, name)
        fault = Fault(
            code="not_funded",
            problem=f"nobody funds the {noun} '{name}'",
            hint="Add it to an entry of funding",
        )
        yield Finding((home, name), fault, tuple(places))


def _home(contract: Contract, name: str) -> tuple[str, str]:
    """The part of the contract that something paid for stands in, and what it is called."""
    if name in contract.milestones:
        return "milestones", "milestone"
    return ("results", "result") if name in contract.results else ("fees", "fee")


def _check_for(contract: Contract, milestones: tuple[str, ...], path: Path) -> Found:
    known = (EVERY_MILESTONE, *contract.payables)
    if not milestones:
        fault = Fault(
            code="funds_nothing", problem="the entry names no milestone", allowed=listing(known)
        )
        yield Finding(path, fault)
    for index, name in enumerate(milestones):
        place = entry(path, index, len(milestones))
        if name == EVERY_MILESTONE and len(milestones) > 1:
            fault = Fault(
                code="not_alone",
                problem=f"'{EVERY_MILESTONE}' stands beside others",
                hint="Write it alone, or name the milestones",
            )
            yield Finding(place, fault)
        elif name not in known:
            fault = unknown("milestone", name, known)
            yield Finding(place, fault, (*_NAMED, (*path, index)))


def _check_gaps(contract: Contract, name: str) -> Found:
    """Somebody, or some day, for whom none of the entries that name a payable applies."""
    rules = contract.fundings_of(name)
    days = _days(contract, name, rules)
    for held in _combinations(contract, name, rules):
        for day in days:
            if any(_applies(rule, day, held) for rule in rules):
                continue
            home, noun = _home(contract, name)
            whom = " and ".join(f"{attribute} {value}" for attribute, value in held.items())
            fault = Fault(
                code="not_always_funded",
                problem=f"nobody funds the {noun} '{name}'"
                + (f" for {whom}" if whom else "")
                + f" on {day}",
                hint="Add an entry without only, from and through after the others",
            )
            indices = [index for index, rule in enumerate(contract.funding) if rule in rules]
            places: list[Path] = [("funding",), *(("funding", index) for index in indices)]
            yield Finding((home, name), fault, tuple(places))
            return


def _applies(rule: Dated, day: date, held: Mapping[str, str]) -> bool:
    begins, ends = rule.from_ or day, rule.through or day
    is_about = all(held.get(attribute) in values for attribute, values in rule.only.items())
    return begins <= day <= ends and is_about


def _days(contract: Contract, name: str, rules: Sequence[Funding]) -> list[date]:
    """The days from which on something else may apply, from the first on which money can fall due
    for a payable through the last.
    """
    first, last = contract.calendar.term
    if name in contract.fees:
        first, last = _days_of(contract.fees[name])
    edges = {rule.from_ for rule in rules if rule.from_}
    edges |= {rule.through + timedelta(days=1) for rule in rules if rule.through}
    return sorted({first, *(day for day in edges if first < day <= last)})


def _days_of(fee: Fee) -> tuple[date, date]:
    if isinstance(fee.on, date):
        return fee.on, fee.on
    if isinstance(fee.on, EveryMonth):
        return fee.on.from_, fee.on.through
    return min(fee.on), max(fee.on)


def _combinations(
    contract: Contract, name: str, rules: Sequence[Funding]
) -> Iterator[dict[str, str]]:
    """Every combination of the attributes that entries ask for, of people whom a payable is about;
    a fee is about nobody, and a result about the value that it is for each of.
    """
    asked = dict.fromkeys(attribute for rule in rules for attribute in rule.only)
    if name in contract.results:
        each = contract.results[name].each
        asked = {each: None} if each in asked else {}
    elif name in contract.fees:
        asked = {}
    known = [attribute for attribute in asked if attribute in contract.participants.attributes]
    domains = [list(_values(contract, name, attribute, rules)) for attribute in known]
    for values in product(*domains):
        yield dict(zip(known, values, strict=True))


def _values(
    contract: Contract, name: str, attribute: str, rules: Sequence[Funding]
) -> Iterator[str]:
    listed = contract.participants.attributes[attribute]
    if listed == "text":
        listed = tuple(value for rule in rules for value in rule.only.get(attribute, ()))
        listed = (*dict.fromkeys(listed), _ANY_OTHER)
    wanted = [contract.participants.covered]
    if name in contract.milestones:
        wanted.append(contract.milestones[name].only)
    for value in listed:
        if all(value in only[attribute] for only in wanted if attribute in only):
            yield value


def _check_resolved(contract: Contract) -> Found:
    """A funder that an attribute of participants resolves cannot pay what is nobody's."""
    for name in (*contract.results, *contract.fees):
        each = contract.results[name].each if name in contract.results else None
        for index, rule in _that_apply(contract, name, each):
            for funder in rule.shares:
                term = contract.funders.get(funder)
                if term is None or term.each is None or term.each == each:
                    continue
                fault = Fault(
                    code="resolved_funder",
                    problem=f"'{funder}' stands for many funders, and the"
                    f" {_home(contract, name)[1]} '{name}' is for none of them by itself",
                    hint="Name single funders for it, in an entry before this one",
                )
                home: Path = ("funders", funder)
                yield Finding(("funding", index, "shares", funder), fault, around(home, ["each"]))


def _that_apply(contract: Contract, name: str, each: str | None) -> Iterator[tuple[int, Funding]]:
    """The entries that can apply to a result or a fee, up to the first that always does."""
    for index, rule in enumerate(contract.funding):
        if name not in _named(contract, rule) or not set(rule.only) <= {each}:
            continue
        yield index, rule
        if not (rule.only or rule.from_ or rule.through):
            return
