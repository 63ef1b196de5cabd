#!/usr/bin/env bash
# Guess: the two libraries that work out a workbook's formulas in Python do so as spreadsheets do,
#   for SUM and rounding at least: SUM over cells passes by a cell that holds the text "5".
# Behaviour: formulas counts it: =SUM(A1:A2) of the text 5 and the number 1 is 6 (1 in a
#   spreadsheet, as OpenDocument and Excel document it). So a sheet whose total is wrong because
#   amounts came in as texts checks as right. ROUND sends halves away from zero as it should,
#   MROUND(2.5,1), which Excel documents so too, and TEXT(2.5,"0") to even (2). pycel works
#   nothing out unless a cell is changed: it answers from the cached values, which are 0 in a file
#   that XlsxWriter wrote without giving values, and wrong where a wrong value was given.
# Versions: formulas 1.3.4, pycel 1.0b30, xlsxwriter 3.3.1, openpyxl 3.1.5, Python 3.11.
# So: test the formulas of a statement in a real spreadsheet program, and write amounts as
#   numbers.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    formulas==1.3.4 pycel==1.0b30 xlsxwriter==3.3.1 openpyxl==3.1.5
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import formulas
import xlsxwriter
from pycel import ExcelCompiler


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


CELLS = {
    "=SUM(A1:A2)": 6.0,
    "=SUM(A2,A2)": 2.0,
    "=ROUND(2.5,0)": 3.0,
    "=ROUND(-2.5,0)": -3.0,
    "=MROUND(2.5,1)": 2.0,
    '=TEXT(2.5,"0")': "2",
}
with xlsxwriter.Workbook("sums.xlsx") as book:
    sheet = book.add_worksheet("S")
    sheet.write_string("A1", "5")
    sheet.write_number("A2", 1)
    for row, formula in enumerate(CELLS):
        sheet.write_formula(row, 2, formula)
    sheet.write_formula("D1", "=A2+1", None, -999)

answers = formulas.ExcelModel().loads("sums.xlsx").finish().calculate()
for row, (formula, expected) in enumerate(CELLS.items(), 1):
    found = answers[f"'[sums.xlsx]S'!C{row}"].value[0, 0]
    see(f"formulas, {formula}", found if isinstance(found, str) else float(found), expected)
compiler = ExcelCompiler(filename="sums.xlsx")
see("pycel, =SUM(A1:A2)", compiler.evaluate("S!C1"), 0)
see("pycel, =A2+1, cached as -999", compiler.evaluate("S!D1"), -999)
PY
