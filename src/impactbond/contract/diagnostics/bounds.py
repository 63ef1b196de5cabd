"""The most that can be paid, where the contract bounds how many claims there can be."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.terms.funding import whole_shares
from impactbond.terms.limits import WholeLimit
from impactbond.terms.milestones import Milestone


def plain_limits(contract: Contract) -> list[WholeLimit]:
    """Limits on the whole that are on everybody together, over the whole term."""
    return [limit for limit in contract.limits_on_the_whole if limit.is_plain]


def whole_limit(contract: Contract) -> Decimal | None:
    """The most that the contract pays in money, where one limit says so of everything."""
    on_everything = (limit for limit in contract.limits if limit.is_on_everything)
    return min((limit.at_most.amount for limit in on_everything), default=None)


def most_claims(contract: Contract, name: str) -> int | None:
    """The most claims that a milestone can have, where limits in number say so."""
    milestone = contract.milestones[name]
    found = []
    for limit in plain_limits(contract):
        if limit.is_on(name) and limit.at_most.of == "claims":
            found.append(limit.at_most.number)
        elif limit.is_on(name) and limit.at_most.of == "participants":
            each = milestone.units.at_most if milestone.units else 1
            if each is not None:
                found.append(limit.at_most.number * each)
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
