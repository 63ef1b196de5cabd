"""What came of a comparison: as text, as plain data and as tables."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import pyarrow as pa

from impactbond.contract.difference import ContractChange
from impactbond.money import show
from impactbond.records.regenerate import SHOWN, Report, some
from impactbond.tables import aligned, as_kind, plain_rows, rows_table
from impactbond.terms.words import counted

TERMS = pa.schema([(name, pa.string()) for name in ("path", "was", "now", "clause", "milestones")])


@dataclass(frozen=True)
class ContractComparison(Report):
    """What differs between two versions of a contract, computed from their terms."""

    was: str
    now: str
    terms: tuple[ContractChange, ...]

    @property
    def same(self) -> bool:
        """Whether no term differs."""
        return not self.terms

    @property
    def table(self) -> Any:
        """One row for each term that differs, as a pandas frame: path, was, now, clause, and the
        milestones that it can touch in one cell.
        """
        rows = [
            (term.path, term.was, term.now, term.clause, ", ".join(term.milestones))
            for term in self.terms
        ]
        return as_kind(rows_table(rows, TERMS), "pandas")

    @property
    def text(self) -> str:
        """The differences in plain words."""
        told = [self.was, self.now, ""]
        if self.same:
            return "\n".join([*told, "No term differs."])
        told.append(f"Terms that differ: {len(self.terms)}")
        for term in self.terms:
            told.append(f"  {term}")
            if term.milestones:
                told.append(f"    can move the money of {', '.join(term.milestones)}")
        return "\n".join(told)

    def as_dict(self) -> dict[str, Any]:
        """The differences as plain data, for `--json`."""
        return {
            "was": self.was,
            "now": self.now,
            "same": self.same,
            "terms": [asdict(term) for term in self.terms],
        }


@dataclass(frozen=True)
class Comparison(Report):
    """What differs between two settlements: terms, rows of evidence, verdicts, money and days.

    Frames come in the kind that the later side's evidence came in; money is whole pence.
    """

    was: str
    now: str
    currency: str
    names: dict[str, str] = field(repr=False)
    terms: tuple[ContractChange, ...] = field(repr=False)
    rows_new: int
    rows_gone: int
    claims_table: pa.Table = field(repr=False)
    totals_table: pa.Table = field(repr=False)
    verdicts_table: pa.Table = field(repr=False)
    schedule_table: pa.Table = field(repr=False)
    kind: str

    @property
    def same(self) -> bool:
        """Whether nothing differs: no term, no row of evidence, no verdict, no payment."""
        return not (
            self.terms
            or self.rows_new
            or self.rows_gone
            or self.claims_table.num_rows
            or self.verdicts_table.num_rows
            or self.schedule_table.num_rows
        )

    @property
    def difference_pence(self) -> int:
        """What all funders together are asked for now, less what they were asked for."""
        return sum(self.totals_table["difference_pence"].to_pylist())

    @property
    def claims(self) -> Any:
        """Every claim whose money moved: participant, milestone, period, funder, was, now, why."""
        return as_kind(self.claims_table, self.kind)

    table = claims

    @property
    def totals(self) -> Any:
        """What every funder is asked for to date: was, now, and where the difference lies."""
        return as_kind(self.totals_table, self.kind)

    @property
    def verdicts(self) -> Any:
        """Every participant and milestone whose verdict is another."""
        return as_kind(self.verdicts_table, self.kind)

    @property
    def schedule(self) -> Any:
        """Every payment that differs in amount or in the day on which it is due."""
        return as_kind(self.schedule_table, self.kind)

    @property
    def text(self) -> str:
        """The differences in plain words."""
        told = [f"Was  {self.was}", f"Now  {self.now}", ""]
        if self.same:
            return "\n".join([*told, "Nothing differs."])
        rows = f"{counted(self.rows_new, 'row')} new, {counted(self.rows_gone, 'row')} gone"
        told += [
            f"Terms that differ: {len(self.terms)}",
            *some(self.terms, "  "),
            f"Evidence: {rows}",
            f"Verdicts that differ: {self.verdicts_table.num_rows}",
            f"Payments that differ in amount or day: {self.schedule_table.num_rows}",
            "",
            *self._money_lines(),
            *self._claim_lines(),
        ]
        return "\n".join(told)

    def _money_lines(self) -> list[str]:
        names = ("was", "now", "difference", "on_claims", "on_account")
        columns = [self.totals_table[f"{name}_pence"].to_pylist() for name in names]
        funders = [self.names.get(one, one) for one in self.totals_table["funder"].to_pylist()]
        amounts = [[show(pence, self.currency) for pence in [*each, sum(each)]] for each in columns]
        heads = ("Asked for to date", "Was", "Now", "Difference", "On claims", "On account")
        return aligned([heads, *zip([*funders, "All funders"], *amounts, strict=True)], words=1)

    def _claim_lines(self) -> list[str]:
        by_claim: dict[tuple[str, ...], list[dict[str, Any]]] = {}
        for row in self.claims_table.to_pylist():
            key = (row["participant"], row["milestone"], row["period"])
            by_claim.setdefault(key, []).append(row)
        if not by_claim:
            return ["", "No claim's money moved."]
        told = ["", f"Claims whose money moved: {len(by_claim)}"]
        for (participant, milestone, period), rows in list(by_claim.items())[:SHOWN]:
            old, new = (sum(row[f"{name}_pence"] for row in rows) for name in ("was", "now"))
            parts = [
                f"{self.names.get(row['funder'], row['funder'])} "
                f"{self._moved(row['was_pence'], row['now_pence'])}"
                for row in rows
                if row["difference_pence"]
            ]
            told.append(f"  {participant}, {milestone}, {period}: {self._moved(old, new)}")
            told += [f"    {rows[0]['reason']}", f"    {'; '.join(parts)}"]
        if len(by_claim) > SHOWN:
            told.append(f"  and {len(by_claim) - SHOWN:,} more (--json tells all)")
        return told

    def _moved(self, was: int, now: int) -> str:
        return f"{show(was, self.currency)} → {show(now, self.currency)}"

    def as_dict(self) -> dict[str, Any]:
        """The differences as plain data, for `--json`."""
        return {
            "was": self.was,
            "now": self.now,
            "same": self.same,
            "difference_pence": self.difference_pence,
            "terms": [asdict(term) for term in self.terms],
            "rows_new": self.rows_new,
            "rows_gone": self.rows_gone,
            **{
                name: plain_rows(getattr(self, f"{name}_table"))
                for name in ("totals", "claims", "verdicts", "schedule")
            },
        }
