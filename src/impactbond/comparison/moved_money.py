"""Whose money moved between two settlements: every claim, every funder, and why; and which rows of
evidence are new or gone.

Takes  two sides: contract, evidence, lines with their shares, payments, decisions.
Gives  old and new amounts of every claim that moved, by funder, with the reasons.
Keeps  for every funder, what moved on claims and on up-front money is exactly the difference of the
       two statements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import zip_longest
from typing import Any, ClassVar, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.contract.difference import ContractChange
from impactbond.contract.references import rests_on
from impactbond.errors import InvariantError
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import Evidence
from impactbond.explanation.parts import place_words
from impactbond.settlement.funding import UNFUNDED
from impactbond.tables import rows_table, schema_of

_MOVED = ("was_pence", "now_pence", "difference_pence")
_CLAIM = ("participant", "milestone", "period")
_PAYMENT = ("claim_period", "funder", "kind", "name", "due_on")
CLAIMS = schema_of(*_CLAIM, "funder", *_MOVED, "causes", "reason")
TOTALS = schema_of("funder", *_MOVED, "on_claims_pence", "on_account_pence")
SCHEDULE = schema_of(*_PAYMENT, *_MOVED)
VERDICTS = schema_of("participant", "milestone", "was", "now", "reason")
_CLAIMED = ("milestones", "results", "adjustments")
_SHOWN = 3  # of the places of rows that are new or gone
_PLACE = ("file", "sheet", "row")
ABOUT = ""  # stands for the metric of a row about the participant


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison: the contract, what was known, and what was settled."""

    TABLES: ClassVar = ("lines", "shares", "payments")

    name: str
    contract: Contract
    claim_period: str
    claim_date: date
    kind: str
    basis: Evidence | Counts = field(repr=False)
    lines: pa.Table = field(repr=False)
    shares: pa.Table = field(repr=False)
    payments: pa.Table = field(repr=False)
    decisions: pa.Table = field(repr=False)
    result_parts: pa.Table = field(repr=False)
    names: dict[str, str] = field(repr=False)


class RowChange(NamedTuple):
    """A row of evidence that only one side has: which, where it stands, and of which metric."""

    is_new: bool
    sheet: str
    row: int
    metric: str


def changed_evidence(was: Side, now: Side) -> dict[str, list[RowChange]]:
    """Every row that only one side has, by participant; counts are of nobody, and stand by the
    milestone that they count.
    """
    found: defaultdict[str, list[RowChange]] = defaultdict(list)
    for tables in zip_longest(was.basis.said, now.basis.said):
        old, new = ({} if table is None else _by_what_they_say(table) for table in tables)
        for own, other, is_new in ((old, new, False), (new, old, True)):
            for says, rows in own.items():
                for row in rows[len(other.get(says, ())) :]:
                    metric = row.get("metric") or row.get("milestone") or ABOUT
                    change = RowChange(is_new, row["sheet"], row["row"], metric)
                    found[row.get("participant", "")].append(change)
    return {participant: sorted(rows) for participant, rows in found.items()}


def _by_what_they_say(table: pa.Table) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        says = tuple((name, cell) for name, cell in sorted(row.items()) if name not in _PLACE)
        found[says].append(row)
    return dict(found)


def told_rows(rows: list[RowChange]) -> str:
    """Rows in words: how many are new or gone, and where, without what they say."""
    told = []
    for word, is_new in (("new", True), ("gone", False)):
        own = (row for row in rows if row.is_new == is_new)
        places = [place_words(row.sheet, row.row, " ").strip() for row in own]
        if places:
            more = f" and {len(places) - _SHOWN} more" if len(places) > _SHOWN else ""
            told.append(f"{len(places)} {word} ({', '.join(places[:_SHOWN])}{more})")
    return ", ".join(told)


