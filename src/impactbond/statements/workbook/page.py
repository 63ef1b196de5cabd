"""A page of labelled values, such as the cover: filled from top to bottom, then made as wide as its
values are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from impactbond.statements.due_parts import cell_name
from impactbond.statements.workbook.book import LINE_HEIGHT, Book
from impactbond.statements.workbook.drawing import ROW
from impactbond.statements.workbook.layout import AmountCells
from impactbond.statements.workbook.printed import DIGIT, PADDING, PORTRAIT_WIDTH, SMALLEST
from impactbond.statements.workbook.text_widths import digits, line_count, wrapped

# How much larger than values the letters of titles and headings are.
_LARGER = {"title": 16 / 12, "heading": 14 / 12}
# Of A4 portrait between its margins, in pixels at full size.
_PORTRAIT_HEIGHT = 1000
# How many digits wide a page in the smallest letters is, with some to spare.
_WIDEST = PORTRAIT_WIDTH / SMALLEST / DIGIT - 5


class Page:
    """A page of labelled values, filled from top to bottom, and then finished once."""

    def __init__(self, book: Book, name: str = "Cover") -> None:
        self.book = book
        self.sheet = book.add_sheet(name)
        self.row = 0
        self._texts: list[tuple[int, int, str, str, bool]] = []  # row, column, text, look, is last

    def line(self, *cells: tuple[Any, str]) -> None:
        """One row of values with their looks; a value of None is a blank to be filled in. A text
        that stands alone and is wider than any page goes on in the next row.
        """
        if len(cells) == 1 and isinstance(cells[0][0], str):
            ((text, look),) = cells
            first, *more = wrapped(text, _WIDEST / _LARGER.get(look, 1)) or [text]
            cells = ((first, look),)
        else:
            more = []
        for column, (value, look) in enumerate(cells):
            if value is None:
                self.sheet.write_blank(self.row, column, None, self.book.formats[look])
            else:
                self.book.write(self.sheet, self.row, column, value, look)
                if isinstance(value, str):
                    is_last = column == len(cells) - 1
                    self._texts.append((self.row, column, value, look, is_last))
        self.row += 1
        for text in more:
            self.line((text, cells[0][1]))

    def heading(self, text: str) -> None:
        self.row += 1
        self.line((text, "heading"))

    def fact(self, label: str, value: Any, look: str = "identifier", name: str = "") -> None:
        """A labelled value; `name` is the name under which an auditor can quote the cell."""
        if name:
            self.book.workbook.define_name(name, f"=Cover!$B${self.row + 1}")
        self.line((label, "label"), (value, look))

    def amount(
        self,
        label: str,
        formula: str,
        pence: int,
        cells: AmountCells,
        *,
        total: str = "",
        part: str = "",
    ) -> None:
        """An amount in units by a formula of minor units; a total, or a part of one, has a name to
        quote it by, such as total_due_pounds.
        """
        name = cell_name(total or part, cells.currency) if total or part else ""
        look = cells.look("total" if total else "left")
        formula, value = cells.divided(formula), cells.value(pence)
        self.formula(cells.heading(label), formula, value, look, name)

    def remark(self, text: str) -> None:
        """A sentence beside the values."""
        self.line(("", "label"), (text, "plain"))

    def formula(self, label: str, formula: str, value: Any, look: str, name: str = "") -> None:
        self.fact(label, value, look, name)
        self.book.formula(self.sheet, self.row - 1, 1, formula, value, look)

    def finish(self, widths: Sequence[float], *, is_portrait: bool = True) -> None:
        """Sets the columns, each at least so wide, and what is printed: one page, in no less than 8
        points.

        A label is as wide as the longest; the last column grows until no text that runs on over
        blank cells is cut. One too long for any page is wrapped beside its label.
        """
        found = self._wide_enough(widths)
        for row, column, text, _, is_last in self._texts:
            if is_last and column and digits(text) > sum(found[column:]):
                self.book.write(self.sheet, row, column, text, "text")
                self.sheet.set_row(row, line_count(text, found[column]) * LINE_HEIGHT)
        for column, width in enumerate(found):
            self.sheet.set_column(column, column, width)
        self.sheet.print_area(0, 0, self.row - 1, len(found) - 1)
        if not is_portrait:
            return
        self.sheet.set_portrait()
        pixels = sum(width * DIGIT + PADDING for width in found)
        scale = min(PORTRAIT_WIDTH / pixels, _PORTRAIT_HEIGHT / (self.row * ROW))
        # Where all on one page would be too small to read, it is as many pages as it takes.
        self.sheet.fit_to_pages(1, 1 if scale >= SMALLEST else 0)

    def _wide_enough(self, widths: Sequence[float]) -> list[float]:
        """Each column as wide as its labels, and the last as what runs on over blank cells."""
        found = list(widths)
        # Labels first: how far a text may run on is known once the columns before are as wide as
        # they will be.
        for _, column, text, look, is_last in self._texts:
            if not is_last:
                found[column] = max(found[column], digits(text) * _LARGER.get(look, 1) + 1)
        for _, column, text, look, is_last in self._texts:
            lacking = digits(text) * _LARGER.get(look, 1) + 1 - sum(found[column:])
            if is_last and 0 < lacking <= _WIDEST + 1 - sum(found):
                found[-1] += lacking
        return found
