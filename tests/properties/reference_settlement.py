"""The plain reference settlement: who owes what, worked out one claim at a time.

To be read beside the paper contract. Amounts are whole pence, shares exact fractions. It takes
nothing but terms from the contract package and shares no code with the engine, whose balances
must be the same as these.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from itertools import product
from typing import Any, NamedTuple

from tests.properties.reference import Claim, claim_dates, pence
from tests.properties.reference_limits import (
    Place,
    Rule,
    Share,
    funder_of,
    is_on_a_funder,
    let_through,
    most_of,
    told_apart,
)
from tests.properties.reference_values import nearest

from impactbond.contract.contract import Contract
from impactbond.terms.funding import Tranche

UNFUNDED = "unfunded"
EVERY_MILESTONE = ("every milestone",)
# By the number of the limit, the funder, and the year where the limit is on each.
Shares = dict[tuple[int, str, int], Share]


class Standing(NamedTuple):
    """What one claim is worth to date, and what the limits on the whole let through of it."""

    value_pence: int
    payable_pence: int


@dataclass
class Part:
    """One funder's part of one line, or of everything to date."""

    value_pence: int = 0
    withheld_pence: int = 0
    moved_pence: int = 0

    @property
    def amount_pence(self) -> int:
        """What the funder pays for it."""
        return self.value_pence - self.withheld_pence + self.moved_pence


@dataclass(frozen=True)
class Line:
    """What moved for one claim at one claim date, and each funder's part of that."""

    claim_date: date
    claim: Claim
    value_pence: int
    payable_pence: int
    parts: Mapping[str, Part]


@dataclass(frozen=True)
class Balance:
    """One funder at one claim date: everything to date, what was settled before, what is due.

    The amount is what the funder's lines add up to, after its limit and before up-front money.
    """

    claim_period: str
    claim_date: date
    funder: str
    value_pence: int
    withheld_pence: int
    moved_pence: int
    amount_pence: int
    on_account_pence: int
    settled_pence: int
    due_pence: int

    @property
    def entitled_pence(self) -> int:
        """What the provider earned that is this funder's to pay, before the limits on the whole."""
        return self.value_pence + self.moved_pence


def settle(
    contract: Contract, claims_by_date: Sequence[tuple[date, Sequence[Claim]]]
) -> list[Balance]:
    """Every funder's balance at every claim date; a funder is listed from its first part on.

    What lies beyond a limit and is paid by nobody is withheld, and never due.
    """
    lines = history(contract, claims_by_date)
    settled: dict[str, int] = defaultdict(int)
    earned: dict[date, dict[str, int]] = {}
    found: list[Balance] = []
    for claim_date, _ in claims_by_date:
        totals = to_date([line for line in lines if line.claim_date <= claim_date])
        paid = paid_up_front(contract, claim_date)
        held = held_on_account(contract, totals, paid, earned, claim_date)
        earned[claim_date] = {funder: part.amount_pence for funder, part in totals.items()}
        for funder in in_order(contract, {*totals, *(name for _, name in paid), *settled}):
            total = totals.get(funder, Part())
            on_account = sum(part for (_, payer), part in held.items() if payer == funder)
            unfunded = total.amount_pence if funder == UNFUNDED else 0
            due = total.amount_pence - unfunded + on_account - settled[funder]
            found.append(
                Balance(
                    claim_period=claim_period(contract, claim_date),
                    claim_date=claim_date,
                    funder=funder,
                    value_pence=total.value_pence,
                    withheld_pence=total.withheld_pence + unfunded,
                    moved_pence=total.moved_pence,
                    amount_pence=total.amount_pence,
                    on_account_pence=on_account,
                    settled_pence=settled[funder],
                    due_pence=due,
                )
            )
            settled[funder] += due
    return found


def history(
    contract: Contract, claims_by_date: Sequence[tuple[date, Sequence[Claim]]]
) -> list[Line]:
    """What moved at every claim date, claim by claim; it only grows."""
    before: dict[Place, tuple[Claim, Standing]] = {}
    claims_known: dict[Place, Claim] = {}
    gross: dict[Rule, int] = defaultdict(int)
    net: dict[Rule, int] = defaultdict(int)
    asked: Shares = {}
    lines: list[Line] = []
    paid: dict[str, int] = defaultdict(int)
    for claim_date, claims in claims_by_date:
        released = release(contract, asked, claim_date)
        for place in sorted(released):
            leave_over(contract, released[place], paid)
        lines += [
            Line(claim_date, claims_known[place], 0, 0, released[place]) for place in released
        ]
        now = standings(contract, claims, claim_date)
        for place in sorted({*before, *now}):
            claim, old = before.get(place, (None, Standing(0, 0)))
            claim, new = now.get(place, (claim, Standing(0, 0)))
            assert claim is not None
            claims_known[place] = claim
            value = new.value_pence - old.value_pence
            payable = new.payable_pence - old.payable_pence
            if value or payable or (place in before) != (place in now):
                values = share_out(contract, claim, gross, value)
                payables = share_out(contract, claim, net, payable)
                parts = {
                    funder: Part(values[funder], values[funder] - payables[funder])
                    for funder in values
                }
                pass_on(contract, place, claim, parts, asked, claim_date)
                leave_over(contract, parts, paid)
                lines.append(Line(claim_date, claim, value, payable, parts))
        before = now
    return lines


