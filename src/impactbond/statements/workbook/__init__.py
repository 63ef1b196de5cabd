"""The workbook of a statement: live formulas over whole pence, each written with the value that it
gives.
"""

from __future__ import annotations

from dataclasses import replace

from impactbond.statements.statement import Statement
from impactbond.statements.workbook.account import account_table, receipts_table
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.checks import Sheets, checks_table, overall_cell
from impactbond.statements.workbook.cover import add_cover, contents_table, notes_table
from impactbond.statements.workbook.layout import SheetTable
from impactbond.statements.workbook.lines import adjustments_table, lines_table
from impactbond.statements.workbook.schedule import schedule_table
from impactbond.statements.workbook.summary import summary_grid, to_date_grid
from impactbond.statements.workbook.terms import rates_table, shares_table


def statement_workbook(statement: Statement) -> bytes:
    """The statement as an Excel workbook; the same statement gives the same bytes."""
    lines, schedule = lines_table(statement), schedule_table(statement)
    summary = summary_grid(statement, lines, schedule)
    sheets = Sheets(
        summary=summary,
        to_date=to_date_grid(statement, summary),
        schedule=schedule,
        lines=lines,
        adjustments=adjustments_table(statement, lines),
        rates=rates_table(statement),
        shares=shares_table(statement),
    )
    on_account: tuple[SheetTable, ...] = ()
    if statement.account is not None:
        receipts = receipts_table(statement, statement.account)
        account = account_table(statement, statement.account, schedule, receipts)
        sheets = replace(sheets, account=account, receipts=receipts)
        on_account = (account, receipts)
    checks = checks_table(statement, sheets)
    tables = (
        notes_table(statement),
        summary.table,
        sheets.to_date.table,
        schedule,
        *on_account,
        lines,
        sheets.adjustments,
        sheets.rates,
        sheets.shares,
        checks,
    )
    about = statement.about
    book = Book(
        title=f"Statement {about.reference}",
        subject=about.title,
        company=about.provider,
        created=about.claim_date,
    )
    add_cover(book, statement, summary, schedule, overall_cell(checks), sheets.account)
    for table in (contents_table(tables), *tables):
        book.add_table(table)
    return book.close()
