#!/usr/bin/env bash
# Guess: in the Humanitarian Exchange Language, whose cells are texts, codes are compared as
#   texts.
# Behaviour: what looks like a number is compared as one. The query #org+code=42 finds 0042 and
#   42, #org+code=100000 finds 1E5; dedup(["org+code"]) keeps one of each pair and drops the
#   other's row with its money, while count() keeps all four apart. Sums leave out "1,000" (a line
#   in the log is all), and the average divides by the others; clean_data(number=...) reads the
#   same 1,000 as 1000. Of 1,140 pounds in four rows (20, 80, 40 and "1,000") the sum is 140, and
#   60 after dedup.
# Versions: libhxl 5.2.2, Python 3.11.
# So: give codes a letter before filtering, clean numbers before adding, compare the rows before
#   and after.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check \
    libhxl==5.2.2 python-dateutil==2.9.0.post0 six==1.17.0
"$work/venv/bin/python" - <<'PY'
import sys

import hxl


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


def schools():
    rows = [["0042", "20"], ["42", "80"], ["1E5", "40"], ["100000", "1,000"]]
    return hxl.data([["School", "Paid"], ["#org+code", "#value+gbp"], *rows])


def codes(source):
    return [row.values[0] for row in source]


see("#org+code=42", codes(schools().with_rows("#org+code=42")), ["0042", "42"])
see("#org+code=100000", codes(schools().with_rows("#org+code=100000")), ["1E5", "100000"])
see("dedup", codes(schools().dedup(["org+code"])), ["0042", "1E5"])
see("count", sorted(codes(schools().count("org+code"))), ["0042", "100000", "1E5", "42"])


def sums(source):
    wanted = ["sum(#value) as #sum", "average(#value) as #average", "count() as #rows"]
    found = source.add_columns("#all=x").count("#all", wanted)
    return [float(value) for row in found for value in row.values[1:]]


see("sum, average, rows", sums(schools()), [140.0, 140 / 3, 4.0])
see("the same after dedup", sums(schools().dedup(["org+code"])), [60.0, 30.0, 2.0])
cleaned = [row.values[1] for row in schools().clean_data(number=["value"])]
see("cleaned", cleaned, ["20", "80", "40", "1000"])
PY
