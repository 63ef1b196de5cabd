"""The printed page of a table: how wide its columns are, and made to fit A4 in 8 points or more.

A column's width is in digits of its font: of Arial 12 one is 9 pixels wide, and a cell has 7 more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from impactbond.statements.workbook.layout import RIGHT_ALIGNED, Column, SheetTable
from impactbond.statements.workbook.text_widths import INDENT, digits, widest

DIGIT, PADDING = 9, 7
# Of A4 with margins of a quarter of an inch, in pixels at full size: landscape, and portrait.
PAGE_WIDTH, PORTRAIT_WIDTH = 1074, 746
# How small 12 points may become: 8 points.
SMALLEST = 0.68
_NARROWEST = 9.0  # of a text that is wrapped
_GAP = 1.0  # beside what is in a cell
# How much of a page is filled where there are several across: another program measures a little
# otherwise, and would begin a page for one column.
_SURE = 0.97
BESIDE = 2  # digits between the label of a total and its figure, and before the label
_TITLE = 16 / 12  # how much larger the letters of a title are


def last_printed(table: SheetTable) -> int:
    """The position of the last column that is printed."""
    return table.position(table.last_printed) if table.last_printed else len(table.columns) - 1


def printed_width(table: SheetTable) -> int:
    """How many pixels wide the printed columns of a table are, at full size."""
    return _pixels(table.columns[: last_printed(table) + 1])


def is_too_wide(table: SheetTable) -> bool:
    """Whether a table in 8 points takes more than one page across."""
    return printed_width(table) * SMALLEST > PAGE_WIDTH


def pages_across(table: SheetTable) -> list[tuple[int, int]]:
    """The first and the last column of each page across. Every page after the first begins with the
    first column once more, and not between the figure of a total and its label.
    """
    columns, last = table.columns, last_printed(table)
    if not is_too_wide(table):
        return [(0, last)]
    found, first, most = list[tuple[int, int]](), 0, PAGE_WIDTH / SMALLEST * _SURE
    while first <= last:
        end, used = first, _pixels(columns[:1]) if first else 0
        while end <= last and (end == first or used + _pixels(columns[end : end + 1]) <= most):
            used += _pixels(columns[end : end + 1])
            end += 1
        while first + 1 < end <= last and _parts_a_total(table, end):
            end -= 1
        found.append((first, end - 1))
        first = end
    return found


def _parts_a_total(table: SheetTable, first: int) -> bool:
    """Whether a page that begins with a column cuts the label of a total in it, or right of it."""
    for total in table.totals:
        place = table.position(total.key)
        before = sum(column.width for column in table.columns[first:place])
        if place >= first and digits(total.label) + BESIDE >= before:
            return True
    return False


def room(table: SheetTable, position: int) -> float:
    """How many digits wide a text in a column may be on one line."""
    return table.columns[position].width - _indent(table, position)


def fitted(table: SheetTable) -> SheetTable:
    """The table with columns in which nothing is cut.

    Where it is too wide for a page, every printed column is made no wider than what is in it needs,
    and its texts wrapped to what is then left; where even that takes another page across, there is
    room enough for texts. Where it is narrower than the sentences above it, texts get the rest.
    """
    columns = [
        replace(one, width=_beside_header(table, position, max(one.width, _least(table, position))))
        for position, one in enumerate(table.columns)
    ]
    wide = replace(table, columns=tuple(columns))
    if not is_too_wide(wide):
        return _spanned(wide)
    count = last_printed(table) + 1
    trimmed = [_trimmed(wide, position) for position in range(count)]
    printed = list(trimmed)
    spare = PAGE_WIDTH / SMALLEST - _pixels(tuple(printed))
    texts = [place for place, one in enumerate(printed) if one.kind == "text"]
    least = {
        at: max(_NARROWEST, widest(_words(printed[at])) + _indent(table, at))
        for at in texts
        if spare < 0
    }
    while spare < 0 and texts:
        # The widest text first, so that no short one is wrapped for the sake of a long one.
        place = max(texts, key=lambda at: printed[at].width)
        one = printed[place]
        if one.width - 1 < least[place]:
            texts.remove(place)
            continue
        printed[place] = replace(one, width=one.width - 1)
        spare += DIGIT
    found = printed if spare >= 0 else trimmed
    return _spanned(replace(wide, columns=(*found, *columns[count:])))


def _pixels(columns: tuple[Column, ...]) -> int:
    return sum(int(column.width * DIGIT + PADDING) for column in columns)


def _indent(table: SheetTable, position: int) -> float:
    return INDENT if table.distance(position) else 0.0


def _least(table: SheetTable, position: int) -> float:
    """The width below which something in a column is cut: the longest word of its header, and every
    value that is not wrapped, with the totals above.
    """
    column = table.columns[position]
    if column.kind == "link":
        return column.width
    needs = widest(column.header.split())
    if column.kind != "text":
        needs = max(needs, widest(_shown(column)))
    return max(needs + _indent(table, position) + _GAP, _of_totals(table, column))


def _beside_header(table: SheetTable, position: int, width: float) -> float:
    """The width, or a little more where a header on one line would else touch the next one."""
    needs = digits(table.columns[position].header) + _indent(table, position)
    return max(width, needs + _GAP) if needs - _GAP <= width else width


def _of_totals(table: SheetTable, column: Column) -> float:
    """The width of the figures above a column, which can be wider than what they add up."""
    figures = [
        total.value
        for total in table.totals
        if total.key == column.key and isinstance(total.value, int | float)
    ]
    return max((digits(f"{figure:,.2f}") + _GAP for figure in figures), default=0.0)


def _trimmed(table: SheetTable, position: int) -> Column:
    """The column no wider than its longest value, and a header in three or four lines."""
    column = table.columns[position]
    if column.kind == "link":
        return column
    needs = max(digits(column.header) / 3, widest(_shown(column))) + _GAP
    needs = max(needs + _indent(table, position), _least(table, position))
    return replace(column, width=_beside_header(table, position, min(column.width, needs)))


def _spanned(table: SheetTable) -> SheetTable:
    """The table as wide as its title and the sentences above it, which run on over its columns and
    would end where the first printed page does; no wider than a page in 8 points.
    """
    _, last = pages_across(table)[0]
    most = PAGE_WIDTH / SMALLEST * (_SURE if last < last_printed(table) else 1)
    needs = max([digits(table.title) * _TITLE, *map(digits, table.intro)]) * DIGIT
    lacking = min(needs, most) - _pixels(table.columns[: last + 1])
    if lacking <= 0:
        return table
    printed = range(last + 1)
    texts = [place for place in printed if table.columns[place].kind in ("text", "identifier")]
    if not texts:
        return table
    place = max(texts, key=lambda at: table.columns[at].width)
    columns = list(table.columns)
    columns[place] = replace(columns[place], width=columns[place].width + int(lacking / DIGIT))
    return replace(table, columns=tuple(columns))


def _shown(column: Column) -> Iterator[str]:
    """The values of a column about as they are shown; of numbers, the lowest and the highest."""
    values = {value for value in column.values if value is not None}
    numbers = [
        value for value in values if isinstance(value, int | float) and not isinstance(value, bool)
    ]
    for value in {min(numbers), max(numbers)} if numbers else ():
        # With room for one digit more: a figure that outgrows its cell is shown as ####.
        decimals = int(column.kind.removeprefix("amount")) if "amount" in column.kind else 0
        yield f"{value:.2%}0" if column.kind == "percent" else f"{value:,.{decimals}f}0"
    for value in values:
        if isinstance(value, bool):
            yield "FALSE"
        elif isinstance(value, date):
            yield value.isoformat()
        elif isinstance(value, str):
            yield value
    if column.kind in RIGHT_ALIGNED:
        yield "none"


def _words(column: Column) -> set[str]:
    return {word for text in {column.header, *filter(None, column.values)} for word in text.split()}
