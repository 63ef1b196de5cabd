"""The year by fund: what came and went, and what stands, as a charity's accounts keep them apart.

Takes  the income and the movement of the year, the position, and the ledger map.
Gives  the table FUNDS.
Keeps  nothing is netted between funders, and nothing between funds. `received` is money alone: all
       that a charity needs whose accounts are of receipts and payments.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from impactbond.closing.ledger import Ledger
from impactbond.tables import rows_table, schema_of

FUNDS = schema_of(
    *("fund", "restricted", "income_pence", "received_pence", "paid_back_pence"),
    *("contract_asset_pence", "contract_liability_pence", "receivable_pence", "in_advance_pence"),
)
_STANDING = ("contract_asset", "contract_liability", "receivable", "in_advance")


def funds_table(tables: Mapping[str, pa.Table], ledger: Ledger | None) -> pa.Table:
    """The table `funds`: a row for every fund that a funder's money is in; one without a name where
    no ledger map says so.
    """
    told = {} if ledger is None else {one.name: one.restricted for one in ledger.funds.values()}
    fund_of = {row["funder"]: row["fund"] for row in tables["income"].to_pylist()}
    found: dict[str, list[int]] = {}
    for name, columns, place in (
        ("income", ("income",), 0),
        ("movement", ("received", "refunded"), 1),
        ("position", _STANDING, 3),
    ):
        for row in tables[name].to_pylist():
            sums = found.setdefault(fund_of[row["funder"]], [0] * 7)
            for at, column in enumerate(columns, place):
                sums[at] += row[f"{column}_pence"]
    rows = []
    for fund, sums in found.items():
        is_restricted = told.get(fund)
        word = {None: "", True: "restricted", False: "unrestricted"}[is_restricted]
        rows.append((fund, word, *sums))
    return rows_table(rows, FUNDS)
