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

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from itertools import groupby

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.claims import Claims, Counted
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.settlement.balances import left_on_account, on_account, to_date, with_on_account
from impactbond.settlement.closed_lines import ClosedLines
from impactbond.settlement.funding import UNFUNDED, Funders, named_rule
from impactbond.settlement.lots import Lots, Numbers, Rulebook
from impactbond.settlement.make_lots import make_lots
from impactbond.settlement.movements import (
    Movements,
    find_movements,
    movements_in_order,
    none_yet,
)
from impactbond.settlement.parts import Parts
from impactbond.settlement.priorities import Apart
from impactbond.settlement.running import added_at, steps_of
from impactbond.settlement.shares import share_out, shared_alike, without_idle


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
    # Versions are only ever added, so their number tells one stretch from the next.
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
    also by tranche, (tranche, trial, claim date, funder). `amount` is what is paid for claims: of
    nobody, nothing. `held` is what each of
    `reasons_to_withhold` withholds to date, (trial, open claim date, reason).
    """

    terms: Sequence[TermsInForce]
    funders: Funders
    lots: Lots
    history: Movements
    parts: Parts
    held: Pence
    amount: Pence
    up_front: Pence
    recovered: Pence
    returned: Pence

    @cached_property
    def value(self) -> Pence:
        """The funder's share of what was achieved."""
        return to_date(self.parts.values, self.parts.entries, self.history, self._claims)

    @cached_property
    def payable(self) -> Pence:
        """Its share of what limits on the whole let through."""
        return to_date(self.parts.payables, self.parts.entries, self.history, self._claims)

    @cached_property
    def moved(self) -> Pence:
        """What it took over from other funders, less what it passed on."""
        return to_date(self.parts.overflows, self.parts.entries, self.history, self._claims)

    @property
    def _claims(self) -> int:
        return self.terms[-1].end

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
        return with_on_account(np.zeros_like(self.amount), self._account)

    @property
    def asked(self) -> Pence:
        """What the funder has been asked for to date, this claim date included."""
        return with_on_account(self.amount, self._account)

    @property
    def settled(self) -> Pence:
        """What the funder had been asked for before this claim date."""
        asked = self.asked
        before = np.zeros_like(asked)
        before[:, 1:] = asked[:, :-1]
        return before

    @property
    def due(self) -> Pence:
        """What the funder is asked for at this claim date."""
        due = np.empty_like(self.amount, order="K")
        due[:, 0] = self.amount[:, 0]
        np.subtract(self.amount[:, 1:], self.amount[:, :-1], out=due[:, 1:])
        # Up-front money is due when it is paid and lowers what is due as it is recovered: what is
        # left of it moves the sum, not what was recovered.
        for funder, left in left_on_account(*self._account):
            due[..., funder] += steps_of(left)
        return due

    @property
    def _account(self) -> tuple[Pence, Pence, Pence]:
        return self.up_front, self.recovered, self.returned


def settle_claims(
    known: Versions,
    claims: Sequence[ClaimDate],
    applicable: Sequence[Claims],
    closed: pa.Table,
    first_open: int,
    stand: pa.Array | None = None,
) -> tuple[LotSettlement, Callable[[], LotSettlement]]:
    """The money of the claims under each version, on closed lines (LINES), with equal claims
    counted to lots; and what finds it with every claim a lot of its own. What closed lines hold of
    the participants `stand` is claimed as it is.
    """
    whole, terms = known.whole, terms_in_force(known, claims)
    # The funders of closed lines may be gone from today's evidence.
    before = [named_rule(whole, name) for name in closed["share_rule"].unique().to_pylist()]
    rulebook = Rulebook(known, [one.segments for one in applicable], before)
    funders = Funders.of(whole, rulebook.all)

    def claimed_now() -> Lots:
        return make_lots(rulebook, [one.singly() for one in applicable], len(claims))[0]

    in_lines = partial(ClosedLines.of, whole, claims, rulebook.all, closed)
    stands = None if stand is None else pc.is_in(closed["participant"], stand).to_numpy()

    def closed_lines(*, singly: bool) -> ClosedLines:
        lines, width = in_lines(singly=singly), len(whole.grouping)
        if not singly and not lines.is_grouped(width):  # by what claims are told apart now
            return in_lines().grouped_as_now(width, claimed_now).pooled()
        return lines.grouped_as_now(width, claimed_now)

    def settled(rows: Iterable[Sequence[Counted]], *, singly: bool) -> LotSettlement:
        lines = closed_lines(singly=singly)
        lots, quantities = make_lots(rulebook, rows, len(claims), lines.keys)
        before = lines.in_lots(lots)
        if stands is not None:
            own = before.where(stands)
            # Nothing has changed for these: they claim what their closed lines hold, so they move
            # nothing. Left out, all that was paid for them would be taken back.
            quantities[first_open:] += added_at(own.quantity, own.lot, len(lots))
        return settle_by_terms(terms, lots, funders, quantities[None], before, first_open)

    made: list[LotSettlement] = []

    def singly() -> LotSettlement:
        nonlocal applicable
        if not made:
            made.append(settled([one.singly() for one in applicable], singly=True))
            applicable = ()  # the claims need not be in memory beside what is made of them
        return made[0]

    # Lots count equal claims, and are few: what is due follows from them alone. The same course
    # with single claims gives the lines, when they are asked for. Limits on claims one by one have
    # to tell claims apart from the start.
    if whole.claim_by_claim:
        single = singly()
        return single, lambda: single
    return settled((one.counted for one in applicable), singly=False), singly


