"""Whether up-front money and limits fit together, and limits can be applied in their order."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from impactbond.contract.check_money import check_shares
from impactbond.contract.contract import Contract, whole_shares
from impactbond.contract.findings import Finding, Found, around, circles, entry, unknown
from impactbond.contract.limits import FunderLimit, MilestoneLimit, PassedTo
from impactbond.contract.payments import Tranche
from impactbond.contract.yaml_lines import Path
from impactbond.errors import Fault
from impactbond.money import CURRENCIES, cut_whole, minor_units, show

_FUNDERS: Path = ("funders",)


def check_tranches(contract: Contract) -> Found:
    """Every fault of the up-front money."""
    first, last = contract.calendar.term
    for name, tranche in contract.tranches.items():
        path: Path = ("tranches", name)
        yield from check_shares(contract, tranche.by, (*path, "by"))
        for funder in tranche.by:
            if funder in contract.funders and contract.funders[funder].each is not None:
                fault = Fault(
                    code="resolved_funder",
                    problem=f"'{funder}' stands for many funders and cannot pay up-front",
                    hint="Name a single funder",
                )
                rests: Path = ("funders", funder)
                yield Finding((*path, "by", funder), fault, around(rests, ["each"]))
        if first <= last and not first <= tranche.on <= last:
            fault = Fault(
                code="outside_term",
                problem="the date is outside the term",
                found=str(tranche.on),
                allowed=f"{first} through {last}",
            )
            yield Finding((*path, "on"), fault, (("calendar", "term"),))
        if tranche.recovered.at == 0:
            fault = Fault(
                code="never_recovered",
                problem="up-front money that is recovered at nothing is never recovered",
                allowed="more than 0%",
            )
            yield Finding((*path, "recovered", "at"), fault)
    yield from _check_beyond_limits(contract)


def _check_beyond_limits(contract: Contract) -> Found:
    """Up-front money is on account of later entitlements, which never exceed a limit."""
    if contract.currency not in CURRENCIES:
        return
    for index, limit in enumerate(contract.limits):
        if isinstance(limit, MilestoneLimit):
            continue
        funder = limit.funder if isinstance(limit, FunderLimit) else None
        at_limit: Path = ("limits", index)
        rests: list[Path] = [*around(at_limit, ["at_most"]), ("currency",)]
        paid = 0
        for name, tranche in contract.tranches.items():
            path: Path = ("tranches", name)
            rests += [path, (*path, "pay"), *around((*path, "by"), tranche.by)]
            part = _part_pence(contract, tranche, funder)
            paid += part
            if part and Decimal(paid).scaleb(-contract.decimals) > limit.at_most.amount:
                whose = f"of '{funder}'" if funder else "of the whole contract"
                fault = Fault(
                    code="up_front_beyond_limit",
                    problem=f"the up-front money is more than the limit {whose}, and never earned",
                    found=f"{show(paid, contract.currency)} with this tranche",
                    allowed=f"{limit.at_most.amount:,f} {contract.currency} at most",
                )
                yield Finding((*path, "pay"), fault, tuple(rests))
                break


def _part_pence(contract: Contract, tranche: Tranche, funder: str | None) -> int:
    """What a funder pays of a tranche, or all of them; nothing where a fault forbids to say."""
    shares = whole_shares(tranche.by)
    try:
        pay = minor_units(tranche.pay, contract.currency)
        if funder is None:
            return pay
        parts = cut_whole(pay, tuple(shares.values()), contract.rounding.half)
    except (ValueError, OverflowError):
        return 0
    return dict(zip(shares, parts, strict=True)).get(funder, 0)


def check_limits(contract: Contract) -> Found:
    """Every fault of the limits."""
    limited: dict[str, int] = {}
    for index, limit in enumerate(contract.limits):
        path: Path = ("limits", index)
        if isinstance(limit, FunderLimit):
            yield from _check_funder_limit(contract, limit, path, limited)
            limited.setdefault(limit.funder, index)
            continue
        if isinstance(limit, MilestoneLimit):
            yield from _check_named(contract, limit, (*path, "milestone"))
        if limited:
            fault = Fault(
                code="limit_order",
                problem="a limit on the whole stands after a limit on a funder",
                hint="Put it before them: it is applied before the money is shared",
            )
            yield Finding(path, fault, tuple(("limits", at) for at in limited.values()))
    yield from _check_takers(contract, limited)


def _check_named(contract: Contract, limit: MilestoneLimit, path: Path) -> Found:
    for index, name in enumerate(limit.milestone):
        if name not in contract.payables:
            fault = unknown("milestone", name, contract.payables)
            yield Finding(entry(path, index, len(limit.milestone)), fault, (("milestones",),))


def _check_funder_limit(
    contract: Contract, limit: FunderLimit, path: Path, limited: Mapping[str, int]
) -> Found:
    if limit.funder not in contract.funders:
        fault = unknown("funder", limit.funder, contract.funders)
        yield Finding((*path, "funder"), fault, (_FUNDERS,))
    if limit.funder in limited:
        first: Path = ("limits", limited[limit.funder])
        fault = Fault(
            code="limited_twice",
            problem=f"the funder '{limit.funder}' has two limits",
            hint=f"The other is entry {limited[limit.funder] + 1}; keep one",
        )
        yield Finding((*path, "funder"), fault, around(first, ["funder"]))
    if not isinstance(limit.beyond, PassedTo):
        return
    taker, place = limit.beyond.funder, (*path, "beyond", "funder")
    if taker not in contract.funders:
        yield Finding(place, unknown("funder", taker, contract.funders), (_FUNDERS,))
    elif contract.funders[taker].each is not None:
        fault = Fault(
            code="resolved_funder",
            problem=f"'{taker}' stands for many funders and cannot take over what lies beyond",
            hint="Name a single funder, or write unpaid",
        )
        home: Path = ("funders", taker)
        yield Finding(place, fault, around(home, ["each"]))


def _check_takers(contract: Contract, limited: Mapping[str, int]) -> Found:
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
        yield Finding(("limits", limited[circle[-2]], "beyond"), fault)
    for funder, (taker,) in takers.items():
        if funder not in in_circle and limited.get(taker, limited[funder]) < limited[funder]:
            fault = Fault(
                code="overflow_order",
                problem=f"'{taker}' takes over from here and its own limit stands before",
                hint=f"Put the limit of '{taker}' after this one",
            )
            other: Path = ("limits", limited[taker])
            yield Finding(("limits", limited[funder], "beyond"), fault, around(other, ["funder"]))
