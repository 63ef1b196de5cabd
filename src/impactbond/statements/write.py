"""What is written: a workbook for every funder and one for all, and the tables as CSV."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Protocol, Unpack

import pyarrow.compute as pc

from impactbond.canonical import csv_bytes
from impactbond.errors import Fault, InvariantError, StatementError
from impactbond.files import Writing, write_files
from impactbond.receipts.receipts import Receipts
from impactbond.receipts.reconcile import assert_usable
from impactbond.settlement.funding import UNFUNDED
from impactbond.settlement.settlement import Settlement
from impactbond.statements.from_source import make_statement
from impactbond.statements.manifest import NOT_WRITTEN, manifest_with
from impactbond.statements.source import StatementSource, statement_source
from impactbond.statements.statement import Statement
from impactbond.statements.workbook.sheets import statement_workbook


class Issued(Protocol):
    """What was issued for a claim, and knows what takes its place: a record."""

    def superseded_by(self, source: StatementSource) -> StatementSource:
        """The source of the statements that supersede those that were issued."""


def write_statements(
    settlement: Settlement | StatementSource,
    out: str | Path,
    claim_period: str | None = None,
    *,
    receipts: Receipts | None = None,
    leave_out_refused: bool = False,
    supersedes: Issued | None = None,
    **how: Unpack[Writing],
) -> list[Path]:
    """Writes the workbooks of one claim: for all funders, then for each who was ever asked to pay.

    With `receipts`, each shows what was received up to the claim date and the balance of the
    account. Every workbook is made before the first file is written, and each file appears whole or
    not at all; last comes `manifest.json`, by which `verify_folder` sees a folder that was written
    by half or changed. With `replace=True`, other files of those names are replaced; with
    `shared=True`, others than their owner may read them.

    With `supersedes`, the record of what was issued for the claim before: a statement that differs
    from the one that was issued has the next number, and names it with its digest; one that is the
    same stays as it was. Whoever was asked then and is no longer gets one over nothing.

    Raises ReceiptError where receipts were refused, unless `leave_out_refused`, or are for another
    contract; RecordError where the record is of another claim; InvariantError when a check of a
    statement does not hold; StatementError where the files cannot be written, or would replace
    others: each time nothing is written.
    """
    source = settlement if isinstance(settlement, StatementSource) else statement_source(settlement)
    if receipts is not None:
        source = with_receipts(source, receipts, leave_out_refused=leave_out_refused)
    if supersedes is not None:
        if not hasattr(supersedes, "superseded_by"):
            problem, hint = "what is to be superseded is no record", "Read it with read_record"
            raise StatementError(NOT_WRITTEN, [Fault(code="no_record", problem=problem, hint=hint)])
        if claim_period not in (None, source.claim_period):
            problem = "only statements of the latest claim of a settlement supersede others"
            hint = f"Settle as of the claim date of {claim_period}"
            fault = Fault(code="other_claim", problem=problem, found=claim_period or "", hint=hint)
            raise StatementError(NOT_WRITTEN, [fault])
        source = supersedes.superseded_by(source)
    files = statement_files(source, claim_period)
    claim = claim_period or source.claim_period
    return write_set(out, source.contract_id, claim, files, **how)


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
    names = [f"{stem}_all_funders", *_funder_names(stem, statements[1:])]
    for statement in statements:
        _refuse_failing(statement)
    return {
        # A file of another name, so that what was issued can stay beside it.
        f"{name}_number-{number}.xlsx" if (number := one.about.number) > 1 else f"{name}.xlsx": (
            statement_workbook(one)
        )
        for name, one in zip(names, statements, strict=True)
    }


def table_files(settlement: Settlement) -> dict[str, bytes]:
    """The bytes of each table's CSV file by its name, for whoever looks further than the
    statements; the schedule is the table of payments.
    """
    tables = {name: getattr(settlement, f"{name}_table") for name in settlement.table_names}
    files = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    files["schedule.csv"] = files.pop("payments.csv")
    files["refused.csv"] = csv_bytes(settlement.basis.refused_table)
    return files


def write_set(
    out: str | Path,
    contract_id: str,
    claim_period: str,
    files: Mapping[str, bytes],
    **how: Unpack[Writing],
) -> list[Path]:
    """Writes the files of one claim of a contract into a folder, and its manifest last.

    Raises StatementError, and writes nothing, where that cannot be or `how` does not allow it.
    """
    folder, of = Path(out), f"{contract_id} / {claim_period}"
    manifest = partial(manifest_with, folder, of, files)
    return write_files(folder, files, partial(StatementError, NOT_WRITTEN), last=manifest, **how)


def _paying(source: StatementSource, claim: str) -> list[str]:
    """The funders of whom anything was asked up to this claim, now or in a statement that was
    issued, in the settlement's order.
    """
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
    found |= source.replaced(claim).keys()
    return [funder for funder in source.funders["funder"].to_pylist() if funder in found]


def _funder_names(stem: str, statements: list[Statement]) -> list[str]:
    taken: dict[str, int] = {}
    names = []
    for statement in statements:
        name = f"{stem}_{_funder_slug(statement.about.funder or '')}"
        taken[name] = taken.get(name, 0) + 1
        names.append(f"{name}_{taken[name]}" if taken[name] > 1 else name)
    return names


def workbook_stem(contract: str, claim_period: str, funder: str) -> str:
    """How the name of a funder's statement of a claim begins, where no other funder's name comes to
    the same.
    """
    return f"{_slug(contract)}_{_slug(claim_period)}_{_funder_slug(funder)}"


def _funder_slug(funder: str) -> str:
    # Lower case, because some file systems take A and a for one name.
    return _slug(funder).lower()[:80] or "funder"


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
