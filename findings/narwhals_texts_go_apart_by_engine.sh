#!/usr/bin/env bash
# Guess: what narwhals does with texts depends on the text alone: strip_chars() takes off what
#   Python's strip() does, capitals are Unicode's, and a pattern such as ^\d+$ finds the same rows
#   over every engine.
# Behaviour: a no-break space around a name, as copying from a web page leaves it, goes over pandas
#   and Polars and stays over Arrow, DuckDB and Spark: one school or two. In capitals, ß is SS over
#   Polars, Spark and columns of objects in pandas, and the one letter ẞ over Arrow, DuckDB and the
#   text columns of pandas 3. ^\d+$ finds 12 with a line feed behind it over pandas and Spark, 12 in
#   full-width digits over pandas and Polars, and neither over Arrow and DuckDB; ^[0-9]+$ still
#   finds the line feed over pandas and Spark. Within pandas the type of the column decides:
#   patterns over Arrow's own strings (ArrowDtype) are like Arrow's, and those over "str", which
#   keeps its texts in Arrow too, are not. Nothing warns.
# Versions: narwhals 2.29.0, pandas 3.1.1, polars 2.1.0, pyarrow 26.0.1, duckdb 2.0.1, pyspark
#   4.3.0, numpy 2.4.6, Python 3.11; a Java that Spark 4 takes (17 or later) must be there.
# So: clean names and judge patterns in one place, before an engine sees them; write [0-9] for
#   digits, and refuse line feeds by a condition of its own.
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
import sys

import duckdb
import narwhals as nw
import pandas as pd
import polars as pl
import pyarrow as pa
from pyspark.sql import SparkSession


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("OFF")


def frames(texts):
    table = pa.table({"text": texts})
    plain = table.to_pandas()
    return {
        "pandas, str": plain,
        "pandas, object": plain.astype(object),
        "pandas, Arrow": table.to_pandas(types_mapper=pd.ArrowDtype),
        "Polars": pl.from_arrow(table),
        "Arrow": table,
        "DuckDB": duckdb.from_arrow(table),
        "Spark": session.createDataFrame(plain),
    }


def over(engine, texts, expression):
    frame = nw.from_native(frames(texts)[engine]).lazy()
    return frame.select(out=expression(nw.col("text").str)).collect()["out"].to_list()


NAME, STAYS = "\u00a0Elm\u00a0", ["\u00a0Elm\u00a0", "Elm"]
NUMBERS = ["12", "12\n", "\uff11\uff12", "A12"]
expected = {
    "pandas, str": (["Elm", "Elm"], "STRA\u1e9eE", [True, True, True, False], [True, True, False, False]),
    "pandas, object": (["Elm", "Elm"], "STRASSE", [True, True, True, False], [True, True, False, False]),
    "pandas, Arrow": (["Elm", "Elm"], "STRA\u1e9eE", [True, False, False, False], [True, False, False, False]),
    "Polars": (["Elm", "Elm"], "STRASSE", [True, False, True, False], [True, False, False, False]),
    "Arrow": (STAYS, "STRA\u1e9eE", [True, False, False, False], [True, False, False, False]),
    "DuckDB": (STAYS, "STRA\u1e9eE", [True, False, False, False], [True, False, False, False]),
    "Spark": (STAYS, "STRASSE", [True, True, False, False], [True, True, False, False]),
}
for engine, (stripped, capitals, digits, ascii_digits) in expected.items():
    see(f"{engine}: stripped", over(engine, [NAME, " Elm\t"], lambda text: text.strip_chars()), stripped)
    see(f"{engine}: capitals", over(engine, ["stra\u00dfe"], lambda text: text.to_uppercase()), [capitals])
    see(f"{engine}: ^\\d+$", over(engine, NUMBERS, lambda text: text.contains(r"^\d+$")), digits)
    see(f"{engine}: ^[0-9]+$", over(engine, NUMBERS, lambda text: text.contains("^[0-9]+$")), ascii_digits)
session.stop()
PY
