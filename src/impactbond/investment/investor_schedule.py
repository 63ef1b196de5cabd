"""The schedule of an investment, as rows and tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

import pyarrow as pa

from impactbond.cards import FrameOf
from impactbond.contract.contract import Contract
from impactbond.errors import SettlementError, assert_one_of
from impactbond.investment.cash_flows import CashFlows
from impactbond.investment.waterfall import committed_pence
from impactbond.money import show
from impactbond.tables import aligned, plain_rows, rows_table, schema_of

FLOWS = schema_of("on", "class", "investor", "kind", "amount_pence", on=pa.date32())
ACCOUNT = schema_of("on", "kind", "name", "amount_pence", on=pa.date32())
_SUMS = ("committed", "called", "return", "principal", "made_good", "unpaid", "lost")
CLASSES = schema_of("class", *(f"{name}_pence" for name in _SUMS))
FLOW_KINDS = ("called", "return", "principal", "made good")
ACCOUNT_KINDS = ("received", "recycled", "fees", "investors", "surplus", "left")


class InvestorFlow(NamedTuple):
    """An amount of one investor in one class: below nothing what it pays in."""

    on: date
    of_class: str
    investor: str
    kind: str
    pence: int


class AccountEntry(NamedTuple):
    """An entry of the account of what funders paid: above nothing what came, below it what went,
    to whom `who` says.
    """

    on: date
    kind: str
    who: str
    pence: int


@dataclass(frozen=True, eq=False, repr=False)
class InvestorSchedule:
    """What an investment pays and gets, by day; the account of the money closes on `until`.

    `flows_table` has a row for every amount of an investor in a class, seen from the investor;
    `account_table` where the money that funders paid went; `classes_table` what each class was
    owed and got. `unpaid_pence` is what each class was owed at the end and did not get.
    """

    contract: Contract
    until: date
    rows: tuple[InvestorFlow, ...]
    entries: tuple[AccountEntry, ...]
    unpaid_pence: Mapping[str, int]
    kind: str = "pandas"

    def flows(self, investor: str | None = None, of_class: str | None = None) -> CashFlows:
        """The cash flows of everybody, of an investor, of a class, or of an investor in a class.

        Raises SettlementError for a name that the contract has not.
        """
        assert self.contract.investment is not None
        terms = self.contract.investment
        if investor is not None:
            assert_one_of(investor, "investor", terms.investors, SettlementError)
        if of_class is not None:
            assert_one_of(of_class, "of_class", terms.classes, SettlementError)
        chosen = (
            (row.on, row.pence)
            for row in self.rows
            if investor in (None, row.investor) and of_class in (None, row.of_class)
        )
        return CashFlows.of(chosen, self.contract.currency)

    @cached_property
    def flows_table(self) -> pa.Table:
        """Every amount of every investor in every class, in order of days (FLOWS)."""
        return rows_table(self.rows, FLOWS)

    @cached_property
    def account_table(self) -> pa.Table:
        """Where what funders paid went; the amounts add up to nothing (ACCOUNT)."""
        return rows_table(self.entries, ACCOUNT)

    @cached_property
    def classes_table(self) -> pa.Table:
        """What each class committed, was called, got and did not get (CLASSES)."""
        return rows_table([self._of_class(name) for name in self.unpaid_pence], CLASSES)

    def _of_class(self, name: str) -> tuple[Any, ...]:
        assert self.contract.investment is not None
        sums = {
            kind: sum(row.pence for row in self.rows if (row.of_class, row.kind) == (name, kind))
            for kind in FLOW_KINDS
        }
        term = self.contract.investment.classes[name]
        lost = -sums["called"] - sums["principal"] - sums["made good"]
        return (
            name,
            committed_pence(self.contract, term),
            -sums["called"],
            *(sums["return"], sums["principal"], sums["made good"], self.unpaid_pence[name], lost),
        )

    frame = FrameOf("The flows as a frame.", "flows_table")

    def account_pence(self, kind: str) -> int:
        """The sum of one kind of entry: received, recycled, fees, investors, surplus or left."""
        assert_one_of(kind, "kind", ACCOUNT_KINDS, SettlementError)
        return sum(entry.pence for entry in self.entries if entry.kind == kind)

    def as_dict(self) -> dict[str, Any]:
        """The schedule as plain data, for `--json`."""
        return {
            "contract": self.contract.contract,
            "currency": self.contract.currency,
            "until": self.until.isoformat(),
            "flows": plain_rows(self.flows_table),
            "account": plain_rows(self.account_table),
            "classes": plain_rows(self.classes_table),
            "all": self.flows().as_dict(),
            "by_class": {name: self.flows(of_class=name).as_dict() for name in self.unpaid_pence},
        }

    @property
    def text(self) -> str:
        """The schedule for a terminal."""
        currency = self.contract.currency
        told = [f"{self.contract.title}: what investors pay and get, to {self.until}"]
        for name in (None, *self.unpaid_pence):
            about = "All classes" if name is None else f"Class {name}"
            rows = [list(pair) for pair in self.flows(of_class=name).said]
            told += ["", about, *(f"  {line}" for line in aligned(rows, 1))]
        rows = [
            [str(row.on), row.of_class, row.investor, row.kind, show(row.pence, currency)]
            for row in self.rows
        ]
        heads = ["On", "Class", "Investor", "What", "Amount"]
        told += ["", "Flows", *(f"  {line}" for line in aligned([heads, *rows], 4))]
        entries = [
            [str(one.on), one.kind, one.who, show(one.pence, currency)] for one in self.entries
        ]
        heads = ["On", "What", "Whom", "Amount"]
        told += ["", "What funders paid", *(f"  {line}" for line in aligned([heads, *entries], 3))]
        return "\n".join(told)

    def __repr__(self) -> str:
        return (
            f"InvestorSchedule({self.contract.contract}, to {self.until}, {len(self.rows)} flows)"
        )
