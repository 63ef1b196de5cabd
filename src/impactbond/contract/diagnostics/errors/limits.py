"""Whether limits can be applied, to what they name and in their order."""

from __future__ import annotations

from collections.abc import Iterator

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import ATTRIBUTES, check_only
from impactbond.contract.diagnostics.errors.funder_limits import (
    check_commitments,
    check_funder_limits,
)
from impactbond.errors import Fault
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path, entry, listing, unknown
from impactbond.terms.limits import (
    ContractLimit,
    FunderLimit,
    MilestoneLimit,
    WholeLimit,
    same_thing,
)

_EACH = ("year", "period", "participant")
_COUNTED = ("claims", "share of claims", "participants")


def check_limits(contract: Contract) -> Diagnostics:
    """Every fault of the limits."""
    yield from check_commitments(contract)
    before: list[int] = []
    funders = [at for at, limit in enumerate(contract.limits) if isinstance(limit, FunderLimit)]
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, FunderLimit):
            continue
        path: Path = ("limits", index)
        yield from _check_names(contract, limit, path)
        yield from _check_each(contract, limit, path)
        yield from check_only(contract, limit.only, (*path, "only"))
        yield from _check_apart(contract, limit, path)
        yield from (Diagnostic(where, fault) for where, fault in _faults_of_terms(limit, path))
        first = [at for at in funders if at < index]
        same = [at for at in before if same_thing(limit, contract.limits[at])]
        before.append(index)
        # Limits on the whole apply before money is shared: one written after a funder's limit
        # would apply earlier than it reads.
        if first:
            fault = Fault(
                code="limit_order",
                problem="a limit on the whole stands after a limit on a funder",
                hint="Put it before them: it is applied before the money is shared",
            )
            yield Diagnostic(path, fault, tuple(("limits", at) for at in first))
        elif same:
            fault = Fault(
                code="limited_twice",
                problem="two limits on the same thing, counted alike",
                hint=f"The other is entry {same[0] + 1}; keep one",
            )
            yield Diagnostic(path, fault, (("limits", same[0]),))
    yield from check_funder_limits(contract)


def _check_names(contract: Contract, limit: WholeLimit, path: Path) -> Diagnostics:
    """What a limit names must be paid for, and be named once."""
    is_contract = isinstance(limit, ContractLimit)
    names = limit.besides if isinstance(limit, ContractLimit) else limit.milestone
    path = (*path, "besides" if is_contract else "milestone")
    if not names and not is_contract:
        fault = Fault(
            code="limits_nothing",
            problem="the limit names no milestone",
            allowed=listing(contract.payables),
        )
        yield Diagnostic(path, fault)
    for index, name in enumerate(names):
        place = entry(path, index, len(names))
        if name not in contract.payables:
            fault = unknown("milestone", name, contract.payables)
            yield Diagnostic(place, fault, (("milestones",),))
        elif name in names[:index]:
            fault = Fault(
                code="named_twice", problem=f"the limit names '{name}' twice", hint="Keep one"
            )
            yield Diagnostic(place, fault)
    if is_contract and set(contract.payables) <= set(names):
        fault = Fault(
            code="limits_nothing",
            problem="the limit leaves everything out",
            hint="Take out of 'besides' what it is on",
        )
        yield Diagnostic(path, fault, (("milestones",),))


def _check_each(contract: Contract, limit: WholeLimit, path: Path) -> Diagnostics:
    known = (*_EACH, *contract.participants.attributes)
    if limit.each is not None and limit.each not in known:
        yield Diagnostic((*path, "each"), unknown("attribute", limit.each, known), (ATTRIBUTES,))
    elif limit.each in _EACH and limit.each in contract.participants.attributes:
        fault = Fault(
            code="each_unclear",
            problem=f"'{limit.each}' is an attribute of participants, and a limit means its own",
            hint="Give the attribute another name",
        )
        yield Diagnostic((*path, "each"), fault, (ATTRIBUTES,))


def _check_apart(contract: Contract, limit: WholeLimit, path: Path) -> Diagnostics:
    """A limit on participants or claims cannot be on what is of no participant, or no claim."""
    if not isinstance(limit, MilestoneLimit):
        return
    attributes = {name for name in (limit.each, *limit.only) if name in contract.grouping}
    asks = "claims" if limit.at_most.of in _COUNTED or limit.each == "participant" else ""
    for index, name in enumerate(limit.milestone):
        result = contract.results.get(name)
        if name in contract.milestones or name not in contract.payables:
            continue
        # A result has the one attribute that it is worked out for, a fee none: by any other, the
        # limit could not tell in which group they count.
        known = {result.each} if result is not None else set()
        if asks or not attributes <= known:
            fault = Fault(
                code="of_no_participant",
                problem=f"the limit tells participants apart, and '{name}' is of no participant",
                hint="Take it out, or write a limit of its own",
            )
            place = entry((*path, "milestone"), index, len(limit.milestone))
            yield Diagnostic(place, fault, (("results",), ("fees",), ATTRIBUTES))


def _faults_of_terms(limit: WholeLimit, path: Path) -> Iterator[tuple[Path, Fault]]:
    """Terms of one limit that contradict each other."""
    most, at_most = limit.at_most.of, (*path, "at_most")
    if most == "commitment":
        yield (
            at_most,
            Fault(
                code="not_a_funder",
                problem="only a funder has a commitment",
                hint="Write an amount or a number of claims, or a limit on the funder",
            ),
        )
    if most == "share of claims" and not limit.only:
        yield (
            at_most,
            Fault(
                code="share_of_everything",
                problem="a share of claims must be on some of them only",
                hint="Add only: and the attribute of those whose share is limited",
            ),
        )
    if most == "participants" and limit.each == "participant":
        yield (
            (*path, "each"),
            Fault(
                code="each_of_itself",
                problem="each participant is one participant",
                hint="Leave out each, or write an amount or a number of claims",
            ),
        )
    # A term without effect is refused, not passed over: its reader would count on it.
    if limit.straddling == "unpaid" and (limit.first == "in proportion" or most != "money"):
        why = "in proportion" if limit.first == "in proportion" else "a limit in number"
        yield (
            (*path, "straddling"),
            Fault(
                code="nothing_straddles",
                problem=f"no claim reaches over the limit: {why} pays no claim in part by chance",
                hint="Leave out straddling",
            ),
        )
    if limit.beyond == "next year" and (limit.each != "year" or most not in ("money", "claims")):
        yield (
            (*path, "beyond"),
            Fault(
                code="no_next_year",
                problem="only a limit on each year, on money or claims, has room in the next year",
                hint="Add each: year, or write beyond: unpaid",
            ),
        )
