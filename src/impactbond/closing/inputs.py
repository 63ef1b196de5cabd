"""What every table of a year end is made from: what was earned by outcome, what was asked and what
was received, by funder, as at the end of the year.

Takes  the claims made, the closing cut by the evidence of the year end and of the sign-off, and
       receipts.
Gives  sums in whole pence.
Keeps  what lies beyond the funders' limits, which nobody pays, is no income.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa

from impactbond.closing.closing_cut import Unclaimed
from impactbond.closing.deferred_fees import deferred_fees
from impactbond.closing.ledger import Constraint, Ledger
from impactbond.closing.sums import Sums, by_funder, by_outcome, summed, summed_by_outcome
from impactbond.contract.contract import Contract
from impactbond.money import minor_units, rounded
from impactbond.receipts.receipts import Receipts
from impactbond.settlement.funding import UNFUNDED, Payer
from impactbond.settlement.schedule import UP_FRONT
from impactbond.settlement.settlement import Settlement


class Asked(NamedTuple):
    """One amount that a funder was asked for; `claim_period` is that of its claim."""

    funder: str
    claim_period: str
    asked_on: date
    due_on: date
    kind: str
    name: str
    amount_pence: int


def _dated(table: pa.Table) -> tuple[tuple[date, str, str, int], ...]:
    columns = ["received_on", "funder", "receipt", "amount_pence"]
    return tuple(sorted(zip(*(table[name].to_pylist() for name in columns), strict=True)))


@dataclass(frozen=True, eq=False)
class Year:
    """What was settled and received by a year end. `terms` is the contract in force on it; `cut` is
    by the evidence of the sign-off, `in_hand` by that of the year end itself,
    `after` by all that there is.
    """

    terms: Contract
    on: date
    evidence_to: date
    made: Settlement | None
    cut: Unclaimed
    in_hand: Unclaimed
    after: Unclaimed
    receipts: Receipts | None
    holidays: tuple[date, ...]
    ledger: Ledger | None

    @cached_property
    def claimed(self) -> Sums:
        """What claims made by the year end hold."""
        made = self.made
        return {} if made is None else by_outcome(made.lines_table, made.shares_table)

    @cached_property
    def unclaimed(self) -> Sums:
        """What is in no such claim, by the evidence of the sign-off."""
        return by_outcome(self.cut.lines_table, self.cut.shares_table)

    @cached_property
    def unclaimed_in_hand(self) -> Sums:
        """What is in no such claim, by the evidence of the year end."""
        return by_outcome(self.in_hand.lines_table, self.in_hand.shares_table)

    @cached_property
    def later(self) -> tuple[int, int]:
        """What evidence after the sign-off adds to what is unclaimed, and what it takes back: of
        the next year, and told only so that nobody is surprised.
        """
        # By outcome and not by funder: what only moves between two of them is no news.
        changed = summed_by_outcome(by_outcome(self.after.lines_table, self.after.shares_table))
        for outcome, pence in summed_by_outcome(self.unclaimed).items():
            changed[outcome] = changed.get(outcome, 0) - pence
        parts = changed.values()
        return sum(max(one, 0) for one in parts), sum(min(one, 0) for one in parts)

    @cached_property
    def _due(self) -> Sums:
        """What fell due by the year end: claimed and unclaimed, without what is of later days."""
        sums: Sums = defaultdict(int)
        for part in (self.claimed, self.unclaimed):
            for outcome, pence in part.items():
                # A claim can hold what falls due later, such as a fee in advance: it is asked for,
                # and not earned.
                if outcome.achieved_on <= self.on:
                    sums[outcome] += pence
        return sums

    @cached_property
    def _deferred(self) -> Sums:
        return deferred_fees(self._due, self.terms, self.ledger, self.on)

    @cached_property
    def earned(self) -> Sums:
        """What was earned by the year end: what fell due, less fees for later days."""
        left = (
            (outcome, pence - self._deferred.get(outcome, 0))
            for outcome, pence in sorted(self._due.items())
        )
        return {outcome: pence for outcome, pence in left if pence}

    @cached_property
    def ahead(self) -> dict[str, int]:
        """What is claimed, or fell due as a fee, for days after the year end, by funder."""
        return by_funder(self.ahead_by_outcome)

    @cached_property
    def ahead_by_outcome(self) -> Sums:
        """The same by outcome."""
        later = {one: pence for one, pence in self.claimed.items() if one.achieved_on > self.on}
        return {**later, **self._deferred}

    @cached_property
    def claimed_on(self) -> dict[tuple[Any, ...], date]:
        """The day of the newest claim that holds an outcome, whoever pays for it."""
        if self.made is None:
            return {}
        days = {one.label: one.known_by for one in self.made.claim_dates}
        names = ("participant", "milestone", "period", "achieved_on", "claim_period")
        columns = (self.made.lines_table[name].to_pylist() for name in names)
        return {tuple(about): days[label] for *about, label in zip(*columns, strict=True)}

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """Everything that was asked for by the year end: what claims ask, and up-front money on its
        own date, whether or not the claim of that date is made.
        """
        return tuple(sorted((*self._in_claims(), *self._before_claims())))

    def _in_claims(self) -> Iterator[Asked]:
        rows = [] if self.made is None else self.made.payments_table.to_pylist()
        for row in rows:
            # Up-front money is asked for on its own day where that comes before the claim.
            asked_on = min(row["claim_date"], row["due_on"])
            about = (row["due_on"], row["kind"], row["name"], row["amount_pence"])
            yield Asked(row["funder"], row["claim_period"], asked_on, *about)

    def _before_claims(self) -> Iterator[Asked]:
        made = () if self.made is None else [one.label for one in self.made.claim_dates]
        terms, halves = self.terms, self.terms.rounding.rule
        for name, tranche in terms.tranches.items():
            opened = terms.calendar.payment.open_day(tranche.on, self.holidays)
            period = next(one for one in terms.calendar.periods if tranche.on <= one.last)
            # Asked for by then though the claim that lists it is not made: otherwise what was paid
            # would look paid in advance.
            if opened <= self.on and period.label not in made:
                for funder, pence in tranche.parts(terms.currency, halves).items():
                    about = (opened, opened, UP_FRONT, name, pence)
                    yield Asked(funder, period.label, *about)

    @cached_property
    def constrained(self) -> dict[str, int]:
        """What the provider does not count as earned, by funder."""
        return summed((one.funder, pence) for one, pence in self.constraints)

    @cached_property
    def constraints(self) -> tuple[tuple[Constraint, int], ...]:
        """The constraints that hold on the year end, each with what it comes to."""
        every = () if self.ledger is None else self.ledger.constraints
        return tuple((one, self._comes_to(one)) for one in every if one.holds_on(self.on))

    def _comes_to(self, one: Constraint) -> int:
        """An amount, or a share of what the claims of some periods hold of the funder."""
        if one.amount is not None:
            return minor_units(one.amount, self.terms.currency)
        rows = [] if self.made is None else self.made.shares_table.to_pylist()
        held = sum(
            row["amount_pence"]
            for row in rows
            if row["funder"] == one.funder and row["claim_period"] in one.claims
        )
        # Of what is held, never of what is owed back: a constraint does not make a debt larger.
        return rounded(max(held, 0) * (one.share or Fraction(0)), self.terms.rounding.rule)

    @cached_property
    def written_off(self) -> tuple[tuple[date, str, str, int], ...]:
        """What was written off by the year end: day, funder, reference, amount."""
        if self.receipts is None:
            return ()
        return _dated(self.receipts.received_by(self.on).written_off_table)

    @cached_property
    def received(self) -> tuple[tuple[date, str, str, int], ...]:
        """What came by the year end: day, funder, receipt, amount, which is below nothing where it
        was paid back.
        """
        if self.receipts is None:
            return ()
        return _dated(self.receipts.received_by(self.on).received_table)

    @cached_property
    def funders(self) -> tuple[Payer, ...]:
        """The funders in the order of the contract; then whoever else sent money."""
        made = () if self.made is None else self.made.funders.all
        known = {one.id: one for one in (*self.cut.funders, *made) if one.id != UNFUNDED}
        terms = list(self.terms.funders)
        known = dict(sorted(known.items(), key=lambda item: (terms.index(item[1].term), item[0])))
        for _, funder, _, _ in (*self.received, *self.written_off):
            known.setdefault(funder, Payer(funder, funder, funder, "unknown"))
        return tuple(known.values())
