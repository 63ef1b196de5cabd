"""Closed claims: whether what follows on a record left the claims in it as they were settled.

Takes  the tables of a record, and those of a settlement or a record that follows on it.
Gives  every closed claim that differs, with what it came to then and now.
Keeps  no participant, school or other funder is named: claims, counts and totals only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from impactbond.contract.contract import Contract
from impactbond.errors import Fault, RecordError
from impactbond.evaluation.inputs import ClaimDate
from impactbond.money import show
from impactbond.settlement.lines import LINES, SHARES

# What of each table is settled for good. The days on which payments fall due are not: bank holidays
# are proclaimed after a claim was made. The groups of a line serve limits, and grow with versions.
_SETTLED: Mapping[str, Sequence[str]] = {
    "lines": [column for column in LINES.names if column != "group"],
    "shares": SHARES.names,
    "payments": ["claim_period", "funder", "kind", "name", "amount_pence"],
}
Tables = Mapping[str, pa.Table]


@dataclass(frozen=True)
class Closed:
    """The claims that came in closed to a settlement, and the digest of their record, if any."""

    contract: Contract
    claim_dates: tuple[ClaimDate, ...]
    lines_table: pa.Table = field(repr=False)
    digest: str | None
    versions: tuple[Contract, ...]


def assert_left_closed(
    closed: Tables, now: Tables, claims: Sequence[str], record: str, currency: str
) -> None:
    """Raises RecordError where one of the `claims` in a record is no longer what it was.

    `closed` and `now` hold lines, shares and payments by name, or some of them; payments always.
    """
    before, after = ({name: _of(of, name, claims) for name in closed} for of in (closed, now))
    if all(before[name].equals(after[name]) for name in before):
        return
    faults = list(_faults(before, after, claims, record, currency))
    if faults:
        raise RecordError("Claims that are closed come out otherwise.", faults)


def _of(tables: Tables, name: str, claims: Sequence[str]) -> pa.Table:
    """What is settled for good of one table, of some claims."""
    table = tables[name].select(_SETTLED[name])
    table = table.filter(pc.is_in(table["claim_period"], pa.array(claims, pa.string())))
    return _as_milestones(table) if name == "payments" else table


def _as_milestones(payments: pa.Table) -> pa.Table:
    """Payments with those for results among those for milestones, which they were called in records
    of before: what is paid for the lines of a claim's own period.
    """
    is_result = pc.equal(payments["kind"], "results")
    kind = pc.if_else(is_result, "milestones", payments["kind"])
    payments = payments.set_column(payments.column_names.index("kind"), "kind", kind)
    # In one thread the groups keep the order of the rows.
    keys = ["claim_period", "funder", "kind", "name"]
    summed = payments.group_by(keys, use_threads=False).aggregate([("amount_pence", "sum")])
    summed = summed.rename_columns([*keys, "amount_pence"])
    return summed.filter(pc.not_equal(summed["amount_pence"], 0))


def _faults(
    before: Tables, after: Tables, claims: Sequence[str], record: str, currency: str
) -> Iterator[Fault]:
    for claim in claims:
        differ: dict[str, int] = {}
        for name in before:
            then, now = (
                Counter(tuple(row.values()) for row in _of(of, name, [claim]).to_pylist())
                for of in (before, after)
            )
            differ[name] = max((then - now).total(), (now - then).total())
        if any(differ.values()):
            was, is_ = (_of(of, "payments", [claim])["amount_pence"] for of in (before, after))
            rows = ", ".join(f"{count} of its {name}" for name, count in differ.items() if count)
            yield Fault(
                file=record,
                code="closed_claim_differs",
                problem=f"claim {claim} was settled at {_sum(was, currency)} and comes out at "
                f"{_sum(is_, currency)} now: {rows} differ",
                hint="Settle on the record, with earlier= or --earlier: the claim then stays as it "
                "is, and the difference is an adjustment of the next",
            )


def _sum(pence: pa.ChunkedArray, currency: str) -> str:
    return show(int(pc.sum(pence).as_py() or 0), currency)