def standings(
    contract: Contract, claims: Sequence[Claim], claim_date: date
) -> dict[Place, tuple[Claim, Standing]]:
    """What every claim is worth, and what the limits on the whole let through of it."""
    placed = {place_of(contract, claim): claim for claim in claims}
    assert len(placed) == len(claims)
    payable = {place: claim.price_pence for place, claim in placed.items()}
    for limit in contract.limits:
        if not is_on_a_funder(limit):
            payable = let_through(contract, limit, placed, payable, claim_date)
    return {
        place: (claim, Standing(claim.price_pence, payable[place]))
        for place, claim in placed.items()
    }


def place_of(contract: Contract, claim: Claim) -> Place:
    """Where a claim stands in the order of settlement."""
    milestone = list(contract.milestones).index(claim.milestone)
    rule, apart = rule_of(contract, claim), told_apart(contract, claim)
    day, price = claim.achieved_on, claim.price_pence
    return Place(claim.period, day, milestone, rule, price, apart, claim.participant)


def rule_of(contract: Contract, claim: Claim) -> Rule:
    """The share rule that a claim is under."""
    for entry, funding in enumerate(contract.funding):
        is_named = funding.for_ == EVERY_MILESTONE or claim.milestone in funding.for_
        is_in_time = (
            (funding.from_ or date.min) <= claim.achieved_on <= (funding.through or date.max)
        )
        is_for = all(claim.attributes[name] in values for name, values in funding.only.items())
        if is_named and is_in_time and is_for:
            return Rule(entry, tuple(resolve(contract, funder, claim) for funder in funding.shares))
    raise ValueError("nobody funds the milestone")


def resolve(contract: Contract, funder: str, claim: Claim) -> str:
    """The funder that is meant for a claim: where there is one for each school, the child's own."""
    each = contract.funders[funder].each
    return funder if each is None else f"{funder}: {claim.attributes[each]}"


def share_out(
    contract: Contract, claim: Claim, running: dict[Rule, int], moved: int
) -> dict[str, int]:
    """Each funder's part of a movement: by how much its part of the running total grows."""
    rule = rule_of(contract, claim)
    shares = contract.funding[rule.entry].shares
    was = cut(contract, running[rule], shares)
    running[rule] += moved
    now = cut(contract, running[rule], shares)
    return {name: now[index] - was[index] for index, name in enumerate(rule.funders)}


def cut(contract: Contract, total: int, shares: Mapping[str, Fraction | None]) -> list[int]:
    """A total in parts: between boundaries that are the rounded cumulative shares of the total."""
    stated = sum(share for share in shares.values() if share is not None)
    cumulative = Fraction(0)
    boundary = 0
    parts = []
    for share in shares.values():
        cumulative += 1 - stated if share is None else share
        parts.append(nearest(contract, total * cumulative) - boundary)
        boundary = nearest(contract, total * cumulative)
    return parts


def leave_over(contract: Contract, parts: dict[str, Part], paid: dict[str, int]) -> None:
    """What is no whole unit of payment of all that a funder pays to date is nobody's as yet."""
    if contract.rounding.to is None:
        return
    unit = int(contract.rounding.to * 10**contract.decimals)
    for funder in [name for name in parts if name != UNFUNDED]:
        over_before = paid[funder] % unit
        paid[funder] += parts[funder].amount_pence
        left = paid[funder] % unit - over_before
        if left:
            parts[funder].moved_pence -= left
            parts.setdefault(UNFUNDED, Part()).moved_pence += left


def pass_on(
    contract: Contract, place: Place, claim: Claim, parts: dict[str, Part], asked: Shares,
    claim_date: date,
) -> None:  # fmt: skip
    """Move to another funder what lies beyond each funder limit, in the stated order.

    `asked` is what each limited funder was asked for to date, in all or of one year: by its own
    shares, and by others who passed on to it.
    """
    for number, limit in enumerate(contract.limits):
        if not is_on_a_funder(limit):
            continue
        funder = resolve(contract, funder_of(limit), claim)
        if funder not in parts:
            continue
        year = contract.calendar.year_of(claim.achieved_on) if limit.is_yearly else 0
        share = asked.setdefault((number, funder, year), Share())
        share.most = most_of(contract, limit, claim_date)
        beyond = share.ask(place, parts[funder].amount_pence)
        if beyond:
            parts[funder].moved_pence -= beyond
            parts.setdefault(taker(limit), Part()).moved_pence += beyond


