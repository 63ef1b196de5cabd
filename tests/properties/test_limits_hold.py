"""Promise 2: no limit is ever exceeded, at any date. And limits let through what the plain
reference lets through, for lots and for single claims alike.

Claims are drawn without evidence, so that many contracts can be settled in little time.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from math import floor

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tests.properties import drawn, drawn_money, reference_settlement
from tests.properties.reference import Claim, pence
from tests.properties.reference_limits import group_of, is_limited, is_named, most_of

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number, from_day_number
from impactbond.evaluation.claims import Counted
from impactbond.settlement.closed_lines import ClosedLines
from impactbond.settlement.funding import UNFUNDED, Funders
from impactbond.settlement.limits import settles_in_order
from impactbond.settlement.lot_settlement import LotSettlement, settle_in_order, settle_lots
from impactbond.settlement.lots import Lots, Numbers, Rulebook
from impactbond.settlement.make_lots import make_lots
from impactbond.settlement.movements import Movements, none_yet
from impactbond.terms.limits import ShareLimit, WholeLimit

History = list[tuple[date, list[Claim]]]
NOTHING_CLOSED = ClosedLines([], none_yet(1))
AMOUNTS = ("value", "moved", "entitled", "withheld", "on_account", "settled", "due")
thorough = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    max_examples=int(os.environ.get("IMPACTBOND_LIMITS", "50")),
)


@dataclass(frozen=True)
class Case:
    """A contract with claims to date at every claim date."""

    contract: Contract
    history: History


@st.composite
def cases(draw: st.DrawFn) -> Case:
    contract = draw(drawn_money.contracts())
    return Case(contract, draw(drawn.histories(contract)))


def settled(
    case: Case, *, singly: bool, closed: ClosedLines = NOTHING_CLOSED, opens: int = 0
) -> tuple[LotSettlement, Funders]:
    """The engine's settlement of the claims, as lots or one by one."""
    lots, funders, quantities = _in_lots(case, singly, closed)
    course = (closed.in_lots(lots), opens)
    return settle_lots(case.contract, lots, funders, quantities[None], *course), funders


def _in_lots(case: Case, singly: bool, closed: ClosedLines) -> tuple[Lots, Funders, Numbers]:
    """The claims as lots, with quantities to date shaped (claim date, lot)."""
    contract = case.contract
    names = tuple(contract.participants.attributes)
    held = sorted({_held(one, names) for _, claims in case.history for one in claims})
    segments = {number: dict(zip(names, values, strict=True)) for number, values in enumerate(held)}
    rulebook = Rulebook(Versions.of(contract), [segments])
    funders = Funders.of(contract, rulebook.all)
    rows = [
        Counted(
            number,
            contract.payables.index(one.milestone),
            day_number(one.achieved_on),
            held.index(_held(one, names)),
            1,
            one.participant if singly else "",
        )
        for number, (_, claims) in enumerate(case.history)
        for one in claims
    ]
    lots, quantities = make_lots(rulebook, [rows], len(case.history), closed.keys)
    return lots, funders, quantities


def _held(claim: Claim, names: Sequence[str]) -> tuple[str, ...]:
    return tuple(claim.attributes[name] for name in names)


def balances(
    found: LotSettlement, funders: Funders, case: Case
) -> dict[tuple[date, str], list[int]]:
    """Every balance in which anything is other than nothing."""
    by_name = {name: getattr(found, name)[0] for name in AMOUNTS}
    rows = {
        (made, funder.id): [int(by_name[name][number, place]) for name in AMOUNTS]
        for number, (made, _) in enumerate(case.history)
        for place, funder in enumerate(funders.all)
    }
    return {key: amounts for key, amounts in rows.items() if any(amounts)}


def reference_balances(case: Case) -> dict[tuple[date, str], list[int]]:
    found = {}
    for one in reference_settlement.settle(case.contract, case.history):
        amounts = {name: getattr(one, f"{name}_pence") for name in AMOUNTS}
        if one.funder == UNFUNDED:
            amounts |= {"withheld": one.amount_pence, "settled": 0, "due": 0}
        found[one.claim_date, one.funder] = list(amounts.values())
    return {key: amounts for key, amounts in found.items() if any(amounts)}


