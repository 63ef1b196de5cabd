#!/usr/bin/env bash
# Guess: reading a file with a Table Schema that it breaks is an error, as validating it is.
# Behaviour: extract() puts None where a cell is not of its type and goes on, without an error or
#   warning: of 100, n/a, 5.0 and 12.5 pence the sum is 100. -3, which the schema's minimum
#   refuses, is kept and counted, and 1_000 is the whole number 1000. Without a schema the types
#   are guessed from a sample in which nine cells of ten must fit: of 98 references the first 96
#   are numbers, 0042 becomes 42 and the last, A42 and 1E5, become None. A date in the format
#   "any" is read the American way: 01/02/2024 is 2 January. validate() tells of the cells that do
#   not fit a given schema.
# Versions: frictionless 5.21.0, Python 3.11.
# So: validate first, always with a schema, every reference a string; or read texts and judge
#   oneself.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --no-compile --disable-pip-version-check frictionless==5.21.0
cd "$work"
"$work/venv/bin/python" - <<'PY'
import sys
from datetime import date
from pathlib import Path

from frictionless import Resource, Schema


def see(what, found, expected):
    print(f"{what}: {found}")
    if found != expected:
        sys.exit(f"no longer so: {expected} was expected")


Path("claims.csv").write_text("ref,pence\nA,100\nB,n/a\nC,5.0\nD,12.5\nE,1_000\nF,-3\n")
pence = {"name": "pence", "type": "integer", "constraints": {"minimum": 0}}
schema = Schema.from_descriptor({"fields": [{"name": "ref", "type": "string"}, pence]})
rows = Resource("claims.csv", schema=schema).extract()["claims"]
see("extracted", [row["pence"] for row in rows], [100, None, None, None, 1000, -3])
errors = Resource("claims.csv", schema=schema).validate().tasks[0].errors
found = [(error.row_number, error.type) for error in errors]
see("validated", found, [(3, "type-error"), (4, "type-error"), (5, "type-error"), (7, "constraint-error")])

numbers = "".join(f"{number}\n" for number in range(1, 96))
Path("refs.csv").write_text(f"ref\n{numbers}0042\nA42\n1E5\n")
last = [row["ref"] for row in Resource("refs.csv").extract()["refs"]][-3:]
see("references, types guessed", last, [42, None, None])

Path("days.csv").write_text("day\n01/02/2024\n")
any_date = Schema.from_descriptor({"fields": [{"name": "day", "type": "date", "format": "any"}]})
see("01/02/2024", Resource("days.csv", schema=any_date).extract()["days"][0]["day"], date(2024, 1, 2))
PY
