#!/usr/bin/env bash
# Guess: a pandera column of whole numbers with coerce=True refuses 3.7, as a strict cast does, and a
#   range is held against what was delivered; a LazyFrame is held to it when it is collected.
# Behaviour: it cuts decimals off first and checks then: 3.7 is 3, and -0.5 and 40.9 pass a range of
#   0 to 40 as 0 and 40, with pandas and with Polars; the text "3" is taken and "3.0" refused. A
#   LazyFrame with 99 in it passes, since only names and types are looked at.
# Versions: pandera 0.35.0, pandas 2.3.3, polars 2.1.0, Python 3.11.
# So: check scores as they came and cast afterwards; collect before a schema is called kept.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandera==0.35.0 pandas==2.3.3 polars==2.1.0
"$work/venv/bin/python" -W ignore - <<'PY'
import sys

import pandas as pd
import pandera.errors
import pandera.pandas as with_pandas
import pandera.polars as with_polars
import polars as pl


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def read(schema, frame):
    try:
        return list(schema.validate(frame)["score"])
    except (pandera.errors.SchemaError, pandera.errors.SchemaErrors):
        return "refused"


pandas_schema = with_pandas.DataFrameSchema(
    {"score": with_pandas.Column(int, with_pandas.Check.in_range(0, 40), coerce=True)}
)
polars_schema = with_polars.DataFrameSchema(
    {"score": with_polars.Column(pl.Int64, with_polars.Check.in_range(0, 40), coerce=True)}
)
for value, expected in ((3.7, [3]), (-0.5, [0]), (40.9, [40]), (41.0, "refused"), ("3", [3])):
    see(f"pandas, {value!r}", read(pandas_schema, pd.DataFrame({"score": [value]})), expected)
    see(f"Polars, {value!r}", read(polars_schema, pl.DataFrame({"score": [value]})), expected)
see("pandas, '3.0'", read(pandas_schema, pd.DataFrame({"score": ["3.0"]})), "refused")
lazy = polars_schema.validate(pl.LazyFrame({"score": [99]})).collect()
see("Polars, a lazy frame of 99", lazy["score"].to_list(), [99])
PY
