#!/usr/bin/env bash
# Guess: dividing exact decimals gives a rounded decimal with more places than went in, in every
#   engine.
# Behaviour: a million pounds divided by 3.00 (ten digits, two of them pence) is 333333.33 in
#   Polars (it keeps the places that went in, and rounds halves to the even penny: 0.05 / 2 is
#   0.02), 333333.33333333333 in Arrow (11 places), 333333.333333 in DataFusion (6 places), and
#   333333.3333333333 in DuckDB, a float. Arrow and DataFusion do not round the last place but cut
#   it, towards zero: two thirds are 0.66666666666 and 0.666666, minus two thirds likewise. Yet
#   Arrow's own mean of decimals rounds, halves away from zero, to the places that went in.
#   Multiplied by 3 again, Polars has lost a penny of the million. A share worked out by division
#   and then multiplied is thus another share in each.
# Versions: pyarrow 26.0.1, polars 2.1.0, datafusion 55.0.0, duckdb 2.0.1, Python 3.11.
# So: multiply first, in whole pence; never divide decimals to make a share.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pyarrow==26.0.1 polars==2.1.0 datafusion==55.0.0 duckdb==2.0.1
"$work/venv/bin/python" - <<'PY'
import sys
from decimal import Decimal as D

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from datafusion import SessionContext


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


KIND = pa.decimal128(10, 2)
amounts = pa.array([D("1000000.00"), D("2.00"), D("-2.00")], KIND)
threes = pa.array([D("3.00")] * 3, KIND)
places = [str(value) for value in pc.divide(amounts, threes).to_pylist()]
see("Arrow", places, ["333333.33333333333", "0.66666666666", "-0.66666666666"])

frame = pl.from_arrow(pa.table({"amount": amounts, "three": threes}))
thirds = frame.select(pl.col("amount") / pl.col("three"))["amount"]
see("Polars", [str(value) for value in thirds], ["333333.33", "0.67", "-0.67"])
again = frame.select(pl.col("amount") / pl.col("three") * pl.col("three"))["amount"]
see("Polars, times 3", str(again[0]), "999999.99")
halves = pl.DataFrame({"amount": [D("0.05"), D("0.15"), D("-0.05")]}).select(pl.col("amount") / 2)["amount"]
see("Polars, half of 0.05, 0.15, -0.05", [str(value) for value in halves], ["0.02", "0.08", "-0.02"])

context = SessionContext()
context.from_arrow(pa.table({"amount": amounts, "three": threes}), name="amounts")
batches = context.sql("SELECT amount / three AS third FROM amounts").collect()
found = [str(value) for batch in batches for value in batch["third"].to_pylist()]
see("DataFusion", found, ["333333.333333", "0.666666", "-0.666666"])

query = "SELECT amount / three, typeof(amount / three) FROM amounts"
rows = duckdb.from_arrow(pa.table({"amount": amounts, "three": threes})).query("amounts", query).fetchall()
see("DuckDB", rows[:2], [(333333.3333333333, "DOUBLE"), (0.6666666666666666, "DOUBLE")])


def mean(*texts):
    return str(pc.mean(pa.array([D(text) for text in texts], KIND)).as_py())


see("Arrow, mean of 1.00 and 1.01", mean("1.00", "1.01"), "1.01")
see("Arrow, mean of 1.01 and 1.02", mean("1.01", "1.02"), "1.02")
see("Arrow, mean of -1.00 and -1.01", mean("-1.00", "-1.01"), "-1.01")
PY
