#!/usr/bin/env bash
# Guess: the text 20240229, the compact way of writing a day in ISO 8601, is that day for a
#   datetime field of pydantic, or is refused, as 2024-060 and 20240229T1530 are.
# Behaviour: a text of digits is a number of seconds since 1970: 20240229 is 23 August 1970, 06:17
#   in UTC, and every day from 2000 to 2099 so written falls between 20 and 31 August 1970. Twelve
#   digits (202402291530) are milliseconds: 31 May 1976. A year alone (2024) and Excel's day number
#   (45351) are on 1 January 1970. It is so from Python and from JSON, there in strict mode too. A
#   date field refuses them all (the time of day is not nought), Python's own fromisoformat and
#   pandas read 29 February 2024, and msgspec refuses.
# Versions: pydantic 2.14.4, msgspec 0.22.0, pandas 3.1.1, numpy 2.4.6, Python 3.11.
# So: demand the hyphens by a pattern before the type is tried, take days as dates, and refuse a
#   time before the contract began.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    pydantic==2.14.4 msgspec==0.22.0 pandas==3.1.1 numpy==2.4.6
"$work/venv/bin/python" - <<'PY'
import datetime as dt
import json
import sys

import msgspec
import pandas as pd
from pydantic import TypeAdapter, ValidationError


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def from_python(text, kind=dt.datetime):
    try:
        return TypeAdapter(kind).validate_python(text).isoformat()
    except ValidationError:
        return "refused"


def from_json(text, kind=dt.datetime):
    try:
        return TypeAdapter(kind).validate_json(json.dumps(text), strict=True).isoformat()
    except ValidationError:
        return "refused"


seconds = {
    "20240229": "1970-08-23T06:17:09+00:00",
    "20000101": "1970-08-20T11:35:01+00:00",
    "20991231": "1970-08-31T22:53:51+00:00",
    "202402291530": "1976-05-31T14:51:31.530000+00:00",
    "2024": "1970-01-01T00:33:44+00:00",
    "45351": "1970-01-01T12:35:51+00:00",
}
for text, moment in seconds.items():
    see(f"{text}, datetime", from_python(text), moment)
    see(f"{text}, datetime, strict JSON", from_json(text), moment)
    see(f"{text}, date", from_python(text, dt.date), "refused")
for text in ("2024-060", "20240229T1530"):
    see(f"{text}, datetime", from_python(text), "refused")
see("2024-02-29, datetime", from_python("2024-02-29"), "2024-02-29T00:00:00")
see("fromisoformat", dt.datetime.fromisoformat("20240229").isoformat(), "2024-02-29T00:00:00")
see("pandas", pd.to_datetime("20240229").isoformat(), "2024-02-29T00:00:00")
try:
    found = msgspec.json.decode(b'"20240229"', type=dt.datetime).isoformat()
except msgspec.ValidationError:
    found = "refused"
see("msgspec", found, "refused")
PY