class Why:
    """Why a claim moved: rows of evidence, terms, a later claim date, or others' claims."""

    def __init__(self, was: Side, now: Side, terms: Sequence[ContractChange]) -> None:
        self.was, self.now, self.terms = was, now, terms
        self.evidence = changed_evidence(was, now)
        self.metrics: dict[str, set[str]] = {}
        for side in (was, now):
            for milestone, used in rests_on(side.contract).items():
                metrics = {name for section, name in used if section == "metrics"}
                self.metrics.setdefault(milestone, set()).update(metrics)
        self.verdicts = [_verdicts(side.decisions) for side in (was, now)]
        self.counts = [_counts(side.result_parts) for side in (was, now)]

    def verdict(self, participant: str, milestone: str) -> tuple[str, str]:
        """The verdict before and after."""
        key = participant, milestone
        old, new = (verdicts.get(key, "not known") for verdicts in self.verdicts)
        return old, new

    def counted(self, result: str, period: str) -> str:
        """The counts of a result for a period that are others now, in words."""
        old, new = ({} if period == "" else of.get((result, period), {}) for of in self.counts)
        return "; ".join(
            f"{says}: {old.get(says, 'none')} → {new.get(says, 'none')}"
            for says in dict.fromkeys([*old, *new])
            if old.get(says) != new.get(says)
        )

    def causes(self, participant: str, milestone: str, period: str = "") -> tuple[list[str], str]:
        """The causes as codes, and in words; of a result, for a period of it."""
        codes, told = [], []
        if counts := self.counted(milestone, period):
            codes.append("counts")
            told.append(f"counts: {counts}")
        old, new = self.verdict(participant, milestone)
        if old != new:
            codes.append("verdict")
            told.append(f"{old} → {new}")
        metrics = self.metrics.get(milestone, set()) | {ABOUT}
        if not participant:
            metrics.add(milestone)
        rows = [row for row in self.evidence.get(participant, []) if row.metric in metrics]
        if rows:
            codes.append("evidence")
            told.append(f"rows of {'evidence' if participant else 'counts'}: {told_rows(rows)}")
        changed = [term for term in self.terms if milestone in term.milestones]
        if changed:
            codes.append("terms")
            told.append(f"terms: {'; '.join(term.path for term in changed)}")
        # A later date alone can move anything: it is named only where no row and no term tells
        # more.
        if self.was.claim_date != self.now.claim_date and not (rows or changed):
            codes.append("claim date")
            told.append(f"claim date: {self.was.claim_date} → {self.now.claim_date}")
        if not codes:
            codes.append("others")
            told.append("nothing of its own changed: others fill a limit or move a running total")
        return codes, "; ".join(told)


def moved_claims(was: Side, now: Side, why: Why) -> pa.Table:
    """Every claim of which a funder pays otherwise, a row for each funder of it."""
    before, after = _by_claim(was), _by_claim(now)
    every = before.keys() | after.keys()
    claims = {claim for claim, funder in every if before[claim, funder] != after[claim, funder]}
    places = {milestone: place for place, milestone in enumerate(why.metrics)}
    funders = _order_of(was, now)

    def place(key: tuple[Any, str]) -> tuple[str, int, str, int]:
        (participant, milestone, period), funder = key
        return participant, places.get(milestone, len(places)), period, funders[funder]

    rows = []
    reasons: dict[tuple[str, ...], tuple[list[str], str]] = {}
    for claim, funder in sorted([key for key in every if key[0] in claims], key=place):
        # A claim has one reason for all its periods; a result is measured for each by itself.
        who = claim[:2] if claim[0] else claim
        if who not in reasons:
            reasons[who] = why.causes(*who)
        codes, told = reasons[who]
        old, new = before[claim, funder], after[claim, funder]
        rows.append((*claim, funder, old, new, new - old, ", ".join(codes), told))
    return rows_table(rows, CLAIMS)


def totals(was: Side, now: Side, claims: pa.Table) -> pa.Table:
    """What every funder was asked for to date on either side, and what of the difference is on
    claims, and on account: up-front money, and whatever else no claim earns.

    Raises InvariantError where the two do not add up to it.
    """
    asked = [_by_funder(side.payments, is_claimed=True) for side in (was, now)]
    account = [_by_funder(side.payments, is_claimed=False) for side in (was, now)]
    on_claims = _sums(claims, "funder", of="difference_pence")
    rows = []
    for funder in _order_of(was, now):
        # What nobody funds is part of claims, but nobody is asked for it.
        if funder == UNFUNDED:
            continue
        earned, advanced = ([side[funder] for side in sides] for sides in (asked, account))
        old, new = (sum(pair) for pair in zip(earned, advanced, strict=True))
        on_account = advanced[1] - advanced[0]
        if on_claims[funder] + on_account != new - old:
            raise InvariantError("the claims that moved do not add up to the statements")
        if old or new:
            rows.append((funder, old, new, new - old, on_claims[funder], on_account))
    return rows_table(rows, TOTALS)


