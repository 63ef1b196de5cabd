#!/usr/bin/env bash
# Guess: "31/02/2024" read with the format %d/%m/%Y is an error in every engine.
# Behaviour: pyarrow makes it 2 March 2024, 29 February 2023 the 1 March and 31 April the 1 May,
#   without a word: in compute.strptime, in the CSV reader (timestamp_parsers with a column of
#   timestamps) and in narwhals' str.to_date over an Arrow table. Only a 32nd day is refused.
#   DuckDB, Polars and pandas, and narwhals over them, refuse all of these days. So a mistyped day
#   of a milestone moves it into the next month, and perhaps the next quarter, on one engine
#   alone.
# Versions: pyarrow 26.0.1, narwhals 2.29.0, duckdb 2.0.1, polars 2.1.0, pandas 3.1.1, Python 3.11
#   on Linux.
# So: write the parsed day back with the same format and compare, or take ISO dates as date32.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyarrow==26.0.1 narwhals==2.29.0 duckdb==2.0.1 polars==2.1.0 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import io
import sys

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

FORMAT = "%d/%m/%Y"


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def refused(read):
    try:
        return f"read as {read()}"
    except Exception as error:
        return "refused" if type(error).__module__ != "builtins" or isinstance(error, ValueError) else repr(error)


def from_csv(text):
    options = csv.ConvertOptions(column_types={"day": pa.timestamp("s")}, timestamp_parsers=[FORMAT])
    table = csv.read_csv(io.BytesIO(f"day\n{text}\n".encode()), convert_options=options)
    return str(table["day"][0].as_py().date())


moved = {"31/02/2024": "2024-03-02", "29/02/2023": "2023-03-01", "31/04/2024": "2024-05-01"}
for text, day in moved.items():
    table = pa.table({"day": [text]})
    see(f"strptime {text}", str(pc.strptime(table["day"], format=FORMAT, unit="s")[0].as_py().date()), day)
    see(f"csv {text}", from_csv(text), day)
    through = nw.from_native(table).select(nw.col("day").str.to_date(FORMAT))["day"].to_list()[0]
    see(f"narwhals over Arrow {text}", str(through), day)
    for name, frame in (("polars", pl.from_arrow(table)), ("pandas", table.to_pandas())):
        column = nw.from_native(frame)
        see(f"narwhals over {name} {text}", refused(lambda: column.select(nw.col("day").str.to_date(FORMAT))), "refused")
    see(f"duckdb {text}", refused(lambda: duckdb.execute("SELECT strptime(?, ?)", [text, FORMAT]).fetchall()), "refused")
    see(f"polars {text}", refused(lambda: pl.Series([text]).str.to_date(FORMAT)), "refused")
    see(f"pandas {text}", refused(lambda: pd.to_datetime([text], format=FORMAT)), "refused")
see("strptime 32/01/2024", refused(lambda: pc.strptime(pa.array(["32/01/2024"]), format=FORMAT, unit="s")), "refused")
PY
