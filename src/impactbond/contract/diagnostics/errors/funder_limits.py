"""Whether what funders commit, and the limits on what they pay, can be followed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, around, circles, unknown
from impactbond.terms.limits import FunderLimit, PassedTo, Release

_FUNDERS: Path = ("funders",)


def check_commitments(contract: Contract) -> Diagnostics:
    """What funders commit must be in the order of the days, and never become less."""
    for name, funder in contract.funders.items():
        for index, (before, after) in enumerate(pairwise(funder.commits), 1):
            path: Path = ("funders", name, "commits", index)
            if after.from_ <= before.from_:
                fault = Fault(
                    code="commitment_order",
                    problem="a commitment does not stand after the one before it",
                    found=f"{after.from_} after {before.from_}",
                    hint="Write them in the order of their days",
                )
                yield Diagnostic((*path, "from"), fault)
            elif after.amount < before.amount:
                fault = Fault(
                    code="commitment_falls",
                    problem="a commitment is less than the one before it",
                    found=f"{after.amount:,f} after {before.amount:,f}",
                    hint="Write all that is committed by then, not only what is added",
                )
                yield Diagnostic((*path, "amount"), fault)


def check_funder_limits(contract: Contract) -> Diagnostics:
    """Every fault of the limits on funders."""
    limited: dict[str, int] = {}
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, FunderLimit):
            path: Path = ("limits", index)
            yield from _check_funder_limit(contract, limit, path, limited)
            yield from _check_most(contract, limit, path)
            if limit.released_when is not None:
                yield from _check_release(contract, limit.released_when, (*path, "released_when"))
            limited.setdefault(limit.funder, index)
    yield from _check_takers(contract, limited)


def _check_most(contract: Contract, limit: FunderLimit, path: Path) -> Diagnostics:
    place = (*path, "at_most")
    if limit.at_most.of not in ("money", "commitment"):
        fault = Fault(
            code="not_money",
            problem="a limit on a funder is in money",
            found=str(limit.at_most),
            allowed="an amount, or commitment",
        )
        yield Diagnostic(place, fault)
    if limit.at_most.of != "commitment" or limit.funder not in contract.funders:
        return
    home: Path = ("funders", limit.funder)
    if not contract.funders[limit.funder].commits:
        fault = Fault(
            code="no_commitment",
            problem=f"the funder '{limit.funder}' has committed nothing",
            hint="Add commits: to the funder, with the days and the amounts",
        )
        yield Diagnostic(place, fault, around(home, ["commits"]))
    if limit.each is not None:
        fault = Fault(
            code="commitment_in_all",
            problem="a commitment is what a funder pays in all, not in each year",
            hint="Leave out each, or write the amount of a year",
        )
        yield Diagnostic((*path, "each"), fault)


def _check_release(contract: Contract, release: Release, path: Path) -> Diagnostics:
    """What releases a funder must be known, and be reached by the last claim date."""
    rests: list[Path] = [path, ("calendar",)]
    for index, name in enumerate(release.committed_by):
        place, home = (*path, "committed_by", index), ("funders", name)
        rests += [place, *around(home, ["commits"])]
        if name not in contract.funders:
            yield Diagnostic(place, unknown("funder", name, contract.funders), (_FUNDERS,))
            return
        if name in release.committed_by[:index]:
            fault = Fault(
                code="named_twice", problem=f"the funder '{name}' is named twice", hint="Keep one"
            )
            yield Diagnostic(place, fault)
        if contract.funders[name].each is not None:
            fault = Fault(
                code="resolved_funder",
                problem=f"'{name}' stands for many funders, whose commitments are not one amount",
                hint="Name single funders",
            )
            yield Diagnostic(place, fault, around(home, ["each"]))
    last = _last_claim_date(contract)
    if last is None:
        return
    reached = sum(contract.funders[name].committed_on(last) for name in set(release.committed_by))
    if reached < release.at_least:
        fault = Fault(
            code="never_released",
            problem="what releases the funder is never reached",
            found=f"{reached:,f} committed by the last claim date, {last}",
            allowed=f"at least {release.at_least:,f}",
        )
        yield Diagnostic((*path, "at_least"), fault, tuple(rests))


def _last_claim_date(contract: Contract) -> date | None:
    first, last = contract.calendar.term
    periods = contract.calendar.periods if first <= last else ()
    return contract.calendar.claim_date(periods[-1]) if periods else None


def _check_funder_limit(
    contract: Contract, limit: FunderLimit, path: Path, limited: Mapping[str, int]
) -> Diagnostics:
    if limit.funder not in contract.funders:
        fault = unknown("funder", limit.funder, contract.funders)
        yield Diagnostic((*path, "funder"), fault, (_FUNDERS,))
    if limit.funder in limited:
        first: Path = ("limits", limited[limit.funder])
        fault = Fault(
            code="limited_twice",
            problem=f"the funder '{limit.funder}' has two limits",
            hint=f"The other is entry {limited[limit.funder] + 1}; keep one",
        )
        yield Diagnostic((*path, "funder"), fault, around(first, ["funder"]))
    if not isinstance(limit.beyond, PassedTo):
        return
    taker, place = limit.beyond.funder, (*path, "beyond", "funder")
    if taker not in contract.funders:
        yield Diagnostic(place, unknown("funder", taker, contract.funders), (_FUNDERS,))
    elif contract.funders[taker].each is not None:
        fault = Fault(
            code="resolved_funder",
            problem=f"'{taker}' stands for many funders and cannot take over what lies beyond",
            hint="Name a single funder, or write unpaid",
        )
        home: Path = ("funders", taker)
        yield Diagnostic(place, fault, around(home, ["each"]))


def _check_takers(contract: Contract, limited: Mapping[str, int]) -> Diagnostics:
    """What is passed on must not come back, nor reach a funder whose limit was applied before."""
    takers = {
        funder: (limit.beyond.funder,)
        for funder, index in limited.items()
        if isinstance(limit := contract.limits[index], FunderLimit)
        and isinstance(limit.beyond, PassedTo)
    }
    in_circle: set[str] = set()
    for circle in circles(takers):
        in_circle |= set(circle)
        fault = Fault(
            code="circular_overflow",
            problem=f"what lies beyond the limit of '{circle[-1]}' comes back to it",
            found=" passes on to ".join(map(repr, circle)),
            hint="Let the last of them leave it unpaid, or pass it to a funder without a limit",
        )
        yield Diagnostic(("limits", limited[circle[-2]], "beyond"), fault)
    for funder, (taker,) in takers.items():
        if funder not in in_circle and limited.get(taker, limited[funder]) < limited[funder]:
            fault = Fault(
                code="overflow_order",
                problem=f"'{taker}' takes over from here and its own limit stands before",
                hint=f"Put the limit of '{taker}' after this one",
            )
            other: Path = ("limits", limited[taker])
            yield Diagnostic(
                ("limits", limited[funder], "beyond"), fault, around(other, ["funder"])
            )
