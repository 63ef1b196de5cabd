#!/usr/bin/env bash
# Guess: with margins=True, pivot_table adds a row "All" that is the sum of the rows above it.
# Behaviour: with two columns of values, every row of the data that lacks either of them is left
#   out of "All", in both columns, while the rows above still count it. Schools of 110.00 and
#   75.00 pounds have the total 135.00, because one child has no score. The money is not missing
#   anywhere: the score beside it is. With dropna=False, or with the money alone, the total is
#   right. Nothing warns.
# Versions: pandas 3.1.1, numpy 2.4.6, Python 3.11.
# So: never take a total from margins; add it up from the rows and compare.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import sys

import pandas as pd


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


rows = pd.DataFrame(
    {
        "school": ["A", "A", "B", "B"],
        "pence": [10000, 1000, 5000, 2500],
        "score": [61.0, 58.0, None, 70.0],
    }
)


def totals(frame, values, **options):
    table = frame.pivot_table(index="school", values=values, margins=True, **options)
    return {name: int(pence) for name, pence in table["pence"].items()}


how = {"pence": "sum", "score": "mean"}
see("pence and score", totals(rows, ["pence", "score"], aggfunc=how), {"A": 11000, "B": 7500, "All": 13500})
see("without values=", totals(rows, None, aggfunc="sum"), {"A": 11000, "B": 7500, "All": 13500})
whole = rows.astype({"score": "Int64"})
see("nullable integers", totals(whole, ["pence", "score"], aggfunc="sum"), {"A": 11000, "B": 7500, "All": 13500})
counts = totals(rows, ["pence", "score"], aggfunc="count")
see("counted", counts, {"A": 2, "B": 2, "All": 3})
see("pence alone", totals(rows, ["pence"], aggfunc="sum"), {"A": 11000, "B": 7500, "All": 18500})
kept = totals(rows, ["pence", "score"], aggfunc=how, dropna=False)
see("dropna=False", kept, {"A": 11000, "B": 7500, "All": 18500})
PY
