"""Settling under several versions of a contract: the last turn of claim dates is open, what came
before it is closed.

Takes  the versions, the evidence known, the claim dates in turns, and the closed lines.
Gives  a settlement, as under one contract.
Keeps  closed lines stay as they are; what a new version changes is an adjustment line.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.dates import from_day_number
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.evidence import Evidence
from impactbond.settlement.applicable_claims import Governed
from impactbond.settlement.attribution import Attributed, Attribution, assert_lines_add_up
from impactbond.settlement.funders import Funders, ShareRule
from impactbond.settlement.lines import (
    LINES,
    ClosedLine,
    closed_lines,
    closed_movements,
    closed_rules,
    lines_table,
    pooled,
    shares_table,
)
from impactbond.settlement.lot_settlement import LotSettlement
from impactbond.settlement.lots import Counted, LotKey, Lots, Numbers, ShareRules, make_lots
from impactbond.settlement.money_by_terms import MoneyTerms, settle_in_turns, since, terms_of
from impactbond.settlement.schedule import balances_table, payments_table
from impactbond.settlement.settlement import Settlement
from impactbond.settlement.terms_in_force import TermsInForce
from impactbond.tables import Engine

REPLACED = "terms replaced"


def settle_amended(
    evidence: Evidence,
    claims: tuple[ClaimDate, ...],
    turns: Sequence[TermsInForce],
    closed: pa.Table | None,
    opens: int,
    *,
    as_of: date,
    holidays: Sequence[date],
    engine: Engine,
) -> Settlement:
    """What every funder owes, where the claim dates from number `opens` on are of the last turn."""
    known = turns[-1].known
    whole, terms = known.whole, terms_of(known, turns)
    asked = claims[opens:] or claims[-1:]
    on_the_day = evidence.known_on(claims[-1].known_by)
    governed = Governed.of(known, on_the_day, claims, asked, closed, engine)
    rulebook = Rulebook(governed, [] if closed is None else closed_rules(whole, closed))
    funders = Funders.of(whole, rulebook.rules)
    before: list[ClosedLine] = []
    if closed is not None:
        before = closed_lines(whole, claims, rulebook.rules, closed)
        before = _grouped_as_now(before, rulebook.lots(governed.kept, asked, ())[0])
    together = [[row._replace(participant="") for row in rows] for rows in governed.kept]
    course = (rulebook, terms, funders, asked, opens)
    singly = _settle(*course, governed.kept, before)
    settled = singly if whole.claim_by_claim else _settle(*course, together, pooled(before))
    assert_lines_add_up(settled, singly)
    own = lines_table(whole, claims, singly.lots, since(singly.history, opens))
    if opens == turns[-1].first and opens < len(claims):
        own = _where_terms_were_replaced(own, claims[opens].label, _limits_replaced(terms))
    lines = own if closed is None else pa.concat_tables([closed.cast(LINES), own])
    lines = lines.combine_chunks()
    shares = shares_table(singly.lots, funders, singly.history, singly.parts, lines)
    return Settlement(
        contract=whole,
        evidence=evidence,
        as_of=as_of,
        claim_dates=claims,
        funders=funders,
        holidays=tuple(holidays),
        refused_left_out=evidence.refused_table.num_rows,
        earlier=None,
        decided=governed.decisions,
        attribution=Attribution(lambda: Attributed(lines, shares)),
        payments_table=_payments(known, turns, claims, funders, settled, holidays),
        balances_table=balances_table(claims, funders, settled.balances),
        known=known,
    )


class Rulebook:
    """The lots and share rules of every version, under the numbers of the whole contract."""

    def __init__(self, governed: Governed, closed: Iterable[ShareRule]) -> None:
        self._known = governed.known
        self._whole = governed.known.whole
        self._texts = [governed.known.within(text) for text in governed.texts]
        self._own = [
            ShareRules(text, segments)
            for text, segments in zip(self._texts, governed.segments, strict=True)
        ]
        found = {
            self._renumbered(text, rule)
            for text, rules in zip(self._texts, self._own, strict=True)
            for rule in rules.all
        }
        self.rules: tuple[ShareRule, ...] = tuple(sorted({*found, *closed}))
        self._number = {rule: number for number, rule in enumerate(self.rules)}

    def lots(
        self,
        rows: Sequence[Sequence[Counted]],
        asked: Sequence[ClaimDate],
        closed: Iterable[LotKey],
    ) -> tuple[Lots, Numbers]:
        """Lots in settlement order, and quantities to date shaped (claim date, lot): the rows of
        every version, and what it pays without anybody's claim where it governs.
        """
        claims = asked[-1].number + 1
        found: dict[LotKey, Numbers] = {key: np.zeros(claims, dtype=np.int64) for key in closed}
        for place, (text, rules) in enumerate(zip(self._texts, self._own, strict=True)):
            lots, quantities = make_lots(rules, rows[place], claims)
            for index, key in enumerate(lots.keys):
                is_counted = text.payables[key.milestone] in text.milestones
                if is_counted or self._governs(place, key.day):
                    whole = self._in_whole(text, rules, key)
                    found[whole] = found.get(whole, 0) + quantities[:, index]
        keys = tuple(sorted(found))
        stacked = [found[key] for key in keys]
        shape = (claims, len(keys))
        table = np.array(stacked, dtype=np.int64).T if keys else np.zeros(shape, dtype=np.int64)
        return Lots(keys, self.rules), table

    def _governs(self, place: int, day: int) -> bool:
        governing = self._known.governing(from_day_number(day))
        return governing is self._known.stretches[place].terms

    def _in_whole(self, text: Contract, rules: ShareRules, key: LotKey) -> LotKey:
        rule = self._renumbered(text, rules.all[key.rule])
        place = self._whole.payables.index(text.payables[key.milestone])
        return key._replace(milestone=place, rule=self._number[rule])

    def _renumbered(self, text: Contract, rule: ShareRule) -> ShareRule:
        return replace(rule, funding=self._whole.funding.index(text.funding[rule.funding]))


def _settle(
    rulebook: Rulebook,
    terms: Sequence[MoneyTerms],
    funders: Funders,
    asked: Sequence[ClaimDate],
    opens: int,
    rows: Sequence[Sequence[Counted]],
    closed: Sequence[ClosedLine],
) -> LotSettlement:
    lots, quantities = rulebook.lots(rows, asked, [line.key for line in closed])
    before = closed_movements(closed, lots)
    return settle_in_turns(terms, lots, funders, quantities[None], before, opens)


def _grouped_as_now(lines: Sequence[ClosedLine], lots: Lots) -> list[ClosedLine]:
    """Closed lines with the groups that limits and results tell apart now: as those of the same
    claim, where it stands, otherwise blank.
    """
    now = {key._replace(group=()): key.group for key in lots.keys}
    width = max((len(key.group) for key in lots.keys), default=0)
    found = []
    for line in lines:
        blank = (*line.key.group, *[""] * (width - len(line.key.group)))
        is_as_now = len(line.key.group) == width
        group = blank if is_as_now else now.get(line.key._replace(group=()), blank)
        found.append(line._replace(key=line.key._replace(group=group)))
    return found


def _where_terms_were_replaced(lines: pa.Table, claim_period: str, limits: str) -> pa.Table:
    """Lines that say so where a claim stands and only its terms are others than before; `limits`
    names the limits that are.
    """
    rows = lines.to_pylist()
    moved: dict[tuple[object, ...], int] = {}
    for row in rows:
        moved[_claim(row)] = moved.get(_claim(row), 0) + row["quantity"]
    for row in rows:
        is_new = row["claim_period"] == claim_period and row["kind"] == "adjustment"
        if is_new and not moved[_claim(row)] and (row["quantity"] or not row["withheld_by"]):
            row["because"] = REPLACED
        if is_new and row["withheld_pence"] and not row["withheld_by"]:
            row["withheld_by"] = limits
        if is_new and not row["withheld_pence"]:  # what a replaced limit withheld never was
            row["withheld_by"] = ""
    return pa.Table.from_pylist(rows, schema=LINES)


def _limits_replaced(terms: Sequence[MoneyTerms]) -> str:
    """The limits on the whole that are not in force before and after the last turn began."""
    if len(terms) == 1:
        return ""
    before, now = (turn.contract.limits_on_the_whole for turn in terms[-2:])
    changed = [limit for limit in before if limit not in now]
    changed += [limit for limit in now if limit not in before]
    return "; ".join(dict.fromkeys(limit.name for limit in changed))


def _claim(row: dict[str, object]) -> tuple[object, ...]:
    # A claim that comes into dispute is withheld for that, whatever terms are replaced beside it.
    names = ("claim_period", "participant", "milestone", "achieved_on")
    return (*(row[name] for name in names), row["standing"] == "disputed")


def _payments(
    known: Versions,
    turns: Sequence[TermsInForce],
    claims: Sequence[ClaimDate],
    funders: Funders,
    settled: LotSettlement,
    holidays: Sequence[date],
) -> pa.Table:
    """The payments, each claim date by the days for payment in force on it."""
    whole = known.whole
    found = []
    for turn in turns:
        then = known.as_under(turn.known)
        dated = {name: then.tranches.get(name, term) for name, term in whole.tranches.items()}
        terms = known.with_tranches(then, dated)
        own = claims[turn.first : turn.end]
        found.append(payments_table(terms, own, funders, settled, holidays))
    return pa.concat_tables(found).combine_chunks()
