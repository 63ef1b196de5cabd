#!/usr/bin/env bash
# Guess: a series of month ends, from 31 January by steps of a month, is counted from its first day
#   in every engine: 31 January, 29 February, 31 March, as adding k months to the first day gives.
# Behaviour: DuckDB's generate_series and range, and pandas' date_range with DateOffset(months=1),
#   add the step to the day before, so that one February moves every later day to the 29th (and
#   quarters from 30 November to the 29th). Polars' date_range counts from the first day. DuckDB and
#   pandas themselves give 31 March where two months are added to the first day at once.
# Versions: duckdb 2.0.1, pandas 2.3.3, polars 2.1.0, Python 3.11.
# So: work claim dates out as the first day and k months, and never as a series by steps.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 pandas==2.3.3 polars==2.1.0
"$work/venv/bin/python" - <<'PY'
import sys
from datetime import date

import duckdb
import pandas as pd
import polars as pl


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def days_of(query):
    return " ".join(f"{row[0]:%m-%d}" for row in duckdb.sql(query).fetchall())


FIRST, DRIFT = "01-31 02-29 03-31 04-30 05-31", "01-31 02-29 03-29 04-29 05-29"
start = pd.Timestamp("2024-01-31")
month = pd.DateOffset(months=1)
see(
    "DuckDB, first day and k months",
    days_of("SELECT DATE '2024-01-31' + to_months(CAST(k AS INTEGER)) FROM range(5) t(k)"),
    FIRST,
)
series = "unnest(generate_series(DATE '2024-01-31', DATE '2024-05-31', INTERVAL 1 MONTH))"
see("DuckDB, generate_series", days_of(f"SELECT {series}"), DRIFT)
ranged = "range(TIMESTAMP '2024-01-31', TIMESTAMP '2024-06-01', INTERVAL 1 MONTH)"
see("DuckDB, range", days_of(f"SELECT * FROM {ranged}"), DRIFT)
see("pandas, first day and k months", " ".join(f"{start + k * month:%m-%d}" for k in range(5)), FIRST)
listed = pd.date_range(start, periods=5, freq=month)
see("pandas, date_range", " ".join(listed.strftime("%m-%d")), DRIFT)
polars_days = pl.date_range(date(2024, 1, 31), date(2024, 5, 31), "1mo", eager=True)
see("Polars, date_range", " ".join(f"{day:%m-%d}" for day in polars_days), FIRST)
quarters = "unnest(generate_series(DATE '2023-11-30', DATE '2024-08-31', INTERVAL 3 MONTH))"
see("DuckDB, quarters from 30 November", days_of(f"SELECT {quarters}"), "11-30 02-29 05-29 08-29")
PY
