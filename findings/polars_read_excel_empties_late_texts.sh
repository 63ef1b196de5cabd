#!/usr/bin/env bash
# Guess: a text below a thousand numbers in a column of an Excel sheet makes polars.read_excel
#   fail, as it makes read_csv fail, or the column text; a half penny in a column asked for as
#   Int64 is refused.
# Behaviour: the type is that of the first 1,000 rows, and what does not fit is put right without
#   a word. The reference A42 in row 1,500 is null, and its money belongs to nobody; the text 0042
#   becomes 42; TRUE in a column of pounds is one pound. In a column asked for as Int64, 1.5 is 1
#   and 2.9 is 2, so that the sum is short. infer_schema_length=None gives texts. read_csv of the
#   same rows is an error.
# Versions: polars 2.1.0, fastexcel 0.21.0, xlsxwriter 3.3.1, Python 3.11.
# So: read sheets as they are (python-calamine) and judge each cell, or ask for texts throughout.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    polars==2.1.0 fastexcel==0.21.0 xlsxwriter==3.3.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import io
import sys
import warnings

import polars as pl
import xlsxwriter

warnings.simplefilter("error")


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


rows = [(float(number), 1.0) for number in range(1, 1500)] + [("A42", 1.5), ("0042", 2.9), (7.0, True)]
with xlsxwriter.Workbook("paid.xlsx") as book:
    sheet = book.add_worksheet()
    sheet.write_row(0, 0, ["ref", "pounds"])
    for number, (ref, pounds) in enumerate(rows, 1):
        sheet.write(number, 0, ref)
        sheet.write(number, 1, pounds)

read = pl.read_excel("paid.xlsx")
see("types", [str(kind) for kind in read.dtypes], ["Int64", "Float64"])
see("last references", read["ref"].tail(3).to_list(), [None, 42, 7])
see("last pounds", read["pounds"].tail(3).to_list(), [1.5, 2.9, 1.0])
whole = pl.read_excel("paid.xlsx", schema_overrides={"pounds": pl.Int64})
see("asked for as Int64", whole["pounds"].tail(3).to_list(), [1, 2, 1])
looked = pl.read_excel("paid.xlsx", infer_schema_length=None)
see("looking at all rows", looked["ref"].tail(3).to_list(), ["A42", "0042", "7"])
try:
    pl.read_csv(io.StringIO("ref,pounds\n" + "".join(f"{ref},1\n" for ref, _ in rows)))
    found = "read"
except pl.exceptions.ComputeError:
    found = "refused"
see("the same references in CSV", found, "refused")
PY
