"""A statement's workbook, opened again by a library that did not write it."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import openpyxl
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from impactbond.statements import StatementSource, make_statement, statement_workbook


def opened(content: bytes, *, values: bool = False) -> Workbook:
    return openpyxl.load_workbook(BytesIO(content), data_only=values)


def book_of(
    source: StatementSource, funder: str | None = None, *, values: bool = False
) -> Workbook:
    return opened(statement_workbook(make_statement(source, funder)), values=values)


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows of the sheet's one table, by header."""
    (table,) = sheet.tables.values()
    header, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    return [dict(zip(header, row, strict=True)) for row in rows]


def beside(sheet: Worksheet, label: str) -> Any:
    """The value at the right of a label on the cover."""
    return next(row[1].value for row in sheet.iter_rows() if row[0].value == label)
