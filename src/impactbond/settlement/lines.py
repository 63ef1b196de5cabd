"""Lines: the money of the lots led back to single claims, in the stated order. Lines always add up
to the lots.

Takes  claims one by one at every claim date, and the lines of closed claim dates.
Gives  the tables `lines` and `shares`.
Keeps  the same settlement as the lots: a line is a lot of one claim, and running totals meet at
       the boundaries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.inputs import ClaimDate
from impactbond.settlement.funders import Funders, ShareRule, named_rule, rule_name
from impactbond.settlement.lots import DISPUTED, LotKey, Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.shares import Parts
from impactbond.settlement.withheld import reasons_to_withhold

FUNDER_RELEASED = "funder limit released"
IN_DISPUTE, DISPUTE_SETTLED = "in dispute", "dispute settled"
STANDINGS = ("full", "late", "disputed")
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


class ClosedLine(NamedTuple):
    """A line of a closed claim date: it stays as it is, and later movements start from it."""

    claim: int
    key: LotKey
    limited: int
    quantity: int
    value_pence: int
    entitled_pence: int


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
        "kind": _words(["adjustment", "claim"], (period == claim).astype(np.int64)),
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
        "standing": _words(STANDINGS, lots.standing[lot]),
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
) -> list[str]:
    milestone = lots.milestone[history.lot].tolist()
    amounts = (history.quantity, history.value, history.entitled)
    moves = zip(milestone, *(amount[0].tolist() for amount in amounts), strict=True)
    reasons = [
        FUNDER_RELEASED
        if is_release
        else _because(contract, payables[place], quantity, value, entitled)
        for is_release, (place, quantity, value, entitled) in zip(
            history.is_release.tolist(), moves, strict=True
        )
    ]
    for line, reason in _disputes(lots, history):
        reasons[line] = reason
    return reasons


def _disputes(lots: Lots, history: Movements) -> Iterator[tuple[int, str]]:
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
        disputed = sum(number for _, is_disputed, number in lines if is_disputed)
        other = sum(number for _, is_disputed, number in lines if not is_disputed)
        if disputed and disputed == -other:
            reason = IN_DISPUTE if disputed > 0 else DISPUTE_SETTLED
            yield from ((line, reason) for line, _, number in lines if number)


def _withheld_by(contract: Contract, history: Movements) -> list[str]:
    """The reasons for which something is withheld, by the bits that stand for them."""
    names = reasons_to_withhold(contract)
    told: dict[int, str] = {}
    for bits in set(history.limited.tolist()):
        held = (name for bit, name in enumerate(names) if bits >> bit & 1)
        told[bits] = "; ".join(dict.fromkeys(held))
    return [told[bits] for bits in history.limited.tolist()]


def _because(contract: Contract, name: str, quantity: int, value: int, entitled: int) -> str:
    # The quantity and not the value, which is nothing for a milestone that is tracked and not paid.
    if quantity < 0:
        return "taken back"
    if quantity:
        return contract.fees[name].kind if name in contract.fees else "achieved"
    if value:
        other = "repriced" if name in contract.milestones else "released"
        return "measured" if name in contract.results else other
    return "limit released" if entitled > 0 else "limit displaced"


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


def closed_rules(contract: Contract, lines: pa.Table) -> list[ShareRule]:
    """The share rules of closed lines; their funders may be gone from today's evidence."""
    return [named_rule(contract, name) for name in lines["share_rule"].unique().to_pylist()]


def closed_lines(
    contract: Contract, claims: Sequence[ClaimDate], rules: Sequence[ShareRule], lines: pa.Table
) -> list[ClosedLine]:
    """The lines of closed claim dates, as they enter a later settlement's history."""
    claim = {dated.label: dated.number for dated in claims}
    period = {known.label: number for number, known in enumerate(contract.calendar.periods)}
    milestone = {name: number for number, name in enumerate(contract.payables)}
    rule = {rule_name(known): number for number, known in enumerate(rules)}
    limits = reasons_to_withhold(contract)
    found = []
    for row in lines.to_pylist():
        day = day_number(row["achieved_on"])
        place = (period[row["period"]], day, milestone[row["milestone"]], rule[row["share_rule"]])
        held = row["withheld_by"].split("; ")
        limited = sum(1 << bit for bit, name in enumerate(limits) if name in held)
        key = LotKey(
            *place,
            row["price_pence"],
            STANDINGS.index(row["standing"]),
            tuple(row["group"]),
            row["participant"],
        )
        amounts = (row["quantity"], row["value_pence"], row["entitled_pence"])
        found.append(ClosedLine(claim[row["claim_period"]], key, limited, *amounts))
    return found


def pooled(lines: Iterable[ClosedLine]) -> list[ClosedLine]:
    """Closed lines as the lots have them, which do not tell participants apart."""
    return [line._replace(key=line.key._replace(participant="")) for line in lines]


def closed_movements(closed: Sequence[ClosedLine], lots: Lots) -> Movements:
    """Closed lines as movements of the lots that they are in, in the order in which they stand."""
    place = {key: index for index, key in enumerate(lots.keys)}

    def numbers(values: Iterable[int]) -> Numbers:
        return np.fromiter(values, dtype=np.int64, count=len(closed))

    return Movements(
        numbers(line.claim for line in closed),
        numbers(place[line.key] for line in closed),
        numbers(line.limited for line in closed),
        numbers(line.quantity for line in closed)[None],
        numbers(line.value_pence for line in closed)[None],
        numbers(line.entitled_pence for line in closed)[None],
    )
