"""What one participant is paid: what moved on each line, what limits kept back, every funder's
part.

Nothing is settled again: running totals are read off the settlement's own lines and shares, and
must come out as the boundaries at which it cut them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.errors import InvariantError
from impactbond.explanation.parts import (
    EvidenceRow,
    Line,
    ParticipantRow,
    Passed,
    ShareOfLine,
    columns_of,
)
from impactbond.explanation.payment import stated_limit
from impactbond.money import show
from impactbond.reasons import Because, LineKind
from impactbond.settlement.funding import UNFUNDED, ShareRule, named_rule
from impactbond.settlement.limits import DISPUTE, RELIEF, headroom_pence
from impactbond.settlement.schedule import due_on
from impactbond.settlement.settlement import Settlement

Row = Mapping[str, Any]


class LineBook:
    """The lines of some participants, each with what was let through before it and with its shares;
    what is nobody's has the participant "". Found once for all of them.
    """

    def __init__(self, settlement: Settlement, participants: Iterable[str]) -> None:
        self._settlement = settlement
        lines = settlement.lines_table
        own = pc.is_in(lines["participant"], pa.array(sorted(set(participants)), pa.string()))
        self._places = np.flatnonzero(own.to_numpy())
        self._lines = lines.filter(own)
        self._terms: dict[date, Contract] = {}
        self._due: dict[date, date] = {}
        self._rules: dict[str, ShareRule] = {}

    def rows(self, participant: str, until: date) -> list[Row]:
        """The lines of a participant up to a claim date, in history order."""
        own = self._by_participant.get(participant, ())
        return [row for row in own if row["claim_date"] <= until]

    def explained(
        self,
        row: Row,
        evidence_since: tuple[EvidenceRow, ...] = (),
        participant_rows_since: tuple[ParticipantRow, ...] = (),
    ) -> Line:
        """One line, with the rows that were recorded since the claim date before."""
        contract, rule = self._terms_on(row["claim_date"]), self._rule(row["share_rule"])
        after = self._running[row["line"]]
        before = after - row["entitled_pence"]
        names = row["withheld_by"].split("; ")
        limits = (limit for limit in contract.limits_on_the_whole if limit.name in names)
        told = {
            "due_on": self._due[row["claim_date"]],
            "sentence": _sentence(contract, row),
            "limits": tuple(stated_limit(contract, limit) for limit in limits),
            "share_clause": contract.funding[rule.funding].clause,
            "running_before_pence": before,
            "running_after_pence": after,
            "shares": self._shares(row, rule, before, after),
            "evidence_since": evidence_since,
            "participant_rows_since": participant_rows_since,
        }
        return Line(**(columns_of(Line, row) | told))

    @cached_property
    def _by_participant(self) -> Mapping[str, Sequence[Row]]:
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in self._lines.to_pylist():
            found[row["participant"]].append(row)
        return found

    @cached_property
    def _running(self) -> Mapping[str, int]:
        """What was let through under the share rule of each line up to and with the line."""
        lines = self._settlement.lines_table
        encoded = pc.dictionary_encode(lines["share_rule"].combine_chunks())
        rule, entitled = encoded.indices.to_numpy(), lines["entitled_pence"].to_numpy()
        running = np.zeros(len(entitled), dtype=np.int64)
        for number in range(len(encoded.dictionary)):
            under = rule == number
            running[under] = np.cumsum(entitled[under], dtype=np.int64)
        names = self._lines["line"].to_pylist()
        return dict(zip(names, running[self._places].tolist(), strict=True))

    @cached_property
    def _parts(self) -> Mapping[str, Sequence[Row]]:
        """The shares of each line."""
        shares = self._settlement.shares_table
        own = shares.filter(pc.is_in(shares["line"], self._lines["line"].combine_chunks()))
        found: defaultdict[str, list[Row]] = defaultdict(list)
        for row in own.to_pylist():
            found[row["line"]].append(row)
        return found

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {funder.id: funder.name for funder in self._settlement.funders.all}

    def _terms_on(self, day: date) -> Contract:
        """The contract in force on a claim date, of which the due date is found with it."""
        if day not in self._terms:
            self._terms[day] = self._settlement.terms_on(day)
            self._due[day] = due_on(self._terms[day], day, self._settlement.holidays)
        return self._terms[day]

    def _rule(self, name: str) -> ShareRule:
        if name not in self._rules:
            self._rules[name] = named_rule(self._settlement.contract, name)
        return self._rules[name]

    def _shares(
        self, row: Row, rule: ShareRule, before: int, after: int
    ) -> tuple[ShareOfLine, ...]:
        running = np.array([before, after], dtype=np.int64)
        boundaries = rule.cut(running, self._settlement.contract.rounding.rule)
        bounds = dict(zip(rule.funders, boundaries.T.tolist(), strict=True))
        fractions = dict(zip(rule.funders, rule.shares, strict=True))
        parts = self._parts[row["line"]]
        moved = {part["funder"]: part["moved_pence"] for part in parts}
        flows = self._passed_on(moved, row["claim_date"])
        found = []
        for part in parts:
            funder = part["funder"]
            start, end = bounds.get(funder, (0, 0))
            if end - start != part["value_pence"] - part["withheld_pence"]:
                raise InvariantError("a share of a line is not its share of the running total")
            told = {
                "name": self._names[funder],
                "share": fractions.get(funder, Fraction(0)),
                "share_before_pence": start,
                "share_after_pence": end,
                "passed": tuple(one for one in flows if funder in (one.from_funder, one.to_funder)),
            }
            found.append(ShareOfLine(**(columns_of(ShareOfLine, part) | told)))
        if sum(share.amount_pence for share in found) != row["entitled_pence"]:
            raise InvariantError("the shares of a line do not add up to it")
        return tuple(found)

    def _passed_on(self, moved: Mapping[str, int], day: date) -> Sequence[Passed]:
        """What each funder limit passed on within one line of a claim date, from what every funder
        took over net.

        What a funder passes on is what it took over before its own limit, less what it took over
        net.
        """
        contract, funders = self._terms_on(day), self._settlement.funders
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
        closed = f"because {row['period']}, in which it was achieved, was closed before"
        told += f"; an adjustment, {closed}"
    return told


def _reasons(withheld_by: str) -> str:
    """Why something is held back: a dispute, relief that is paid instead, or limits."""
    named = [name for name in withheld_by.split("; ") if name]
    told = [name if name.startswith((DISPUTE, RELIEF)) else f"limit on {name}" for name in named]
    return "; ".join(told)
