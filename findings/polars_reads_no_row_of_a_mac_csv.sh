#!/usr/bin/env bash
# Guess: a CSV file whose lines end in a carriage return alone, as spreadsheets save it under "CSV
#   (Macintosh)", is read by polars.read_csv as by Python's csv, pandas, Arrow and DuckDB, or is an
#   error.
# Behaviour: the whole file is one line for Polars, and that line is the heading: no row, one
#   column for every comma and one more, no error or warning. scan_csv counts 0 rows. Where a
#   second file was pasted below with Windows line ends, the rows before the first of these are the
#   heading, and of three payments one is read. Of a sole column the name is the whole file.
#   eol_char="\r" reads the file, and of one with Windows line ends it makes references that begin
#   with a line feed and one row too many. A schema makes the heading an error.
# Versions: polars 2.1.0, pyarrow 26.0.1, pandas 3.1.1, numpy 2.4.6, duckdb 2.0.1, Python 3.11.
# So: look at the line ends first, give the schema, and compare the heading with the columns that
#   were asked for.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    polars==2.1.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6 duckdb==2.0.1
cd "$work"
"$work/venv/bin/python" - <<'PY'
import csv
import io
import sys
import warnings
from pathlib import Path

import duckdb
import pandas as pd
import polars as pl
from pyarrow import csv as arrow_csv

warnings.simplefilter("error")


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


mac = b"ref,pence\rA,100\rB,200\r"
Path("mac.csv").write_bytes(mac)
paid = [("A", 100), ("B", 200)]
see("csv", list(csv.reader(io.StringIO(mac.decode(), newline=""))), [["ref", "pence"], ["A", "100"], ["B", "200"]])
see("pandas", list(pd.read_csv("mac.csv").itertuples(index=False, name=None)), paid)
see("Arrow", [tuple(row.values()) for row in arrow_csv.read_csv("mac.csv").to_pylist()], paid)
see("DuckDB", duckdb.sql("FROM 'mac.csv'").fetchall(), paid)
read = pl.read_csv("mac.csv")
see("Polars, columns", read.columns, ["ref", "pence\rA", "100\rB", "200"])
see("Polars, rows", read.rows(), [])
see("Polars, rows counted", pl.scan_csv("mac.csv").select(pl.len()).collect().item(), 0)
see("Polars with eol_char", pl.read_csv("mac.csv", eol_char="\r").rows(), paid)

pasted = b"ref,pence\rA,100\rB,200\r\nC,300\r\n"
read = pl.read_csv(io.BytesIO(pasted))
see("pasted, pandas", pd.read_csv(io.BytesIO(pasted))["pence"].tolist(), [100, 200, 300])
see("pasted, Polars, columns", read.columns, ["ref", "pence\rA", "100\rB", "200"])
see("pasted, Polars, rows", read.rows(), [("C", 300, None, None)])
see("one column", pl.read_csv(io.BytesIO(b"ref\rA\rB\r")).columns, ["ref\rA\rB"])
windows = pl.read_csv(io.BytesIO(b"ref,pence\r\nA,100\r\nB,200\r\n"), eol_char="\r")
see("Windows with eol_char", windows.rows(), [("\nA", 100), ("\nB", 200), ("\n", None)])
try:
    pl.read_csv("mac.csv", schema={"ref": pl.String, "pence": pl.Int64})
    found = "read"
except pl.exceptions.SchemaError:
    found = "refused"
see("Polars with its schema", found, "refused")
PY
