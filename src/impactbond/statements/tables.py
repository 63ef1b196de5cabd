"""The tables of a settlement as CSV files, for whoever looks further than the statements."""

from __future__ import annotations

from impactbond.canonical import csv_bytes
from impactbond.settlement.settlement import Settlement

NAMES = ("decisions", "claims", "lines", "shares", "payments", "balances")


def table_files(settlement: Settlement) -> dict[str, bytes]:
    """The bytes of each table's CSV file by its name; the schedule is the table of payments."""
    files = {f"{name}.csv": csv_bytes(getattr(settlement, f"{name}_table")) for name in NAMES}
    files["schedule.csv"] = files.pop("payments.csv")
    files["refused.csv"] = csv_bytes(settlement.evidence.refused_table)
    return files