def release(contract: Contract, asked: Shares, claim_date: date) -> dict[Place, dict[str, Part]]:
    """What funders pay, on a claim date, of what they had left unpaid and now have room for."""
    found: dict[Place, dict[str, Part]] = {}
    for (number, funder, _), share in asked.items():
        limit = contract.limits[number]
        most = most_of(contract, limit, claim_date)
        for place, amount in share.release(most, taker(limit) == UNFUNDED).items():
            parts = found.setdefault(place, {})
            parts.setdefault(funder, Part()).moved_pence += amount
            parts.setdefault(UNFUNDED, Part()).moved_pence -= amount
    return dict(sorted(found.items()))


def taker(limit: Any) -> str:
    """Who takes over what lies beyond a funder's limit."""
    return UNFUNDED if limit.beyond == "unpaid" else str(limit.beyond.funder)


def to_date(lines: Sequence[Line]) -> dict[str, Part]:
    """Each funder's parts of all these lines together."""
    totals: dict[str, Part] = defaultdict(Part)
    for line in lines:
        for funder, part in line.parts.items():
            totals[funder].value_pence += part.value_pence
            totals[funder].withheld_pence += part.withheld_pence
            totals[funder].moved_pence += part.moved_pence
    return dict(totals)


def paid_up_front(contract: Contract, claim_date: date) -> dict[tuple[str, str], int]:
    """What each funder has paid of each tranche, in the claim period of the tranche's date."""
    paid = {}
    for name, tranche in contract.tranches.items():
        if claim_date_of(contract, tranche) <= claim_date:
            parts = cut(contract, pence(contract, tranche.pay), tranche.by)
            paid.update(
                {(name, funder): part for funder, part in zip(tranche.by, parts, strict=True)}
            )
    return paid


def claim_date_of(contract: Contract, tranche: Tranche) -> date:
    """The claim date of the period that a tranche's date is in."""
    return next(
        contract.calendar.claim_date(period)
        for period in contract.calendar.periods
        if period.first <= tranche.on <= period.last
    )


def held_on_account(
    contract: Contract,
    totals: Mapping[str, Part],
    paid: Mapping[tuple[str, str], int],
    earned: Mapping[date, Mapping[str, int]],
    claim_date: date,
) -> dict[tuple[str, str], int]:
    """What was paid up-front under each tranche by each funder, less what came back of it.

    Each tranche comes back as a share of what the funder came to owe since, as far as earlier
    tranches leave anything of its amount to date; sooner, tranche by tranche, where the two
    together would exceed a limit of the funder or of the contract. `earned` is what each funder
    owed to date at every earlier claim date.
    """
    held = {}
    came_back: dict[str, int] = defaultdict(int)
    for (name, payer), part in paid.items():
        tranche = contract.tranches[name]
        amount = totals.get(payer, Part()).amount_pence
        before = [day for day in earned if day < claim_date_of(contract, tranche)]
        since = max(0, amount - (earned[max(before)].get(payer, 0) if before else 0))
        left = max(0, amount - came_back[payer])
        back = min(part, nearest(contract, since * tranche.recovered.at), left)
        came_back[payer] += back
        held[name, payer] = part - back
    for limit in contract.limits:
        for place in product(contract.tranches, contract.funders):
            if place in held and counts_towards(limit, place[1]):
                asked = [part for (_, payer), part in held.items() if counts_towards(limit, payer)]
                asked += [one.amount_pence for n, one in totals.items() if counts_towards(limit, n)]
                over = max(0, sum(asked) - most_of(contract, limit, claim_date))
                held[place] -= min(held[place], over)
    if claim_date == claim_dates(contract)[-1]:
        for name, payer in held:
            if contract.tranches[name].left_over == "returned":
                held[name, payer] = 0
    return held


def counts_towards(limit: Any, funder: str) -> bool:
    """Whether all that a funder pays, up-front too, counts towards a limit."""
    if is_on_a_funder(limit):
        return funder == funder_of(limit) and not limit.is_yearly
    if limit.key != "contract" or limit.at_most.of != "money":
        return False
    is_on_some = limit.each is not None or limit.only or limit.besides
    return not is_on_some and funder != UNFUNDED


def claim_period(contract: Contract, claim_date: date) -> str:
    """The label of the period whose claim is made on that date."""
    labels = [period.label for period in contract.calendar.periods]
    return labels[claim_dates(contract).index(claim_date)]


def in_order(contract: Contract, funders: set[str]) -> list[str]:
    """The funders in the contract's order, those of one entry by name, what nobody pays last."""
    named = list(contract.funders)

    def order(funder: str) -> tuple[int, str]:
        family = next(
            (name for name in named if funder == name or funder.startswith(f"{name}: ")), None
        )
        return (len(named) if family is None else named.index(family), funder)

    return sorted(funders, key=order)
