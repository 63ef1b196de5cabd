"""Closed lines: what earlier claims have settled comes into a later settlement as it stands, and is
never rewritten. What evidence or terms since then change of it is a movement of the open claims.

Takes  the lines of closed claim dates, from an earlier settlement or its record.
Gives  the movements that the later settlement starts from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.dates import day_number
from impactbond.evaluation.inputs import ClaimDate
from impactbond.reasons import Because, LineKind, Standing
from impactbond.settlement.funders import ShareRule, named_rule, rule_name
from impactbond.settlement.lines import LINES
from impactbond.settlement.lots import LotKey, Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.withheld import reasons_to_withhold


class ClosedLine(NamedTuple):
    """A line of a closed claim date: it stays as it is, and later movements start from it."""

    claim: int
    key: LotKey
    limited: int
    quantity: int
    value_pence: int
    entitled_pence: int


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
        # The price is the line's own and the limits are known by name: what is closed stands as
        # it was paid, and the place of a limit may be another now.
        place = (period[row["period"]], day, milestone[row["milestone"]], rule[row["share_rule"]])
        held = row["withheld_by"].split("; ")
        limited = sum(1 << bit for bit, name in enumerate(limits) if name in held)
        key = LotKey(
            *place,
            row["price_pence"],
            Standing(row["standing"]).number,
            tuple(row["group"]),
            row["participant"],
        )
        amounts = (row["quantity"], row["value_pence"], row["entitled_pence"])
        found.append(ClosedLine(claim[row["claim_period"]], key, limited, *amounts))
    return found


def pooled(lines: Iterable[ClosedLine]) -> list[ClosedLine]:
    """Closed lines as the lots have them, which do not tell participants apart.

    What is due is worked out from lots, of which there are few, and lines must add up to the same;
    so the closed lines enter both, as single claims here and pooled there. Equal claims are
    interchangeable for money: the sums of pooled movements are the sums of the single ones.
    """
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


def grouped_as_now(
    lines: Sequence[ClosedLine], width: int, now: Callable[[], Lots]
) -> Sequence[ClosedLine]:
    """Closed lines with the groups that limits and results tell apart now, of so many attributes:
    as those of the same claim, where it stands `now`, otherwise blank.

    A new version can tell participants apart by more attributes than were written into the lines.
    """
    if all(len(line.key.group) == width for line in lines):
        return lines
    groups = {key._replace(group=()): key.group for key in now().keys}
    found = []
    for line in lines:
        blank = (*line.key.group, *[""] * (width - len(line.key.group)))
        is_as_now = len(line.key.group) == width
        group = blank if is_as_now else groups.get(line.key._replace(group=()), blank)
        found.append(line._replace(key=line.key._replace(group=group)))
    return found


def where_terms_were_replaced(lines: pa.Table, claim_period: str, limits: str) -> pa.Table:
    """Lines that say so where a claim stands and only its terms are others than before; `limits`
    names the limits that are.

    A claim that a new version prices or shares otherwise is another lot: the old one is taken
    back and the new one achieved, at the first claim date of the new terms. Nothing was corrected
    and nothing achieved, so both lines say instead that terms were replaced: they are the lines
    of a claim whose quantities come to nothing there.
    """
    rows = lines.to_pylist()
    moved: dict[tuple[object, ...], int] = {}
    for row in rows:
        moved[_claim(row)] = moved.get(_claim(row), 0) + row["quantity"]
    for row in rows:
        is_new = row["claim_period"] == claim_period and row["kind"] == LineKind.ADJUSTMENT
        if is_new and not moved[_claim(row)] and (row["quantity"] or not row["withheld_by"]):
            row["because"] = Because.TERMS_REPLACED
        if is_new and row["withheld_pence"] and not row["withheld_by"]:
            row["withheld_by"] = limits
        if is_new and not row["withheld_pence"]:  # what a replaced limit withheld never was
            row["withheld_by"] = ""
    return pa.Table.from_pylist(rows, schema=LINES)


def limits_replaced(before: Contract, now: Contract) -> str:
    """The limits on the whole that are not in force both before and after terms were replaced."""
    old, new = before.limits_on_the_whole, now.limits_on_the_whole
    changed = [limit for limit in old if limit not in new]
    changed += [limit for limit in new if limit not in old]
    return "; ".join(dict.fromkeys(limit.name for limit in changed))


def _claim(row: dict[str, object]) -> tuple[object, ...]:
    # A claim that comes into dispute is withheld for that, whatever terms are replaced beside it.
    names = ("claim_period", "participant", "milestone", "achieved_on")
    return (*(row[name] for name in names), row["standing"] == Standing.DISPUTED)
