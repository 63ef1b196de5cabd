"""Whether fees say once what is paid, on days of the term. Worth a look: two that stand instead of
the same claims.
"""

from __future__ import annotations

from itertools import chain, combinations, islice

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import check_days, check_in_term
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at, listing
from impactbond.terms.fees import Every, Fee


def check_fees(contract: Contract) -> Diagnostics:
    """Every fault of fees."""
    for name, fee in contract.fees.items():
        path: Path = ("fees", name)
        if (fee.pay is None) == (fee.in_all is None):
            problem = "a fee says either what is paid on each date, or what is paid in all"
            found, allowed = "neither" if fee.pay is None else "both", "pay or in_all"
            code, rests = "pay_or_in_all", ((*path, "pay"), (*path, "in_all"))
            yield fault_at(path, code, problem, found=found, allowed=allowed, rests=rests)
        yield from _check_days(contract, fee, path)


def _check_days(contract: Contract, fee: Fee, path: Path) -> Diagnostics:
    if isinstance(fee.on, Every):
        days = [fee.on.from_, fee.on.through]
        yield from check_days(fee.on.from_, fee.on.through, (*path, "on"))
    else:
        days = list(fee.on) if isinstance(fee.on, tuple) else [fee.on]
    outside = chain.from_iterable(check_in_term(contract, day, (*path, "on")) for day in days)
    # One day is enough: a mistaken year would otherwise be told for every date of the fee.
    yield from islice(outside, 1)
    if (instead := fee.instead_of) is not None:
        yield from check_days(instead.from_, instead.through, (*path, "instead_of"))


def look_at_fees(contract: Contract) -> Diagnostics:
    """Fees of which each is paid instead of the same claims, which are left out once."""
    terms = ((name, fee, fee.instead_of) for name, fee in contract.fees.items())
    stand = [(name, fee, instead) for name, fee, instead in terms if instead is not None]
    for (one, _, earlier), (other, _, later) in combinations(stand, 2):
        both = [name for name in later.milestones if name in earlier.milestones]
        first, last = max(earlier.from_, later.from_), min(earlier.through, later.through)
        if both and first <= last:
            problem = f"the fees '{one}' and '{other}' are both paid instead of the same claims"
            found = f"claims of {listing(map(repr, both))} achieved from {first} through {last}"
            hint = "Keep one of them, or let their days follow one another, if one payment is meant"
            place: Path = ("fees", other, "instead_of")
            yield fault_at(place, "instead_of_twice", problem, found=found, hint=hint)
