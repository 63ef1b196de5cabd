#!/usr/bin/env bash
# Guess: with a mark for thousands, a reader takes it away where it stands before three digits; "1,5"
#   and "31.12.2024" stay texts, or are refused.
# Behaviour: pandas takes it away wherever it stands: with the settings of a German export dates become
#   the whole numbers 31122024 and 1022025, "1.5" becomes 15, and "1,2,3" with English settings 123;
#   tables of web pages are read with a comma for thousands unless one says otherwise, so 1,5 hours are
#   15. DuckDB knows the dates, and reads "1.5" as 15 and "1,2,3" as 123 all the same.
# Versions: pandas 3.1.1 (and lxml 6.0.2), DuckDB 2.0.1, Python 3.11.
# So: read as texts and take marks away by a pattern that knows where they belong.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandas==3.1.1 lxml==6.0.2 duckdb==2.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import datetime
import io
import pathlib
import sys

import duckdb
import pandas as pd

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


GERMAN = "day;fee;hours\n31.12.2024;1.234,50;1.5\n01.02.2025;2.000,00;2.5\n"
ENGLISH = "a;b\n1,5;1,2,3\n2,5;12,34\n"
frame = pd.read_csv(io.StringIO(GERMAN), sep=";", decimal=",", thousands=".")
see("pandas, dates", frame["day"].tolist(), [31122024, 1022025])
see("pandas, fees", frame["fee"].tolist(), [1234.5, 2000.0])
see("pandas, hours", frame["hours"].tolist(), [15, 25])
frame = pd.read_csv(io.StringIO(ENGLISH), sep=";", thousands=",")
see("pandas, 1,5 and 1,2,3", frame.iloc[0].tolist(), [15, 123])
page = "<table><tr><th>hours</th></tr><tr><td>1,5</td></tr></table>"
see("pandas, a web page", pd.read_html(io.StringIO(page))[0]["hours"].tolist(), [15])
pathlib.Path("german.csv").write_text(GERMAN)
pathlib.Path("english.csv").write_text(ENGLISH)
rows = duckdb.sql("FROM read_csv('german.csv', delim=';', decimal_separator=',', thousands='.')").fetchall()
see("DuckDB, German", rows[0], (datetime.date(2024, 12, 31), 1234.5, 15))
rows = duckdb.sql("FROM read_csv('english.csv', delim=';', thousands=',')").fetchall()
see("DuckDB, English", rows, [(15, 123), (25, 1234)])
PY
