"""The tables of a settlement as people read them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.errors import SettlementError, assert_one_of
from impactbond.money import CURRENCIES
from impactbond.settlement.settlement import Settlement
from impactbond.tables import as_kind

_DIGITS = 38  # the most that Arrow holds in a decimal of 128 bits
_PARTS = {"schedule": "payments"}
READ = ("decisions", "claims", "lines", "shares", "schedule", "balances")
# Texts that are words of ours, written as words: not_met is Not met.
_WORDS = ("verdict", "reason", "kind", "because", "standing")


def for_people(settlement: Settlement, name: str) -> Any:
    """A table of a settlement as people read it, in the kind of frame of the evidence: `decisions`,
    `claims`, `lines`, `shares`, `schedule` or `balances`.

    Funders and what is paid for stand by what they are called, money in the currency's units with
    its sign in the heading (exact decimals), reasons in words. Raises SettlementError for another
    name.
    """
    assert_one_of(name, "name", READ, SettlementError)
    return as_kind(people_table(settlement, name), settlement.evidence.kind)


def people_table(settlement: Settlement, name: str) -> pa.Table:
    """The same as an Arrow table."""
    table: pa.Table = getattr(settlement, f"{_PARTS.get(name, name)}_table")
    contract = settlement.contract
    currency = CURRENCIES[contract.currency]
    funders = {one.id: one.name for one in settlement.funders.all}
    columns = {}
    for field in table.schema:
        column, heading = table[field.name], field.name.replace("_", " ")
        if field.name.endswith("_pence"):
            heading = f"{heading.removesuffix(' pence')} ({currency.sign.strip()})"
            column = _units(column, currency.decimals)
        elif field.name == "funder":
            column = _mapped(column, funders)
        elif field.name == "milestone":
            column = _mapped(column, {one: contract.title_of(one) for one in contract.payables})
        elif field.name == "group":
            column = pc.binary_join(column, "; ")
        elif field.name in _WORDS:
            column = pc.utf8_capitalize(pc.replace_substring(column, "_", " "))
        columns[heading[0].upper() + heading[1:]] = column
    return pa.table(columns)


def _units(pence: pa.ChunkedArray, decimals: int) -> pa.Array:
    """Minor units as exact decimals of the currency's units."""
    units = [None if one is None else Decimal(one).scaleb(-decimals) for one in pence.to_pylist()]
    return pa.array(units, pa.decimal128(_DIGITS, decimals))


def _mapped(column: pa.ChunkedArray, called: dict[str, str]) -> pa.Array:
    return pa.array([called.get(one, one) for one in column.to_pylist()], pa.string())
