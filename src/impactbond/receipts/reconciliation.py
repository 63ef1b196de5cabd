"""What came of matching receipts against what was due, as tables, text and plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from html import escape
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.money import show
from impactbond.tables import as_kind

_PENCE = pa.int64()
MATCHES = pa.schema(
    [
        ("funder", pa.string()),
        ("receipt", pa.string()),
        ("received_on", pa.date32()),
        ("claim_period", pa.string()),
        ("due_on", pa.date32()),
        ("matched_on", pa.date32()),
        ("amount_pence", _PENCE),
    ]
)
DUES = pa.schema(
    [
        ("funder", pa.string()),
        ("claim_period", pa.string()),
        ("due_on", pa.date32()),
        ("due_pence", _PENCE),
        ("matched_pence", _PENCE),
        ("open_pence", _PENCE),
        ("days_overdue", pa.int64()),
        ("band", pa.string()),
    ]
)
UNMATCHED = pa.schema(
    [
        ("funder", pa.string()),
        ("receipt", pa.string()),
        ("received_on", pa.date32()),
        ("claim_period", pa.string()),
        ("received_pence", _PENCE),
        ("unmatched_pence", _PENCE),
        ("reason", pa.string()),
    ]
)
ACCOUNT = pa.schema(
    [
        ("funder", pa.string()),
        ("claim_period", pa.string()),
        ("until", pa.date32()),
        ("opening_pence", _PENCE),
        ("due_pence", _PENCE),
        ("received_pence", _PENCE),
        ("closing_pence", _PENCE),
    ]
)
BANDS = {
    "not yet due": "not_yet_due_pence",
    "1-30 days": "overdue_1_to_30_days_pence",
    "31-60 days": "overdue_31_to_60_days_pence",
    "61-90 days": "overdue_61_to_90_days_pence",
    "over 90 days": "overdue_over_90_days_pence",
}
REASONS = {
    "overpaid": "more than was due: carried, and taken off what is asked for next",
    "given_back": "given back by a correction: carried, and taken off what is asked for next",
    "nothing_due": "nothing was ever asked of this funder",
    "claim_not_made": "the claim that it names is not made yet",
}
AGED = pa.schema(
    [
        ("funder", pa.string()),
        *((name, _PENCE) for name in BANDS.values()),
        ("carried_pence", _PENCE),
        ("balance_pence", _PENCE),
    ]
)


def band(days_overdue: int) -> str:
    """The band of an open amount; what is due on the day itself is not overdue."""
    if days_overdue <= 0:
        return "not yet due"
    names = list(BANDS)
    return names[min((days_overdue + 29) // 30, 4)]


@dataclass(frozen=True, eq=False, repr=False)
class Reconciliation:
    """Receipts matched against what was due, as at the end of one day.

    Frames come in the kind that the receipts came in; money is whole pence (`*_pence`).
    `later_receipts` counts those received after the day, `refused_left_out` the rows refused.
    """

    contract: str
    currency: str
    on: date
    claim_period: str
    names: dict[str, str]
    matches_table: pa.Table
    dues_table: pa.Table
    unmatched_table: pa.Table
    account_table: pa.Table
    received_pence: int
    receipts: int
    later_receipts: int
    refused_left_out: int
    kind: str

    @property
    def matches(self) -> Any:
        """Which receipt paid what, and when; `receipt` is blank where a claim gave money back."""
        return as_kind(self.matches_table, self.kind)

    @property
    def dues(self) -> Any:
        """What was due, what is matched of it, and how long the rest has been overdue."""
        return as_kind(self.dues_table, self.kind)

    @property
    def unmatched(self) -> Any:
        """What is carried: money received or given back that nothing due has taken up, and why."""
        return as_kind(self.unmatched_table, self.kind)

    @property
    def account(self) -> Any:
        """Opening, due, received and closing of every funder, claim by claim."""
        return as_kind(self.account_table, self.kind)

    @property
    def aged(self) -> Any:
        """What is open of every funder by how long it is overdue, what is carried, the balance."""
        return as_kind(self.aged_table, self.kind)

    @cached_property
    def aged_table(self) -> pa.Table:
        """The table `aged`: a row for every funder of the account."""
        rows = []
        for funder in dict.fromkeys(self.account_table["funder"].to_pylist()):
            dues = self.dues_table.filter(pc.equal(self.dues_table["funder"], funder))
            unmatched = self.unmatched_table
            carried = _total(unmatched.filter(pc.equal(unmatched["funder"], funder)), "unmatched")
            amounts = [_total(dues.filter(pc.equal(dues["band"], name)), "open") for name in BANDS]
            rows.append((funder, *amounts, carried, sum(amounts) - carried))
        return table_of(rows, AGED)

    @property
    def open_pence(self) -> int:
        """What was asked for and is not paid."""
        return _total(self.dues_table, "open")

    @property
    def carried_pence(self) -> int:
        """What was received, or given back, and nothing due has taken up."""
        return _total(self.unmatched_table, "unmatched")

    @property
    def text(self) -> str:
        """The reconciliation in plain words."""
        told = [
            f"{self.contract}: what was received against what was due, on {self.on}",
            f"  Asked for up to claim {self.claim_period}: {self._money(self._asked_pence)}",
            f"  Received: {self._money(self.received_pence)} in {_count(self.receipts, 'receipt')}",
            f"  Open: {self._money(self.open_pence)}; carried: {self._money(self.carried_pence)}",
            "",
            *self._aged_lines(),
        ]
        if self.unmatched_table.num_rows:
            told += [
                "",
                "  Carried, because nothing due has taken it up:",
                *self._unmatched_lines(),
            ]
        if self.later_receipts:
            later = _count(self.later_receipts, "receipt")
            told.append(f"  Received after {self.on}, not counted: {later}")
        if self.refused_left_out:
            told.append(f"  Refused and left out: {_count(self.refused_left_out, 'row')}")
        return "\n".join(told)

    @property
    def _asked_pence(self) -> int:
        return _total(self.account_table, "due")

    def _money(self, pence: int) -> str:
        return show(pence, self.currency)

    def _aged_lines(self) -> list[str]:
        heads = ["Funder", "Balance", *(name.capitalize() for name in BANDS), "Carried"]
        rows = [
            [
                self.names.get(row["funder"], row["funder"]),
                self._money(row["balance_pence"]),
                *(self._money(row[name]) for name in BANDS.values()),
                self._money(row["carried_pence"]),
            ]
            for row in self.aged_table.to_pylist()
        ]
        widths = [max(map(len, column)) for column in zip(heads, *rows, strict=True)]
        return [
            "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
            for row in [heads, *rows]
        ]

    def _unmatched_lines(self) -> list[str]:
        return [
            f"    {self._money(row['unmatched_pence'])} of "
            + (f"receipt {row['receipt']}" if row["receipt"] else f"claim {row['claim_period']}")
            + f", {self.names.get(row['funder'], row['funder'])}: {REASONS[row['reason']]}"
            for row in self.unmatched_table.to_pylist()
        ]

    def as_dict(self) -> dict[str, Any]:
        """The reconciliation as plain data, for `--json`."""
        tables = ("aged", "account", "dues", "matches", "unmatched")
        return {
            "contract": self.contract,
            "on": self.on.isoformat(),
            "claim_period": self.claim_period,
            "asked_pence": self._asked_pence,
            "received_pence": self.received_pence,
            "open_pence": self.open_pence,
            "carried_pence": self.carried_pence,
            "receipts": self.receipts,
            "later_receipts": self.later_receipts,
            "refused_left_out": self.refused_left_out,
            **{name: _plain(getattr(self, f"{name}_table")) for name in tables},
        }

    def __repr__(self) -> str:
        return (
            f"<Reconciliation of {self.contract} on {self.on}: {self._money(self.open_pence)} open>"
        )

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.text)}</pre>"


def table_of(rows: list[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """A table from its rows."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(schema)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.Table.from_arrays(arrays, schema=schema)


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def _total(table: pa.Table, name: str) -> int:
    return int(pc.sum(table[f"{name}_pence"]).as_py() or 0)


def _plain(table: pa.Table) -> list[dict[str, Any]]:
    return [
        {key: value.isoformat() if isinstance(value, date) else value for key, value in row.items()}
        for row in table.to_pylist()
    ]
