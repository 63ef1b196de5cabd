"""Amounts that do not fit one another: limits, commitments, up-front money; and the most that can
be paid, where the contract bounds how many claims there can be.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.money import CURRENCIES, show
from impactbond.terms.diagnostic import Diagnostics, Path, fault_at
from impactbond.terms.funding import whole_shares
from impactbond.terms.limits import Limit, WholeLimit
from impactbond.terms.milestones import Milestone


def look_at_amounts(contract: Contract) -> Diagnostics:
    """Every limit, commitment and up-front payment that does not fit the others."""
    yield from _do_not_add_up(contract)
    for index, limit in enumerate(contract.limits):
        yield from _never_reached(contract, limit, ("limits", index))
        yield from _above_commitment(contract, limit, ("limits", index, "at_most"))
    yield from _never_earned_back(contract)


def _money(contract: Contract, amount: Fraction | Decimal) -> str:
    """An amount as people write it, cut to what can be paid."""
    scaled = int(Fraction(amount) * CURRENCIES[contract.currency].in_one)
    return show(scaled, contract.currency)


def _bounds_of_funders(contract: Contract) -> dict[str, Decimal] | None:
    """What each funder pays at most by its own limit or commitment; None where one has neither."""
    bounds: dict[str, Decimal] = {}
    limits = {one.on_funder: one for one in contract.limits_on_funders}
    for name in {name for rule in contract.funding for name in rule.shares} | contract.takers:
        funder, limit = contract.funders[name], limits.get(name)
        # A bound on each funder of several is none on all of them, as long as nobody knows how
        # many there are.
        if funder.each is not None or (limit is not None and limit.is_yearly):
            return None
        most = None if limit is None else limit.most_in_all(contract.funders)
        if most is None and funder.commits:
            most = funder.committed_on(date.max)
        if most is None:
            return None
        bounds[name] = most
    return bounds


def _do_not_add_up(contract: Contract) -> Diagnostics:
    whole, bounds = whole_limit(contract), _bounds_of_funders(contract)
    if whole is None or bounds is None:
        return
    together = sum(bounds.values(), Decimal(0))
    if together == whole:
        return
    less = together < whole
    yield fault_at(
        ("limits", _index_of_whole(contract), "at_most"),
        "limits_do_not_add_up",
        f"the limits and commitments of the funders make {'less' if less else 'more'} than the"
        " limit of the contract" + (": nobody pays the difference" if less else ""),
        found=f"{_money(contract, together)} against {_money(contract, whole)}",
        hint="Make them the same, if the difference is not meant",
    )


def _index_of_whole(contract: Contract) -> int:
    return next(
        index
        for index, limit in enumerate(contract.limits)
        if limit.is_on_everything and limit.at_most.amount == whole_limit(contract)
    )


def _never_reached(contract: Contract, limit: Limit, path: Path) -> Diagnostics:
    most = _most_under(contract, limit)
    if most is None:
        return
    in_money = limit.at_most.of == "money"
    if Fraction(limit.at_most.amount if in_money else limit.at_most.number) <= most:
        return
    shown = _money(contract, most) if in_money else f"{int(most):,}"
    yield fault_at(
        (*path, "at_most"),
        "limit_never_reached",
        "the limit is above the most that can be paid, and is never reached",
        found=f"{shown} at most without it",
        hint="Lower it, or take it out",
    )


def _most_under(contract: Contract, limit: Limit) -> Fraction | None:
    """The most that could be paid without a limit; None where nothing else bounds it."""
    others = tuple(one for one in contract.limits if one is not limit)
    without = contract.model_copy(update={"limits": others})
    in_money = limit.at_most.of == "money"
    if not isinstance(limit, WholeLimit):
        # Of a limit on each of several, the sums of all together say nothing of what one of them
        # meets.
        funder = limit.on_funder or ""
        is_plain = not limit.is_yearly and contract.funders[funder].each is None
        return most_by_funder(without, funder) if is_plain and in_money else None
    if not limit.is_plain:
        return None
    names = tuple(name for name in contract.payables if limit.is_on(name))
    if limit.at_most.of == "claims":
        each = [most_claims(without, name) for name in names if name in contract.milestones]
        return None if None in each else Fraction(sum(one for one in each if one is not None))
    if not in_money:
        return None
    bounds = [most_together(without, names), whole_limit(without)]
    return min((Fraction(one) for one in bounds if one is not None), default=None)


def _above_commitment(contract: Contract, limit: Limit, path: Path) -> Diagnostics:
    funder = contract.funders.get(limit.on_funder or "")
    if funder is None or not funder.commits or limit.at_most.of != "money" or limit.is_yearly:
        return
    committed = funder.committed_on(date.max)
    if limit.at_most.amount > committed:
        yield fault_at(
            path,
            "limit_above_commitment",
            f"the limit of '{limit.on_funder}' is above what it has committed",
            found=f"{_money(contract, limit.at_most.amount)} against {_money(contract, committed)}",
            hint="Write at_most: commitment, if it pays no more than that",
        )


def _never_earned_back(contract: Contract) -> Diagnostics:
    for name, tranche in contract.tranches.items():
        for funder, share in whole_shares(tranche.by).items():
            paid = Fraction(tranche.pay) * share
            back = _most_back(contract, funder)
            if back is not None and back * tranche.recovered.at < paid:
                most = _money(contract, back * tranche.recovered.at)
                yield fault_at(
                    ("tranches", name, "by", funder),
                    "never_earned_back",
                    f"up-front money of '{funder}' is never wholly recovered from its later"
                    " entitlements",
                    found=f"{_money(contract, paid)} paid, {most} at most comes back",
                    hint="Let it pay less up-front, or recover a larger share",
                )


def _most_back(contract: Contract, funder: str) -> Fraction | None:
    """The most that a funder can be asked for in all; None where nothing bounds it."""
    if funder not in contract.takers and most_share(contract, funder) == 0:
        return Fraction(0)
    own = [
        Fraction(limit.at_most.amount)
        for limit in contract.limits_on_funders
        if limit.on_funder == funder and not limit.is_yearly and limit.at_most.of == "money"
    ]
    by_share = most_by_funder(contract, funder)
    return min([*own, *([by_share] if by_share is not None else [])], default=None)


def whole_limit(contract: Contract) -> Decimal | None:
    """The most that the contract pays in money, where one limit says so of everything."""
    on_everything = (limit for limit in contract.limits if limit.is_on_everything)
    return min((limit.at_most.amount for limit in on_everything), default=None)


def most_claims(contract: Contract, name: str) -> int | None:
    """The most claims that a milestone can have, where limits in number say so."""
    units = contract.milestones[name].units
    each = units.at_most if units else 1
    # Only a limit on everybody together, over the whole term, bounds all of them.
    limits = [one for one in contract.limits_on_the_whole if one.is_plain and one.is_on(name)]
    found = [one.at_most.number for one in limits if one.at_most.of == "claims"]
    if each is not None:
        of = "participants"
        found += [one.at_most.number * each for one in limits if one.at_most.of == of]
    return min(found, default=None)


def most_price(contract: Contract, milestone: Milestone) -> Fraction:
    """The highest price of a milestone in the contract's currency, whatever applies."""
    prices = [milestone.price, *(one.price for one in milestone.rates)]
    price = Fraction(max([*prices, *(one.price for one in milestone.bands)]))
    for change in milestone.changes:
        price = change.most(price, contract)
    if milestone.rounded is not None:
        price += Fraction(milestone.rounded.to)
    rate = contract.prices_in.rate if contract.prices_in else 1
    return price * Fraction(rate) * (milestone.paid_for or 1)


