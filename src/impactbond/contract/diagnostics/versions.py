"""Whether versions of a contract follow on each other: what was settled under one must stay
settled under the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import chain, pairwise

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.errors import Fault
from impactbond.terms.calendar import PaymentTerms
from impactbond.terms.diagnostic import listing
from impactbond.terms.metrics import Metric

Faults = Iterator[Fault]


def check_versions(versions: Sequence[Contract]) -> list[Fault]:
    """Every fault between versions in the order of their numbers, each in the later one's file."""
    faults = list(_check_numbers(versions))
    if faults:
        return faults
    faults += _check_corrections(versions)
    faults += _check_pricing([one.terms for one in Versions(tuple(versions)).stretches])
    checks: tuple[Callable[[Contract, Contract], Faults], ...] = (
        *(_check_identity, _check_dates, _check_periods, _check_funders),
        *(_check_metrics, _check_names, _check_tranches),
    )
    for old, new in pairwise(versions):
        faults += chain.from_iterable(check(old, new) for check in checks)
    return faults


def _fault(
    contract: Contract, term: str, code: str, problem: str, found: object = "", allowed: str = ""
) -> Fault:
    where = f"version {contract.version.number} > {term}"
    file, text = contract._source_name, str(found)
    return Fault(file=file, clause=where, code=code, problem=problem, found=text, allowed=allowed)


def _check_numbers(versions: Sequence[Contract]) -> Faults:
    first = versions[0]
    if first.version.kind != "original":
        problem = "the first version is not the original"
        yield _fault(first, "kind", "no_original", problem, first.version.kind, "original")
    for wanted, contract in enumerate(versions, 1):
        number = contract.version.number
        if number != wanted:
            problem = f"there are two versions {number}" if number < wanted else "a version is lost"
            yield _fault(contract, "number", "number_gap", problem, number, str(wanted))
            return
        if wanted > 1 and contract.version.kind == "original":
            problem = "a later version is an amendment or a correction"
            kinds = "amendment, correction"
            yield _fault(contract, "kind", "second_original", problem, "original", kinds)


def _check_corrections(versions: Sequence[Contract]) -> Faults:
    for contract in versions:
        version = contract.version
        if version.kind != "correction":
            if version.corrects is not None:
                problem = "only a correction puts another version right"
                yield _fault(contract, "corrects", "no_correction", problem, version.kind)
            continue
        if version.corrected >= version.number:
            problem = "a correction puts an earlier version right"
            yield _fault(contract, "corrects", "corrects_later", problem, version.corrected)
            continue
        corrected = versions[version.corrected - 1].version
        yield from _check_results(versions[version.corrected - 1], contract)
        if version.effective_on != corrected.effective_on:
            problem = "a correction takes effect with the version that it corrects, "
            problem += f"version {corrected.number}"
            allowed, effective = str(corrected.effective_on), version.effective_on
            yield _fault(contract, "effective_on", "correction_moves", problem, effective, allowed)


def _check_results(corrected: Contract, contract: Contract) -> Faults:
    for name, result in corrected.results.items():
        if name not in contract.results:
            continue
        same_group = contract.results[name].each == result.each
        if not same_group or contract.fundings_of(name) != corrected.fundings_of(name):
            problem = f"a correction leaves alone who pays for the result '{name}', and for whom"
            yield _fault(contract, f"results > {name}", "other_result", problem)


def _check_pricing(in_force: Sequence[Contract]) -> Faults:
    """What is worked out on all claims of a milestone together stays as it is, where no day of
    theirs tells which version they are under.
    """
    if in_force[-1].governs == "milestones achieved":
        return
    for old, new in pairwise(in_force):
        for name in new.milestones:
            if name in old.milestones and _priced(old, name) != _priced(new, name):
                problem = (
                    f"what is paid of '{name}' is worked out on all of its claims together (bands, "
                    "a part, another currency), and changes while some are under an earlier version"
                )
                allowed = (
                    "keep it, pay a milestone of another name, or govern by milestones achieved"
                )
                term, found = f"milestones > {name}", f"governs: {in_force[-1].governs}"
                yield _fault(new, term, "other_pricing", problem, found, allowed)


def _priced(contract: Contract, name: str) -> tuple[object, ...]:
    """All of the price of a milestone but what is told of each of its claims."""
    term, other = contract.milestones[name], contract.prices_in
    found = (term.paid_for or 1, None if other is None else (other.currency, other.rate))
    if not term.bands:
        return found
    bands = [(band.after, band.price) for band in term.bands]
    late = contract.calendar.evidence.late_pays
    return (*found, term.price, bands, late, contract.discounts_of(name))


def _check_identity(old: Contract, new: Contract) -> Faults:
    alike = [one.rounding.model_dump(exclude={"clause", "odd_penny"}) for one in (old, new)]
    if alike[0] != alike[1]:
        problem = "pennies are cut in another way while running totals stand"
        yield _fault(new, "rounding", "other_rounding", problem)
    for term, code in (("contract", "other_contract"), ("provider", "other_provider")):
        was, now = getattr(old, term), getattr(new, term)
        if was != now:
            problem = f"a version has the same {term} as the one before"
            yield _fault(new, term, code, problem, now, was)
    if old.currency != new.currency:
        problem = "the currency changes while money in the old one stands"
        yield _fault(new, "currency", "other_currency", problem, new.currency, old.currency)


