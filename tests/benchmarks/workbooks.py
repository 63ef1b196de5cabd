"""Work on a large statement: a workbook of live formulas, and as many cells without any."""

from __future__ import annotations

import zipfile
from io import BytesIO
from typing import NamedTuple

import xlsxwriter
from tests.benchmarks.measure import Work
from tests.statement_sources import large_source

from impactbond.statements import make_statement, statement_workbook

COLUMNS = 20


class Cells(NamedTuple):
    """How many cells of which kind a workbook holds."""

    texts: int
    numbers: int
    formulas: int


def written(lines: int) -> Work:
    """The workbook for all funders of a claim with so many lines."""
    source = large_source(lines)
    return Work(
        lambda: statement_workbook(make_statement(source, None)),
        lambda content: " ".join(map(str, counted(content))),
    )


def written_barely(texts: int, numbers: int) -> Work:
    """As many cells by XlsxWriter alone."""

    def write() -> bytes:
        content = BytesIO()
        with xlsxwriter.Workbook(content, {"in_memory": True}) as book:
            sheet = book.add_worksheet()
            for place in range(texts):
                sheet.write_string(*divmod(place, COLUMNS), f"C-{place % 997:04d}")
            first = texts // COLUMNS + 1
            for place in range(numbers):
                row, column = divmod(place, COLUMNS)
                sheet.write_number(first + row, column, place)
        return content.getvalue()

    return Work(write)


def counted(content: bytes) -> Cells:
    """The cells of a workbook that hold anything, by kind."""
    texts = numbers = formulas = 0
    with zipfile.ZipFile(BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/sheet"):
                sheet = parts.read(name)
                formulas += sheet.count(b"<f>")
                texts += sheet.count(b't="s"')
                numbers += sheet.count(b"<v>") - sheet.count(b't="s"')
    return Cells(texts, numbers - formulas, formulas)
