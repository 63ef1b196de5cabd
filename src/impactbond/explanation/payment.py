"""The terms that can change what a participant is paid, each with what it says and its clause."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from impactbond.contract.contract import Contract
from impactbond.contract.wording.calendar import claims_words, year_words
from impactbond.contract.wording.parties import commitments, governs_words, places_words, rate_words
from impactbond.contract.wording.payables import fee_rule, paid_words, price_terms
from impactbond.contract.wording.words import ContractWords, money
from impactbond.dates import between, said_place
from impactbond.explanation.parts import ConditionExplained, Stated, WindowDays
from impactbond.money import show, show_share
from impactbond.terms.calendar import PaymentTerms
from impactbond.terms.funding import LEFT_OVER, shares_of
from impactbond.terms.limits import Limit
from impactbond.terms.words import listed, plain


class StatedTerms:
    """The terms that the payment of each milestone rests on; what is the same for everybody is put
    into words once.
    """

    def __init__(self, contract: Contract) -> None:
        self._contract = contract
        self._alike: dict[str, tuple[tuple[Stated, ...], tuple[Stated, ...]]] = {}
        self._windows: dict[WindowDays, Stated] = {}
        self._metrics: dict[str, Stated] = {}

    def of(
        self, milestone: str, findings: Iterable[ConditionExplained], metrics: Iterable[str]
    ) -> tuple[Stated, ...]:
        """Every term that the payment of a milestone rests on, beside the condition itself."""
        told = (one for top in findings for finding in top.walk() for one in finding.windows)
        windows = {one.name: self._window(one) for one in told}
        before, after = self._everybody(milestone)
        measured = map(self._metric, dict.fromkeys(metrics))
        return (*before, *windows.values(), *measured, *after)

    def _everybody(self, milestone: str) -> tuple[tuple[Stated, ...], tuple[Stated, ...]]:
        """What stands before and after the windows and the metrics."""
        if milestone not in self._alike:
            contract, paying = self._contract, _paying(self._contract, milestone)
            before = (*_of_contract(contract), *_frame(contract), *_price(contract, milestone))
            after = (
                *_calendar(contract),
                *_funding(contract, milestone),
                *_limits(contract, milestone, paying),
                *_commitments(contract, paying),
                *_tranches(contract, paying),
            )
            self._alike[milestone] = before, after
        return self._alike[milestone]

    def _window(self, one: WindowDays) -> Stated:
        if one not in self._windows:
            says = f"{one.phrase}: {one.first} through {one.last}"
            self._windows[one] = Stated(f"window '{one.name}'", says, "")
        return self._windows[one]

    def _metric(self, name: str) -> Stated:
        if name not in self._metrics:
            of = self._contract.metrics[name]
            self._metrics[name] = Stated(f"metric {name}", of.definition(), of.clause)
        return self._metrics[name]


def money_terms(contract: Contract, payable: str) -> tuple[Stated, ...]:
    """The terms that the payment of a result or fee rests on, beside what it says itself."""
    paying = _paying(contract, payable)
    return (
        *_of_contract(contract),
        *_calendar(contract),
        *_funding(contract, payable),
        *_limits(contract, payable, paying),
        *_tranches(contract, paying),
    )


def _of_contract(contract: Contract) -> Iterator[Stated]:
    version, people = contract.version, contract.participants
    days = f"signed on {version.signed_on}, in effect from {version.effective_on}"
    corrects = f" of version {version.corrects}" if version.corrects is not None else ""
    yield Stated("version", f"{version.number}, {version.kind}{corrects}, {days}", "")
    if people.covered:
        covered = (f"{plain(name)}: {', '.join(of)}" for name, of in people.covered.items())
        yield Stated("covered", "; ".join(covered), people.clause)
    if (eligible := people.eligible) is not None:
        says = eligible if isinstance(eligible, str) else "the condition under Eligibility"
        yield Stated("eligible", says, people.clause)


def _price(contract: Contract, milestone: str) -> Iterator[Stated]:
    """The price of a milestone and everything that can change it; last, what comes before it."""
    term = contract.milestones[milestone]
    price = show(contract.price_pence(milestone), contract.currency_of_prices)
    yield Stated("price", f"{price}, {paid_words(contract, term)}", term.clause)
    for key, says in price_terms(contract, milestone):
        if key not in ("after", "discount"):
            yield Stated(key, says, term.clause)
    for discount in contract.discounts_of(milestone):
        yield Stated("discount", discount.says(), discount.clause)
    for change in term.changes:
        yield from (Stated(*stated, term.clause) for stated in change.states(contract))
    if contract.prices_in is not None:
        yield Stated("rate", rate_words(contract, contract.prices_in), contract.prices_in.clause)
    for name, fee in contract.fees.items():
        # While such a fee stands in its place, what the milestone earns is withheld, and no term
        # of its own says so.
        if fee.instead_of is not None and milestone in fee.instead_of.milestones:
            rule = fee_rule(contract, name, fee)
            says = " ".join([rule.says, "; ".join(part.says for part in rule.parts)])
            yield Stated(f"fee {name}", says, rule.clause)
    if term.after:
        titles = (f"'{contract.milestones[name].title or name}'" for name in term.after)
        yield Stated("after", ", ".join(titles), term.clause)


def _frame(contract: Contract) -> Iterator[Stated]:
    """What the whole contract says that can change any payment, beside its term and coverage."""
    people = contract.participants
    yield Stated("governing version", governs_words(contract), "")
    if people.started is not None:
        yield Stated("started", between(*people.started), people.clause)
    if people.places is not None:
        yield Stated("places", places_words(people.places), people.clause)
    counts = [result.counted for result in contract.results.values()]
    if "each year" in counts or any(limit.is_yearly for limit in contract.limits):
        yield Stated("year", year_words(contract), "")


def _calendar(contract: Contract) -> Iterator[Stated]:
    calendar = contract.calendar
    first, last = calendar.term
    yield Stated("term", f"{first} through {last}; what is reached outside it is not paid", "")
    claims, evidence, pay = calendar.claims, calendar.evidence, calendar.payment
    made = f"{claims_words(contract)}, made {claims.made} after the period"
    yield Stated("claims", made, claims.clause)
    in_time = f"recorded within {evidence.within} of the day it speaks of"
    yield Stated("evidence", f"{in_time}; {evidence.says_late()}", evidence.clause)
    due = f"within {pay.within} of the claim date, on a working day{_working_days(pay)}"
    yield Stated("payment", f"{due}, otherwise the {pay.if_closed}", pay.clause)


def _working_days(pay: PaymentTerms) -> str:
    """Whose working days they are, in short: of a place, or by the days that the contract lists."""
    if pay.working_days_of is not None:
        is_usual = pay.weekend == ("Saturday", "Sunday")
        week = "" if is_usual else f" other than {listed(pay.weekend, 'or')}"
        return f"{week} in {said_place(pay.working_days_of)}"
    days = "" if pay.bank_holidays == "none" else " and no bank holiday that the contract lists"
    return f", which is no {listed(pay.weekend, 'or')}{days}"


def _funding(contract: Contract, payable: str) -> Iterator[Stated]:
    for rule in contract.fundings_of(payable):
        says = "; ".join(filter(None, [_shares_in_words(rule.shares), rule.in_short()]))
        yield Stated("shares", says, rule.clause)
    cuts = contract.rounding
    says = f"on {cuts.on}, halves go {cuts.half}, the odd penny {cuts.odd_penny}"
    if cuts.to is not None:
        unit = money(contract, cuts.to)
        says += f"; each funder pays whole units of {unit} to date, rounded {cuts.way}"
    yield Stated("rounding", says, cuts.clause)


def _shares_in_words(shares: Mapping[str, Fraction | None]) -> str:
    """Shares as the contract writes them, with the rest worked out."""
    return ", ".join(
        f"{one.funder} {one.shown}{'' if one.written == one.shown else f' ({one.written})'}"
        for one in shares_of(shares)
    )


def _limits(contract: Contract, payable: str, paying: set[str]) -> Iterator[Stated]:
    for limit in contract.limits:
        if limit.concerns(payable, paying):
            yield stated_limit(contract, limit)


def stated_limit(contract: Contract, limit: Limit) -> Stated:
    """A limit: what it is on, how much it lets through, and what happens beyond it."""
    says = limit.terms_in_words(ContractWords(contract))
    return Stated(f"limit on {limit.name}", says, limit.clause)


def _commitments(contract: Contract, paying: set[str]) -> Iterator[Stated]:
    """What those have committed on whose commitments a limit of a paying funder depends."""
    limits = (limit for limit in contract.limits_on_funders if limit.on_funder in paying)
    named = {name for limit in limits for name in limit.depends_on}
    for name, funder in contract.funders.items():
        if name in named and funder.commits:
            says = "; ".join(commitments(contract, funder))
            yield Stated(f"commitments of {name}", says, funder.clause)


def _tranches(contract: Contract, paying: set[str]) -> Iterator[Stated]:
    for name, tranche in contract.tranches.items():
        if not paying.isdisjoint(tranche.by):
            paid = f"{money(contract, tranche.pay)} on {tranche.on} by"
            back = f"recovered at {show_share(tranche.recovered.at)} of what each of them is asked"
            says = f"{tranche.title or name}: {paid} {_shares_in_words(tranche.by)}; {back} for"
            if tranche.left_over is not None:
                says += f"; what is left at the last claim date {LEFT_OVER[tranche.left_over]}"
            yield Stated("up-front money", says, tranche.clause)


def _paying(contract: Contract, payable: str) -> set[str]:
    """The funders of what is paid for, and those to whom their limits pass on."""
    paying = {funder for rule in contract.fundings_of(payable) for funder in rule.shares}
    for limit in contract.limits:
        if limit.on_funder in paying and limit.taker is not None:
            paying.add(limit.taker)
    return paying