def most_of(contract: Contract, payable: str) -> Fraction | None:
    """The most that can be paid for something; None where nothing bounds it."""
    if payable in contract.milestones:
        claims = most_claims(contract, payable)
        price = most_price(contract, contract.milestones[payable])
        return None if claims is None else claims * price
    if payable in contract.fees:
        return contract.fees[payable].most
    most = contract.results[payable].most
    return None if most is None else Fraction(most)


def most_together(contract: Contract, payables: tuple[str, ...]) -> Fraction | None:
    """The most that can be paid for several things; None where nothing bounds one of them."""
    each = [most_of(contract, name) for name in payables]
    return None if None in each else sum((one for one in each if one is not None), Fraction(0))


def most_share(contract: Contract, funder: str) -> Fraction:
    """The largest share that a funder has of anything."""
    return max(
        (whole_shares(rule.shares).get(funder, Fraction(0)) for rule in contract.funding),
        default=Fraction(0),
    )


def most_by_funder(contract: Contract, funder: str) -> Fraction | None:
    """The most that one funder's own shares can come to before its limit; None if unbounded."""
    if funder in contract.takers:
        return None
    share, whole = most_share(contract, funder), whole_limit(contract)
    by_volume = most_together(contract, contract.payables)
    bounds = [Fraction(bound) for bound in (whole, by_volume) if bound is not None]
    return share * min(bounds) if bounds else None
