"""Whether amounts can be paid, in currencies that are known, how VAT is treated, and whether the
investment behind a contract can be drawn and repaid, class by class.

And whether fees say once what is paid, on days of the term. Worth a look: two that stand instead of
the same claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import chain, combinations, islice

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.calendar import check_dated, check_days, check_in_term
from impactbond.money import (
    CURRENCIES,
    MOST_PENCE,
    common_denominator,
    minor_units,
    show,
    show_amount,
    thousands_in,
    why_no_currency,
)
from impactbond.terms.diagnostic import Diagnostics, Path, did_you_mean, fault_at, listing
from impactbond.terms.fees import Every, Fee
from impactbond.terms.investment import Investment, InvestmentClass
from impactbond.terms.metrics.numbers import may_be_thousands
from impactbond.terms.term import Term

_CURRENCY: Path = ("currency",)
_PRICES_IN: Path = ("prices_in", "currency")
_ENOUGH_CLAIMS = 100_000
_ROUND_IT = "Round it to what can be paid"
_PAID = frozenset(("pays", "at_most", "at_least"))  # the keys of money in a way to pay
_OF_MANY = 1000  # a price that is finer than can be paid is written for so many at least


def check_money(contract: Contract) -> Diagnostics:
    """Every fault of the currencies, and amounts that are finer than theirs."""
    yield from _check_currency(contract.currency, _CURRENCY)
    if contract.prices_in is not None:
        yield from _check_currency(contract.prices_in.currency, _PRICES_IN)
        if contract.prices_in.currency == contract.currency in CURRENCIES:
            problem = f"prices and payments are both in {contract.currency}"
            hint = "Take prices_in out, or name the other currency"
            yield fault_at(_PRICES_IN, "same_currency", problem, hint=hint, rests=(_CURRENCY,))
    most = _most_in_all(contract)
    for path, amount in _prices(contract):
        rests = (_CURRENCY, _PRICES_IN)
        hint = _for_many(contract, path, amount) if path[-1] == "price" else _ROUND_IT
        yield from _check_amount(amount, contract.currency_of_prices, path, rests, most, hint)
    for path, amount in _amounts(contract):
        yield from _check_amount(amount, contract.currency, path, (_CURRENCY,), most)
    for path, amount in _rates(contract) if contract.currency in CURRENCIES else ():
        yield from _check_thousands(amount, contract.currency, path)


def _for_many(contract: Contract, path: Path, amount: Decimal) -> str:
    """How a price that is finer than can be paid is written: for a thousand, of which a thousandth
    is paid, which is worked out on all claims together and rounded once. So limits, discounts,
    shares and late evidence are those of the milestone.
    """
    currency = CURRENCIES.get(contract.currency_of_prices)
    decimals = currency.decimals if currency else 0
    many = max(_OF_MANY, 10 ** (-int(amount.normalize().as_tuple().exponent) - decimals))
    milestone = contract.milestones[str(path[1])]
    share = Fraction(1 if milestone.paid_for is None else milestone.paid_for) / many
    several = "every price of it" if milestone.rates or milestone.bands else "it"
    return (
        f"Round it to what can be paid, or write {several} for {many:,} and pay for that part, "
        f"rounded once for all claims: price: {amount * many:.{decimals}f}, paid_for: {share}"
    )


def look_at_sizes(contract: Contract) -> Diagnostics:
    """Prices so high that only few claims of them can be settled."""
    most, currency = _most_in_all(contract), contract.currency_of_prices
    for path, amount in _prices(contract):
        pence = minor_units(amount, currency)
        if path[-1] != "to" and pence and most // pence < _ENOUGH_CLAIMS:
            problem = f"of a price so high, {most // pence:,} claims can be settled, and no more"
            hint = "Look for a slip in the price, or write the shares of the funders in fewer parts"
            found = show_amount(amount, currency)
            yield fault_at(path, "few_claims_fit", problem, found=found, hint=hint)


def _most_in_all(contract: Contract) -> int:
    """The most minor units that can be cut into the finest shares of the funding, exactly."""
    shares = (tuple(filter(None, rule.shares.values())) for rule in contract.funding)
    return MOST_PENCE // max(map(common_denominator, shares), default=1)


def check_discounts(contract: Contract) -> Diagnostics:
    """Every fault of the discounts off the rate card."""
    banded = [name for name, term in contract.milestones.items() if term.bands]
    for index, discount in enumerate(contract.discounts):
        path: Path = ("discounts", index)
        yield from check_dated(contract, discount, path)
        yield from discount.errors(banded, path)


def check_rounding(contract: Contract) -> Diagnostics:
    """A unit of payment of nothing, and what does not go with one: up-front money, which comes back
    by shares, and rounding up against a limit.
    """
    term, path = contract.rounding, ("rounding",)
    if term.to is None:
        if term.way != "down":
            problem = "payments are rounded, and to no unit"
            hint = "Write to: and the unit, such as 1.00"
            yield fault_at((*path, "way"), "way_of_nothing", problem, hint=hint)
        return
    if term.to == 0:
        problem, allowed = "a unit of payment of nothing", "an amount above 0, such as 1.00 or 0.05"
        yield fault_at((*path, "to"), "rounded_to_nothing", problem, allowed=allowed)
    if contract.tranches:
        problem = "up-front money comes back by shares of later claims, which are no whole units"
        hint = "Take rounding > to out, or the tranches"
        yield fault_at((*path, "to"), "units_beside_tranches", problem, hint=hint)
    if term.way != "down" and contract.limits:
        problem = "what is rounded up may carry a funder, or the contract, over a limit"
        hint = "Write way: down"
        yield fault_at((*path, "way"), "rounded_over_limits", problem, found=term.way, hint=hint)


def check_parties(contract: Contract) -> Diagnostics:
    """Every fault of what a contract says on how to pay."""
    for name, term in contract.parties.items():
        funder = contract.funders.get(name)
        if funder is not None or name == "provider":
            yield from term.errors(("parties", name), name, funder, contract.participants)


def check_vat(contract: Contract) -> Diagnostics:
    """Every fault of the treatment of VAT."""
    if contract.vat is not None:
        yield from contract.vat.errors(("vat",))


def _check_currency(currency: str, path: Path) -> Diagnostics:
    if currency not in CURRENCIES:
        why = why_no_currency(currency)
        problem = f"nothing is paid in '{currency}': {why}"
        hint = did_you_mean(currency, CURRENCIES)
        if not why:
            problem = f"the currency '{currency}' is not known"
        allowed = "a code of ISO 4217 for money, such as EUR, GBP or USD"
        yield fault_at(path, "unknown_currency", problem, allowed=allowed, hint=hint)


def _check_amount(
    amount: Decimal,
    currency: str,
    path: Path,
    rests: tuple[Path, ...],
    most: int,
    finer: str = _ROUND_IT,
) -> Diagnostics:
    """An amount that is finer than its currency, or too large for the shares that cut it; nothing
    is told where the currency is not known.
    """
    if currency in CURRENCIES:
        yield from _check_thousands(amount, currency, path, rests)
    try:
        pence = minor_units(amount, currency) if currency in CURRENCIES else 0
        if pence > most:
            problem = "the amount is too large to be cut exactly into the shares of the funders"
            found, hint = f"the number {amount}", "Write the shares in fewer parts"
            allowed, funding = f"at most {show(most, currency)}", (*rests, ("funding",))
            yield fault_at(
                path, "too_large", problem, found=found, allowed=allowed, hint=hint, rests=funding
            )
    except ValueError:
        decimals = CURRENCIES[currency].decimals
        problem = f"the amount has more than the {decimals} decimals of {currency}"
        found = f"the number {amount}"
        if thousands := thousands_in(amount, decimals):
            otherwise = f"{finer[0].lower()}{finer[1:]}"
            finer = f"Write {thousands} if thousands are meant; otherwise {otherwise}"
        yield fault_at(path, "too_fine", problem, found=found, hint=finer, rests=rests)


def _check_thousands(
    amount: Decimal, currency: str, path: Path, rests: tuple[Path, ...] = (_CURRENCY,)
) -> Diagnostics:
    """An amount that fits its currency, with three digits after the point that it does not need."""
    decimals = CURRENCIES[currency].decimals
    if amount == round(amount, decimals):
        yield from may_be_thousands(amount, decimals, path, rests)


def _rates(contract: Contract) -> Iterator[tuple[Path, Decimal]]:
    """Every amount that may be finer than the contract's currency, where it is written."""
    for name, result in contract.results.items():
        yield from _money_in(result.pays, ("results", name, "pays"))
    for name, plan in contract.plans.items():
        for period, sums in plan.payments.items():
            planned: Path = ("plans", name, "payments", period)
            yield from (((*planned, paid), one) for paid, one in sums.items())


