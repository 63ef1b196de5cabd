"""Lines: the money of the lots led back to single claims, in the stated order, when somebody first
asks for it. What is due follows from the lots alone, of which there are few; lines are as many as
there are claims.

Takes  claims one by one at every claim date, and the lines of closed claim dates, from an earlier
       settlement or its record.
Gives  the tables `lines` and `shares`.
Keeps  the same settlement as the lots: a line is a lot of one claim, and running totals meet at
       the boundaries. Lines always add up to the lots. A closed line stands as it is: what evidence
       or terms since then change of it is a movement of the open claims.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from threading import Lock
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import Pence
from impactbond.reasons import Because, LineKind, Standing
from impactbond.settlement.funding import rule_name
from impactbond.settlement.limits import reasons_to_withhold
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import DISPUTED, Lots, Numbers
from impactbond.settlement.movements import Movements
from impactbond.settlement.running import begins, lengths
from impactbond.tables import schema_of

LINES_AT_ONCE = 200_000  # whose shares are looked up together
LINES = schema_of(
    *("line", "claim_period", "claim_date", "kind", "participant", "milestone", "period"),
    *("achieved_on", "quantity", "price_pence", "value_pence", "withheld_pence", "entitled_pence"),
    *("because", "withheld_by", "share_rule", "standing", "group"),
    quantity=pa.int64(),
    group=pa.list_(pa.string()),
)
SHARES = schema_of(
    *("line", "claim_period", "funder"),
    *("value_pence", "withheld_pence", "moved_pence", "amount_pence"),
)


def attributed(
    claims: Sequence[ClaimDate],
    settled: LotSettlement,
    single: LotSettlement,
    closed: pa.Table,
    first_open: int,
) -> tuple[pa.Table, pa.Table]:
    """The tables `lines`, the closed ones as they are and those of the open claim dates after them,
    and `shares` of all: of the money of lots, as settled for single claims.
    """
    assert_lines_add_up(settled, single)
    lines, terms = lines_table(claims, single, first_open), single.terms
    if terms[:-1] and first_open == terms[-1].first and first_open < len(claims):
        limits = _limits_replaced(terms[-2].contract, terms[-1].contract)
        lines = _where_terms_were_replaced(lines, claims[first_open].label, limits)
    lines = pa.concat_tables([closed, lines]).combine_chunks()
    return lines, shares_table(single, lines)


def lines_table(claims: Sequence[ClaimDate], single: LotSettlement, first_open: int) -> pa.Table:
    """The table `lines` of the claim dates from `first_open` on, where lots are single claims."""
    contract, lots = single.terms[-1].contract, single.lots
    history = single.history.where(single.history.claim >= first_open)
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
        "participant": _at(lots.columns.participants, lots.columns.participant[lot]),
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
        "group": _at(pa.array(lots.columns.groups, pa.list_(pa.string())), lots.columns.group[lot]),
    }
    arrays = [pa.array(columns[field.name], field.type) for field in LINES]
    return pa.table(arrays, schema=LINES)


def _at(words: pa.Array, positions: Numbers) -> pa.Array:
    """What stands at each of some positions."""
    return words.take(pa.array(positions))


def _words(words: Sequence[Any], positions: Numbers) -> pa.Array:
    """The same of a list of words, or of dates."""
    return _at(pa.array(words) if words else pa.array([], pa.string()), positions)


def _numbered(labels: Sequence[str], claim: Numbers) -> pa.Array:
    """A name for each line: its claim period, and how many lines of it have come."""
    # Numbered anew for every claim, in its order: a closed line keeps its name for ever.
    starts = begins(claim)
    number = np.arange(1, claim.size + 1) - np.repeat(starts, lengths(starts, claim.size))
    figures = pc.utf8_lpad(pc.cast(pa.array(number), pa.string()), 4, "0")
    return pc.binary_join_element_wise(_words(labels, claim), figures, "/")


def _reasons(
    contract: Contract, payables: Sequence[str], lots: Lots, history: Movements
) -> pa.Array:
    milestone = lots.milestone[history.lot]
    quantity, value, entitled = history.quantity[0], history.value[0], history.entitled[0]
    of_payable = [_of_payable(contract, name) for name in payables]
    when_claimed, when_valued = (
        np.array([_BECAUSE.index(one) for one in each], dtype=np.int64)
        for each in (zip(*of_payable, strict=True) if of_payable else ((), ()))
    )
    none = np.zeros_like(milestone)
    # The quantity and not the value, which is nothing for a milestone that is tracked and not paid.
    # Where neither claims nor their worth moved, only a limit can have let more through, or less,
    # because another claim came before it.
    reason = np.select(
        [history.is_release, quantity < 0, quantity != 0, value != 0, entitled > 0],
        [
            none + _BECAUSE.index(Because.FUNDER_LIMIT_RELEASED),
            none + _BECAUSE.index(Because.TAKEN_BACK),
            when_claimed[milestone],
            when_valued[milestone],
            none + _BECAUSE.index(Because.LIMIT_RELEASED),
        ],
        _BECAUSE.index(Because.LIMIT_DISPLACED),
    )
    for line, because in _disputes(lots, history):
        reason[line] = _BECAUSE.index(because)
    return _words([one.value for one in _BECAUSE], reason)


_BECAUSE = list(Because)


def _of_payable(contract: Contract, name: str) -> tuple[Because, Because]:
    """Why a line is there of which something more is claimed, and of which only the value moves."""
    claimed = Because(contract.fees[name].kind) if name in contract.fees else Because.ACHIEVED
    if name in contract.results:
        return claimed, Because.MEASURED
    return claimed, Because.REPRICED if name in contract.milestones else Because.RELEASED


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


def _withheld_by(contract: Contract, history: Movements) -> pa.Array:
    """The reasons for which something is withheld, by the bits that stand for them."""
    names, told = reasons_to_withhold(contract), []
    different, place = np.unique(history.limited, return_inverse=True)
    for bits in different.tolist():
        held = (name for bit, name in enumerate(names) if bits >> bit & 1)
        told.append("; ".join(dict.fromkeys(held)))
    return _words(told, place.reshape(-1))


def shares_table(single: LotSettlement, lines: pa.Table) -> pa.Table:
    """The table `shares`: a row for every line and every funder that its share rule names or that
    took over.
    """
    entries = single.parts.entries
    # Entries stand funder by funder: sorted runs, which a stable sort merges.
    order = np.argsort(entries.movement, kind="stable")
    ends = np.cumsum(np.bincount(entries.movement, minlength=lines.num_rows))
    parts = [SHARES.empty_table()]
    # Some lines at a time: of a million children there are ten million shares.
    for first in range(0, lines.num_rows, LINES_AT_ONCE):
        last = min(first + LINES_AT_ONCE, lines.num_rows)
        own = order[ends[first - 1] if first else 0 : ends[last - 1]]
        parts.append(_shares_of(single, lines, slice(first, last), own))
    return pa.concat_tables(parts)


def _shares_of(single: LotSettlement, lines: pa.Table, own: slice, entries: Numbers) -> pa.Table:
    """The rows of the lines from one number up to another, from their entries in the order of these
    lines.
    """
    parts, funders = single.parts, len(single.funders.all)
    # A number for every line and funder, in the order of rows.
    number = parts.entries.movement[entries] * funders + parts.entries.funder[entries]
    rows = _named_by_rules(single, own)
    if (taken := parts.overflows[0][entries] != 0).any():
        rows = np.union1d(rows, number[taken])
    at = np.searchsorted(rows, number)
    told = np.flatnonzero(rows[np.minimum(at, rows.size - 1)] == number) if rows.size else at
    place, entry = at[told], entries[told]

    def in_rows(amounts: Pence) -> Pence:
        found = np.zeros(rows.size, dtype=np.int64)
        found[place] = amounts[0][entry]
        return found

    value, payable, overflow = map(in_rows, (parts.values, parts.payables, parts.overflows))
    line = pa.array(rows // funders)
    return pa.table(
        [
            lines["line"].take(line).combine_chunks(),
            lines["claim_period"].take(line).combine_chunks(),
            _words([funder.id for funder in single.funders.all], rows % funders),
            pa.array(value),
            pa.array(value - payable),
            pa.array(overflow),
            pa.array(payable + overflow),
        ],
        schema=SHARES,
    )


def _named_by_rules(single: LotSettlement, own: slice) -> Numbers:
    """Each of those lines with each of the funders that its share rule names, as one number: the
    line times how many funders there are, and the funder.
    """
    funders, rules = single.funders, single.lots.rules
    of_rule = [np.unique([funders.position(one) for one in rule.funders]) for rule in rules]
    counts = np.array([len(one) for one in of_rule], dtype=np.int64)
    rule = single.lots.rule[single.history.lot[own]]
    count = counts[rule]
    line = np.repeat(np.arange(own.start, own.stop), count)
    ends = np.cumsum(count)
    within = np.arange(line.size) - np.repeat(ends - count, count)
    starts = np.cumsum(counts) - counts
    funder = np.concatenate(of_rule)[np.repeat(starts[rule], count) + within]
    named: Numbers = line * len(funders.all) + funder
    return named


class Attribution:
    """Lines and shares that are found once, when they are first asked for."""

    def __init__(self, find: Callable[[], tuple[pa.Table, pa.Table]]) -> None:
        self._find: Callable[[], tuple[pa.Table, pa.Table]] | None = find
        self._lock = Lock()

    @cached_property
    def tables(self) -> tuple[pa.Table, pa.Table]:
        """The tables `lines` and `shares`; what they were found from is let go."""
        with self._lock:
            if self._find is not None:
                self._found, self._find = self._find(), None
            return self._found

    def __getstate__(self) -> Mapping[str, tuple[pa.Table, pa.Table]]:
        """What another process gets: the tables, as an engine cannot go along."""
        return {"tables": self.tables}


def assert_lines_add_up(settled: LotSettlement, singly: LotSettlement) -> None:
    """Promise: attribution back to lines adds up to the lots, funder by funder and claim date by
    claim date.
    """
    paid = (settled.payable + settled.moved != singly.payable + singly.moved).any()
    if paid or (settled.value != singly.value).any():
        raise InvariantError("the lines do not add up to the lots")


def _where_terms_were_replaced(lines: pa.Table, claim_period: str, limits: str) -> pa.Table:
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
        # Only what comes to nothing in all: a claim that truly went or came has its own reason.
        if is_new and not moved[_claim(row)] and (row["quantity"] or not row["withheld_by"]):
            row["because"] = Because.TERMS_REPLACED
        if is_new and row["withheld_pence"] and not row["withheld_by"]:
            row["withheld_by"] = limits
        if is_new and not row["withheld_pence"]:  # what a replaced limit withheld never was
            row["withheld_by"] = ""
    return pa.Table.from_pylist(rows, schema=LINES)


def _limits_replaced(before: Contract, now: Contract) -> str:
    """The limits on the whole that are not in force both before and after terms were replaced."""
    old, new = before.limits_on_the_whole, now.limits_on_the_whole
    changed = [limit for limit in old if limit not in new]
    changed += [limit for limit in new if limit not in old]
    return "; ".join(dict.fromkeys(limit.name for limit in changed))


def _claim(row: dict[str, object]) -> tuple[object, ...]:
    # A claim that comes into dispute is withheld for that, whatever terms are replaced beside it.
    names = ("claim_period", "participant", "milestone", "achieved_on")
    return (*(row[name] for name in names), row["standing"] == Standing.DISPUTED)
