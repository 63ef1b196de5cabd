"""Reading receipts: every broken row is refused with its reason, and nothing that is in order is
lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar

import pyarrow as pa

from impactbond.contract.contract import Contract
from impactbond.evidence.cells import MISSING, CellColumn, Refusal, Refused, dates, texts
from impactbond.evidence.evidence import REFUSED_SCHEMA
from impactbond.receipts.amounts import amount_of
from impactbond.receipts.deliveries import REQUIRED, ReceiptSheet, Source, deliver
from impactbond.receipts.receipts import RECEIPTS, Receipts
from impactbond.terms.diagnostic import listing

T = TypeVar("T")
COPIED = Refusal(
    "copied_receipt",
    "the same receipt stands above in this file",
    "each receipt once",
    "Take the copy out; it was counted once.",
)
REUSED = Refusal(
    "reference_reused",
    "the same reference stands on receipts that differ",
    "a reference of its own for each receipt",
    "Keep the right one. None of them counts until then.",
)


class Row(NamedTuple):
    """One receipt and where it stands."""

    receipt: str
    funder: str
    received_on: date
    amount_pence: int
    claim_period: str | None
    note: str | None
    file: str
    sheet: str
    row: int
    delivery: int

    @property
    def says(self) -> tuple[object, ...]:
        """What the row says, wherever it stands."""
        return self[:6]


def read_receipts(source: Source, contract: Contract) -> Receipts:
    """The receipts in a CSV file or a workbook, in several, or in a frame.

    Columns: `receipt` (a reference of its own), `funder` (its id in the contract, or its name; one
    of many as `school: Elm`), `received_on`, `amount` in pounds; as well, if you like,
    `claim_period`, `note`, `contract`, `currency`. A row that cannot be used is in `.refused` with
    its reason. The order of rows and files and repeated files change nothing.

    Raises ReceiptError when files, sheets or columns are not as they must be, listing all.
    """
    sheets, kind = deliver(source)
    refused: list[Refused] = []
    rows: list[Row] = []
    for delivery, sheet in enumerate(sheets):
        rows += _rows(sheet, delivery, contract, refused)
    kept, repeated = _once(rows, sheets, refused)
    cautions = {*_alike(kept), *_unread(sheets)}
    return Receipts(
        contract=contract.contract,
        currency=contract.currency,
        received_table=_table(sorted(kept, key=lambda row: (row.received_on, row.receipt))),
        refused_table=_refused_table(refused),
        repeated=repeated,
        kind=kind,
        cautions=tuple(sorted(cautions)),
    )


def _rows(
    sheet: ReceiptSheet, delivery: int, contract: Contract, refused: list[Refused]
) -> Iterator[Row]:
    """The rows of a file that are in order by themselves."""
    count = len(sheet.rows)
    columns: dict[str, CellColumn[Any]] = {
        name: read(sheet.columns.get(name, [None] * count))
        for name, read in _readers(contract).items()
    }
    for place, row in enumerate(sheet.rows):
        wrong = [
            (name, column.refusals[place])
            for name, column in columns.items()
            if place in column.refusals
        ]
        said = {name for name, _ in wrong}
        wrong += [
            (name, MISSING)
            for name in REQUIRED
            if name not in said and columns[name].values[place] is None
        ]
        refused += [
            Refused(sheet.file, sheet.sheet, row, sheet.headings.get(name, name), refusal)
            for name, refusal in wrong
        ]
        if not wrong:
            cells = {
                "amount_pence" if name == "amount" else name: columns[name].values[place]
                for name in (*REQUIRED, "claim_period", "note")
            }
            where = {"file": sheet.file, "sheet": sheet.sheet, "row": row, "delivery": delivery}
            yield Row(**cells, **where)  # type: ignore[arg-type]


def _readers(contract: Contract) -> dict[str, Callable[[Sequence[object]], CellColumn[Any]]]:
    currency = contract.currency
    periods = {period.label: period.label for period in contract.calendar.periods}
    unknown_period = Refusal(
        "unknown_claim_period",
        "the contract has no such claim period",
        listing(periods),
        "Leave it blank where the payment names none.",
    )
    other_contract = Refusal(
        "other_contract",
        "this is a receipt for another contract",
        contract.contract,
        "Take the row out, or reconcile it with its own contract.",
    )
    other_currency = Refusal(
        "other_currency",
        "this amount is in another currency",
        currency,
        f"Write what arrived in {currency}. Nothing is converted.",
    )

    def amounts(cells: Sequence[object]) -> CellColumn[int]:
        return _each(cells, lambda cell: amount_of(cell, currency))

    return {
        "receipt": texts,
        "funder": lambda cells: _chosen(texts(cells), lambda text: _funder(text, contract)),
        "received_on": dates,
        "amount": amounts,
        "claim_period": lambda cells: _chosen(
            texts(cells), lambda text: periods.get(text, unknown_period)
        ),
        "note": texts,
        "contract": lambda cells: _chosen(
            texts(cells), lambda text: text if text == contract.contract else other_contract
        ),
        "currency": lambda cells: _chosen(
            texts(cells), lambda text: text if text == currency else other_currency
        ),
    }


def _funder(text: str, contract: Contract) -> str | Refusal:
    """The funder that a cell names: by id, by its name, or as one of many that an attribute has."""
    term, is_one_of_many, value = text.partition(": ")
    funder = contract.funders.get(term if is_one_of_many else text)
    if funder is not None and bool(funder.each) == bool(is_one_of_many):
        values = contract.participants.attributes.get(funder.each or "", "text")
        if values == "text" or value in values:
            return text
    named = [key for key, one in contract.funders.items() if one.name == text and not one.each]
    if len(named) == 1:
        return named[0]
    known = [f"{key}: …" if one.each else key for key, one in contract.funders.items()]
    many = [key for key, one in contract.funders.items() if one.each]
    hint = "Is it a receipt for another contract?"
    if many:
        each = contract.funders[many[0]].each
        hint = f"Write one of many as '{many[0]}: ' and its {each}. {hint}"
    problem = "the contract has no such funder"
    return Refusal("unknown_funder", problem, listing(known), hint)


def _each(cells: Sequence[object], read: Callable[[object], T | Refusal]) -> CellColumn[T]:
    values: list[T | None] = []
    refusals: dict[int, Refusal] = {}
    for place, cell in enumerate(cells):
        found = None if cell is None else read(cell)
        if isinstance(found, Refusal):
            refusals[place] = found
            found = None
        values.append(found)
    return CellColumn(values, refusals)


def _chosen(column: CellColumn[str], choose: Callable[[str], str | Refusal]) -> CellColumn[str]:
    """A column of texts, each of which must be one that is known."""

    def read(text: object) -> str | Refusal:
        return choose(str(text))

    chosen = _each(column.values, read)
    return CellColumn(chosen.values, column.refusals | chosen.refusals)


def _once(
    rows: Iterable[Row], sheets: Sequence[ReceiptSheet], refused: list[Refused]
) -> tuple[list[Row], int]:
    """Each receipt once, and how many rows were dropped because another file says the same."""
    by_reference: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_reference[row.receipt].append(row)
    kept: list[Row] = []
    repeated = 0
    for alike in by_reference.values():
        first, *others = sorted(alike, key=lambda row: row[6:])
        differ = any(row.says != first.says for row in others)
        if not differ:
            kept.append(first)
        seen = {first.delivery}
        for row in alike if differ else others:
            if differ or row.delivery in seen:
                heading = sheets[row.delivery].headings["receipt"]
                reason = REUSED if differ else COPIED
                refused.append(Refused(row.file, row.sheet, row.row, heading, reason))
            else:
                repeated += 1
            seen.add(row.delivery)
    return kept, repeated


def _alike(rows: Iterable[Row]) -> Iterator[str]:
    """A caution for receipts that differ in nothing but their reference."""
    alike: defaultdict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.funder, row.received_on, row.amount_pence].append(row)
    for group in alike.values():
        if len(group) > 1:
            numbers = ", ".join(str(row.row) for row in sorted(group, key=lambda row: row[6:]))
            yield (
                f"rows {numbers}: the same funder, day and amount under different references. "
                "All were counted; take out what is a copy."
            )


def _unread(sheets: Iterable[ReceiptSheet]) -> Iterator[str]:
    for sheet in sheets:
        if sheet.spare:
            where = f"{sheet.file}: " if sheet.file else ""
            yield f"{where}columns that receipts do not have, not read: {sheet.spare}"


def _table(rows: Sequence[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True))[: len(RECEIPTS)] if rows else [()] * len(RECEIPTS)
    arrays = [pa.array(column, field.type) for column, field in zip(columns, RECEIPTS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=RECEIPTS)


def _refused_table(refused: Iterable[Refused]) -> pa.Table:
    ordered = sorted(set(refused), key=lambda one: (*one[:4], one.refusal.code))
    rows = [
        (*one[:4], one.refusal.code, one.refusal.problem, one.refusal.allowed, one.refusal.hint)
        for one in ordered
    ]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(REFUSED_SCHEMA)
    return pa.Table.from_arrays(
        [
            pa.array(column, field.type)
            for column, field in zip(columns, REFUSED_SCHEMA, strict=True)
        ],
        schema=REFUSED_SCHEMA,
    )