def settle_lots(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements | None = None,
    first_open: int = 0,
    *,
    pooled: bool = False,
    apart: Apart | None = None,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot) by one contract throughout.

    With `pooled`, movements of one claim date and share rule are one in the history: balances are
    the same, and no movement tells of single lots. What limits on each participant withhold may
    be worked out `apart`: (trial, claim date, lot).
    """
    throughout = _throughout(contract, quantities.shape[1])
    closed = none_yet(quantities.shape[0]) if closed is None else closed
    return settle_by_terms(
        [throughout], lots, funders, quantities, closed, first_open, pooled=pooled, apart=apart
    )


def settle_in_order(
    contract: Contract,
    lots: Lots,
    funders: Funders,
    counts: Numbers,
    claims: int,
    apart: Apart | None = None,
) -> LotSettlement:
    """What `settle_lots` gives, pooled, for claims shaped (trial, lot) that are known at the claim
    date of their own period, under a contract that settles in order; `apart` is by lot too.
    """
    history, held = movements_in_order(contract, lots, counts, claims, apart)
    history = history.pooled(shared_alike(contract, lots)[history.lot])
    return _shared([_throughout(contract, claims)], lots, funders, history, held)


def _throughout(contract: Contract, claims: int) -> TermsInForce:
    return TermsInForce(Versions.of(contract), contract, 0, claims)


def settle_by_terms(
    terms: Sequence[TermsInForce],
    lots: Lots,
    funders: Funders,
    quantities: Numbers,
    closed: Movements,
    first_open: int,
    *,
    pooled: bool = False,
    apart: Apart | None = None,
) -> LotSettlement:
    """Settle quantities to date shaped (trial, claim date, lot); the claim dates from `first_open`
    on are of the last stretch, whose terms alone move anything.
    """
    last = terms[-1]
    history, held = find_movements(last.contract, lots, quantities, closed, first_open, apart)
    if pooled:
        history = history.pooled(shared_alike(last.contract, lots)[history.lot])
    # Only where the new terms begin now: in a stretch that goes on, they were met at its first
    # claim date.
    if first_open == last.first and first_open < last.end:
        history = _reached_by_new_terms(history, first_open)
    return _shared(terms, lots, funders, history, held)


def _shared(
    terms: Sequence[TermsInForce], lots: Lots, funders: Funders, history: Movements, held: Pence
) -> LotSettlement:
    """A history shared among its funders, with the balances that follow."""
    history, parts = without_idle(history, _share_out(terms, lots, funders, history))
    amount = to_date(parts.amounts, parts.entries, history, terms[-1].end)
    # What nobody funds is owed by nobody, and must not appear in a sum of what is due.
    amount[..., funders.position(UNFUNDED)] = 0
    account = _on_account(terms, funders, amount)
    return LotSettlement(terms, funders, lots, history, parts, held, amount, *account)


def _reached_by_new_terms(history: Movements, claim: int) -> Movements:
    """The history with something that moves at a claim date.

    Limits of funders are met by movements. Where a new version lowers or lifts one and no claim
    moves at its first claim date, the limit would take hold only at the next movement: so one of
    nothing, of a lot that has moved before, stands there for it to be met by.
    """
    if not history.claim.size or (history.claim == claim).any():
        return history
    before = int(np.searchsorted(history.claim, claim))
    # No movement at all before: there is no money that the limit could have held.
    if not before:
        return history
    added = Movements._make(np.insert(column, before, 0, axis=-1) for column in history)
    added.claim[before], added.lot[before] = claim, history.lot[before - 1]
    added.is_release[before] = True
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
    withheld: Sequence[tuple[Numbers, Pence]] = []
    for stretch in terms:
        parts = share_out(stretch.contract, lots, funders, history.up_to(stretch.end))
        own = history.claim[history.claim < stretch.end] >= stretch.first
        amounts = (parts.value, parts.payable, parts.overflow)
        # To date, and at the stretch's own movements only: the differences between these are what
        # is paid.
        stretches.append([np.cumsum(one, axis=1)[:, own] for one in amounts])
        withheld = parts.withheld
    value, payable, overflow = (
        np.diff(np.concatenate(to_date, axis=1), axis=1, prepend=0)
        for to_date in zip(*stretches, strict=True)
    )
    # What a funder's limit withholds to date is told by the terms of the last stretch: as if they
    # had always been in force, it stands at the movements of that one.
    return Parts.of(value, payable, overflow, withheld)


def _on_account(
    terms: Sequence[TermsInForce], funders: Funders, amount: Pence
) -> tuple[Pence, Pence, Pence]:
    """Up-front money paid, recovered and gone back, each claim date by the terms of its own
    stretch: that of the tranches of the last one.
    """
    if len(terms) == 1:
        return on_account(terms[0].contract, funders, amount)
    tranches = list(terms[-1].contract.tranches)
    stretches: list[list[Pence]] = []
    for stretch in terms:
        names, found = list(stretch.contract.tranches), []
        until_then = amount[:, : stretch.end]
        for amounts in on_account(stretch.contract, funders, until_then, stretch.first):
            # A tranche that the new version adds was nothing under the old one; its place is kept
            # so that the stretches can be laid side by side.
            of_last = np.zeros((len(tranches), *amounts.shape[1:]), dtype=np.int64)
            for index, name in enumerate(tranches):
                if name in names:
                    of_last[index] = amounts[names.index(name)]
            found.append(of_last)
        own = slice(stretch.first, stretch.end)
        stretches.append([amounts[..., own, :] for amounts in found])
    up_front, recovered, returned = (
        np.concatenate(one, axis=-2) for one in zip(*stretches, strict=True)
    )
    return up_front, recovered, returned
