"""The money of lots: each claim date by the terms in force on it, one after another; and the
balances, what every funder owes to date, what was settled before, and what is due at each.

Takes  quantities to date of the open claim dates, the movements of closed ones, and the terms in
       force: stretches of claim dates at which the same versions of the contract are known.
Gives  movements, their parts, and balances shaped (trial, claim date, funder). A statement is the
       case of one trial; a contract that was never amended, of one stretch.
Keeps  a closed claim date is never rewritten: what new terms change is a movement of theirs.
       entitled + on account = settled + due + withheld, for every funder, at every claim date; up-
       front money never carries a funder or the contract over a limit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import day_number
from impactbond.errors import InvariantError
from impactbond.evaluation.claims import Claims, Counted
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence, round_fraction
from impactbond.settlement.funding import UNFUNDED, Funders, named_rule
from impactbond.settlement.limits import headroom_by_claim
from impactbond.settlement.lots import Lots, Numbers, Rulebook, make_lots, period_of
from impactbond.settlement.movements import ClosedLines, Movements, find_movements, none_yet
from impactbond.settlement.running import running_from_zero, sums_between
from impactbond.settlement.shares import Entries, Parts, share_out, shared_alike, without_idle
from impactbond.terms.limits import Limit


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The terms that money follows at the claim dates from number `first` up to `end`, at which
    these versions are known. `contract` is the whole with their limits, up-front payments, days and
    roundings.
    """

    known: Versions
    contract: Contract
    first: int
    end: int


def terms_in_force(versions: Versions, claims: Sequence[ClaimDate]) -> list[TermsInForce]:
    """The stretches of claim dates, by the versions that are known at them."""
    found = []
    for _, group in groupby(claims, lambda claim: len(versions.known_by(claim.known_by).all)):
        dated = list(group)
        known = versions.known_by(dated[0].known_by)
        contract = versions.as_under(known)
        found.append(TermsInForce(known, contract, dated[0].number, dated[-1].number + 1))
    return found


@dataclass(frozen=True)
class LotSettlement:
    """The money of lots: their history and its parts, which carry a trial axis; and the balances.

    These are to date, shaped (trial, claim date, funder); `up_front`, `recovered` and `returned`
    also by tranche, (tranche, trial, claim date, funder). `held` is what each of
    `reasons_to_withhold` withholds to date, (trial, open claim date, reason).
    """

    terms: Sequence[TermsInForce]
    funders: Funders
    lots: Lots
    history: Movements
    parts: Parts
    held: Pence
    value: Pence
    payable: Pence
    moved: Pence
    up_front: Pence
    recovered: Pence
    returned: Pence

    @property
    def entitled(self) -> Pence:
        """The funder's share of everything achieved, with what it took over and without what it
        passed on.
        """
        return self.value + self.moved

    @property
    def withheld(self) -> Pence:
        """What limits on the whole withhold; for the part that nobody funds, all of it."""
        withheld = self.value - self.payable
        # The last funder is nobody: what came to it is not paid.
        withheld[..., -1] += self.moved[..., -1]
        return withheld

    @property
    def on_account(self) -> Pence:
        """Up-front money less what has been recovered of it, and went back at the end."""
        return np.asarray((self.up_front - self.recovered - self.returned).sum(axis=0))

    @cached_property
    def asked(self) -> Pence:
        """What the funder has been asked for to date, this claim date included."""
        return self.entitled - self.withheld + self.on_account

    @property
    def settled(self) -> Pence:
        """What the funder had been asked for before this claim date."""
        before = np.zeros_like(self.asked)
        before[:, 1:] = self.asked[:, :-1]
        return before

    @property
    def due(self) -> Pence:
        """What the funder is asked for at this claim date."""
        return self.asked - self.settled


def settle_claims(
    known: Versions,
    claims: Sequence[ClaimDate],
    applicable: Sequence[Claims],
    closed: pa.Table,
    first_open: int,
) -> tuple[LotSettlement, Callable[[], LotSettlement]]:
    """The money of the claims under each version, on closed lines (LINES), with equal claims
    counted to lots; and what finds it with every claim a lot of its own.
    """
    whole, terms = known.whole, terms_in_force(known, claims)
    # The funders of closed lines may be gone from today's evidence.
    before = [named_rule(whole, name) for name in closed["share_rule"].unique().to_pylist()]
    rulebook = Rulebook(known, [one.segments for one in applicable], before)
    funders = Funders.of(whole, rulebook.all)

    def claimed_now() -> Lots:
        return make_lots(rulebook, [one.singly() for one in applicable], len(claims))[0]

    lines = ClosedLines.of(whole, claims, rulebook.all, closed)
    lines = lines.grouped_as_now(len(whole.grouping), claimed_now)

    def settled(rows: Iterable[Sequence[Counted]], lines: ClosedLines) -> LotSettlement:
        lots, quantities = make_lots(rulebook, rows, len(claims), lines.keys)
        before = lines.in_lots(lots)
        return settle_by_terms(terms, lots, funders, quantities[None], before, first_open)

    def singly() -> LotSettlement:
        return settled((one.singly() for one in applicable), lines)

    # Lots count equal claims, and are few: what is due follows from them alone. The same course
    # with single claims gives the lines, when they are asked for. Limits on claims one by one have
    # to tell claims apart from the start.
    if whole.claim_by_claim:
        single = singly()
        return single, lambda: single
    return settled((one.counted for one in applicable), lines.pooled()), singly


