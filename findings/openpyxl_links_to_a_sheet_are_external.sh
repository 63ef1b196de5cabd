#!/usr/bin/env bash
# Guess: cell.hyperlink = "#'Lines'!A1", with the sign that a link inside a document has, makes a
#   link to a cell of the same workbook; it reads back as one, with a location.
# Behaviour: it is saved as a relationship to another file, TargetMode="External", whose target is
#   the text with its sign; read back, its target is the text and its location None. Whatever lists
#   or strips external links of a workbook (mail filters, "edit links", a check that a statement
#   points nowhere else) finds one. Hyperlink(ref=, location=) makes the link inside, without a
#   relationship. XlsxWriter's internal: makes the same inner link.
# Versions: openpyxl 3.1.5, XlsxWriter 3.3.1, Python 3.11.
# So: give openpyxl a Hyperlink with a location and no sign, and look for TargetMode="External" in
#   what is sent out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    openpyxl==3.1.5 xlsxwriter==3.3.1
"$work/venv/bin/python" - <<'PY'
import io
import sys
import zipfile

import xlsxwriter
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.hyperlink import Hyperlink


def see(what: str, found: object, expected: object) -> None:
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def look(what: str, made: io.BytesIO, location: str | None, target: str | None, many: int) -> None:
    with zipfile.ZipFile(made) as file:
        parts = [file.read(name).decode() for name in file.namelist() if "sheets/_rels" in name]
    see(f"{what}: external relationships", sum(one.count('"External"') for one in parts), many)
    link = load_workbook(made)["Front"]["A1"].hyperlink
    see(f"{what}: location and target", (link.location, link.target), (location, target))


def front() -> tuple[Workbook, object]:
    book = Workbook()
    book.active.title = "Front"
    book.create_sheet("Lines")
    book.active["A1"] = "to the lines"
    return book, book.active["A1"]


made = io.BytesIO()
book, cell = front()
cell.hyperlink = "#'Lines'!A1"
book.save(made)
look("openpyxl, a text with the sign", made, None, "#'Lines'!A1", 1)

made = io.BytesIO()
book, cell = front()
cell.hyperlink = Hyperlink(ref="A1", location="'Lines'!A1")
book.save(made)
look("openpyxl, a Hyperlink with a location", made, "'Lines'!A1", None, 0)

made = io.BytesIO()
with xlsxwriter.Workbook(made) as written:
    sheet = written.add_worksheet("Front")
    written.add_worksheet("Lines")
    sheet.write_url("A1", "internal:'Lines'!A1", string="to the lines")
look("XlsxWriter, internal:", made, "'Lines'!A1", None, 0)
PY
