"""Lines: the money of the lots led back to single claims, in the stated order, when somebody first
asks for it. What is due follows from the lots alone, of which there are few; lines are as many as
there are claims.

Takes  claims one by one at every claim date, and the lines of closed claim dates.
Gives  the tables `lines` and `shares`.
Keeps  the same settlement as the lots: a line is a lot of one claim, and running totals meet at
       the boundaries. Lines always add up to the lots.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.reasons import Because, LineKind, Standing
from impactbond.settlement.funders import Funders, rule_name
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import DISPUTED, Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.shares import Parts
from impactbond.settlement.withheld import reasons_to_withhold

LINES = pa.schema(
    [
        ("line", pa.string()),
        ("claim_period", pa.string()),
        ("claim_date", pa.date32()),
        ("kind", pa.string()),
        ("participant", pa.string()),
        ("milestone", pa.string()),
        ("period", pa.string()),
        ("achieved_on", pa.date32()),
        ("quantity", pa.int64()),
        ("price_pence", pa.int64()),
        ("value_pence", pa.int64()),
        ("withheld_pence", pa.int64()),
        ("entitled_pence", pa.int64()),
        ("because", pa.string()),
        ("withheld_by", pa.string()),
        ("share_rule", pa.string()),
        ("standing", pa.string()),
        ("group", pa.list_(pa.string())),
    ]
)
SHARES = pa.schema(
    [
        ("line", pa.string()),
        ("claim_period", pa.string()),
        ("funder", pa.string()),
        ("value_pence", pa.int64()),
        ("withheld_pence", pa.int64()),
        ("moved_pence", pa.int64()),
        ("amount_pence", pa.int64()),
    ]
)


def lines_table(
    contract: Contract, claims: Sequence[ClaimDate], lots: Lots, history: Movements
) -> pa.Table:
    """The table `lines` from a history whose lots are single claims."""
    claim, lot = history.claim, history.lot
    value, entitled = history.value[0], history.entitled[0]
    label = [dated.label for dated in claims]
    period = lots.period[lot]
    payables = list(contract.payables)
    columns: dict[str, Any] = {
        "line": _numbered(label, claim),
        "claim_period": _words(label, claim),
        "claim_date": _words([dated.known_by for dated in claims], claim),
        "kind": _words([kind.value for kind in LineKind], (period == claim).astype(np.int64)),
        "participant": _words([key.participant for key in lots.keys], lot),
        "milestone": _words(payables, lots.milestone[lot]),
        "period": _words([one.label for one in contract.calendar.periods], period),
        "achieved_on": pa.array(lots.day[lot].astype(np.int32)).cast(pa.date32()),
        "quantity": history.quantity[0],
        "price_pence": lots.price_pence[lot],
        "value_pence": value,
        "withheld_pence": value - entitled,
        "entitled_pence": entitled,
        "because": _reasons(contract, payables, lots, history),
        "withheld_by": _withheld_by(contract, history),
        "share_rule": _words([rule_name(rule) for rule in lots.rules], lots.rule[lot]),
        "standing": _words([one.value for one in Standing], lots.standing[lot]),
        "group": pa.array([key.group for key in lots.keys], pa.list_(pa.string())).take(
            pa.array(lot)
        ),
    }
    arrays = [pa.array(columns[field.name], field.type) for field in LINES]
    return pa.table(arrays, schema=LINES)


def _words(words: Sequence[Any], places: Numbers) -> pa.Array:
    """What stands at each of some places in a list of words, or of dates."""
    return (pa.array(words) if words else pa.array([], pa.string())).take(pa.array(places))


def _numbered(labels: Sequence[str], claim: Numbers) -> list[str]:
    """A name for each line: its claim period, and how many lines of it have come."""
    number = [0] * len(labels)
    names = []
    for place in claim.tolist():
        number[place] += 1
        names.append(f"{labels[place]}/{number[place]:04d}")
    return names


def _reasons(
    contract: Contract, payables: Sequence[str], lots: Lots, history: Movements
) -> list[Because]:
    milestone = lots.milestone[history.lot].tolist()
    amounts = (history.quantity, history.value, history.entitled)
    moves = zip(milestone, *(amount[0].tolist() for amount in amounts), strict=True)
    reasons = [
        Because.FUNDER_LIMIT_RELEASED
        if is_release
        else _because(contract, payables[place], quantity, value, entitled)
        for is_release, (place, quantity, value, entitled) in zip(
            history.is_release.tolist(), moves, strict=True
        )
    ]
    for line, reason in _disputes(lots, history):
        reasons[line] = reason
    return reasons


def _disputes(lots: Lots, history: Movements) -> Iterator[tuple[int, Because]]:
    """The lines of claims that stand as before, only that a dispute has begun or is settled."""
    if not (lots.standing == DISPUTED).any():
        return
    moved: dict[tuple[object, ...], list[tuple[int, bool, int]]] = {}
    quantity = history.quantity[0].tolist()
    for line, (claim, lot) in enumerate(
        zip(history.claim.tolist(), history.lot.tolist(), strict=True)
    ):
        key = lots.keys[lot]
        claimed = (claim, key.participant, key.milestone, key.period)
        moved.setdefault(claimed, []).append((line, key.standing == DISPUTED, quantity[line]))
    for lines in moved.values():
        # To put a claim in dispute is to take back one lot and achieve another: only together,
        # where they come to nothing, do the lines tell it from a claim that went or came.
        disputed = sum(number for _, is_disputed, number in lines if is_disputed)
        other = sum(number for _, is_disputed, number in lines if not is_disputed)
        if disputed and disputed == -other:
            reason = Because.IN_DISPUTE if disputed > 0 else Because.DISPUTE_SETTLED
            yield from ((line, reason) for line, _, number in lines if number)


def _withheld_by(contract: Contract, history: Movements) -> list[str]:
    """The reasons for which something is withheld, by the bits that stand for them."""
    names = reasons_to_withhold(contract)
    told: dict[int, str] = {}
    for bits in set(history.limited.tolist()):
        held = (name for bit, name in enumerate(names) if bits >> bit & 1)
        told[bits] = "; ".join(dict.fromkeys(held))
    return [told[bits] for bits in history.limited.tolist()]


def _because(contract: Contract, name: str, quantity: int, value: int, entitled: int) -> Because:
    # The quantity and not the value, which is nothing for a milestone that is tracked and not paid.
    if quantity < 0:
        return Because.TAKEN_BACK
    if quantity:
        return Because(contract.fees[name].kind) if name in contract.fees else Because.ACHIEVED
    if value:
        other = Because.REPRICED if name in contract.milestones else Because.RELEASED
        return Because.MEASURED if name in contract.results else other
    return Because.LIMIT_RELEASED if entitled > 0 else Because.LIMIT_DISPLACED


def shares_table(
    lots: Lots, funders: Funders, history: Movements, parts: Parts, lines: pa.Table
) -> pa.Table:
    """The table `shares`: a row for every line and every funder that its share rule names or that
    took over.
    """
    names = np.array([funder.id for funder in funders.all], dtype=object)
    named = np.zeros((len(lots.rules), len(names)), dtype=bool)
    for index, rule in enumerate(lots.rules):
        named[index, [funders.place(funder) for funder in rule.funders]] = True
    concerned = parts.moved[0] != 0
    if history.lot.size:
        concerned |= named[lots.rule[history.lot]]
    line, funder = np.nonzero(concerned)
    value, payable = parts.value[0][line, funder], parts.payable[0][line, funder]
    moved = parts.moved[0][line, funder]
    place = pa.array(line, pa.int64())
    return pa.table(
        [
            lines["line"].take(place).combine_chunks(),
            lines["claim_period"].take(place).combine_chunks(),
            pa.array(names[funder], pa.string()),
            pa.array(value),
            pa.array(value - payable),
            pa.array(moved),
            pa.array(payable + moved),
        ],
        schema=SHARES,
    )


class Attributed(NamedTuple):
    """The tables `lines` and `shares`."""

    lines: pa.Table
    shares: pa.Table


class Attribution:
    """Lines and shares that are found once, when they are first asked for."""

    def __init__(self, find: Callable[[], Attributed]) -> None:
        self._find: Callable[[], Attributed] | None = find
        self._lock = Lock()

    @cached_property
    def tables(self) -> Attributed:
        """The tables; what they were found from is let go."""
        with self._lock:
            if self._find is not None:
                self._found, self._find = self._find(), None
            return self._found

    def __getstate__(self) -> Mapping[str, Attributed]:
        """What another process gets: the tables, as an engine cannot go along."""
        return {"tables": self.tables}


def assert_lines_add_up(settled: LotSettlement, singly: LotSettlement) -> None:
    """Promise: attribution back to lines adds up to the lots, funder by funder and claim date by
    claim date.
    """
    for whole, single in (
        (settled.parts.value, singly.parts.value),
        (settled.parts.amount, singly.parts.amount),
    ):
        if (_by_claim(settled, whole) != _by_claim(singly, single)).any():
            raise InvariantError("the lines do not add up to the lots")


def _by_claim(settled: LotSettlement, amounts: Pence) -> Pence:
    sums = np.zeros((settled.balances.value.shape[1], amounts.shape[-1]), dtype=np.int64)
    np.add.at(sums, settled.history.claim, amounts[0])
    return sums
