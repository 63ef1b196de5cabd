"""Sheets and texts that are drawn, plain and spoilt, are read without a parser as the parser reads
them, or left to it.
"""

from __future__ import annotations

import os
from io import BytesIO
from random import Random
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

import xlsxwriter

from impactbond.evidence.plain_xml import quick_texts
from impactbond.evidence.quick_cells import Bounds, quick_rows
from impactbond.evidence.spreadsheet import Spreadsheet, _SheetCells, _text_of

MUTANTS = int(os.environ.get("IMPACTBOND_MUTANTS", "800"))
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'
PIECES = [
    *(b"<!-- x -->", b"<?p x?>", b"<?p <sheetData></sheetData> ?>", b"<![CDATA[1]]>", b"]]>"),
    *(
        b"&#49;",
        b"&amp;",
        b"\r\n",
        b"\n",
        b"\t ",
        b" ",
        b"<si/>",
        b"<si></si>",
        b"<si><t/></si>",
        b"<x/>",
    ),
    *(b'<rPh sb="0" eb="1"><t>z</t></rPh>', b"<r><t>z</t></r>", b"x:", b' xmlns:x="m"', b">"),
    *(b'<row r="9"/>', b'<row r="9"><c r="A9"><v>5</v></c></row>', b'<c r="C1"><v>7</v></c>'),
    *(b' t="s"', b' t="str"', b' t="b"', b' t="e"', b' t="d"', b' s="1"', b' hidden="1"', b"</c>"),
    *(
        b"<v>3</v>",
        b"<v/>",
        b"<f>1</f>",
        b"<is><t>q</t></is>",
        b"<w>",
        b"</w>",
        b"<is><t>",
        b"</t></is>",
        b' t="inlineStr"',
        b' xml:space="preserve"',
        b"\xe9",
        b"\xef\xbb\xbf",
        b"\x00",
    ),
    *(b' encoding = "iso-8859-1"', b"<sheetData>", b"</sheetData>", b"<sst>", b"</sst>", b"1"),
]


def book() -> Spreadsheet:
    content = BytesIO()
    with xlsxwriter.Workbook(content) as made:
        percent = made.add_format({"num_format": "0%"})
        made.add_worksheet("One").write_row(0, 0, ["a", "b", 0.5], percent)
    return Spreadsheet.of(content.getvalue())


def spoilt(draw: Random, content: bytes) -> bytes:
    """Some bytes with up to three pieces put in, taken out or doubled, mostly between elements."""
    for _ in range(draw.choice([0, 1, 1, 2, 3])):
        places = [at for at, byte in enumerate(content) if byte in b'<>"/ ']
        at = draw.choice(places) + draw.choice([0, 0, 1])
        match draw.randrange(4):
            case 0:
                content = content[:at] + content[at + draw.randrange(1, 9) :]
            case _:
                content = content[:at] + draw.choice(PIECES) + content[at:]
    return content


def parsed(opened: Spreadsheet, content: bytes) -> object:
    found = _SheetCells(opened)
    parser = ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = found.start, found.end
    parser.CharacterDataHandler = found.texts.append
    parser.Parse(content, True)
    return {row: cells for row, cells in sorted(found.rows.items()) if cells}


def attempted(read: object) -> object:
    try:
        return read()  # type: ignore[operator]
    except Exception:
        return "refused"


def test_what_is_read_quickly_is_what_the_parser_reads() -> None:
    opened, draw, told = book(), Random(20240909), 0
    held, bounds = opened.texts, Bounds(99, 16_384, 10**6)
    cells = b'<c r="A%d" t="s"><v>%d</v></c><c r="B%d" s="1"><v>0.5</v></c>'
    cells += b'<c r="D%d" t="inlineStr"><is><t>q q</t></is></c><c r="E%d" s="1" />'
    row_of = b'<row r="%d" spans="1:2">' + cells + b"</row>"
    rows = b"".join(row_of % (row, row, row % 2, row, row, row) for row in (1, 2))
    sheet = HEAD + b'<worksheet xmlns="m"><cols/><sheetData>%s</sheetData></worksheet>' % rows
    lines = sheet.replace(b"><", b">\n<")  # as some programs write it
    for number in range(MUTANTS):
        content = spoilt(draw, lines if number % 4 == 0 else sheet)
        quick = attempted(lambda: quick_rows(content, opened.value, held, bounds))  # noqa: B023
        if quick is None:
            continue
        told += 1
        assert quick == attempted(lambda: parsed(opened, content)), content  # noqa: B023
    assert told > MUTANTS // 10


def test_texts_that_are_read_quickly_are_those_of_the_parser() -> None:
    from xml.etree.ElementTree import fromstring

    draw, told = Random(20240910), 0
    texts = HEAD + b'<sst xmlns="m" count="2"><si><t>a</t></si><si><t>b b</t></si></sst>'
    for _ in range(MUTANTS):
        content = spoilt(draw, texts)
        quick = attempted(lambda: quick_texts(content))  # noqa: B023
        if quick is None:
            continue
        told += 1

        def slowly() -> object:
            every = fromstring(content).iter()  # noqa: B023
            return [_text_of(one) for one in every if one.tag.rpartition("}")[2] == "si"]

        assert quick == attempted(slowly), content
    assert told > MUTANTS // 10


def test_an_empty_text_before_the_others_moves_none() -> None:
    """A workbook whose first text is empty: every text of it would be that of another cell."""
    content = BytesIO()
    with xlsxwriter.Workbook(content) as made:
        made.add_worksheet("One").write_row(0, 0, ["present", "absent"])
    changed = BytesIO()
    with ZipFile(content) as old, ZipFile(changed, "w") as new:
        for name in old.namelist():
            part = old.read(name)
            if name == "xl/sharedStrings.xml":
                part = part.replace(b"<si>", b"<si/><si>", 1)
            if name == "xl/worksheets/sheet1.xml":
                part = part.replace(b"<v>1</v>", b"<v>2</v>").replace(b"<v>0</v>", b"<v>1</v>")
            new.writestr(name, part)
    assert Spreadsheet.of(changed.getvalue()).rows(0) == {0: {0: "present", 1: "absent"}}
