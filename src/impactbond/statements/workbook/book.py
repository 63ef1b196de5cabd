"""How every sheet of a statement is written: one table a sheet, one way to write a cell.

Arial 12, titles 16; no merged cells, no fills; tables marked up without references by name in
formulas, because those break outside Excel. Every formula is written with the value that it gives,
so that a viewer that does not calculate shows it too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from io import BytesIO
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.core import Core
from xlsxwriter.packager import Packager
from xlsxwriter.utility import xl_col_to_name

from impactbond.errors import StatementError
from impactbond.money import CURRENCIES
from impactbond.statements.workbook.drawing import PAGE_HEIGHT, ROW, draw
from impactbond.statements.workbook.layout import (
    AFTER,
    RIGHT_ALIGNED,
    Column,
    ColumnTotal,
    SheetTable,
)
from impactbond.statements.workbook.printed import (
    BESIDE,
    SMALLEST,
    fitted,
    is_too_wide,
    pages_across,
    printed_width,
    room,
)
from impactbond.statements.workbook.table_sheet import Looks, TableSheet, in_xml, writable
from impactbond.statements.workbook.text_widths import digits, line_count

LANGUAGE = "en-GB"
LINE_HEIGHT = 15.25
LAST_ROW = 1_048_576
NONE = "none"
# An amount in units has the decimals of its currency.
_UNITS = {
    decimals: "{0};-{0}".format("#,##0" + ("." + "0" * decimals if decimals else ""))
    for decimals in sorted({currency.decimals for currency in CURRENCIES.values()})
}
_PENCE = "#,##0;-#,##0"
_FONT = {"font_name": "Arial", "font_size": 12, "font_scheme": "none"}
_DATE = "yyyy-mm-dd"
_FORMATS: dict[str, dict[str, Any]] = {
    "identifier": {"valign": "top"},
    "text": {"valign": "top", "text_wrap": True},
    "link": {"valign": "top", "underline": 1, "font_color": "#0000FF"},
    "pence": {"valign": "top", "num_format": _PENCE},
    "count": {"valign": "top", "num_format": _PENCE},
    "date": {"valign": "top", "num_format": _DATE, "align": "left"},
    "number": {"valign": "top", "num_format": "General", "align": "right"},
    "percent": {"valign": "top", "num_format": "0.00%"},
    # LibreOffice shows a true cell as 1 unless its format says otherwise.
    "flag": {"valign": "top", "align": "left", "num_format": '"TRUE";"TRUE";"FALSE"'},
    "ordinal": {"valign": "top", "align": "left", "num_format": "0"},
    "title": {"bold": True, "font_size": 16},
    "heading": {"bold": True, "font_size": 14},
    "label": {"bold": True, "valign": "top", "text_wrap": True},
    "plain": {},
    "beside": {"align": "right", "indent": 1},
    "left count": {"num_format": _PENCE, "align": "left", "valign": "top"},
    "blank": {"bottom": 1},
    "left header": {"bold": True, "text_wrap": True, "valign": "bottom", "bottom": 1},
}
_FORMATS["right header"] = _FORMATS["left header"] | {"align": "right"}
for _decimals, _number in _UNITS.items():
    _shown = {"valign": "top", "num_format": _number}
    _FORMATS |= {
        f"amount {_decimals}": _shown,
        f"left {_decimals}": _shown | {"align": "left"},
        f"total {_decimals}": _shown | {"align": "left", "bold": True},
    }
# Text beside a number that ends at its right edge keeps a distance; totals are bold, below a line.
STRONG = " strong"
_VARIANTS: dict[str, dict[str, Any]] = {
    "": {},
    AFTER: {"align": "left", "indent": 1},
    STRONG: {"bold": True, "top": 1},
}


class Book:
    """A workbook being written into memory, so that no half of it is ever on disk."""

    def __init__(self, *, title: str, subject: str, company: str, created: date) -> None:
        self._stream = BytesIO()
        self.workbook = Workbook(
            self._stream,
            {
                "in_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "default_format_properties": _FONT,
                "default_row_height": 20,
                "default_column_width": 80,
            },
        )
        self.workbook.set_properties(
            {
                "title": title,
                "subject": subject,
                "company": company,
                "author": "impactbond",
                "status": "Draft for approval",
                "created": datetime.combine(created, time()),
            }
        )
        # The values written are right: nobody need be asked to save what nobody changed.
        self.workbook.set_calc_mode("auto", 191029)
        self.workbook.calc_on_load = False
        self.workbook._get_packager = _BritishPackager
        self.formats = {
            name + after + strong: self.workbook.add_format(
                look | _VARIANTS[after] | _VARIANTS[strong]
            )
            for name, look in _FORMATS.items()
            for after in ("", AFTER)
            for strong in ("", STRONG)
        }

    def add_sheet(self, name: str) -> Any:
        """A new sheet: A4 landscape, one page wide, pages numbered; see `_fit`."""
        sheet = self.workbook.add_worksheet(name, worksheet_class=TableSheet)
        sheet.set_paper(9)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.25, right=0.25, top=0.5, bottom=0.7)
        # Not scaled with the page, or it would be the one text that nobody can read.
        sheet.set_footer("&L&9&F&C&9&A&R&9Page &P of &N", {"scale_with_doc": False})
        return sheet

    def add_table(self, table: SheetTable) -> None:
        """A sheet with a title, its introduction and one table."""
        if table.last_row >= LAST_ROW:
            raise StatementError(
                f"The sheet {table.sheet} would need {table.height:,} rows; Excel can hold fewer."
            )
        sheet, table = self.add_sheet(table.sheet), fitted(table)
        self.write(sheet, 0, 0, table.title, "title")
        for row, sentence in enumerate((_contains(table), *table.intro), 1):
            self.write(sheet, row, 0, sentence, "plain")
        for row, total in enumerate(table.totals, 2 + len(table.intro)):
            place, look = _beside(table, total)
            self.write(sheet, row, place, total.label, look)
            self.formula(
                sheet, row, table.position(total.key), total.formula(table), total.value, total.kind
            )
        self._mark_up(sheet, table)
        self._set_heights(sheet, table)
        for position, column in enumerate(table.columns):
            self._write_column(sheet, table, position, column)
        if table.height == 0:
            self.write(sheet, table.header_row + 1, 0, table.if_empty, "identifier")
        last_row = table.last_row
        if table.charts:
            last_row = draw(self.workbook, sheet, table, printed_width(table))
        else:
            _fit(sheet, table)
        # Above a chart that is alone on its page a header would be that of nothing.
        if not table.charts or table.last_row * ROW > PAGE_HEIGHT:
            sheet.repeat_rows(table.header_row)
        _print(sheet, table, last_row)
        if table.frozen:
            sheet.freeze_panes(table.header_row + 1, 0)

    def write(self, sheet: Any, row: int, column: int, value: Any, look: str) -> None:
        """One value into one cell; text is always text, whatever it begins with."""
        shape = self.formats[look]
        if isinstance(value, str):
            if sheet.write_string(row, column, writable(value), shape):
                raise StatementError(
                    f"A text of the sheet {sheet.get_name()} is longer than a cell can hold."
                )
        elif isinstance(value, date):
            sheet.write_datetime(row, column, value, shape)
        else:
            sheet.write_number(row, column, value, shape)

    def formula(
        self, sheet: Any, row: int, column: int, formula: str, value: Any, look: str
    ) -> None:
        """A formula with the value that it gives."""
        sheet.write_formula(row, column, f"={formula}", self.formats[look], value)

    def close(self) -> bytes:
        """The finished workbook."""
        self.workbook.close()
        return self._stream.getvalue()

    def _mark_up(self, sheet: Any, table: SheetTable) -> None:
        headers = []
        for position, column in enumerate(table.columns):
            sheet.set_column(position, position, column.width)
            side = "right" if column.kind in RIGHT_ALIGNED else "left"
            look = self.formats[f"{side} header{table.distance(position)}"]
            headers.append({"header": writable(column.header), "header_format": look})
        options = {"name": table.name, "style": None, "autofilter": False, "columns": headers}
        last_column = len(table.columns) - 1
        if not sheet.mark_up(table.header_row, table.last_row, options):
            raise StatementError(
                f"The table of the sheet {table.sheet} has two columns of one name."
            )
        # References such as 0042 are text on purpose.
        area = f"A1:{xl_col_to_name(last_column)}{table.last_row + 1}"
        sheet.ignore_errors({"number_stored_as_text": area})

    def _set_heights(self, sheet: Any, table: SheetTable) -> None:
        """Heights that show all of a wrapped text, because not every program works them out by
        itself.
        """
        rooms = [room(table, position) for position in range(len(table.columns))]
        header = max(
            line_count(column.header, width)
            for column, width in zip(table.columns, rooms, strict=True)
        )
        sheet.set_row(table.header_row, header * LINE_HEIGHT + 3)
        heights: dict[int, int] = {}
        for column, width in zip(table.columns, rooms, strict=True):
            if column.kind == "text":
                # No letter is wider than two digits: shorter texts need not be measured.
                for row, text in enumerate(column.values, table.header_row + 1):
                    if text and len(text) * 2 > width:
                        heights[row] = max(heights.get(row, 1), line_count(text, width))
        for row, count in heights.items():
            if count > 1:
                sheet.set_row(row, count * LINE_HEIGHT)

    def _write_column(self, sheet: Any, table: SheetTable, position: int, column: Column) -> None:
        if column.kind == "link":
            sheet.add_links(column.values, self.formats["link"])
            return
        look, values = column.kind + table.distance(position), column.values
        if table.height and all(value is None or value == "" for value in values):
            # A blank column leaves whoever hears it read wondering whether it was forgotten.
            is_right = column.kind in RIGHT_ALIGNED
            look = "number" if is_right else f"identifier{table.distance(position)}"
            column, strong_rows = replace(column, formula=None), frozenset[int]()
            values = [NONE] * table.height
        else:
            strong_rows = table.strong
        looks = Looks(self.formats[look], self.formats[look + STRONG], strong_rows)
        if not sheet.add_column(values, looks, lambda: table.formulas_of(column, in_xml)):
            raise StatementError(
                f"A text of the sheet {table.sheet} is longer than a cell can hold."
            )


def _contains(table: SheetTable) -> str:
    """The sentence by which whoever hears a sheet read knows what comes."""
    if not table.charts:
        return "This worksheet contains one table."
    count = len(table.charts)
    return f"This worksheet contains one table and, below it, {count} chart{'s' * (count > 1)}."


def _beside(table: SheetTable, total: ColumnTotal) -> tuple[int, str]:
    """The column of a total's label, and its look: it ends right before the figure, and runs on to
    the left over blank cells; where there is no room for that, it begins at the left.
    """
    place = table.position(total.key)
    wide = sum(column.width for column in table.columns[:place])
    return (place - 1, "beside") if digits(total.label) + BESIDE < wide else (0, "plain")


def _print(sheet: Any, table: SheetTable, last_row: int) -> None:
    """What is printed. Each page across is an area of its own: those after the first begin with the
    totals, as a title that runs on over the columns of the first would be cut there.
    """
    areas = []
    for first, last in pages_across(table):
        sheet.print_area(2 + len(table.intro) if first else 0, first, last_row, last)
        areas.append(sheet.print_area_range)
    sheet.print_area_range = ",".join(areas)


def _fit(sheet: Any, table: SheetTable) -> None:
    """One page wide where that leaves the text at 8 points or more; otherwise in 8 points, on as
    many pages as it takes, each with the first column.
    """
    if is_too_wide(table):
        sheet.set_print_scale(round(SMALLEST * 100))
        sheet.repeat_columns(0)


class _BritishCore(Core):  # type: ignore[misc]
    """The document's properties, with its language, which XlsxWriter has no setting for."""

    def _write_cp_content_status(self) -> None:
        super()._write_cp_content_status()
        self._xml_data_element("dc:language", LANGUAGE)


class _BritishPackager(Packager):  # type: ignore[misc]
    def _write_core_file(self) -> None:
        core = _BritishCore()
        core._set_properties(self.workbook.doc_properties)
        core._set_xml_writer(self._filename("docProps/core.xml"))
        core._assemble_xml_file()
