#!/usr/bin/env bash
# Guess: datacompy calls a date and a text different, or equal where the text is the same day in ISO form.
# Behaviour: where one column holds dates and the other texts, the texts are read month first: 4 March is
#   called equal to "03/04/2024", which is 3 April in Britain, and 3 April is called different from
#   it. Two columns of texts are compared as texts. Whole numbers go through floats: 9007199254740993
#   equals 9007199254740992 with no tolerance asked for, and a Decimal of 1.10 equals a float of 1.1.
# Versions: datacompy 1.1.0, pandas 2.3.3, Python 3.11.
# So: bring both sides to the same type first, by a stated form, and compare references as texts.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    datacompy==1.1.0 pandas==2.3.3 numpy==2.2.6 pyarrow==26.0.1
cd "$work"
"$work/venv/bin/python" -W ignore - <<'PY'
import sys
from decimal import Decimal

import datacompy
import pandas as pd

def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def equal(left, right):
    frames = [pd.DataFrame({"row": ["1"], "cell": [cell]}) for cell in (left, right)]
    return bool(datacompy.PandasCompare(*frames, join_columns="row").matches())


march, april = pd.Timestamp("2024-03-04"), pd.Timestamp("2024-04-03")
see("4 March, 2024-03-04", equal(march, "2024-03-04"), True)
see("4 March, 03/04/2024", equal(march, "03/04/2024"), True)
see("3 April, 03/04/2024", equal(april, "03/04/2024"), False)
see("2024-03-04, 03/04/2024", equal("2024-03-04", "03/04/2024"), False)
see("10, text 10", equal(10, "10"), False)
see("two large numbers", equal(9007199254740993, 9007199254740992), True)
see("Decimal 1.10, float 1.1", equal(Decimal("1.10"), 1.1), True)
PY