def _money_in(term: Term, path: Path) -> Iterator[tuple[Path, Decimal]]:
    """The amounts in a way to pay, whatever its kind."""
    for key in type(term).model_fields:
        held = getattr(term, key)
        if key in _PAID and isinstance(held, Decimal):
            yield (*path, key), held
        for at, one in enumerate(held if isinstance(held, tuple) else ()):
            yield from _money_in(one, (*path, key, at))


def _prices(contract: Contract) -> Iterator[tuple[Path, Decimal]]:
    """Every amount in the currency of prices, where it is written."""
    for name, term in contract.milestones.items():
        path: Path = ("milestones", name)
        yield (*path, "price"), term.price
        yield from (((*path, "rates", at, "price"), one.price) for at, one in enumerate(term.rates))
        yield from (((*path, "bands", at, "price"), one.price) for at, one in enumerate(term.bands))
        for at, change in enumerate(term.changes):
            yield from (((*path, "changes", at, key), one) for key, one in change.amounts.items())
        if term.rounded is not None:
            yield (*path, "rounded", "to"), term.rounded.to


def _amounts(contract: Contract) -> Iterator[tuple[Path, Decimal]]:
    """Every amount in the contract's currency, where it is written."""
    for name, result in contract.results.items():
        # What is paid times a measure is worked out, and rounded only then.
        if result.times is None:
            amounts = result.pays.amounts.items()
            yield from ((("results", name, "pays", *place), one) for place, one in amounts)
    if contract.rounding.to is not None:
        yield ("rounding", "to"), contract.rounding.to
    for name, fee in contract.fees.items():
        written = {"pay": fee.pay, "in_all": fee.in_all}
        yield from ((("fees", name, key), one) for key, one in written.items() if one is not None)
    for name, tranche in contract.tranches.items():
        yield ("tranches", name, "pay"), tranche.pay
    for at, limit in enumerate(contract.limits):
        yield from ((("limits", at, *place), one) for place, one in limit.amounts.items())
    for name, funder in contract.funders.items():
        commits: Path = ("funders", name, "commits")
        yield from (((*commits, at, "amount"), one.amount) for at, one in enumerate(funder.commits))
    for at, example in enumerate(contract.examples):
        expected: Path = ("examples", at, "expect")
        for period, sums in example.expect.items():
            yield from (((*expected, period, paid), one) for paid, one in sums.items())
    lent = contract.investment.classes if contract.investment is not None else {}
    for name, term in lent.items():
        path: Path = ("investment", "classes", name)
        yield from (((*path, "commits", who), one) for who, one in term.commits.items())
        yield from (
            ((*path, "drawn", at, "amount"), one.amount) for at, one in enumerate(term.drawn)
        )