def settle_lots(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    first_open: int = 0,
    *,
    pooled: bool = False,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot) by one contract throughout.

    With `pooled`, movements of one claim date and share rule are one in the history: balances are
    the same, and no movement tells of single lots.
    """
    throughout = TermsInForce(Versions.of(contract), contract, 0, quantities.shape[1])
    closed = none_yet(quantities.shape[0]) if closed is None else closed
    return settle_by_terms(
        [throughout], lots, funders, quantities, closed, first_open, pooled=pooled
    )


def settle_by_terms(
    terms: Sequence[TermsInForce],
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements,
    first_open: int,
    *,
    pooled: bool = False,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot); the claim dates from `first_open`
    on are of the last stretch, whose terms alone move anything.
    """
    last = terms[-1]
    history, held = find_movements(last.contract, lots, quantities, closed, first_open)
    if pooled:
        history = history.pooled(shared_alike(last.contract, lots)[history.lot])
    if first_open == last.first and first_open < last.end:
        history = _reached_by_new_terms(history, first_open)
    history, parts = without_idle(history, _share_out(terms, lots, funders, history))
    balances = _balances(terms, funders, history, parts)
    return LotSettlement(terms, funders, lots, history, parts, held, *balances)


def _reached_by_new_terms(history: Movements, claim: int) -> Movements:
    """The history with something that moves at a claim date.

    Limits of funders are met by movements. Where a new version lowers or lifts one and no claim
    moves at its first claim date, the limit would take hold only at the next movement: so one of
    nothing, of a lot that has moved before, stands there for it to be met by.
    """
    if not history.claim.size or (history.claim == claim).any():
        return history
    before = int(np.searchsorted(history.claim, claim))
    if not before:
        return history
    added = Movements(*(np.insert(column, before, 0, axis=-1) for column in history))
    added.claim[before], added.lot[before] = claim, history.lot[before - 1]
    return added


def _share_out(
    terms: Sequence[TermsInForce], lots: Lots, funders: Funders, history: Movements
) -> Parts:
    """The parts of every movement: by how much the parts to date grow, each to date by the terms
    of its own stretch.

    Shares are cut, and limits of funders met, on running totals from the first claim date on. So
    every stretch shares out the whole history up to its end as if its terms had always been in
    force, and only the boundaries at its own movements are taken from that. What differs between
    two stretches at the border falls to the first movement of the later one: no movement of a
    closed claim date is shared out anew.
    """
    if len(terms) == 1:
        return share_out(terms[0].contract, lots, funders, history)
    stretches: list[list[Pence]] = []
    for stretch in terms:
        parts = share_out(stretch.contract, lots, funders, history.up_to(stretch.end))
        own = history.claim[history.claim < stretch.end] >= stretch.first
        amounts = (parts.value, parts.payable, parts.overflow)
        stretches.append([np.cumsum(one, axis=1)[:, own] for one in amounts])
    value, payable, overflow = (
        np.diff(np.concatenate(to_date, axis=1), axis=1, prepend=0)
        for to_date in zip(*stretches, strict=True)
    )
    # Limits of funders differ from stretch to stretch: what each withholds is not told apart.
    return Parts.of(value, payable, overflow)


def _balances(
    terms: Sequence[TermsInForce], funders: Funders, history: Movements, parts: Parts
) -> list[Pence]:
    """The balances, each claim date by the terms of its own stretch: with the up-front payments of
    the last one.
    """
    tranches = list(terms[-1].contract.tranches)
    stretches: list[list[Pence]] = []
    for stretch in terms:
        *found, up_front, recovered, returned = _balances_under(
            stretch, funders, history.up_to(stretch.end), parts
        )
        names = list(stretch.contract.tranches)
        for amounts in (up_front, recovered, returned):
            of_last = np.zeros((len(tranches), *amounts.shape[1:]), dtype=np.int64)
            for index, name in enumerate(tranches):
                if name in names:
                    of_last[index] = amounts[names.index(name)]
            found.append(of_last)
        own = slice(stretch.first, stretch.end)
        stretches.append([amounts[..., own, :] for amounts in found])
    return [np.concatenate(one, axis=-2) for one in zip(*stretches, strict=True)]


