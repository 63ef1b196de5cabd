"""Which values a score can come to: by them tables and cut-points are known to be complete."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction

from impactbond.questionnaires.instrument import Instrument, Scored
from impactbond.questionnaires.scoring import combined

MOST_VALUES = 20_000
Values = frozenset[Fraction]


def attainable(
    instrument: Instrument, score: str, known: Mapping[str, Values | None]
) -> Values | None:
    """Every value of a score before its table; None where they are too many to be listed.

    `known` are those of the scores above it, after their tables.
    """
    term = instrument.scores[score]
    parts = []
    for name in term.of:
        values = known[name] if name in known else instrument.values_of(name)
        if values is None:
            return None
        parts.append(values)
    sums: set[tuple[int, Fraction]] = {(0, Fraction(0))}
    for values in parts:
        answered = {(count + 1, total + value) for count, total in sums for value in values}
        # How many were answered goes with each sum: what is made up for the others depends on both.
        sums = answered | sums if _may_be_left_out(term) else answered
        if len(sums) > MOST_VALUES:
            return None
    needed = term.at_least or len(term.of)
    return frozenset(combined(term, total, count) for count, total in sums if count >= needed)


def _may_be_left_out(term: Scored) -> bool:
    return term.at_least is not None and term.at_least < len(term.of)


def in_table(term: Scored, values: Values | None) -> Values | None:
    """The values of a score after its table."""
    if not term.table:
        return values
    return frozenset(map(Fraction, term.table.values()))


def told(values: Iterable[Fraction]) -> str:
    """The first of some values, in order, as text."""
    return ", ".join(str(one) for one in sorted(values)[:5])
