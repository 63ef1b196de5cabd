#!/usr/bin/env bash
# Guess: narwhals' round() on an Arrow table rounds halves to even, as pyarrow's own round does.
# Behaviour: narwhals asks Arrow for the other way: 2.5 is 3 and -2.5 is -3, while pyarrow alone
#   says 2 and -2. Over pandas and Polars the same words say 2 and -2 (narwhals' own documentation
#   says that Polars goes away from zero: no more), over DuckDB 3 and -3. Whole numbers rounded to
#   tens go apart too: 25 is 20 in pandas and 30 in Arrow and DuckDB. So handing a frame over as
#   Arrow instead of pandas moves every half penny.
# Versions: narwhals 2.29.0, pyarrow 26.0.1, pandas 3.1.1, polars 2.1.0, duckdb 2.0.1, Python
#   3.11.
# So: round in whole numbers oneself: (2 * a * n + d) // (2 * d).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    narwhals==2.29.0 pyarrow==26.0.1 pandas==3.1.1 numpy==2.4.6 polars==2.1.0 duckdb==2.0.1
"$work/venv/bin/python" - <<'PY'
import sys

import duckdb
import narwhals as nw
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


table = pa.table({"x": [2.5, -2.5, 0.5, 1.5], "n": [25, -25, 5, 15]})
frames = {
    "pyarrow": table,
    "pandas": table.to_pandas(),
    "polars": pl.from_arrow(table),
    "duckdb": duckdb.from_arrow(table),
}
even, away = [2.0, -2.0, 0.0, 2.0], [3.0, -3.0, 1.0, 2.0]
see("pyarrow alone", pc.round(table["x"]).to_pylist(), even)
for name, frame in frames.items():
    found = nw.from_native(frame).lazy().select(nw.col("x").round(0)).collect()
    see(f"narwhals over {name}", found["x"].to_list(), even if name in ("pandas", "polars") else away)
for name, tens in {"pyarrow": [30, -30, 10, 20], "pandas": [20, -20, 0, 20], "duckdb": [30, -30, 10, 20]}.items():
    found = nw.from_native(frames[name]).lazy().select(nw.col("n").round(-1)).collect()
    see(f"whole numbers to tens over {name}", found["n"].to_list(), tens)
PY
