#!/usr/bin/env bash
# Guess: "2019_20", a school year, is a text to every reader of tables and settings but YAML 1.1's;
#   where a number is asked for, it is refused.
# Behaviour: a YAML 1.2 reader (ruamel.yaml), agate (which csvkit is made of) and petl's
#   convertnumbers make 201920 of it unasked. Asked for a number, DuckDB's casts (so a CSV column
#   that is declared DECIMAL holds 1250.00 for 12_50), pydantic's int and msgspec's Decimal take it;
#   msgspec's int, Polars, pandas and Arrow refuse. DuckDB guesses a text where it is left to guess.
# Versions: duckdb 2.0.1, pydantic 2.14.4, msgspec 0.23.0, ruamel.yaml 0.19.1, agate 1.14.2, petl
#   1.7.30, polars 2.1.0, pandas 2.3.3, pyarrow 26.0.1, Python 3.11.
# So: hold a cell to the form that people write before it is cast.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    duckdb==2.0.1 pydantic==2.14.4 msgspec==0.23.0 ruamel.yaml==0.19.1 agate==1.14.2 petl==1.7.30 \
    polars==2.1.0 pandas==2.3.3 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
from decimal import Decimal
from io import BytesIO, StringIO

import agate
import duckdb
import msgspec
import pandas as pd
import petl
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import TypeAdapter
from ruamel.yaml import YAML


def see(what, found, expected):
    print(f"{what}: {found!r}")
    if found != expected:
        sys.exit(f"no longer so: {expected!r} was expected")


def tried(read):
    try:
        return read()
    except (ValueError, pa.ArrowInvalid, msgspec.ValidationError):
        return "refused"


YEAR, TABLE = "2019_20", "child,cohort\na1,2019_20\na2,2020_21\n"
see("ruamel.yaml, YAML 1.2", YAML(typ="safe", pure=True).load(YEAR), 201920)
cohorts = agate.Table.from_csv(StringIO(TABLE)).columns["cohort"].values()
see("agate", cohorts, (Decimal(201920), Decimal(202021)))
with open("table.csv", "w") as file:
    file.write(TABLE)
see("petl, convertnumbers", petl.convertnumbers(petl.fromcsv("table.csv"))[1][1], 201920)
see("DuckDB, left to guess", duckdb.sql("FROM 'table.csv'").fetchall()[0], ("a1", YEAR))
with open("fees.csv", "w") as file:
    file.write("child,fee\na1,12_50\n")
declared = "columns={'child': 'VARCHAR', 'fee': 'DECIMAL(9,2)'}, header=true"
fees = duckdb.sql(f"FROM read_csv('fees.csv', {declared})").fetchall()
see("DuckDB, a declared column", fees, [("a1", Decimal("1250.00"))])
see("pydantic, int", tried(lambda: TypeAdapter(int).validate_python(YEAR)), 201920)
see("msgspec, Decimal", tried(lambda: msgspec.convert(YEAR, Decimal)), Decimal(201920))
see("msgspec, int", tried(lambda: msgspec.convert(YEAR, int, strict=False)), "refused")
see("Polars", pl.Series([YEAR]).cast(pl.Int64, strict=False).to_list(), [None])
see("pandas", tried(lambda: pd.to_numeric(pd.Series([YEAR]))), "refused")
see("Arrow", tried(lambda: pc.cast(pa.array([YEAR]), pa.int64())), "refused")
PY
