"""What the terms of an investment say, exactly: returns, principal, drawdown, order of repayment.

Takes  investment terms, and a measure as an exact fraction (None where nothing is known).
Gives  shares as exact fractions, and whole minor units.
Keeps  what is repaid never exceeds what there is or what is owed; parts sum to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.money import RoundingRule, cut_whole, half_up, minor_units
from impactbond.terms.investment import Investment, InvestmentClass, ReturnTier


def tier_of(term: InvestmentClass, measured: Fraction | None) -> ReturnTier | None:
    """The last tier in the order written whose bar is passed; None below all of them."""
    if measured is None:
        return None
    return next((tier for tier in reversed(term.tiers) if tier.is_.is_passed_by(measured)), None)


def earned_share(
    term: InvestmentClass, measured: Fraction | None, on: date | None = None
) -> Fraction:
    """The return that the measure earns, before the cap; on a day, no less than the floor then."""
    tier = tier_of(term, measured)
    earned = Fraction(0) if tier is None else tier.returns
    floors = [floor.at_least for floor in term.floors if on is not None and on <= floor.through]
    return max(earned, floors[0]) if floors else earned


def return_share(
    term: InvestmentClass, measured: Fraction | None, on: date | None = None
) -> Fraction:
    """The return on principal, a year or in all as the class says, at most its cap."""
    earned = earned_share(term, measured, on)
    return earned if term.at_most is None else min(earned, term.at_most)


def earned_principal_share(term: InvestmentClass, measured: Fraction | None) -> Fraction:
    """The share of principal that the measure earns back."""
    tier = tier_of(term, measured)
    return Fraction(0) if tier is None else tier.principal


def committed_pence(contract: Contract, term: InvestmentClass) -> int:
    """What the investors of a class commit."""
    return sum(_committed(contract, term).values())


def drawn_pence(contract: Contract, term: InvestmentClass, on: date) -> int:
    """What has been drawn of a class up to and including a day."""
    drawn = [drawdown.amount for drawdown in term.drawn if drawdown.on <= on]
    return sum(minor_units(amount, contract.currency) for amount in drawn)


def split_among_investors(contract: Contract, term: InvestmentClass, pence: int) -> dict[str, int]:
    """An amount for a class cut among its investors, in proportion to what they commit."""
    return _in_proportion(pence, _committed(contract, term), contract.rounding.rule)


def _committed(contract: Contract, term: InvestmentClass) -> dict[str, int]:
    return {name: minor_units(amount, contract.currency) for name, amount in term.commits.items()}


def repay(investment: Investment, available_pence: int, owed: Mapping[str, int]) -> dict[str, int]:
    """What each class is repaid out of what there is, rank by rank.

    `owed` is what each class is still owed; within a rank it is shared in proportion to that.
    """
    left, found = available_pence, dict[str, int]()
    for rank in investment.repaid:
        of_rank = {name: owed.get(name, 0) for name in rank}
        paid = min(left, sum(of_rank.values()))
        found |= _in_proportion(paid, of_rank)
        left -= paid
    return found


def for_repayment(investment: Investment, received_pence: int, on: date) -> int:
    """What of a receipt is there to repay investors, after what pays for delivery again."""
    recycled = investment.recycled
    # On the last day itself it is still recycled.
    if recycled is None or on > recycled.through:
        return received_pence
    again, _ = cut_whole(received_pence, (recycled.share, 1 - recycled.share), half_up)
    return received_pence - again


def _in_proportion(
    pence: int, weights: Mapping[str, int], rule: RoundingRule = half_up
) -> dict[str, int]:
    whole = sum(weights.values())
    if not whole:
        return dict.fromkeys(weights, 0)
    shares = tuple(Fraction(weight, whole) for weight in weights.values())
    return dict(zip(weights, cut_whole(pence, shares, rule), strict=True))
