"""Work on a large statement: its workbook of live formulas, and the same by XlsxWriter alone."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from html import unescape as unescaped
from io import BytesIO
from typing import NamedTuple

import xlsxwriter
from tests.benchmarks.measure import Work
from tests.statement_sources import large_source
from xlsxwriter.utility import xl_cell_to_rowcol
from xlsxwriter.worksheet import Worksheet

from impactbond.statements import make_statement, statement_workbook


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


def written_barely(lines: int) -> Work:
    """The same cells and formulas, with the same values, by XlsxWriter alone: row by row in its
    mode of constant memory, which is its fastest, with one look, and without its search of every
    formula for 29 newer functions, which is half of its time and finds none here.
    """
    content = statement_workbook(make_statement(large_source(lines), None))
    sheets = list(cells_of(content))

    def write() -> bytes:
        made = BytesIO()
        with xlsxwriter.Workbook(made, {"constant_memory": True}) as book:
            look = book.add_format({"font_name": "Arial"})
            for cells in sheets:
                sheet = book.add_worksheet(worksheet_class=_PlainFormulas)
                for row, column, value, formula in cells:
                    if formula:
                        sheet.write_formula(row, column, formula, look, value)
                    elif isinstance(value, str):
                        sheet.write_string(row, column, value, look)
                    else:
                        sheet.write_number(row, column, value, look)
        return made.getvalue()

    return Work(write, lambda content: " ".join(map(str, counted(content))))


class _PlainFormulas(Worksheet):  # type: ignore[misc]
    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        return formula.removeprefix("=")


_CELL = re.compile(
    r'<c r="([A-Z]+[0-9]+)" s="[0-9]+"(?: t="(s|str|b)")?>(?:<f>([^<]*)</f>)?<v>([^<]*)</v>'
)


def cells_of(content: bytes) -> Iterator[list[tuple[int, int, str | float, str]]]:
    """The cells of every sheet in order: row, column, value, formula."""
    with zipfile.ZipFile(BytesIO(content)) as parts:
        told = parts.read("xl/sharedStrings.xml").decode()
        texts = [unescaped(one) for one in re.findall("<si><t[^>]*>([^<]*)</t></si>", told)]
        for name in parts.namelist():
            if not name.startswith("xl/worksheets/sheet"):
                continue
            found = []
            for place, kind, formula, shown in _CELL.findall(parts.read(name).decode()):
                value: str | float = shown
                if kind != "str":
                    value = texts[int(shown)] if kind == "s" else float(shown)
                found.append((*xl_cell_to_rowcol(place), value, unescaped(formula)))
            yield found


def counted(content: bytes) -> Cells:
    """The cells of a workbook that hold anything, by kind."""
    texts = numbers = formulas = 0
    with zipfile.ZipFile(BytesIO(content)) as parts:
        for name in parts.namelist():
            if name.startswith("xl/worksheets/sheet"):
                sheet = parts.read(name)
                formulas += sheet.count(b"<f>")
                inline = sheet.count(b't="inlineStr"')
                texts += sheet.count(b't="s"') + inline
                numbers += sheet.count(b"<v>") - sheet.count(b't="s"')
    return Cells(texts, numbers - formulas, formulas)
