"""The receipts: what funders really sent, as it was delivered and checked."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.cards import FrameOf, card
from impactbond.evidence.evidence import PLACE
from impactbond.money import show
from impactbond.tables import schema_of

_RECEIPT = ("receipt", "funder", "received_on", "amount_pence", "claim_period", "note")
RECEIPTS = pa.schema([*schema_of(*_RECEIPT), *PLACE])


@dataclass(frozen=True, eq=False, repr=False)
class Receipts:
    """What was received, and what was refused.

    `received` and `refused` are frames of the kind that came in (pandas for a file); the `*_table`
    fields hold the same as Arrow tables. Amounts are whole minor units of the contract's currency.
    Money paid back to a funder has a minus sign; what the provider has written off is no money and
    stands by itself in `written_off`. `repeated` counts the rows dropped because
    another file says the same. `cautions` tell what deserves a look though it stops nothing.
    """

    contract: str
    currency: str
    received_table: pa.Table
    refused_table: pa.Table
    written_off_table: pa.Table = field(default_factory=RECEIPTS.empty_table)
    repeated: int = 0
    kind: str = "pandas"
    cautions: tuple[str, ...] = ()

    received = FrameOf("One row for each receipt, by day and reference.")
    written_off = FrameOf("One row for each amount that the provider no longer expects.")
    refused = FrameOf(
        "What was left out and why: file, sheet, row and column, never the value itself."
    )

    @property
    def total_pence(self) -> int:
        """All that was received, less what was paid back."""
        return int(pc.sum(self.received_table["amount_pence"]).as_py() or 0)

    def received_by(self, day: date) -> Receipts:
        """The receipts of that day and before; what was refused stays."""
        last = pa.scalar(day, pa.date32())
        received, off = (
            table.filter(pc.less_equal(table["received_on"], last))
            for table in (self.received_table, self.written_off_table)
        )
        return replace(self, received_table=received, written_off_table=off)

    @property
    def _counts(self) -> list[tuple[str, str]]:
        refused = pc.value_counts(self.refused_table["code"].combine_chunks()).to_pylist()
        return [
            ("receipts", f"{self.received_table.num_rows:,}"),
            ("received in all", show(self.total_pence, self.currency)),
            *(
                [("written off", show(off, self.currency))]
                if (off := pc.sum(self.written_off_table["amount_pence"]).as_py())
                else []
            ),
            *sorted((f"refused: {one['values']}", f"{one['counts']:,}") for one in refused),
            ("rows delivered more than once", f"{self.repeated:,}"),
        ]

    def __repr__(self) -> str:
        return f"Receipts({', '.join(f'{what}: {count}' for what, count in self._counts)})"

    def _repr_html_(self) -> str:
        return card("Receipts", rows=self._counts, notes=self.cautions)
