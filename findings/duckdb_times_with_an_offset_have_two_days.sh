#!/usr/bin/env bash
# Guess: the text 2024-07-01T00:30:00+01:00, cast to TIMESTAMP or DATE in DuckDB, is brought to UTC
#   first: 23:30 on 30 June. The day of a column of Arrow with the zone Europe/London is the day in
#   London, in DuckDB too.
# Behaviour: the offset is checked and dropped. The text is 00:30 on 1 July, and the same moment
#   written 2024-06-30T23:30:00Z is 23:30 on 30 June: two times, two days, two quarters, not equal.
#   So are a CSV file's columns asked for as TIMESTAMP or DATE. A zone's name is dropped likewise.
#   Cast to TIMESTAMPTZ, given by strptime with %z or left to the guessing of types, both are one
#   moment, whose day is that of the session's TimeZone: 30 June under UTC, 1 July under
#   Europe/London. An Arrow column's own zone is replaced by the session's, in narwhals' dt.date()
#   over DuckDB as well; over Arrow and Polars that column's day is 1 July. Of the text Polars makes
#   23:30 in UTC, and Arrow refuses to make a time without a zone. Nothing warns.
# Versions: duckdb 2.0.1, pyarrow 26.0.1, polars 2.1.0, narwhals 2.29.0, Python 3.11.
# So: take TIMESTAMPTZ and say the zone of the contract in the query (AT TIME ZONE), or refuse a
#   day that has an offset.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 pyarrow==26.0.1 polars==2.1.0 narwhals==2.29.0 tzdata==2026.6
cd "$work"
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import sys
from pathlib import Path

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


LONDON, UTC = "2024-07-01T00:30:00+01:00", "2024-06-30T23:30:00Z"
NAMED = "2024-07-01 00:30:00 Europe/London"
MOMENT = dt.datetime(2024, 6, 30, 23, 30, tzinfo=dt.timezone.utc)
con = duckdb.connect()


def ask(what):
    return con.execute(f"SELECT CAST({what} AS VARCHAR)").fetchone()[0]


Path("seen.csv").write_text(f"seen,day\n{LONDON},{LONDON}\n{UTC},{UTC}\n")
columns = "header = true, auto_detect = false, columns = {'seen': 'TIMESTAMP', 'day': 'DATE'}"
table = pa.table({"seen": pa.array([MOMENT], pa.timestamp("us", "Europe/London"))})
for zone, day in {"UTC": "2024-06-30", "Europe/London": "2024-07-01"}.items():
    con.execute(f"SET TimeZone = '{zone}'")
    for text, time in {LONDON: "2024-07-01 00:30:00", NAMED: "2024-07-01 00:30:00", UTC: "2024-06-30 23:30:00"}.items():
        see(f"{zone}, {text} as TIMESTAMP", ask(f"TIMESTAMP '{text}'"), time)
        see(f"{zone}, {text} as DATE", ask(f"CAST('{text}' AS DATE)"), time[:10])
        see(f"{zone}, {text} as TIMESTAMPTZ, its day", ask(f"CAST(TIMESTAMPTZ '{text}' AS DATE)"), day)
    see(f"{zone}, equal as TIMESTAMP", ask(f"TIMESTAMP '{LONDON}' = TIMESTAMP '{UTC}'"), "false")
    see(f"{zone}, equal as TIMESTAMPTZ", ask(f"TIMESTAMPTZ '{LONDON}' = TIMESTAMPTZ '{UTC}'"), "true")
    see(f"{zone}, quarter", ask(f"quarter(TIMESTAMPTZ '{UTC}')"), {"UTC": "2", "Europe/London": "3"}[zone])
    see(f"{zone}, strptime, its day", ask(f"CAST(strptime('{LONDON}', '%Y-%m-%dT%H:%M:%S%z') AS DATE)"), day)
    see(f"{zone}, AT TIME ZONE", ask(f"CAST(TIMESTAMPTZ '{UTC}' AT TIME ZONE 'Europe/London' AS DATE)"), "2024-07-01")
    rows = con.execute(f"SELECT seen, day FROM read_csv('seen.csv', {columns})").fetchall()
    rows = [tuple(map(str, row)) for row in rows]
    see(f"{zone}, CSV", rows, [("2024-07-01 00:30:00", "2024-07-01"), ("2024-06-30 23:30:00", "2024-06-30")])
    con.execute("CREATE OR REPLACE TABLE guessed AS FROM 'seen.csv'")
    guessed = con.execute("SELECT typeof(seen), CAST(CAST(seen AS DATE) AS VARCHAR) FROM guessed").fetchall()
    see(f"{zone}, CSV, types guessed", guessed, [("TIMESTAMP WITH TIME ZONE", day)] * 2)
    found = nw.from_native(con.from_arrow(table)).select(nw.col("seen").dt.date().cast(nw.String)).collect()
    see(f"{zone}, Arrow's column in DuckDB", found["seen"].to_list(), [day])

for name, frame in {"Arrow": table, "Polars": pl.from_arrow(table)}.items():
    found = nw.from_native(frame).select(nw.col("seen").dt.date().cast(nw.String))["seen"].to_list()
    see(f"{name}, the same column", found, ["2024-07-01"])
see("Polars, the text", str(pl.Series([LONDON]).str.to_datetime()[0]), "2024-06-30 23:30:00+00:00")
try:
    found = str(pc.cast(pa.array([LONDON]), pa.timestamp("us"))[0])
except pa.ArrowInvalid:
    found = "refused"
see("Arrow, the text", found, "refused")
PY
