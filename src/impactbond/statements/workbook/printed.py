"""The printed page of a table: how wide its columns are, and made to fit A4 in 8 points or more.

A column's width is in digits of its font: of Arial 12 one is 9 pixels wide, and a cell has 7 more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from impactbond.statements.workbook.layout import RIGHT_ALIGNED, Column, SheetTable

DIGIT, PADDING = 9, 7
# Of A4 with margins of a quarter of an inch, in pixels at full size: landscape, and portrait.
PAGE_WIDTH, PORTRAIT_WIDTH = 1074, 746
# How small 12 points may become: 8 points.
SMALLEST = 0.68
_NARROWEST = 9.0  # of a text that is wrapped


def last_printed(table: SheetTable) -> int:
    """The position of the last column that is printed."""
    return table.position(table.last_printed) if table.last_printed else len(table.columns) - 1


def printed_width(table: SheetTable) -> int:
    """How many pixels wide the printed columns of a table are, at full size."""
    return _pixels(table.columns[: last_printed(table) + 1])


def is_too_wide(table: SheetTable) -> bool:
    """Whether a table in 8 points takes more than one page across."""
    return printed_width(table) * SMALLEST > PAGE_WIDTH


def fitted(table: SheetTable) -> SheetTable:
    """The table as it is, where it fits; otherwise with every printed column no wider than what is
    in it needs, and its texts wrapped to what is then left, as far as that goes.
    """
    if not is_too_wide(table):
        return table
    count = last_printed(table) + 1
    printed = [_trimmed(one, table) for one in table.columns[:count]]
    spare = PAGE_WIDTH / SMALLEST - _pixels(tuple(printed))
    texts = [place for place, one in enumerate(printed) if one.kind == "text"]
    least = {at: max(_NARROWEST, *map(_needs, _words(printed[at]))) for at in texts if spare < 0}
    while spare < 0 and texts:
        # The widest text first, so that no short one is wrapped for the sake of a long one.
        place = max(texts, key=lambda at: printed[at].width)
        one = printed[place]
        if one.width - 1 < least[place]:
            texts.remove(place)
            continue
        printed[place] = replace(one, width=one.width - 1)
        spare += DIGIT
    return replace(table, columns=(*printed, *table.columns[count:]))


def _pixels(columns: tuple[Column, ...]) -> int:
    return sum(int(column.width * DIGIT + PADDING) for column in columns)


def _trimmed(column: Column, table: SheetTable) -> Column:
    """The column no wider than its longest value, the longest word of its header, and a header in
    three lines.
    """
    if column.kind == "link":
        return column
    words = [len(word) for word in column.header.split()]
    head = max(*words, sum(words) / 2.5) * 1.1
    needs = max([head, *(_needs(text) for text in _shown(column))]) + 1
    # Above its column a total stands, which can be wider than what it adds up.
    for total in table.totals:
        if total.key == column.key and isinstance(total.value, int | float):
            needs = max(needs, len(f"{total.value:,.2f}") + 1)
    return replace(column, width=min(column.width, needs))


def _shown(column: Column) -> Iterator[str]:
    """The values of a column about as they are shown."""
    for value in set(column.values):
        if isinstance(value, bool):
            yield "FALSE"
        elif isinstance(value, date):
            yield value.isoformat()
        elif isinstance(value, int | float):
            # With room for one digit more: a figure that outgrows its cell is shown as ####.
            decimals = int(column.kind.removeprefix("amount")) if "amount" in column.kind else 0
            yield f"{value:,.{decimals}f}0"
        elif value is not None:
            yield value
    if column.kind in RIGHT_ALIGNED:
        yield "none"


def _words(column: Column) -> set[str]:
    return {word for text in {column.header, *filter(None, column.values)} for word in text.split()}


def _needs(text: str) -> float:
    """How many digits wide a text is: capital letters are wider than digits."""
    return len(text) + 0.3 * sum(map(str.isupper, text))