@given(case=cases())
@settings(thorough)
def test_single_claims_settle_to_the_pence_of_the_plain_reference(case: Case) -> None:
    assert balances(*settled(case, singly=True), case) == reference_balances(case)


@given(case=cases())
@settings(thorough)
def test_lots_settle_to_the_pence_of_the_plain_reference_where_claims_may_be_counted(
    case: Case,
) -> None:
    if not case.contract.claim_by_claim:
        assert balances(*settled(case, singly=False), case) == reference_balances(case)


@given(case=cases(), at=st.integers(1, 5))
@settings(thorough)
def test_what_was_settled_before_changes_nothing_of_what_follows(case: Case, at: int) -> None:
    at = min(at, len(case.history) - 1)
    at_once, funders = settled(case, singly=True)
    history = at_once.history
    before = history.up_to(at)
    closed = ClosedLines(at_once.lots.keys, before)
    later, _ = settled(case, singly=True, closed=closed, opens=at)
    for name in ("claim", "lot", "limited", "quantity", "value", "entitled"):
        np.testing.assert_array_equal(getattr(later.history, name), getattr(history, name), name)
    np.testing.assert_array_equal(later.parts.amount, at_once.parts.amount)
    assert balances(later, funders, case) == balances(at_once, funders, case)


@given(case=cases())
@settings(thorough, max_examples=40)
def test_many_futures_with_pooled_movements_come_to_what_each_comes_to(case: Case) -> None:
    singly = case.contract.claim_by_claim
    lots, funders, quantities = _in_lots(case, singly, NOTHING_CLOSED)
    times = np.arange(50) % (2 if singly else 3)
    futures = times[:, None, None] * quantities
    together = settle_lots(case.contract, lots, funders, futures, pooled=True)
    for trial in range(3):
        one = settle_lots(case.contract, lots, funders, futures[trial : trial + 1])
        np.testing.assert_array_equal(together.held[trial], one.held[0])
        for name in (*AMOUNTS, "up_front", "recovered", "returned"):
            of_all = np.moveaxis(getattr(together, name), -3, 0)
            of_one = np.moveaxis(getattr(one, name), -3, 0)
            np.testing.assert_array_equal(of_all[trial], of_one[0], name)
        # Releases of single lots and of pooled ones withhold the same of every funder.
        withheld = [amounts[trial].sum() for _, amounts in together.parts.withheld]
        assert withheld == [amounts[0].sum() for _, amounts in one.parts.withheld]


@given(case=cases())
@settings(thorough, max_examples=20)
def test_all_claim_dates_at_once_come_to_what_one_after_another_does(case: Case) -> None:
    assume(settles_in_order(case.contract))
    lots, funders, quantities = _in_lots(case, case.contract.claim_by_claim, NOTHING_CLOSED)
    claims = len(quantities)
    counts = np.arange(5)[:, None] * np.maximum(quantities[-1], 1) * (lots.period < claims)
    known = np.arange(claims)[:, None] >= lots.period
    one_by_one = settle_lots(case.contract, lots, funders, counts[:, None] * known, pooled=True)
    at_once = settle_in_order(case.contract, lots, funders, counts, claims)
    for name in Movements._fields:
        of_both = (getattr(found.history, name) for found in (at_once, one_by_one))
        np.testing.assert_array_equal(*of_both, name)
    np.testing.assert_array_equal(at_once.held, one_by_one.held)
    for name in (*AMOUNTS, "up_front", "recovered", "returned"):
        np.testing.assert_array_equal(getattr(at_once, name), getattr(one_by_one, name), name)


@given(case=cases())
@settings(thorough)
def test_no_limit_is_ever_exceeded(case: Case) -> None:
    contract = case.contract
    lines = reference_settlement.history(contract, case.history)
    found, funders = settled(case, singly=True)
    for number, (made, claims) in enumerate(case.history):
        entitled = _entitled(found, number)
        payable = {
            _key(contract, one): (one, entitled.get(_key(contract, one), 0)) for one in claims
        }
        for limit in contract.limits:
            if isinstance(limit, ShareLimit):
                _assert_funder(contract, limit, made, found, funders, number)
            elif isinstance(limit, WholeLimit):
                _assert_whole(contract, limit, made, list(payable.values()))
    assert sum(line.payable_pence for line in lines) == int(found.history.entitled.sum())