def _check_dates(old: Contract, new: Contract) -> Faults:
    was, now = old.version, new.version
    if now.signed_on < was.signed_on:
        problem = f"signed before version {was.number}"
        allowed = f"{was.signed_on} or later"
        yield _fault(new, "signed_on", "signed_before", problem, now.signed_on, allowed)
    if now.kind == "amendment" and now.effective_on < was.effective_on:
        problem = f"takes effect before version {was.number}"
        allowed = f"{was.effective_on} or later"
        yield _fault(new, "effective_on", "effective_before", problem, now.effective_on, allowed)
    last = new.calendar.claim_date(new.calendar.periods[-1])
    if now.signed_on > last:
        problem = "signed after the last claim date: nothing could be settled under it"
        yield _fault(new, "signed_on", "signed_too_late", problem, now.signed_on, f"by {last}")


def _working_days(terms: PaymentTerms) -> str:
    """What makes a day a working day, as a contract writes it."""
    days = terms.bank_holidays
    place = terms.working_days_of or (listing(days) if isinstance(days, tuple) else str(days))
    week = (
        "" if terms.weekend == ("Saturday", "Sunday") else f"; weekend {', '.join(terms.weekend)}"
    )
    return f"{place}{week}"


def _check_periods(old: Contract, new: Contract) -> Faults:
    days, allowed = (_working_days(one.calendar.payment) for one in (new, old))
    if days != allowed:
        problem = "working days are others than before"
        yield _fault(new, "calendar > payment", "other_working_days", problem, days, allowed)
    if old.calendar.claims.made != new.calendar.claims.made:
        problem = "claims are made at another time than before"
        made = new.calendar.claims.made
        allowed = f"{old.calendar.claims.made} after the period"
        yield _fault(new, "calendar > claims > made", "other_dates", problem, made, allowed)
    was, now = old.calendar.periods, new.calendar.periods
    shared = min(len(was), len(now))
    for place, (before, after) in enumerate(zip(was, now, strict=False), 1):
        # The last period of a term that is cut short or made longer may end on another day.
        is_cut = place == shared and (before.label, before.first) == (after.label, after.first)
        if before != after and not is_cut:
            problem = f"the period {after.label} is not the period that it was"
            found, allowed = _days(after.first, after.last), _days(before.first, before.last)
            yield _fault(new, "calendar", "other_periods", problem, found, allowed)
            return


def _days(first: date, last: date) -> str:
    return f"{first} through {last}"


def _check_funders(old: Contract, new: Contract) -> Faults:
    for name in _that_pay(old):
        if name not in new.funders:
            problem = f"the funder '{name}' is gone while claims that it pays for stand"
            allowed = "keep it; without a share it pays nothing new"
            yield _fault(new, "funders", "funder_gone", problem, allowed=allowed)
        elif old.funders[name].each != new.funders[name].each:
            problem = f"the funder '{name}' is told apart by another attribute than before"
            allowed = old.funders[name].each or "none"
            found = new.funders[name].each or "none"
            yield _fault(new, f"funders > {name}", "other_each", problem, found, allowed)


def _that_pay(contract: Contract) -> list[str]:
    """The funders that some rule of a contract names."""
    named = contract.pays_unshared.union(*(rule.shares for rule in contract.funding))
    return [name for name in contract.funders if name in named]


def _check_metrics(old: Contract, new: Contract) -> Faults:
    for name, metric in old.metrics.items():
        if name not in new.metrics:
            continue
        was, now = _kept_as(metric), _kept_as(new.metrics[name])
        if was[:2] != now[:2]:
            problem = f"the metric '{name}' is of another kind, or has other decimals, than before"
            found, allowed = (f"{one[0]}, decimals {one[1]}" for one in (now, was))
            yield _fault(new, f"metrics > {name}", "other_metric", problem, found, allowed)
        elif now[2][: len(was[2])] != was[2]:
            problem = f"the marks of the metric '{name}' are not those from before, then new ones"
            found, allowed = (", ".join(one[2]) for one in (now, was))
            yield _fault(new, f"metrics > {name}", "other_marks", problem, found, allowed)
        elif new.metrics[name].slot_names != metric.slot_names:
            problem = f"the slots of the metric '{name}' are others than before"
            slots = (new.metrics[name].slot_names, metric.slot_names)
            found, allowed = (", ".join(one) or "none" for one in slots)
            yield _fault(new, f"metrics > {name} > slots", "other_slots", problem, found, allowed)


def _kept_as(metric: Metric) -> tuple[str, int, tuple[str, ...]]:
    """What decides how a value of the metric is kept: its kind, its decimals, its marks."""
    return metric.kind, metric.places, metric.choices


def _check_names(old: Contract, new: Contract) -> Faults:
    kinds = ("milestones", "results", "fees")
    for kind in kinds:
        others = {name for other in kinds if other != kind for name in getattr(old, other)}
        for name in getattr(new, kind):
            if name in others:
                problem = f"'{name}' stood for something else that is paid for"
                yield _fault(new, f"{kind} > {name}", "other_payable", problem)


def _check_tranches(old: Contract, new: Contract) -> Faults:
    for name, tranche in old.tranches.items():
        if name not in new.tranches and tranche.on <= new.version.signed_on:
            problem = f"the up-front payment '{name}' was made before and is gone"
            yield _fault(new, "tranches", "tranche_gone", problem, allowed="keep it as it is")
