"""Counts: how many claims of a milestone there were on a day or in a period, as somebody states it
who holds no evidence of single participants, or does not deliver it.

A count enters a settlement where evaluation would: from there on both go the same way. What only
evidence of single participants can tell is asked of counts in vain.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, ClassVar

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import card
from impactbond.contract.versions import Versions
from impactbond.dialect import Engine
from impactbond.evidence.evidence import PLACE, digest_of
from impactbond.tables import as_kind, schema_of
from impactbond.terms.reference import references

_COUNTED = ("milestone", "achieved_on", "period", "number", "recorded_on", "standing")
_MONEY = ("funding", "limits", "results")


def counts_schema(attributes: tuple[str, ...]) -> pa.Schema:
    """The columns of counts, with one text column for each attribute of the contract."""
    counted = schema_of(*_COUNTED, "ref", "replaces", number=pa.int64())
    return pa.schema([*counted, *(pa.field(name, pa.string()) for name in attributes), *PLACE])


def asked_of_counts(versions: Versions) -> tuple[str, ...]:
    """The attributes on which any version lets money depend, so that no count can do without them:
    those that a price, a share, a funder, a limit or a result asks for.
    """
    found: set[str | None] = set()
    for contract in versions.all:
        for one in references(contract):
            section, *rest = one.path
            of_price = section == "milestones" and rest[1] in ("rates", "changes")
            if "attributes" in one.to.sections and (of_price or section in _MONEY):
                found.add(one.name)
        # A funder that shares in nothing asks for nothing.
        sharing = {name for rule in contract.funding for name in rule.shares}
        found |= {contract.funders[name].each for name in sharing}
    return tuple(name for name in versions.whole.participants.attributes if name in found)


@dataclass(frozen=True, eq=False, repr=False)
class Counts:
    """What was counted, and what of it was refused.

    `counts` and `refused` are frames of the kind that came in (pandas for files); the `*_table`
    fields hold the same as Arrow tables. Columns of `counts`: milestone; achieved_on, for a period
    its last day; period, null for a day; number, of claims or of units; recorded_on; standing; ref;
    replaces; every attribute of the contract, "" where nobody needs it; file, sheet and row.
    """

    counts_table: pa.Table
    refused_table: pa.Table
    kind: str = "pandas"
    cautions: tuple[str, ...] = ()
    engine: ClassVar[Engine] = "duckdb"
    called: ClassVar[str] = "Counts without evidence"

    @property
    def said(self) -> tuple[pa.Table, ...]:
        """The tables that say what is known."""
        return (self.counts_table,)

    @property
    def counts(self) -> Any:
        """What was counted, one row each."""
        return as_kind(self.counts_table, self.kind)

    @property
    def refused(self) -> Any:
        """What was left out and why: file, sheet, row and column."""
        return as_kind(self.refused_table, self.kind)

    def known_on(self, day: date) -> Counts:
        """The counts recorded by that day; what was refused stays, having no date to go by."""
        table = self.counts_table
        known = pc.less_equal(table["recorded_on"], pa.scalar(day, pa.date32()))
        return replace(self, counts_table=table.filter(known))

    def standing_on(self, day: date) -> Iterator[dict[str, Any]]:
        """The rows that stand on a day: recorded by then, and replaced by no row recorded by then.
        What was replaced stays so, even where the row in its place is itself replaced.
        """
        known = [row for row in self._rows if row["recorded_on"] <= day]
        gone = {row["replaces"] for row in known} - {None}
        yield from (row for row in known if row["ref"] is None or row["ref"] not in gone)

    @cached_property
    def _rows(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.counts_table.to_pylist()
        return rows

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the counts, whatever their order and the files' names."""
        return digest_of(*self.said)

    @property
    def _numbers(self) -> list[tuple[str, int]]:
        rows = Counter(self.counts_table["milestone"].to_pylist())
        reasons = Counter(self.refused_table["code"].to_pylist())
        return [
            *((f"rows of {name}", rows[name]) for name in sorted(rows)),
            *((f"refused: {code}", reasons[code]) for code in sorted(reasons)),
        ]

    def __repr__(self) -> str:
        return f"Counts({', '.join(f'{what}: {count}' for what, count in self._numbers)})"

    def _repr_html_(self) -> str:
        counts = ((what, f"{count:,}") for what, count in self._numbers)
        return card(self.called, rows=counts, notes=self.cautions)
