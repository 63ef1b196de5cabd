"""What one participant is paid: what moved on each line, what limits kept back, every funder's
part; and the terms that can change it, each with what it says and its clause.

Nothing is settled again: running totals are read off the settlement's own lines and shares, and
must come out as the boundaries at which it cut them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.wording.calendar import claims_words, late_words, year_words
from impactbond.contract.wording.parties import commitments, governs_words, places_words, rate_words
from impactbond.contract.wording.payables import fee_rule, paid_words, price_terms
from impactbond.contract.wording.words import ContractWords, money
from impactbond.dates import between, said_place
from impactbond.errors import InvariantError
from impactbond.explanation.parts import (
    ConditionExplained,
    EvidenceRow,
    Line,
    ParticipantRow,
    Passed,
    ShareOfLine,
    Stated,
    columns_of,
)
from impactbond.money import show, show_share
from impactbond.reasons import Because, LineKind
from impactbond.settlement.funding import UNFUNDED, ShareRule, named_rule
from impactbond.settlement.limits import DISPUTE, RELIEF, headroom_pence
from impactbond.settlement.schedule import due_on
from impactbond.settlement.settlement import Settlement
from impactbond.terms.calendar import PaymentTerms
from impactbond.terms.funding import LEFT_OVER, shares_of
from impactbond.terms.limits import Limit
from impactbond.terms.words import listed, plain


def lines_of(settlement: Settlement, participant: str, until: date) -> list[dict[str, Any]]:
    """The lines of a participant up to a claim date, in history order."""
    lines = settlement.lines_table
    rows = lines.filter(pc.equal(lines["participant"], participant)).to_pylist()
    return [row for row in rows if row["claim_date"] <= until]


def explained_line(
    settlement: Settlement,
    row: Mapping[str, Any],
    evidence_since: tuple[EvidenceRow, ...] = (),
    participant_rows_since: tuple[ParticipantRow, ...] = (),
) -> Line:
    """One line, with the rows that were recorded since the claim date before."""
    contract = settlement.terms_on(row["claim_date"])
    rule = named_rule(settlement.contract, row["share_rule"])
    after = _running(settlement, row)
    before = after - row["entitled_pence"]
    names = row["withheld_by"].split("; ")
    limits = (limit for limit in contract.limits_on_the_whole if limit.name in names)
    told = {
        "due_on": due_on(contract, row["claim_date"], settlement.holidays),
        "sentence": _sentence(contract, row),
        "limits": tuple(_stated_limit(contract, limit) for limit in limits),
        "share_clause": contract.funding[rule.funding].clause,
        "running_before_pence": before,
        "running_after_pence": after,
        "shares": _shares(settlement, row, rule, before, after),
        "evidence_since": evidence_since,
        "participant_rows_since": participant_rows_since,
    }
    return Line(**(columns_of(Line, row) | told))


def _running(settlement: Settlement, row: Mapping[str, Any]) -> int:
    """What was let through under the line's share rule up to and with the line."""
    lines = settlement.lines_table
    so_far = lines.slice(0, pc.index(lines["line"], row["line"]).as_py() + 1)
    under = so_far.filter(pc.equal(so_far["share_rule"], row["share_rule"]))
    return int(pc.sum(under["entitled_pence"]).as_py())


def _shares(
    settlement: Settlement, row: Mapping[str, Any], rule: ShareRule, before: int, after: int
) -> tuple[ShareOfLine, ...]:
    running = np.array([before, after], dtype=np.int64)
    boundaries = rule.cut(running, settlement.contract.rounding.rule)
    bounds = dict(zip(rule.funders, boundaries.T.tolist(), strict=True))
    fractions = dict(zip(rule.funders, rule.shares, strict=True))
    names = {funder.id: funder.name for funder in settlement.funders.all}
    shares = settlement.shares_table
    parts = shares.filter(pc.equal(shares["line"], row["line"])).to_pylist()
    moved = {part["funder"]: part["moved_pence"] for part in parts}
    flows = _passed_on(settlement, moved, row["claim_date"])
    found = []
    for part in parts:
        funder = part["funder"]
        start, end = bounds.get(funder, (0, 0))
        if end - start != part["value_pence"] - part["withheld_pence"]:
            raise InvariantError("a share of a line is not its share of the running total")
        told = {
            "name": names[funder],
            "share": fractions.get(funder, Fraction(0)),
            "share_before_pence": start,
            "share_after_pence": end,
            "passed": tuple(one for one in flows if funder in (one.from_funder, one.to_funder)),
        }
        found.append(ShareOfLine(**(columns_of(ShareOfLine, part) | told)))
    if sum(share.amount_pence for share in found) != row["entitled_pence"]:
        raise InvariantError("the shares of a line do not add up to it")
    return tuple(found)


