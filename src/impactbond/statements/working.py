"""The working of a statement's lines: from which rate, share and running totals a figure follows.

Takes  the lines of one claim, in the order in which they were settled.
Gives  for every line the term of its price, what came before it under its share rule, and for every
       funder the share by which its part is cut on the running totals, as it was settled.
Keeps  a figure is said to follow only where the same arithmetic gives it to the penny, in numbers
       that a spreadsheet holds exactly; any other is stated, and counted as stated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import lcm

import numpy as np
import pyarrow.compute as pc
from numpy.typing import NDArray

from impactbond.money import round_fraction
from impactbond.statements.limit_totals import Limited
from impactbond.statements.source import RateTerm, ShareTerm, StatementSource, is_for
from impactbond.statements.statement import LineShare, StatementLine, Working
from impactbond.terms.rounding import HALVES

Amounts = NDArray[np.int64]
# Beyond this a spreadsheet's quotient may lie on the other side of half a penny. Its whole numbers
# are exact up to 2^53; it forgives the last bits of a quotient, and so needs some to spare.
_EXACT = 2**45
_NO_TERM = -1


@dataclass(frozen=True, slots=True)
class _Chain:
    """The lines under one share rule: their positions, and what stood before each of them."""

    rule: str
    lines: list[int]
    value: Amounts
    value_before: Amounts
    payable: Amounts
    payable_before: Amounts


def working_of(
    source: StatementSource,
    lines: Sequence[StatementLine],
    rates: Sequence[RateTerm],
    share_rules: Sequence[ShareTerm],
    claim_date: date,
    through: Limited,
) -> Working:
    """The working of the lines that a statement shows."""
    count = len(lines)
    previous, value_before, payable_before = [-1] * count, [0] * count, [0] * count
    cuts: defaultdict[str, list[int]] = defaultdict(lambda: [_NO_TERM] * count)
    places, most = _places(share_rules), HALVES[source.half].rule
    for chain in _chains(source, lines, claim_date):
        # Each line with the one before it under its rule; before the first stands what earlier
        # claims came to.
        for above, here in zip([-1, *chain.lines], chain.lines, strict=False):
            previous[here] = above
        for here, value, payable in zip(
            chain.lines, chain.value_before.tolist(), chain.payable_before.tolist(), strict=True
        ):
            value_before[here], payable_before[here] = value, payable
        parts = _parts_of(lines, chain.lines)
        for funder, shares in parts.items():
            place = _place(places, chain.rule, funder)
            if place is None:
                continue
            term = share_rules[place]
            values = _cut(term, chain.value_before, chain.value, most)
            payables = _cut(term, chain.payable_before, chain.payable, most)
            if values is None or payables is None:
                continue
            found = cuts[funder]
            for here, share, value, payable in zip(
                chain.lines, shares, values.tolist(), payables.tolist(), strict=True
            ):
                # A funder's limit, or money that it took over, makes a part that no share gives.
                if share is not None and (share.value_pence, share.payable_pence) == (
                    value,
                    payable,
                ):
                    found[here] = place
    rate = _rates(lines, rates)
    return Working(previous, value_before, payable_before, rate, dict(cuts), through)


def whole_of(share_rules: Sequence[ShareTerm]) -> dict[str, int]:
    """Of how many parts every rule's shares, and what comes before them, are whole numbers."""
    found: dict[str, int] = {}
    for term in share_rules:
        so_far = found.get(term.rule, 1)
        found[term.rule] = lcm(so_far, term.fraction.denominator, term.before.denominator)
    return found


def parts_in_all(share_rules: Sequence[ShareTerm]) -> int:
    """All numbers of some shares added up: no sum of anything, and another where one is changed."""
    wholes = whole_of(share_rules)
    return sum(int((term.fraction + term.before + 1) * wholes[term.rule]) for term in share_rules)


def _chains(
    source: StatementSource, lines: Sequence[StatementLine], claim_date: date
) -> list[_Chain]:
    earlier = source.lines.filter(pc.less(source.lines["claim_date"], claim_date))
    sums = earlier.group_by("share_rule").aggregate(
        [("value_pence", "sum"), ("entitled_pence", "sum")]
    )
    before = {
        row["share_rule"]: (row["value_pence_sum"], row["entitled_pence_sum"])
        for row in sums.to_pylist()
    }
    by_rule: defaultdict[str, list[int]] = defaultdict(list)
    for place, line in enumerate(lines):
        by_rule[line.share_rule].append(place)
    found = []
    for rule, places in by_rule.items():
        value = np.array([lines[place].value_pence for place in places], dtype=np.int64)
        payable = np.array([lines[place].payable_pence for place in places], dtype=np.int64)
        value_start, payable_start = before.get(rule, (0, 0))
        value_before = value_start + np.cumsum(value) - value
        payable_before = payable_start + np.cumsum(payable) - payable
        found.append(_Chain(rule, places, value, value_before, payable, payable_before))
    return found


def _parts_of(
    lines: Sequence[StatementLine], places: Sequence[int]
) -> Mapping[str, list[LineShare | None]]:
    """What every funder carries of the lines at some places."""
    found: defaultdict[str, list[LineShare | None]] = defaultdict(lambda: [None] * len(places))
    for index, place in enumerate(places):
        for share in lines[place].shares:
            found[share.funder][index] = share
    return found


def _places(share_rules: Sequence[ShareTerm]) -> Mapping[str, list[tuple[int, str]]]:
    """The shares of each rule, each by its place, with the funder that it names."""
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for place, term in enumerate(share_rules):
        found[term.rule.lower()].append((place, term.funder))
    return found


def _place(places: Mapping[str, list[tuple[int, str]]], share_rule: str, funder: str) -> int | None:
    """The place of the funder's share under the rule of a line, `funding 2: council; lottery`."""
    own = places.get(share_rule.partition(": ")[0], [])
    # By the contract's name of the funder: of many schools one share is every school's.
    return next((place for place, term in own if is_for(term, funder)), None)


def _cut(term: ShareTerm, before: Amounts, moved: Amounts, half: object) -> Amounts | None:
    """A funder's parts of what moved: what its share of the running total grew by. None where the
    numbers are larger than a spreadsheet divides safely.
    """
    after, up_to = before + moved, term.before + term.fraction
    whole = lcm(term.before.denominator, term.fraction.denominator)
    # Before it is said to follow: a formula that a spreadsheet rounds otherwise is worse than a
    # figure that is stated.
    if max(np.abs(before).max(initial=0), np.abs(after).max(initial=0)) * whole > _EXACT:
        return None

    def part(running: Amounts) -> Amounts:
        return _rounded(running, up_to, half) - _rounded(running, term.before, half)

    return part(after) - part(before)


def _rounded(running: Amounts, share: Fraction, half: object) -> Amounts:
    assert callable(half)
    return np.asarray(round_fraction(running, share, half), dtype=np.int64)


def _rates(lines: Sequence[StatementLine], rates: Sequence[RateTerm]) -> list[int | None]:
    """For every line, the place of the term that states its price; of several that state the same,
    the last, which is that of the latest version.
    """
    found: dict[tuple[str, int | None], int] = {}
    for place, rate in enumerate(rates):
        # A price in another currency becomes money on a running total, and is no rate times a
        # number.
        if not rate.priced_in:
            found[rate.milestone, rate.price_pence] = place
    return [
        None if line.priced_in else found.get((line.milestone, line.price_pence)) for line in lines
    ]
