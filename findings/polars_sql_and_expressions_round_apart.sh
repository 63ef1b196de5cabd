#!/usr/bin/env bash
# Guess: ROUND in Polars' SQL is the expression round(): halves to even.
# Behaviour: for floats it is, for decimals it is not. Of the same column of decimals, SQL rounds
#   halves away from zero (2.5 is 3, -2.5 is -3, 0.125 to pence is 0.13) and the expression to
#   even (2, -2, 0.12); of the same numbers as floats, SQL says 2, -2 and 0.12 too. So the type of
#   a column decides in SQL, and the language decides for decimals. A SQL literal such as 2.5 is a
#   decimal.
# Versions: polars 2.1.0, Python 3.11.
# So: give round() its mode, and do not round money in SQL.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check polars==2.1.0
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal as D

import polars as pl


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


exact = pl.DataFrame({"x": [D("2.500"), D("-2.500"), D("0.125")]})
floats = exact.select(pl.col("x").cast(pl.Float64))


def in_sql(frame, places):
    found = pl.SQLContext(t=frame).execute(f"SELECT round(x, {places}) AS x FROM t", eager=True)
    return [float(value) for value in found["x"]]


def in_python(frame, places):
    return [float(value) for value in frame.select(pl.col("x").round(places))["x"]]


see("decimals, SQL, whole", in_sql(exact, 0)[:2], [3.0, -3.0])
see("decimals, expression, whole", in_python(exact, 0)[:2], [2.0, -2.0])
see("decimals, SQL, pence", in_sql(exact, 2)[2], 0.13)
see("decimals, expression, pence", in_python(exact, 2)[2], 0.12)
see("floats, SQL", (in_sql(floats, 0)[:2], in_sql(floats, 2)[2]), ([2.0, -2.0], 0.12))
see("floats, expression", (in_python(floats, 0)[:2], in_python(floats, 2)[2]), ([2.0, -2.0], 0.12))
see("a literal in SQL", float(pl.sql("SELECT round(2.5) AS x", eager=True).item()), 3.0)
away = exact.select(pl.col("x").round(2, mode="half_away_from_zero"))["x"]
see("the expression with its mode", float(away[2]), 0.13)
PY
