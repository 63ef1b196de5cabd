#!/usr/bin/env bash
# Guess: since pandas 3 a column of dates counts microseconds, wherever it came from (nanoseconds
#   before).
# Behaviour: the unit follows the source. Texts, datetimes and DuckDB give microseconds, Python's
#   dates and numpy's days seconds (date_range either, by what it starts from), dates from Arrow
#   and Polars milliseconds, and astype("datetime64[ns]"), the habit of many years, nanoseconds.
#   So astype("int64") of the same day, 29 February 2024, is four different numbers a thousandfold
#   apart, and the usual division by 86,400,000,000,000 makes the day number 0, or 19, instead of
#   19782 for all but the last. Comparisons and joins of such columns are right, so that nothing
#   else tells. A column of dates kept as objects has no unit at all.
# Versions: pandas 3.1.1, numpy 2.4.6, pyarrow 26.0.1, polars 2.1.0, duckdb 2.0.1, Python 3.11.
# So: set the unit first (dt.as_unit), or make day numbers from Arrow's date32.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandas==3.1.1 numpy==2.4.6 pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import sys

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


DAY = dt.date(2024, 2, 29)  # day 19782 since 1970-01-01
columns = {
    "texts": (pd.Series(pd.to_datetime(["2024-02-29"])), "us"),
    "datetimes": (pd.Series([dt.datetime(2024, 2, 29)]), "us"),
    "date_range from a text": (pd.Series(pd.date_range("2024-02-29", periods=1)), "us"),
    "duckdb": (duckdb.sql("SELECT DATE '2024-02-29' AS day").df()["day"], "us"),
    "date_range from a date": (pd.Series(pd.date_range(DAY, periods=1)), "s"),
    "python dates": (pd.Series(pd.to_datetime([DAY])), "s"),
    "numpy days": (pd.Series(np.array([DAY], dtype="datetime64[D]")), "s"),
    "arrow": (pa.table({"day": [DAY]}).to_pandas(date_as_object=False)["day"], "ms"),
    "polars": (pl.DataFrame({"day": [DAY]}).to_pandas()["day"], "ms"),
    "astype": (pd.Series(["2024-02-29"]).astype("datetime64[ns]"), "ns"),
}
each_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
for name, (column, unit) in columns.items():
    number = int(column.astype("int64").iloc[0])
    see(f"{name}: type and number", (str(column.dtype), number), (f"datetime64[{unit}]", 19782 * 86400 * each_second[unit]))
    by_habit = {"s": 0, "ms": 0, "us": 19, "ns": 19782}[unit]
    see(f"{name}: // 86_400_000_000_000", number // 86_400_000_000_000, by_habit)
    see(f"{name}: equal days", bool((column == pd.Timestamp(2024, 2, 29)).all()), True)
PY
