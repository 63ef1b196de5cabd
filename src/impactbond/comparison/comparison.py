"""What came of a comparison: as text, as plain data and as tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from datetime import date
from html import escape
from typing import Any

import pyarrow as pa

from impactbond.contract.difference import ContractChange
from impactbond.money import show
from impactbond.tables import as_kind

SHOWN = 30
TERMS = pa.schema([(name, pa.string()) for name in ("path", "was", "now", "clause", "milestones")])


def terms_table(terms: Iterable[ContractChange]) -> pa.Table:
    """The terms that differ as a table; the milestones that one can touch in one cell."""
    rows = [(one.path, one.was, one.now, one.clause, ", ".join(one.milestones)) for one in terms]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(TERMS)
    return pa.table([pa.array(column, pa.string()) for column in columns], schema=TERMS)


@dataclass(frozen=True)
class ContractComparison:
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
        """One row for each term that differs, as a pandas frame: path, was, now, clause."""
        return as_kind(terms_table(self.terms), "pandas")

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

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


@dataclass(frozen=True)
class Comparison:
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
        rows = f"{_count(self.rows_new, 'row')} new, {_count(self.rows_gone, 'row')} gone"
        told += [
            f"Terms that differ: {len(self.terms)}",
            *_some([f"  {term}" for term in self.terms]),
            f"Evidence: {rows}",
            f"Verdicts that differ: {self.verdicts_table.num_rows}",
            f"Payments that differ in amount or day: {self.schedule_table.num_rows}",
            "",
            *self._money_lines(),
            *self._claim_lines(),
        ]
        return "\n".join(told)

    def _money_lines(self) -> list[str]:
        rows = [
            (
                self.names.get(row["funder"], row["funder"]),
                *(
                    show(row[f"{name}_pence"], self.currency)
                    for name in ("was", "now", "difference", "on_claims", "on_account")
                ),
            )
            for row in self.totals_table.to_pylist()
        ]
        sums = [sum(self.totals_table[name].to_pylist()) for name in _SUMMED]
        rows.append(("All funders", *(show(pence, self.currency) for pence in sums)))
        heads = ("Asked for to date", "Was", "Now", "Difference", "On claims", "On account")
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        return [
            "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in (heads, *rows)
        ]

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
            amounts = f"{show(old, self.currency)} → {show(new, self.currency)}"
            told.append(f"  {participant}, {milestone}, {period}: {amounts}")
            told.append(f"    {rows[0]['reason']}")
            parts = [
                f"{self.names.get(row['funder'], row['funder'])} "
                f"{show(row['was_pence'], self.currency)} → {show(row['now_pence'], self.currency)}"
                for row in rows
                if row["difference_pence"]
            ]
            told.append(f"    {'; '.join(parts)}")
        if len(by_claim) > SHOWN:
            told.append(f"  and {len(by_claim) - SHOWN:,} more (--json tells all)")
        return told

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
                name: _plain(getattr(self, f"{name}_table"))
                for name in ("totals", "claims", "verdicts", "schedule")
            },
        }

    def __str__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


_SUMMED = ("was_pence", "now_pence", "difference_pence", "on_claims_pence", "on_account_pence")


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return lines[:SHOWN] + ([f"  and {more:,} more (--json tells all)"] if more > 0 else [])


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    return [
        {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
        for row in table.to_pylist()
    ]


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"
