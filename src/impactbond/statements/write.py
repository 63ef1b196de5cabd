"""What is written: a workbook for every funder and one for all, and the tables as CSV."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pyarrow.compute as pc

from impactbond.canonical import csv_bytes
from impactbond.errors import InvariantError
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.source import StatementSource, statement_source
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.sheets import statement_workbook

TABLES = ("decisions", "claims", "lines", "shares", "payments", "balances")


def write_statements(
    settlement: Settlement | StatementSource,
    out: str | Path,
    claim_period: str | None = None,
    *,
    receipts: Receipts | None = None,
    leave_out_refused: bool = False,
) -> list[Path]:
    """Writes the workbooks of one claim: for all funders, then for each who was ever asked to pay.

    With `receipts`, each shows what was received up to the claim date and the balance of the
    account. Every workbook is made before the first file is written, and each file appears whole or
    not at all. Raises ReceiptError where receipts were refused, unless `leave_out_refused`, or are
    for another contract; InvariantError, and writes nothing, when a check of a statement does not
    hold.
    """
    source = settlement if isinstance(settlement, StatementSource) else statement_source(settlement)
    if receipts is not None:
        source = with_receipts(source, receipts, leave_out_refused=leave_out_refused)
    files = statement_files(source, claim_period)
    return write_all({Path(out, name): content for name, content in files.items()})


def with_receipts(
    source: StatementSource, receipts: Receipts, *, leave_out_refused: bool = False
) -> StatementSource:
    """The source of statements that show receipts. Raises ReceiptError as `reconcile` does."""
    assert_usable(receipts, source.contract_id, leave_out_refused)
    return replace(
        source, receipts=receipts.received_table, refused_receipts=receipts.refused_table.num_rows
    )


def statement_files(
    settlement: Settlement | StatementSource, claim_period: str | None = None
) -> dict[str, bytes]:
    """The bytes of every workbook of one claim by its file name.

    Raises InvariantError when a check of a statement does not hold.
    """
    source = settlement if isinstance(settlement, StatementSource) else statement_source(settlement)
    claim = claim_period or source.claim_period
    statements = [make_statement(source, None, claim)]
    statements += [make_statement(source, funder, claim) for funder in _paying(source, claim)]
    stem = f"{_slug(source.contract_id)}_{_slug(claim)}"
    names = [f"{stem}_all_funders.xlsx", *_funder_names(stem, statements[1:])]
    for statement in statements:
        _refuse_failing(statement)
    return dict(zip(names, map(statement_workbook, statements), strict=True))


def table_files(settlement: Settlement) -> dict[str, bytes]:
    """The bytes of each table's CSV file by its name, for whoever looks further than the
    statements; the schedule is the table of payments.
    """
    files = {f"{name}.csv": csv_bytes(getattr(settlement, f"{name}_table")) for name in TABLES}
    files["schedule.csv"] = files.pop("payments.csv")
    files["refused.csv"] = csv_bytes(settlement.evidence.refused_table)
    return files


def write_all(files: Mapping[Path, bytes]) -> list[Path]:
    """Writes every file, each whole or not at all; none is replaced before all are on disk."""
    waiting: dict[Path, Path] = {}
    try:
        for path, content in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            waiting[path] = path.with_name(f".{path.name}.part")
            with waiting[path].open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
        for path in files:
            waiting[path].replace(path)
            del waiting[path]
        for folder in {path.parent for path in files}:
            _keep_names(folder)
    finally:
        for left_over in waiting.values():
            left_over.unlink(missing_ok=True)
    return list(files)


def _keep_names(folder: Path) -> None:
    """Has the names in a folder kept on disk too, where the system lets a folder be opened."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


def _paying(source: StatementSource, claim: str) -> list[str]:
    """The funders of whom anything was asked up to this claim, in the settlement's order."""
    until = source.claim_dates.get(claim, source.claim_date)
    payments = source.payments
    asked = payments.filter(
        pc.and_(
            pc.less_equal(payments["claim_date"], until), pc.not_equal(payments["amount_pence"], 0)
        )
    )
    shares = source.shares
    shared = shares.filter(pc.equal(shares["claim_period"], claim))
    found = {*asked["funder"].to_pylist(), *shared["funder"].unique().to_pylist()} - {UNFUNDED}
    return [funder for funder in source.funders["funder"].to_pylist() if funder in found]


def _funder_names(stem: str, statements: list[Statement]) -> list[str]:
    taken: dict[str, int] = {}
    names = []
    for statement in statements:
        # Lower case, because some file systems take A and a for one name.
        slug = _slug(statement.about.funder or "").lower()[:80] or "funder"
        taken[slug] = taken.get(slug, 0) + 1
        names.append(f"{stem}_{slug}{f'_{taken[slug]}' if taken[slug] > 1 else ''}.xlsx")
    return names


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain.replace("'", "")).strip("-")


def _refuse_failing(statement: Statement) -> None:
    if statement.failing:
        told = "; ".join(
            f"{check.promise} (out by {check.difference:,} {check.unit_in(statement.currency)})"
            for check in statement.failing
        )
        raise InvariantError(f"Statement {statement.about.reference} fails its own checks: {told}.")
