"""What a class of investors is owed on a day, and how money that is there runs down the classes.

Takes  the terms of a class, the days on which its measure became known, and what was drawn
       and paid.
Gives  what is owed in returns and principal on a day, in whole minor units.
Keeps  returns are worked out on the principal that was out, day by day, as exact fractions, and
       rounded once, to date.

And what the terms of an investment say, exactly: returns, principal, drawdown, order of repayment.

Takes  investment terms, and a measure as an exact fraction (None where nothing is known).
Gives  shares as exact fractions, and whole minor units.
Keeps  what is repaid never exceeds what there is or what is owed; parts sum to the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction

from dateutil.relativedelta import relativedelta

from impactbond.contract.contract import Contract
from impactbond.dates import ONE_DAY
from impactbond.investment.cash_flows import growth, half_up_of
from impactbond.money import RoundingRule, cut_whole, half_up, minor_units, rounded
from impactbond.terms.investment import Investment, InvestmentClass, ReturnTier

Known = Sequence[tuple[date, Fraction | None]]


def known_on(known: Known, day: date) -> Fraction | None:
    """What a measure is known to be on a day: the last that was known by then."""
    values = [value for since, value in known if since <= day]
    return values[-1] if values else None


@dataclass
class ClassAccount:
    """One class as its money goes out and comes back. `moves` is the principal that is out, as it
    changes; `paid` everything that was paid to it, by day.
    """

    name: str
    term: InvestmentClass
    contract: Contract
    known: Known
    principal_from: date | None
    closes_on: date
    moves: list[tuple[date, int]] = field(default_factory=list)
    paid: list[tuple[date, int]] = field(default_factory=list)
    drawn_pence: int = 0
    returns_paid_pence: int = 0
    principal_paid_pence: int = 0

    @property
    def calls(self) -> list[tuple[date, int]]:
        """When how much is drawn, in order of days."""
        currency = self.contract.currency
        return sorted((one.on, minor_units(one.amount, currency)) for one in self.term.drawn)

    def draw(self, day: date, pence: int) -> None:
        """Takes capital on a day."""
        self.drawn_pence += pence
        self.moves.append((day, pence))

    def pay(self, day: date, pence: int) -> tuple[int, int]:
        """Takes a payment to the class, returns first: what of it is return and what principal."""
        returns = min(pence, self.returns_owed(day))
        self.returns_paid_pence += returns
        self.principal_paid_pence += pence - returns
        # Only what is principal takes principal out: returns leave it as it was.
        self.moves.append((day, returns - pence))
        self.paid.append((day, pence))
        return returns, pence - returns

    def owed(self, day: date) -> int:
        """What it is owed on a day, returns and principal, less what was paid."""
        return self.returns_owed(day) + self.principal_owed(day)

    def principal_owed(self, day: date) -> int:
        """The principal that the measure earns back, as far as it is known, less what was paid."""
        if self.principal_from is not None and day < self.principal_from:
            return 0
        share = earned_principal_share(self.term, known_on(self.known, day))
        return max(0, self._whole(self.drawn_pence * share) - self.principal_paid_pence)

    def returns_owed(self, day: date) -> int:
        """The returns that are due by a day, less what was paid."""
        return max(0, self._returns(day, capped=True) - self.returns_paid_pence)

    def surplus(self, day: date) -> int:
        """What was earned above the cap by a day."""
        return max(0, self._returns(day, capped=False) - self._returns(day, capped=True))

    def made_good(self, share: Fraction) -> int:
        """What whoever protects a share of principal must add to what came back of it."""
        return max(0, self._whole(self.drawn_pence * share) - self.principal_paid_pence)

    @property
    def days_due(self) -> set[date]:
        """The days on which a return becomes due or a measure becomes known."""
        found = {since for since, _ in self.known if since > self._first}
        if self.term.returned == "each year":
            found |= {due for _, _, due in self._years}
        if self.principal_from is not None:
            found.add(self.principal_from)
        return found

    @property
    def _first(self) -> date:
        return self.calls[0][0]

    def _whole(self, exact: Fraction) -> int:
        return rounded(exact, self.contract.rounding.rule)

    def _returns(self, day: date, *, capped: bool) -> int:
        """All returns due by a day, to date."""
        share_of = return_share if capped else earned_share
        measured = known_on(self.known, day)
        match self.term.returned:
            case "in all":
                return self._whole(self.drawn_pence * share_of(self.term, measured, day))
            case "internal rate of return":
                rate = share_of(self.term, measured, day)
                return self._to_reach(rate, day, measured)
            case _:
                return self._whole(self._yearly(day, capped=capped))

    def _to_reach(self, rate: Fraction, day: date, measured: Fraction | None) -> int:
        """The returns with which all flows to date have a rate: what is out, grown, less what of it
        is principal. Where part of the principal is lost there are none.
        """
        if earned_principal_share(self.term, measured) < 1:
            return 0
        drawn = [(on, pence) for on, pence in self.calls if on <= day]
        flows = [*drawn, *((on, -pence) for on, pence in self.paid)]
        grown = sum((pence * growth(rate, (day - on).days) for on, pence in flows), Decimal(0))
        # What is out is owed as principal, and stands beside the returns.
        out = self.drawn_pence - self.principal_paid_pence
        return self.returns_paid_pence + max(0, half_up_of(grown) - out)

    def _yearly(self, day: date, *, capped: bool) -> Fraction:
        """Returns of every year that is due by a day."""
        total = Fraction(0)
        for start, end, due in self._years:
            if due <= day:
                last = end - ONE_DAY
                share_of = return_share if capped else earned_share
                share = share_of(self.term, known_on(self.known, due), last)
                whole = (start + relativedelta(years=1) - start).days
                total += share * Fraction(self._unit_days(start, end), whole)
        return total

    @property
    def _years(self) -> list[tuple[date, date, date]]:
        """Each year from the first drawdown until the account closes, the last perhaps in part: its
        first day, the day after its last, and the day on which its return is due. That is when the
        measure is next known, or at once where nothing is known later.
        """
        found = []
        start, number = self._first, 0
        while start < self.closes_on:
            number += 1
            # From the first day and not from the day before, so that 29 February comes back.
            # Never beyond the day on which the account closes: the last year may be a part of one.
            end = min(self._first + relativedelta(years=number), self.closes_on)
            later = [since for since, _ in self.known if end <= since <= self.closes_on]
            found.append((start, end, later[0] if later else end))
            start = end
        return found

    def _unit_days(self, start: date, end: date) -> int:
        """Minor units of principal times the days for which they were out between two days."""
        return sum(
            pence * (end - max(on, start)).days for on, pence in self.moves if max(on, start) < end
        )


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