def _passed_on(settlement: Settlement, moved: Mapping[str, int], day: date) -> Sequence[Passed]:
    """What each funder limit passed on within one line of a claim date, from what every funder took
    over net.

    What a funder passes on is what it took over before its own limit, less what it took over net.
    """
    contract, funders = settlement.terms_on(day), settlement.funders
    received: defaultdict[str, int] = defaultdict(int)
    found = []
    for limit in contract.limits_on_funders:
        target = UNFUNDED if limit.taker is None else limit.taker
        for place in funders.of_term(limit.on_funder):
            funder = funders.all[place].id
            amount = received[funder] - moved.get(funder, 0)
            if amount:
                received[target] += amount
                at_most = headroom_pence(contract, limit, day)
                found.append(Passed(limit.name, at_most, limit.clause, funder, target, amount))
    return found


def _sentence(contract: Contract, row: Mapping[str, Any]) -> str:
    def pounds(column: str) -> str:
        return show(row[column], contract.currency)

    told = Because(row["because"]).sentence
    is_milestone = row["milestone"] in contract.milestones
    priced_in = contract.currency_of_prices if is_milestone else contract.currency
    is_product = row["quantity"] * row["price_pence"] == row["value_pence"]
    if is_product and priced_in == contract.currency and row["quantity"]:
        told += f": {row['quantity']} × {pounds('price_pence')} = {pounds('value_pence')}"
    elif row["value_pence"]:
        told += f": {pounds('value_pence')}"
        if row["quantity"]:
            price = show(row["price_pence"], priced_in)
            told += f" for {row['quantity']} at {price}, as the terms of the price say"
    if row["withheld_pence"]:
        word = "withheld" if row["withheld_pence"] > 0 else "no longer withheld"
        amount = show(abs(row["withheld_pence"]), contract.currency)
        told += f"; {amount} {word} ({_reasons(row['withheld_by'])})"
    if row["kind"] == LineKind.ADJUSTMENT:
        closed = f"because {row['period']}, in which it was achieved, was closed before"
        told += f"; an adjustment, {closed}"
    return told


def _reasons(withheld_by: str) -> str:
    """Why something is held back: a dispute, relief that is paid instead, or limits."""
    named = [name for name in withheld_by.split("; ") if name]
    told = [name if name.startswith((DISPUTE, RELIEF)) else f"limit on {name}" for name in named]
    return "; ".join(told)


def stated_terms(
    contract: Contract,
    milestone: str,
    findings: Iterable[ConditionExplained],
    metrics: Iterable[str],
) -> tuple[Stated, ...]:
    """Every term that the payment of a milestone rests on, beside the condition itself."""
    told = (one for top in findings for finding in top.walk() for one in finding.windows)
    windows = {
        one.name: Stated(
            f"window '{one.name}'", f"{one.phrase}: {one.first} through {one.last}", ""
        )
        for one in told
    }
    measured = {name: contract.metrics[name] for name in metrics}
    paying = _paying(contract, milestone)
    return (
        *_of_contract(contract),
        *_frame(contract),
        *_price(contract, milestone),
        *windows.values(),
        *(Stated(f"metric {name}", of.definition(), of.clause) for name, of in measured.items()),
        *_calendar(contract),
        *_funding(contract, milestone),
        *_limits(contract, milestone, paying),
        *_commitments(contract, paying),
        *_tranches(contract, paying),
    )


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
    yield Stated("evidence", f"{in_time}; {late_words(contract)}", evidence.clause)
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
            yield _stated_limit(contract, limit)


def _stated_limit(contract: Contract, limit: Limit) -> Stated:
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
