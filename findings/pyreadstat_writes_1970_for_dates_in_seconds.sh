#!/usr/bin/env bash
# Guess: pyreadstat writes a column of dates to SPSS, Stata or SAS whatever unit pandas keeps it in, or
#   refuses the unit that it does not know.
# Behaviour: a column of datetime64[s] is written as 1 January 1970 in all four formats, for every row and
#   without a word; milliseconds, microseconds and nanoseconds are right. pandas has that unit where
#   somebody asks for it, and where a timestamp in seconds comes from Arrow or DuckDB.
# Versions: pyreadstat 1.3.7, pandas 3.1.1, DuckDB 2.0.1, pyarrow 26.0.1, Python 3.11.
# So: dates go out as datetime.date, or in microseconds; read the file back before it is sent.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyreadstat==1.3.7 pandas==3.1.1 duckdb==2.0.1 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import datetime
import sys

import duckdb
import pandas as pd
import pyreadstat

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


FORMATS = {
    "sav": (pyreadstat.write_sav, pyreadstat.read_sav),
    "dta": (pyreadstat.write_dta, pyreadstat.read_dta),
    "xpt": (pyreadstat.write_xport, pyreadstat.read_xport),
    "por": (pyreadstat.write_por, pyreadstat.read_por),
}


def back(column, ending):
    write, read = FORMATS[ending]
    write(pd.DataFrame({"day": column}), f"days.{ending}")
    return sorted({str(day)[:10] for day in read(f"days.{ending}")[0].iloc[:, 0]})


days = pd.Series(pd.to_datetime(["2024-03-31", "2024-04-30"]))
for ending in FORMATS:
    for unit in ("ns", "us", "ms"):
        found = back(days.astype(f"datetime64[{unit}]"), ending)
        see(f"{ending}, {unit}", found, ["2024-03-31", "2024-04-30"])
    see(f"{ending}, s", back(days.astype("datetime64[s]"), ending), ["1970-01-01"])
see("dates", back(pd.Series([datetime.date(2024, 3, 31)], dtype=object), "sav"), ["2024-03-31"])
whole = duckdb.sql("SELECT TIMESTAMP_S '2024-03-31 00:00:00' AS day").df()["day"]
see("from DuckDB", str(whole.dtype), "datetime64[s]")
see("from DuckDB, sav", back(whole, "sav"), ["1970-01-01"])
PY
