"""Whose money moved between two settlements: every claim, every funder, and why; and which rows of
evidence are new or gone.

Takes  two sides: contract, evidence, lines with their shares, payments, decisions.
Gives  old and new amounts of every claim that moved, by funder, with the reasons.
Keeps  for every funder, what moved on claims and on up-front money is exactly the difference of the
       two statements.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import pyarrow as pa

from impactbond.comparison.sides import Side
from impactbond.contract.difference import ContractChange
from impactbond.contract.references import rests_on
from impactbond.errors import InvariantError
from impactbond.explanation.parts import place_words
from impactbond.settlement.funders import UNFUNDED

CLAIMS = pa.schema(
    [
        *((name, pa.string()) for name in ("participant", "milestone", "period", "funder")),
        *((f"{name}_pence", pa.int64()) for name in ("was", "now", "difference")),
        *((name, pa.string()) for name in ("causes", "reason")),
    ]
)
TOTALS = pa.schema(
    [
        ("funder", pa.string()),
        *(
            (f"{name}_pence", pa.int64())
            for name in ("was", "now", "difference", "on_claims", "on_account")
        ),
    ]
)
SCHEDULE = pa.schema(
    [
        *((name, pa.string()) for name in ("claim_period", "funder", "kind", "name")),
        ("due_on", pa.date32()),
        *((f"{name}_pence", pa.int64()) for name in ("was", "now", "difference")),
    ]
)
VERDICTS = pa.schema(
    [(name, pa.string()) for name in ("participant", "milestone", "was", "now", "reason")]
)
_CLAIMED = ("milestones", "adjustments")
Amounts = dict[Any, int]
_PLACE = ("file", "sheet", "row")
ABOUT = ""  # stands for the metric of a row about the participant


@dataclass(frozen=True, slots=True)
class RowChange:
    """A row that only one side has: whose, of which metric, where it stands."""

    participant: str
    metric: str
    is_new: bool
    sheet: str
    row: int


@dataclass(frozen=True, slots=True)
class ChangedEvidence:
    """Every row that only one side has, by participant."""

    rows: dict[str, list[RowChange]]

    @property
    def count(self) -> Counter[str]:
        """How many rows are new, and how many gone."""
        found: Counter[str] = Counter({"new": 0, "gone": 0})
        for rows in self.rows.values():
            found.update("new" if row.is_new else "gone" for row in rows)
        return found

    def of(self, participant: str, metrics: set[str]) -> list[RowChange]:
        """The rows of a participant that concern those metrics, or the participant as such."""
        rows = self.rows.get(participant, [])
        return [row for row in rows if row.metric in metrics or row.metric == ABOUT]


def changed_evidence(
    was: tuple[pa.Table, pa.Table], now: tuple[pa.Table, pa.Table]
) -> ChangedEvidence:
    """The rows that differ; each side gives its participants and its observations."""
    found: defaultdict[str, list[RowChange]] = defaultdict(list)
    for before, after in zip(was, now, strict=True):
        old, new = _by_what_they_say(before), _by_what_they_say(after)
        for says, rows, others, is_new in [
            *((says, rows, new, False) for says, rows in old.items()),
            *((says, rows, old, True) for says, rows in new.items()),
        ]:
            kept = len(others.get(says, ()))
            for row in rows[kept:]:
                change = RowChange(
                    row["participant"], row.get("metric") or ABOUT, is_new, row["sheet"], row["row"]
                )
                found[change.participant].append(change)
    for changes in found.values():
        changes.sort(key=lambda one: (one.is_new, one.sheet, one.row, one.metric))
    return ChangedEvidence(dict(found))


def _by_what_they_say(table: pa.Table) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    found: defaultdict[tuple[Any, ...], list[dict[str, Any]]] = defaultdict(list)
    for row in table.to_pylist():
        says = tuple((name, cell) for name, cell in sorted(row.items()) if name not in _PLACE)
        found[says].append(row)
    return dict(found)


def told_rows(rows: list[RowChange], most: int = 3) -> str:
    """Rows in words: how many are new or gone, and where, without what they say."""
    told = []
    for word, chosen in (
        ("new", [row for row in rows if row.is_new]),
        ("gone", [row for row in rows if not row.is_new]),
    ):
        if chosen:
            places = [place_words(row.sheet, row.row, " ") for row in chosen[:most]]
            more = f" and {len(chosen) - most} more" if len(chosen) > most else ""
            told.append(f"{len(chosen)} {word} ({', '.join(places)}{more})")
    return ", ".join(told)


class Claim(NamedTuple):
    """One milestone of one participant, claimed for one period."""

    participant: str
    milestone: str
    period: str


class Why:
    """Why a claim moved: rows of evidence, terms, a later claim date, or others' claims."""

    def __init__(
        self, was: Side, now: Side, evidence: ChangedEvidence, terms: Sequence[ContractChange]
    ) -> None:
        self.was, self.now = was, now
        self.evidence, self.terms = evidence, terms
        self.metrics: dict[str, set[str]] = {}
        for side in (was, now):
            for milestone, used in rests_on(side.contract).items():
                metrics = {name for section, name in used if section == "metrics"}
                self.metrics.setdefault(milestone, set()).update(metrics)
        self.verdicts = [_verdicts(side.decisions) for side in (was, now)]

    def verdict(self, participant: str, milestone: str) -> str:
        """How the verdict changed; nothing where it did not."""
        old, new = (
            verdicts.get((participant, milestone), "not known") for verdicts in self.verdicts
        )
        return "" if old == new else f"{old} → {new}"

    def causes(self, participant: str, milestone: str) -> tuple[list[str], str]:
        """The causes as codes, and in words."""
        codes, told = [], []
        verdict = self.verdict(participant, milestone)
        if verdict:
            codes.append("verdict")
            told.append(verdict)
        rows = self.evidence.of(participant, self.metrics.get(milestone, set()))
        if rows:
            codes.append("evidence")
            told.append(f"rows of evidence: {told_rows(rows)}")
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
    order = list(why.metrics)
    every = before.keys() | after.keys()
    claims = {key[0] for key in every if before.get(key, 0) != after.get(key, 0)}
    moved = [key for key in every if key[0] in claims]
    funders = _order_of(was, now)
    moved.sort(key=lambda key: (key[0][0], _place(order, key[0][1]), key[0][2], funders[key[1]]))
    rows = []
    reasons: dict[tuple[str, str], tuple[list[str], str]] = {}
    for claim, funder in moved:
        who = (claim.participant, claim.milestone)
        if who not in reasons:
            reasons[who] = why.causes(*who)
        codes, told = reasons[who]
        old, new = before.get((claim, funder), 0), after.get((claim, funder), 0)
        rows.append((*claim, funder, old, new, new - old, ", ".join(codes), told))
    return _table(rows, CLAIMS)


