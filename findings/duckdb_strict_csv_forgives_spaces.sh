#!/usr/bin/env bash
# Guess: with strict_mode = true DuckDB's read_csv goes by RFC 4180, in which spaces are part of a
#   field: of the row `1, "Elm, Upper"` it makes three cells, or an error.
# Behaviour: it makes two, the space and the quotation marks taken off; a quotation mark behind one
#   space opens a cell even across a line break. Behind two spaces or a tab it does not: the cell
#   is then `  "Elm"`, marks and all. A space behind the closing mark is dropped (pandas and Arrow
#   keep it: 'Elm '), yet that before a bare comma stays ('1 '). Of the row above Python's csv makes
#   three cells, also when strict, and so does pandas, with the first as index, so that every cell
#   moves one column to the left; Polars and Arrow refuse it. Of `1, "Elm"` the four keep the marks
#   as text, and DuckDB alone has the name Elm.
# Versions: duckdb 2.0.1, pandas 3.1.1, numpy 2.4.6, polars 2.1.0, pyarrow 26.0.1, Python 3.11.
# So: refuse a row in which a quotation mark stands beside a space, before any engine reads it.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 pandas==3.1.1 numpy==2.4.6 polars==2.1.0 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import csv
import io
import sys
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import csv as arrow_csv


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


def by_duckdb(row):
    Path("rows.csv").write_text(f"ref,school\n{row}\n")
    how = "auto_detect = false, header = true, delim = ',', quote = '\"', escape = '\"', strict_mode = true"
    columns = "{'ref': 'VARCHAR', 'school': 'VARCHAR'}"
    return duckdb.sql(f"FROM read_csv('rows.csv', {how}, columns = {columns})").fetchall()


def by_csv(row):
    return list(csv.reader(io.StringIO(f"{row}\n"), strict=True))


def by_pandas(row):
    return pd.read_csv(io.StringIO(f"ref,school\n{row}\n"), dtype=str).to_dict("list")


def by_polars(row):
    try:
        return pl.read_csv(io.StringIO(f"ref,school\n{row}\n"), infer_schema=False).rows()
    except pl.exceptions.ComputeError:
        return "refused"


def by_arrow(row):
    texts = arrow_csv.ConvertOptions(column_types={"ref": pa.string(), "school": pa.string()})
    try:
        table = arrow_csv.read_csv(io.BytesIO(f"ref,school\n{row}\n".encode()), convert_options=texts)
    except pa.ArrowInvalid:
        return "refused"
    return [tuple(cells.values()) for cells in table.to_pylist()]


row = '1, "Elm, Upper"'
see(f"DuckDB, {row}", by_duckdb(row), [("1", "Elm, Upper")])
see(f"csv, {row}", by_csv(row), [["1", ' "Elm', ' Upper"']])
see(f"pandas, {row}", by_pandas(row), {"ref": [' "Elm'], "school": [' Upper"']})
see(f"Polars, {row}", by_polars(row), "refused")
see(f"Arrow, {row}", by_arrow(row), "refused")

row = '1, "Elm"'
see(f"DuckDB, {row}", by_duckdb(row), [("1", "Elm")])
see(f"csv, {row}", by_csv(row), [["1", ' "Elm"']])
see(f"pandas, {row}", by_pandas(row)["school"], [' "Elm"'])
see(f"Polars, {row}", by_polars(row), [("1", ' "Elm"')])
see(f"Arrow, {row}", by_arrow(row), [("1", ' "Elm"')])

see("DuckDB, a line break within", by_duckdb('1, "Elm\nUpper"'), [("1", "Elm\nUpper")])
see("DuckDB, a space behind", by_duckdb('1,"Elm" '), [("1", "Elm")])
see("pandas, a space behind", by_pandas('1,"Elm" ')["school"], ["Elm "])
see("Arrow, a space behind", by_arrow('1,"Elm" '), [("1", "Elm ")])
see("DuckDB, a space before a comma", by_duckdb('1 ,"Elm"'), [("1 ", "Elm")])
see("DuckDB, a tab before", by_duckdb('1,\t"Elm"'), [("1", '\t"Elm"')])
see("DuckDB, two spaces", by_duckdb('1,  "Elm"'), [("1", '  "Elm"')])
PY
