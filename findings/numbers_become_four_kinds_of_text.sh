#!/usr/bin/env bash
# Guess: a number with a point is written out as Python's repr() writes it by every engine: 5.0,
#   10000000.0 and so on, with an exponent only from 1e16 on and below 0.0001.
# Behaviour: over pandas, Polars and DuckDB it is so (but for the small ones: Polars writes 0.00001
#   out). Arrow leaves out ".0" and takes an exponent from 1e10 on: 5, 1e+10, and the reference
#   12345678901 is 1.2345678901e+10. Spark takes it from 1e7 on and below 0.001: 1.2345678E7,
#   1.0E-4. So they do through narwhals' cast(String), and Arrow in the CSV files it writes and in
#   its columns within pandas (ArrowDtype), while plain columns of pandas say 5.0. A column of
#   whole numbers that lacks one reference is a column of such numbers in pandas; joined as text
#   with the same column from Arrow it finds nothing, from Spark the small references and not the
#   long ones. Every reader takes these texts for the same number, so that sums agree.
# Versions: narwhals 2.29.0, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1, duckdb 2.0.1, pyspark
#   4.3.0, numpy 2.4.6, Python 3.11; a Java that Spark 4 takes (17 or later) must be there.
# So: bring references to whole numbers (Int64) before they become texts, and compare no number
#   by its text.
set -euo pipefail
if ! command -v java > /dev/null; then
    echo "needs Java 17 or later (Debian: openjdk-17-jre-headless)"
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    narwhals==2.29.0 pandas==3.1.1 polars==2.1.0 pyarrow==26.0.1 duckdb==2.0.1 pyspark==4.3.0 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - 2> "$work/log" <<'PY' || { tail -3 "$work/log"; exit 1; }
import io
import sys

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
from pyarrow import csv
from pyspark.sql import SparkSession


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("OFF")
numbers = [5.0, 9999999.0, 12345678.0, 9999999999.0, 1e10, 12345678901.0, 1e16, 0.0001, 0.00001]
table = pa.table({"ref": numbers})
frames = {
    "pandas": table.to_pandas(),
    "pandas, Arrow": table.to_pandas(types_mapper=pd.ArrowDtype),
    "Polars": pl.from_arrow(table),
    "Arrow": table,
    "DuckDB": duckdb.from_arrow(table),
    "Spark": session.createDataFrame(table.to_pandas()),
}
plain = ["5.0", "9999999.0", "12345678.0", "9999999999.0", "10000000000.0", "12345678901.0", "1e+16", "0.0001", "1e-05"]
by_arrow = ["5", "9999999", "12345678", "9999999999", "1e+10", "1.2345678901e+10", "1e+16", "0.0001", "0.00001"]
by_spark = ["5.0", "9999999.0", "1.2345678E7", "9.999999999E9", "1.0E10", "1.2345678901E10", "1.0E16", "1.0E-4", "1.0E-5"]
expected = {
    "pandas": plain,
    "pandas, Arrow": by_arrow,
    "Polars": [*plain[:-1], "0.00001"],
    "Arrow": by_arrow,
    "DuckDB": plain,
    "Spark": by_spark,
}
see("repr", [repr(number) for number in numbers], plain)
for engine, texts in expected.items():
    found = nw.from_native(frames[engine]).lazy().select(nw.col("ref").cast(nw.String)).collect()
    see(engine, found["ref"].to_list(), texts)
    see(f"{engine}, read again", [float(text) for text in found["ref"].to_list()], numbers)
out = io.BytesIO()
csv.write_csv(table, out)
see("Arrow's CSV", out.getvalue().decode().split()[1:], by_arrow)

known = pd.DataFrame({"ref": [5, 12345678901, None]})
see("a column with a gap", str(known["ref"].dtype), "float64")
left = nw.from_native(known).select(nw.col("ref").cast(nw.String))["ref"].to_list()[:2]
right = nw.from_native(pa.Table.from_pandas(known)).select(nw.col("ref").cast(nw.String))["ref"].to_list()[:2]
see("its texts, pandas and Arrow", (left, right), (["5.0", "12345678901.0"], ["5", "1.2345678901e+10"]))
whole = pa.Table.from_pandas(known.astype("Int64"))
found = nw.from_native(whole).select(nw.col("ref").cast(nw.String))["ref"].to_list()
see("its texts as Int64", found, ["5", "12345678901", None])
session.stop()
PY
