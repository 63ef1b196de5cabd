#!/usr/bin/env bash
# Guess: DeepDiff with ignore_order tells of a payment that stands twice in one of two lists, since one
#   has more of it; csv-diff refuses a key that stands twice, or tells of the second row.
# Behaviour: DeepDiff says {} however often it stands (report_repetition=True tells); csv-diff keeps the
#   last row of a key without a word, so an additional payment of another amount above it is no
#   difference either. datacompy, asked whether rows that both have are the same, says yes, and that
#   one file is a part of the other; only its whole verdict is no.
# Versions: deepdiff 9.1.0, csv-diff 1.2, datacompy 1.1.0, pandas 2.3.3, Python 3.11.
# So: compare how often each row stands, not only which rows stand.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    deepdiff==9.1.0 csv-diff==1.2 datacompy==1.1.0 pandas==2.3.3 numpy==2.2.6 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import io
import sys

import csv_diff
import datacompy
import pandas as pd
from deepdiff import DeepDiff

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


asked = [{"child": "A", "pence": 5000}, {"child": "B", "pence": 7000}]
twice = [*asked, asked[0]]
thrice = [*twice, asked[0]]
see("DeepDiff, any order", dict(DeepDiff(asked, twice, ignore_order=True)), {})
see("DeepDiff, three times", dict(DeepDiff(asked, thrice, ignore_order=True)), {})
told = DeepDiff(asked, twice, ignore_order=True, report_repetition=True)
see("DeepDiff, asked for repetition", list(told), ["repetition_change"])


def table(text):
    return csv_diff.load_csv(io.StringIO(text), key="child")


one = table("child,pence\nA,5000\nB,7000\n")
more = table("child,pence\nA,9000\nA,5000\nB,7000\n")
see("csv-diff, a row of 9000 more", {k for k, v in csv_diff.compare(one, more).items() if v}, set())

both = datacompy.PandasCompare(pd.DataFrame(twice), pd.DataFrame(asked), join_columns=["child"])
see("datacompy, rows that both have", bool(both.intersect_rows_match()), True)
see("datacompy, a part of the other", bool(both.subset()), True)
see("datacompy, whole", bool(both.matches()), False)
PY
