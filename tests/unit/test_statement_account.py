"""The account of a statement: shown where receipts are given, and nothing changes where not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from tests.libreoffice import differences, needs_libreoffice
from tests.opened import beside, book_of, rows_of
from tests.statement_sources import LATEST, small_source

from impactbond.errors import ReceiptError
from impactbond.receipts.receipts import RECEIPTS, Receipts
from impactbond.statements import StatementSource, make_statement, statement_html
from impactbond.statements.checks import checks_of
from impactbond.statements.workbook.sheets import statement_workbook
from impactbond.statements.write import statement_files, with_receipts, write_statements

ROWS = [
    ("B1", "trust", date(2017, 7, 1), 1_800_000, None, None),
    ("B2", "lbhf", date(2017, 7, 31), 600_000, "2017-Q2", "up-front"),
    ("B3", "lbhf", date(2017, 8, 1), 100, None, "=SUM(A1)"),
    ("B4", "school: Elsewhere", date(2017, 9, 1), 250, None, None),
    ("B5", "lbhf", date(2018, 2, 1), 7, None, "after the claim date"),
]


def received(*rows: tuple[object, ...]) -> pa.Table:
    placed = [(*row, "bank.csv", "", number) for number, row in enumerate(rows, 2)]
    columns = zip(*placed, strict=True) if placed else [()] * len(RECEIPTS)
    return pa.table(
        [pa.array(one, field.type) for one, field in zip(columns, RECEIPTS, strict=True)],
        schema=RECEIPTS,
    )


def with_account(*rows: tuple[object, ...]) -> StatementSource:
    return small_source(receipts=received(*rows), refused_receipts=2)


def test_a_refund_is_taken_off_what_was_received_and_shown_with_a_minus_sign() -> None:
    source = with_account(*ROWS, ("B6", "lbhf", date(2017, 8, 2), -40, None, None))
    statement = make_statement(source, "lbhf")
    assert statement.account is not None
    assert statement.account.received_pence == 600_000 + 100 - 40
    assert not statement.failing
    sheet = book_of(source, "lbhf")["Receipts"]
    assert "A minus sign is money that was paid back to the funder." in [
        row[0].value for row in sheet.iter_rows(max_row=6)
    ]
    assert -40 in [cell.value for row in sheet.iter_rows() for cell in row]


def test_without_receipts_there_is_no_account() -> None:
    sheets = book_of(small_source()).sheetnames
    assert "Account" not in sheets
    assert "Receipts" not in sheets
    assert "What was received" not in statement_html(make_statement(small_source()))


def test_an_account_opens_as_the_one_before_closed() -> None:
    statement = make_statement(with_account(*ROWS), "lbhf")
    assert statement.account is not None
    found = [
        (row.claim_period, row.opening_pence, row.due_pence, row.received_pence, row.closing_pence)
        for row in statement.account.balances
    ]
    dues = [due for _, _, due, _, _ in found]
    assert [opening for _, opening, _, _, _ in found[1:]] == [row[-1] for row in found[:-1]]
    assert sum(dues) == statement.accounts[0].closing_pence
    assert [came for _, _, _, came, _ in found] == [600_000, 100, 0]
    assert statement.failing == ()


def test_a_funder_s_statement_shows_its_own_receipts_alone() -> None:
    book = book_of(with_account(*ROWS), "lbhf")
    assert [row["Receipt"] for row in rows_of(book["Receipts"])] == ["B2", "B3"]
    text = str([cell.value for sheet in book for row in sheet.iter_rows() for cell in row])
    assert "Elsewhere" not in text


def test_money_of_somebody_who_is_no_funder_is_shown_to_all() -> None:
    book = book_of(with_account(*ROWS), values=True)
    account = rows_of(book["Account"])
    assert [row["Closing balance (pence)"] for row in account if row["No."] == "X01"] == [
        0,
        -250,
        -250,
    ]
    received_in_all = sum(row["Received (pence)"] for row in account)
    assert received_in_all == 1_800_000 + 600_000 + 100 + 250
    assert beside(book["Cover"], "Received to date (£)") == received_in_all / 100
    assert beside(book["Cover"], "Checks") == "All checks hold"


def test_the_page_and_the_notes_tell_of_the_account() -> None:
    statement = make_statement(with_account(*ROWS), "lbhf")
    assert "What was received against what was due" in statement_html(statement)
    told = next(note.text for note in statement.notes if note.subject == "Account")
    assert "refused and left out: 2" in told


def test_a_receipt_that_is_lost_on_the_way_fails_the_checks() -> None:
    statement = make_statement(with_account(*ROWS))
    assert statement.account is not None
    lost = replace(statement.account, receipts=statement.account.receipts[1:])
    checks = checks_of(replace(statement, account=lost))
    failing = {check.key for check in checks if not check.holds}
    assert failing == {"account received", "receipts as read"}


@needs_libreoffice
@pytest.mark.parametrize("funder", [None, "lbhf", "trust"])
def test_the_account_recalculates_to_the_same_pence(tmp_path: Path, funder: str | None) -> None:
    path = tmp_path / "statement.xlsx"
    path.write_bytes(statement_workbook(make_statement(with_account(*ROWS), funder)))
    count, wrong = differences(path, tmp_path / "recalculated")
    assert count > 80
    assert wrong == {}


@needs_libreoffice
def test_an_account_without_any_receipt_recalculates(tmp_path: Path) -> None:
    path = tmp_path / "statement.xlsx"
    path.write_bytes(statement_workbook(make_statement(with_account())))
    assert differences(path, tmp_path / "recalculated")[1] == {}


def test_receipts_of_another_contract_and_refused_rows_stop_the_statements(tmp_path: Path) -> None:
    none_refused = pa.table({"code": pa.array([], pa.string())})
    other = Receipts("other", "GBP", received(*ROWS), none_refused)
    with pytest.raises(ReceiptError, match="read for the contract 'other'"):
        write_statements(small_source(), tmp_path, receipts=other)
    assert not list(tmp_path.iterdir())
    ours = Receipts("wlz-lbhf", "GBP", received(*ROWS), none_refused)
    files = statement_files(with_receipts(small_source(), ours), LATEST)
    assert len(files) == len(statement_files(small_source(), LATEST))
    assert set(files) == set(statement_files(small_source(), LATEST))
