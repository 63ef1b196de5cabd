#!/usr/bin/env bash
# Guess: a query that sqlglot translates between SQLite and DuckDB gives the same numbers in both,
#   or a warning.
# Behaviour: from SQLite to DuckDB, 7 / 2 is guarded against division by zero, as SQLite is, but
#   stays "/": 3 becomes 3.5. CAST(2.7 AS INTEGER) was 2 and becomes 3. From DuckDB to SQLite,
#   date_diff('month', ...) becomes days / 30: from 31 January to 1 March is 2 in DuckDB (the ends
#   of months between them) and 1 in SQLite. DATE + 1 becomes the whole number 2025, the
#   difference of two days 0, TRY_CAST of a text that is no number 0 instead of null, and // goes
#   by way of a float, so that 9007199254740993 // 1 is one less. All of it runs without a word.
# Versions: sqlglot 30.30.0, duckdb 2.0.1, SQLite of Python 3.11.
# So: keep rules of money out of SQL that has to run elsewhere, and test the numbers on both
#   engines.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check sqlglot==30.30.0 duckdb==2.0.1
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import sqlite3
import sys

import duckdb
import sqlglot


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def on_sqlite(query):
    return sqlite3.connect(":memory:").execute(query).fetchone()[0]


def on_duckdb(query):
    return duckdb.sql(query).fetchall()[0][0]


def both(query, read, write):
    run = {"sqlite": on_sqlite, "duckdb": on_duckdb}
    translated = sqlglot.transpile(query, read=read, write=write, unsupported_level=sqlglot.ErrorLevel.RAISE)[0]
    return run[read](query), run[write](translated)


for query, found in {
    "SELECT 7 / 2": (3, 3.5),
    "SELECT pence / 2 FROM (SELECT 7 AS pence)": (3, 3.5),
    "SELECT CAST(2.7 AS INTEGER)": (2, 3),
}.items():
    see(f"SQLite to DuckDB, {query}", both(query, "sqlite", "duckdb"), found)
first, second = "DATE '2024-01-31'", "DATE '2024-03-01'"
for query, found in {
    f"SELECT date_diff('month', {first}, {second})": (2, 1),
    f"SELECT {first} + 1": (dt.date(2024, 2, 1), 2025),
    f"SELECT {second} - {first}": (30, 0),
    "SELECT TRY_CAST('x' AS INTEGER)": (None, 0),
    "SELECT 9007199254740993 // 1": (9007199254740993, 9007199254740992),
}.items():
    see(f"DuckDB to SQLite, {query}", both(query, "duckdb", "sqlite"), found)
PY
