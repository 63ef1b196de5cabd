"""What of a year end deserves a look, though it stops nothing.

Takes  what came late, the previous year end, the ledger map, up-front money, a trial balance.
Gives  sentences for the text, the cover and `--json`.
Keeps  they are told and filed nowhere: what came after the sign-off changes no year end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from impactbond.money import minor_units, show
from impactbond.terms.words import counted

if TYPE_CHECKING:
    from impactbond.closing.year_end import YearEnd

# A year of 53 weeks has 371 days. Longer is allowed, but is hardly the last one.
LONGEST_YEAR = 371
_SHOWN = 8


def cautions_of(year: YearEnd) -> tuple[str, ...]:
    """Every caution of a year end."""
    every = (_order(year), _material(year), _left_over(year), _unmapped(year.unmapped))
    return tuple(sentence for some in every for sentence in some)


def _order(year: YearEnd) -> Iterator[str]:
    before = year.previous
    if before is None:
        first = min((one.achieved_on for one in year.earned), default=year.on)
        if (year.on - first).days > LONGEST_YEAR:
            yield f"No previous year end was given, and income is all since {first}: IS IT RIGHT?"
    elif (year.on - before.on).days > LONGEST_YEAR:
        yield f"The previous year end is of {before.on}, more than a year before: IS IT THE LAST?"


def _material(year: YearEnd) -> Iterator[str]:
    """What is of years that were filed, or of this one and came too late, above the materiality
    that the charity has set itself.
    """
    amount = None if year.ledger is None else year.ledger.materiality
    if amount is None:
        return
    most = minor_units(amount, year.currency)
    told = f"above the {show(most, year.currency)} that you set"
    late, back = year.total("income", "late"), year.total("income", "taken_back")
    if year.previous is not None and max(late, -back) > most:
        of = f"{show(late, year.currency)} late, {show(back, year.currency)} taken back"
        yield f"Income of earlier years is {told}: {of}. Was an earlier year wrong?"
    added, taken = year.later
    if max(added, -taken) > most:
        of = f"{show(added, year.currency)} added, {show(taken, year.currency)} taken back"
        yield f"Evidence after {year.evidence_to} is {told}: {of}. Is the sign-off too early?"


def _left_over(year: YearEnd) -> Iterator[str]:
    """Up-front money that no claim will use up any more."""
    rows = year.tables["up_front"].to_pylist()
    left = sum(row["remaining_pence"] for row in rows)
    if left > 0 and not year.claims_left:
        words = sorted({row["left_over"] or "not said" for row in rows if row["remaining_pence"]})
        yield (
            f"The last claim is made, and {show(left, year.currency)} stays on account. By the"
            f" contract it is: {', '.join(words)}. Is it still a liability?"
        )


def _unmapped(codes: Sequence[str]) -> Iterator[str]:
    if codes:
        shown = ", ".join(codes[:_SHOWN]) + (" …" if len(codes) > _SHOWN else "")
        count = counted(len(codes), "account")
        yield f"The ledger map names {count} of the trial balance nowhere: {shown}. Left out."
