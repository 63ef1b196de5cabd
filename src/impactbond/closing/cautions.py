"""What of a year end deserves a look, though it stops nothing.

Takes  what came late, the previous year end, the ledger map, up-front money, a trial balance.
Gives  sentences for the text, the cover and `--json`.
Keeps  they are told and filed nowhere: what came after the sign-off changes no year end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from impactbond.closing.filed import Filed
from impactbond.closing.inputs import Year
from impactbond.money import minor_units, show
from impactbond.terms.words import counted

# A year of 53 weeks has 371 days. Longer is allowed, but is hardly the last one.
LONGEST_YEAR = 371
_SHOWN = 8
Tables = Mapping[str, pa.Table]


def cautions_of(
    year: Year, tables: Tables, previous: Filed | None, unmapped: Sequence[str]
) -> tuple[str, ...]:
    """Every caution of a year end. `unmapped` are accounts of the trial balance that the ledger map
    does not name.
    """
    every = (
        _order(year, previous),
        _material(year, tables, previous),
        _left_over(year, tables),
        _unmapped(unmapped),
    )
    return tuple(sentence for some in every for sentence in some)


def _order(year: Year, before: Filed | None) -> Iterator[str]:
    if before is None:
        first = min((one.achieved_on for one in year.earned), default=year.on)
        if (year.on - first).days > LONGEST_YEAR:
            yield f"No previous year end was given, and income is all since {first}: IS IT RIGHT?"
    elif (year.on - before.on).days > LONGEST_YEAR:
        yield f"The previous year end is of {before.on}, more than a year before: IS IT THE LAST?"


def _material(year: Year, tables: Tables, previous: Filed | None) -> Iterator[str]:
    """What is of years that were filed, or of this one and came too late, above the materiality
    that the charity has set itself.
    """
    amount = None if year.ledger is None else year.ledger.materiality
    if amount is None:
        return
    currency = year.terms.currency
    most = minor_units(amount, currency)
    told = f"above the {show(most, currency)} that you set"
    late, back = (
        sum(tables["income"][f"{name}_pence"].to_pylist()) for name in ("late", "taken_back")
    )
    if previous is not None and max(late, -back) > most:
        of = f"{show(late, currency)} late, {show(back, currency)} taken back"
        yield f"Income of earlier years is {told}: {of}. Was an earlier year wrong?"
    added, taken = year.later
    if max(added, -taken) > most:
        of = f"{show(added, currency)} added, {show(taken, currency)} taken back"
        yield f"Evidence after {year.evidence_to} is {told}: {of}. Is the sign-off too early?"


def _left_over(year: Year, tables: Tables) -> Iterator[str]:
    """Up-front money that no claim will use up any more."""
    made = 0 if year.made is None else len(year.made.claim_dates)
    rows = tables["up_front"].to_pylist()
    left = sum(row["remaining_pence"] for row in rows)
    if left > 0 and made == len(year.terms.calendar.periods):
        words = sorted({row["left_over"] or "not said" for row in rows if row["remaining_pence"]})
        yield (
            f"The last claim is made, and {show(left, year.terms.currency)} stays on account. By"
            f" the contract it is: {', '.join(words)}. Is it still a liability?"
        )


def _unmapped(codes: Sequence[str]) -> Iterator[str]:
    if codes:
        shown = ", ".join(codes[:_SHOWN]) + (" …" if len(codes) > _SHOWN else "")
        count = counted(len(codes), "account")
        yield f"The ledger map names {count} of the trial balance nowhere: {shown}. Left out."
