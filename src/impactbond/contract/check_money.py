"""Whether the money terms fit together: every milestone funded once, shares that make a whole,
limits that can be applied.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import EVERY_MILESTONE, Contract
from impactbond.contract.payments import ContractLimit, FunderLimit, MilestoneLimit, PassedTo
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault
from impactbond.money import CURRENCIES, minor_units, show_share

Found = Iterator[tuple[Path, Fault]]


def check_money(contract: Contract) -> Found:
    """Every fault of the money terms, each with its path."""
    if contract.currency not in CURRENCIES:
        yield (
            ("currency",),
            Fault(
                code="unknown_currency",
                problem=f"the currency '{contract.currency}' is not known",
                allowed=", ".join(CURRENCIES),
            ),
        )
        return
    yield from _check_amounts(contract)
    yield from _check_funding(contract)
    yield from _check_tranches(contract)
    yield from _check_limits(contract)


def _check_amounts(contract: Contract) -> Found:
    amounts: list[tuple[Path, Decimal]] = [
        (("milestones", name, "price"), milestone.price)
        for name, milestone in contract.milestones.items()
    ]
    amounts += [
        (("tranches", name, "pay"), tranche.pay) for name, tranche in contract.tranches.items()
    ]
    amounts += [
        (("limits", index, "at_most"), limit.at_most) for index, limit in enumerate(contract.limits)
    ]
    for path, amount in amounts:
        try:
            minor_units(amount, contract.currency)
        except ValueError as error:
            yield (
                path,
                Fault(code="too_fine", problem=f"the amount has {error} of {contract.currency}"),
            )


def _check_shares(contract: Contract, shares: dict[str, Fraction | None], path: Path) -> Found:
    for funder in shares:
        if funder not in contract.funders:
            yield (
                (*path, funder),
                Fault(
                    code="unknown_funder",
                    problem=f"there is no funder '{funder}'",
                    allowed=", ".join(contract.funders),
                ),
            )
    stated = sum((share for share in shares.values() if share is not None), Fraction(0))
    rests = sum(share is None for share in shares.values())
    if rests > 1:
        yield path, Fault(code="two_rests", problem="'the rest' is given to more than one funder")
    if (rests == 0 and stated != 1) or stated > 1 or (rests and stated == 1):
        yield (
            path,
            Fault(
                code="shares_not_whole",
                problem="the shares do not make a whole",
                found=f"{show_share(stated)}" + (" before 'the rest'" if rests else ""),
                allowed="100% in all; give one funder 'the rest' to complete it",
            ),
        )


def _check_funding(contract: Contract) -> Found:
    funded: dict[str, int] = {}
    for index, rule in enumerate(contract.funding):
        path: Path = ("funding", index)
        yield from _check_shares(contract, rule.shares, (*path, "shares"))
        milestones = tuple(contract.milestones) if rule.for_ == (EVERY_MILESTONE,) else rule.for_
        for name in milestones:
            if name not in contract.milestones:
                yield (
                    (*path, "for"),
                    Fault(
                        code="unknown_milestone",
                        problem=f"there is no milestone '{name}'",
                        allowed=", ".join((EVERY_MILESTONE, *contract.milestones)),
                    ),
                )
            elif name in funded:
                yield (
                    (*path, "for"),
                    Fault(
                        code="funded_twice",
                        problem=f"the milestone '{name}' is funded twice",
                        hint=f"It is also in entry {funded[name] + 1}",
                    ),
                )
            funded.setdefault(name, index)
    for name in contract.milestones:
        if name not in funded:
            yield (
                ("milestones", name),
                Fault(
                    code="not_funded",
                    problem=f"nobody funds the milestone '{name}'",
                    hint="Add it to an entry of funding",
                ),
            )


def _check_tranches(contract: Contract) -> Found:
    first, last = contract.calendar.term
    for name, tranche in contract.tranches.items():
        path: Path = ("tranches", name)
        yield from _check_shares(contract, tranche.by, (*path, "by"))
        for funder in tranche.by:
            if funder in contract.funders and contract.funders[funder].each is not None:
                yield (
                    (*path, "by", funder),
                    Fault(
                        code="resolved_funder",
                        problem=f"'{funder}' stands for many funders; name one of them",
                    ),
                )
        if not first <= tranche.on <= last:
            yield (*path, "on"), Fault(code="outside_term", problem="the date is outside the term")
        if tranche.recovered.at == 0:
            yield (
                (*path, "recovered", "at"),
                Fault(
                    code="never_recovered",
                    problem="up-front money that is recovered at nothing is never recovered",
                ),
            )


def _check_limits(contract: Contract) -> Found:
    beyond: dict[str, str] = {}
    for index, limit in enumerate(contract.limits):
        path: Path = ("limits", index)
        match limit:
            case MilestoneLimit() if limit.milestone not in contract.milestones:
                yield (
                    path,
                    Fault(
                        code="unknown_milestone",
                        problem=f"there is no milestone '{limit.milestone}'",
                        allowed=", ".join(contract.milestones),
                    ),
                )
            case FunderLimit():
                yield from _check_funder_limit(contract, limit, path, beyond)
            case ContractLimit() | MilestoneLimit() if beyond:
                yield (
                    path,
                    Fault(
                        code="limit_order",
                        problem="a limit on the whole stands after a limit on a funder",
                        hint="Put it first: it is applied before the money is shared",
                    ),
                )
    for start in beyond:
        seen, funder = {start}, beyond.get(start)
        while funder is not None and funder not in seen:
            seen.add(funder)
            funder = beyond.get(funder)
        if funder == start:
            yield (
                ("limits",),
                Fault(
                    code="circular_overflow",
                    problem=f"what lies beyond the limit of '{start}' comes back to it",
                ),
            )


def _check_funder_limit(
    contract: Contract, limit: FunderLimit, path: Path, beyond: dict[str, str]
) -> Found:
    if limit.funder not in contract.funders:
        yield path, _no_funder(contract, limit.funder)
    if limit.funder in beyond:
        yield (
            path,
            Fault(code="limited_twice", problem=f"the funder '{limit.funder}' has two limits"),
        )
    target = limit.beyond.funder if isinstance(limit.beyond, PassedTo) else ""
    beyond[limit.funder] = target
    if not target:
        return
    if target not in contract.funders:
        yield (*path, "beyond"), _no_funder(contract, target)
    elif contract.funders[target].each is not None:
        yield (
            (*path, "beyond"),
            Fault(
                code="resolved_funder",
                problem=f"'{target}' stands for many funders and cannot take over what lies beyond",
            ),
        )
    if target in beyond and target != limit.funder:
        yield (
            path,
            Fault(
                code="overflow_order",
                problem=f"'{target}' takes over from here and its own limit stands before",
                hint=f"Put the limit of '{target}' after this one",
            ),
        )


def _no_funder(contract: Contract, name: str) -> Fault:
    return Fault(
        code="unknown_funder",
        problem=f"there is no funder '{name}'",
        allowed=", ".join(contract.funders),
    )