def to_date(amounts: Pence, entries: Entries, history: Movements, claims: int) -> Pence:
    """Amounts shaped (trial, entry) summed to date: (trial, claim date, funder).

    The entries of a funder stand in the order of claim dates, so that a sum to date ends where
    those of the claim date do; entries of movements that `history` does not have count for nothing.
    """
    known = int(np.searchsorted(history.claim, claims))
    claim = np.append(history.claim[:known], np.full(entries.number.shape[1] - known, claims))
    place = entries.funder * (claims + 1) + claim[entries.movement]
    first = np.arange(entries.number.shape[0]) * (claims + 1)
    ends = np.searchsorted(place, first + np.arange(claims)[:, None], side="right")
    starts = np.broadcast_to(np.searchsorted(place, first), ends.shape)
    return sums_between(running_from_zero(amounts), starts, ends)


def _balances_under(
    stretch: TermsInForce, funders: Funders, history: Movements, parts: Parts
) -> list[Pence]:
    """The balances of every funder at every claim date up to the end of a stretch, as if its terms
    had always been in force; `history` is up to there.
    """
    contract = stretch.contract
    value, payable, moved = (
        to_date(amounts, parts.entries, history, stretch.end)
        for amounts in (parts.values, parts.payables, parts.overflows)
    )
    amount = payable + moved
    amount[..., funders.position(UNFUNDED)] = 0
    up_front, recovered = _recover(contract, funders, amount)
    asked = amount + (up_front - recovered).sum(axis=0)
    for limit, positions, most in _limits_to_date(contract, funders, stretch.end):
        if (asked[..., positions].sum(axis=2) > most)[:, stretch.first :].any():
            raise InvariantError(f"the limit on the {limit.name} is exceeded")
    returned = _return_at_the_end(contract, up_front - recovered)
    return [value, payable, moved, up_front, recovered, returned]


def _return_at_the_end(contract: Contract, left: Pence) -> Pence:
    """What goes back to its funder at the last claim date, of what is left of every tranche."""
    returned, last = np.zeros_like(left), len(contract.calendar.periods) - 1
    for index, tranche in enumerate(contract.tranches.values()):
        if tranche.left_over == "returned":
            returned[index, :, last:] = left[index, :, last:]
    return returned


def _recover(contract: Contract, funders: Funders, amount: Pence) -> tuple[Pence, Pence]:
    """Up-front money paid and recovered to date, shaped (tranche, trial, claim date, funder)."""
    shape = (len(contract.tranches), *amount.shape)
    up_front, recovered = np.zeros(shape, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for index, tranche in enumerate(contract.tranches.values()):
        paid_from = period_of(contract.calendar.periods, day_number(tranche.on))
        if paid_from >= amount.shape[1]:
            continue  # its claim date has not come
        for funder, part in tranche.parts(contract.currency, contract.rounding.rule).items():
            position = funders.position(funder)
            up_front[index, :, paid_from:, position] = part
            before = amount[:, paid_from - 1, position] if paid_from else 0
            later = np.maximum(amount[..., position] - np.reshape(before, (-1, 1)), 0)
            back = round_fraction(later, tranche.recovered.at, contract.rounding.rule)
            taken = recovered[:index, ..., position].sum(axis=0)
            left = np.maximum(amount[..., position] - taken, 0)
            most = np.minimum(up_front[index, ..., position], left)
            recovered[index, ..., position] = np.minimum(most, back)
    if contract.tranches:
        _recover_faster_at_limits(contract, funders, amount, up_front, recovered)
    return up_front, recovered


def _recover_faster_at_limits(
    contract: Contract, funders: Funders, amount: Pence, up_front: Pence, recovered: Pence
) -> None:
    """Recover earlier than the tranche says where money on account would carry a funder, or the
    contract, over a limit.
    """
    for _, positions, most in _limits_to_date(contract, funders, amount.shape[1]):
        asked = (amount + (up_front - recovered).sum(axis=0))[..., positions].sum(axis=-1)
        over = np.maximum(asked - most, 0)
        for index in range(len(contract.tranches)):
            for position in positions:
                left = up_front[index, ..., position] - recovered[index, ..., position]
                more = np.minimum(over, left)
                recovered[index, ..., position] += more
                over = over - more


def _limits_to_date(
    contract: Contract, funders: Funders, claims: int
) -> Iterator[tuple[Limit, list[int], Numbers]]:
    """The limits on all that a funder, or everybody, is asked for to date: the positions of the
    funders together, and the most at each claim date. Other limits concern some of the money, never
    that on account.
    """
    for limit in contract.limits:
        if limit.is_on_everything:
            everybody = list(range(len(funders.all)))
            yield limit, everybody, headroom_by_claim(contract, limit, claims)
        elif limit.on_funder is not None and not limit.is_yearly:
            most = headroom_by_claim(contract, limit, claims)
            yield from ((limit, [one], most) for one in funders.of_term(limit.on_funder))
