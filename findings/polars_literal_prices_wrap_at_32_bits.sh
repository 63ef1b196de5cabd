#!/usr/bin/env bash
# Guess: a whole number written in a Polars expression is 64 bits wide, as whole numbers in Polars
#   columns are; narwhals gives the same sum over every engine.
# Behaviour: a literal that fits is 32 bits wide and a column made of it stays so. A price of
#   2,500.00 pounds (250,000 pence), given by when/then to 10,000 children and summed, is
#   -1,794,967,296 pence: 21,474,836.47 is the most that can be added up. The same with a price
#   set by with_columns(lit), also in a group_by, lazily and in Polars' SQL (sum(CASE WHEN ...)).
#   Beside a narrower column the literal is narrower still: quarter of a date * 25,000 is -31,072
#   (16 bits), month * 100 is -80 (8 bits), number of rows * price wraps at 42.9 million pounds
#   (32 bits without a sign). No error or warning. Over DuckDB and Arrow, narwhals gives the right
#   sums for the same words; a product of two literals that does not fit 32 bits is an error in
#   DuckDB and silent in Polars.
# Versions: polars 2.1.0, narwhals 2.29.0, duckdb 2.0.1, pyarrow 26.0.1, Python 3.11.
# So: cast every literal of money and every count to Int64 before it meets another number.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    polars==2.1.0 narwhals==2.29.0 duckdb==2.0.1 pyarrow==26.0.1
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import sys

import duckdb
import narwhals as nw
import polars as pl



def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


children = pl.DataFrame({"school": [1] * 10_000, "passed": [True] * 10_000})
price = pl.when("passed").then(250_000).otherwise(0)
wrapped = 10_000 * 250_000 - 2**32
see("when/then, summed", children.select(price.sum()).item(), wrapped)
see("a wide literal", children.select(pl.when("passed").then(pl.lit(250_000, pl.Int64)).otherwise(0).sum()).item(), 2_500_000_000)
priced = children.lazy().with_columns(pence=pl.lit(250_000))
see("group_by", priced.group_by("school").agg(pl.col("pence").sum()).collect()["pence"].item(), wrapped)
query = "SELECT sum(CASE WHEN passed THEN 250000 ELSE 0 END) AS pence FROM children"
see("SQL", pl.SQLContext(children=children).execute(query, eager=True).item(), wrapped)
see("rows x 500,000", children.select(pl.len() * 500_000).item(), 5_000_000_000 - 2**32)
see("passes x 500,000", children.select(pl.col("passed").sum() * 500_000).item(), 5_000_000_000 - 2**32)
day = pl.DataFrame({"day": [dt.date(2024, 12, 31)]})
see("quarter x 25,000", day.select(pl.col("day").dt.quarter() * 25_000).item(), 100_000 - 2 * 2**16)
see("month x 100", day.select(pl.col("day").dt.month() * 100).item(), 1_200 - 5 * 2**8)

table = children.to_arrow()
engines = {
    "polars": children,
    "pyarrow": table,
    "duckdb": duckdb.from_arrow(table),
}
for name, frame in {k: v for k, v in engines.items() if k != "duckdb"}.items():
    money = nw.when(nw.col("passed")).then(nw.lit(250_000)).otherwise(nw.lit(0)).sum()
    found = int(nw.from_native(frame).select(pence=money)["pence"].item())
    see(f"narwhals over {name}", found, wrapped if name == "polars" else 2_500_000_000)
lazy = nw.from_native(engines["duckdb"]).select(pence=nw.when(nw.col("passed")).then(nw.lit(250_000)).otherwise(nw.lit(0)).sum())
see("narwhals over duckdb", int(lazy.collect()["pence"].to_list()[0]), 2_500_000_000)


def product(frame):
    one = nw.when(nw.col("passed")).then(nw.lit(250_000)).otherwise(nw.lit(0))
    found = nw.from_native(frame).lazy().select(pence=one * 10_000).collect()
    return int(found["pence"].to_list()[0])


see("product over polars", product(children), 2_500_000_000 - 2**32)
try:
    found = str(product(engines["duckdb"]))
except duckdb.OutOfRangeException:
    found = "refused"
see("product over duckdb", found, "refused")
PY
