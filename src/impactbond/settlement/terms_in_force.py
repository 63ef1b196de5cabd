"""Turns: the stretches of claim dates at which the same versions of a contract are known.

Takes  the versions of a contract, and a day.
Gives  every claim date up to that day, and the turns that they fall into.
Keeps  a version signed later changes no claim date that came before its signing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count, groupby

from impactbond.contract.versions import Versions
from impactbond.evaluation.inputs import ClaimDate


@dataclass(frozen=True, slots=True)
class TermsInForce:
    """The claim dates from number `first` up to `end`, at which these versions are known."""

    known: Versions
    first: int
    end: int


def claim_dates_under(versions: Versions, as_of: date) -> tuple[ClaimDate, ...]:
    """Every claim date up to and including `as_of`, each by the terms that are in force on it.

    Where a version signed in the meantime moves a claim date to before its own signing, the claim
    is made on the day of signing.
    """
    signed = sorted({one.version.signed_on for one in versions.all[1:]})
    known = [(date.min, versions.known_by(date.min))]
    known += [(day, versions.known_by(day)) for day in signed]
    ends = [*signed, date.max]
    found: list[ClaimDate] = []
    for number in count():
        dated = []
        for (since, then), end in zip(known, ends, strict=True):
            calendar = then.terms.calendar
            if number < len(calendar.periods):
                period = calendar.periods[number]
                day = max(calendar.claim_date(period), since)
                if day < end:
                    dated.append(ClaimDate(number, period.label, period.last, day))
        if not dated or dated[0].known_by > as_of:
            return tuple(found)
        found.append(dated[0])
    raise AssertionError("a term has an end")


def turns_of(versions: Versions, claims: Sequence[ClaimDate]) -> list[TermsInForce]:
    """The claim dates by the versions that are known at them."""
    found = []
    for _, group in groupby(claims, lambda claim: len(versions.known_by(claim.known_by).all)):
        dated = list(group)
        known = versions.known_by(dated[0].known_by)
        found.append(TermsInForce(known, dated[0].number, dated[-1].number + 1))
    return found
