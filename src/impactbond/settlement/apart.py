"""What limits on each participant withhold where claims are counted, and nobody is told apart.

Takes  what each of them withholds of everybody's claims as long as no other limit withholds
       anything: worked out from one participant's claims after another.
Gives  what they let through beside the other limits, as far as counts tell; and where they do not.
Keeps  what is let through is what single claims would be let through; where it may be otherwise,
       the trial is `unsure`, and has to be settled claim by claim.

A limit before one on each participant withholds from some claims of a lot and not from others.
Whose they are matters only where the one on each participant withholds anything there; and what it
withholds is known as long as nobody's earlier claims were touched. A limit on a number after it has
to know how many claims of a lot are paid: it does where it lets all of them through.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from impactbond.contract.contract import Contract
from impactbond.money import Pence
from impactbond.settlement.lots import Lots, Numbers
from impactbond.settlement.priorities import Priority, Truths
from impactbond.terms.limits import WholeLimit


@dataclass(frozen=True, eq=False)
class Apart:
    """What limits withhold to date, by their positions among those on the whole: (trial, lot), or
    (trial, claim date, lot); and of every trial, whether counts do not tell what it comes to.
    """

    held: Mapping[int, Pence]
    unsure: Truths

    @classmethod
    def of(cls, held: Mapping[int, Pence], trials: int) -> Apart:
        """Nothing is unsure yet."""
        return cls(held, np.zeros(trials, dtype=bool))

    def at(self, claim: int) -> Apart:
        """At the claim date of a number; what is unsure there is unsure here."""
        return replace(self, held={of: held[:, claim] for of, held in self.held.items()})

    def let_through(
        self, contract: Contract, lots: Lots, position: int, asked: Pence, apart: Pence
    ) -> Pence:
        """What a limit on each participant lets through of the amounts asked for: (trial, lot).
        `apart` is what would be asked for if no other limit withheld anything.
        """
        held, limit = self.held[position], contract.limits_on_the_whole[position]
        if asked is apart:
            return apart - held
        # What has no participant, such as a fee, it passes by.
        named = [number for number, name in enumerate(contract.milestones) if limit.is_on(name)]
        # What others have left untouched is exactly what was worked out for one participant after
        # another.
        touched = (asked != apart) & np.isin(lots.milestone, named)
        if limit.first == "earliest" and not limit.at_most.is_share:
            # What is asked for later moves nothing; and the less was asked for before, the less is
            # withheld: of nothing, nothing.
            np.logical_or.accumulate(touched, axis=1, out=touched)
            touched &= (held != 0) & (asked != 0)
        else:
            touched |= touched.any(axis=1, keepdims=True)
        self.unsure[...] |= touched.any(axis=1)
        # Never less than nothing nor more than was asked for; where that bound binds the trial is
        # unsure, and settled claim by claim.
        return np.asarray(np.clip(asked - held, 0, asked))

    def note_number(
        self,
        limit: WholeLimit,
        priority: Priority,
        quantity: Numbers,
        left: Pence,
        headroom: Numbers,
    ) -> None:
        """Note where it matters to a limit on a number that of equal claims some are worth less
        than others: `left` is what limits on each participant withheld before, (trial, lot).
        """
        lot, of_paid = priority.lot, limit.at_most.of == "share of paid claims"
        some = (left[:, priority.base if of_paid else lot] != 0).any(axis=1)
        # A number that is not reached withholds nothing, whoever's claims are worth less.
        if not of_paid and limit.beyond != "next year":
            some &= (priority.totals(quantity[:, lot]) > headroom).any(axis=1)
        self.unsure[...] |= some