def totals(was: Side, now: Side, claims: pa.Table) -> pa.Table:
    """What every funder was asked for to date on either side, and what of the difference is on
    claims, and on account: up-front money, and whatever else no claim earns.

    Raises InvariantError where the two do not add up to it.
    """
    asked = [_by_funder(side.payments, is_claimed=True) for side in (was, now)]
    account = [_by_funder(side.payments, is_claimed=False) for side in (was, now)]
    on_claims: defaultdict[str, int] = defaultdict(int)
    for row in claims.to_pylist():
        on_claims[row["funder"]] += row["difference_pence"]
    rows = []
    for funder in _order_of(was, now):
        # What nobody funds is part of claims, but nobody is asked for it.
        if funder == UNFUNDED:
            continue
        earned, advanced = ([side.get(funder, 0) for side in sides] for sides in (asked, account))
        old, new = (sum(pair) for pair in zip(earned, advanced, strict=True))
        on_account = advanced[1] - advanced[0]
        if on_claims[funder] + on_account != new - old:
            raise InvariantError("the claims that moved do not add up to the statements")
        if old or new:
            rows.append((funder, old, new, new - old, on_claims[funder], on_account))
    return _table(rows, TOTALS)


def moved_payments(was: Side, now: Side) -> pa.Table:
    """Every payment of the schedule that differs in amount or day."""
    before, after = (_by_payment(side.payments) for side in (was, now))
    rows = [
        (*key, before.get(key, 0), after.get(key, 0), after.get(key, 0) - before.get(key, 0))
        for key in sorted(before.keys() | after.keys(), key=lambda key: (key[4], *key[:4]))
        if before.get(key, 0) != after.get(key, 0)
    ]
    return _table(rows, SCHEDULE)


def changed_verdicts(why: Why) -> pa.Table:
    """Every participant and milestone whose verdict is another."""
    old, new = why.verdicts
    rows = []
    for participant, milestone in dict.fromkeys([*old, *new]):
        if old.get((participant, milestone)) != new.get((participant, milestone)):
            _, told = why.causes(participant, milestone)
            pair = (one.get((participant, milestone), "not known") for one in (old, new))
            rows.append((participant, milestone, *pair, told))
    return _table(rows, VERDICTS)


def _place(order: Sequence[str], name: str) -> int:
    return order.index(name) if name in order else len(order)


def _by_claim(side: Side) -> Amounts:
    """What every funder pays of every claim, to date."""
    lines = side.lines
    claims = {
        line: Claim(*claim)
        for line, *claim in zip(
            *(lines[name].to_pylist() for name in ("line", "participant", "milestone", "period")),
            strict=True,
        )
    }
    found: defaultdict[Any, int] = defaultdict(int)
    shares = side.shares
    for line, funder, pence in zip(
        *(shares[name].to_pylist() for name in ("line", "funder", "amount_pence")), strict=True
    ):
        found[claims[line], funder] += pence
    return dict(found)


def _by_funder(payments: pa.Table, *, is_claimed: bool) -> Amounts:
    found: defaultdict[str, int] = defaultdict(int)
    for row in payments.to_pylist():
        if (row["kind"] in _CLAIMED) == is_claimed:
            found[row["funder"]] += row["amount_pence"]
    return dict(found)


def _by_payment(payments: pa.Table) -> Amounts:
    found: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in payments.to_pylist():
        key = (row["claim_period"], row["funder"], row["kind"], row["name"], row["due_on"])
        found[key] += row["amount_pence"]
    return dict(found)


def _verdicts(decisions: pa.Table) -> dict[tuple[str, str], str]:
    found = {}
    for row in decisions.to_pylist():
        day = f" on {row['achieved_on']}" if row["achieved_on"] else ""
        reason = f" ({row['reason'].replace('_', ' ')})" if row["reason"] and not day else ""
        found[row["participant"], row["milestone"]] = f"{row['verdict']}{day}{reason}"
    return found


def _order_of(was: Side, now: Side) -> Mapping[str, int]:
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


def _table(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)
