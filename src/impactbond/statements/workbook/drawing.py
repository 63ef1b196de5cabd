"""The charts below the table of a sheet, drawn by the spreadsheet from cells.

In 12 points, as the cells are; colours that stand out from white, and a limit told by a broken line
too; each with words for whoever does not see it. No chart is cut by the end of a page.
"""

from __future__ import annotations

from typing import Any

from xlsxwriter import Workbook

from impactbond.statements.workbook.layout import Drawn, SheetChart, SheetTable
from impactbond.statements.workbook.printed import PAGE_WIDTH

# A page that is fitted to its width takes no breaks, so the scale is given: 12 points become 10. A4
# landscape within its margins then holds so many pixels down, with some to spare.
SCALE, PAGE_HEIGHT, ROW = 84, 740, 20
_BARS, _LINE = ("#1F4E79", "#9DB7D1"), "#B00020"
# Lines that stand alone, told apart by how they are broken too.
_LINES = (("#1F4E79", "solid"), ("#B00020", "dash"), ("#555555", "square_dot"))
_POINT = {"type": "long_dash", "size": 20, "border": {"color": _LINE}, "fill": {"color": _LINE}}
_TEXT = {"name": "Arial", "size": 12, "bold": False}
_TITLE = {"name": "Arial", "size": 14, "bold": True}
_FEW = 12  # more bars than these have no room for their figures


def draw(workbook: Workbook, sheet: Any, table: SheetTable, width: int) -> int:
    """Puts the charts of a table below it, `width` pixels wide; the last row that they take."""
    row, breaks = table.last_row + 2, list[int]()
    # A table that is wider than a page at this scale is printed smaller.
    scale = min(SCALE, int(100 * PAGE_WIDTH / width))
    height = PAGE_HEIGHT * SCALE // scale
    used = row * ROW + 40  # the title and the header are higher than other rows
    for one in table.charts:
        if used + one.height > height:
            breaks.append(row)
            used = 0
        rows = table.height
        chart = _chart(workbook, one, of_few=rows <= _FEW, is_one=rows == 1)
        chart.set_size({"width": width - 6, "height": one.height})  # its right edge is printed
        sheet.insert_chart(row, 0, chart, {"description": one.told, "y_offset": 6})
        rows = -(-one.height // ROW) + 1
        row += rows
        used += rows * ROW
    sheet.set_print_scale(scale)
    sheet.set_h_pagebreaks(breaks)
    return row - 1


def _chart(workbook: Workbook, one: SheetChart, *, of_few: bool, is_one: bool) -> Any:
    bars = [of for of in one.drawn if not of.is_line]
    lines = [of for of in one.drawn if of.is_line]
    if bars:
        chart = _of_bars(workbook, one, bars, is_labelled=one.lying or of_few)
    else:
        chart = workbook.add_chart({"type": "line"})
        for of, (colour, broken) in zip(lines, _LINES, strict=False):
            look = {"color": colour, "width": 2.5, "dash_type": broken}
            own = {"border": {"color": colour}, "fill": {"color": colour}}
            point = {"marker": _POINT | own} if is_one else {}
            chart.add_series(_series(of) | {"line": look} | point)
    if bars and lines:
        # A line over bars is a chart of its own that is laid upon theirs: xlsxwriter has no series
        # of another kind within one.
        above: Any = workbook.add_chart({"type": "line"})
        for of in lines:
            look = _series(of) | {"line": {"color": _LINE, "width": 2.5, "dash_type": "dash"}}
            if is_one:  # of a line through one point nothing is seen
                look["marker"] = _POINT
            above.add_series(look)
        chart.combine(above)
    chart.set_title({"name": one.title, "name_font": _TITLE, "overlay": False})
    _axes(chart, one)
    is_told_apart = len(one.drawn) > 1
    chart.set_legend({"position": "bottom", "font": _TEXT} if is_told_apart else {"none": True})
    return chart


def _of_bars(workbook: Workbook, one: SheetChart, bars: list[Drawn], *, is_labelled: bool) -> Any:
    chart: Any = workbook.add_chart({"type": "bar" if one.lying else "column"})
    decimals = one.currency.decimals
    number = "#,##0" + ("." + "0" * decimals if decimals else "")
    for of, colour in zip(bars, _BARS, strict=False):
        look = _series(of) | {"fill": {"color": colour}, "gap": 60 if one.lying else 80}
        if is_labelled:
            look["data_labels"] = {"value": True, "num_format": number, "font": _TEXT}
        chart.add_series(look)
    return chart


def _axes(chart: Any, one: SheetChart) -> None:
    along: dict[str, Any] = {"num_font": _TEXT, "label_position": "low"}
    if one.days:
        along |= {"date_axis": True, "num_format": "yyyy-mm-dd"}
        along["num_font"] = _TEXT | {"rotation": -45}
    up: dict[str, Any] = {
        "num_font": _TEXT,
        "num_format": "#,##0",
        "name": one.currency.sign.strip(),
        "name_font": _TEXT,
        "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}},
    }
    if one.lying:
        # The first bar on top, as in the sheet, and the figures below all the same.
        chart.set_y_axis(along | {"reverse": True, "major_gridlines": {"visible": False}})
        chart.set_x_axis(up | {"label_position": "high"})
    else:
        chart.set_x_axis(along)
        chart.set_y_axis(up)


def _series(of: Drawn) -> dict[str, Any]:
    return {"name": f"={of.name}", "categories": f"={of.along}", "values": f"={of.values}"}
