"""Whether limits can be applied in their order, to what funders commit and pass on, and whether
up-front money can be paid, recovered, and kept within the limits.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.calendar import check_in_term
from impactbond.contract.diagnostics.errors.funding import check_shares
from impactbond.money import CURRENCIES, minor_units, show
from impactbond.terms.diagnostic import Diagnostics, Path, around, circles, fault_at
from impactbond.terms.limits import LimitKind
from impactbond.terms.tranches import Tranche


def check_limits(contract: Contract) -> Diagnostics:
    """Every fault of the limits."""
    on_funders: dict[str, int] = {}
    for index, limit in enumerate(contract.limits):
        path: Path = ("limits", index)
        yield from limit.check(contract, path)
        if limit.on_funder is None:
            yield from _check_whole(contract, index, limit)
        elif (first := on_funders.setdefault(limit.on_funder, index)) != index:
            rests = around(("limits", first), [contract.limits[first].key])
            problem = f"the funder '{limit.on_funder}' has two limits"
            hint = f"The other is entry {first + 1}; keep one"
            yield fault_at((*path, limit.key), "limited_twice", problem, hint=hint, rests=rests)
    yield from _check_overflow(contract, on_funders)


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


def _check_whole(contract: Contract, index: int, limit: LimitKind) -> Diagnostics:
    """A limit on the whole stands before those on funders, and once."""
    path: Path = ("limits", index)
    before = contract.limits[:index]
    on_funders = [("limits", at) for at, one in enumerate(before) if one.on_funder is not None]
    same = [at for at, one in enumerate(before) if one.thing == limit.thing]
    # Limits on the whole apply before money is shared: one written after a funder's limit
    # would apply earlier than it reads.
    if on_funders:
        problem = "a limit on the whole stands after a limit on a funder"
        hint = "Put it before them: it is applied before the money is shared"
        yield fault_at(path, "limit_order", problem, hint=hint, rests=on_funders)
    elif same:
        problem = "two limits on the same thing, counted alike"
        hint = f"The other is entry {same[0] + 1}; keep one"
        yield fault_at(path, "limited_twice", problem, hint=hint, rests=(("limits", same[0]),))


def _check_overflow(contract: Contract, limited: Mapping[str, int]) -> Diagnostics:
    """What is passed on must not come back, nor reach a funder whose limit was applied before."""
    limits = {funder: contract.limits[index] for funder, index in limited.items()}
    takers = {name: (one.taker,) for name, one in limits.items() if one.taker is not None}
    in_circle: set[str] = set()
    for circle in circles(takers):
        in_circle |= set(circle)
        yield fault_at(
            ("limits", limited[circle[-2]], "beyond"),
            "circular_overflow",
            f"what lies beyond the limit of '{circle[-1]}' comes back to it",
            found=" passes on to ".join(map(repr, circle)),
            hint="Let the last of them leave it unpaid, or pass it to a funder without a limit",
        )
    for funder, (taker,) in takers.items():
        if funder not in in_circle and limited.get(taker, limited[funder]) < limited[funder]:
            yield fault_at(
                ("limits", limited[funder], "beyond"),
                "overflow_order",
                f"'{taker}' takes over from here and its own limit stands before",
                hint=f"Put the limit of '{taker}' after this one",
                rests=around(("limits", limited[taker]), [limits[taker].key]),
            )


def check_tranches(contract: Contract) -> Diagnostics:
    """Every fault of the up-front money."""
    for name, tranche in contract.tranches.items():
        path: Path = ("tranches", name)
        yield from check_shares(tranche.by, (*path, "by"))
        for funder in tranche.by:
            if funder in contract.funders and contract.funders[funder].each is not None:
                problem = f"'{funder}' stands for many funders and cannot pay up-front"
                place, hint = (*path, "by", funder), "Name a single funder"
                rests = around(("funders", funder), ["each"])
                yield fault_at(place, "resolved_funder", problem, hint=hint, rests=rests)
        yield from check_in_term(contract, tranche.on, (*path, "on"))
        if tranche.recovered.at == 0:
            place, allowed = (*path, "recovered", "at"), "more than 0%"
            problem = "up-front money that is recovered at nothing is never recovered"
            yield fault_at(place, "never_recovered", problem, allowed=allowed)
    if contract.currency in CURRENCIES:
        yield from _check_beyond_limits(contract)


def _check_beyond_limits(contract: Contract) -> Diagnostics:
    """Up-front money is on account of later entitlements, which never exceed a limit."""
    for index, limit in enumerate(contract.limits):
        most, funder = limit.most_in_all(contract.funders), limit.on_funder
        if most is None:
            continue
        rests: list[Path] = [*around(("limits", index), ["at_most"]), ("currency",)]
        if funder is not None:
            rests.append(("funders", funder, "commits"))
        paid = 0
        for name, tranche in contract.tranches.items():
            path: Path = ("tranches", name)
            rests += [path, (*path, "pay"), *around((*path, "by"), tranche.by)]
            part = _part_pence(contract, tranche, funder)
            paid += part
            if part and Decimal(paid).scaleb(-contract.decimals) > most:
                whose = f"of '{funder}'" if funder else "of the whole contract"
                yield fault_at(
                    (*path, "pay"),
                    "up_front_beyond_limit",
                    f"the up-front money is more than the limit {whose}, and never earned",
                    found=f"{show(paid, contract.currency)} with this tranche",
                    allowed=f"{most:,f} {contract.currency} at most",
                    rests=rests,
                )
                break


def _part_pence(contract: Contract, tranche: Tranche, funder: str | None) -> int:
    """What a funder pays of a tranche, or all of them; nothing where a fault forbids to say."""
    try:
        if funder is None:
            return minor_units(tranche.pay, contract.currency)
        return tranche.parts(contract.currency, contract.rounding.rule).get(funder, 0)
    except (ValueError, OverflowError):
        return 0