def check_investment(contract: Contract) -> Diagnostics:
    """Every fault of the investment terms."""
    if contract.investment is not None:
        yield from _check_repaid(contract.investment, ("investment", "repaid"))
        for name, term in contract.investment.classes.items():
            yield from _check_class(term, ("investment", "classes", name))


def _check_repaid(investment: Investment, path: Path) -> Diagnostics:
    ranked = [name for rank in investment.repaid for name in rank]
    for index, rank in enumerate(investment.repaid):
        for name in rank:
            if name in investment.classes and ranked.count(name) > 1:
                problem = f"the class '{name}' is ranked twice"
                yield fault_at((*path, index), "ranked_twice", problem)
    if missing := [name for name in investment.classes if name not in ranked]:
        problem, found = "the order of repayment leaves out a class", listing(missing)
        hint = "List every class; classes that rank alike stand in one list"
        yield fault_at(path, "class_not_ranked", problem, found=found, hint=hint)


def _check_class(term: InvestmentClass, path: Path) -> Diagnostics:
    committed = sum(term.commits.values(), Decimal(0))
    drawn = sum((drawdown.amount for drawdown in term.drawn), Decimal(0))
    if drawn > committed:
        problem = "more is drawn than the investors of the class commit"
        allowed = f"at most {committed}"
        yield fault_at((*path, "drawn"), "drawn_over", problem, found=drawn, allowed=allowed)
    if term.at_most is None and term.surplus_to is not None:
        problem = "a surplus goes to somebody, and no return is capped"
        hint = "Add at_most, or leave surplus_to out"
        yield fault_at((*path, "surplus_to"), "surplus_of_nothing", problem, hint=hint)
    dated = {"floors": [one.through for one in term.floors]}
    dated["redeemed"] = [one.from_ for one in term.redeemed]
    for name, days in dated.items():
        if days != sorted(set(days)):
            yield fault_at((*path, name), "days_go_back", f"the days of '{name}' are not in order")


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