def _key(contract: Contract, claim: Claim) -> tuple[str, int, int]:
    return (
        claim.participant,
        contract.payables.index(claim.milestone),
        day_number(claim.achieved_on),
    )


def _entitled(found: LotSettlement, number: int) -> dict[tuple[str, int, int], int]:
    """What is payable to date of every single claim."""
    to_date: dict[tuple[str, int, int], int] = defaultdict(int)
    for place in np.flatnonzero(found.history.claim <= number):
        key = found.lots.keys[found.history.lot[place]]
        to_date[key.participant, key.milestone, key.day] += int(found.history.entitled[0, place])
    return to_date


def _assert_whole(
    contract: Contract, limit: WholeLimit, made: date, payable: Sequence[tuple[Claim, int]]
) -> None:
    groups: dict[object, list[tuple[Claim, int]]] = defaultdict(list)
    for one, amount in payable:
        if is_limited(limit, one):
            groups[group_of(contract, limit, one)].append((one, amount))
    if limit.beyond == "next year" and groups:
        _assert_carried(contract, limit, made, groups)
        return
    for group, members in groups.items():
        paid = [(one, amount) for one, amount in members if amount]
        most = limit.at_most
        if most.of == "money":
            assert sum(amount for _, amount in paid) <= pence(contract, most.amount)
        elif limit.first == "in proportion":
            continue  # everybody is paid a part: the money is what the reference says
        elif most.of == "participants":
            assert len({one.participant for one, _ in paid}) <= most.number
        elif most.of == "share of participants":
            named = [one for one, _ in payable if is_named(limit, one)]
            alike = [one for one in named if group_of(contract, limit, one) == group]
            people = {one.participant for one in alike}
            assert len({one.participant for one, _ in paid}) <= most.share * len(people)
        elif most.of == "share of paid claims":
            named = [one for one, amount in payable if is_named(limit, one) and amount]
            alike = [one for one in named if group_of(contract, limit, one) == group]
            assert len(paid) <= most.share * len(alike)
        elif most.of == "claims":
            assert len(paid) <= most.number
        else:
            every = [one for one, _ in payable if is_named(limit, one)]
            alike = [one for one in every if group_of(contract, limit, one) == group]
            assert len(paid) <= floor(most.share * len(alike))


def _assert_carried(
    contract: Contract,
    limit: WholeLimit,
    made: date,
    groups: dict[object, list[tuple[Claim, int]]],
) -> None:
    """Since the first year with a claim, no more than the room of every year that has begun."""
    calendar = contract.calendar
    dates = [calendar.claim_date(period) for period in calendar.periods]
    now = calendar.year_of(calendar.periods[dates.index(made)].last)
    years = now - min(int(str(year)) for year in groups) + 1
    amounts = [amount for members in groups.values() for _, amount in members if amount]
    if limit.at_most.of == "money":
        assert sum(amounts) <= years * pence(contract, limit.at_most.amount)
    elif limit.first != "in proportion":
        assert len(amounts) <= years * limit.at_most.number


def _assert_funder(
    contract: Contract,
    limit: ShareLimit,
    made: date,
    found: LotSettlement,
    funders: Funders,
    number: int,
) -> None:
    most = most_of(contract, limit, made)
    places = funders.of_term(limit.on_funder)
    if not limit.is_yearly:
        assert (found.asked[0, number, places] <= most).all()
        return
    years: dict[int, Numbers] = {}
    for place in np.flatnonzero(found.history.claim <= number):
        key = found.lots.keys[found.history.lot[place]]
        year = contract.calendar.year_of(from_day_number(key.day))
        amounts = found.parts.amount[0, place, places]
        years[year] = years.get(year, np.zeros_like(amounts)) + amounts
    assert all((amounts <= most).all() for amounts in years.values())