def moved_payments(was: Side, now: Side) -> pa.Table:
    """Every payment of the schedule that differs in amount or day."""
    before, after = (_sums(side.payments, *_PAYMENT) for side in (was, now))
    rows = [
        (*key, before[key], after[key], after[key] - before[key])
        for key in sorted(before.keys() | after.keys(), key=lambda key: (key[4], *key[:4]))
        if before[key] != after[key]
    ]
    return rows_table(rows, SCHEDULE)


def changed_verdicts(why: Why) -> pa.Table:
    """Every participant and milestone whose verdict is another."""
    old, new = why.verdicts
    rows = [
        (*who, *why.verdict(*who), why.causes(*who)[1])
        for who in dict.fromkeys([*old, *new])
        if old.get(who) != new.get(who)
    ]
    return rows_table(rows, VERDICTS)


def _by_claim(side: Side) -> Counter[Any]:
    """What every funder pays of every claim, to date."""
    lines, shares = side.lines, side.shares
    claims = zip(*(lines[name].to_pylist() for name in _CLAIM), strict=True)
    claim_of = dict(zip(lines["line"].to_pylist(), claims, strict=True))
    found: Counter[Any] = Counter()
    for (line, funder), pence in _sums(shares, "line", "funder").items():
        found[claim_of[line], funder] += pence
    return found


def _counts(parts: pa.Table) -> dict[tuple[str, str], dict[str, str]]:
    """What was counted for every result and period, by what it is, as last measured."""
    found: defaultdict[tuple[str, str], dict[str, str]] = defaultdict(dict)
    counted = pc.is_in(parts["kind"], pa.array(["claims", "value"]))
    # In the order of claim dates, so that what was measured last stays.
    for row in parts.filter(counted).to_pylist():
        group = f" ({row['group']})" if row["group"] else ""
        found[row["result"], row["period"]][f"{row['says']}{group}"] = row["value"]
    return dict(found)


def _by_funder(payments: pa.Table, *, is_claimed: bool) -> Counter[Any]:
    claimed = pc.is_in(payments["kind"], pa.array(_CLAIMED))
    return _sums(payments.filter(claimed if is_claimed else pc.invert(claimed)), "funder")


def _sums(table: pa.Table, *by: str, of: str = "amount_pence") -> Counter[Any]:
    """The pence of the rows of each key: a cell, or a tuple of several; nothing for any other."""
    columns = [table[name].to_pylist() for name in by]
    keys = zip(*columns, strict=True) if len(by) > 1 else columns[0]
    found: Counter[Any] = Counter()
    for key, pence in zip(keys, table[of].to_pylist(), strict=True):
        found[key] += pence
    return found


def _verdicts(decisions: pa.Table) -> dict[tuple[str, str], str]:
    found = {}
    for row in decisions.to_pylist():
        day = f" on {row['achieved_on']}" if row["achieved_on"] else ""
        reason = f" ({row['reason'].replace('_', ' ')})" if row["reason"] and not day else ""
        found[row["participant"], row["milestone"]] = f"{row['verdict']}{day}{reason}"
    return found


def _order_of(was: Side, now: Side) -> dict[str, int]:
    """Every funder of either side, those of one term together, what nobody funds last."""
    ids = {
        funder
        for side in (was, now)
        for table in (side.shares, side.payments)
        for funder in table["funder"].unique().to_pylist()
    }
    terms = list(dict.fromkeys([*now.contract.funders, *was.contract.funders]))

    def place(funder: str) -> tuple[bool, int, str]:
        term = funder.partition(": ")[0]
        return funder == UNFUNDED, terms.index(term) if term in terms else len(terms), funder

    return {funder: number for number, funder in enumerate(sorted(ids, key=place))}
