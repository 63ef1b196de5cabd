#!/usr/bin/env bash
# Guess: narwhals' dt.weekday() is 1 for Monday to 7 for Sunday on every engine, as its
#   documentation says, and to_string("%G-W%V") the ISO week; a decimal divided by 3 is a third.
# Behaviour: over Spark Sunday is 0 (over Polars and DuckDB 7), so that "weekday >= 6 is no
#   working day" lets Sundays through. "%G" is the year of the calendar there: Monday 30 December
#   2024, in 2025-W01, is 2024-W01, the week eleven months earlier, and Friday 1 January 2027, in
#   2026-W53, is 2027-W53. And 100.00 / 3 is the float 33.333333, of six places, over Spark,
#   33.333333333333336 over DuckDB, and the decimal 33.33 over Polars. No warning.
# Versions: narwhals 2.29.0, pyspark 4.3.0, polars 2.1.0, duckdb 2.0.1, pyarrow 26.0.1, Python
#   3.11, a Java that Spark 4 takes (17 or later) must be there.
# So: work with day numbers (Monday is (day + 3) % 7 == 0) and whole pence on a cluster.
set -euo pipefail
if ! command -v java > /dev/null; then
    echo "needs Java 17 or later (Debian: openjdk-17-jre-headless)"
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    narwhals==2.29.0 pyspark==4.3.0 polars==2.1.0 duckdb==2.0.1 pyarrow==26.0.1 \
    pandas==3.1.1 numpy==2.4.6
cd "$work"
"$work/venv/bin/python" - 2> "$work/log" <<'PY' || { tail -3 "$work/log"; exit 1; }
import datetime as dt
import sys
from decimal import Decimal as D

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
from pyspark.sql import SparkSession


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


session = SparkSession.builder.master("local[1]").config("spark.ui.enabled", "false").getOrCreate()
session.sparkContext.setLogLevel("OFF")
days = [dt.date(2024, 12, 28), dt.date(2024, 12, 29), dt.date(2024, 12, 30), dt.date(2027, 1, 1)]
pounds = pa.array([D("100.00"), D("2.00"), D("0.05"), D("300000000.00")], pa.decimal128(12, 2))
table = pa.table({"day": days, "pounds": pounds})
frames = {
    "spark": session.createDataFrame(table),
    "duckdb": duckdb.from_arrow(table),
    "polars": pl.from_arrow(table),
}
weeks = ["2024-W52", "2024-W52", "2025-W01", "2026-W53"]
for name, frame in frames.items():
    lazy = nw.from_native(frame).lazy()
    found = lazy.select(
        weekday=nw.col("day").dt.weekday().cast(nw.Int64),
        week=nw.col("day").dt.to_string("%G-W%V"),
        third=nw.col("pounds") / 3,
    ).collect()
    on_spark = name == "spark"
    see(f"{name}: Saturday, Sunday, Monday, Friday", found["weekday"].to_list(), [6, 0 if on_spark else 7, 1, 5])
    see(f"{name}: ISO weeks", found["week"].to_list(), ["2024-W52", "2024-W52", "2024-W01", "2027-W53"] if on_spark else weeks)
    thirds = {
        "spark": ["33.333333", "0.666667", "0.016667", "100000000.0"],
        "duckdb": ["33.333333333333336", "0.6666666666666666", "0.016666666666666666", "100000000.0"],
        "polars": ["33.33", "0.67", "0.02", "100000000.00"],
    }
    see(f"{name}: a third", [str(third) for third in found["third"].to_list()], thirds[name])
session.stop()
PY
