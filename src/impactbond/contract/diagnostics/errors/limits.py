"""Whether limits can be applied in their order, to what funders commit and pass on."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_only
from impactbond.terms.diagnostic import Diagnostics, Path, around, circles, fault_at
from impactbond.terms.limits import LimitKind, WholeLimit


def check_limits(contract: Contract) -> Diagnostics:
    """Every fault of the limits, and of what funders commit."""
    yield from _check_commitments(contract)
    on_funders: dict[str, int] = {}
    for index, limit in enumerate(contract.limits):
        path: Path = ("limits", index)
        yield from limit.check(contract, path)
        if isinstance(limit, WholeLimit):
            yield from check_only(contract, limit.only, (*path, "only"))
        if limit.on_funder is None:
            yield from _check_whole(contract, index, limit)
        elif (first := on_funders.setdefault(limit.on_funder, index)) != index:
            rests = around(("limits", first), [contract.limits[first].key])
            problem = f"the funder '{limit.on_funder}' has two limits"
            hint = f"The other is entry {first + 1}; keep one"
            yield fault_at((*path, limit.key), "limited_twice", problem, hint=hint, rests=rests)
    yield from _check_overflow(contract, on_funders)


def _check_commitments(contract: Contract) -> Diagnostics:
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
                problem = "a commitment is less than the one before it"
                found = f"{after.amount:,f} after {before.amount:,f}"
                hint = "Write all that is committed by then, not only what is added"
                yield fault_at(
                    (*path, "amount"), "commitment_falls", problem, found=found, hint=hint
                )


def _check_whole(contract: Contract, index: int, limit: LimitKind) -> Diagnostics:
    """A limit on the whole stands before those on funders, and once."""
    path: Path = ("limits", index)
    before = contract.limits[:index]
    on_funders = [at for at, one in enumerate(before) if one.on_funder is not None]
    same = [at for at, one in enumerate(before) if one.thing == limit.thing]
    # Limits on the whole apply before money is shared: one written after a funder's limit
    # would apply earlier than it reads.
    if on_funders:
        problem = "a limit on the whole stands after a limit on a funder"
        hint = "Put it before them: it is applied before the money is shared"
        rests = tuple(("limits", at) for at in on_funders)
        yield fault_at(path, "limit_order", problem, hint=hint, rests=rests)
    elif same:
        problem = "two limits on the same thing, counted alike"
        hint = f"The other is entry {same[0] + 1}; keep one"
        yield fault_at(path, "limited_twice", problem, hint=hint, rests=(("limits", same[0]),))


def _check_overflow(contract: Contract, limited: Mapping[str, int]) -> Diagnostics:
    """What is passed on must not come back, nor reach a funder whose limit was applied before."""
    takers = {
        funder: (taker,)
        for funder, index in limited.items()
        if (taker := contract.limits[index].taker) is not None
    }
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
            rests = around(("limits", limited[taker]), [contract.limits[limited[taker]].key])
            yield fault_at(
                ("limits", limited[funder], "beyond"),
                "overflow_order",
                f"'{taker}' takes over from here and its own limit stands before",
                hint=f"Put the limit of '{taker}' after this one",
                rests=rests,
            )
