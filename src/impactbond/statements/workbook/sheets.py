"""The workbook of a statement: live formulas over whole pence, each written with the value that it
gives.
"""

from __future__ import annotations

from impactbond.statements.statement import Statement
from impactbond.statements.workbook.book import Book
from impactbond.statements.workbook.charts import charts_table
from impactbond.statements.workbook.cover import (
    add_cover,
    checks_table,
    contents_table,
    notes_table,
)
from impactbond.statements.workbook.groups import group_makers
from impactbond.statements.workbook.layout import Sheets
from impactbond.statements.workbook.lines import lines_table
from impactbond.statements.workbook.milestones import adjustments_table, milestones_table
from impactbond.statements.workbook.payments import (
    account_table,
    plans_table,
    receipts_table,
    schedule_table,
)
from impactbond.statements.workbook.remittance import remittance_table
from impactbond.statements.workbook.results import results_table
from impactbond.statements.workbook.summary import summary_table, to_date_table
from impactbond.statements.workbook.terms import rates_table, shares_table

# The sheets after the cover, in reading order, each with what makes its one table: first those that
# are read, then those by school and their like, then those that are looked up.
_READ = {
    "Contents": contents_table,
    "Notes": notes_table,
    "Summary": summary_table,
    "To date": to_date_table,
    "Schedule": schedule_table,
    "Remittance": remittance_table,
    "Account": account_table,
    "Receipts": receipts_table,
    "Plans": plans_table,
    "By milestone": milestones_table,
}
_LOOKED_UP = {
    "Charts": charts_table,
    "Lines": lines_table,
    "Results": results_table,
    "Adjustments": adjustments_table,
    "Rates and limits": rates_table,
    "Shares": shares_table,
    "Checks": checks_table,
}


def statement_workbook(statement: Statement) -> bytes:
    """The statement as an Excel workbook; the same statement gives the same bytes."""
    about, groups = statement.about, group_makers(statement.by_group)
    sheets = Sheets(statement, _READ | groups | _LOOKED_UP)
    book = Book(
        title=f"Statement {about.reference}",
        subject=about.title,
        company=about.provider,
        created=about.claim_date,
    )
    add_cover(book, sheets)
    for table in sheets:
        book.add_table(table)
    return book.close()
