"""The lines of one participant: what moved, what limits kept back, and every funder's part.

Nothing is settled again: running totals are read off the settlement's own lines and shares, and
must come out as the boundaries at which it cut them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.explanation.parts import Line, Passed, ShareOfLine, Since
from impactbond.explanation.terms import stated_limit
from impactbond.money import cut, show
from impactbond.reasons import Because, LineKind
from impactbond.settlement.funders import UNFUNDED, ShareRule, named_rule
from impactbond.settlement.limits import DISPUTE, RELIEF, headroom_pence
from impactbond.settlement.schedule import due_on
from impactbond.settlement.settlement import Settlement


@dataclass(frozen=True)
class Ledger:
    """A settlement's lines with their share rules, and the running totals that were cut."""

    settlement: Settlement
    rules: Mapping[str, ShareRule]

    @classmethod
    def of(cls, settlement: Settlement) -> Ledger:
        """The ledger of a settlement."""
        contract = settlement.contract
        names = settlement.lines_table["share_rule"].unique().to_pylist()
        return cls(settlement, {name: named_rule(contract, name) for name in names})

    def rows(self, participant: str, milestone: str, until: date) -> list[dict[str, Any]]:
        """The lines of a participant's milestone up to a claim date, in history order."""
        lines = self.settlement.lines_table
        chosen = pc.and_(
            pc.equal(lines["participant"], participant), pc.equal(lines["milestone"], milestone)
        )
        found = lines.filter(chosen).to_pylist()
        return [row for row in found if row["claim_date"] <= until]

    def line(self, row: Mapping[str, Any], since: Since) -> Line:
        """One line, explained."""
        contract = self.settlement.terms_on(row["claim_date"])
        rule = self.rules[row["share_rule"]]
        after = self._running(row)
        before = after - row["entitled_pence"]
        names = row["withheld_by"].split("; ")
        limits = [limit for limit in contract.limits_on_the_whole if limit.name in names]
        return Line(
            line=row["line"],
            claim_period=row["claim_period"],
            claim_date=row["claim_date"],
            due_on=due_on(contract, row["claim_date"], self.settlement.holidays),
            kind=row["kind"],
            period=row["period"],
            achieved_on=row["achieved_on"],
            quantity=row["quantity"],
            price_pence=row["price_pence"],
            value_pence=row["value_pence"],
            withheld_pence=row["withheld_pence"],
            entitled_pence=row["entitled_pence"],
            because=row["because"],
            sentence=_sentence(contract, row),
            limits=tuple(stated_limit(contract, limit) for limit in limits),
            share_rule=row["share_rule"],
            share_clause=contract.funding[rule.funding].clause,
            running_before_pence=before,
            running_after_pence=after,
            shares=self._shares(row, rule, before, after),
            evidence_since=since.observations,
            participant_rows_since=since.participant,
        )

    def _running(self, row: Mapping[str, Any]) -> int:
        """What was let through under the line's share rule up to and with the line."""
        lines = self.settlement.lines_table
        so_far = lines.slice(0, pc.index(lines["line"], row["line"]).as_py() + 1)
        under = so_far.filter(pc.equal(so_far["share_rule"], row["share_rule"]))
        return int(pc.sum(under["entitled_pence"]).as_py())

    def _shares(
        self, row: Mapping[str, Any], rule: ShareRule, before: int, after: int
    ) -> tuple[ShareOfLine, ...]:
        rule_for_halves = self.settlement.contract.rounding.rule
        boundaries = cut(np.array([before, after], dtype=np.int64), rule.shares, rule_for_halves)
        bounds = dict(zip(rule.funders, boundaries.T.tolist(), strict=True))
        fractions = dict(zip(rule.funders, rule.shares, strict=True))
        names = {funder.id: funder.name for funder in self.settlement.funders.all}
        shares = self.settlement.shares_table
        parts = shares.filter(pc.equal(shares["line"], row["line"])).to_pylist()
        moved = {part["funder"]: part["moved_pence"] for part in parts}
        flows = passed_on(self.settlement, moved, row["claim_date"])
        found = []
        for part in parts:
            funder = part["funder"]
            start, end = bounds.get(funder, (0, 0))
            if end - start != part["value_pence"] - part["withheld_pence"]:
                raise InvariantError("a share of a line is not its share of the running total")
            found.append(
                ShareOfLine(
                    funder=funder,
                    name=names[funder],
                    share=fractions.get(funder, Fraction(0)),
                    share_before_pence=start,
                    share_after_pence=end,
                    value_pence=part["value_pence"],
                    withheld_pence=part["withheld_pence"],
                    moved_pence=part["moved_pence"],
                    amount_pence=part["amount_pence"],
                    passed=tuple(
                        flow for flow in flows if funder in (flow.from_funder, flow.to_funder)
                    ),
                )
            )
        if sum(share.amount_pence for share in found) != row["entitled_pence"]:
            raise InvariantError("the shares of a line do not add up to it")
        return tuple(found)


def passed_on(settlement: Settlement, moved: Mapping[str, int], day: date) -> Sequence[Passed]:
    """What each funder limit passed on within one line of a claim date, from what every funder took
    over net.

    What a funder passes on is what it took over before its own limit, less what it took over net.
    """
    contract, funders = settlement.terms_on(day), settlement.funders
    received: defaultdict[str, int] = defaultdict(int)
    found = []
    for limit in contract.limits_on_funders:
        target = UNFUNDED if limit.taker is None else limit.taker
        for place in funders.of_term(limit.on_funder):
            funder = funders.all[place].id
            amount = received[funder] - moved.get(funder, 0)
            if amount:
                received[target] += amount
                at_most = headroom_pence(contract, limit, day)
                found.append(Passed(limit.name, at_most, limit.clause, funder, target, amount))
    return found


def entitled(lines: Iterable[Line]) -> int:
    """What some lines come to."""
    return sum(line.entitled_pence for line in lines)


def _sentence(contract: Contract, row: Mapping[str, Any]) -> str:
    def pounds(column: str) -> str:
        return show(row[column], contract.currency)

    told = Because(row["because"]).sentence
    is_milestone = row["milestone"] in contract.milestones
    priced_in = contract.currency_of_prices if is_milestone else contract.currency
    is_product = row["quantity"] * row["price_pence"] == row["value_pence"]
    if is_product and priced_in == contract.currency and row["quantity"]:
        told += f": {row['quantity']} × {pounds('price_pence')} = {pounds('value_pence')}"
    elif row["value_pence"]:
        told += f": {pounds('value_pence')}"
        if row["quantity"]:
            price = show(row["price_pence"], priced_in)
            told += f" for {row['quantity']} at {price}, as the terms of the price say"
    if row["withheld_pence"]:
        word = "withheld" if row["withheld_pence"] > 0 else "no longer withheld"
        amount = show(abs(row["withheld_pence"]), contract.currency)
        told += f"; {amount} {word} ({_reasons(row['withheld_by'])})"
    if row["kind"] == LineKind.ADJUSTMENT:
        told += (
            f"; an adjustment, because {row['period']}, in which it was achieved, was closed before"
        )
    return told


def _reasons(withheld_by: str) -> str:
    """Why something is held back: a dispute, relief that is paid instead, or limits."""
    named = [name for name in withheld_by.split("; ") if name]
    told = [name if name.startswith((DISPUTE, RELIEF)) else f"limit on {name}" for name in named]
    return "; ".join(told)
