#!/usr/bin/env bash
# Guess: assert_frame_equal allows a tolerance where columns are floats; whole numbers are compared as
#   they are, whatever their column is called.
# Behaviour: whole numbers in an object column (beside a None or a text, or in a frame
#   that was turned) pass with 50 pence more in 100,000 pounds, since the tolerance of floats is used
#   for whatever is no typed column; in lists and dicts in cells too. The same numbers as int64 are
#   refused, and so are Decimals in an object column, an index of objects, and all with check_exact.
# Versions: pandas 3.1.1, Python 3.11.
# So: a test of money says check_exact=True, or looks at dtypes first.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandas==3.1.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
from decimal import Decimal

import pandas as pd
from pandas.testing import assert_frame_equal

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def passes(left, right, dtype=object, **choices):
    frames = [pd.DataFrame({"pence": pd.Series(cells, dtype=dtype)}) for cells in (left, right)]
    try:
        assert_frame_equal(*frames, **choices)
    except AssertionError:
        return False
    return True


ASKED, PAID = 10_000_000, 10_000_050
see("int64", passes([ASKED], [PAID], "int64"), False)
see("objects", passes([ASKED], [PAID]), True)
see("objects, beside a None", passes([ASKED, None], [PAID, None]), True)
see("objects, beside a text", passes([ASKED, "none"], [PAID, "none"]), True)
see("lists in cells", passes([[ASKED]], [[PAID]]), True)
see("dicts in cells", passes([{"due": ASKED}], [{"due": PAID}]), True)
see("Decimals", passes([Decimal("100000.00")], [Decimal("100000.50")]), False)
see("objects, exact", passes([ASKED], [PAID], check_exact=True), False)
turned = pd.DataFrame({"due": ["A", ASKED]}).T, pd.DataFrame({"due": ["A", PAID]}).T
assert_frame_equal(*turned)
see("a frame that was turned", str(turned[0][1].dtype), "object")
PY
