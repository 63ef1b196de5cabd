"""Whether prices can be worked out: rates that apply to somebody, bands in order, indices with a
value, amounts that can be paid.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.diagnostics.errors.applicability import check_dated
from impactbond.contract.diagnostics.errors.money import check_amount, check_currency
from impactbond.errors import Fault
from impactbond.money import CURRENCIES
from impactbond.terms.applicability import Dated
from impactbond.terms.diagnostic import Diagnostic, Diagnostics, Path
from impactbond.terms.milestones import Milestone


def check_prices(contract: Contract) -> Diagnostics:
    """Every fault of the currency of prices, of indices, and of what prices depend on."""
    yield from _check_prices_in(contract)
    yield from _check_indices(contract)
    for name, term in contract.milestones.items():
        path: Path = ("milestones", name)
        for index, rate in enumerate(term.rates):
            yield from check_dated(contract, rate, (*path, "rates", index))
        yield from _check_unreached_rates(term, path)
        yield from _check_bands(term, path)
        yield from _check_changes(contract, term, path)
        if term.paid_for == 0:
            fault = Fault(
                code="pays_nothing",
                problem="no part of any claim is paid",
                found="0%",
                hint="Write price: 0.00 for a milestone that is tracked and not paid",
            )
            yield Diagnostic((*path, "paid_for"), fault)
    late = contract.calendar.evidence
    if late.late_pays is not None and late.late == "nothing":
        fault = Fault(
            code="late_pays_nothing",
            problem="late evidence earns nothing, and a share of the price",
            hint="Write late: next claim beside late_pays, or take late_pays out",
        )
        place: Path = ("calendar", "evidence", "late_pays")
        yield Diagnostic(place, fault, (("calendar", "evidence", "late"),))


def prices_of(contract: Contract) -> Iterator[tuple[Path, Decimal]]:
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


def _check_prices_in(contract: Contract) -> Diagnostics:
    terms = contract.prices_in
    if terms is not None:
        yield from check_currency(terms.currency, ("prices_in", "currency"))
        if terms.currency == contract.currency and terms.currency in CURRENCIES:
            fault = Fault(
                code="same_currency",
                problem=f"prices and payments are both in {terms.currency}",
                hint="Take prices_in out, or name the other currency",
            )
            yield Diagnostic(("prices_in", "currency"), fault, (("currency",),))
    rests: tuple[Path, ...] = (("currency",), ("prices_in", "currency"))
    for path, amount in prices_of(contract):
        yield from check_amount(amount, contract.currency_of_prices, path, rests)


def _check_indices(contract: Contract) -> Diagnostics:
    for name, values in contract.indices.items():
        for index, (before, after) in enumerate(pairwise(values), 1):
            if after.from_ <= before.from_:
                fault = Fault(
                    code="not_in_order",
                    problem="a value of the index stands from the same day as the one before it,"
                    " or earlier",
                    found=str(after.from_),
                    allowed=f"a day after {before.from_}",
                )
                yield Diagnostic(("indices", name, index, "from"), fault)


def _check_unreached_rates(term: Milestone, path: Path) -> Diagnostics:
    always = [at for at, one in enumerate(term.rates) if not (one.only or one.from_ or one.through)]
    for index in range(always[0] if always else len(term.rates), len(term.rates)):
        is_first = index == always[0]
        fault = Fault(
            code="always_applies" if is_first else "never_applies",
            problem="this rate always applies, so that the price itself never does"
            if is_first
            else "an earlier rate always applies, so that this one never does",
            hint="Say whom it is for under only, or from and through which day",
        )
        yield Diagnostic((*path, "rates", index), fault, ((*path, "rates"),))


def _check_bands(term: Milestone, path: Path) -> Diagnostics:
    for index, (before, after) in enumerate(zip(term.bands, term.bands[1:], strict=False), 1):
        if after.after <= before.after:
            fault = Fault(
                code="not_in_order",
                problem="a band starts after as many claims as the one before it, or fewer",
                found=f"after {after.after}",
                allowed=f"more than {before.after}",
            )
            yield Diagnostic((*path, "bands", index, "after"), fault)
    if term.bands and (term.rates or term.changes or term.rounded):
        fault = Fault(
            code="bands_beside_rates",
            problem="bands stand beside rates or changes, and which price comes first is not said",
            hint="Write a milestone for each, with the same condition",
        )
        yield Diagnostic((*path, "bands"), fault)


def _check_changes(contract: Contract, term: Milestone, path: Path) -> Diagnostics:
    for index, change in enumerate(term.changes):
        place: Path = (*path, "changes", index)
        if isinstance(change, Dated):
            yield from check_dated(contract, change, place)
        yield from change.errors(contract, place)
    if term.rounded is None:
        return
    if term.rounded.to <= 0:
        fault = Fault(
            code="rounded_to_nothing",
            problem="a price cannot be rounded to steps of nothing",
            allowed="an amount above 0, such as 1.00 or 0.50",
        )
        yield Diagnostic((*path, "rounded", "to"), fault)
    if not term.changes:
        fault = Fault(
            code="nothing_to_round",
            problem="the price is rounded and nothing changes it",
            hint="Write the rounded price, or the changes that it is rounded after",
        )
        yield Diagnostic((*path, "rounded"), fault, ((*path, "changes"),))
