#!/usr/bin/env bash
# Guess: dayfirst=True, which British dates such as 01/02/2024 need, leaves dates in ISO order
#   (2024-02-01) as they are, since these begin with the year.
# Behaviour: it reads them as year, day, month: 2024-02-01 is 2 January 2024, without a warning,
#   in to_datetime (lists and single texts, with a time of day too, with / or . and as 20240201)
#   and in read_csv. What the FIRST row is decides for all: 2024-02-13 first and 2024-02-01 is
#   right, with a warning; 2024-02-01 first and 2024-02-13 is an error; and where no day is over
#   the 12th, nothing tells. With format="mixed" each row is judged by itself, so that of one
#   column 2024-02-01 is in January and 01/02/2024 and 2024-02-13 in February. dateutil's parse
#   does the same with dayfirst=True.
# Versions: pandas 3.1.1, python-dateutil 2.9.0.post0 (pandas 3.1.1 takes no later one), numpy
#   2.4.6, Python 3.11.
# So: give the format of every column, never dayfirst.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pandas==3.1.1 numpy==2.4.6 python-dateutil==2.9.0.post0
"$work/venv/bin/python" - <<'PY'
import io
import sys
import warnings

import pandas as pd
from dateutil.parser import parse


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def british(texts, **how):
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            days = [str(day.date()) for day in pd.to_datetime(texts, dayfirst=True, **how)]
        except ValueError:
            days = "refused"
    return days, len(told)


for text in ("2024-02-01", "2024-02-01 10:00", "2024-02-01T00:00", "2024/02/01", "2024.02.01", "20240201"):
    see(text, british([text]), (["2024-01-02"], 0))
    see(f"dateutil, {text}", str(parse(text, dayfirst=True).date()), "2024-01-02")
see("one text", str(pd.to_datetime("2024-02-01", dayfirst=True).date()), "2024-01-02")
see("without dayfirst", str(pd.to_datetime("2024-02-01").date()), "2024-02-01")
see("the 13th first", british(["2024-02-13", "2024-02-01"]), (["2024-02-13", "2024-02-01"], 1))
see("the 13th second", british(["2024-02-01", "2024-02-13"]), ("refused", 0))
mixed = british(["2024-02-01", "01/02/2024", "2024-02-13"], format="mixed")
see("mixed", mixed[0], ["2024-01-02", "2024-02-01", "2024-02-13"])
file = io.StringIO("day\n2024-02-01\n2024-03-04\n")
read = pd.read_csv(file, parse_dates=["day"], dayfirst=True)["day"]
see("read_csv", [str(day.date()) for day in read], ["2024-01-02", "2024-04-03"])
PY
