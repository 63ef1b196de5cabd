"""A settlement: what was decided, claimed, shared and scheduled, as tables that a finance team can
look through.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Protocol

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf, card
from impactbond.contract.contract import Contract
from impactbond.contract.versions import Versions
from impactbond.evaluation.carried import Unchanged
from impactbond.evaluation.inputs import ClaimDate
from impactbond.evidence.counts import Counts
from impactbond.evidence.evidence import Evidence
from impactbond.money import show
from impactbond.settlement.funding import Funders
from impactbond.settlement.lines import Attribution
from impactbond.settlement.results import MeasuredResult, parts_table, results_table
from impactbond.tables import sorted_by

TABLES = ("decisions", "claims", "lines", "shares", "payments", "balances")


class Earlier(Protocol):
    """What a later settlement takes over from an earlier one: a Settlement is one, and a record."""

    @property
    def contract(self) -> Contract: ...

    @property
    def versions(self) -> tuple[Contract, ...]: ...

    @property
    def claim_dates(self) -> tuple[ClaimDate, ...]: ...

    @property
    def lines_table(self) -> pa.Table: ...


@dataclass(frozen=True, eq=False, repr=False)
class Settlement:
    """The result of `settle`.

    `known` are the versions of the contract that are known at the latest claim date, `contract` all
    of them under one roof. `counts` are those that it rests on in place of evidence, of which there
    is then none. Frames come in the kind that the evidence came in; money is whole pence
    (`*_pence`). What is due waits for no decision and no line: `decided` and `attribution` find
    these when they are asked for, `measured` what results of groups were measured on. `unchanged`
    are those who were not evaluated again.
    """

    contract: Contract
    known: Versions
    evidence: Evidence
    as_of: date
    claim_dates: tuple[ClaimDate, ...]
    funders: Funders
    holidays: tuple[date, ...]
    refused_left_out: int
    earlier: Earlier | None
    decided: Callable[[], pa.Table]
    attribution: Attribution
    measured: Callable[[], tuple[MeasuredResult, ...]]
    payments_table: pa.Table
    balances_table: pa.Table
    counts: Counts | None = None
    unchanged: Unchanged | None = None

    @property
    def versions(self) -> tuple[Contract, ...]:
        """The versions of the contract that are known at the latest claim date."""
        return self.known.all

    @property
    def table_names(self) -> tuple[str, ...]:
        """The tables that are written and kept, each `<name>_table` here: those of results where
        the contract has any, and no decisions about participants whom counts do not know.
        """
        of_results = ("results", "result_parts") if self.contract.results else ()
        nobody = ("decisions",) if self.counts is not None else ()
        return tuple(name for name in (*TABLES, *of_results) if name not in nobody)

    @property
    def is_amended(self) -> bool:
        """Whether more than one version of the contract is known."""
        return len(self.known.all) > 1

    def terms_on(self, day: date) -> Contract:
        """The contract with the limits and the days for payment in force on a claim date."""
        return self.known.as_under(self.known.known_by(day))

    @property
    def claim(self) -> ClaimDate:
        """The latest claim date settled: the one that statements are for."""
        return self.claim_dates[-1]

    @property
    def kind(self) -> str:
        """The kind of frame that the evidence came in."""
        return self.evidence.kind

    @property
    def basis(self) -> Evidence | Counts:
        """What it rests on."""
        return self.evidence if self.counts is None else self.counts

    @property
    def lines_table(self) -> pa.Table:
        """Every movement of every claim, in history order (LINES)."""
        return self.attribution.tables[0]

    @property
    def shares_table(self) -> pa.Table:
        """Every line cut among its funders (SHARES)."""
        return self.attribution.tables[1]

    @cached_property
    def decisions_table(self) -> pa.Table:
        """Every decision at the latest claim date (DECISIONS), made when it is first asked for."""
        return self.decided()

    @cached_property
    def measured_results(self) -> tuple[MeasuredResult, ...]:
        """Every result of a group that was measured or moved at any claim date, with its steps."""
        return self.measured()

    @cached_property
    def results_table(self) -> pa.Table:
        """The measured results (RESULTS), in the order of claim dates and of the contract."""
        return results_table(self.measured_results)

    @cached_property
    def result_parts_table(self) -> pa.Table:
        """Their steps, from each count to the value (RESULT_PARTS)."""
        return parts_table(self.measured_results)

    @cached_property
    def funders_table(self) -> pa.Table:
        """The funders: id, name, kind."""
        return pa.table(
            {
                "funder": [funder.id for funder in self.funders.all],
                "name": [funder.name for funder in self.funders.all],
                "kind": [funder.kind for funder in self.funders.all],
            }
        )

    @cached_property
    def claims_table(self) -> pa.Table:
        """The claims that stand at the latest claim date: participant, milestone, period,
        achieved_on, price, quantity (more than one where units are paid) and paid pence.
        """
        keys = ["participant", "milestone", "period", "achieved_on", "price_pence"]
        sums = ["quantity", "value_pence", "withheld_pence", "entitled_pence"]
        added = self.lines_table.group_by(keys).aggregate([(name, "sum") for name in sums])
        # Milestones are claimed; the lines of results and fees are of no claim.
        milestones = pa.array(list(self.contract.milestones), pa.string())
        order = pc.index_in(added["milestone"], milestones)
        stands = pc.and_(pc.is_valid(order), pc.not_equal(added["quantity_sum"], 0))
        standing = added.append_column("order", order).filter(stands)
        by_order = sorted_by(standing, "participant", "order", "achieved_on")
        chosen = by_order.select([*keys, *(f"{name}_sum" for name in sums)])
        return chosen.rename_columns([*keys, *sums])

    decisions = FrameOf(
        "Every participant covered and every milestone, at the latest claim date: verdict, "
        "reason, days."
    )
    claims = FrameOf("The claims that stand at the latest claim date.")
    lines = FrameOf("Every movement of every claim, in history order.")
    shares = FrameOf("Every line cut among its funders.")
    results = FrameOf(
        "Every result of a group at every claim date: what was measured, reached and paid."
    )
    result_parts = FrameOf(
        "The steps of every result: its counts, what is made of them, and the value."
    )
    schedule = FrameOf("What each funder pays, when, and for what.", "payments_table")
    balances = FrameOf(
        "Entitled, settled, due and withheld to date, for every funder and claim date."
    )

    def due_pence(self, funder: str | None = None) -> int:
        """What is due at the latest claim date, from one funder or from all."""
        table = self.balances_table
        chosen = pc.equal(table["claim_period"], self.claim.label)
        if funder is not None:
            chosen = pc.and_(chosen, pc.equal(table["funder"], funder))
        return int(pc.sum(table.filter(chosen)["due_pence"]).as_py() or 0)

    def __repr__(self) -> str:
        """What it is, and no child's value: a settlement may end up in a log."""
        name, due = self.contract.contract, show(self.due_pence(), self.contract.currency)
        return f"<Settlement of {name}, claim {self.claim.label}: {due} due>"

    def _repr_html_(self) -> str:
        currency, claim = self.contract.currency, self.claim
        due = {funder.name: self.due_pence(funder.id) for funder in self.funders.all}
        return card(
            f"{self.contract.title}: {claim.label}",
            f"{self.basis.called} recorded up to {claim.known_by}",
            ["Funder", "Due"],
            [[name, show(pence, currency)] for name, pence in due.items() if pence],
            total=["All funders", show(self.due_pence(), currency)],
        )
